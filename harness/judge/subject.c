/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/judge/subject.h"

#include "harness/base/firmware_path.h"
#include "harness/board/board.h"
#include "harness/run/steps.h"
#include "mcu/board_rows.h"
#include "mcu/mcu_board.h"
#include "sim/memory.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define MOST_SETS 24
#define LISTENS_AFTER_PS (3 * SIM_S) /* a bootloader's time-out, a splash on the serial line */
#define LOOK_PS (10 * SIM_MS)
#define RESTARTS_FOR_EVER \
    5 /* bootloaders reset once or twice on their way to a program, and set a speed of their own */

static bool ends_in(const char *text, const char *end)
{
    size_t n = strlen(text), m = strlen(end);

    return n >= m && !strcasecmp(text + n - m, end);
}

static const char *base_of(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}

/* A scenario around the image. In YAML's double quotes. */
static char *scenario_around(const char *firmware, const char *board)
{
    size_t n;
    char *text;
    FILE *f = memory_checked(open_memstream(&text, &n));

    fputs("name: judge\nboard:\n", f);
    if (board) {
        fprintf(f, "  use: %s\n", board);
    }
    fputs("  programmer:\n    firmware: \"", f);
    for (const char *p = firmware; *p; p++) {
        fprintf(f, *p == '"' || *p == '\\' ? "\\%c" : "%c", *p);
    }
    fputs("\"\n", f);
    fclose(f);
    return text;
}

struct scenario *subject_scenario(struct subject *s, const struct scenario_set *sets, unsigned n, struct problem *err)
{
    struct scenario_set all[MOST_SETS];
    unsigned k = 0;

    if (s->host_set[0]) {
        all[k++] = (struct scenario_set){ "board.programmer.host", s->host_set };
    }
    if (s->baud_set[0]) {
        all[k++] = (struct scenario_set){ "board.programmer.baud", s->baud_set };
    }
    if (!s->text && !s->own_steps) { /* what it records may be a pin that the plan's targets do not have */
        all[k++] = (struct scenario_set){ "record", "[reset]" };
    }
    for (unsigned i = 0; i < n && k < MOST_SETS; i++) {
        all[k++] = sets[i];
    }
    return s->text ? scenario_load_text_from(&s->inputs, s->path, s->text, strlen(s->text), all, k, err)
                   : scenario_load_from(&s->inputs, s->path, all, k, err);
}

/* What there is to call; the programmer has not been asked whether it works. */
static unsigned capabilities(const struct programmer *p)
{
    const struct programmer_ops *o = p->ops;

    if (!o || !o->enter) {
        return 0;
    }
    return (o->signature ? CAN_SIGNATURE : 0u) | (o->erase ? CAN_ERASE : 0u) | (o->read ? CAN_READ : 0u) |
           (o->write ? CAN_WRITE : 0u) | (o->read_fuse ? CAN_READ_FUSE : 0u) | (o->write_fuse ? CAN_WRITE_FUSE : 0u);
}

static void name_pins(struct subject *s, const struct plan *plan)
{
    const struct plan_part *p = &plan->parts[PLAN_PROGRAMMER];

    for (unsigned i = 0; i < 4; i++) {
        snprintf(s->pin[i], sizeof s->pin[i], "%s.%s", p->name, plan->isp[i] >= 0 ? p->pins[plan->isp[i]].name : "");
    }
}

/* D9 is where limp-mode programmers of the field have it; a programmer that puts none there says so by failing. */
static void find_recovery(struct subject *s, const struct plan *plan, bool is_firmware)
{
    const struct plan_part *p = &plan->parts[PLAN_PROGRAMMER];

    if (is_firmware && plan_pin(p, "D9") >= 0 && plan_pin(&plan->parts[PLAN_TARGET], "xtal1") >= 0) {
        snprintf(s->recovery, sizeof s->recovery, "board.wiring.xtal1=%s.D9", p->name);
    }
}

/* The target of a scenario is what it is judged with, where nobody asks for another. */
static bool find_part(struct subject *s, struct problem *err)
{
    struct scenario *sc = s->part || s->text ? NULL : scenario_load_from(&s->inputs, s->path, NULL, 0, err);

    if (sc) {
        s->part = part_find(sc->board.target.part->name);
        scenario_free(sc);
    }
    return s->part || s->text || sc;
}

