/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mcu/target_fixture.h"

START_TEST(the_program_runs_at_the_fuses_clock)
{
    begin();
    toggle_program();
    rig_init(&part_atmega328p, "PB0");
    run_for(100 * SIM_MS);
    ck_assert_uint_eq(r->log.n, 0); /* held in reset: the pin is open */
    release();
    run_for(SIM_MS);
    /* factory fuses: 8 MHz (a little more at 5 V) / 8 */
    uint64_t f = sim_clock_f_hz(target_cpu_clock(&r->target));
    ck_assert(f > 990000 && f < 1030000);
    ck_assert_uint_gt(r->log.n, 90);
    for (unsigned i = 2; i < 90; i++) {
        assert_clocks(i, 10);
    }
    rig_free();
}
END_TEST

START_TEST(taking_reset_low_stops_it_and_gives_the_pins_back)
{
    begin();
    in(b, 20, MCUSR);
    inc(b, 21);
    toggle_program();
    rig_init(&part_atmega328p, "PB0");
    release();
    ck_assert_uint_ne(net_level(&r->pb0), NET_Z);
    ck_assert_uint_eq(reg(20), 0x01); /* power-on */
    uint64_t starts = target_core_counters(r->core).starts;
    net_drive(&r->reset, NET_0, NET_STRONG);
    run_for(10 * SIM_US);
    ck_assert_uint_eq(net_level(&r->pb0), NET_Z);
    unsigned n = r->log.n;
    run_for(100 * SIM_MS);
    ck_assert_uint_eq(r->log.n, n);
    release();
    ck_assert_uint_eq(target_core_counters(r->core).starts, starts + 1);
    ck_assert_uint_eq(reg(21), 2);
    ck_assert_uint_eq(reg(20), 0x03); /* and external: nobody cleared the first */
    ck_assert_uint_ne(net_level(&r->pb0), NET_Z);
    rig_free();
}
END_TEST

START_TEST(clkpr_changes_the_clock_and_reset_brings_it_back)
{
    begin();
    set_data(b, CLKPR_D, 0x80);
    set_data(b, CLKPR_D, 0x00);
    toggle_program();
    rig_init(&part_atmega328p, "PB0");
    uint64_t slow = sim_clock_f_hz(target_cpu_clock(&r->target));
    release();
    run_for(100 * SIM_US);
    for (unsigned i = 2; i < 50; i++) {
        assert_clocks(i, 10);
    }
    ck_assert_uint_eq((sim_clock_f_hz(target_cpu_clock(&r->target)) + 4) / 8, slow);
    net_drive(&r->reset, NET_0, NET_STRONG);
    run_for(SIM_MS);
    ck_assert_uint_eq(sim_clock_f_hz(target_cpu_clock(&r->target)), slow);
    rig_free();
}
END_TEST

START_TEST(clkpr_needs_its_sequence)
{
    begin();
    set_data(b, CLKPR_D, 0x00);
    set_data(b, CLKPR_D, 0x80);
    nop(b, 4);
    set_data(b, CLKPR_D, 0x00); /* 4 + 1 + 2 cycles later: too late */
    lds(b, 20, CLKPR_D);
    toggle_program();
    rig_init(&part_atmega328p, "PB0");
    release();
    ck_assert_uint_eq(reg(20), 3);
    ck_assert_uint_eq(r->target.divide, 8);
    rig_free();
}
END_TEST

START_TEST(osccal_tunes_it)
{
    begin();
    lds(b, 20, OSCCAL_D);
    emit(b, 0x5c40); /* SUBI r20, 0xC0: + 64 */
    toggle_program();
    rig_init(&part_atmega328p, "PB0");
    release();
    ck_assert_uint_eq(reg(20), (r->nvm.cells.calibration[0] + 64u) & 0xff);
    rig_free();

    begin();
    set_data(b, OSCCAL_D, 0x00); /* the slowest */
    toggle_program();
    rig_init(&part_atmega328p, "PB0");
    release();
    run_for(SIM_MS);
    ck_assert_uint_gt(edge_ps(20) - edge_ps(19), 14 * SIM_US);
    ck_assert_uint_lt(edge_ps(20) - edge_ps(19), 25 * SIM_US);
    rig_free();
}
END_TEST

