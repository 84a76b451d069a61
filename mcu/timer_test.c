/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mcu/uno_fixture.h"
#include "sim/rng.h"

static struct board board, *b = &board;

enum { OC1A = 9, OC1B = 10 };

/* Writes with the cycle at which they act; the program that makes them starts at cycle 0. */
struct store {
    uint64_t cycle;
    unsigned reg, value;
};

static struct store stores[256];
static unsigned n_stores;
static uint64_t cycle; /* of the program's end so far */

static void begin(void)
{
    board_init(b);
    n_stores = 0;
    cycle = 0;
}

static void store(unsigned reg, unsigned value)
{
    set_data(b, reg, value);
    cycle += 3;
    stores[n_stores++] = (struct store){ cycle, reg, value };
}

static void store16(unsigned reg_low, unsigned value)
{
    store(reg_low + 1, value >> 8);
    store(reg_low, value & 0xff);
}

static void pause_for(unsigned cycles)
{
    nop(b, cycles);
    cycle += cycles;
}

static void run_it(uint64_t end)
{
    stop(b);
    board_log(b, OC1A);
    board_log(b, OC1B);
    board_start(b);
    board_run(b, end);
}

/* ---- the uses that matter most ---- */

/* CTC, toggle OC1A: half periods of prescale * (OCR1A + 1) cycles, exact. */
START_TEST(ctc_toggle_is_an_exact_square_wave)
{
    static const struct {
        unsigned cs, ocr, half;
    } row[] = { { 2, 0, 8 }, { 1, 0, 1 }, { 1, 1, 2 }, { 1, 3, 4 }, { 1, 7, 8 }, { 3, 99, 6400 } };
    for (unsigned i = 0; i < sizeof row / sizeof row[0]; i++) {
        begin();
        store(0x24, 0x02); /* DDRB1 */
        store16(OCR1AL_D, row[i].ocr);
        store(TCCR1A_D, 0x40);
        store(TCCR1B_D, 0x08 | row[i].cs);
        run_it(cycle + 60 * row[i].half + 100);
        ck_assert_uint_ge(b->log[OC1A].n, 58);
        for (unsigned k = 2; k < b->log[OC1A].n; k++) {
            ck_assert_uint_eq(b->log[OC1A].edge[k].cycle - b->log[OC1A].edge[k - 1].cycle, row[i].half);
            ck_assert_uint_eq(b->log[OC1A].edge[k].rest, 0);
        }
        board_free(b);
    }
}
END_TEST

/* The clock costs nothing when nobody looks: no event for its edges. */
START_TEST(an_unwatched_wave_makes_no_events)
{
    begin();
    store(0x24, 0x02);
    store(TCCR1A_D, 0x40);
    store(TCCR1B_D, 0x09); /* 8 MHz */
    stop(b);
    board_start(b);
    board_run(b, 1000);
    net_level(&b->net[OC1A]); /* somebody looks: it is put on its net, as a wave from its next fall on */
    board_run(b, 2000000);
    ck_assert_ptr_nonnull(b->net[OC1A].wave);
    uint64_t fired = b->sim.events_fired;
    board_run(b, 1600000);
    ck_assert_uint_eq(b->sim.events_fired, fired);
    ck_assert_uint_eq(net_wave_next_change(&b->net[OC1A].wave->wave, 0) % CK_PS, 0);
    board_free(b);
}
END_TEST

START_TEST(the_wave_stops_at_its_level_and_the_port_takes_over)
{
    begin();
    store(0x24, 0x02);
    store(TCCR1A_D, 0x40);
    store(TCCR1B_D, 0x0a); /* prescale 8, OCR 0: half period 8 */
    pause_for(100);
    store(TCCR1B_D, 0x08); /* stopped: the level stays */
    pause_for(50);
    store(TCCR1A_D, 0x00); /* PORTB1 = 0 */
    run_it(1000);
    ck_assert_ptr_null(b->net[OC1A].wave);
    ck_assert_uint_eq(net_level(&b->net[OC1A]), NET_0);
    for (unsigned i = 0; i < b->log[OC1A].n; i++) {
        ck_assert(b->log[OC1A].edge[i].cycle <= stores[3].cycle || b->log[OC1A].edge[i].cycle == stores[4].cycle);
    }
    board_free(b);
}
END_TEST

