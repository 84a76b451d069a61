/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every rule about what is written, through the pins of a target: who earns it, and who just does not. */
#include "sim/write_rules.h"

#include "tests/isp_rig.h"
#include "tests/run_all.h"

#include <check.h>

#define LOAD_LOW 0x40000000u
#define LOAD_HIGH 0x48000000u
#define WRITE_PAGE 0x4C000000u
#define ERASE 0xAC800000u
#define WRITE_EEPROM 0xC0000000u
#define WRITE_LFUSE 0xACA00000u
#define WRITE_LOCK 0xACE000FCu
#define READ_FLASH 0x20000000u

static struct isp_rig r;
static struct net txd, rxd;
static struct net_driver d_txd, d_rxd;
static struct host_talk talk;

static void begin(void)
{
    isp_rig_init(&r, NULL, 1);
    isp_power(&r, 5000);
    ck_assert(isp_enter(&r));
}

static void begin_with_host(void)
{
    isp_rig_init(&r, NULL, 1);
    net_init(&txd, &r.sim, "txd");
    net_init(&rxd, &r.sim, "rxd");
    net_attach(&txd, &d_txd, "programmer");
    net_attach(&rxd, &d_rxd, "host");
    net_drive(&d_txd, NET_1, NET_STRONG);
    net_drive(&d_rxd, NET_1, NET_STRONG);
    host_talk_init(&talk, &txd, &rxd);
    target_set_host_talk(&r.target, &talk);
    isp_power(&r, 5000);
    ck_assert(isp_enter(&r));
}

static void end(void)
{
    isp_rig_free(&r);
}

static uint64_t findings(enum checker_rule rule)
{
    return checker_margin(&r.checker, rule)->findings;
}

static void load(unsigned word, uint8_t low, uint8_t high)
{
    isp_send(&r, LOAD_LOW | word << 8 | low, NULL);
    isp_send(&r, LOAD_HIGH | word << 8 | high, NULL);
}

static const struct {
    uint32_t write;
    enum checker_rule rule;
    sim_time t_wd_ps;
} waits[] = {
    { WRITE_PAGE, CHECK_WD_FLASH, 4500 * SIM_US }, { WRITE_EEPROM | 0x12, CHECK_WD_EEPROM, 3600 * SIM_US },
    { ERASE, CHECK_WD_ERASE, 9000 * SIM_US },      { WRITE_LFUSE | 0xE2, CHECK_WD_FUSE, 4500 * SIM_US },
    { WRITE_LOCK, CHECK_WD_FUSE, 4500 * SIM_US },
};

/* By calls, since the port sees SCK at its clock's edges only: the picosecond counts here. */
static void instruction(struct write_rules *w, uint32_t bytes, sim_time at_ps)
{
    struct isp_frame f;

    ck_assert(isp_decode(&r.target.decoder, bytes, &f));
    write_rules_before(w, &r.nvm, &f, bytes, at_ps);
    write_rules_after(w, &r.nvm, &f, NVM_DONE, 0, at_ps);
}

START_TEST(waits_inside_at_and_outside)
{
    static const int64_t off_ps[] = { 1, 0, -1 };

    for (unsigned i = 0; i < 3; i++) {
        struct write_rules w;
        const struct checker_margin *m = checker_margin(&r.checker, waits[_i].rule);

        isp_rig_init(&r, NULL, 1);
        write_rules_init(&w, &r.checker, &part_atmega328p, true);
        instruction(&w, waits[_i].write, SIM_S);
        instruction(&w, 0x30000000, (sim_time)((int64_t)(SIM_S + waits[_i].t_wd_ps) + off_ps[i]));
        ck_assert_uint_eq(findings(waits[_i].rule), off_ps[i] < 0);
        ck_assert_int_eq(m->required, (int64_t)waits[_i].t_wd_ps);
        ck_assert_int_eq(m->measured - m->required, off_ps[i]);
        end();
    }
}
END_TEST

