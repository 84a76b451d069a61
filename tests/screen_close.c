/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * screen_close.c - usage: screen_close SCREEN PICTURE.png [--keep]   is what is on the screen the picture?
 *
 * SCREEN is the frame buffer that `Xvfb -fbdir` keeps (XWD, 24 bit). Close means: of all pixels at most FAR_PER_MILLE
 * differ by more than FAR in a colour, and the mean difference is below MEAN: another FreeType moves the edges of letters
 * by some grey levels, while a row that is missing or stands elsewhere differs on whole lines. Each eighth of the height is
 * judged by itself, so that a small place can't hide in a large one. --keep writes the picture. Exit status: 0 close, 1
 * not, 2 bad input.
 */
#include <cairo.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FAR = 64, FAR_PER_MILLE = 25, MEAN_TENTHS = 25, STRIPES = 8 };

static uint32_t be32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

struct screen {
    const uint8_t *pixels;
    unsigned width, height, stride;
};

/* X11/XWDFile.h: words, the first the header's size, 4 and 5 the size in pixels, 12 bytes a line, 19 colours of 12 bytes. */
static int read_screen(const char *path, struct screen *s)
{
    FILE *f = fopen(path, "rb");
    static uint8_t bytes[16 << 20];
    size_t n = f ? fread(bytes, 1, sizeof bytes, f) : 0;
    if (f) {
        fclose(f);
    }
    if (n < 100) {
        return -1;
    }
    size_t at = be32(bytes) + 12u * be32(bytes + 4 * 19);
    *s = (struct screen){ bytes + at, be32(bytes + 4 * 4), be32(bytes + 4 * 5), be32(bytes + 4 * 12) };
    return be32(bytes + 4 * 11) == 32 && at + (size_t)s->stride * s->height <= n ? 0 : -1;
}

static int differ(const uint8_t *a, const uint8_t *b)
{
    int most = 0;
    for (unsigned c = 0; c < 3; c++) {
        int d = abs(a[c] - b[c]);
        most = d > most ? d : most;
    }
    return most;
}

static int compare(const struct screen *s, cairo_surface_t *p)
{
    unsigned w = (unsigned)cairo_image_surface_get_width(p), h = (unsigned)cairo_image_surface_get_height(p);
    const uint8_t *data = cairo_image_surface_get_data(p);
    int stride = cairo_image_surface_get_stride(p), bad = 0;
    if (w > s->width || h > s->height) {
        fprintf(stderr, "the screen is %u x %u, the picture %u x %u\n", s->width, s->height, w, h);
        return 2;
    }
    for (unsigned stripe = 0; stripe < STRIPES; stripe++) {
        unsigned long far = 0, sum = 0, n = 0;
        for (unsigned y = h * stripe / STRIPES; y < h * (stripe + 1) / STRIPES; y++) {
            for (unsigned x = 0; x < w; x++, n++) {
                int d = differ(s->pixels + (size_t)y * s->stride + 4 * x, data + (size_t)y * (size_t)stride + 4 * x);
                far += d > FAR;
                sum += (unsigned)d;
            }
        }
        if (far * 1000 > n * FAR_PER_MILLE || sum * 10 > n * MEAN_TENTHS) {
            fprintf(stderr, "stripe %u of %d: %lu of %lu pixels differ by more than %d, the mean is %.2f\n", stripe,
                    STRIPES, far, n, FAR, (double)sum / (double)n);
            bad = 1;
        }
    }
    return bad;
}

static int keep(const struct screen *s, const char *path)
{
    cairo_surface_t *p = cairo_image_surface_create_for_data((unsigned char *)s->pixels, CAIRO_FORMAT_RGB24,
                                                             (int)s->width, (int)s->height, (int)s->stride);
    cairo_status_t status = cairo_surface_write_to_png(p, path);
    cairo_surface_destroy(p);
    return status ? 2 : 0;
}

int main(int argc, char **argv)
{
    struct screen s;
    if (argc < 3 || read_screen(argv[1], &s)) {
        fputs("usage: screen_close SCREEN PICTURE.png [--keep]\n", stderr);
        return 2;
    }
    if (argc > 3 && strcmp(argv[3], "--keep") == 0) {
        return keep(&s, argv[2]);
    }
    cairo_surface_t *p = cairo_image_surface_create_from_png(argv[2]);
    int status = cairo_surface_status(p) ? 2 : compare(&s, p);
    cairo_surface_destroy(p);
    return status;
}