/* ---- every mode beside a timer that ticks ---- */

struct model {
    unsigned wgm, com[2], cs, v, top;
    bool down;
    unsigned ocr[2], next[2], icr, temp, tccr1a, tccr1b;
    bool blocked;
    unsigned level[2], flags;
};

enum { PLAIN, CTC, FAST, PHASE, PHFREQ };

static unsigned model_kind(const struct model *m)
{
    static const unsigned kind[16] = { PLAIN,  PHASE,  PHASE, PHASE, CTC, FAST,  FAST, FAST,
                                       PHFREQ, PHFREQ, PHASE, PHASE, CTC, PLAIN, FAST, FAST };
    return kind[m->wgm];
}

static unsigned model_top(const struct model *m)
{
    switch (m->wgm) {
    case 1:
    case 5: return 0xff;
    case 2:
    case 6: return 0x1ff;
    case 3:
    case 7: return 0x3ff;
    case 4:
    case 9:
    case 11:
    case 15: return m->ocr[0];
    case 8:
    case 10:
    case 12:
    case 14: return m->icr;
    default: return 0xffff;
    }
}

static bool model_dual(const struct model *m)
{
    return model_kind(m) >= PHASE;
}

static void model_output(struct model *m, unsigned i, bool up_match, bool down_match, bool at_bottom)
{
    unsigned com = m->com[i], kind = model_kind(m), top = m->top;
    if (kind < FAST) {
        if (up_match && com) {
            m->level[i] = com == 1 ? !m->level[i] : com == 3;
        }
        return;
    }
    if (com == 1) { /* toggles OC1A in modes 9, 11, 14, 15 */
        if (i == 0 && (m->wgm == 9 || m->wgm == 11 || m->wgm >= 14) && (up_match || down_match)) {
            m->level[i] = !m->level[i];
        }
        return;
    }
    if (com == 0) {
        return;
    }
    unsigned on = com == 2;
    if (kind == FAST) {
        if (up_match && m->ocr[i] != top) {
            m->level[i] = !on;
        }
        if (at_bottom) {
            m->level[i] = on;
        }
    } else { /* OCR = TOP is always on, OCR = BOTTOM always off */
        if (up_match && m->ocr[i] != top) {
            m->level[i] = !on;
        }
        if (down_match && m->ocr[i] != 0) {
            m->level[i] = on;
        }
    }
}

/* One tick: the value v ends. */
static void model_tick(struct model *m)
{
    unsigned kind = model_kind(m), v = m->v, top = m->top;
    bool up[2], down[2], bottom = false;
    for (unsigned i = 0; i < 2; i++) {
        bool equal = v == m->ocr[i] && !m->blocked;
        up[i] = equal && !m->down;
        down[i] = equal && (m->down || (model_dual(m) && (v == top || v == 0)));
        if (equal && m->ocr[i] <= 0xffff) {
            m->flags |= 2u << i;
        }
    }
    m->blocked = false;
    bool update = false;
    if (model_dual(m)) {
        if (v == 0 && !m->down) {
            m->flags |= 1;
            update = kind == PHFREQ;
        }
        if (v == top && !m->down) {
            m->flags |= m->wgm == 8 || m->wgm == 10 ? 0x20 : 0;
            update |= kind == PHASE;
            m->down = top > 1; /* TOP 1: down is the next BOTTOM */
            m->v = top ? top - 1 : 0;
        } else if (m->down) {
            m->v = v - 1;
            m->down = m->v != 0;
        } else {
            m->v = v + 1;
        }
    } else if (v == top || v == 0xffff) {
        m->v = 0;
        bottom = true;
        update = kind == FAST;
        if (kind != CTC || v == 0xffff) {
            m->flags |= 1;
        }
        if (m->wgm == 12 || m->wgm == 14) {
            m->flags |= v == top ? 0x20 : 0;
        }
    } else {
        m->v = v + 1;
    }
    for (unsigned i = 0; i < 2; i++) {
        model_output(m, i, up[i], down[i], bottom);
    }
    if (update) {
        m->ocr[0] = m->next[0];
        m->ocr[1] = m->next[1];
        m->top = model_top(m);
    }
}

