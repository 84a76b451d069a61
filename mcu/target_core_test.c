/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mcu/target_core.h"
#include "mcu/uno_fixture.h"

static struct board board, *b = &board; /* its instruction writer; its own Uno in one test */

enum { OSCCAL_D = 0x66, CLKPR_D = 0x61, SPMCSR = 0x37, CALIBRATION = 0x80 };

static struct rig {
    struct sim sim;
    struct nvm nvm;
    struct target target;
    struct target_core *core;
    struct vline vcc;
    struct net reset_n, pb0, pd2;
    struct net_driver reset;
    struct log_of_net log;
} rig, *r = &rig;

/* A chip with the program written by the instruction writer, in reset. */
static void rig_init(const struct part *part, const char *toggles)
{
    struct target_switches sw = target_switches_default();
    struct target_config cfg = target_config_default(part);
    struct target_pins pins = { .vcc = &r->vcc, .reset_n = &r->reset_n };
    char err[200];
    memset(r, 0, sizeof *r);
    sim_init(&r->sim, 1);
    nvm_init(&r->nvm, part, &sw, 1);
    memcpy(r->nvm.cells.flash, b->flash, part->flash_bytes);
    cfg.osccal_nominal = r->nvm.cells.calibration[0]; /* exactly nominal */
    vline_init(&r->vcc, &r->sim, "VCC", 5000);
    net_init(&r->reset_n, &r->sim, "RESET_N");
    net_init(&r->pb0, &r->sim, "PB0");
    net_init(&r->pd2, &r->sim, "PD2");
    net_attach(&r->reset_n, &r->reset, "programmer");
    net_drive(&r->reset, NET_0, NET_STRONG);
    target_init(&r->target, &r->sim, &cfg, &r->nvm, &pins, NULL);
    r->core = target_core_new(&r->sim, &r->target, err, sizeof err);
    ck_assert_msg(r->core != NULL, "%s", err);
    if (toggles) {
        ck_assert(target_core_connect(r->core, toggles, &r->pb0));
        net_watch_add(&r->pb0, &r->log.watch, NET_WATCH_EDGES, log_edge, &r->log);
    }
    target_core_connect(r->core, "PD2", &r->pd2);
}

static void run_for(sim_time t)
{
    sim_run_until(&r->sim, r->sim.now_ps + t);
    ck_assert_str_eq(r->sim.fault, "");
}

/* Lets RESET go and runs until the program is on its way. */
static void release(void)
{
    net_open(&r->reset);
    run_for(66 * SIM_MS);
    ck_assert_uint_eq(target_mode(&r->target), TARGET_RUNNING);
}

static void rig_free(void)
{
    target_core_free(r->core);
    sim_free(&r->sim);
}

static unsigned reg(unsigned n)
{
    return target_core_data(r->core)[n];
}

static sim_time edge_ps(unsigned i)
{
    ck_assert_uint_gt(r->log.n, i);
    return r->log.edge[i].cycle * CK_PS + r->log.edge[i].rest;
}

/* Edge i came n system clocks after the one before. */
static void assert_clocks(unsigned i, unsigned n)
{
    sim_time want = sim_clock_span(target_cpu_clock(&r->target), n), is = edge_ps(i) - edge_ps(i - 1);
    ck_assert_uint_ge(is, want);
    ck_assert_uint_le(is, want + 1); /* times are rounded down to ps */
}

static void begin(void)
{
    memset(b, 0, sizeof *b);
    memset(b->flash, 0xff, sizeof b->flash);
}

/* DDRB0 out, then a toggle each 10 cycles */
static void toggle_program(void)
{
    sbi(b, DDRB, 0);
    unsigned loop = here(b);
    sbi(b, PINB, 0); /* 2 */
    nop(b, 6);
    rjmp(b, loop);   /* 2 */
}

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

/* ---- self-programming ---- */

enum { BOOT = 0x3800 }; /* BOOTSZ 00, the factory setting */

static void z_is(unsigned byte_address)
{
    ldi(b, 30, byte_address & 0xff);
    ldi(b, 31, byte_address >> 8);
}

