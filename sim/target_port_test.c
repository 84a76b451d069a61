/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The serial programming port of an ATmega328P through its pins: what comes back on MISO, what each instruction
 * does, when it is refused.
 */
#include <check.h>
#include <string.h>

#include "sim/fuse_warning.h"
#include "tests/isp_rig.h"
#include "tests/run_all.h"

static struct isp_rig r;

static uint32_t in_of(uint32_t out)
{
    uint32_t in;

    isp_send(&r, out, &in);
    return in;
}

static uint8_t data_of(uint32_t out)
{
    return isp_send(&r, out, NULL);
}

static void session(void)
{
    isp_rig_init(&r, NULL, 1);
    ck_assert(isp_enter(&r));
}

/* Write, wait, and nothing may have been wrong about it. */
static void write_and_wait(uint32_t out)
{
    isp_send(&r, out, NULL);
    isp_wait_ready(&r);
}

/* ---- shut out ---- */

static const char *note(void)
{
    for (size_t i = checker_count(&r.checker); i--;) {
        if (checker_at(&r.checker, i)->rule == CHECK_LOCK_OUT) {
            return checker_at(&r.checker, i)->text;
        }
    }
    return "";
}

static uint64_t notes(enum checker_rule rule)
{
    return checker_margin(&r.checker, rule)->findings;
}

/* The words of `limpet fuses` for a warning. */
static const char *words(struct fuse_bytes fuses, const char *id)
{
    static struct fuse_warnings w;
    struct fuse_verdict v = fuse_verdict(&part_atmega328p, &fuses, &r.target.board);

    fuse_warnings_make(&w, &part_atmega328p, &fuses, &r.target.board, &v);
    for (unsigned i = 0; i < w.n; i++) {
        if (!strcmp(w.warning[i].id, id)) {
            return w.warning[i].text;
        }
    }
    return "no such warning";
}

static struct target_config typical;

static void typical_chip(void)
{
    typical = target_config_default(&part_atmega328p);
}

static const struct {
    uint32_t write;
    struct fuse_bytes then; /* of the factory's 62 D9 FF, FF */
    const char *id;         /* NULL: nothing to say */
} lock_outs[] = {
    { 0xACA000E0, { { 0xE0, 0xD9, 0xFF }, 0xFF }, "no-external-clock" },
    { 0xACA000FF, { { 0xFF, 0xD9, 0xFF }, 0xFF }, "no-crystal" },
    { 0xACA00061, { { 0x61, 0xD9, 0xFF }, 0xFF }, "reserved-cksel" },
    { 0xACA000E3, { { 0xE3, 0xD9, 0xFF }, 0xFF }, "slow-clock" },
    { 0xACA80059, { { 0x62, 0x59, 0xFF }, 0xFF }, "rstdisbl" },
    { 0xACA80099, { { 0x62, 0x99, 0xFF }, 0xFF }, "dwen" },
    { 0xACE000FC, { { 0x62, 0xD9, 0xFF }, 0xFC }, "lock-3" },
    { 0xACA000E2, { { 0xE2, 0xD9, 0xFF }, 0xFF }, NULL },
    { 0xACA800D1, { { 0x62, 0xD1, 0xFF }, 0xFF }, NULL }, /* EESAVE */
    { 0xACA800F9, { { 0x62, 0xF9, 0xFF }, 0xFF }, NULL }, /* SPIEN stays programmed */
    { 0xACE000CF, { { 0x62, 0xD9, 0xFF }, 0xCF }, NULL }, /* boot lock bits */
};

/* Told when it is written, not when it is too late; and only once. */
START_TEST(a_write_that_shuts_the_user_out_is_a_note)
{
    session();
    write_and_wait(lock_outs[_i].write);
    if (lock_outs[_i].id) {
        ck_assert_str_eq(note(), words(lock_outs[_i].then, lock_outs[_i].id));
    }
    ck_assert_uint_eq(notes(CHECK_LOCK_OUT), lock_outs[_i].id != NULL);
    write_and_wait(lock_outs[_i].write);
    ck_assert_uint_eq(notes(CHECK_LOCK_OUT), lock_outs[_i].id != NULL);
    isp_rig_free(&r);
}
END_TEST