static bool look_at_board(struct subject *s, struct problem *err)
{
    char target[48] = "{}";
    const struct scenario_set bare[] = { { "steps", "[]" }, { "expect", "{}" }, { "board.target", target } };

    if (!find_part(s, err)) {
        return false;
    }
    if (s->part) {
        snprintf(target, sizeof target, "{part: %s}", s->part->name);
    }
    struct scenario *sc = subject_scenario(s, bare, s->text ? 0 : 3, err);
    struct board *b = sc ? board_new(sc, NULL, err) : NULL;

    if (b) {
        const struct programmer_config *p = &sc->board.programmer;

        s->can = capabilities(board_programmer(b));
        name_pins(s, &sc->board.plan);
        find_recovery(s, &sc->board.plan, programmer_is_firmware(p));
        s->circuit = !p->circuit ? NULL : p->circuit->kind == CIRCUIT_USB ? "usb" : "miniframe";
        if (programmer_is_firmware(p)) {
            s->firmware = s->firmware ? s->firmware : memory_text(p->firmware);
            if (p->host_known || s->host_set[0]) {
                s->host = p->host->name;
                s->baud = p->baud;
            }
        }
        if (!s->part) {
            s->part = sc->board.target.part;
        }
        s->mute = !s->own_steps && !s->can;
        if (s->mute) {
            problem_set(err, "%s: the board's programmer is a recording, which can't be asked to do anything", s->path);
        }
    }
    board_free(b);
    scenario_free(sc);
    return b && (s->can || s->own_steps);
}

/* The scenario around a firmware is nobody's: no line of it. Where another board takes the image, that one is named. */
static void say_of_firmware(struct subject *s, const char *image, bool board_given, struct problem *err)
{
    const char *what = strstr(err->text, "firmware of the programmer: ");
    struct problem ignored, why = *err;

    if (what) {
        what += strlen("firmware of the programmer: ");
        problem_set(err, "%s", why.text + (what - err->text));
    }
    why = *err;
    bool was_read = s->inputs.n > 0; /* else another board's would wait for it again, and in vain */
    for (unsigned i = 0; what && was_read && !board_given && mcu_board_at(i); i++) {
        const char *name = mcu_board_at(i)->name;

        free(s->text);
        s->text = scenario_around(image, name);
        if (look_at_board(s, &ignored)) {
            problem_set(err, "%s; --board %s takes it", why.text, name);
            return;
        }
    }
}

static bool is_scenario(const char *what)
{
    return ends_in(what, ".yaml") || ends_in(what, ".yml");
}

bool subject_init(struct subject *s, const struct subject_options *o, struct problem *err)
{
    char path[PATH_MAX], whole[PATH_MAX];

    memset(s, 0, sizeof *s);
    if (o->inputs) {
        s->inputs = *o->inputs;
        *o->inputs = (struct input_files){ .n = 0 };
    }
    if (o->part) {
        s->part = part_find(o->part);
        if (!s->part) {
            char names[PART_NAMES_SIZE];
            return problem_set(err, "--part %.60s: there are %s", o->part, part_names(names));
        }
    }
    if (o->host) {
        char names[200];
        s->own_steps = !strcmp(o->host, "steps");
        if (!s->own_steps && !host_row_of(o->host)) {
            return problem_set(err, "--host %.60s: there are %s, and steps (the scenario's own)", o->host,
                               host_row_names(false, names, sizeof names));
        }
        if (s->own_steps && !is_scenario(o->what)) {
            return problem_set(err, "--host steps goes with a scenario, whose steps are the session");
        }
        snprintf(s->host_set, sizeof s->host_set, "%s", s->own_steps ? "" : o->host);
    }
    if (o->baud) {
        snprintf(s->baud_set, sizeof s->baud_set, "%u", o->baud);
    }
    s->name = memory_text(base_of(o->what));
    s->path = o->what;
    const char *image = o->what;
    if (!is_scenario(o->what)) {
        if (!firmware_resolve(o->what, NULL, path, sizeof path, err)) {
            return false;
        }
        s->firmware = memory_text(o->what);
        /* a name alone may be a built-in's; the scenario is in no folder */
        image = strchr(o->what, '/') && realpath(path, whole) ? whole : o->what;
        s->text = scenario_around(image, o->board);
    } else if (o->board) {
        return problem_set(err, "--board goes with a firmware; a scenario says it itself (board.use)");
    }
    bool ok = look_at_board(s, err);
    if (!ok && s->text) {
        say_of_firmware(s, image, o->board != NULL, err);
    }
    return ok;
}

void subject_free(struct subject *s)
{
    free((char *)s->firmware);
    free(s->text);
    free(s->name);
    input_files_free(&s->inputs);
}

/* ---- what it speaks ---- */

/* A program does not start over by itself: does this one? What it did since power-up, nobody having touched it. */
static void look_for_restarts(struct subject *s, struct board *b)
{
    struct mcu_board_counters n = mcu_board_counters(board_mcu(b));
    char over[48];
    bool resets = n.resets >= RESTARTS_FOR_EVER, begins = n.usart_begins >= RESTARTS_FOR_EVER;

    if (resets || begins) {
        snprintf(s->restarts, sizeof s->restarts, "it starts over for ever: %" PRIu64 " times in %s, %s; ",
                 resets ? n.resets : n.usart_begins - 1,
                 quantity_text(QUANTITY_TIME_PS, (int64_t)board_now(b), over, sizeof over),
                 n.watchdog_resets ? "reset by its watchdog"
                 : resets          ? "by resets"
                                   : "without a reset, so its program jumps to its beginning");
    }
}

