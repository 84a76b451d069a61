/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wave/draw/canvas_svg.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "wave/draw/font.h"

/* Two decimals at most, no trailing zeros, no "-0". */
static void put_number(struct out_file *o, double v)
{
    long long n = llround(v * 100);
    if (n < 0) {
        out_file_char(o, '-');
        n = -n;
    }
    out_file_number(o, (uint64_t)n / 100, 1);
    if (n % 100) {
        out_file_char(o, '.');
        out_file_char(o, (char)('0' + n % 100 / 10));
        if (n % 10) {
            out_file_char(o, (char)('0' + n % 10));
        }
    }
}

/* printf with %n for a number, %c for a colour, %s for text as it is. */
static void put(struct canvas_svg *s, const char *fmt, ...)
{
    va_list args;
    char colour[8];
    va_start(args, fmt);
    for (; *fmt; fmt++) {
        if (*fmt != '%') {
            out_file_char(s->out, *fmt);
            continue;
        }
        switch (*++fmt) {
        case 'n': put_number(s->out, va_arg(args, double)); break;
        case 'c':
            snprintf(colour, sizeof colour, "#%06x", s->colours[va_arg(args, unsigned)]);
            out_file_text(s->out, colour);
            break;
        default: out_file_text(s->out, va_arg(args, const char *)); break;
        }
    }
    va_end(args);
}

/* Letters that XML has no place for, control characters and broken UTF-8 among them, become '?'. */
static void put_text(struct canvas_svg *s, const char *text)
{
    const unsigned char *p = (const unsigned char *)text;
    while (*p) {
        unsigned more = p[0] >= 0xF0 && p[0] < 0xF5 ? 3 : p[0] >= 0xE0 && p[0] < 0xF0 ? 2 : p[0] >= 0xC2 && p[0] < 0xE0;
        unsigned good = 0;
        while (good < more && (p[good + 1] & 0xC0) == 0x80) {
            good++;
        }
        bool surrogate = (p[0] == 0xED && more && p[1] >= 0xA0) ||
                         (p[0] == 0xEF && more && p[1] == 0xBF && p[2] >= 0xBE);
        if (*p == '&') {
            out_file_text(s->out, "&amp;");
        } else if (*p == '<') {
            out_file_text(s->out, "&lt;");
        } else if (*p == '>') {
            out_file_text(s->out, "&gt;");
        } else if (*p < 32 || *p == 127 ||
                   (*p >= 0x80 && (!more || good < more || surrogate || (p[0] == 0xE0 && p[1] < 0xA0)))) {
            out_file_char(s->out, '?');
            p++;
            continue;
        } else {
            out_file_put(s->out, p, 1 + more);
        }
        p += 1 + more;
    }
}

static void svg_wave(struct canvas *c, const struct canvas_step *p, unsigned n, enum ink ink, double width, bool dashed)
{
    struct canvas_svg *s = (struct canvas_svg *)c;
    if (n < 2) {
        return;
    }
    put(s, "<path fill=\"none\" stroke=\"%c\" stroke-width=\"%n\"%s d=\"M%n %n", ink, width,
        dashed ? " stroke-dasharray=\"3 2\"" : "", p[0].x, p[0].y);
    for (unsigned i = 1; i < n; i++) {
        put(s, "H%n", p[i].x);
        if (p[i].y != p[i - 1].y) {
            put(s, "V%n", p[i].y);
        }
    }
    put(s, "\"/>\n");
}

static void svg_rect(struct canvas *c, double x, double y, double w, double h, enum ink ink)
{
    put((struct canvas_svg *)c, "<rect x=\"%n\" y=\"%n\" width=\"%n\" height=\"%n\" fill=\"%c\"/>\n", x, y, w, h, ink);
}