/* DWEN behind lock bits does nothing until a chip erase clears them. */
START_TEST(an_erase_may_shut_the_user_out)
{
    session();
    write_and_wait(0xACE000FE);
    isp_send(&r, 0xAC800000, NULL);
    isp_wait_ready(&r);
    ck_assert_str_eq(note(), words((struct fuse_bytes){ { 0x62, 0xD9, 0xFF }, 0xFE }, "lock-2"));
    uint64_t before = notes(CHECK_LOCK_OUT);
    write_and_wait(0xACA80099);
    ck_assert_uint_eq(notes(CHECK_LOCK_OUT), before + 1);
    isp_rig_free(&r);

    isp_rig_board(&r, &part_atmega328p, 1);
    r.nvm.cells.fuses = (struct fuse_bytes){ { 0x62, 0x99, 0xFF }, 0xFE };
    isp_rig_target(&r, &typical);
    isp_set_sck(&r, false);
    isp_set_mosi(&r, false);
    isp_reset(&r, false);
    isp_power(&r, 5000);
    ck_assert(isp_enter(&r));
    write_and_wait(0xAC800000);
    ck_assert_str_eq(note(), words((struct fuse_bytes){ { 0x62, 0x99, 0xFF }, 0xFF }, "dwen"));
    isp_rig_free(&r);
}
END_TEST

static const struct {
    struct fuse_bytes fuses;
    int32_t mv;
    bool reset_high;
    enum checker_rule rule; /* CHECKER_RULES: it answers */
} closed[] = {
    { { { 0x62, 0xD9, 0xFF }, 0xFF }, 5000, false, CHECKER_RULES },
    { { { 0x62, 0x59, 0xFF }, 0xFF }, 5000, false, CHECK_PORT_RSTDISBL },
    { { { 0x62, 0x99, 0xFF }, 0xFF }, 5000, false, CHECK_PORT_DWEN },
    { { { 0x62, 0x99, 0xFF }, 0xFE }, 5000, false, CHECKER_RULES }, /* its lock */
    { { { 0x62, 0xF9, 0xFF }, 0xFF }, 5000, false, CHECK_PORT_SPIEN },
    { { { 0x62, 0xD9, 0xFC }, 0xFF }, 3300, false, CHECK_PORT_BROWN_OUT },
    { { { 0x62, 0xD9, 0xFC }, 0xFF }, 5000, false, CHECKER_RULES },
    { { { 0xE0, 0xD9, 0xFF }, 0xFF }, 5000, false, CHECK_NO_CLOCK },
    { { { 0x62, 0xD9, 0xFF }, 0xFF }, 0, false, CHECK_PORT_NO_SUPPLY },
    { { { 0x62, 0xD9, 0xFF }, 0xFF }, 5000, true, CHECK_PORT_RESET_HIGH },
};

/* A programmer that tries gets one line that says why; one that does not try, none. */
START_TEST(a_closed_port_says_why)
{
    isp_rig_board(&r, &part_atmega328p, 1);
    r.nvm.cells.fuses = closed[_i].fuses;
    isp_rig_target(&r, &typical);
    isp_set_sck(&r, false);
    isp_set_mosi(&r, false);
    isp_reset(&r, closed[_i].reset_high);
    isp_power(&r, closed[_i].mv);
    isp_wait(&r, 30 * SIM_MS);
    for (int i = 0; i < 7; i++) { /* a byte and then RESET would be an instruction that was broken off */
        isp_set_sck(&r, true);
        isp_wait(&r, r.t_high_ps);
        isp_set_sck(&r, false);
        isp_wait(&r, r.t_low_ps);
    }
    ck_assert_uint_eq(r.checker.notes, 0);
    if (!closed[_i].reset_high) {
        isp_enter(&r);
    }
    for (int i = 0; i < 3; i++) {
        isp_send(&r, 0xAC530000, NULL);
    }
    ck_assert_uint_eq(r.checker.notes, closed[_i].rule != CHECKER_RULES);
    if (closed[_i].rule != CHECKER_RULES) {
        ck_assert_uint_eq(notes(closed[_i].rule), 1);
        ck_assert(!target_port_enabled(&r.target));
    } else {
        ck_assert(target_port_enabled(&r.target));
    }
    isp_rig_free(&r);
}
END_TEST

