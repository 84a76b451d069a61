/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/commands/run_pictures.h"

#include "harness/base/quantity.h"
#include "harness/commands/wave_source.h"
#include "harness/report/finding_text.h"
#include "sim/memory.h"
#include "wave/draw/picture.h"
#include "wave/isp_text.h"
#include "wave/isp_track.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define PICTURE_WIDTH 1100
#define EDGES 12                /* of SCK to each side of a finding */
#define WHOLE_MAX_BYTES 200000u /* a picture of more shows nothing that an eye could follow */

struct drawer {
    struct wave_doc doc;
    struct isp_decoder decoder;
    struct isp_wires wires; /* sck -1: none */
    struct wave_view *view;
};

/*
 * The picture as SVG, through a file that has no name; *svg NULL: more wires than a picture has room for.
 * False: it could not be made, err.
 */
static bool draw_svg(struct wave_view *v, char **svg, struct problem *err)
{
    *svg = NULL;
    view_settle(v);
    if (view_full_height(v) > PICTURE_MAX_PX) {
        return true;
    }
    int fd = memfd_create("picture", MFD_CLOEXEC);
    char path[40];

    if (fd < 0) {
        return problem_set(err, "can't draw a picture for the report: %s", strerror(errno));
    }
    snprintf(path, sizeof path, "/dev/fd/%d", fd);
    bool ok = picture_write(path, v, 1, err);
    off_t n = ok ? lseek(fd, 0, SEEK_END) : -1;
    if (n >= 0) {
        *svg = memory_zeroed((size_t)n + 1, 1);
        n = pread(fd, *svg, (size_t)n, 0) == n ? n : -1;
    }
    if (ok && n < 0) {
        ok = problem_set(err, "can't read the picture for the report again: %s", strerror(errno));
    }
    close(fd);
    return ok;
}

static void start_view(struct drawer *d, sim_time from_ps, sim_time to_ps)
{
    struct wave_view *v = d->view;

    view_init(v, &d->doc);
    v->from_ps = from_ps;
    v->to_ps = to_ps > from_ps ? to_ps : from_ps + 1;
    v->width = PICTURE_WIDTH;
    v->theme = THEME_LIGHT;
    if (d->wires.sck >= 0) {
        v->sck = d->wires.sck;
        v->mosi = d->wires.mosi;
        v->miso = d->wires.miso;
    }
}

/* So much to each side that some edges of SCK are seen; what happened long before or after them is not. */
static void around(const struct drawer *d, sim_time at_ps, sim_time *from_ps, sim_time *to_ps)
{
    const struct doc_signal *sck = d->wires.sck >= 0 ? &d->doc.signals[d->wires.sck] : NULL;
    sim_time before_ps = d->doc.end_ps / 100 + 1, after_ps = before_ps;

    if (sck && sck->n) {
        uint64_t i = doc_after(sck, at_ps, 0);

        after_ps = (i + EDGES < sck->n ? sck->at_ps[i + EDGES] : d->doc.end_ps) - at_ps;
        before_ps = i > EDGES ? at_ps - sck->at_ps[i - EDGES - 1] : after_ps;
        if (after_ps > 4 * before_ps) {
            after_ps = before_ps;
        } else if (before_ps > 4 * after_ps) {
            before_ps = after_ps;
        }
    }
    *from_ps = at_ps - (before_ps < at_ps ? before_ps : at_ps);
    *to_ps = at_ps + after_ps;
}

/* svg becomes the list's; NULL: nothing. */
static void add(struct run_pictures *p, const char *title, sim_time at_ps, char *svg)
{
    if (svg) {
        p->list[p->n++] = (struct report_picture){ memory_text(title), at_ps, svg };
    }
}

static bool is_first_of_kind(const struct checker *c, size_t i)
{
    for (size_t k = 0; k < i; k++) {
        if (checker_at(c, k)->rule == checker_at(c, i)->rule && !strcmp(checker_at(c, k)->net, checker_at(c, i)->net)) {
            return false;
        }
    }
    return true;
}

static bool draw_findings(struct run_pictures *p, struct drawer *d, const struct checker *c, struct problem *err)
{
    char text[FINDING_TEXT_BYTES], *svg;
    sim_time from_ps = 0, to_ps = 0; /* the last picture's */

    for (size_t i = 0; i < checker_count(c) && p->n < RUN_PICTURES_MAX; i++) {
        const struct checker_finding *f = checker_at(c, i);

        if (is_first_of_kind(c, i) && f->at_ps >= to_ps) { /* else it is seen on the one before */
            around(d, f->at_ps, &from_ps, &to_ps);
            start_view(d, from_ps, to_ps);
            if (!draw_svg(d->view, &svg, err)) {
                free(svg);
                return false;
            }
            add(p, finding_text(f, text, sizeof text), f->at_ps, svg);
        }
    }
    return true;
}

static bool draw_whole(struct run_pictures *p, struct drawer *d, struct problem *err)
{
    char *svg;

    start_view(d, d->doc.begin_ps, d->doc.end_ps);
    d->view->fold = true;
    bool ok = draw_svg(d->view, &svg, err);
    if (!ok || (svg && strlen(svg) > WHOLE_MAX_BYTES)) {
        free(svg);
        svg = NULL;
    }
    add(p, "The whole session, idle time folded", d->doc.begin_ps, svg);
    return ok;
}