static void model_mode(struct model *m)
{
    bool was_pwm = model_kind(m) >= FAST;
    bool was_dual = model_dual(m);
    m->wgm = (m->tccr1a & 3) | (m->tccr1b >> 1 & 12);
    m->com[0] = m->tccr1a >> 6 & 3;
    m->com[1] = m->tccr1a >> 4 & 3;
    m->cs = m->tccr1b & 7;
    if (was_pwm != (model_kind(m) >= FAST)) {
        m->ocr[0] = m->next[0];
        m->ocr[1] = m->next[1];
    }
    m->top = model_top(m);
    m->down = m->down && was_dual && model_dual(m);
    if (model_dual(m) && m->v > m->top && !m->down) {
        m->v = m->top;
    }
    if (model_dual(m) && m->v == m->top) {
        m->down = false;
    }
}

static void model_store(struct model *m, unsigned reg, unsigned value)
{
    switch (reg) {
    case TIFR1 + 0x20: m->flags &= ~value; break;
    case TCCR1A_D:
        m->tccr1a = value;
        model_mode(m);
        break;
    case TCCR1B_D:
        m->tccr1b = value;
        model_mode(m);
        break;
    case TCNT1H_D:
    case ICR1H_D:
    case OCR1AH_D:
    case OCR1BH_D: m->temp = value; break;
    case TCNT1L_D:
        m->v = m->temp << 8 | value;
        m->down = false;
        m->blocked = true;
        model_mode(m);
        break;
    case ICR1L_D:
        m->icr = m->temp << 8 | value; /* in any mode: switch icr_sticks */
        model_mode(m);
        break;
    case OCR1AL_D:
    case OCR1BL_D:
        m->next[reg == OCR1BL_D] = m->temp << 8 | value;
        if (model_kind(m) < FAST) {
            m->ocr[0] = m->next[0];
            m->ocr[1] = m->next[1];
            model_mode(m);
        }
        break;
    }
}

static bool com_shows(const struct model *m, unsigned i)
{
    unsigned com = m->com[i];
    if (com == 1 && model_kind(m) >= FAST) {
        return i == 0 && (m->wgm == 9 || m->wgm == 11 || m->wgm >= 14);
    }
    return com != 0;
}

struct reader {
    unsigned at, level;
};

/* Level of a logged pin at a cycle; cycles must not go back. */
static unsigned level_at(struct reader *r, unsigned pin, uint64_t at_cycle)
{
    while (r->at < b->log[pin].n && b->log[pin].edge[r->at].cycle <= at_cycle) {
        ck_assert_uint_eq(b->log[pin].edge[r->at].rest, 0);
        r->level = b->log[pin].edge[r->at++].level;
    }
    return r->level;
}

static bool takes_top_0; /* the datasheet's least TOP is 3 */

/* Runs the stored program and the ticking model side by side up to `end`. */
static void compare(uint64_t end, unsigned seed)
{
    static const unsigned prescale[8] = { 0, 1, 8, 64, 256, 1024, 0, 0 };
    struct model m = { .top = 0xffff };
    struct reader r[2] = { { 0 }, { 0 } };
    unsigned s = 0;
    uint64_t last = 0, look = cycle;
    in(b, 20, TIFR1);     /* reads at `look` */
    lds(b, 21, TCNT1L_D); /* reads at look + 2 */
    lds(b, 22, TCNT1H_D);
    run_it(end);
    for (uint64_t c = 0; c < end - 4; c++) {
        unsigned ps = prescale[m.cs];
        if (ps && c && c % ps == 0) {
            model_tick(&m);
        }
        while (s < n_stores && stores[s].cycle == c) {
            model_store(&m, stores[s].reg, stores[s].value);
            s++;
            last = c;
        }
        if (model_dual(&m) && m.top == 0 && !takes_top_0) {
            break;
        }
        if (c == look) {
            ck_assert_msg(board_reg(b, 20) == m.flags, "seed %u: TIFR1 is %02x, not %02x", seed, board_reg(b, 20),
                          m.flags);
        }
        if (c == look + 2) {
            unsigned tcnt = board_reg(b, 21) | board_reg(b, 22) << 8;
            ck_assert_msg(tcnt == m.v, "seed %u: TCNT1 is %u, not %u", seed, tcnt, m.v);
        }
        for (unsigned i = 0; c >= 3 && i < 2; i++) {
            unsigned want = com_shows(&m, i) ? m.level[i] : 0, got = level_at(&r[i], OC1A + i, c);
            if (got == want) { /* ck_assert writes to a file each time */
                continue;
            }
            ck_abort_msg("seed %u: OC1%c is %u, not %u, at cycle %llu, %llu after the last store (WGM %u COM %u%u "
                         "CS %u TCNT %u OCR %u %u TOP %u)",
                         seed, 'A' + i, got, want, (unsigned long long)c, (unsigned long long)(c - last), m.wgm,
                         m.com[0], m.com[1], m.cs, m.v, m.ocr[0], m.ocr[1], m.top);
        }
    }
    board_free(b);
}

