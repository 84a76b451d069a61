/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/commands/run_set.h"

#include "harness/base/printable.h"
#include "harness/base/workers.h"
#include "harness/board/board_stats.h"
#include "harness/commands/run_pictures.h"
#include "harness/hosts/host_rows.h"
#include "harness/report/report_wire.h"
#include "harness/run/recording.h"
#include "harness/run/steps.h"
#include "harness/scenario/step_type.h"
#include "sim/memory.h"
#include "wave/doc_trace.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define KEPT_BOARDS 32    /* a megabyte each, at most */
#define WHOLE_PICTURES 12 /* of more scenarios, a page with all their sessions gets too large */

static void complain(const char *text)
{
    char *clean = printable_text(text, true);

    fprintf(stderr, "%s\n", clean);
    free(clean);
}

/* ---- reading ---- */

static bool is_installed(const char *program)
{
    const char *path = getenv("PATH");
    char *copy = memory_text(path ? path : ""), *rest = copy, *dir;
    bool found = false;

    while (!found && (dir = strsep(&rest, ":"))) {
        char full[4096];

        snprintf(full, sizeof full, "%s/%s", *dir ? dir : ".", program);
        found = access(full, X_OK) == 0;
    }
    free(copy);
    return found;
}

/* What a run needs of this machine and doesn't have. */
static char *why_skipped(const struct scenario *s)
{
    for (unsigned i = 0; i < s->n_steps; i++) {
        if (!strcmp(s->steps[i].type->key, "avrdude")) {
            return is_installed("avrdude") ? NULL : memory_text("avrdude is not installed");
        }
    }
    return NULL;
}

static void free_board(struct run_set_item *item)
{
    board_free(item->board);
    kept_chip_free(&item->chip);
    item->board = NULL;
    item->chip = (struct kept_chip){ 0 };
}

/* Not the one that was built: the first run takes it. */
static void build_board(const struct run_set *set, struct run_set_item *item, struct problem *err)
{
    if (!item->board) {
        item->board = board_args_new(&set->o->board, item->scenario, &item->chip, err);
    }
}

/* The board is kept for the run, unless there are many, or the chip comes from the run before. */
static bool board_can_be_built(struct run_set *s, struct run_set_item *item, struct problem *err)
{
    build_board(s, item, err);
    bool ok = item->board != NULL;
    if (!ok || s->o->board.chip || s->n >= KEPT_BOARDS) {
        free_board(item);
    }
    return ok;
}

static void free_loaded(struct run_set_item *item)
{
    free_board(item);
    if (item->recording) {
        recording_free(item->recording);
    } else {
        scenario_free(item->scenario);
    }
}

/* False: it is not one of those that are wanted. Everything that can be wrong with its input shows here. */
static bool load_item(struct run_set *s, const char *path, struct run_set_item *item)
{
    struct problem err = { "" };

    *item = (struct run_set_item){ .path = path };
    if (recording_is_one(path)) {
        item->recording = recording_load(path, &err);
        item->scenario = item->recording ? item->recording->scenario : NULL;
    } else {
        item->scenario = scenario_load(path, s->o->sets, s->o->n_sets, &err);
    }
    item->tags = item->scenario ? scenario_choice_tags(item->scenario) : NULL;
    if (item->scenario && !scenario_choice_takes(&s->o->choice, item->tags)) {
        free_loaded(item);
        free(item->tags);
        return false;
    }
    item->skip = item->scenario && s->firmware.image ? run_firmware_fit(&s->firmware, item->scenario) : NULL;
    if (item->skip) {
        return true; /* its own is not looked at */
    }
    s->n_taking++;
    bool fits = item->scenario && board_can_be_built(s, item, &err);
    if (fits && s->o->board.firmware && s->paths.n == 1 && !programmer_is_firmware(&item->scenario->board.programmer)) {
        fits = problem_set(&err, "--firmware: the programmer of %s runs none", path);
    }
    if (!fits) {
        item->problem = printable_text(err.text, true);
        complain(err.text);
        return true;
    }
    item->skip = why_skipped(item->scenario);
    return true;
}