/* ---- the bytes that come back ---- */

START_TEST(programming_enable_echo)
{
    isp_rig_init(&r, NULL, 1);
    isp_wait(&r, 20 * SIM_MS);
    ck_assert_uint_eq(in_of(0xAC530000), 0xFFFF5300); /* pulled up: open until 53 is complete */
    ck_assert_uint_eq(in_of(0xAC530000), 0x00AC5300); /* again: an echo like any other */
    isp_rig_free(&r);
}
END_TEST

START_TEST(programming_enable_echo_pulled_down)
{
    isp_rig_init(&r, NULL, 1);
    net_drive(&r.d_miso_pull, NET_0, NET_PULL);
    isp_wait(&r, 20 * SIM_MS);
    ck_assert_uint_eq(in_of(0xAC530000), 0x00005300);
    isp_rig_free(&r);
}
END_TEST

START_TEST(programming_enable_echo_from_byte_2)
{
    struct target_config cfg = target_config_default(&part_atmega328p);

    cfg.switches.v[SW_ECHO_FROM_BYTE_2] = 1;
    isp_rig_init(&r, &cfg, 1);
    isp_wait(&r, 20 * SIM_MS);
    ck_assert_uint_eq(in_of(0xAC530000), 0xFFAC5300);
    isp_rig_free(&r);
    isp_rig_init(&r, &cfg, 1); /* AC without 53: let go again */
    isp_wait(&r, 20 * SIM_MS);
    ck_assert_uint_eq(in_of(0xAC540000) & 0xFFFF, 0xFFFF);
    ck_assert(net_level(&r.miso_oe) == NET_0);
    isp_rig_free(&r);
}
END_TEST

/* MISO is driven, low, from the moment the 16th rise is seen. */
START_TEST(miso_switches_on_at_the_16th_rise)
{
    isp_rig_init(&r, NULL, 1);
    isp_wait(&r, 20 * SIM_MS);
    isp_byte(&r, 0xAC);
    isp_wait(&r, 4 * SIM_US);
    for (int bit = 7; bit >= 0; bit--) {
        isp_set_mosi(&r, 0x53 >> bit & 1);
        isp_wait(&r, 4 * SIM_US);
        ck_assert_int_eq(net_level(&r.miso_oe), NET_0);
        ck_assert_int_eq(net_level(&r.miso), NET_1); /* pull-up */
        isp_set_sck(&r, true);
        if (bit) {
            isp_wait(&r, 4 * SIM_US);
            isp_set_sck(&r, false);
        }
    }
    const struct sim_clock *cpu = target_cpu_clock(&r.target);
    sim_run_until(&r.sim, sim_clock_nth_from(cpu, r.sim.now_ps + 1, 2) + PART_MISO_DELAY_PS - 1);
    ck_assert_int_eq(net_level(&r.miso_oe), NET_0);
    isp_wait(&r, 1);
    ck_assert_int_eq(net_level(&r.miso_oe), NET_1);
    ck_assert_int_eq(net_level(&r.miso), NET_0);
    isp_rig_free(&r);
}
END_TEST

struct outcomes {
    unsigned right, partly, dead;
};

/* Sessions of 60 seeds (moments of power-up) that read the signature, SCK phases in hundredths of a clock. */
static struct outcomes signatures_at(unsigned phase_percent, int miso)
{
    struct outcomes o = { 0 };

    for (uint64_t seed = 0; seed < 60; seed++) {
        struct target_config cfg = target_config_default(&part_atmega328p);
        cfg.switches.v[SW_MISO_OUTPUT] = miso;
        isp_rig_init(&r, &cfg, seed);
        r.t_high_ps = r.t_low_ps = sim_clock_span(target_cpu_clock(&r.target), 1) * phase_percent / 100;
        if (!isp_enter(&r)) {
            o.dead++;
        } else {
            uint32_t signature = 0;
            for (uint32_t i = 0; i < 3; i++) {
                signature = signature << 8 | data_of(0x30000000 | i << 8);
            }
            o.right += signature == 0x1E950F;
            o.partly += signature != 0x1E950F && signature != 0xFFFFFF && signature != 0;
        }
        ck_assert((r.checker.violations == 0) == (phase_percent > 200));
        isp_rig_free(&r);
    }
    return o;
}