START_TEST(all_modes_agree_with_a_timer_that_ticks)
{
    for (unsigned seed = 0; seed < 400; seed++) {
        struct sim_rng rng = sim_rng_stream(seed, "timer");
        begin();
        store(0x24, 0x06);
        unsigned n = 6 + (unsigned)sim_rng_below(&rng, 20);
        for (unsigned i = 0; i < n; i++) {
            unsigned small = (unsigned)sim_rng_below(&rng, 4) ? 24 : 0x500;
            unsigned wgm = (unsigned)sim_rng_below(&rng, 16);
            switch (sim_rng_below(&rng, 7)) {
            case 0: store(TCCR1A_D, (unsigned)sim_rng_below(&rng, 16) << 4 | (wgm & 3)); break;
            case 1:
            case 2: store(TCCR1B_D, (wgm & 12) << 1 | (1 + (unsigned)sim_rng_below(&rng, 5) % 3)); break;
            case 3: store16(OCR1AL_D, (unsigned)sim_rng_below(&rng, small)); break;
            case 4: store16(OCR1BL_D, (unsigned)sim_rng_below(&rng, small)); break;
            case 5: store16(ICR1L_D, (unsigned)sim_rng_below(&rng, small)); break;
            default:
                store16(TCNT1L_D, sim_rng_below(&rng, 4) ? (unsigned)sim_rng_below(&rng, small)
                                                         : 0xffff - (unsigned)sim_rng_below(&rng, 40));
                break;
            }
            pause_for((unsigned)sim_rng_below(&rng, 300));
        }
        compare(cycle + 3000, seed);
    }
}
END_TEST

/* Fixed cases of each mode, long enough for several periods. */
START_TEST(every_mode_and_output_setting)
{
    for (unsigned wgm = 0; wgm < 16; wgm++) {
        for (unsigned com = 1; com < 4; com++) {
            for (unsigned ocr = 0; ocr < 5; ocr++) {
                static const unsigned value[5] = { 0, 1, 7, 12, 13 };
                begin();
                store(0x24, 0x06);
                store(TCCR1B_D, 0x18);
                store16(ICR1L_D, 12);
                store(TCCR1B_D, 0x00);
                store16(OCR1AL_D, value[ocr]);
                store16(OCR1BL_D, 5);
                store(TCCR1A_D, com << 6 | com << 4 | (wgm & 3));
                store(TCCR1B_D, (wgm & 12) << 1 | 1);
                compare(cycle + 2500, 1000 + wgm);
            }
        }
    }
}
END_TEST

/* Down from above TOP: TOP's flag and BOTTOM's come with the values' ends, the first of them once 0 was there. */
START_TEST(a_top_of_0_or_1_is_come_to_from_above)
{
    takes_top_0 = true;
    for (unsigned wgm = 8; wgm <= 10; wgm += 2) {
        for (unsigned i = 0; i < 4 * 16; i++) {
            begin();
            b->sim.no_shortcuts = i / 2 % 2; /* computed, or in steps */
            store16(ICR1L_D, 20);
            store16(OCR1AL_D, 0);
            store16(OCR1BL_D, 1);
            store(TCCR1A_D, wgm & 3);
            store(TCCR1B_D, (wgm & 12) << 1 | 1);
            pause_for(26);
            store16(ICR1L_D, i % 2);
            store(TIFR1 + 0x20, 0xff); /* at 5 */
            pause_for(i / 4);
            compare(cycle + 40, wgm);
        }
    }
    takes_top_0 = false;
}
END_TEST

