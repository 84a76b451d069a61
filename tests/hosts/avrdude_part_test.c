/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Our rows of avrdude's configuration against what `avrdude -p '*' / St` prints. */
#include "harness/hosts/avrdude_part.h"

#include "tests/run_all.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

/* A line that says KEY of PART: its value, else NULL. Fields are separated by tabs. */
static const char *value_in(char *line, const char *part, const char *memory, const char *key)
{
    char *at = line;
    const char *kind = strsep(&at, "\t"), *name = at ? strsep(&at, "\t") : "";

    if (strcmp(kind, memory ? ".ptmm" : ".pt") || strcasecmp(name, part)) {
        return NULL;
    }
    if (memory && (!at || strcmp(strsep(&at, "\t"), memory))) {
        return NULL;
    }
    return at && !strcmp(strsep(&at, "\t"), key) && at ? strsep(&at, "\n") : NULL;
}

struct dump { /* avrdude's whole configuration */
    char (*line)[200];
    size_t n;
};

static struct dump dump(void)
{
    FILE *f = popen("avrdude -p '*/St' 2>/dev/null", "r");
    struct dump d = { calloc(60000, 200), 0 };

    ck_assert(f && d.line);
    while (d.n < 60000 && fgets(d.line[d.n], 200, f)) {
        d.n++;
    }
    pclose(f);
    return d;
}

/* Says avrdude this? -1: it says nothing. second: of two values. */
static long says(const struct dump *d, const char *part, const char *memory, const char *key, bool second)
{
    for (size_t i = 0; i < d->n; i++) {
        char line[200];
        const char *value;

        memcpy(line, d->line[i], sizeof line);
        value = value_in(line, part, memory, key);
        if (value && second) {
            value = strchr(value, ' ');
        }
        if (value) {
            return !strcmp(value, "io") ? 1 : strtol(value, NULL, 0);
        }
    }
    return -1;
}

static void agrees(const struct avrdude_part *a, const char *what, long avrdude, long stand_in, long ours)
{
    ck_assert_msg((avrdude < 0 ? stand_in : avrdude) == ours, "%s %s: avrdude %ld, ours %ld", a->part, what, avrdude,
                  ours);
}

START_TEST(rows_agree)
{
    struct dump d;

    if (access("/usr/bin/avrdude", X_OK)) {
        return; /* nothing to compare with */
    }
    d = dump();
    ck_assert_uint_gt(d.n, 10000);
    for (const struct avrdude_part *a = avrdude_parts; a->part; a++) {
        long erase_us = says(&d, a->part, NULL, "chip_erase_delay", false);

        agrees(a, "devcode", says(&d, a->part, NULL, "stk500_devcode", false), -1, a->devcode);
        agrees(a, "pagel", says(&d, a->part, NULL, "pagel", false), 0xD7, a->pagel);
        agrees(a, "bs2", says(&d, a->part, NULL, "bs2", false), 0xA0, a->bs2);
        agrees(a, "reset", says(&d, a->part, NULL, "reset", false), 0, a->reset_is_io);
        agrees(a, "erase", erase_us / 1000, -1, a->erase_ms);
        agrees(a, "flash mode", says(&d, a->part, "flash", "mode", false), -1, a->flash_mode);
        agrees(a, "flash delay", says(&d, a->part, "flash", "delay", false), -1, a->flash_delay_ms);
        agrees(a, "EEPROM mode", says(&d, a->part, "eeprom", "mode", false), -1, a->eeprom_mode);
        agrees(a, "EEPROM delay", says(&d, a->part, "eeprom", "delay", false), -1, a->eeprom_delay_ms);
        agrees(a, "read-back", says(&d, a->part, "flash", "readback", true), 0xFF, a->flash_poll2);
    }
    free(d.line);
}
END_TEST

START_TEST(every_part_has_a_row)
{
    const struct part *part;

    for (unsigned i = 0; (part = part_at(i)); i++) {
        ck_assert_msg(avrdude_part_of(part)->part != NULL, "%s", part->name);
    }
}
END_TEST

int main(void)
{
    Suite *s = suite_create("avrdude_part");
    TCase *t = tcase_create("avrdude_part");

    tcase_add_test(t, rows_agree);
    tcase_add_test(t, every_part_has_a_row);
    suite_add_tcase(s, t);
    return run_all(s);
}