/* The speed that the firmware comes to listen at; 0: it never opens its port. */
static uint32_t listens_at(struct subject *s, struct problem *err)
{
    struct scenario *sc = subject_scenario(s, NULL, 0, err);
    struct board *b = sc ? board_new(sc, NULL, err) : NULL;
    uint32_t baud = 0;

    for (sim_time t = 0; b && t < LISTENS_AFTER_PS && board_run(b, LOOK_PS, err); t += LOOK_PS) {
        baud = board_programmer_baud(b) ? board_programmer_baud(b) : baud;
        if (baud && t > LISTENS_AFTER_PS / 6) {
            break;
        }
    }
    if (b && board_mcu(b)) {
        look_for_restarts(s, b);
    }
    board_free(b);
    scenario_free(sc);
    return baud;
}

/* The nearest speed that people type. */
static uint32_t usual_baud(uint32_t baud)
{
    static const uint32_t usual[] = {
        9600, 19200, 28800, 38400, 57600, 76800, 115200, 230400, 250000, 500000, 1000000
    };

    for (unsigned i = 0; i < sizeof usual / sizeof usual[0]; i++) {
        if (baud > usual[i] - usual[i] / 25 && baud < usual[i] + usual[i] / 25) {
            return usual[i];
        }
    }
    return baud;
}

/* Do these steps work, on a target that answers every programmer: factory-fresh? */
static bool works(struct subject *s, const char *steps)
{
    const struct scenario_set session[] = { { "steps", steps }, { "expect", "{}" }, { "board.target", "{}" } };
    struct problem err = { "" };
    const struct board_options o = { .budget_ps = 60 * SIM_S };
    struct scenario *sc = subject_scenario(s, session, 3, &err);
    struct board *b = sc ? board_new(sc, &o, &err) : NULL;
    struct report silent = { .sinks = NULL };
    bool ok = b && steps_run(b, &silent);

    board_free(b);
    scenario_free(sc);
    return ok;
}

/* A circuit without a way back reads 00 or FF. A firmware that reads nothing does wrong: that is for its sessions. */
static void find_blindness(struct subject *s)
{
    if (s->circuit && !works(s, "[{enter: yes}, {signature: \"xx xx xx\"}]")) {
        return;
    }
    char steps[80];
    snprintf(steps, sizeof steps, "[{enter: yes}, {signature: \"%02X %02X %02X\"}]", s->part->signature[0],
             s->part->signature[1], s->part->signature[2]);
    if (s->circuit && !works(s, steps)) {
        s->blind = true;
        s->can &= ~(unsigned)(CAN_SIGNATURE | CAN_READ | CAN_READ_FUSE);
    }
}

/* Does the programmer answer this host? Its target may be as unhappy as it likes. */
static bool answers(struct subject *s)
{
    const struct scenario_set bare[] = { { "steps", "[]" }, { "expect", "{}" }, { "board.target", "{}" } };
    struct problem err = { "" };
    const struct board_options o = { .budget_ps = 60 * SIM_S };
    struct scenario *sc = subject_scenario(s, bare, 3, &err);
    struct board *b = sc ? board_new(sc, &o, &err) : NULL;
    struct programmer *p = b ? board_programmer(b) : NULL;
    bool ok = p && p->ops && p->ops->sign_on && p->ops->sign_on(p->ctx, &err);

    board_free(b);
    scenario_free(sc);
    return ok;
}

bool subject_find_host(struct subject *s, struct problem *why)
{
    if (s->own_steps) {
        s->host = "steps";
        return true;
    }
    if (!s->firmware) {
        find_blindness(s);
    }
    if (s->host || !s->firmware) {
        return true;
    }
    uint32_t baud = listens_at(s, why);
    if (!baud && !s->baud_set[0]) {
        return why->text[0] ? false
                            : problem_set(why, "%sits firmware does not open its serial port within %u s", s->restarts,
                                          (unsigned)(LISTENS_AFTER_PS / SIM_S));
    }
    if (!s->baud_set[0]) {
        snprintf(s->baud_set, sizeof s->baud_set, "%u", usual_baud(baud));
    }
    char tried[200] = "";
    for (const struct host_row *h = host_rows; h->name; h++) {
        snprintf(s->host_set, sizeof s->host_set, "%s", h->name);
        if (answers(s)) {
            s->host = h->name;
            s->host_found = true;
            s->baud = (uint32_t)strtoul(s->baud_set, NULL, 10);
            return true;
        }
        snprintf(tried + strlen(tried), sizeof tried - strlen(tried), "%s%s", tried[0] ? ", " : "", h->name);
    }
    return problem_set(why,
                       "%sit listens at %s baud and gets no session going with any host that is known: %s; --host and "
                       "--baud say another, a scenario can drive it by steps",
                       s->restarts, s->baud_set, tried);
}