static void spm(unsigned spmcsr)
{
    ldi(b, 17, spmcsr);
    out(b, SPMCSR, 17);
    emit(b, 0x95e8);
}

static void wait_spm(void)
{
    unsigned wait = here(b);
    in(b, 17, SPMCSR);
    emit(b, 0xfd10); /* SBRC r17, 0 */
    rjmp(b, wait);
}

/* A jump to the boot section, which erases page `page`, writes AA 55.. into its first word, and re-enables. */
static void boot_program(unsigned page, unsigned z_of_boot)
{
    emit(b, 0x940c); /* JMP */
    emit(b, z_of_boot);
    org(b, z_of_boot);
    ldi(b, 16, 0xaa);
    emit(b, 0x2e00); /* MOV r0, r16 */
    ldi(b, 16, 0x55);
    emit(b, 0x2e10); /* MOV r1, r16 */
    z_is(page);
    spm(0x03);       /* page erase */
    in(b, 20, SPMCSR);
    emit(b, 0x9154); /* LPM r21, Z: the section is busy (or halted until done) */
    wait_spm();
    in(b, 22, SPMCSR);
    spm(0x01);       /* one word into the buffer */
    spm(0x05);       /* page write */
    wait_spm();
    spm(0x11);       /* RWWSRE */
    in(b, 23, SPMCSR);
    emit(b, 0x9184); /* LPM r24, Z */
    sbi(b, DDRB, 0); /* done */
    stop(b);
}

START_TEST(spm_erases_and_writes_a_page)
{
    begin();
    boot_program(0x1000, BOOT);
    rig_init(&part_atmega328p, "PB0");
    memset(r->nvm.cells.flash + 0x1000, 0x00, 128);
    release();
    run_for(20 * SIM_MS);
    ck_assert_uint_eq(r->log.n, 1);
    /* erase and write take their time, by the RC oscillator */
    ck_assert_uint_eq(reg(20) & 0x43, 0x43); /* RWWSB, PGERS, SPMEN while busy */
    ck_assert_uint_eq(reg(21), 0xff);
    ck_assert_uint_eq(reg(22), 0x40);        /* done, the section still to be enabled */
    ck_assert_uint_eq(reg(23), 0x00);
    ck_assert_uint_eq(reg(24), 0xaa);
    ck_assert_uint_eq(r->nvm.cells.flash[0x1000], 0xaa);
    ck_assert_uint_eq(r->nvm.cells.flash[0x1001], 0x55);
    ck_assert_uint_eq(r->nvm.cells.flash[0x1002], 0xff);
    ck_assert_uint_eq(r->nvm.cells.flash_erased[0x1000 / 128], 1);
    ck_assert_uint_eq(r->nvm.cells.flash_written[0x1000 / 128], 1);
    rig_free();
}
END_TEST

START_TEST(the_cpu_stands_still_while_its_own_section_is_written)
{
    begin();
    boot_program(0x7f80, BOOT);
    rig_init(&part_atmega328p, "PB0");
    release();
    run_for(20 * SIM_MS);
    ck_assert_uint_eq(reg(20) & 0x41, 0x00); /* the next instruction already finds it done */
    ck_assert_uint_eq(reg(24), 0xaa);
    ck_assert_uint_eq(r->nvm.cells.flash[0x7f80], 0xaa);
    ck_assert_uint_eq(r->log.n, 1);
    rig_free();
}
END_TEST

START_TEST(spm_is_refused_outside_the_boot_section_and_by_lock_bits)
{
    begin();
    boot_program(0x1000, 0x100); /* runs in the application section */
    rig_init(&part_atmega328p, "PB0");
    r->nvm.cells.flash[0x1000] = 0x12;
    release();
    run_for(20 * SIM_MS);
    ck_assert_uint_eq(r->nvm.cells.flash[0x1000], 0x12);
    rig_free();

    for (unsigned lock = 0; lock < 2; lock++) { /* BLB0 mode 2 protects the application, BLB1 does not */
        begin();
        boot_program(0x1000, BOOT);
        rig_init(&part_atmega328p, "PB0");
        r->nvm.cells.flash[0x1000] = 0x12;
        r->nvm.cells.fuses.lock = lock ? 0xef : 0xfb;
        release();
        run_for(20 * SIM_MS);
        ck_assert_uint_eq(r->nvm.cells.flash[0x1000], lock ? 0xaa : 0x12);
        rig_free();
    }
}
END_TEST

