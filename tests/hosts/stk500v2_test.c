/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The deterministic host beside real avrdude: the same job, the same bytes on the programmer's serial line. */
#include "harness/base/firmware_path.h"
#include "harness/hosts/stk500v2.h"

#include "harness/board/board.h"
#include "harness/board/ports.h"
#include "harness/exec/exec.h"
#include "harness/hosts/isp_algorithm.h"
#include "tests/hosts/odd_addresses.h"
#include "tests/line_spy.h"
#include "tests/run_all.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FLASH_BYTES 500 /* the last page is not full */

static uint8_t data[600]; /* for flash, and its first part for the EEPROM */

static void job_by_host(struct board *b)
{
    struct programmer *p = board_programmer(b);
    struct problem err = { "" };
    uint8_t sig[3], got[600], value;

    OK(p->ops->enter(p->ctx, &err));
    OK(p->ops->signature(p->ctx, sig, &err));
    OK(p->ops->erase(p->ctx, &err));
    OK(p->ops->write(p->ctx, PROG_FLASH, 0, data, FLASH_BYTES, &err));
    OK(p->ops->read(p->ctx, PROG_FLASH, 0, got, FLASH_BYTES, &err));
    ck_assert(!memcmp(got, data, FLASH_BYTES));
    OK(p->ops->write(p->ctx, PROG_EEPROM, 0, data, 16, &err));
    OK(p->ops->read(p->ctx, PROG_EEPROM, 0, got, 16, &err));
    ck_assert(!memcmp(got, data, 16));
    sim_time began_ps = board_sim(b)->now_ps;
    OK(p->ops->write_fuse(p->ctx, PROG_LOW, 0xE2, &err));
    ck_assert_uint_ge(board_sim(b)->now_ps - began_ps,
                      10 * SIM_MS); /* avrdude's wait: firmware may leave it to the host */
    OK(p->ops->read_fuse(p->ctx, PROG_LOW, &value, &err));
    ck_assert_uint_eq(value, 0xE2);
    OK(p->ops->write_fuse(p->ctx, PROG_HIGH, 0xD1, &err));
    OK(p->ops->read_fuse(p->ctx, PROG_HIGH, &value, &err));
    if (board_scenario(b)->board.target.part->n_fuses > 2) {
        OK(p->ops->write_fuse(p->ctx, PROG_EXT, 0xFD, &err));
        OK(p->ops->read_fuse(p->ctx, PROG_EXT, &value, &err));
    } else {
        OK(p->ops->read_fuse(p->ctx, PROG_HIGH, &value, &err));
    }
    OK(p->ops->write_fuse(p->ctx, PROG_LOCK, 0xFE, &err));
    OK(p->ops->read_fuse(p->ctx, PROG_LOCK, &value, &err));
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
    write_file(flash, data, FLASH_BYTES);
    write_file(eeprom, data, 16);
    const char *args[] = { "-c",
                           "stk500v2",
                           "-P",
                           "/dev/ttyACM0",
                           "-b",
                           "115200",
                           "-p",
                           part,
                           "-B",
                           "40",
                           "-e",
                           "-U",
                           flash_arg,
                           "-U",
                           eeprom_arg,
                           "-U",
                           "lfuse:w:0xE2:m",
                           "-U",
                           "hfuse:w:0xD1:m",
                           "-U",
                           strcmp(part, "m8") ? "efuse:w:0xFD:m" : "hfuse:v:0xD1:m",
                           "-U",
                           "lock:w:0xFE:m",
                           NULL };
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
} parts[] = { { "atmega328p", "m328p" }, { "atmega168p", "m168p" }, { "atmega8a", "m8" }, { "attiny85", "t85" } };

START_TEST(the_same_bytes_as_avrdude)
{
    static struct spy ours, theirs;
    char text[300], a[200], t[200];
    struct scenario *s;
    struct board *b;
    size_t i = 0;

    if (access("/usr/bin/avrdude", X_OK)) { /* a machine without it: nothing to compare with */
        return;
    }
    snprintf(text, sizeof text,
             "board: {target: {part: %s}, programmer: {firmware: limpisp, host: stk500v2, "
             "sck_period: 40 us}}",
             parts[_i].name);
    s = scenario(text);
    b = new_board(s);
    listen(&ours, b, "txd", 115200);
    job_by_host(b);
    board_free(b);
    b = new_board(s);
    listen(&theirs, b, "txd", 115200);
    job_by_avrdude(b, parts[_i].avrdude);
    board_free(b);
    while (i < ours.n && i < theirs.n && ours.bytes[i] == theirs.bytes[i]) {
        i++;
    }
    say(a, sizeof a, &ours, i);
    say(t, sizeof t, &theirs, i);
    ck_assert_msg(ours.n == theirs.n && i == ours.n,
                  "%s: %zu and %zu bytes, first difference at %zu:\nhost    %s\navrdude %s", parts[_i].name, ours.n,
                  theirs.n, i, a, t);
    ck_assert_uint_gt(ours.n, 800);
    scenario_free(s);
}
END_TEST