bool run_set_load(struct run_set *s, const struct run_set_options *o, const char *const *args, unsigned n_args,
                  struct problem *err)
{
    memset(s, 0, sizeof *s);
    s->o = o;
    for (unsigned i = 0; i < n_args; i++) {
        if (!scenario_paths_add(&s->paths, args[i], err)) {
            return false;
        }
    }
    if (o->board.firmware && s->paths.n > 1 && !run_firmware_ask(&s->firmware, o->board.firmware, err)) {
        return false;
    }
    s->items = memory_zeroed(s->paths.n + 1, sizeof *s->items);
    for (unsigned i = 0; i < s->paths.n; i++) {
        s->n += load_item(s, s->paths.list[i], &s->items[s->n]);
    }
    if (s->firmware.host && s->n && !s->n_taking) {
        return problem_set(err, "--firmware %s: none of these %u scenarios can take it: %s%s", s->firmware.image, s->n,
                           s->items[0].skip ? s->items[0].skip : s->items[0].problem, s->n > 1 ? ", ..." : "");
    }
    return s->n || problem_set(err, "none of %u scenarios has the tags that are wanted", s->paths.n);
}

void run_set_free(struct run_set *s)
{
    for (unsigned i = 0; i < s->n; i++) {
        free_loaded(&s->items[i]);
        free(s->items[i].problem);
        free(s->items[i].tags);
        free(s->items[i].skip);
    }
    free(s->items);
    scenario_paths_free(&s->paths);
}

/* ---- one of them ---- */

/* "scenarios/limp/rc_128k.yaml" is DIR/scenarios__limp__rc_128k.vcd: two scenarios never share a file. */
static bool name_vcd(const struct run_set_options *o, const char *scenario, char *to, size_t size, struct problem *err)
{
    while (strncmp(scenario, "./", 2) == 0 || *scenario == '/') {
        scenario += *scenario == '/' ? 1 : 2;
    }
    int n = snprintf(to, size, "%s/", o->vcd_dir);
    const char *dot = strrchr(scenario, '.'), *slash = strrchr(scenario, '/');
    size_t len = dot && (!slash || dot > slash) ? (size_t)(dot - scenario) : strlen(scenario);
    for (size_t i = 0; i < len && n > 0 && (size_t)n + 8 < size; i++) {
        n += snprintf(to + n, size - (size_t)n, scenario[i] == '/' ? "__" : "%c", scenario[i]);
    }
    if (n < 0 || (size_t)n + 8 >= size) {
        return problem_set(err, "--vcd-dir: the name for %s gets too long", scenario);
    }
    strcpy(to + n, ".vcd");
    if (mkdir(o->vcd_dir, 0777) != 0 && errno != EEXIST) {
        return problem_set(err, "%s: %s", o->vcd_dir, strerror(errno));
    }
    return true;
}

/* The waveforms, of a run that failed or not. vcd: where the VCD is, "" if none was asked for. */
static bool write_files(const struct run_set_options *o, const struct scenario *s, struct board *b,
                        struct kept_chip *chip, bool failed, char *vcd, size_t size, struct problem *err)
{
    struct board_args a = o->board;

    snprintf(vcd, size, "%s", a.vcd ? a.vcd : "");
    bool named = !o->vcd_dir || name_vcd(o, s->path, vcd, size, err);
    if (!named || (o->vcd_on_failure && !failed)) {
        vcd[0] = '\0';
    }
    a.vcd = vcd[0] ? vcd : NULL;
    return board_args_write(&a, b, chip, err) && named; /* the chip in any case */
}

/* Beside the VCD, of a run that failed or broke rules. picture: where, "" none. */
static bool write_picture(const struct run_set_options *o, struct board *b, bool failed, const char *vcd, char *picture,
                          size_t size, struct problem *err)
{
    const char *dot = strrchr(vcd, '.'), *slash = strrchr(vcd, '/');
    size_t n = dot && (!slash || dot > slash) ? (size_t)(dot - vcd) : strlen(vcd);

    picture[0] = '\0';
    if (!o->attach || !vcd[0] || (!failed && !checker_count(board_checker(b))) || !doc_can_hold(board_trace(b), err)) {
        return true;
    }
    snprintf(picture, size, "%.*s.svg", (int)n, vcd);
    return run_picture_write(picture, b, err);
}