/*
 * SCK phases just too short: bits are missed now and then, by the moment of power-up, and what is read is neither
 * right nor dead but partly wrong, whatever drives MISO. Just long enough: all is right.
 */
START_TEST(marginal_sck_gives_partly_wrong_bits)
{
    struct outcomes o = signatures_at(198, _i);

    ck_assert_uint_gt(o.partly, 5);
    ck_assert_uint_gt(o.dead, 5);
    o = signatures_at(202, _i);
    ck_assert_uint_eq(o.right, 60);
}
END_TEST

START_TEST(bytes_come_back_one_byte_later)
{
    session();
    ck_assert_uint_eq(in_of(0xC000110F), 0x00C00011);
    isp_wait(&r, 10 * SIM_MS);
    ck_assert_uint_eq(in_of(0xA0001177), 0x0FA0000F); /* byte 1: byte 4 from before; byte 4: the data */
    ck_assert_uint_eq(in_of(0x30000000), 0x7730001E); /* not the data, but what was on MOSI */
    isp_rig_free(&r);
}
END_TEST

START_TEST(fuse_write_then_read_while_busy)
{
    session();
    in_of(0xACA000E2);
    ck_assert_uint_eq(in_of(0x50000000), 0xE25000FF);
    isp_rig_free(&r);
}
END_TEST

/* ---- staying in and out of step ---- */

START_TEST(other_instructions_first_are_ignored)
{
    isp_rig_init(&r, NULL, 1);
    isp_wait(&r, 20 * SIM_MS);
    ck_assert_uint_eq(in_of(0x30000000), 0xFFFFFFFF);
    ck_assert_uint_eq(in_of(0xAC800000), 0xFFFFFFFF);
    ck_assert_uint_eq(in_of(0xAC530000), 0xFFFF5300); /* still in frame */
    ck_assert_uint_eq(r.nvm.cells.chip_erased, 0);
    isp_rig_free(&r);
}
END_TEST

START_TEST(an_extra_bit_shifts_until_reset)
{
    isp_rig_init(&r, NULL, 1);
    isp_wait(&r, 20 * SIM_MS);
    isp_set_sck(&r, true);
    isp_wait(&r, 4 * SIM_US);
    isp_set_sck(&r, false);
    for (int i = 0; i < 40; i++) { /* asking again does not help */
        ck_assert_uint_eq(in_of(0xAC530000), 0xFFFFFFFF);
    }
    ck_assert(isp_enter(&r));
    isp_rig_free(&r);
}
END_TEST

START_TEST(a_bit_more_or_less_in_the_session_shifts_what_comes_back)
{
    for (unsigned bits = 1; bits <= 31; bits += 30) { /* one too many, or one of an instruction's lost */
        session();
        for (unsigned i = 0; i < bits; i++) {
            isp_wait(&r, 4 * SIM_US);
            isp_set_sck(&r, true);
            isp_wait(&r, 4 * SIM_US);
            isp_set_sck(&r, false);
        }
        isp_wait(&r, 4 * SIM_US);
        /* the chip counts it all a bit late or early: what it sends for data is rubbish, neither the echo nor FF */
        uint32_t in = in_of(0x30000000);
        ck_assert_uint_ne(in & 0xFF, 0x1E);
        ck_assert_uint_ne(in, 0xFFFFFFFF);
        ck_assert_uint_ne(in_of(0x30000000) & 0xFF, 0x1E);
        ck_assert_uint_eq(in_of(0x12345678) & 0xFFFFFF, 0x123456); /* echoes are as ever */
        ck_assert(isp_enter(&r));
        ck_assert_uint_eq(data_of(0x30000000), 0x1E);
        isp_rig_free(&r);
    }
}
END_TEST

