/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <pthread.h>

#include "mcu/uno_fixture.h"
#include "sim/rng.h"

static struct board board, *b = &board;

static void vector(unsigned n, unsigned to)
{
    org(b, 2 * n);
    rjmp(b, to);
}

static void main_at(unsigned word)
{
    org(b, 0);
    rjmp(b, word);
    org(b, word);
}

/* ---- interrupts ---- */

/* TIMER0_COMPA is pending when SEI runs: one more instruction, then 4 cycles of entry. */
START_TEST(one_instruction_runs_after_sei_and_entry_costs_four_cycles)
{
    board_init(b);
    vector(14, 0x100);
    org(b, 0x100);
    in(b, 20, TCNT0); /* entry 4, RJMP 2, then this */
    emit(b, 0x2f15);  /* MOV r17, r21: how many ran */
    stop(b);
    main_at(0x80);
    set_io(b, OCR0A, 5);
    set_data(b, TIMSK0_D, 2);
    set_io(b, TCCR0B, 1); /* TCNT0 = cycle - t0 from the end of this store on */
    nop(b, 20);           /* t0 + 0 .. 19 */
    sei(b);               /* t0 + 20 */
    inc(b, 21);           /* t0 + 21 */
    inc(b, 21);           /* never, before the interrupt */
    inc(b, 21);
    stop(b);
    board_start(b);
    board_run(b, 200);
    ck_assert_uint_eq(board_reg(b, 17), 1);
    ck_assert_uint_eq(board_reg(b, 20), 22 + 4 + 2);
    board_free(b);
}
END_TEST

START_TEST(one_instruction_of_the_main_program_runs_between_interrupts)
{
    board_init(b);
    vector(1, 0x100); /* INT0, low level: always pending */
    org(b, 0x100);
    reti(b);
    main_at(0x80);
    set_io(b, EIMSK, 1);
    sei(b);
    unsigned loop = here(b);
    inc(b, 20);
    rjmp(b, loop);
    struct net_driver d;
    net_attach(&b->net[2], &d, "low");
    net_drive(&d, NET_0, NET_STRONG);
    board_start(b);
    board_run(b, 6 + 2300);
    /* INC, entry 4, RJMP 2, RETI 4 = 11, then RJMP 2 the same = 12: one INC in 23 cycles */
    ck_assert_uint_ge(board_reg(b, 20), 99);
    ck_assert_uint_le(board_reg(b, 20), 101);
    board_free(b);
}
END_TEST

/* Two pending at once: the lower vector first. */
START_TEST(priority_is_the_vector_number)
{
    board_init(b);
    vector(14, 0x400); /* COMPA */
    vector(16, 0x410); /* OVF */
    org(b, 0x400);
    emit(b, 0x2f24); /* MOV r18, r20 */
    inc(b, 20);
    reti(b);
    org(b, 0x410);
    emit(b, 0x2f34); /* MOV r19, r20 */
    inc(b, 20);
    reti(b);
    main_at(0x80);
    set_io(b, OCR0A, 5);
    set_data(b, TIMSK0_D, 3);
    set_io(b, TCCR0B, 1);
    nop(b, 300);
    set_io(b, TCCR0B, 0);
    sei(b);
    stop(b);
    board_start(b);
    board_run(b, 1000);
    ck_assert_uint_eq(board_reg(b, 18), 0);
    ck_assert_uint_eq(board_reg(b, 19), 1);
    board_free(b);
}
END_TEST

/* ---- the run loop ---- */

struct state {
    uint64_t cycle;
    uint32_t pc;
    uint8_t data[0x900];
    unsigned edges;
};

/* Timer and USART interrupts, SPI bytes and pin writes, all at once. */
static void busy_program(struct board *x)
{
    b = x;
    vector(14, 0x100);
    vector(19, 0x120); /* UDRE */
    org(b, 0x100);
    inc(b, 2);
    sbi(b, PINB, 0);
    reti(b);
    org(b, 0x120);
    inc(b, 3);
    sts(b, UDR0_D, 3);
    reti(b);
    main_at(0x80);
    set_io(b, DDRB, 0x2d);
    set_io(b, OCR0A, 77);
    set_io(b, TCCR0A, 2);
    set_io(b, TCCR0B, 1);
    set_data(b, TIMSK0_D, 2);
    set_data(b, UCSR0B_D, 0x28);
    set_io(b, SPCR, 0x50);
    sei(b);
    unsigned loop = here(b);
    out(b, SPDR, 2);
    unsigned wait = here(b);
    in(b, 18, SPSR);
    sbrs(b, 18, 7);
    rjmp(b, wait);
    in(b, 5, SPDR);
    lds(b, 6, 0x46); /* TCNT0 */
    sts(b, 0x200, 6);
    rjmp(b, loop);
}