/* What avrdude 7.1 was seen to send for -B and fosc. */
START_TEST(parameters_as_avrdude_chooses_them)
{
    static const struct {
        uint32_t period_ns;
        uint8_t duration;
    } b[] = { { 200, 0 },     { 500, 0 },     { 1000, 1 },     { 2000, 1 },     { 3000, 2 },     { 8000, 2 },
              { 9000, 3 },    { 17000, 3 },   { 18000, 5 },    { 25000, 7 },    { 30000, 9 },    { 50000, 15 },
              { 100000, 30 }, { 200000, 61 }, { 500000, 153 }, { 830000, 254 }, { 1000000, 254 } };
    uint8_t pscale, cmatch;

    for (unsigned i = 0; i < sizeof b / sizeof b[0]; i++) {
        ck_assert_uint_eq(host_stk500v2_sck_duration(b[i].period_ns * SIM_NS), b[i].duration);
    }
    host_stk500v2_oscillator(1000000, &pscale, &cmatch);
    ck_assert(pscale == 1 && cmatch == 2);
    host_stk500v2_oscillator(2000000, &pscale, &cmatch);
    ck_assert(pscale == 1 && cmatch == 0);
    host_stk500v2_oscillator(32768, &pscale, &cmatch);
    ck_assert(pscale == 1 && cmatch == 0x6f);
    host_stk500v2_oscillator(0, &pscale, &cmatch);
    ck_assert(pscale == 0);
}
END_TEST

/* Nobody answers: the sign-on is tried six times, five seconds each. */
START_TEST(a_silent_programmer)
{
    struct scenario *s = scenario("board: {programmer: {firmware: limpisp, host: stk500v2, baud: 9600}}");
    struct board *b = new_board(s);
    struct programmer *p = board_programmer(b);
    struct problem err = { "" };

    ck_assert(!p->ops->enter(p->ctx, &err));
    ck_assert_msg(strstr(err.text, "timeout communicating with programmer") != NULL, "%s", err.text);
    ck_assert_uint_ge(board_now(b), 30 * SIM_S);
    board_free(b);
    scenario_free(s);
}
END_TEST

/* A page at 4 kHz takes longer than avrdude waits: the host gives up as avrdude does, and can go on afterwards. */
START_TEST(an_answer_that_comes_too_late)
{
    struct scenario *s = scenario("board: {target: {fuses: {low: 0x65}, clock: {crystal: 32.768 kHz}}, "
                                  "programmer: {firmware: limpisp, host: stk500v2}}");
    struct board *b = new_board(s);
    struct programmer *p = board_programmer(b);
    struct problem err = { "" };
    uint8_t got[128], value;

    ck_assert(board_run(b, 1500 * SIM_MS, &err));
    OK(p->ops->enter(p->ctx, &err));
    ck_assert(!p->ops->read(p->ctx, PROG_FLASH, 0, got, 128, &err));
    ck_assert_msg(strstr(err.text, "failed to execute command 0x14") != NULL, "%s", err.text);
    OK(p->ops->read_fuse(p->ctx, PROG_LOW, &value, &err));
    ck_assert_uint_eq(value, 0x65);
    OK(p->ops->leave(p->ctx, &err));
    board_free(b);
    scenario_free(s);
}
END_TEST

/* Noise of every kind on the line, then a session as if nothing had been. */
START_TEST(a_good_session_after_rubbish)
{
    struct scenario *s = scenario("board: {programmer: {firmware: limpisp, host: stk500v2}}");
    struct board *b = new_board(s);
    struct problem err = { "" };
    uint8_t bytes[300];

    for (unsigned i = 0; i < 300; i++) {
        size_t n = 1 + (size_t)rand() % sizeof bytes;

        for (size_t k = 0; k < n; k++) {
            bytes[k] = (uint8_t)rand();
        }
        if (i % 2) { /* looks like a message */
            bytes[0] = 0x1b;
            bytes[2 % n] = 0;
            bytes[4 % n] = 0x0e;
        }
        board_ports_send(board_ports(b), bytes, n);
        while (board_ports_pending(board_ports(b))) {
            ck_assert(board_run(b, 10 * SIM_MS, &err));
        }
    }
    job_by_host(b);
    board_free(b);
    scenario_free(s);
}
END_TEST

START_TEST(odd_addresses)
{
    write_odd_addresses("board: {programmer: {firmware: limpisp, host: stk500v2}}", data);
}
END_TEST

int main(void)
{
    char path[400];

    if (!firmware_find("limpisp", path, sizeof path)) {
        return 77; /* built without firmware: skipped */
    }
    Suite *s = suite_create("host_stk500v2");
    TCase *t = tcase_create("host_stk500v2");
    tcase_set_timeout(t, 300);
    srand(1);
    for (unsigned k = 0; k < sizeof data; k++) {
        data[k] = (uint8_t)rand();
    }
    tcase_add_loop_test(t, the_same_bytes_as_avrdude, 0, 4);
    tcase_add_test(t, parameters_as_avrdude_chooses_them);
    tcase_add_test(t, an_answer_that_comes_too_late);
    tcase_add_test(t, a_silent_programmer);
    tcase_add_test(t, a_good_session_after_rubbish);
    tcase_add_test(t, odd_addresses);
    suite_add_tcase(s, t);
    return run_all(s);
}