static uint64_t wall_us(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

static void stats_line(void *report, const char *line)
{
    report_remark(report, line);
}

/* The part that differs from run to run stays out of the report. */
static void tell_wall(const struct scenario *s, const struct board *b, uint64_t wall_us)
{
    double simulated_s = (double)board_now(b) / (double)SIM_S, wall_s = (double)wall_us * 1e-6;

    fprintf(stderr, "%s: %.6f s simulated in %.6f s, %.1f x real time\n", s->name, simulated_s, wall_s,
            wall_s > 0 ? simulated_s / wall_s : 0);
}

static void remarks(const struct scenario *s, struct board *b, struct report *r)
{
    const struct scenario_expect *e = &s->expect;
    bool expects = e->findings_given || e->n_nets || e->flash.bytes || e->eeprom.bytes || e->fuses.place.line ||
                   e->capture.net;

    for (unsigned i = 0; i < s->n_notes; i++) {
        report_remark(r, s->notes[i]);
    }
    for (unsigned i = 0; board_firmware_note(b, i); i++) {
        report_remark(r, board_firmware_note(b, i));
    }
    if (!s->n_steps && !expects) {
        report_remark(r, "it has neither steps nor expectations: nothing was asked, so nothing can fail");
    }
}

/* False: a file could not be written. */
static bool run_board(struct run_set *set, const struct run_set_item *item, struct board *b, struct kept_chip *chip,
                      struct report *r, struct problem *err)
{
    const struct scenario *s = item->scenario;
    const struct report_run run = { item->path, s->name, board_sim(b)->seed, s->description, item->tags, false };
    const struct scenario_place *at = s->expect.place.line ? &s->expect.place : &(struct scenario_place){ 1, 1 };
    const uint64_t begin_us = wall_us();
    struct report_result result = { 0 };
    struct run_pictures pictures = { .n = 0 };
    char vcd[4096], picture[4110];

    report_begin(r, &run);
    remarks(s, b, r);
    if (item->recording) {
        recording_run(item->recording, b, r);
    } else {
        steps_run(b, r);
    }
    board_stats_tell(b, stats_line, r);
    if (set->o->board.stats) {
        tell_wall(s, b, wall_us() - begin_us);
    }
    if (set->o->strict && board_checker(b)->violations > r->judged) {
        report_failure(r, at, "%llu findings that no expectation names (--strict)",
                       (unsigned long long)(board_checker(b)->violations - r->judged));
    }
    result.took_ps = board_took(b);
    result.checker = board_checker(b);
    result.lines = board_checker(b)->n_findings ? board_source_lines(b, NULL) : NULL;
    bool written = write_files(set->o, s, b, chip, r->failures, vcd, sizeof vcd, err);
    result.vcd = written && vcd[0] ? vcd : NULL;
    written = written && write_picture(set->o, b, r->failures, vcd, picture, sizeof picture, err);
    result.picture = written && picture[0] ? picture : NULL;
    if (set->o->pictures) {
        struct problem *why = written ? err : &(struct problem){ "" }; /* the first is told */
        written &= run_pictures_draw(&pictures, b, r->failures || set->n <= WHOLE_PICTURES, why);
        result.pictures = pictures.list;
        result.n_pictures = pictures.n;
        result.instructions = pictures.instructions;
    }
    result.wall_us = wall_us() - begin_us;
    report_end(r, &result);
    run_pictures_free(&pictures);
    return written;
}

/* False: a file could not be written, or read again. */
static bool run_item(struct run_set *set, struct run_set_item *item, struct report *r, struct problem *err)
{
    build_board(set, item, err);

    struct board *b = item->board;
    const struct report_run run = {
        .file = item->path, .name = item->scenario->name, .tags = item->tags, .seedless = true
    };

    bool ok = b && run_board(set, item, b, &item->chip, r, err);

    if (!b) {
        report_error(r, &run, err->text);
    }
    free_board(item);
    return ok;
}

/* ---- all of them ---- */

void run_set_clear_progress(void *set)
{
    struct run_set *s = set;

    if (s->progress_shown) {
        dprintf(STDERR_FILENO, "\r\033[K");
        s->progress_shown = false;
    }
}

static void show_progress(void *ctx, unsigned ended, unsigned running)
{
    struct run_set *s = ctx;
    const struct report_totals *t = &s->report->totals;
    unsigned bad = t->by[REPORT_FAIL] + t->by[REPORT_ERROR];

    if (s->o->progress && ended < s->n) {
        dprintf(STDERR_FILENO, "\r\033[K%u of %u, %u running", ended, s->n, running);
        if (bad) {
            dprintf(STDERR_FILENO, ", %u failed", bad);
        }
        s->progress_shown = true;
    }
}

static bool failed(const struct report *r)
{
    return r->totals.by[REPORT_FAIL] + r->totals.by[REPORT_ERROR];
}

/* Those that don't run: bad ones, skipped ones. */
static bool tell_without_run(struct run_set *s, const struct run_set_item *item)
{
    const char *base = strrchr(item->path, '/');
    const struct report_run run = {
        .file = item->path,
        .name = item->scenario ? item->scenario->name
                : base         ? base + 1
                               : item->path,
        .tags = item->tags,
        .seedless = true,
    };

    if (item->problem) {
        report_error(s->report, &run, item->problem);
        s->went_wrong = true;
    } else if (s->stopped) {
        report_skipped(s->report, &run, "not run after a failure (--fail-fast)");
    } else if (item->skip) {
        report_skipped(s->report, &run, item->skip);
    } else {
        return false;
    }
    return true;
}

static void work(void *ctx, unsigned i, FILE *out)
{
    struct run_set *s = ctx;
    struct report r = { .sinks = NULL };
    struct problem err = { "" };

    if (s->items[i].problem || s->items[i].skip) {
        return;
    }
    report_add(&r, report_wire_new(out));
    if (!run_item(s, &s->items[i], &r, &err)) {
        report_wire_problem(out, err.text);
    }
    report_close(&r, &err);
}

static void tell_problem(void *ctx, const char *text)
{
    struct run_set *s = ctx;

    run_set_clear_progress(s);
    complain(text);
    s->went_wrong = true;
}

/* The board of a run that was elsewhere, for the lines of its firmware; it is read already. */
struct again {
    struct run_set *set;
    struct run_set_item *item;
};

static void again_tell(void *ctx, const char *text)
{
    tell_problem(((struct again *)ctx)->set, text);
}

static struct source_lines *again_lines(void *ctx)
{
    struct again *a = ctx;
    struct problem err;

    build_board(a->set, a->item, &err);
    return a->item->board ? board_source_lines(a->item->board, NULL) : NULL;
}

static bool take(void *ctx, unsigned i, const char *bytes, size_t n, const char *died)
{
    struct run_set *s = ctx;
    struct run_set_item *item = &s->items[i];

    if (!tell_without_run(s, item)) {
        const struct report_run run = { item->path,           item->scenario->name,
                                        item->scenario->seed, item->scenario->description,
                                        item->tags,           false };

        struct again again = { .set = s, .item = item };
        const struct report_replay how = { again_tell, again_lines, &again };

        s->went_wrong |= !report_replay(s->report, &run, bytes, n, died, &how);
        free_board(item);
    }
    return !(s->o->fail_fast && failed(s->report));
}

static bool run_here(struct run_set *s)
{
    for (unsigned i = 0; i < s->n; i++) {
        struct problem err = { "" };

        show_progress(s, i, 1);
        if (!tell_without_run(s, &s->items[i]) && !run_item(s, &s->items[i], s->report, &err)) {
            run_set_clear_progress(s);
            complain(err.text);
            s->went_wrong = true;
        }
        s->stopped |= s->o->fail_fast && failed(s->report);
    }
    return true;
}

/* Before all: it would fail in each of them. */
static void tell_sign_on(struct run_set *s)
{
    const struct run_firmware *f = &s->firmware;
    const struct report_run run = { .file = f->image, .name = "sign-on", .tags = "mcu" };
    const struct report_result nothing = { .took_ps = 0 };

    if (f->image && !f->host) {
        report_begin(s->report, &run);
        report_failure_at(s->report, f->image, f->why);
        report_end(s->report, &nothing);
    }
    if (f->image && f->found) {
        fprintf(stderr, "%s speaks %s at %u baud, as was found by trying\n", f->image, f->host->avrdude_c[0], f->baud);
    }
}

bool run_set_run(struct run_set *s, struct report *r, struct problem *err)
{
    const struct workers w = {
        .n = s->n, .jobs = s->o->jobs, .run = work, .done = take, .progress = show_progress, .ctx = s
    };
    bool ok = true;

    s->report = r;
    tell_sign_on(s);
    const unsigned told = r->totals.n;
    if (workers_count(s->o->jobs, s->n) == 1 || s->o->board.chip) { /* a chip goes from one to the next */
        ok = run_here(s);
    } else {
        ok = workers_run(&w, err);
        s->stopped = s->o->fail_fast && failed(r);
        for (unsigned i = r->totals.n - told; ok && i < s->n; i++) {
            tell_without_run(s, &s->items[i]);
        }
    }
    run_set_clear_progress(s);
    return ok && !s->went_wrong;
}
