/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <check.h>
#include <string.h>

#include "mcu/source_name.h"
#include "tests/run_all.h"

START_TEST(names)
{
    static const struct {
        const char *symbol, *name;
    } cases[] = {
        { "_ZN12BitBangedSPI8transferEh.isra.2", "BitBangedSPI::transfer" },
        { "_ZNK5Print5writeEPKc", "Print::write" },
        { "_ZN1a1b1cEv", "a::b::c" },
        { "_Z4loopv", "loop" },
        { "_Z11start_pmodev.constprop.0", "start_pmode" },
        { "avrisp.part.3", "avrisp" },
        { "__vector_16", "__vector_16" },
        { "main", "main" },
        { "", "" },
        { ".L1", ".L1" },
        /* no plain names */
        { "_ZN14HardwareSerialC2Ev", "_ZN14HardwareSerialC2Ev" },
        { "_ZplRK1aS1_", "_ZplRK1aS1_" },
        { "_Z", "_Z" },
        { "_ZN", "_ZN" },
        { "_ZNK", "_ZNK" },
        { "_Z9short", "_Z9short" },
        { "_Z99999999999999999999a", "_Z99999999999999999999a" },
        { "_ZN3abc", "_ZN3abc" },
        { "_Z0v", "_Z0v" },
    };

    for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char name[48], tiny[8];

        source_name(cases[i].symbol, name, sizeof name);
        ck_assert_str_eq(name, cases[i].name);
        source_name(cases[i].symbol, tiny, sizeof tiny);
        ck_assert_uint_lt(strlen(tiny), sizeof tiny);
    }
}
END_TEST

int main(void)
{
    Suite *s = suite_create("source_name");
    TCase *tc = tcase_create("source_name");
    tcase_add_test(tc, names);
    suite_add_tcase(s, tc);
    return run_all(s);
}
