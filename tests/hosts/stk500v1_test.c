/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The deterministic host beside real avrdude: the same job, the same bytes on the programmer's serial line. */
#include "harness/base/firmware_path.h"
#include "harness/exec/exec.h"
#include "tests/hosts/odd_addresses.h"
#include "tests/line_spy.h"
#include "tests/run_all.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define HIGH_FUSE 0xD9

static uint8_t data[600]; /* for flash, and its first part for the EEPROM */

static void job_by_host(struct board *b)
{
    struct programmer *p = board_programmer(b);
    const struct part *part = board_scenario(b)->board.target.part;
    struct problem err = { "" };
    uint8_t sig[3], got[600], fuse;

    OK(p->ops->enter(p->ctx, &err));
    OK(p->ops->signature(p->ctx, sig, &err));
    OK(p->ops->erase(p->ctx, &err));
    OK(p->ops->write(p->ctx, PROG_FLASH, 0, data, 512, &err));
    OK(p->ops->read(p->ctx, PROG_FLASH, 0, got, 512, &err));
    ck_assert(!memcmp(got, data, 512));
    OK(p->ops->write(p->ctx, PROG_EEPROM, 0, data, 16, &err));
    OK(p->ops->read(p->ctx, PROG_EEPROM, 0, got, 16, &err));
    ck_assert(!memcmp(got, data, 16));
    OK(p->ops->write_fuse(p->ctx, PROG_LOW, 0xE2, &err));
    OK(p->ops->read_fuse(p->ctx, PROG_LOW, &fuse, &err));
    ck_assert_uint_eq(fuse, 0xE2);
    OK(p->ops->write_fuse(p->ctx, PROG_HIGH, HIGH_FUSE, &err)); /* of an ATmega328P it is that already: read only */
    OK(p->ops->read_fuse(p->ctx, PROG_HIGH, &fuse, &err));
    if (part->n_fuses > 2) {
        OK(p->ops->write_fuse(p->ctx, PROG_EXT, part->fuse_used[PROG_EXT] == 1 ? 0xFF : 0xFD, &err));
        OK(p->ops->read_fuse(p->ctx, PROG_EXT, &fuse, &err));
    } else {
        OK(p->ops->read_fuse(p->ctx, PROG_HIGH, &fuse, &err));
    }
    OK(p->ops->write_fuse(p->ctx, PROG_LOCK, 0xFE, &err));
    OK(p->ops->read_fuse(p->ctx, PROG_LOCK, &fuse, &err));
    ck_assert_uint_eq(fuse, 0xFE);
    OK(p->ops->leave(p->ctx, &err));
}

static void job_by_avrdude(struct board *b, const char *part)
{
    char dir[] = "/tmp/limpet-host-XXXXXX", flash[80], eeprom[80], flash_arg[100], eeprom_arg[100];
    struct exec_job job = exec_job_default;
    struct exec_result result;
    struct problem err = { "" };

    ck_assert_ptr_nonnull(mkdtemp(dir));
    snprintf(flash, sizeof flash, "%s/flash", dir);
    snprintf(eeprom, sizeof eeprom, "%s/eeprom", dir);
    snprintf(flash_arg, sizeof flash_arg, "flash:w:%s:r", flash);
    snprintf(eeprom_arg, sizeof eeprom_arg, "eeprom:w:%s:r", eeprom);
    write_file(flash, data, 512);
    write_file(eeprom, data, 16);
    const char *other = !strcmp(part, "m8a")   ? "hfuse:v:0xD9:m"
                        : !strcmp(part, "t85") ? "efuse:w:0xFF:m"
                                               : "efuse:w:0xFD:m";
    const char *args[] = { "-c", "stk500v1", "-P", "/dev/ttyACM0",  "-b", "19200",          "-p", part,
                           "-U", flash_arg,  "-U", eeprom_arg,      "-U", "lfuse:w:0xE2:m", "-U", "hfuse:w:0xD9:m",
                           "-U", other,      "-U", "lock:w:0xFE:m", NULL };
    job.args = args;
    job.captured = true;
    ck_assert_msg(exec_run(b, &job, &result, &err), "%s", err.text);
    ck_assert_msg(result.exit_status == 0, "%s", result.output);
    free(result.output);
    unlink(flash);
    unlink(eeprom);
    rmdir(dir);
}

static const struct {
    const char *name, *avrdude;
} parts[] = { { "atmega328p", "m328p" }, { "atmega168p", "m168p" }, { "atmega8a", "m8a" }, { "attiny85", "t85" } };

START_TEST(the_same_bytes_as_avrdude)
{
    static struct spy ours, theirs;
    char text[200], a[200], t[200];
    struct scenario *s;
    struct board *b;
    size_t i = 0;

    snprintf(text, sizeof text,
             "board: {target: {part: %s}, programmer: {firmware: arduinoisp, host: stk500v1-avrdude-7.1}}",
             parts[_i].name);
    s = scenario(text);
    if (access("/usr/bin/avrdude", X_OK)) { /* a machine without it: nothing to compare with */
        scenario_free(s);
        return;
    }
    srand(1);
    for (unsigned k = 0; k < sizeof data; k++) {
        data[k] = (uint8_t)rand();
    }
    b = new_board(s);
    listen(&ours, b, "txd", 19200);
    job_by_host(b);
    board_free(b);
    b = new_board(s);
    listen(&theirs, b, "txd", 19200);
    job_by_avrdude(b, parts[_i].avrdude);
    board_free(b);
    while (i < ours.n && i < theirs.n && ours.bytes[i] == theirs.bytes[i]) {
        i++;
    }
    say(a, sizeof a, &ours, i);
    say(t, sizeof t, &theirs, i);
    ck_assert_msg(ours.n == theirs.n && i == ours.n,
                  "%zu and %zu bytes, first difference at %zu:\nhost    %s\navrdude %s", ours.n, theirs.n, i, a, t);
    ck_assert_uint_gt(ours.n, 800);
    scenario_free(s);
}
END_TEST

/* Nobody answers: ten attempts of five seconds, avrdude's words. */
START_TEST(a_silent_programmer)
{
    struct scenario *s = scenario("board: {programmer: {firmware: arduinoisp, baud: 9600}}"); /* wrong baud rate */
    struct board *b = new_board(s);
    struct programmer *p = board_programmer(b);
    struct problem err = { "" };

    ck_assert(!p->ops->enter(p->ctx, &err));
    ck_assert_msg(strstr(err.text, "attempt 10 of 10: not in sync: resp=0x") != NULL, "%s", err.text);
    ck_assert_uint_gt(board_now(b), 1 * SIM_S);
    board_free(b);
    scenario_free(s);
}
END_TEST

START_TEST(odd_addresses)
{
    write_odd_addresses("board: {programmer: {firmware: arduinoisp}}", data);
}
END_TEST

int main(void)
{
    char path[400];
    Suite *s;
    TCase *t;

    if (!firmware_find("arduinoisp", path, sizeof path)) {
        return 77; /* built without firmware: skipped */
    }
    s = suite_create("host_stk500v1");
    t = tcase_create("host_stk500v1");
    tcase_set_timeout(t, 300);
    tcase_add_loop_test(t, the_same_bytes_as_avrdude, 0, sizeof parts / sizeof parts[0]);
    tcase_add_test(t, a_silent_programmer);
    tcase_add_test(t, odd_addresses);
    suite_add_tcase(s, t);
    return run_all(s);
}