static void run_busy(struct board *x, uint64_t end, uint64_t seed, struct state *s)
{
    board_init(x);
    busy_program(x);
    b = x;
    for (unsigned i = 8; i < 14; i++) {
        board_log(x, i);
    }
    struct mcu_board_config cfg = mcu_board_default(mcu_board_find("uno"));
    cfg.start_ps = 0;
    board_start_with(x, cfg);
    struct sim_rng rng = sim_rng_stream(seed, "stops");
    for (uint64_t at = 0; seed && at < end;) {
        at += sim_rng_below(&rng, seed == 1 ? 4 * CK_PS : 3000 * CK_PS) / CK_PS;
        sim_run_until(&x->sim, at < end ? at * CK_PS : end * CK_PS);
    }
    sim_run_until(&x->sim, end * CK_PS);
    *s = (struct state){ mcu_board_counters(x->uno).cycles, mcu_board_pc(x->uno), { 0 }, 0 };
    memcpy(s->data, mcu_board_data(x->uno), sizeof s->data);
    for (unsigned i = 0; i < UNO_PINS; i++) {
        for (unsigned k = 0; k < x->log[i].n; k++) {
            s->edges = s->edges * 31 + (unsigned)x->log[i].edge[k].cycle * 3 + x->log[i].edge[k].level;
        }
    }
    board_free(x);
}

START_TEST(where_the_run_is_cut_makes_no_difference)
{
    static struct state whole, cut;
    run_busy(&board, 6000, 0, &whole);
    for (unsigned seed = 1; seed < 12; seed++) {
        run_busy(&board, 6000, seed, &cut);
        ck_assert_uint_eq(whole.cycle, cut.cycle);
        ck_assert_uint_eq(whole.pc, cut.pc);
        ck_assert_uint_eq(whole.edges, cut.edges);
        ck_assert_mem_eq(whole.data, cut.data, sizeof whole.data);
    }
    b = &board;
}
END_TEST

static void *run_in_thread(void *p)
{
    /* the fixture's program writer is not thread-safe, the simulation is */
    struct state *s = p;
    struct board *x = calloc(1, sizeof *x);
    static pthread_mutex_t writer = PTHREAD_MUTEX_INITIALIZER;
    board_init(x);
    pthread_mutex_lock(&writer);
    busy_program(x);
    pthread_mutex_unlock(&writer);
    struct mcu_board_config cfg = mcu_board_default(mcu_board_find("uno"));
    cfg.start_ps = 0;
    board_start_with(x, cfg);
    sim_run_until(&x->sim, 2000000 * CK_PS);
    *s = (struct state){ mcu_board_counters(x->uno).cycles, mcu_board_pc(x->uno), { 0 }, 0 };
    memcpy(s->data, mcu_board_data(x->uno), sizeof s->data);
    board_free(x);
    free(x);
    return NULL;
}

START_TEST(two_boards_in_two_threads_do_not_meet)
{
    static struct state s[3];
    pthread_t t[2];
    for (unsigned i = 0; i < 2; i++) {
        ck_assert_int_eq(pthread_create(&t[i], NULL, run_in_thread, &s[i]), 0);
    }
    for (unsigned i = 0; i < 2; i++) {
        pthread_join(t[i], NULL);
    }
    run_in_thread(&s[2]);
    b = &board;
    for (unsigned i = 0; i < 2; i++) {
        ck_assert_uint_eq(s[i].cycle, s[2].cycle);
        ck_assert_mem_eq(s[i].data, s[2].data, sizeof s[2].data);
    }
}
END_TEST

/* ---- sleep, watchdog, reset ---- */