START_TEST(spm_must_follow_within_four_cycles)
{
    for (unsigned late = 0; late < 2; late++) {
        begin();
        emit(b, 0x940c);
        emit(b, BOOT);
        org(b, BOOT);
        z_is(0x1000);
        ldi(b, 17, 0x03);
        out(b, SPMCSR, 17);
        nop(b, 3 + late); /* SPM in the 4th or 5th cycle after */
        emit(b, 0x95e8);
        stop(b);
        rig_init(&part_atmega328p, NULL);
        r->nvm.cells.flash[0x1000] = 0x12;
        release();
        run_for(20 * SIM_MS);
        nvm_settle(&r->nvm, r->sim.now_ps);
        ck_assert_uint_eq(r->nvm.cells.flash[0x1000], late ? 0x12 : 0xff);
        rig_free();
    }
}
END_TEST

START_TEST(lpm_reads_fuses_lock_and_signature)
{
    static const struct {
        unsigned spmcsr, z, want;
    } row[] = { { 0x09, 0, 0x62 }, { 0x09, 3, 0xd9 }, { 0x09, 2, 0xff }, { 0x09, 1, 0xcf },
                { 0x21, 0, 0x1e }, { 0x21, 2, 0x95 }, { 0x21, 4, 0x0f }, { 0x21, 1, CALIBRATION } };
    begin();
    emit(b, 0x940c);
    emit(b, 0x80);
    org(b, 0x80);
    for (unsigned i = 0; i < 8; i++) {
        z_is(row[i].z);
        ldi(b, 17, row[i].spmcsr);
        out(b, SPMCSR, 17);
        emit(b, 0x9004 | i << 4); /* LPM r_i, Z */
        nop(b, 6);
    }
    z_is(0);
    emit(b, 0x9004 | 8 << 4);     /* code again */
    stop(b);
    rig_init(&part_atmega328p, NULL);
    r->nvm.cells.fuses.lock = 0xcf;
    r->nvm.cells.calibration[0] = CALIBRATION;
    release();
    for (unsigned i = 0; i < 8; i++) {
        ck_assert_uint_eq(reg(i), row[i].want);
    }
    ck_assert_uint_eq(reg(8), 0x0c);
    rig_free();
}
END_TEST

/* Reads the lock bits, the word at 0x200 of the application and the first one of the boot section, from boot and then
 * from the application section. */
START_TEST(lpm_obeys_the_boot_lock_bits)
{
    static const struct {
        unsigned lock;
        bool boot_reads_app, app_reads_boot;
    } row[] = {
        { 0xff, true, true }, { 0xfb, true, true },  { 0xf3, false, true }, { 0xf7, false, true },
        { 0xef, true, true }, { 0xcf, true, false }, { 0xdf, true, false }, { 0xc3, false, false },
    };
    for (unsigned i = 0; i < sizeof row / sizeof row[0]; i++) {
        begin();
        emit(b, 0x940c); /* JMP */
        emit(b, BOOT);
        org(b, 0x100);
        emit(b, 0x5aa5);
        org(b, BOOT);
        z_is(1);
        ldi(b, 17, 0x09);
        out(b, SPMCSR, 17);
        emit(b, 0x9184); /* LPM r24, Z: the lock bits, whatever they say */
        nop(b, 6);
        for (unsigned in_app = 0; in_app < 2; in_app++) {
            z_is(0x200);
            emit(b, in_app ? 0x9164 : 0x9144); /* LPM r22 or r20, Z */
            z_is(2 * BOOT);
            emit(b, in_app ? 0x9175 : 0x9155); /* LPM r23 or r21, Z+ */
            if (!in_app) {
                emit(b, 0x940c);
                emit(b, 0x180);
                org(b, 0x180);
            }
        }
        stop(b);
        rig_init(&part_atmega328p, NULL);
        r->nvm.cells.fuses.lock = (uint8_t)row[i].lock;
        release();
        unsigned first = r->nvm.cells.flash[2 * BOOT];
        ck_assert_uint_eq(reg(24), row[i].lock);
        ck_assert_uint_eq(reg(20), row[i].boot_reads_app ? 0xa5 : 0xff);
        ck_assert_uint_eq(reg(21), first);
        ck_assert_uint_eq(reg(22), 0xa5);
        ck_assert_uint_eq(reg(23), row[i].app_reads_boot ? first : 0xff);
        rig_free();
    }
}
END_TEST