/* A program that tunes it all the time, a pin that goes by its clock; a port that opens then knows the clock, too. */
START_TEST(osccal_written_all_the_time)
{
    struct log_of_net log[2];
    int64_t phase_ps[2];
    for (int quick = 0; quick < 2; quick++) {
        begin();
        lds(b, 16, OSCCAL_D);
        ldi(b, 17, 0xff);
        sbi(b, DDRB, 0);
        for (unsigned i = 0; i < 40; i++) {
            sts(b, OSCCAL_D, i % 3 ? 17 : 16);
            if (i % 8 == 7) {
                sbi(b, PINB, 0);
            }
        }
        sts(b, OSCCAL_D, 17);
        sts(b, OSCCAL_D, 16);
        stop(b);
        rig_init(&part_atmega328p, "PB0");
        r->sim.no_shortcuts = !quick;
        release();
        net_drive(&r->reset, NET_0, NET_STRONG);
        run_for(SIM_MS);
        ck_assert_uint_eq(target_mode(&r->target), TARGET_RESET);
        phase_ps[quick] = r->target.rules.phase_ps;
        log[quick] = r->log;
        rig_free();
    }
    ck_assert_uint_eq(log[0].n, 6 + 1);
    ck_assert_uint_eq(log[1].n, log[0].n);
    ck_assert_mem_eq(log[1].edge, log[0].edge, log[0].n * sizeof log[0].edge[0]);
    ck_assert_int_eq(phase_ps[1], phase_ps[0]);
}
END_TEST

/* ---- watchdog ---- */

START_TEST(watchdog_restarts_the_target)
{
    begin();
    in(b, 20, MCUSR);
    inc(b, 21);
    set_io(b, MCUSR, 0);
    set_data(b, WDTCSR_D, 0x18);
    set_data(b, WDTCSR_D, 0x08);
    stop(b);
    rig_init(&part_atmega328p, NULL);
    release();
    run_for(SIM_S);
    /* each round: 16 ms, then 65 ms of start-up */
    ck_assert_uint_ge(reg(21), 12);
    ck_assert_uint_le(reg(21), 13);
    ck_assert_uint_eq(reg(20), 0x08);
    rig_free();
}
END_TEST

START_TEST(wdton_cannot_be_switched_off)
{
    begin();
    in(b, 20, MCUSR);
    inc(b, 21);
    set_io(b, MCUSR, 0);
    set_data(b, WDTCSR_D, 0x18);
    set_data(b, WDTCSR_D, 0x00);
    stop(b);
    rig_init(&part_atmega328p, NULL);
    r->nvm.cells.fuses.fuse[1] &= 0xef;
    release();
    run_for(SIM_S);
    ck_assert_uint_ge(reg(21), 12);
    ck_assert_uint_eq(reg(20), 0x08);
    rig_free();
}
END_TEST

/* ---- the boot section, other parts, no clock ---- */

START_TEST(bootrst_and_ivsel)
{
    begin();
    inc(b, 20);
    stop(b);
    org(b, BOOT);
    rjmp(b, BOOT + 0x80);
    org(b, BOOT + 2 * 16); /* TIMER0_OVF in the boot section */
    inc(b, 22);
    reti(b);
    org(b, BOOT + 0x80);
    inc(b, 21);
    set_data(b, 0x55, 0x01); /* IVCE */
    set_data(b, 0x55, 0x02); /* IVSEL */
    set_data(b, TIMSK0_D, 1);
    set_io(b, TCCR0B, 1);
    sei(b);
    stop(b);
    rig_init(&part_atmega328p, NULL);
    r->nvm.cells.fuses.fuse[1] &= 0xfe;
    release();
    run_for(10 * 256 * SIM_US);
    ck_assert_uint_eq(reg(20), 0);
    ck_assert_uint_eq(reg(21), 1);
    ck_assert_uint_ge(reg(22), 9);
    rig_free();
}
END_TEST

START_TEST(a_clock_that_stops_leaves_it_standing)
{
    begin();
    toggle_program();
    rig_init(&part_atmega328p, NULL);
    r->nvm.cells.fuses.fuse[0] = 0xef; /* low-power crystal, 8..16 MHz, 16K CK */
    target_set_crystal(&r->target, UINT64_C(16000000000));
    net_drive(&r->reset, NET_1, NET_STRONG);
    run_for(SIM_MS);
    net_drive(&r->reset, NET_0, NET_STRONG); /* the new fuse is latched */
    run_for(10 * SIM_MS);
    release();
    uint64_t was = target_core_counters(r->core).cycles;
    run_for(100 * SIM_US);
    uint64_t at = target_core_counters(r->core).cycles;
    ck_assert_uint_ge(at - was, 1598);
    ck_assert_uint_le(at - was, 1602);
    target_set_crystal(&r->target, 0);
    run_for(10 * SIM_MS);
    ck_assert_uint_le(target_core_counters(r->core).cycles, at + 3);
    target_set_crystal(&r->target, UINT64_C(16000000000));
    run_for(10 * SIM_MS);
    was = target_core_counters(r->core).cycles;
    run_for(100 * SIM_US);
    ck_assert_uint_ge(target_core_counters(r->core).cycles - was, 1598);
    ck_assert_uint_le(target_core_counters(r->core).cycles - was, 1602);
    rig_free();
}
END_TEST