/* From above TOP a fast PWM comes to MAX and BOTTOM: what BOTTOM does to the output comes after what MAX does. */
START_TEST(a_match_at_max_is_followed_by_bottom)
{
    for (unsigned com = 2; com < 4; com++) {
        for (unsigned p = 0; p < 2 * 21; p++) {
            begin();
            b->sim.no_shortcuts = p % 2;
            store(0x24, 0x06);
            store16(ICR1L_D, 20);
            store16(OCR1AL_D, 0xffff);
            store16(OCR1BL_D, 10);
            store(TCCR1A_D, com << 6 | com << 4 | 2);
            store(TCCR1B_D, 0x19);
            pause_for(30 + p / 2);
            store16(TCNT1L_D, 0xfff0);
            compare(cycle + 100, com);
        }
    }
}
END_TEST

/* A RESET at any time while registers are written: the timer begins as at power-on, and OCR0A acts at once. */
START_TEST(a_reset_ends_the_mode_that_was)
{
    for (unsigned i = 0; i < 2 * 40; i++) {
        begin();
        b->sim.no_shortcuts = i % 2;
        set_io(b, OCR0A, 12);
        set_io(b, TCCR0B, 1);
        set_io(b, TIFR0, 0xff); /* TCNT0 is 2 */
        nop(b, 12);
        in(b, 20, TIFR0);
        set_io(b, TCCR0A, 3); /* fast PWM: from now on OCR0A would wait for BOTTOM */
        stop(b);
        board_start(b);
        board_run(b, i / 2);
        mcu_board_reset(b->uno);
        board_run(b, 2000000);
        ck_assert_uint_eq(board_reg(b, 20) & 2, 2);
        board_free(b);
    }
}
END_TEST

/* TCNT1 reads: up, and down in phase-correct mode; the high byte is the one latched with the low. */
START_TEST(tcnt_reads)
{
    begin();
    store(TCCR1B_D, 0x01);
    pause_for(300);
    lds(b, 20, TCNT1L_D); /* starts at `cycle`, reads one later */
    lds(b, 21, TCNT1H_D);
    unsigned want = (unsigned)(cycle + 1 - stores[0].cycle);
    stop(b);
    board_start(b);
    board_run(b, 1000);
    ck_assert_uint_eq(board_reg(b, 20) | board_reg(b, 21) << 8, want);
    board_free(b);

    begin();
    store(TCCR1A_D, 0x01); /* phase correct, 8 bit */
    store(TCCR1B_D, 0x01);
    pause_for(300);
    lds(b, 20, TCNT1L_D);
    want = 510 - (unsigned)(cycle + 1 - stores[1].cycle);
    stop(b);
    board_start(b);
    board_run(b, 1000);
    ck_assert_uint_eq(board_reg(b, 20), want);
    board_free(b);
}
END_TEST

/* ---- flags and interrupts ---- */

START_TEST(flags_are_cleared_by_ones_only)
{
    begin();
    set_io(b, OCR0A, 10);
    set_io(b, TCCR0B, 1);
    nop(b, 300);
    in(b, 20, TIFR0);
    set_io(b, TIFR0, 0x01);
    in(b, 21, TIFR0);
    set_io(b, TIFR0, 0x02);
    in(b, 22, TIFR0);
    stop(b);
    board_start(b);
    board_run(b, 1000);
    ck_assert_uint_eq(board_reg(b, 20), 0x07); /* OCR0B is 0: its match too */
    ck_assert_uint_eq(board_reg(b, 21), 0x06);
    ck_assert_uint_eq(board_reg(b, 22), 0x04);
    board_free(b);
}
END_TEST

/* The vector's handler toggles PB5, an output, with each interrupt; the program begins here. */
static void handler_toggles(unsigned vector)
{
    org(b, 2 * vector);
    rjmp(b, 0x100);
    org(b, 0x100);
    sbi(b, PINB, 5);
    reti(b);
    org(b, 0);
    rjmp(b, 0x80);
    org(b, 0x80);
    set_io(b, DDRB, 0x20);
}

