/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/scenario/load.h"

#include "harness/base/firmware_path.h"
#include "harness/serial/serial_line.h"
#include "sim/checker.h"
#include "sim/net.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- expectations ---- */

static bool load_findings(struct loader *l, const char *path, const struct raw_expect *raw, struct scenario_expect *e)
{
    char at[120];

    e->findings_given = true;
    e->findings = load_keep(l, (raw->findings_count + 1) * sizeof *e->findings);
    for (unsigned i = 0; i < raw->findings_count; i++) {
        struct scenario_expect_finding *f = &e->findings[e->n_findings++];

        snprintf(at, sizeof at, "%s.findings[%u]", path, i);
        if (!raw->findings[i].rule) {
            return load_problem(l, at, NULL, "the key 'rule' is missing");
        }
        if (checker_rule_find(raw->findings[i].rule) == CHECKER_RULES) {
            char known[600] = "";

            for (unsigned r = 0; r < CHECKER_RULES; r++) {
                snprintf(known + strlen(known), sizeof known - strlen(known), "%s%s", r ? ", " : "",
                         checker_rule_info((enum checker_rule)r)->id);
            }
            return load_problem(l, at, "rule", "there is no rule '%.40s'; known: %s", raw->findings[i].rule, known);
        }
        f->rule = load_keep_text(l, raw->findings[i].rule);
        f->count = (struct scenario_number){ true, SCENARIO_GE, 1 };
        f->place = load_place(l, at, "rule");
        if (!load_relation(l, at, "count", raw->findings[i].count, QUANTITY_COUNT, &f->count)) {
            return false;
        }
    }
    return true;
}

static bool load_level(struct loader *l, const char *path, const char *text, int *level)
{
    static const char *const names[] = { "0", "1", "z", "x" }; /* enum net_level */

    *level = -1;
    if (!text) {
        return true;
    }
    for (int i = 0; i < 4; i++) {
        if (!strcmp(text, names[i])) {
            *level = i;
        }
    }
    return *level >= 0 || load_problem(l, path, "level", "'%.20s' is no level: 0, 1, z or x", text);
}

static bool load_nets(struct loader *l, const char *path, const struct raw_expect *raw, struct scenario_expect *e)
{
    char at[120];

    e->nets = load_keep(l, (raw->nets_count + 1) * sizeof *e->nets);
    for (unsigned i = 0; i < raw->nets_count; i++) {
        const struct raw_net *r = &raw->nets[i];
        struct scenario_expect_net *n = &e->nets[e->n_nets++];

        snprintf(at, sizeof at, "%s.nets[%u]", path, i);
        if (!r->net) {
            return load_problem(l, at, NULL, "the key 'net' is missing");
        }
        bool is_line;

        if (!scenario_net_known(l->s, r->net, &is_line) || is_line) {
            return load_problem(l, at, "net", "there is no net '%.40s' (such as sck, miso, uno.D12)", r->net);
        }
        n->net = load_keep_text(l, r->net);
        n->place = load_place(l, at, NULL);
        if (!load_level(l, at, r->level, &n->level) ||
            !load_relation(l, at, "rises", r->rises, QUANTITY_COUNT, &n->rises) ||
            !load_relation(l, at, "falls", r->falls, QUANTITY_COUNT, &n->falls) ||
            !load_relation(l, at, "shortest_high", r->shortest_high, QUANTITY_TIME_PS, &n->shortest_high) ||
            !load_relation(l, at, "shortest_low", r->shortest_low, QUANTITY_TIME_PS, &n->shortest_low) ||
            !load_relation(l, at, "shortest_period", r->shortest_period, QUANTITY_TIME_PS, &n->shortest_period) ||
            !load_relation(l, at, "longest_high", r->longest_high, QUANTITY_TIME_PS, &n->longest_high) ||
            !load_relation(l, at, "longest_low", r->longest_low, QUANTITY_TIME_PS, &n->longest_low)) {
            return false;
        }
    }
    return true;
}