/* ---- instructions: of the same one again and again, one line with a count ---- */

struct lister {
    const struct isp_decoder *decoder;
    FILE *out;
    struct isp_frame_seen last;
    unsigned times, lines, most;
};

static void bytes_text(uint32_t v, char *to, size_t size)
{
    snprintf(to, size, "%02X %02X %02X %02X", v >> 24, v >> 16 & 0xFF, v >> 8 & 0xFF, v & 0xFF);
}

static void put_last(struct lister *l)
{
    char mosi[12], miso[12], text[ISP_TEXT_BYTES];

    if (!l->times || l->lines == l->most) {
        return;
    }
    bytes_text(l->last.mosi, mosi, sizeof mosi);
    bytes_text(l->last.miso, miso, sizeof miso);
    isp_text(l->decoder, l->last.mosi, l->last.miso, l->last.answered, text, sizeof text);
    fprintf(l->out, "%" PRIu64 "\t%u\t%s\t%s\t%s\n", l->last.begin_ps, l->times, mosi, l->last.answered ? miso : "",
            text);
    l->lines++;
}

static void on_frame(void *ctx, const struct isp_frame_seen *f)
{
    struct lister *l = ctx;

    if (l->times && f->mosi == l->last.mosi && f->miso == l->last.miso) {
        l->times++;
        return;
    }
    put_last(l);
    l->last = *f;
    l->times = 1;
}

static char *list_instructions(struct drawer *d, unsigned most)
{
    struct lister l = { .decoder = &d->decoder, .most = most };
    const struct isp_listener on = { .ctx = &l, .frame = on_frame };
    struct isp_summary sum;
    char *text = NULL;
    size_t n;

    l.out = memory_checked(open_memstream(&text, &n));
    if (d->wires.sck >= 0) {
        isp_listen(&d->doc, &d->wires, &d->decoder, d->doc.begin_ps, d->doc.end_ps + 1, &on, &sum);
        put_last(&l);
    }
    fclose(l.out);
    return text;
}

/* A picture's colours are attributes, which CSS overrules: each colour of the light theme is named with its counterpart. */
static void put_dark(FILE *f, const char *where)
{
    for (unsigned i = 0; i < INKS; i++) {
        static const char *const attributes[] = { "fill", "stroke" };

        for (unsigned k = 0; k < 2; k++) {
            fprintf(f, "%s .stage [%s=\"#%06x\"]{%s:#%06x}\n", where, attributes[k], theme_colours[THEME_LIGHT][i],
                    attributes[k], theme_colours[THEME_DARK][i]);
        }
    }
}

char *run_pictures_dark_css(void)
{
    char *css = NULL;
    size_t n;
    FILE *f = memory_checked(open_memstream(&css, &n));

    fputs("@media (prefers-color-scheme: dark) {\n", f);
    put_dark(f, ":root:not([data-theme=\"light\"])");
    fputs("}\n", f);
    put_dark(f, ":root[data-theme=\"dark\"]");
    fclose(f);
    return css;
}

static void open_drawer(struct drawer *d, struct board *b)
{
    struct problem none;

    *d = (struct drawer){ .wires = { -1, -1, -1, -1 } };
    isp_decoder_init(&d->decoder, board_scenario(b)->board.target.part);
    if (!wave_doc_of_board(&d->doc, b, &d->decoder)) {
        out_of_memory();
    }
    if (!isp_wires_find(&d->wires, &d->doc, NULL, &d->decoder, &none)) {
        d->wires = (struct isp_wires){ -1, -1, -1, -1 };
    } else if (!isp_track_add(&d->doc, &d->wires, &d->decoder)) {
        out_of_memory();
    }
    d->view = memory_zeroed(1, sizeof *d->view);
}

static void close_drawer(struct drawer *d)
{
    free(d->view);
    doc_free(&d->doc);
}

bool run_pictures_draw(struct run_pictures *p, struct board *b, bool whole, struct problem *err)
{
    struct drawer d;

    memset(p, 0, sizeof *p);
    open_drawer(&d, b);
    bool ok = draw_findings(p, &d, board_checker(b), err) && (!whole || draw_whole(p, &d, err));
    p->instructions = list_instructions(&d, whole ? RUN_INSTRUCTIONS_MAX : RUN_INSTRUCTIONS_MAX / 10);
    close_drawer(&d);
    return ok;
}

bool run_picture_write(const char *path, struct board *b, struct problem *err)
{
    const struct checker *c = board_checker(b);
    struct drawer d;

    open_drawer(&d, b);
    const struct doc_track *steps = doc_find_track(&d.doc, DOC_TRACK_STEPS);
    sim_time from_ps = steps && steps->n ? steps->spans[steps->n - 1].begin_ps : 0, to_ps = d.doc.end_ps;
    if (checker_count(c)) {
        around(&d, checker_at(c, 0)->at_ps, &from_ps, &to_ps);
    }
    start_view(&d, from_ps, to_ps);
    d.view->fold = !checker_count(c);
    view_settle(d.view);
    bool ok = picture_write(path, d.view, 1, err);
    close_drawer(&d);
    return ok;
}

void run_pictures_free(struct run_pictures *p)
{
    for (unsigned i = 0; i < p->n; i++) {
        free((char *)p->list[i].title);
        free((char *)p->list[i].svg);
    }
    free(p->instructions);
    memset(p, 0, sizeof *p);
}