START_TEST(reset_ends_the_session)
{
    session();
    isp_reset(&r, true);
    isp_wait(&r, 100 * SIM_US);
    ck_assert_int_eq(net_level(&r.miso_oe), NET_0);
    ck_assert_uint_eq(in_of(0xAC530000), 0xFFFFFFFF);
    isp_reset(&r, false);
    isp_wait(&r, 20 * SIM_MS);
    ck_assert_uint_eq(in_of(0x30000000), 0xFFFFFFFF);
    isp_rig_free(&r);
}
END_TEST

/* ---- every instruction ---- */

START_TEST(identity)
{
    session();
    ck_assert_uint_eq(data_of(0x30000000), 0x1E);
    ck_assert_uint_eq(data_of(0x30000100), 0x95);
    ck_assert_uint_eq(data_of(0x30000200), 0x0F);
    ck_assert_uint_eq(data_of(0x30000300), 0xFF);
    ck_assert_uint_eq(data_of(0x301FFD00), 0x95); /* ignored address bits */
    r.nvm.cells.calibration[0] = 0x9C;
    ck_assert_uint_eq(data_of(0x38000000), 0x9C);
    isp_rig_free(&r);
}
END_TEST

START_TEST(fuses_and_lock)
{
    session();
    ck_assert_uint_eq(data_of(0x50000000), 0x62);
    ck_assert_uint_eq(data_of(0x58080000), 0xD9);
    ck_assert_uint_eq(data_of(0x50080000), 0xFF);
    ck_assert_uint_eq(data_of(0x58000000), 0xFF);
    write_and_wait(0xACA000FF);
    write_and_wait(0xACA800FE); /* SPIEN cannot be reached */
    write_and_wait(0xACA40005);
    write_and_wait(0xACE0000F);
    ck_assert_uint_eq(data_of(0x50000000), 0xFF);
    ck_assert_uint_eq(data_of(0x58080000), 0xDE);
    ck_assert_uint_eq(data_of(0x50080000), 0xFD);
    ck_assert_uint_eq(data_of(0x58000000), 0xCF);
    ck_assert_uint_eq(r.checker.violations, 0);
    isp_rig_free(&r);
}
END_TEST

static void load_page(uint8_t add)
{
    for (uint32_t word = 0; word < 64; word++) {
        isp_send(&r, 0x40000000 | word << 8 | (uint8_t)(2 * word + add), NULL);
        isp_send(&r, 0x48000000 | word << 8 | (uint8_t)(2 * word + 1 + add), NULL);
    }
}

static uint8_t flash_byte(uint32_t at)
{
    return data_of((at & 1 ? 0x28000000 : 0x20000000) | (at / 2) << 8);
}

START_TEST(flash_pages)
{
    session();
    load_page(0);
    write_and_wait(0x4C000000 | (200 * 64) << 8);
    for (uint32_t i = 0; i < 128; i++) {
        ck_assert_uint_eq(flash_byte(200 * 128 + i), i);
    }
    ck_assert_uint_eq(flash_byte(201 * 128), 0xFF);
    /* again without erase: old AND new */
    load_page(0x31);
    write_and_wait(0x4C000000 | (200 * 64 + 63) << 8); /* address bits of the word are ignored */
    for (uint32_t i = 0; i < 128; i++) {
        ck_assert_uint_eq(flash_byte(200 * 128 + i), i & (uint8_t)(i + 0x31));
    }
    /* the address bits above the flash are not there */
    ck_assert_uint_eq(data_of(0x20C00000 | (200 * 64 + 5) << 8), 10 & (10 + 0x31));
    isp_send(&r, 0x4D000100, NULL); /* extended address: no effect */
    ck_assert_uint_eq(flash_byte(200 * 128 + 10), 10 & (10 + 0x31));
    ck_assert_uint_eq(r.checker.violations, 0);
    isp_rig_free(&r);
}
END_TEST