/*
 * An interrupt that is wanted in the section that the vectors are not in waits, by the boot lock bits, until the
 * program comes to theirs: r21 holds how many had run before it left, r22 after it had come over.
 */
START_TEST(boot_lock_bits_keep_interrupts_out_of_a_locked_section)
{
    for (unsigned i = 0; i < 4; i++) {
        bool vectors_in_boot = i / 2, locked = i % 2;
        unsigned vectors = vectors_in_boot ? BOOT : 0, there = vectors_in_boot ? 0x100 : BOOT + 0x100,
                 home = vectors_in_boot ? BOOT + 0x100 : 0x100;
        begin();
        emit(b, 0x940c);
        emit(b, 0x80);
        org(b, vectors + 2 * 16); /* TIMER0_OVF */
        inc(b, 20);
        reti(b);
        org(b, 0x80);
        if (vectors_in_boot) {
            set_io(b, 0x35, 0x01); /* IVCE, then IVSEL */
            set_io(b, 0x35, 0x02);
        }
        set_data(b, 0x6e, 0x01); /* TOIE0 */
        set_io(b, 0x26, 0xff);   /* TCNT0 */
        set_io(b, 0x25, 0x01);
        emit(b, 0x940c);
        emit(b, there);
        org(b, there);
        sei(b);
        nop(b, 20);
        emit(b, 0x2f54); /* MOV r21, r20 */
        emit(b, 0x940c);
        emit(b, home);
        org(b, home);
        nop(b, 4);
        emit(b, 0x2f64); /* MOV r22, r20 */
        cli(b);
        stop(b);
        rig_init(&part_atmega328p, NULL);
        r->nvm.cells.fuses.lock = !locked ? 0xff : vectors_in_boot ? 0xf3 : 0xcf;
        release();
        ck_assert_uint_eq(reg(21), locked ? 0 : 1);
        ck_assert_uint_eq(reg(22), 1);
        rig_free();
    }
}
END_TEST

/* ---- EEPROM ---- */

START_TEST(eeprom_is_written_and_read)
{
    begin();
    set_io(b, EEARL, 0x21);
    set_io(b, EEDR, 0x5a);
    sbi(b, EECR, 2);
    sbi(b, EECR, 1);
    sbi(b, DDRB, 0);     /* mark: writing */
    unsigned wait = here(b);
    emit(b, 0x99f9);     /* SBIC EECR, 1 */
    rjmp(b, wait);
    sbi(b, PORTB, 0);    /* mark: done */
    set_io(b, EEDR, 0);
    sbi(b, EECR, 0);
    in(b, 20, EEDR);
    stop(b);
    rig_init(&part_atmega328p, "PB0");
    release();
    run_for(5 * SIM_MS);
    ck_assert_uint_eq(reg(20), 0x5a);
    ck_assert_uint_eq(r->nvm.cells.eeprom[0x21], 0x5a);
    sim_time took = edge_ps(1) - edge_ps(0);
    sim_time length = nvm_length_ps(&r->nvm, NVM_EEPROM_WRITE);
    ck_assert_uint_ge(took, length - 5 * SIM_US);
    ck_assert_uint_le(took, length + 10 * SIM_US);
    rig_free();
}
END_TEST

