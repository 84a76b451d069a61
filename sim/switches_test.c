/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim/switches.h"
#include "tests/run_all.h"

#include <check.h>
#include <string.h>

/* Each switch: its default is in its range, both ends are taken, what is beyond them is refused and changes nothing. */
START_TEST(each_switch_keeps_its_range)
{
    for (enum target_switch i = 0; i < TARGET_SWITCHES; i++) {
        const struct target_switch_info *of = target_switch_info(i);
        struct target_switches sw = target_switches_default();

        ck_assert_msg(sw.v[i] >= of->min && sw.v[i] <= of->max, "%s", of->name);
        ck_assert(target_switch_set(&sw, of->name, of->min) && sw.v[i] == of->min);
        ck_assert(target_switch_set(&sw, of->name, of->max) && sw.v[i] == of->max);
        ck_assert(of->max == INT32_MAX || !target_switch_set(&sw, of->name, of->max + 1));
        ck_assert(of->min == INT32_MIN || !target_switch_set(&sw, of->name, of->min - 1));
        ck_assert_int_eq(sw.v[i], of->max);
    }
    ck_assert(!target_switch_set(&(struct target_switches){ 0 }, "no_such_switch", 0));
}
END_TEST

/* The default is what its row of docs/fidelity.md says: a change here is a change there. */
START_TEST(defaults_are_those_of_the_documents)
{
    static const struct {
        const char *name;
        int32_t is;
    } rows[] = {
        { "echo_from_byte_2", 0 },
        { "frame_waits_for_ac53", 0 },
        { "sck_high_at_reset_shifts", 1 },
        { "early_enable_ignored", 0 },
        { "sck_samples_from_12_mhz", 3 },
        { "miso_output", MISO_LATCH },
        { "miso_delay_ns", -1 }, /* the part's */
        { "sck_filter", 1 },
        { "floating_sck", 0 },
        { "floating_mosi", 1 },
        { "short_reset_low_resets", 0 },
        { "poll_ready", 0xFE },
        { "signature_3", 0xFF },
        { "read_while_busy_ff", 1 },
        { "write_while_busy_spoils", 0 },
        { "refused_read", -1 }, /* the echo */
        { "refused_lpm", 0xFF },
        { "lb2_alone_protects", 0 },
        { "same_word_twice_ands", 0 },
        { "high_without_low_keeps", 0 },
        { "eeprom_write_clears_page", 0 },
        { "busy_permille", 1000 },
        { "bod_stops_port", 1 },
        { "lf_wave_on_xtal2_only", 1 },
        { "crystal_starts_anywhere", 0 },
        { "hv_threshold_mv", 11500 },
        { "hv_entry_edges", 0 },
        { "hv_open_input", HV_OPEN_KEEPS },
        { "hv_sdo_after_ns", -1 }, /* the part's */
        { "hv_wlrl_ns", 1000 },
        { "hv_out_off_ns", -1 }, /* the part's */
        { "hv_refused_read", 0xFF },
        { "hv_dwen_low_halts", 0 },
        { "icr_sticks", 1 },
    };

    ck_assert_uint_eq(sizeof rows / sizeof rows[0], TARGET_SWITCHES);
    for (enum target_switch i = 0; i < TARGET_SWITCHES; i++) {
        ck_assert_str_eq(target_switch_info(i)->name, rows[i].name);
        ck_assert_msg(target_switches_default().v[i] == rows[i].is, "%s", rows[i].name);
    }
}
END_TEST

START_TEST(words_of_a_switch)
{
    bool one_has_words = false, one_has_none = false;

    for (enum target_switch i = 0; i < TARGET_SWITCHES; i++) {
        const struct target_switch_info *of = target_switch_info(i);

        for (int32_t k = 0; of->words && of->words[k]; k++) {
            ck_assert_int_eq(target_switch_word(of, of->words[k]), k);
        }
        ck_assert_int_eq(target_switch_word(of, "no such word"), -1);
        one_has_words |= of->words != NULL;
        one_has_none |= !of->words;
    }
    ck_assert(one_has_words && one_has_none);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("switches");
    TCase *tc = tcase_create("all");
    tcase_add_test(tc, each_switch_keeps_its_range);
    tcase_add_test(tc, defaults_are_those_of_the_documents);
    tcase_add_test(tc, words_of_a_switch);
    suite_add_tcase(s, tc);
    return run_all(s);
}