START_TEST(whole_word_addresses_with_page_loads)
{
    session();
    for (uint32_t word = 0x3FC0; word < 0x4000; word++) { /* as ArduinoISP sends them */
        isp_send(&r, 0x40000000 | word << 8 | (uint8_t)word, NULL);
        isp_send(&r, 0x48000000 | word << 8 | (uint8_t)~word, NULL);
    }
    write_and_wait(0x4C3FC000);
    ck_assert_uint_eq(flash_byte(0x3FFF * 2), 0xFF);
    ck_assert_uint_eq(flash_byte(0x3FFF * 2 + 1), 0x00);
    ck_assert_uint_eq(flash_byte(0x3FC5 * 2), 0xC5);
    isp_rig_free(&r);
}
END_TEST

START_TEST(eeprom_bytes_and_pages)
{
    session();
    write_and_wait(0xC003FF5A);
    ck_assert_uint_eq(data_of(0xA003FF00), 0x5A);
    ck_assert_uint_eq(data_of(0xA01FFF00), 0x5A); /* ignored address bits */
    write_and_wait(0xC003FFA5);                   /* erases by itself */
    ck_assert_uint_eq(data_of(0xA003FF00), 0xA5);
    isp_send(&r, 0xC1000111, NULL);
    isp_send(&r, 0xC1000222, NULL);
    write_and_wait(0xC203FC00);
    ck_assert_uint_eq(data_of(0xA003FC00), 0xFF);
    ck_assert_uint_eq(data_of(0xA003FD00), 0x11);
    ck_assert_uint_eq(data_of(0xA003FE00), 0x22);
    ck_assert_uint_eq(data_of(0xA003FF00), 0xA5); /* not loaded: stays */
    ck_assert_uint_eq(r.checker.violations, 0);
    isp_rig_free(&r);
}
END_TEST

START_TEST(chip_erase_and_eesave_at_once)
{
    for (int eesave = 0; eesave < 2; eesave++) {
        session();
        load_page(0);
        write_and_wait(0x4C000000);
        write_and_wait(0xC000005A);
        if (eesave) {
            write_and_wait(0xACA800D1); /* acts without leaving programming mode */
        }
        write_and_wait(0xACE000FE);
        write_and_wait(0xAC800000);
        ck_assert_uint_eq(flash_byte(0), 0xFF);
        ck_assert_uint_eq(data_of(0xA0000000), eesave ? 0x5A : 0xFF);
        ck_assert_uint_eq(data_of(0x58000000), 0xFF);
        isp_rig_free(&r);
    }
}
END_TEST

START_TEST(instructions_that_do_not_exist_do_nothing)
{
    static struct nvm_cells before;

    session();
    before = r.nvm.cells;
    for (uint32_t op = 0; op < 256; op++) {
        if (strchr("\x20\x28\x30\x38\x40\x48\x4C\x4D\x50\x58\xA0\xAC\xC0\xC1\xC2\xF0", (int)op) && op) {
            continue;
        }
        ck_assert_uint_eq(in_of(op << 24 | 0x123456) & 0xFFFFFF, op << 16 | 0x1234);
    }
    ck_assert_mem_eq(&before, &r.nvm.cells, sizeof before);
    isp_rig_free(&r);
}
END_TEST

/* Any bytes at all, into every part: the chip lives on, and a good session works right after. */
START_TEST(random_bytes)
{
    const struct part *part = part_at((unsigned)_i);
    struct target_config cfg = target_config_default(part);
    struct sim_rng rng = sim_rng_stream(1, part->name);

    cfg.switches.v[SW_WRITE_WHILE_BUSY_SPOILS] = 1;
    isp_rig_init(&r, &cfg, 1);
    r.nvm.switches.v[SW_BUSY_PERMILLE] = 100;
    for (unsigned n = 0; n < 3000; n++) {
        uint32_t out = (uint32_t)sim_rng_next(&rng);
        if (n % 100 == 0) {
            isp_enter(&r);
        }
        if (n % 2) { /* bytes 1 that mean something more often */
            static const uint8_t first[] = { 0x20, 0x28, 0x30, 0x40, 0x48, 0x4C, 0x58, 0xA0, 0xC0, 0xC1, 0xC2, 0xF0 };
            out = (out & 0xFFFFFF) | (uint32_t)first[sim_rng_below(&rng, sizeof first)] << 24;
        }
        isp_send(&r, out, NULL);
        if (sim_rng_below(&rng, 500) == 0) {
            isp_power(&r, 0);
            isp_wait(&r, SIM_MS);
            isp_power(&r, 5000);
        }
        if (sim_rng_below(&rng, 3) == 0) {
            isp_wait(&r, sim_rng_below(&rng, SIM_MS));
        }
    }
    r.nvm.cells.fuses = fuse_factory(part);
    isp_power(&r, 0);
    isp_wait(&r, SIM_MS);
    isp_power(&r, 5000);
    ck_assert(isp_enter(&r));
    ck_assert_uint_eq(data_of(0x30000000), part->signature[0]);
    isp_rig_free(&r);
}
END_TEST