START_TEST(a_poll_that_says_ready_is_enough)
{
    begin();
    load(0, 0x12, 0x34);
    isp_send(&r, WRITE_PAGE, NULL);
    isp_wait_ready(&r);
    isp_send(&r, READ_FLASH, NULL);
    ck_assert_uint_eq(findings(CHECK_WD_FLASH), 0);
    ck_assert(!checker_margin(&r.checker, CHECK_WD_FLASH)->measured_once);
    /* one that says busy is not */
    isp_send(&r, WRITE_EEPROM | 0x56, NULL);
    ck_assert(isp_send(&r, 0xF0000000, NULL) & 1);
    isp_send(&r, 0xA0000000, NULL);
    ck_assert_uint_eq(findings(CHECK_WD_EEPROM), 1);
    end();
}
END_TEST

/* 10 ms pass, of which the host has 8: what is left is the programmer's own. */
START_TEST(the_hosts_time_does_not_count)
{
    begin_with_host();
    load(0, 0x12, 0x34);
    isp_send(&r, WRITE_PAGE, NULL);
    isp_wait(&r, SIM_MS);
    net_drive(&d_txd, NET_0, NET_STRONG); /* the answer */
    isp_wait(&r, 8 * SIM_MS);
    net_drive(&d_txd, NET_1, NET_STRONG);
    net_drive(&d_rxd, NET_0, NET_STRONG); /* the last byte of the next command */
    isp_wait(&r, SIM_MS);
    isp_send(&r, READ_FLASH, NULL);
    ck_assert_uint_eq(findings(CHECK_BUSY_ACCESS), 0);
    ck_assert_uint_eq(findings(CHECK_WD_FLASH), 1);
    int64_t own = checker_margin(&r.checker, CHECK_WD_FLASH)->measured;
    ck_assert_int_ge(own, (int64_t)(2 * SIM_MS));
    ck_assert_int_le(own, (int64_t)(2 * SIM_MS + 300 * SIM_US)); /* the instruction itself */
    host_talk_free(&talk);
    end();
}
END_TEST

/* Nothing comes after it: the wait up to the release counts, in the session after that none is open. */
START_TEST(release_ends_the_wait)
{
    for (unsigned early = 0; early < 2; early++) {
        begin();
        isp_send(&r, WRITE_EEPROM | 0x12, NULL);
        isp_wait(&r, early ? SIM_MS : 4 * SIM_MS);
        isp_reset(&r, true);
        isp_wait(&r, 100 * SIM_US);
        ck_assert_uint_eq(findings(CHECK_WD_EEPROM), early);
        ck_assert(isp_enter(&r));
        isp_send(&r, 0xA0000000, NULL);
        ck_assert_uint_eq(findings(CHECK_WD_EEPROM), early);
        end();
    }
}
END_TEST

START_TEST(pages_as_loaded_and_others)
{
    static const struct {
        unsigned word; /* as it is sent */
        uint32_t page;
        bool other;
    } cases[] = {
        { 0x0081, 0x0080, false }, /* page 2, loaded for it */
        { 0x0001, 0x0080, false }, /* the bits within the page only */
        { 0xFFC1, 0x0080, false }, /* ... and ones before them */
        { 0x0041, 0x0080, true },  /* loaded for page 1 */
    };

    for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        begin();
        load(cases[i].word, 0x12, 0x34);
        isp_send(&r, WRITE_PAGE | cases[i].page << 8, NULL);
        ck_assert_uint_eq(findings(CHECK_PAGE_OTHER), cases[i].other);
        isp_wait(&r, 10 * SIM_MS);
        isp_send(&r, WRITE_PAGE | cases[i].page << 8, NULL); /* nothing loaded since */
        ck_assert_uint_eq(findings(CHECK_PAGE_OTHER), cases[i].other + 1u);
        end();
    }
}
END_TEST

static void write_word(uint8_t low, uint8_t high)
{
    load(0, low, high);
    isp_send(&r, WRITE_PAGE, NULL);
    isp_wait(&r, 10 * SIM_MS);
}