START_TEST(sleep_ends_with_an_interrupt)
{
    board_init(b);
    vector(16, 0x100);
    org(b, 0x100);
    in(b, 20, TCNT0);
    reti(b);
    main_at(0x80);
    set_data(b, TIMSK0_D, 1);
    set_io(b, TCCR0B, 1);
    set_io(b, SMCR, 1);
    sei(b);
    emit(b, 0x9588); /* SLEEP */
    inc(b, 21);
    stop(b);
    board_start(b);
    board_run(b, 200);
    ck_assert_uint_eq(board_reg(b, 21), 0);
    board_run(b, 300);
    ck_assert_uint_eq(board_reg(b, 21), 1);
    ck_assert_uint_eq(board_reg(b, 20), 4 + 4 + 2); /* wake-up, entry, RJMP after the overflow */
    board_free(b);
}
END_TEST

START_TEST(sleep_with_interrupts_off_waits_for_a_reset)
{
    board_init(b);
    inc(b, 20);
    set_data(b, TIMSK0_D, 1);
    set_io(b, TCCR0B, 1);
    set_io(b, SMCR, 1);
    emit(b, 0x9588);
    inc(b, 21);
    stop(b);
    board_start(b);
    board_run(b, 100000);
    ck_assert_uint_eq(board_reg(b, 21), 0);
    ck_assert_uint_ge(mcu_board_counters(b->uno).cycles, 100000);
    mcu_board_reset(b->uno);
    board_run(b, 200000);
    ck_assert_uint_eq(board_reg(b, 20), 2);
    board_free(b);
}
END_TEST

/* 2048 << WDP cycles of 128 kHz, and only by its sequence: WDCE with WDE, then within four cycles. */
START_TEST(watchdog_takes_as_long_as_wdp_says)
{
    static const unsigned wdp[] = { 0, 1, 3, 6, 9 };
    for (unsigned i = 0; i < 2 * sizeof wdp / sizeof wdp[0]; i++) {
        unsigned to = wdp[i / 2], value = 0x08 | (to & 8) << 2 | (to & 7), late = i % 2;
        uint64_t period = (UINT64_C(2048) << to) * 125; /* of 16 MHz */
        board_init(b);
        ldi(b, 16, 0x18);
        ldi(b, 17, value);
        sts(b, WDTCSR_D, 16);
        nop(b, late ? 4 : 1);
        sts(b, WDTCSR_D, 17);
        stop(b);
        board_start(b);
        board_run(b, late ? 240000 : period - 100);
        ck_assert_uint_eq(mcu_board_counters(b->uno).watchdog_resets, 0);
        board_run(b, late ? 300000 : period + 1000); /* late: WDE alone is set, for 16 ms */
        ck_assert_uint_eq(mcu_board_counters(b->uno).watchdog_resets, 1);
        board_free(b);
    }
}
END_TEST

/* 16 ms of a 128 kHz oscillator: 256000 cycles after it was switched on. */
START_TEST(watchdog_resets_and_says_so)
{
    board_init(b);
    in(b, 20, MCUSR);
    sbi(b, DDRB, 5);
    inc(b, 22);
    emit(b, 0xfd43); /* SBRC r20, 3: WDRF? */
    stop(b);
    set_data(b, WDTCSR_D, 0x18);
    set_data(b, WDTCSR_D, 0x08);
    stop(b);
    board_log(b, 13);
    board_start(b);
    board_run(b, 255000);
    ck_assert_uint_eq(board_reg(b, 20), 0x01);
    board_run(b, 300000);
    ck_assert_uint_eq(board_reg(b, 20), 0x09); /* flags pile up until cleared */
    ck_assert_uint_eq(board_reg(b, 22), 2);
    ck_assert_uint_eq(mcu_board_counters(b->uno).watchdog_resets, 1);
    /* the pin is let go at the reset */
    ck_assert_uint_eq(b->log[13].edge[1].level, NET_Z);
    ck_assert_uint_ge(b->log[13].edge[1].cycle, 256000);
    ck_assert_uint_le(b->log[13].edge[1].cycle, 256016);
    board_free(b);
}
END_TEST