bool load_expect(struct loader *l, const char *path, const struct raw_expect *raw, struct scenario_expect *e)
{
    char at[120];

    e->place = load_place(l, path, NULL);
    for (unsigned i = 0; i < 4; i++) {
        e->fuses.value[i] = -1;
    }
    if (raw->findings && !load_findings(l, path, raw, e)) {
        return false;
    }
    if (!raw->findings && yaml_find(&l->tree, path)) { /* "findings: none": libcyaml has no pointer for it */
        snprintf(at, sizeof at, "%s.findings", path);
        e->findings_given = yaml_find(&l->tree, at) != NULL;
    }
    if (raw->nets && !load_nets(l, path, raw, e)) {
        return false;
    }
    if (raw->flash) {
        snprintf(at, sizeof at, "%s.flash", path);
        if (!load_data(l, at, raw->flash, PROG_FLASH, true, &e->flash)) {
            return false;
        }
        e->flash_place = load_place(l, at, NULL);
    }
    if (raw->eeprom) {
        snprintf(at, sizeof at, "%s.eeprom", path);
        if (!load_data(l, at, raw->eeprom, PROG_EEPROM, true, &e->eeprom)) {
            return false;
        }
        e->eeprom_place = load_place(l, at, NULL);
    }
    if (raw->fuses) {
        snprintf(at, sizeof at, "%s.fuses", path);
        if (!load_fuses(l, at, raw->fuses, true, e->fuses.value)) {
            return false;
        }
        e->fuses.place = load_place(l, at, NULL);
    }
    return true;
}

/* ---- steps ---- */

static bool load_memory(struct loader *l, const char *path, const char *text, enum prog_memory *m)
{
    if (!text) {
        return load_problem(l, path, NULL, "the key 'memory' is missing: flash or eeprom");
    }
    if (!strcmp(text, "flash")) {
        *m = PROG_FLASH;
    } else if (!strcmp(text, "eeprom")) {
        *m = PROG_EEPROM;
    } else {
        return load_problem(l, path, "memory", "'%.40s' is neither flash nor eeprom", text);
    }
    return true;
}

/* "enter: yes" and the like: only yes makes sense. */
static bool load_yes(struct loader *l, const char *path, const char *key, const char *text)
{
    bool yes = false;

    if (!load_bool(l, path, key, text, &yes)) {
        return false;
    }
    return yes || load_problem(l, path, key, "write '%s: yes', or leave the step out", key);
}

static bool load_power(struct loader *l, const char *path, const char *text, struct scenario_step *s)
{
    bool on;
    struct problem no;

    if (quantity_bool(text, &on, &no)) {
        s->vcc_mv = on ? l->s->board.vcc_mv : 0;
        return true;
    }
    return load_u32(l, path, "power", text, QUANTITY_MV, 0, 6000, &s->vcc_mv);
}

/* Splits at blanks; "..." and '...' keep them. A part "@NAME" (up to a colon) becomes the path of that file. */
static bool load_args(struct loader *l, const char *path, const char *text, struct scenario_avrdude *a)
{
    size_t room = strlen(text) / 2 + 2, n = 0;
    char arg[2 * PATH_MAX];

    a->args = load_keep(l, room * sizeof *a->args);
    for (const char *p = text; *p;) {
        size_t len = 0;
        char quote = 0;

        if (*p == ' ' || *p == '\n') {
            p++;
            continue;
        }
        for (; *p && (quote || (*p != ' ' && *p != '\n')); p++) {
            if (quote ? *p == quote : (*p == '"' || *p == '\'')) {
                quote = quote ? 0 : *p;
            } else if (*p == '@' && !quote) {
                char name[200], full[PATH_MAX];
                size_t k = strcspn(p + 1, ": \n");

                snprintf(name, sizeof name, "%.*s", (int)(k < sizeof name ? k : sizeof name - 1), p + 1);
                if (!firmware_resolve(name, l->dir, full, sizeof full, l->err)) {
                    return load_place_problem(l, path, "args");
                }
                if (len + strlen(full) + 1 >= sizeof arg) {
                    return load_problem(l, path, "args", "an argument is too long");
                }
                len += (size_t)sprintf(arg + len, "%s", full);
                p += k;
            } else if (len + 2 < sizeof arg) {
                arg[len++] = *p;
            } else {
                return load_problem(l, path, "args", "an argument is too long");
            }
        }
        if (quote) {
            return load_problem(l, path, "args", "a quote (%c) is not closed", quote);
        }
        arg[len] = '\0';
        a->args[n++] = load_keep_text(l, arg);
    }
    return true;
}

static bool needs_firmware(struct loader *l, const char *path, const char *key)
{
    return l->s->board.programmer.kind == SCENARIO_PROGRAMMER_FIRMWARE ||
           load_problem(l, path, key, "the programmer of this board runs no firmware and has no serial port");
}

static bool needs_host(struct loader *l, const char *path, const char *key)
{
    return scenario_has_front_end(&l->s->board) || l->s->board.programmer.kind == SCENARIO_PROGRAMMER_FIRMWARE ||
           load_problem(l, path, key, "a recording is the programmer of this board: no avrdude can drive it");
}