static void svg_path(struct canvas *c, const struct canvas_step *p, unsigned n, bool closed, enum ink fill,
                     enum ink edge, double width)
{
    struct canvas_svg *s = (struct canvas_svg *)c;
    if (closed) {
        put(s, "<path fill=\"%c\" ", fill);
    } else {
        put(s, "<path fill=\"none\" ");
    }
    put(s, "stroke=\"%c\" stroke-width=\"%n\" stroke-linejoin=\"round\" d=\"M", edge, width);
    for (unsigned i = 0; i < n; i++) {
        put(s, i ? "L%n %n" : "%n %n", p[i].x, p[i].y);
    }
    put(s, closed ? "z\"/>\n" : "\"/>\n");
}

static void svg_hatch(struct canvas *c, double x, double y, double w, double h, enum ink ink)
{
    struct canvas_svg *s = (struct canvas_svg *)c;
    if (w <= 0 || h <= 0) {
        return;
    }
    put(s, "<path fill=\"none\" stroke=\"%c\" stroke-width=\"1\" d=\"", ink);
    for (double d = 4; d < w + h; d += 6) { /* lines x + y = d, cut at the edges */
        double x0 = d < h ? 0 : d - h, x1 = d < w ? d : w;
        put(s, "M%n %nL%n %n", x + x0, y + d - x0, x + x1, y + d - x1);
    }
    put(s, "\"/>\n");
}

static void svg_text(struct canvas *c, double x, double y, const char *text, enum align align, double size, bool bold,
                     enum ink ink)
{
    static const char *const anchors[] = { "", " text-anchor=\"middle\"", " text-anchor=\"end\"" };
    struct canvas_svg *s = (struct canvas_svg *)c;
    if (!*text) {
        return;
    }
    put(s,
        "<text x=\"%n\" y=\"%n\" font-size=\"%n\" fill=\"%c\"%s%s textLength=\"%n\" lengthAdjust=\"spacingAndGlyphs\">",
        x, y, size, ink, bold ? " font-weight=\"bold\"" : "", anchors[align], font_width(text, size, bold));
    put_text(s, text);
    put(s, "</text>\n");
}

static void svg_text_up(struct canvas *c, double x, double y, const char *text, double size, enum ink ink)
{
    struct canvas_svg *s = (struct canvas_svg *)c;
    if (*text) {
        put(s, "<g transform=\"translate(%n %n) rotate(-90)\">", x, y);
        svg_text(c, 0, 0, text, ALIGN_LEFT, size, false, ink);
        put(s, "</g>\n");
    }
}

static void svg_clip(struct canvas *c, double x, double y, double w, double h)
{
    struct canvas_svg *s = (struct canvas_svg *)c;
    char id[16];
    if (s->clipped) {
        put(s, "</g>\n");
    }
    s->clipped = w > 0;
    if (s->clipped) {
        snprintf(id, sizeof id, "c%u", ++s->clips);
        put(s, "<clipPath id=\"%s\"><rect x=\"%n\" y=\"%n\" width=\"%n\" height=\"%n\"/></clipPath>\n", id, x, y, w, h);
        put(s, "<g clip-path=\"url(#%s)\">\n", id);
    }
}

void canvas_svg_start(struct canvas_svg *s, struct out_file *out, enum theme theme, double width, double height,
                      const char *title)
{
    *s = (struct canvas_svg){ .out = out, .colours = theme_colours[theme] };
    s->canvas = (struct canvas){ svg_wave, svg_rect, svg_path, svg_hatch, svg_text, svg_text_up, svg_clip };
    put(s,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%n\" height=\"%n\" viewBox=\"0 0 %n %n\" role=\"img\" "
        "font-family=\"'" FONT_FAMILY "', Verdana, sans-serif\" xml:space=\"preserve\">\n<title>",
        width, height, width, height);
    put_text(s, title);
    put(s, "</title>\n");
}

void canvas_svg_end(struct canvas_svg *s)
{
    svg_clip(&s->canvas, 0, 0, 0, 0);
    put(s, "</svg>\n");
}
