/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/base/firmware_path.h"
#include "harness/hosts/avrdude_part.h"
#include "harness/hosts/host_rows.h"
#include "sim/hv.h"
#include "sim/part.h"
#include "tests/run_all.h"

#include <check.h>
#include <string.h>

START_TEST(names_are_found)
{
    for (const struct host_row *r = host_rows; r->name; r++) {
        ck_assert_ptr_eq(host_row_of(r->name), r);
        ck_assert(r->avrdude_c[0] && r->create && r->baud);
    }
    ck_assert_ptr_null(host_row_of("stk500"));
    ck_assert_ptr_null(host_row_of(""));
}
END_TEST

START_TEST(names_are_listed)
{
    char text[200], little[6];

    ck_assert_str_eq(host_row_names(false, text, sizeof text),
                     "stk500v1, stk500v1-avrdude-7.1, stk500v2, stk500pp, stk500hvsp");
    ck_assert_str_eq(host_row_names(true, text, sizeof text), "stk500v2");
    ck_assert_str_eq(host_row_names(false, little, sizeof little), "stk50");
}
END_TEST

START_TEST(firmware_of_ours)
{
    ck_assert_str_eq(firmware_row_of("limpisp")->host, "stk500v2");
    ck_assert_uint_eq(firmware_row_of("limpisp")->baud, 115200);
    ck_assert_uint_eq(firmware_row_of("arduinoisp")->baud, 19200);
    ck_assert_uint_eq(firmware_row_of("arduinoisp_1m_noflicker")->baud, 1000000);
    ck_assert_ptr_null(firmware_row_of("demo_app")); /* no programmer */
    ck_assert_ptr_null(firmware_row_of("limpisp.elf"));
}
END_TEST

/* What a row names the build makes. */
START_TEST(every_row_has_its_image)
{
    static const char *const names[] = { "arduinoisp",      "arduinoisp_115200",    "arduinoisp_1m_noflicker",
                                         "arduinoisp_slow", "arduinoisp_diecimila", "arduinoisp_ng",
                                         "limpisp" };
    char path[4096];

    for (unsigned i = 0; i < sizeof names / sizeof names[0] && firmware_find("limpisp", path, sizeof path); i++) {
        ck_assert_msg(firmware_row_of(names[i]) && firmware_find(names[i], path, sizeof path), "%s", names[i]);
    }
}
END_TEST

/* avrdude's pagel and bs2: the port's letter and the bit. */
static void pin_agrees(const struct part *part, const char *ours, uint8_t theirs)
{
    const char name[4] = { 'P', (char)('A' + (theirs >> 4) - 0xA), (char)('0' + (theirs & 0x0F)), '\0' };

    ck_assert_msg(!strcmp(ours, name), "%s: %s, avrdude has %s", part->name, ours, name);
}

START_TEST(high_voltage_pins_are_avrdude_s)
{
    unsigned parallel = 0;

    for (unsigned i = 0; part_at(i); i++) {
        const struct part *part = part_at(i);
        const struct avrdude_part *theirs = avrdude_part_of(part);

        ck_assert_ptr_nonnull(part->hv);
        for (unsigned k = 0; k < HV_SIGNALS; k++) {
            ck_assert(!part->hv->pin[k] || part_has_pin(part, part->hv->pin[k]));
        }
        if (!part->hv->serial) {
            ck_assert_ptr_nonnull(theirs->part);
            pin_agrees(part, part->hv->pin[HV_PAGEL], theirs->pagel);
            pin_agrees(part, part->hv->pin[HV_BS2], theirs->bs2);
            parallel++;
        }
    }
    ck_assert_uint_gt(parallel, 20);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("host_rows");
    TCase *t = tcase_create("host_rows");

    tcase_add_test(t, names_are_found);
    tcase_add_test(t, names_are_listed);
    tcase_add_test(t, firmware_of_ours);
    tcase_add_test(t, every_row_has_its_image);
    tcase_add_test(t, high_voltage_pins_are_avrdude_s);
    suite_add_tcase(s, t);
    return run_all(s);
}