START_TEST(eeprom_write_goes_on_through_a_reset)
{
    begin();
    set_io(b, EEARL, 0x21);
    set_io(b, EEDR, 0x5a);
    sbi(b, EECR, 2);
    sbi(b, EECR, 1);
    stop(b);
    rig_init(&part_atmega328p, "PB0");
    net_open(&r->reset);
    while (!r->nvm.end_ps) {
        run_for(SIM_US);
    }
    net_drive(&r->reset, NET_0, NET_STRONG);
    run_for(10 * SIM_MS);
    ck_assert_uint_eq(r->nvm.cells.eeprom[0x21], 0x5a);
    rig_free();
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
    for (unsigned seed = 0; seed < 40; seed++) {
        const struct part *part = part_at(seed % 4);
        struct sim_rng rng = sim_rng_stream(seed, "program");
        ck_assert_ptr_nonnull(part);
        begin();
        for (unsigned i = 0; seed >= 4 && i < sizeof b->flash; i++) {
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
        if (strcmp(part->name, "atmega8a") == 0 || strncmp(part->name, "attiny", 6) == 0) {
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
        rig_free();
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
    uint8_t flash[64] = { 0 };
    begin();
    sbi(b, DDRD, 2);
    set_io(b, TCCR0A, 0);
    set_io(b, TCCR0B, 1);
    unsigned poll = here(b);
    in(b, 17, TIFR0);
    emit(b, 0xff10);  /* SBRS r17, 0 */
    rjmp(b, poll);
    sbi(b, PORTD, 2); /* 256 cycles on */
    stop(b);
    memcpy(flash, b->flash, sizeof flash);
    struct image_segment seg = { 0, sizeof flash, flash };
    struct image img = { .memory[IMAGE_FLASH] = { &seg, 1 } };
    struct uno_config cfg = uno_default;
    char err[200];
    cfg.pins.d[2] = &r->pd2;
    cfg.start_ps = 70 * SIM_MS;
    struct uno *uno = uno_new(&r->sim, &cfg, &img, err, sizeof err);
    ck_assert_ptr_nonnull(uno);
    release();
    run_for(10 * SIM_MS);
    ck_assert_uint_eq(r->log.n, 2);
    sim_time rise = r->pd2.changed_ps;
    ck_assert_uint_ge(rise, 70 * SIM_MS + 256 * CK_PS);
    ck_assert_uint_le(rise, 70 * SIM_MS + 280 * CK_PS);
    /* 1 MHz: seen within the loop of 3 cycles, then SBIS skip 2 and SBI 2 */
    ck_assert_uint_ge(edge_ps(1) - rise, 4 * SIM_US);
    ck_assert_uint_le(edge_ps(1) - rise, 8 * SIM_US);
    uno_free(uno);
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
    tests[n++] = spm_erases_and_writes_a_page;
    tests[n++] = the_cpu_stands_still_while_its_own_section_is_written;
    tests[n++] = spm_is_refused_outside_the_boot_section_and_by_lock_bits;
    tests[n++] = spm_must_follow_within_four_cycles;
    tests[n++] = lpm_obeys_the_boot_lock_bits;
    tests[n++] = boot_lock_bits_keep_interrupts_out_of_a_locked_section;
    tests[n++] = lpm_reads_fuses_lock_and_signature;
    tests[n++] = eeprom_is_written_and_read;
    tests[n++] = eeprom_write_goes_on_through_a_reset;
    tests[n++] = watchdog_restarts_the_target;
    tests[n++] = wdton_cannot_be_switched_off;
    tests[n++] = bootrst_and_ivsel;
    tests[n++] = a_clock_that_stops_leaves_it_standing;
    tests[n++] = brown_out_stops_it_and_says_so;
    tests[n++] = a_power_cycle_begins_anew;
    tests[n++] = rubbish_and_empty_flash_do_no_harm;
    tests[n++] = every_part_runs;
    tests[n++] = two_cores_share_one_time;
    return run_suite("target_core", tests, n);
}