/* Whose serial port: the programmer's unless said otherwise. */
static bool load_port(struct loader *l, const char *path, const char *text, bool front_end_will_do, bool *on_target)
{
    *on_target = text && !strcmp(text, "target");
    if (text && !*on_target && strcmp(text, "programmer")) {
        return load_problem(l, path, "port", "'%.40s' has no serial port: programmer or target", text);
    }
    if (*on_target && !l->s->board.target.uart.given) {
        return load_problem(l, path, "port",
                            "this board has nothing on the target's serial port: add "
                            "uart: {baud: 115200} to board.target");
    }
    return *on_target || (front_end_will_do ? needs_host : needs_firmware)(l, path, text ? "port" : NULL);
}

static bool load_avrdude(struct loader *l, const char *path, const struct raw_avrdude *raw, struct scenario_avrdude *a)
{
    int64_t status = 0;

    if (!load_args(l, path, raw->args ? raw->args : "", a) ||
        !load_number(l, path, "exit", raw->exit, QUANTITY_COUNT, 0, 255, &status) ||
        !load_port(l, path, raw->port, true, &a->on_target)) {
        return false;
    }
    a->exit_status = (int)status;
    a->says = load_keep(l, (raw->says_count + 1) * sizeof *a->says);
    for (unsigned i = 0; i < raw->says_count; i++) {
        a->says[i] = load_keep_text(l, raw->says[i]);
    }
    return true;
}

static bool load_uart_step(struct loader *l, const char *path, const struct raw_uart_step *raw,
                           struct scenario_uart_step *u)
{
    int *bytes = NULL;

    u->within_ps = 100 * SIM_MS;
    u->expect_given = raw->expect != NULL;
    if (!load_port(l, path, raw->port, false, &u->on_target) ||
        !load_u32(l, path, "baud", raw->baud, QUANTITY_COUNT, SERIAL_MIN_BAUD, SERIAL_MAX_BAUD, &u->baud) ||
        !load_u64(l, path, "within", raw->within, QUANTITY_TIME_PS, 0, 3600 * (int64_t)SIM_S, &u->within_ps) ||
        !load_bytes(l, path, "send", raw->send, false, &bytes, &u->n_send) ||
        !load_bytes(l, path, "expect", raw->expect, true, &u->expect, &u->n_expect)) {
        return false;
    }
    u->send = load_keep(l, u->n_send + 1);
    for (unsigned i = 0; i < u->n_send; i++) {
        u->send[i] = (uint8_t)bytes[i];
    }
    return true;
}

/* What each verb stands for; `at` is the path of the step. */
static bool load_verb(struct loader *l, const char *at, const struct raw_step *raw, struct scenario_step *s)
{
    char below[120];

#define BELOW(key) (snprintf(below, sizeof below, "%s.%s", at, key), below)
    switch (s->kind) {
    case STEP_POWER: return load_power(l, at, raw->power, s);
    case STEP_WAIT: return load_u64(l, at, "wait", raw->wait, QUANTITY_TIME_PS, 0, 3600 * (int64_t)SIM_S, &s->wait_ps);
    case STEP_ENTER: return load_yes(l, at, "enter", raw->enter);
    case STEP_LEAVE: return load_yes(l, at, "leave", raw->leave);
    case STEP_ERASE: return load_yes(l, at, "erase", raw->erase);
    case STEP_RESET_PROGRAMMER:
        return load_yes(l, at, "reset_programmer", raw->reset_programmer) && needs_firmware(l, at, "reset_programmer");
    case STEP_MARK: return load_yes(l, at, "mark", raw->mark);
    case STEP_SIGNATURE:
        return quantity_hex_bytes(raw->signature, s->signature, 3, true, l->err) ||
               load_place_problem(l, at, "signature");
    case STEP_PROGRAM:
        return load_memory(l, BELOW("program"), raw->program->memory, &s->memory) &&
               load_data(l, below, raw->program, s->memory, true, &s->data);
    case STEP_VERIFY:
        return load_memory(l, BELOW("verify"), raw->verify->memory, &s->memory) &&
               load_data(l, below, raw->verify, s->memory, true, &s->data);
    case STEP_READ:
        return load_memory(l, BELOW("read"), raw->read->memory, &s->memory) &&
               load_data(l, below, raw->read, s->memory, false, &s->data);
    case STEP_WRITE_FUSES: return load_fuses(l, BELOW("write_fuses"), raw->write_fuses, false, s->fuse);
    case STEP_VERIFY_FUSES: return load_fuses(l, BELOW("verify_fuses"), raw->verify_fuses, true, s->fuse);
    case STEP_SPI: {
        int send[4];

        BELOW("spi");
        for (unsigned i = 0; i < 4; i++) {
            s->answer[i] = -1;
        }
        if (!raw->spi->send) {
            return load_problem(l, below, NULL, "the key 'send' is missing: four bytes, such as \"30 00 00 00\"");
        }
        if (!quantity_hex_bytes(raw->spi->send, send, 4, false, l->err)) {
            return load_place_problem(l, below, "send");
        }
        for (unsigned i = 0; i < 4; i++) {
            s->send[i] = (uint8_t)send[i];
        }
        return !raw->spi->answer || quantity_hex_bytes(raw->spi->answer, s->answer, 4, true, l->err) ||
               load_place_problem(l, below, "answer");
    }
    case STEP_REWIRE: return load_wires(l, BELOW("rewire"), raw->rewire, &s->wires, &s->n_wires);
    case STEP_CLOCK: return load_clock(l, BELOW("clock"), raw->clock, &s->clock);
    case STEP_AVRDUDE: return load_avrdude(l, BELOW("avrdude"), raw->avrdude, &s->avrdude);
    case STEP_UART: return load_uart_step(l, BELOW("uart"), raw->uart, &s->uart);
    case STEP_EXPECT: return load_expect(l, BELOW("expect"), raw->expect, &s->expect);
    case STEP_PLUG:
        s->plug_script = !strcmp(raw->plug, "script");
        return s->plug_script || !strcmp(raw->plug, "programmer") ||
               load_problem(l, at, "plug", "'%.40s' can't be plugged in: script or programmer", raw->plug);
    }
#undef BELOW
    return false;
}

