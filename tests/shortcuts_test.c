/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * shortcuts_test.c - with shortcuts and without, the same board comes out (docs/speed.md)
 *
 * Two boards of one scenario, one of them with sim.no_shortcuts, get the same events at the same random times: bytes
 * to either serial port, resets, the supply off and on, clocks, wires. At every one of the random cut points the
 * cores' cycles, pc, registers, SRAM and I/O bytes, the target's memories, findings, bytes that came back and the
 * whole trace are compared. The negative control changes one byte of the events.
 */
#include "harness/board/board.h"
#include "harness/board/ports.h"
#include "harness/run/steps.h"
#include "mcu/mcu_board.h"
#include "mcu/target_core.h"
#include "sim/checker.h"
#include "sim/nvm.h"
#include "sim/rng.h"
#include "sim/target_avr.h"
#include "sim/trace.h"
#include "tests/run_all.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

#ifdef __SANITIZE_ADDRESS__ /* slow: fewer of the same */
#define CUTS 60
#else
#define CUTS 200
#endif
#define DATA_BYTES 0x900

static struct problem problem;

/* ---- one of the two boards ---- */

struct side {
    struct board *b;
    uint64_t heard; /* hash of the bytes that came back, with their times */
    size_t n_heard;
};

static uint64_t mix(uint64_t h, uint64_t v)
{
    return (h ^ v) * UINT64_C(0x100000001b3);
}

static void hear(void *ctx, uint8_t value, sim_time at_ps)
{
    struct side *s = ctx;
    s->heard = mix(mix(s->heard, value), at_ps);
    s->n_heard++;
}

static struct scenario *load(const char *text)
{
    struct scenario *s = scenario_load_text("shortcuts", text, strlen(text), NULL, 0, &problem);
    ck_assert_msg(s != NULL, "%s", problem.text);
    return s;
}

static void begin(struct side *s, const struct scenario *sc, bool no_shortcuts, bool trace)
{
    const struct board_options o = { .trace = trace, .no_shortcuts = no_shortcuts };
    *s = (struct side){ .b = board_new(sc, &o, &problem) };
    ck_assert_msg(s->b != NULL, "%s", problem.text);
    if (board_ports_select(board_ports(s->b), BOARD_PORT_TARGET)) {
        board_ports_on_byte(board_ports(s->b), hear, s);
    }
    board_ports_select(board_ports(s->b), BOARD_PORT_PROGRAMMER);
    board_ports_on_byte(board_ports(s->b), hear, s);
}

/* ---- events ---- */

static void some_bytes(struct sim_rng *rng, uint8_t *bytes, size_t *n)
{
    static const uint8_t commands[][6] = { { '0', ' ' },
                                           { 'P', ' ' },
                                           { 'u', ' ' },
                                           { 'V', 0xac, 0x53, 0, 0, ' ' },
                                           { 'V', 0x30, 0, 1, 0, ' ' },
                                           { 'V', 0x20, 0, 3, 0, ' ' },
                                           { 'V', 0xac, 0x80, 0, 0, ' ' },
                                           { 'A', 0x81, ' ' } };
    static const uint8_t lengths[] = { 2, 2, 2, 6, 6, 6, 6, 3 };
    uint64_t which = sim_rng_below(rng, 9);
    if (which < 8) {
        *n = lengths[which];
        memcpy(bytes, commands[which], *n);
        return;
    }
    *n = 1 + sim_rng_below(rng, 9);
    for (size_t i = 0; i < *n; i++) {
        bytes[i] = (uint8_t)sim_rng_next(rng);
    }
}

struct event {
    unsigned kind;
    uint8_t bytes[16];
    size_t n;
    sim_time after_ps;
};

static void draw(struct sim_rng *rng, struct event *e)
{
    e->kind = (unsigned)sim_rng_below(rng, 200);
    some_bytes(rng, e->bytes, &e->n);
    e->after_ps = sim_rng_below(rng, UINT64_C(1) << (20 + sim_rng_below(rng, 17))); /* 1 us ... 137 ms */
}

static void happen(struct board *b, const struct event *e)
{
    board_ports_baud(board_ports(b), board_scenario(b)->board.programmer.baud);
    switch (e->kind) {
    case 0: board_reset_programmer(b); break;
    case 1: board_power(b, 0); break;
    case 2:
    case 3: board_power(b, 5000); break;
    case 4: /* at a wrong speed, until the next event */
        board_ports_baud(board_ports(b), 57600);
        board_ports_send(board_ports(b), e->bytes, 1);
        break;
    case 5: board_ports_send(board_ports(b), (const uint8_t *)"Q P ", 4); break;
    default:
        if (e->kind > 150 && board_ports_select(board_ports(b), BOARD_PORT_TARGET)) {
            board_ports_send(board_ports(b), e->bytes, e->n);
        } else if (e->kind > 30) {
            board_ports_send(board_ports(b), e->bytes, e->n);
        }
        board_ports_select(board_ports(b), BOARD_PORT_PROGRAMMER);
    }
}

/* ---- comparing ---- */

static uint64_t trace_hash(struct board *b)
{
    const struct trace *t = board_trace(b);
    uint64_t h = 1;
    if (t) {
        struct trace_reader r;
        struct trace_change c;
        trace_read_start(&r, t);
        while (trace_read(&r, &c)) {
            h = mix(mix(mix(h, c.at_ps), (uint64_t)c.signal), (uint64_t)c.value);
        }
    }
    return h;
}