START_TEST(reset_pin_holds_the_core_and_frees_its_pins)
{
    struct net_driver d;
    board_init(b);
    in(b, 20, MCUSR);
    sbi(b, DDRB, 5);
    stop(b);
    net_attach(&b->reset_n, &d, "button");
    board_log(b, 13);
    struct mcu_board_config cfg = mcu_board_default(mcu_board_find("uno"));
    cfg.start_ps = 1000 * CK_PS;
    board_start_with(b, cfg);
    board_run(b, 990);
    ck_assert_uint_eq(b->log[13].n, 0);
    board_run(b, 2000);
    ck_assert_uint_eq(net_level(&b->net[13]), NET_0);
    net_drive(&d, NET_0, NET_STRONG);
    ck_assert_uint_eq(net_level(&b->net[13]), NET_Z);
    board_run(b, 5000);
    ck_assert_uint_eq(net_level(&b->net[13]), NET_Z);
    net_open(&d);
    board_run(b, 5990);
    ck_assert_uint_eq(net_level(&b->net[13]), NET_Z);
    board_run(b, 6010);
    ck_assert_uint_eq(net_level(&b->net[13]), NET_0);
    ck_assert_uint_eq(board_reg(b, 20), 0x03);
    board_free(b);
}
END_TEST

START_TEST(boot_fuses_choose_the_start)
{
    static const uint32_t start[4] = { 0x3800, 0x3c00, 0x3e00, 0x3f00 };
    for (unsigned bootsz = 0; bootsz < 4; bootsz++) {
        board_init(b);
        org(b, start[bootsz]);
        inc(b, 20);
        stop(b);
        struct mcu_board_config cfg = mcu_board_default(mcu_board_find("uno"));
        cfg.start_ps = 0;
        cfg.fuse[1] = (uint8_t)(0xd8 | bootsz << 1);
        board_start_with(b, cfg);
        board_run(b, 100);
        ck_assert_uint_eq(board_reg(b, 20), 1);
        board_free(b);
    }
}
END_TEST

/* ---- bad firmware ---- */

START_TEST(empty_flash_runs_round_and_round)
{
    board_init(b);
    board_start(b);
    board_run(b, 1000000);
    ck_assert_uint_lt(mcu_board_pc(b->uno), 0x8000);
    board_free(b);
}
END_TEST

/* A program that runs on into erased flash: to the boot section if there is one, else around to 0. */
START_TEST(erased_words_take_a_clock_each_and_lead_into_the_boot_section)
{
    for (int boot = 0; boot < 2; boot++) {
        board_init(b);
        inc(b, 20);
        nop(b, 11); /* 12 words, as the published poke loader; 16372 erased ones follow */
        org(b, 0x3f00);
        if (boot) {
            inc(b, 21);
            stop(b);
        }
        board_start(b);
        board_run(b, 0x3f00 - 20);
        ck_assert_uint_eq(board_reg(b, 20), 1);
        ck_assert_uint_eq(board_reg(b, 21), 0);
        board_run(b, 0x3f00 + 20);
        ck_assert_uint_eq(board_reg(b, 21), boot);
        board_run(b, 12 + 16372 - 20);
        ck_assert_uint_eq(board_reg(b, 20), 1);
        board_run(b, 12 + 16372 + 20);
        ck_assert_uint_eq(board_reg(b, 20), boot ? 1 : 2);
        board_free(b);
    }
}
END_TEST

START_TEST(running_off_the_end_goes_on_at_zero)
{
    board_init(b);
    inc(b, 20);
    rjmp(b, 0x3ff0 - 0x4000); /* backwards over 0: to 0x3ff0 */
    org(b, 0x3ff0);
    nop(b, 16);
    board_start(b);
    board_run(b, 200);
    ck_assert_uint_ge(board_reg(b, 20), 8); /* a lap is 1 + 2 + 16 cycles */
    ck_assert_uint_le(board_reg(b, 20), 12);
    board_free(b);
}
END_TEST

START_TEST(stray_accesses_do_no_harm)
{
    board_init(b);
    ldi(b, 17, 0x5a);
    sts(b, 0x2010, 17);
    lds(b, 20, 0x2010);
    sts(b, 0xffff, 17);
    sts(b, 0x00f0, 17); /* reserved I/O */
    ldi(b, 30, 0xff);
    ldi(b, 31, 0xff);
    emit(b, 0x95c8); /* LPM: beyond the end: wraps */
    emit(b, 0x95e8); /* SPM */
    emit(b, 0x940c); /* JMP 0x3fff80: far beyond */
    emit(b, 0xff80);
    board_start(b);
    board_run(b, 100000);
    board_free(b);

    board_init(b);
    emit(b, 0x0001); /* undefined */
    emit(b, 0x9404);
    ldi(b, 20, 7);
    stop(b);
    board_start(b);
    board_run(b, 100);
    ck_assert_uint_eq(board_reg(b, 20), 7);
    board_free(b);
}
END_TEST