/* Timer 0 as Arduino's millis(): fast PWM, prescale 64: an overflow each 16384 cycles. */
START_TEST(overflow_interrupts_keep_their_pace)
{
    begin();
    handler_toggles(16); /* TIMER0_OVF */
    set_io(b, TCCR0A, 3);
    set_io(b, TCCR0B, 3);
    set_data(b, TIMSK0_D, 1);
    sei(b);
    unsigned loop = here(b);
    nop(b, 1);
    rjmp(b, loop);
    board_log(b, 13);
    board_start(b);
    board_run(b, 16384 * 20);
    ck_assert_uint_ge(b->log[13].n, 19);
    for (unsigned i = 1; i < b->log[13].n; i++) {
        /* overflow at 16384 i, at most 2 cycles of the loop, entry 4, RJMP 2, SBI 2 */
        ck_assert_uint_ge(b->log[13].edge[i].cycle, 16384 * i + 8);
        ck_assert_uint_le(b->log[13].edge[i].cycle, 16384 * i + 10);
    }
    board_free(b);
}
END_TEST

/* OCR0A waits for BOTTOM when the interrupt is enabled: the next match is by it. */
START_TEST(a_match_by_an_ocr_that_waited_interrupts)
{
    for (unsigned plain = 0; plain < 2; plain++) {
        begin();
        b->sim.no_shortcuts = plain;
        handler_toggles(14); /* TIMER0_COMPA */
        set_io(b, OCR0A, 200);
        set_io(b, TCCR0A, 3);
        set_io(b, TCCR0B, 1);
        nop(b, 100);
        set_io(b, OCR0A, 10);
        set_data(b, TIMSK0_D, 2);
        sei(b);
        unsigned loop = here(b);
        nop(b, 1);
        rjmp(b, loop);
        board_log(b, 13);
        board_start(b);
        board_run(b, 3000);
        ck_assert_uint_ge(b->log[13].n, 10);
        for (unsigned i = 2; i < b->log[13].n;
             i++) { /* 200, then 10, give or take the loop; the first edge is DDRB's */
            uint64_t ck = b->log[13].edge[i].cycle - b->log[13].edge[i - 1].cycle, want = i == 2 ? 66 : 256;
            ck_assert_uint_ge(ck, want - 2);
            ck_assert_uint_le(ck, want + 2);
        }
        board_free(b);
    }
}
END_TEST

START_TEST(an_interrupt_enabled_late_fires)
{
    begin();
    org(b, 2 * 14); /* TIMER0_COMPA */
    rjmp(b, 0x100);
    org(b, 0x100);
    inc(b, 20);
    set_data(b, TIMSK0_D, 0);
    reti(b);
    org(b, 0);
    rjmp(b, 0x80);
    org(b, 0x80);
    sei(b);
    set_io(b, OCR0A, 10);
    set_io(b, TCCR0B, 1);
    nop(b, 30);
    set_io(b, TCCR0B, 0);
    nop(b, 3);
    set_data(b, TIMSK0_D, 2);
    stop(b);
    board_start(b);
    board_run(b, 1000);
    ck_assert_uint_eq(board_reg(b, 20), 1);
    board_free(b);
}
END_TEST

/* Timers 0 and 1 share a prescaler; its reset makes their ticks start anew. */
START_TEST(prescaler_is_shared_and_can_be_reset)
{
    begin();
    set_io(b, 0x23, 0x81); /* GTCCR: TSM, PSRSYNC: both stand; 2 cycles */
    set_io(b, TCCR0B, 3);
    set_data(b, TCCR1B_D, 3);
    nop(b, 100);
    in(b, 20, TCNT0);
    set_io(b, 0x23, 0x00); /* go */
    nop(b, 63 * 2);
    in(b, 21, TCNT0); /* 126 after the go's end: 1 */
    nop(b, 1);
    in(b, 22, TCNT0); /* 128: 2 */
    lds(b, 23, TCNT1L_D);
    stop(b);
    board_start(b);
    board_run(b, 1000);
    ck_assert_uint_eq(board_reg(b, 20), 0);
    ck_assert_uint_eq(board_reg(b, 21), 1);
    ck_assert_uint_eq(board_reg(b, 22), 2);
    ck_assert_uint_eq(board_reg(b, 23), 2);
    board_free(b);
}
END_TEST