/* "" or what differs. */
static const char *difference(const struct side *x, const struct side *y)
{
    static char text[100];
    const struct mcu_board *u = board_mcu(x->b), *v = board_mcu(y->b);
    const struct checker *c = board_checker(x->b), *d = board_checker(y->b);
    if (board_now(x->b) != board_now(y->b)) {
        return "the time";
    }
    if (u && (mcu_board_pc(u) != mcu_board_pc(v) || mcu_board_counters(u).cycles != mcu_board_counters(v).cycles)) {
        snprintf(text, sizeof text, "programmer's pc %x and %x, cycles %llu and %llu", mcu_board_pc(u), mcu_board_pc(v),
                 (unsigned long long)mcu_board_counters(u).cycles, (unsigned long long)mcu_board_counters(v).cycles);
        return text;
    }
    for (unsigned i = 0; u && i < DATA_BYTES; i++) {
        if (mcu_board_data(u)[i] != mcu_board_data(v)[i]) {
            snprintf(text, sizeof text, "programmer's data[%x] %02x and %02x", i, mcu_board_data(u)[i],
                     mcu_board_data(v)[i]);
            return text;
        }
    }
    const struct target_core *tc = board_target_core(x->b), *td = board_target_core(y->b);
    if (target_core_pc(tc) != target_core_pc(td) ||
        target_core_counters(tc).cycles != target_core_counters(td).cycles ||
        memcmp(target_core_data(tc), target_core_data(td), DATA_BYTES)) {
        snprintf(text, sizeof text, "target's core, pc %x and %x", target_core_pc(tc), target_core_pc(td));
        return text;
    }
    if (memcmp(&board_nvm(x->b)->cells, &board_nvm(y->b)->cells, sizeof board_nvm(x->b)->cells)) {
        return "target's memories";
    }
    for (unsigned i = 0; i < CHECKER_RULES; i++) {
        const struct checker_margin *m = &c->margins[i], *n = &d->margins[i];
        if (m->findings != n->findings || m->margin != n->margin || m->at_ps != n->at_ps) {
            snprintf(text, sizeof text, "rule %s", checker_rule_info((enum checker_rule)i)->id);
            return text;
        }
    }
    for (size_t i = 0; i < c->n_findings; i++) {
        if (c->findings[i].at_ps != d->findings[i].at_ps || c->findings[i].rule != d->findings[i].rule) {
            return "a finding";
        }
    }
    if (x->heard != y->heard) {
        return "bytes on a serial port";
    }
    return trace_hash(x->b) != trace_hash(y->b) ? "the trace" : "";
}

/* ---- tests ---- */

static const char *const boards[] = {
    "board:\n  programmer: {firmware: arduinoisp}\n",
    "board:\n  target: {flash: {random: 3}}\n  programmer: {firmware: arduinoisp}\n",
    "board:\n  target: {fuses: {low: 0xFF}, clock: {crystal: 16 MHz}, flash: {file: " FIRMWARE_DIR "/demo_app.hex}, "
    "uart: {baud: 9600}}\n  programmer: {firmware: arduinoisp}\n",
    "board:\n  target: {fuses: {low: 0xFF, high: 0xDC}, clock: {crystal: 16 MHz}, flash: {file: " FIRMWARE_DIR
    "/optiboot_7c00.hex}, uart: {baud: 115200, auto_reset: yes}}\n  programmer: {firmware: arduinoisp}\n",
    "board:\n  programmer: {firmware: limpisp}\n",
};

/* Runs both sides. Returns "" or the first difference; wrong_at: an event that only one side gets as it is. */
static const char *run_both(const char *text, uint64_t seed, bool trace, unsigned wrong_at)
{
    struct scenario *sc = load(text);
    struct side x, y;
    struct sim_rng rng = sim_rng_stream(seed, "cuts");
    const char *found = "";
    begin(&x, sc, false, trace);
    begin(&y, sc, true, trace);
    ck_assert(board_run(x.b, 600 * SIM_MS, &problem) && board_run(y.b, 600 * SIM_MS, &problem));
    /* ArduinoISP's SPI is off before this, and waits for ever */
    board_ports_send(board_ports(x.b), (const uint8_t *)"P ", 2);
    board_ports_send(board_ports(y.b), (const uint8_t *)"P ", 2);
    for (unsigned i = 0; i < CUTS && !*found; i++) {
        struct event e;
        draw(&rng, &e);
        happen(x.b, &e);
        if (i == wrong_at) {
            e.kind = 40;
            e.bytes[0] ^= 1;
        }
        happen(y.b, &e);
        ck_assert_msg(board_run(x.b, e.after_ps, &problem) && board_run(y.b, e.after_ps, &problem), "%s", problem.text);
        if (i % 8 == 0 || i == CUTS - 1 || !trace) {
            found = difference(&x, &y);
        }
    }
    board_free(x.b);
    board_free(y.b);
    scenario_free(sc);
    return found;
}

START_TEST(both_ways_give_the_same_board)
{
    unsigned which = (unsigned)_i / 2;
    const char *found = run_both(boards[which], (unsigned)_i + 1, _i % 2, CUTS);
    ck_assert_msg(!*found, "board %u, trace %d: %s differ", which, _i % 2, found);
}
END_TEST

START_TEST(a_single_wrong_bit_is_noticed)
{
    ck_assert_str_ne(run_both(boards[0], 1, false, 50), "");
}
END_TEST

int main(void)
{
    Suite *s = suite_create("shortcuts");
    TCase *tc = tcase_create("shortcuts");
    tcase_set_timeout(tc, 120);
    tcase_add_loop_test(tc, both_ways_give_the_same_board, 0, 2 * sizeof boards / sizeof boards[0]);
    tcase_add_test(tc, a_single_wrong_bit_is_noticed);
    suite_add_tcase(s, tc);
    return run_all(s);
}