/* Random words as a program: whatever they do, time goes on. */
START_TEST(random_programs_run)
{
    for (unsigned seed = 0; seed < 60; seed++) {
        struct sim_rng rng = sim_rng_stream(seed, "program");
        board_init(b);
        for (unsigned i = 0; i < sizeof b->flash; i++) {
            b->flash[i] = (uint8_t)sim_rng_next(&rng);
        }
        board_start(b);
        for (unsigned i = 1; i < 20; i++) {
            board_run(b, 4000 * i);
            ck_assert_uint_ge(mcu_board_counters(b->uno).cycles, 4000 * i);
            ck_assert_uint_le(mcu_board_counters(b->uno).cycles, 4000 * i + 20);
        }
        board_free(b);
    }
}
END_TEST

/* One program a row, up to four words; what is said of it. */
START_TEST(a_program_that_runs_wild_is_noted)
{
    static const struct {
        unsigned op[4], n;
        enum checker_rule rule; /* CHECKER_RULES: nothing is wrong */
        unsigned address;
    } row[] = {
        { { 0xcfff }, 1, CHECKER_RULES, 0 },             /* RJMP .-2 */
        { { 0xcffe }, 1, CHECK_PROGRAM_ERASED, 0x7ffe }, /* ... to the last word, erased */
        { { 0xffff }, 1, CHECK_PROGRAM_ERASED, 0 },      /* nothing there at all */
        { { 0x0000, 0xffff }, 2, CHECK_PROGRAM_ERASED, 2 },
        { { 0x940c, 0x3000 }, 2, CHECK_PROGRAM_ERASED, 0x6000 },   /* JMP into empty flash */
        { { 0x940c, 0x4000 }, 2, CHECK_PROGRAM_WRAPPED, 0x8000 },  /* JMP past the end */
        { { 0xefff, 0x9409 }, 2, CHECK_PROGRAM_WRAPPED, 0x1fe00 }, /* r31 = FF; IJMP: Z = FF00 */
        { { 0x0001, 0xcffe }, 2, CHECK_PROGRAM_OPCODE, 0 },
        { { 0xe01f, 0xbf1e, 0x920f, 0xcffd }, 4, CHECK_PROGRAM_STACK, 0x0fff }, /* SPH = 0F; PUSH */
        { { 0x900f, 0xcffe }, 2, CHECK_PROGRAM_STACK, 0x08ff },                 /* POP from an empty stack */
        { { 0x920f, 0xcffe }, 2, CHECK_PROGRAM_STACK, 0x00ff },                 /* PUSH until SRAM ends */
        { { 0xdfff }, 1, CHECK_PROGRAM_STACK, 0x00ff },                         /* RCALL itself: endless recursion */
        { { 0x9508 }, 1, CHECK_PROGRAM_STACK, 0x08ff },                         /* RET without a call */
        { { 0x920f, 0x9508 }, 2, CHECK_PROGRAM_STACK, 0x08fe },                 /* ... with one byte of an address */
        { { 0x9200, 0x0900, 0xcffd }, 3, CHECK_PROGRAM_ACCESS, 0x0900 },        /* STS past SRAM */
        { { 0x9000, 0xffff, 0xcffd }, 3, CHECK_PROGRAM_ACCESS, 0xffff },        /* LDS */
        { { 0xefbf, 0x900c, 0xcffd }, 3, CHECK_PROGRAM_ACCESS, 0xff00 },        /* XH = FF; LD X */
    };
    for (unsigned i = 0; i < sizeof row / sizeof row[0]; i++) {
        struct checker checker;
        struct mcu_board_config cfg = mcu_board_default(mcu_board_find("uno"));
        board_init(b);
        for (unsigned k = 0; k < row[i].n; k++) {
            emit(b, row[i].op[k]);
        }
        checker_init(&checker, &b->sim);
        cfg.start_ps = 0;
        cfg.checker = &checker;
        board_start_with(b, cfg);
        board_run(b, 100000);
        if (row[i].rule == CHECKER_RULES) {
            ck_assert_msg(checker.notes == 0, "row %u", i);
        } else {
            ck_assert_msg(checker_count(&checker) > 0, "row %u: nothing", i);
            const struct checker_finding *f = checker_at(&checker, 0);
            ck_assert_msg(f->rule == row[i].rule && f->measured == row[i].address, "row %u: %s at 0x%04x", i,
                          checker_rule_info(f->rule)->id, (unsigned)f->measured);
            ck_assert_str_eq(f->net, "programmer");
            ck_assert_uint_eq(checker_margin(&checker, CHECK_PROGRAM_DEVICE)->findings, 1);
            for (unsigned r = 0; r < CHECKER_RULES; r++) { /* once, however often it happens */
                ck_assert_uint_le(checker_margin(&checker, r)->findings, 1);
            }
        }
        ck_assert_uint_eq(checker.violations, 0);
        checker_free(&checker);
        board_free(b);
    }
}
END_TEST