/* Counts its starts in r21 and keeps MCUSR in r20. */
static void note_the_reset(void)
{
    begin();
    in(b, 20, MCUSR);
    inc(b, 21);
    sbi(b, DDRB, 0);
    stop(b);
}

START_TEST(brown_out_stops_it_and_says_so)
{
    note_the_reset();
    rig_init(&part_atmega328p, "PB0");
    r->nvm.cells.fuses.fuse[2] = 0xfc; /* BODLEVEL 100: 4.3 V */
    vline_set(&r->vcc, 0);
    vline_set(&r->vcc, 5000);
    release();
    ck_assert_uint_eq(reg(20), 0x01);
    vline_set(&r->vcc, 3900);
    run_for(10 * SIM_MS);
    ck_assert_uint_ne(target_mode(&r->target), TARGET_RUNNING);
    ck_assert_uint_eq(net_level(&r->pb0), NET_Z);
    vline_set(&r->vcc, 5000);
    release();
    ck_assert_uint_eq(reg(20), 0x05); /* power-on, not cleared, and brown-out */
    ck_assert_uint_eq(reg(21), 2);
    rig_free();
}
END_TEST

START_TEST(a_power_cycle_begins_anew)
{
    note_the_reset();
    rig_init(&part_atmega328p, "PB0");
    release();
    net_drive(&r->reset, NET_0, NET_STRONG);
    run_for(SIM_MS);
    release();
    ck_assert_uint_eq(reg(20), 0x03);
    vline_set(&r->vcc, 0);
    run_for(SIM_MS);
    ck_assert_uint_eq(net_level(&r->pb0), NET_Z);
    vline_set(&r->vcc, 5000);
    release();
    ck_assert_uint_eq(reg(20), 0x01); /* the external reset is forgotten */
    rig_free();
}
END_TEST

/* Whatever is in the flash, time goes on and programming mode can be entered: no abort, no fault. */
START_TEST(rubbish_and_empty_flash_do_no_harm)
{
    unsigned parts = part_count();
    for (unsigned seed = 0; seed < 3 * parts; seed++) {
        const struct part *part = part_at(seed % parts);
        struct sim_rng rng = sim_rng_stream(seed, "program");
        ck_assert_ptr_nonnull(part);
        begin();
        for (unsigned i = 0; seed >= parts && i < sizeof b->flash; i++) {
            b->flash[i] = (uint8_t)sim_rng_next(&rng); /* the first of each part: erased */
        }
        rig_init(part, "PB0");
        release();
        run_for(20 * SIM_MS);
        ck_assert_uint_ge(target_core_counters(r->core).starts, 1);
        net_drive(&r->reset, NET_0, NET_STRONG);
        run_for(SIM_MS);
        ck_assert_uint_eq(target_mode(&r->target), TARGET_RESET);
        ck_assert_uint_eq(net_level(&r->pb0), NET_Z);
        rig_free();
    }
}
END_TEST

START_TEST(every_part_runs)
{
    for (unsigned i = 0; part_at(i); i++) {
        const struct part *part = part_at(i);
        unsigned ddrb = 0x04, portb = 0x05;
        if (part->sram_start == 0x60) { /* ATmega8 and tiny */
            ddrb = 0x17;
            portb = 0x18;
        }
        begin();
        sbi(b, ddrb, 0);
        unsigned loop = here(b);
        sbi(b, portb, 0);
        cbi(b, portb, 0);
        rjmp(b, loop);
        rig_init(part, "PB0");
        release();
        run_for(SIM_MS);
        ck_assert_msg(r->log.n > 100, "%s does not run", part->name);
        assert_clocks(8, r->log.edge[8].level ? 4 : 2); /* CBI 2, RJMP 2, SBI 2 */
        char name[PART_PIN_NAME_SIZE];                  /* and all its pins are there, but for the PB's own port */
        for (unsigned k = 0; part_pin_name(part, k, name); k++) {
            ck_assert_msg(target_core_connect(r->core, name, NULL) == (name[1] != 'E'), "%s %s", part->name, name);
        }
        rig_free();
    }
}
END_TEST