/* ---- busy ---- */

/* From the sample that sees the 32nd rise on, for as long as the datasheet says, by this chip's RC. */
START_TEST(busy_until_the_end)
{
    static const struct {
        uint32_t write;
        uint32_t us;
    } cases[] = {
        { 0xC0000055, 3600 }, { 0xC2000000, 3600 }, { 0x4C000000, 4500 }, { 0xAC800000, 9000 },
        { 0xACA00062, 4500 }, { 0xACA800D9, 4500 }, { 0xACA400FF, 4500 }, { 0xACE000FF, 4500 },
    };

    for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        session();
        isp_send(&r, cases[i].write, NULL);
        sim_time length = (sim_time)((unsigned __int128)cases[i].us * SIM_US * 8000000000 / r.nvm.rc_millihz);
        ck_assert_uint_eq(r.nvm.end_ps - r.nvm.begin_ps, length);
        sim_time since_seen = r.sim.now_ps - r.nvm.begin_ps; /* high 4 us, seen in 1..2 clocks */
        ck_assert_uint_ge(since_seen, 4 * SIM_US - 2 * SIM_US);
        ck_assert_uint_lt(since_seen, 4 * SIM_US);
        while (r.sim.now_ps + 300 * SIM_US < r.nvm.end_ps) {
            ck_assert_uint_eq(data_of(0xF0000000), 0xFF);
        }
        sim_run_until(&r.sim, r.nvm.end_ps);
        ck_assert_uint_eq(data_of(0xF0000000), 0xFE);
        isp_rig_free(&r);
    }
}
END_TEST

START_TEST(a_write_while_busy_is_dropped)
{
    session();
    isp_send(&r, 0xC0000011, NULL);
    isp_send(&r, 0xC0000122, NULL);
    isp_wait_ready(&r);
    ck_assert_uint_eq(data_of(0xA0000000), 0x11);
    ck_assert_uint_eq(data_of(0xA0000100), 0xFF);
    ck_assert_uint_eq(checker_margin(&r.checker, CHECK_BUSY_ACCESS)->findings, 1);
    isp_rig_free(&r);
}
END_TEST

START_TEST(a_reset_pulse_lets_a_write_end)
{
    session();
    isp_send(&r, 0xAC800000, NULL); /* 9 ms */
    isp_reset(&r, true);
    isp_wait(&r, 100 * SIM_US);
    isp_reset(&r, false);
    isp_wait(&r, SIM_MS);
    in_of(0xAC530000); /* early, but still busy */
    ck_assert_uint_eq(data_of(0xF0000000), 0xFF);
    isp_wait_ready(&r);
    ck_assert_uint_eq(r.nvm.cells.chip_erased, 1);
    isp_rig_free(&r);
}
END_TEST

/* ---- lock modes ---- */

START_TEST(lock_mode_3_reads_echo_byte_3)
{
    session();
    load_page(0);
    write_and_wait(0x4C000000);
    write_and_wait(0xC0000155);
    write_and_wait(0xACE000FC);
    ck_assert_uint_eq(data_of(0x20000700), 0x07);
    ck_assert_uint_eq(data_of(0x28000700), 0x07);
    ck_assert_uint_eq(data_of(0xA0000100), 0x01);
    ck_assert_uint_eq(data_of(0x30000000), 0x1E);
    ck_assert_uint_eq(data_of(0x50000000), 0x62);
    ck_assert_uint_eq(data_of(0x58000000), 0xFC);
    ck_assert_uint_eq(data_of(0x38000000), r.nvm.cells.calibration[0]);
    isp_send(&r, 0xACA000FF, NULL); /* refused: no busy time either */
    ck_assert_uint_eq(data_of(0xF0000000), 0xFE);
    ck_assert_uint_eq(data_of(0x50000000), 0x62);
    write_and_wait(0xAC800000);
    ck_assert_uint_eq(data_of(0x58000000), 0xFF);
    ck_assert_uint_eq(data_of(0x20000700), 0xFF);
    isp_rig_free(&r);
}
END_TEST

