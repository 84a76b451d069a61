/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mcu/target_fixture.h"

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
    spm(0x03); /* page erase */
    in(b, 20, SPMCSR);
    emit(b, 0x9154); /* LPM r21, Z: the section is busy (or halted until done) */
    wait_spm();
    in(b, 22, SPMCSR);
    spm(0x01); /* one word into the buffer */
    spm(0x05); /* page write */
    wait_spm();
    spm(0x11); /* RWWSRE */
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
    ck_assert_uint_eq(reg(22), 0x40); /* done, the section still to be enabled */
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

/* Each RWWSRE decoded the whole section: 200 s of work for a second of such a loop. */
START_TEST(rwwsre_in_a_loop_shows_the_section_once)
{
    begin();
    emit(b, 0x940c); /* JMP */
    emit(b, BOOT);
    org(b, BOOT);
    ldi(b, 16, 0x12);
    emit(b, 0x2e00); /* MOV r0, r16 */
    z_is(0x1000);
    spm(0x03); /* page erase: hides the section */
    wait_spm();
    uint16_t loop = here(b);
    spm(0x11);       /* RWWSRE */
    emit(b, 0x9154); /* LPM r21, Z */
    rjmp(b, loop);
    rig_init(&part_atmega328p, "PB0");
    memset(r->nvm.cells.flash + 0x1000, 0x00, 128);
    release();
    run_for(10 * SIM_MS); /* a page erase takes 4.5 ms at most */
    ck_assert_uint_eq(reg(21), 0xff);
    r->nvm.cells.flash[0x1000] = 0x77; /* behind the chip's back: seen if the section were loaded again */
    run_for(10 * SIM_MS);
    ck_assert_uint_eq(reg(21), 0xff);
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
    emit(b, 0x9004 | 8 << 4); /* code again */
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
        z_is(2 * BOOT); /* in place of flash there is only the row, and FF behind it */
        ldi(b, 17, 0x09);
        out(b, SPMCSR, 17);
        emit(b, 0x9194); /* LPM r25, Z */
        stop(b);
        rig_init(&part_atmega328p, NULL);
        r->nvm.cells.fuses.lock = (uint8_t)row[i].lock;
        release();
        ck_assert_uint_eq(reg(25), 0xff);
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

START_TEST(lpm_in_the_last_word_obeys_them_too)
{
    for (unsigned locked = 0; locked < 2; locked++) {
        begin();
        emit(b, 0xfd00); /* SBRC r16, 0: the second time, stop */
        stop(b);
        ldi(b, 16, 1);
        z_is(0x200);
        emit(b, 0x940c);
        emit(b, 0x3fff);
        org(b, 0x100);
        emit(b, 0x5aa5);
        org(b, 0x3fff);
        emit(b, 0x9134); /* LPM r19, Z */
        rig_init(&part_atmega328p, NULL);
        r->nvm.cells.fuses.lock = locked ? 0xf3 : 0xff;
        release();
        ck_assert_uint_eq(reg(16), 1);
        ck_assert_uint_eq(reg(19), locked ? 0xff : 0xa5);
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
    sbi(b, DDRB, 0); /* mark: writing */
    unsigned wait = here(b);
    emit(b, 0x99f9); /* SBIC EECR, 1 */
    rjmp(b, wait);
    sbi(b, PORTB, 0); /* mark: done */
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
    sim_time length = nvm_length_ps(&r->nvm, NVM_EEPROM_WRITE) / 3600 * 3400; /* sooner than at the port */
    ck_assert_uint_ge(took, length - 5 * SIM_US);
    ck_assert_uint_le(took, length + 10 * SIM_US);
    rig_free();
}
END_TEST

/*
 * EEPM: erase and write, erase only, write only, of a byte that holds F0; each with 5A. How long EEPE stands: 3.4 ms, 1.8 ms
 * for either half, 8448 cycles of 1 MHz in an ATmega8A, which has no EEPM; at the RC oscillator's nominal frequency (it paces the cells).
 */
START_TEST(eeprom_in_two_operations)
{
    static const struct {
        const struct part *part;
        uint8_t eecr, ddrb; /* EEDR and EEAR are behind EECR, PORTB behind DDRB */
        unsigned eepm;
        uint8_t then;
        uint32_t us;
    } rows[] = {
        { &part_atmega328p, EECR, DDRB, 0, 0x5a, 3400 },
        { &part_atmega328p, EECR, DDRB, 1, 0xff, 1800 },
        { &part_atmega328p, EECR, DDRB, 2, 0xf0 & 0x5a, 1800 },
        { &part_atmega8a, 0x1c, 0x17, 2, 0x5a, 8448 },
    };

    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        unsigned eecr = rows[i].eecr;

        begin();
        set_io(b, eecr + 2, 0x21);
        set_io(b, eecr + 1, 0x5a);
        set_io(b, eecr, rows[i].eepm << 4);
        sbi(b, eecr, 2);
        sbi(b, eecr, 1);
        sbi(b, rows[i].ddrb, 0); /* mark: writing */
        unsigned wait = here(b);
        emit(b, (uint16_t)(0x9901 | eecr << 3)); /* SBIC EECR, 1 */
        rjmp(b, wait);
        sbi(b, rows[i].ddrb + 1u, 0); /* mark: done */
        sbi(b, eecr, 0);
        in(b, 20, eecr + 1);
        stop(b);
        rig_init(rows[i].part, "PB0");
        r->nvm.cells.eeprom[0x21] = 0xf0;
        release();
        run_for(11 * SIM_MS);
        ck_assert_uint_eq(r->nvm.cells.eeprom[0x21], rows[i].then);
        ck_assert_uint_eq(reg(20), rows[i].then);
        sim_time took = edge_ps(1) - edge_ps(0);
        sim_time length = (sim_time)((double)rows[i].us * SIM_US * rows[i].part->rc_nominal_hz * 1e3 /
                                     (double)r->nvm.rc_millihz);
        ck_assert_msg(took + 10 * SIM_US > length && took < length + 10 * SIM_US, "EEPM %u took %llu ps", rows[i].eepm,
                      (unsigned long long)took);
        rig_free();
    }
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

int main(void)
{
    static const TTest *tests[32];
    unsigned n = 0;
    tests[n++] = spm_erases_and_writes_a_page;
    tests[n++] = the_cpu_stands_still_while_its_own_section_is_written;
    tests[n++] = rwwsre_in_a_loop_shows_the_section_once;
    tests[n++] = spm_is_refused_outside_the_boot_section_and_by_lock_bits;
    tests[n++] = spm_must_follow_within_four_cycles;
    tests[n++] = lpm_reads_fuses_lock_and_signature;
    tests[n++] = lpm_obeys_the_boot_lock_bits;
    tests[n++] = lpm_in_the_last_word_obeys_them_too;
    tests[n++] = boot_lock_bits_keep_interrupts_out_of_a_locked_section;
    tests[n++] = eeprom_is_written_and_read;
    tests[n++] = eeprom_in_two_operations;
    tests[n++] = eeprom_write_goes_on_through_a_reset;
    return run_suite("self_program", tests, n);
}