/* ATtiny84: PA0 toggles, timer 1's capture pin and GTCCR are where the table says (no fault). */
START_TEST(port_a_toggles)
{
    begin();
    sbi(b, 0x1A, 0); /* DDRA */
    unsigned loop = here(b);
    sbi(b, 0x19, 0); /* PINA */
    nop(b, 6);
    rjmp(b, loop);
    rig_init(part_find("attiny84"), "PA0");
    release();
    run_for(SIM_MS);
    assert_clocks(8, 10);
    rig_free();
}
END_TEST

/* An ATmega8A's PINx is read-only; an ATtiny85's at the same address toggles. */
START_TEST(pinx_of_an_atmega8a_is_read_only)
{
    static const struct part *const parts[] = { &part_atmega8a, &part_attiny85 };
    for (unsigned i = 0; i < 2; i++) {
        begin();
        sbi(b, 0x17, 0); /* DDRB */
        unsigned loop = here(b);
        ldi(b, 16, 1);
        out(b, 0x16, 16); /* PINB */
        sbi(b, 0x16, 0);
        nop(b, 6);
        rjmp(b, loop);
        rig_init(parts[i], "PB0");
        release();
        run_for(SIM_MS);
        ck_assert(i ? r->log.n > 50 : r->log.n == 1); /* 1: it becomes an output */
        rig_free();
    }
}
END_TEST

/* At word 1 a handler that counts in r20; the program begins behind it. */
static void counting_int0(void)
{
    begin();
    rjmp(b, 4);
    rjmp(b, 2);
    inc(b, 20);
    reti(b);
}

/*
 * Registers that share INTn with others: GICR of an ATmega8A has IVSEL, MCUCR of an ATtiny85 has PUD beside ISC0. The
 * enable or the sense comes last.
 */
START_TEST(int0_beside_ivsel_and_pud)
{
    enum { GICR = 0x3b, MCUCR = 0x35, INT0 = 0x40, RISING = 3, PD2 = 4 };
    counting_int0();
    set_io(b, 0x11, PD2); /* DDRD: an output, low */
    sei(b);
    set_io(b, GICR, INT0);
    stop(b);
    rig_init(&part_atmega8a, NULL);
    release();
    ck_assert_uint_gt(reg(20), 2);
    rig_free();

    counting_int0();
    set_io(b, 0x17, 4); /* DDRB */
    set_io(b, GICR, INT0);
    set_io(b, MCUCR, RISING);
    set_io(b, 0x3a, INT0); /* GIFR: the low level's */
    sei(b);
    for (unsigned i = 0; i < 3; i++) {
        sbi(b, 0x18, 2);
        nop(b, 8);
        cbi(b, 0x18, 2);
        nop(b, 8);
    }
    stop(b);
    rig_init(&part_attiny85, NULL);
    release();
    ck_assert_uint_eq(reg(20), 3);
    rig_free();
}
END_TEST

/* PB5 of an ATtiny85 is a port pin where RSTDISBL made it one, else its bits read 0. */
START_TEST(resets_bits_are_there_with_rstdisbl_only)
{
    for (unsigned disabled = 0; disabled < 2; disabled++) {
        begin();
        ldi(b, 16, 0xff);
        out(b, 0x17, 16); /* DDRB */
        out(b, 0x18, 16); /* PORTB */
        nop(b, 2);
        in(b, 20, 0x16); /* PINB */
        in(b, 21, 0x17);
        stop(b);
        rig_init(&part_attiny85, "PB0");
        r->nvm.cells.fuses.fuse[1] = disabled ? 0x5f : 0xdf;
        release();
        run_for(10 * SIM_MS);
        ck_assert_uint_eq(reg(20), disabled ? 0x3f : 0x1f);
        ck_assert_uint_eq(reg(21), disabled ? 0x3f : 0x1f);
        rig_free();
    }
}
END_TEST