START_TEST(refused_reads_by_switch)
{
    struct target_config cfg = target_config_default(&part_atmega328p);

    cfg.switches.v[SW_REFUSED_READ] = 0x00;
    isp_rig_init(&r, &cfg, 1);
    r.nvm.cells.fuses.lock = 0xFC;
    ck_assert(isp_enter(&r));
    ck_assert_uint_eq(data_of(0x20000700), 0x00);
    isp_rig_free(&r);
}
END_TEST

START_TEST(switches_of_what_reads_show)
{
    struct target_config cfg = target_config_default(&part_atmega328p);

    cfg.switches.v[SW_SIGNATURE_3] = 0x12;
    cfg.switches.v[SW_POLL_READY] = 0x00;
    isp_rig_init(&r, &cfg, 1);
    ck_assert(isp_enter(&r));
    ck_assert_uint_eq(data_of(0x30000300), 0x12);
    ck_assert_uint_eq(data_of(0xF0000000), 0x00);
    isp_rig_free(&r);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("target_port");
    TCase *shut = tcase_create("shut out");
    tcase_add_checked_fixture(shut, typical_chip, NULL);
    tcase_add_loop_test(shut, a_write_that_shuts_the_user_out_is_a_note, 0,
                        (int)(sizeof lock_outs / sizeof lock_outs[0]));
    tcase_add_test(shut, an_erase_may_shut_the_user_out);
    tcase_add_loop_test(shut, a_closed_port_says_why, 0, (int)(sizeof closed / sizeof closed[0]));
    suite_add_tcase(suite, shut);
    TCase *tc = tcase_create("pipeline");
    tcase_add_test(tc, programming_enable_echo);
    tcase_add_test(tc, programming_enable_echo_pulled_down);
    tcase_add_test(tc, programming_enable_echo_from_byte_2);
    tcase_add_test(tc, miso_switches_on_at_the_16th_rise);
    tcase_add_loop_test(tc, marginal_sck_gives_partly_wrong_bits, MISO_LATCH, MISO_SAMPLED + 1);
    tcase_add_test(tc, bytes_come_back_one_byte_later);
    tcase_add_test(tc, fuse_write_then_read_while_busy);
    tcase_add_test(tc, other_instructions_first_are_ignored);
    tcase_add_test(tc, an_extra_bit_shifts_until_reset);
    tcase_add_test(tc, a_bit_more_or_less_in_the_session_shifts_what_comes_back);
    tcase_add_test(tc, reset_ends_the_session);
    suite_add_tcase(suite, tc);
    tc = tcase_create("instructions");
    tcase_add_test(tc, identity);
    tcase_add_test(tc, fuses_and_lock);
    tcase_add_test(tc, flash_pages);
    tcase_add_test(tc, whole_word_addresses_with_page_loads);
    tcase_add_test(tc, eeprom_bytes_and_pages);
    tcase_add_test(tc, chip_erase_and_eesave_at_once);
    tcase_add_test(tc, instructions_that_do_not_exist_do_nothing);
    tcase_add_loop_test(tc, random_bytes, 0, (int)part_count());
    tcase_set_timeout(tc, 60);
    suite_add_tcase(suite, tc);
    tc = tcase_create("busy and locked");
    tcase_add_test(tc, busy_until_the_end);
    tcase_add_test(tc, a_write_while_busy_is_dropped);
    tcase_add_test(tc, a_reset_pulse_lets_a_write_end);
    tcase_add_test(tc, lock_mode_3_reads_echo_byte_3);
    tcase_add_test(tc, refused_reads_by_switch);
    tcase_add_test(tc, switches_of_what_reads_show);
    suite_add_tcase(suite, tc);
    return run_all(suite);
}