START_TEST(unerased_and_rewritten)
{
    begin();
    write_word(0x3C, 0xFF);
    ck_assert_uint_eq(findings(CHECK_WRITE_UNERASED) + findings(CHECK_REWRITE), 0);
    write_word(0x30, 0xFF); /* ones to zeros: no erase needed */
    ck_assert_uint_eq(findings(CHECK_WRITE_UNERASED) + findings(CHECK_REWRITE), 0);
    write_word(0x30, 0xFF);
    ck_assert_uint_eq(findings(CHECK_REWRITE), 1);
    write_word(0x31, 0xFF);
    ck_assert_uint_eq(findings(CHECK_WRITE_UNERASED), 1);
    isp_send(&r, WRITE_EEPROM | 0xFE, NULL);
    isp_wait(&r, 10 * SIM_MS);
    ck_assert_uint_eq(findings(CHECK_REWRITE), 1);
    isp_send(&r, WRITE_EEPROM | 0xFE, NULL);
    ck_assert_uint_eq(findings(CHECK_REWRITE), 2);
    end();
}
END_TEST

/* Page 1's bytes come upon page 0's: that they are ANDed there is no missing erase. After the next erase it is. */
START_TEST(what_stands_elsewhere_follows_from_the_page)
{
    begin();
    write_word(0x3C, 0xFF);
    load(0x0040, 0xC3, 0xFF);
    isp_send(&r, WRITE_PAGE, NULL);
    isp_wait(&r, 10 * SIM_MS);
    ck_assert_uint_eq(findings(CHECK_PAGE_OTHER), 1);
    ck_assert_uint_eq(checker_margin(&r.checker, CHECK_PAGE_OTHER)->follow, 0);
    ck_assert_uint_eq(findings(CHECK_WRITE_UNERASED), 1);
    ck_assert_uint_eq(checker_margin(&r.checker, CHECK_WRITE_UNERASED)->follow, 1);
    ck_assert_int_eq(checker_margin(&r.checker, CHECK_WRITE_UNERASED)->from, CHECK_PAGE_OTHER);
    isp_send(&r, 0xAC800000, NULL);
    isp_wait(&r, 15 * SIM_MS);
    write_word(0x3C, 0xFF);
    write_word(0xC3, 0xFF);
    ck_assert_uint_eq(findings(CHECK_WRITE_UNERASED), 2);
    ck_assert_uint_eq(checker_margin(&r.checker, CHECK_WRITE_UNERASED)->follow, 1);
    end();
}
END_TEST

/* The last rated cycle, and the one beyond. */
START_TEST(endurance)
{
    begin();
    r.nvm.cells.eeprom_written[0] = NVM_EEPROM_CYCLES - 1;
    r.nvm.cells.flash_written[0] = NVM_FLASH_CYCLES - 1;
    isp_send(&r, WRITE_EEPROM | 0x12, NULL);
    isp_wait(&r, 10 * SIM_MS);
    write_word(0x12, 0x34);
    ck_assert_uint_eq(findings(CHECK_ENDURANCE), 0);
    isp_send(&r, WRITE_EEPROM | 0x34, NULL);
    isp_wait(&r, 10 * SIM_MS);
    ck_assert_uint_eq(findings(CHECK_ENDURANCE), 1);
    write_word(0x02, 0x04);
    ck_assert_uint_eq(findings(CHECK_ENDURANCE), 2);
    end();
}
END_TEST

START_TEST(lock_bits_before_the_last_write)
{
    begin();
    load(0, 0x12, 0x34);
    isp_send(&r, WRITE_LOCK, NULL);
    isp_wait(&r, 10 * SIM_MS);
    ck_assert_uint_eq(findings(CHECK_LOCK_EARLY), 0);
    isp_send(&r, WRITE_PAGE, NULL);
    ck_assert_uint_eq(findings(CHECK_LOCK_EARLY), 1);
    /* a chip that was locked before this session: no fault of its order */
    isp_reset(&r, true);
    isp_wait(&r, 100 * SIM_US);
    ck_assert(isp_enter(&r));
    isp_send(&r, WRITE_EEPROM | 0x12, NULL);
    ck_assert_uint_eq(findings(CHECK_LOCK_EARLY), 1);
    end();
}
END_TEST