static bool load_step(struct loader *l, const char *at, const struct raw_step *raw, struct scenario_step *s)
{
    const struct {
        const void *given;
        enum scenario_step_kind kind;
        bool may_be_later;
    } verbs[] = {
        { raw->power, STEP_POWER, true },
        { raw->wait, STEP_WAIT, false },
        { raw->enter, STEP_ENTER, false },
        { raw->leave, STEP_LEAVE, false },
        { raw->signature, STEP_SIGNATURE, false },
        { raw->erase, STEP_ERASE, false },
        { raw->program, STEP_PROGRAM, false },
        { raw->verify, STEP_VERIFY, false },
        { raw->read, STEP_READ, false },
        { raw->write_fuses, STEP_WRITE_FUSES, false },
        { raw->verify_fuses, STEP_VERIFY_FUSES, false },
        { raw->spi, STEP_SPI, false },
        { raw->rewire, STEP_REWIRE, true },
        { raw->clock, STEP_CLOCK, true },
        { raw->reset_programmer, STEP_RESET_PROGRAMMER, true },
        { raw->avrdude, STEP_AVRDUDE, false },
        { raw->uart, STEP_UART, false },
        { raw->mark, STEP_MARK, false },
        { raw->expect, STEP_EXPECT, false },
        { raw->plug, STEP_PLUG, false },
    };
    unsigned n = 0;
    bool may_be_later = false;

    for (unsigned i = 0; i < sizeof verbs / sizeof verbs[0]; i++) {
        if (verbs[i].given) {
            s->kind = verbs[i].kind;
            may_be_later = verbs[i].may_be_later;
            n++;
        }
    }
    if (n != 1) {
        return load_problem(l, at, NULL,
                            n ? "a step does one thing: make %u steps of this"
                              : "a step needs something to do, such as wait: 20 ms",
                            n);
    }
    s->place = load_place(l, at, NULL);
    s->fails = raw->fails ? load_keep_text(l, raw->fails) : NULL;
    if (raw->later) {
        if (!may_be_later) {
            return load_problem(l, at, "later", "only power, rewire, clock and reset_programmer can come later");
        }
        s->later = true;
        if (!load_u64(l, at, "later", raw->later, QUANTITY_TIME_PS, 0, 3600 * (int64_t)SIM_S, &s->later_ps)) {
            return false;
        }
    }
    return load_verb(l, at, raw, s);
}

bool load_steps(struct loader *l, const struct raw_scenario *raw)
{
    l->s->steps = load_keep(l, (raw->steps_count + 1) * sizeof *l->s->steps);
    for (unsigned i = 0; i < raw->steps_count; i++) {
        char at[40];

        snprintf(at, sizeof at, "steps[%u]", i);
        if (!load_step(l, at, &raw->steps[i], &l->s->steps[i])) {
            return false;
        }
        l->s->n_steps++;
    }
    return true;
}