/* ATmega328PB on the 328P's core: registers of its own are memory there, and the first use in a start is a note. */
START_TEST(registers_that_only_the_pb_has)
{
    static const struct {
        const char *part;
        unsigned at;
        bool lacks;
    } row[] = {
        { "atmega328pb", 0x2D, true }, { "atmega328pb", 0xCE, true },  { "atmega328pb", 0x25, false },
        { "atmega168pb", 0xC3, true }, { "atmega168pb", 0x90, false }, { "atmega328p", 0x2D, false },
    };
    for (unsigned i = 0; i < sizeof row / sizeof row[0]; i++) {
        struct checker checker;
        begin();
        sbi(b, DDRB, 0);
        emit(b, 0xEA05); /* LDI r16, A5 */
        emit(b, 0x9300); /* STS at, r16 */
        emit(b, (uint16_t)row[i].at);
        emit(b, 0x9110); /* LDS r17, at */
        emit(b, (uint16_t)row[i].at);
        stop(b);
        rig_checker = &checker;
        rig_init(part_find(row[i].part), NULL);
        release();
        rig_checker = NULL;
        ck_assert_msg(checker_count(&checker) == row[i].lacks, "%s %02X: %zu", row[i].part, row[i].at,
                      checker_count(&checker));
        if (row[i].lacks) {
            ck_assert_int_eq(checker_at(&checker, 0)->rule, CHECK_PROGRAM_REGISTER);
            ck_assert_int_eq(checker_at(&checker, 0)->measured, row[i].at);
            ck_assert_uint_eq(reg(17), 0xA5);
        }
        rig_free();
        checker_free(&checker);
    }
}
END_TEST

/* ---- two cores ---- */

/* The Uno sets its D2; the target copies PD2 to PB0: exact whatever the cores' order. */
START_TEST(two_cores_share_one_time)
{
    /* the target's program */
    begin();
    sbi(b, DDRB, 0);
    unsigned wait = here(b);
    sbis(b, PIND, 2);
    rjmp(b, wait);
    sbi(b, PORTB, 0);
    stop(b);
    rig_init(&part_atmega328p, "PB0");
    /* the Uno's, in the target's world: added second, so it follows here */
    begin();
    sbi(b, DDRD, 2);
    set_io(b, TCCR0A, 0);
    set_io(b, TCCR0B, 1);
    unsigned poll = here(b);
    in(b, 17, TIFR0);
    emit(b, 0xff10); /* SBRS r17, 0 */
    rjmp(b, poll);
    sbi(b, PORTD, 2); /* 256 cycles on */
    stop(b);
    struct mcu_board_config cfg = mcu_board_default(mcu_board_find("uno"));
    cfg.pins.d[2] = &r->pd2;
    cfg.start_ps = 70 * SIM_MS;
    struct mcu_board *uno = second_core(&cfg);
    release();
    run_for(10 * SIM_MS);
    ck_assert_uint_eq(r->log.n, 2);
    sim_time rise = r->pd2.changed_ps;
    ck_assert_uint_ge(rise, 70 * SIM_MS + 256 * CK_PS);
    ck_assert_uint_le(rise, 70 * SIM_MS + 280 * CK_PS);
    /* 1 MHz: seen within the loop of 3 cycles, then SBIS skip 2 and SBI 2 */
    ck_assert_uint_ge(edge_ps(1) - rise, 4 * SIM_US);
    ck_assert_uint_le(edge_ps(1) - rise, 8 * SIM_US);
    mcu_board_free(uno);
    rig_free();
}
END_TEST

int main(void)
{
    static const TTest *tests[32];
    unsigned n = 0;
    tests[n++] = the_program_runs_at_the_fuses_clock;
    tests[n++] = taking_reset_low_stops_it_and_gives_the_pins_back;
    tests[n++] = clkpr_changes_the_clock_and_reset_brings_it_back;
    tests[n++] = clkpr_needs_its_sequence;
    tests[n++] = osccal_tunes_it;
    tests[n++] = osccal_written_all_the_time;
    tests[n++] = watchdog_restarts_the_target;
    tests[n++] = wdton_cannot_be_switched_off;
    tests[n++] = bootrst_and_ivsel;
    tests[n++] = a_clock_that_stops_leaves_it_standing;
    tests[n++] = brown_out_stops_it_and_says_so;
    tests[n++] = a_power_cycle_begins_anew;
    tests[n++] = rubbish_and_empty_flash_do_no_harm;
    tests[n++] = every_part_runs;
    tests[n++] = port_a_toggles;
    tests[n++] = pinx_of_an_atmega8a_is_read_only;
    tests[n++] = resets_bits_are_there_with_rstdisbl_only;
    tests[n++] = int0_beside_ivsel_and_pud;
    tests[n++] = registers_that_only_the_pb_has;
    tests[n++] = two_cores_share_one_time;
    return run_suite("target_core", tests, n);
}