START_TEST(a_fuse_is_waited_for_like_a_page)
{
    begin();
    isp_send(&r, WRITE_LFUSE | 0xE2, NULL);
    isp_send(&r, 0x50000000, NULL);
    ck_assert_uint_eq(findings(CHECK_BUSY_FUSE), 1);
    ck_assert_uint_eq(findings(CHECK_BUSY_ACCESS), 0);
    end();
}
END_TEST

/* A chip whose ready answer is a busy one tells nothing: the wait goes on. */
START_TEST(a_poll_that_says_busy_for_ever)
{
    struct target_config cfg = target_config_default(&part_atmega328p);

    cfg.switches.v[SW_POLL_READY] = 0xFF;
    isp_rig_init(&r, &cfg, 1);
    isp_power(&r, 5000);
    ck_assert(isp_enter(&r));
    isp_send(&r, WRITE_EEPROM | 0x12, NULL);
    isp_wait(&r, 3500 * SIM_US); /* it is over by now: the chip needs 3.4 ms */
    ck_assert_uint_eq(isp_send(&r, 0xF0000000, NULL), 0xFF);
    isp_send(&r, 0x30000000, NULL);
    ck_assert(checker_margin(&r.checker, CHECK_WD_EEPROM)->measured_once);
    end();
}
END_TEST

/* A cell that is stuck excuses its own bit, and no other. */
START_TEST(a_stuck_bit_is_no_missing_erase)
{
    static struct nvm_faults faults;

    for (unsigned other = 0; other < 2; other++) {
        begin();
        faults = (struct nvm_faults){ .part = &part_atmega328p, .n = 1, .bit = { { .mask = 0x01 } } };
        nvm_set_faults(&r.nvm, &faults);
        write_word(0xFC, 0xFF);
        write_word(other ? 0xFE : 0xFD, 0xFF);
        ck_assert_uint_eq(findings(CHECK_WRITE_UNERASED), other);
        end();
    }
}
END_TEST

/* An erase that itself follows from something misread does not put right what stands in flash. */
START_TEST(an_erase_out_of_step_ends_nothing)
{
    for (unsigned follows = 0; follows < 2; follows++) {
        struct write_rules w;

        isp_rig_init(&r, NULL, 1);
        write_rules_init(&w, &r.checker, &part_atmega328p, true);
        write_rules_misread(&w, CHECK_PAGE_OTHER);
        checker_follows(&r.checker, follows ? CHECK_SCK_HIGH : CHECKER_RULES);
        instruction(&w, ERASE, SIM_S);
        ck_assert(w.misread == follows);
        end();
    }
}
END_TEST

int main(void)
{
    Suite *s = suite_create("write_rules");
    TCase *t = tcase_create("write_rules");

    tcase_add_loop_test(t, waits_inside_at_and_outside, 0, sizeof waits / sizeof waits[0]);
    tcase_add_test(t, a_poll_that_says_ready_is_enough);
    tcase_add_test(t, the_hosts_time_does_not_count);
    tcase_add_test(t, release_ends_the_wait);
    tcase_add_test(t, pages_as_loaded_and_others);
    tcase_add_test(t, unerased_and_rewritten);
    tcase_add_test(t, what_stands_elsewhere_follows_from_the_page);
    tcase_add_test(t, endurance);
    tcase_add_test(t, lock_bits_before_the_last_write);
    tcase_add_test(t, a_fuse_is_waited_for_like_a_page);
    tcase_add_test(t, a_poll_that_says_busy_for_ever);
    tcase_add_test(t, a_stuck_bit_is_no_missing_erase);
    tcase_add_test(t, an_erase_out_of_step_ends_nothing);
    suite_add_tcase(s, t);
    return run_all(s);
}