START_TEST(input_capture_takes_tcnt_at_the_edge)
{
    struct net_driver d;
    begin();
    net_attach(&b->net[8], &d, "test");
    net_drive(&d, NET_0, NET_STRONG);
    store(TCCR1B_D, 0x41); /* rising edge, no prescaler */
    in(b, 19, TIFR1);
    pause_for(1);
    nop(b, 300);
    in(b, 22, TIFR1);
    lds(b, 20, ICR1L_D);
    lds(b, 21, ICR1H_D);
    stop(b);
    board_start(b);
    board_run(b, 203);
    net_drive(&d, NET_1, NET_STRONG);
    board_run(b, 1000);
    ck_assert_uint_eq(board_reg(b, 22) & 0x20, 0x20);
    ck_assert_uint_eq(board_reg(b, 20) | board_reg(b, 21) << 8, 203 - stores[0].cycle);
    board_free(b);
}
END_TEST

/*
 * Rescue clocks on D9 as sketches set them up after Arduino's init(), or without it (variant 3): 8 MHz. Variants 0 and
 * 3 write ICR1 before the mode that uses it; by the datasheet's sentence (icr_sticks 0) that write is lost.
 */
START_TEST(icr1_written_before_its_mode)
{
    for (int sticks = 1; sticks >= 0; sticks--) {
        for (unsigned variant = 0; variant < 4; variant++) {
            struct mcu_board_config cfg = mcu_board_default(mcu_board_find("uno"));
            struct checker checker;
            bool early = variant == 0 || variant == 3;

            begin();
            store(TCCR1B_D, variant == 3 ? 0 : 0x03);
            store(TCCR1A_D, variant == 3 ? 0 : 0x01);
            set_io(b, DDRB, 0x02);
            if (early) {
                store16(OCR1AL_D, 0);
                store16(ICR1L_D, 1);
            }
            store(TCCR1A_D, variant == 2 ? 0x40 : 0x82); /* CTC toggling, or fast PWM to ICR1 */
            store(TCCR1B_D, variant == 2 ? 0x09 : 0x19);
            if (!early) {
                store16(OCR1AL_D, 0);
                if (variant == 1) {
                    store16(ICR1L_D, 1);
                }
            }
            stop(b);
            checker_init(&checker, &b->sim);
            cfg.start_ps = 0;
            cfg.checker = &checker;
            cfg.switches.v[SW_ICR_STICKS] = sticks;
            board_start_with(b, cfg);
            board_run(b, 2000);
            board_log(b, 9);
            board_run(b, 3000);
            if (sticks || !early) {
                ck_assert_uint_ge(b->log[9].n, 999); /* an edge a cycle */
                ck_assert_uint_eq(b->log[9].edge[100].cycle - b->log[9].edge[98].cycle, 2);
            } else {
                ck_assert_uint_eq(b->log[9].n, 0);
            }
            ck_assert_uint_eq(checker_margin(&checker, CHECK_PROGRAM_ICR)->findings, early);
            board_free(b);
            checker_free(&checker);
        }
    }
}
END_TEST

int main(void)
{
    static const TTest *tests[17];
    unsigned n = 0;
    tests[n++] = ctc_toggle_is_an_exact_square_wave;
    tests[n++] = icr1_written_before_its_mode;
    tests[n++] = an_unwatched_wave_makes_no_events;
    tests[n++] = the_wave_stops_at_its_level_and_the_port_takes_over;
    tests[n++] = every_mode_and_output_setting;
    tests[n++] = all_modes_agree_with_a_timer_that_ticks;
    tests[n++] = a_top_of_0_or_1_is_come_to_from_above;
    tests[n++] = a_match_at_max_is_followed_by_bottom;
    tests[n++] = a_reset_ends_the_mode_that_was;
    tests[n++] = tcnt_reads;
    tests[n++] = flags_are_cleared_by_ones_only;
    tests[n++] = overflow_interrupts_keep_their_pace;
    tests[n++] = an_interrupt_enabled_late_fires;
    tests[n++] = a_match_by_an_ocr_that_waited_interrupts;
    tests[n++] = prescaler_is_shared_and_can_be_reset;
    tests[n++] = input_capture_takes_tcnt_at_the_edge;
    return run_suite("timer", tests, n);
}