/* What begins in the last words goes on at the start, and is noted: two words of STS, a skip over the JMP at 0. */
START_TEST(flash_ends_inside_an_instruction_or_a_skip)
{
    static const struct {
        unsigned at, op[2], to;
    } row[] = { { 0x3ffe, { 0x9200, 0x0200 }, 0x8000 },
                { 0x3fff, { 0xfd00, 0 }, 0x8004 },
                { 0x3fff, { 0x0000, 0 }, 0x8000 } };
    for (unsigned i = 0; i < 3; i++) {
        struct checker checker;
        struct mcu_board_config cfg = mcu_board_default(mcu_board_find("uno"));
        board_init(b);
        emit(b, 0x940c);
        emit(b, row[i].at);
        inc(b, 20);
        stop(b);
        org(b, row[i].at);
        emit(b, row[i].op[0]);
        if (row[i].at == 0x3ffe) {
            emit(b, row[i].op[1]);
        }
        checker_init(&checker, &b->sim);
        cfg.start_ps = 0;
        cfg.checker = &checker;
        board_start_with(b, cfg);
        board_run(b, 1000);
        ck_assert_msg(checker_count(&checker) == 2, "row %u: %zu notes", i, checker_count(&checker));
        ck_assert_int_eq(checker_at(&checker, 0)->rule, CHECK_PROGRAM_WRAPPED);
        ck_assert_int_eq(checker_at(&checker, 0)->measured, row[i].to);
        ck_assert_int_eq(checker_at(&checker, 1)->rule, CHECK_PROGRAM_DEVICE);
        ck_assert_uint_eq(board_reg(b, 20), row[i].op[0] == 0xfd00); /* else round and round */
        checker_free(&checker);
        board_free(b);
    }
}
END_TEST

START_TEST(images_that_do_not_fit_are_refused)
{
    static uint8_t big[40000];
    struct image_segment seg = { 0, sizeof big, big };
    struct image img = { .memory[IMAGE_FLASH] = { &seg, 1 } };
    struct problem err;
    board_init(b);
    struct mcu_board_config cfg = mcu_board_default(mcu_board_find("uno"));
    ck_assert_ptr_null(mcu_board_new(&b->sim, &cfg, &img, &err));
    ck_assert_str_eq(err.text, "the image is too large: its flash reaches 0x9C3F, the part ends at 0x7FFF");
    ck_assert_ptr_null(b->sim.agents);
}
END_TEST

int main(void)
{
    static const TTest *tests[24];
    unsigned n = 0;
    tests[n++] = one_instruction_runs_after_sei_and_entry_costs_four_cycles;
    tests[n++] = one_instruction_of_the_main_program_runs_between_interrupts;
    tests[n++] = priority_is_the_vector_number;
    tests[n++] = where_the_run_is_cut_makes_no_difference;
    tests[n++] = two_boards_in_two_threads_do_not_meet;
    tests[n++] = sleep_ends_with_an_interrupt;
    tests[n++] = sleep_with_interrupts_off_waits_for_a_reset;
    tests[n++] = watchdog_takes_as_long_as_wdp_says;
    tests[n++] = watchdog_resets_and_says_so;
    tests[n++] = reset_pin_holds_the_core_and_frees_its_pins;
    tests[n++] = boot_fuses_choose_the_start;
    tests[n++] = empty_flash_runs_round_and_round;
    tests[n++] = erased_words_take_a_clock_each_and_lead_into_the_boot_section;
    tests[n++] = running_off_the_end_goes_on_at_zero;
    tests[n++] = stray_accesses_do_no_harm;
    tests[n++] = a_program_that_runs_wild_is_noted;
    tests[n++] = flash_ends_inside_an_instruction_or_a_skip;
    tests[n++] = random_programs_run;
    tests[n++] = images_that_do_not_fit_are_refused;
    return run_suite("core", tests, n);
}
