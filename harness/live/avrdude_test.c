/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Turn taking with a bench that is only a programmer's answers and a clock: what the bytes are and when they come
 * must not depend on how long anything takes in the wall clock's time. The same with a whole board: tests/serve.
 */
#include "harness/live/avrdude.h"

#include "harness/board/ports.h"

#include "tests/test_files.h"

/* ---- a bench of two minutes' make: STK500v1 at 19200 baud, every answer 3 ms late ---- */

#define FRAME_PS (520833 * UINT64_C(1000))
#define LATE_PS (3 * SIM_MS)

struct board {
    sim_time now_ps, line_free_ps;
    uint8_t queue[70000];
    size_t head, tail;
    uint8_t command[300];
    size_t n_command;
    uint8_t answer[300];
    size_t n_answer, answered;
    sim_time answer_ps;
    void (*byte)(void *, uint8_t, sim_time);
    void *ctx;
    unsigned opened, closed, jitter;
    bool dumb;    /* hears everything, says nothing */
    uint64_t log; /* hash of (time, byte) in both directions */
    uint64_t n_log;
};

static struct board b;

static void note(uint64_t t, unsigned v)
{
    b.log = (b.log ^ (t << 9) ^ v) * UINT64_C(0x9E3779B97F4A7C15);
    b.log ^= b.log >> 29;
    b.n_log++;
}

static void owe(const char *bytes, size_t n)
{
    memcpy(b.answer, bytes, n);
    b.n_answer = n;
    b.answered = 0;
    b.answer_ps = b.now_ps + LATE_PS;
}

static void hear(uint8_t v)
{
    b.command[b.n_command++ % sizeof b.command] = v;
    note(b.now_ps, v);
    size_t need = b.command[0] == 0x42   ? 22
                  : b.command[0] == 0x45 ? b.command[1] + 2u
                  : b.command[0] == 0x56 ? 6
                  : b.command[0] == 0x41 ? 3
                                         : 2;
    if (b.dumb || b.n_command < need) {
        return;
    }
    switch (b.command[0]) {
    case 0x41: owe("\x14\x02\x10", 3); break;
    case 0x56: /* read signature byte, else zero */
        owe((char[]){ 0x14, b.command[1] == 0x30 ? "\x1e\x95\x0f"[b.command[3] % 3] : 0, 0x10 }, 3);
        break;
    default: owe("\x14\x10", 2); break;
    }
    b.n_command = 0;
}

bool board_run(struct board *bench, sim_time d_ps, struct problem *err)
{
    (void)err;
    sim_time end = bench->now_ps + d_ps;
    if (bench->jitter && rand() % 4 == 0) {
        usleep((useconds_t)(rand() % (int)bench->jitter));
    }
    while (bench->now_ps < end) {
        bench->now_ps += SIM_US * 10;
        if (bench->tail < bench->head && bench->now_ps >= bench->line_free_ps) {
            bench->line_free_ps = bench->now_ps + FRAME_PS;
            hear(bench->queue[bench->tail++]);
        }
        if (bench->answered < bench->n_answer && bench->now_ps >= bench->answer_ps) {
            uint8_t v = bench->answer[bench->answered++];
            bench->answer_ps = bench->now_ps + FRAME_PS;
            note(bench->now_ps, 256u + v);
            if (bench->byte) {
                bench->byte(bench->ctx, v, bench->now_ps);
            }
        }
    }
    return true;
}

sim_time board_now(const struct board *bench)
{
    return bench->now_ps;
}

struct board_ports *board_ports(struct board *bench)
{
    (void)bench;
    return NULL; /* there is one line, and its bytes are the board's */
}

void board_ports_send(struct board_ports *p, const uint8_t *bytes, size_t n)
{
    (void)p;
    ck_assert_uint_le(b.head + n, sizeof b.queue);
    memcpy(b.queue + b.head, bytes, n);
    b.head += n;
}

size_t board_ports_pending(const struct board_ports *p)
{
    (void)p;
    return b.head - b.tail;
}

void board_ports_on_byte(struct board_ports *p, void (*byte)(void *ctx, uint8_t value, sim_time at_ps), void *ctx)
{
    (void)p;
    b.byte = byte;
    b.ctx = ctx;
}

bool board_ports_baud(struct board_ports *p, uint32_t baud)
{
    (void)p;
    note(baud, 1000);
    return true;
}

bool board_ports_open(struct board_ports *p)
{
    (void)p;
    b.opened++;
    note(b.now_ps, 999);
    return true;
}

void board_ports_closed(struct board_ports *p)
{
    (void)p;
    b.closed++;
}

/* ---- tests ---- */

static struct avrdude_result r;
static struct problem err;

static struct avrdude_job avrdude(const char *const *args)
{
    struct avrdude_job job = avrdude_job_default;
    job.args = args;
    job.protocol = TURN_TAKING_STK500V1;
    job.timeout_s = 30;
    memset(&b, 0, sizeof b);
    return job;
}

static const char *const signature_args[] = { "-c", "stk500v1", "-P", "{port}", "-b", "19200",
                                              "-p", "m328p",    "-V", "-F",     "-q", NULL };

START_TEST(signature)
{
    struct avrdude_job job = avrdude(signature_args);
    ck_assert_msg(avrdude_run(&b, &job, &r, &err), "%s", err.text);
    ck_assert_msg(r.exit_status == 0, "%s", r.output);
    ck_assert_msg(strstr(r.output, "0x1e950f") != NULL, "%s", r.output);
    ck_assert_uint_eq(b.opened, 1);
    ck_assert_uint_eq(b.closed, 1);
    ck_assert_uint_eq(r.unsure_turns, 0);
    ck_assert(!r.killed && !r.timed_out);
    ck_assert_uint_ge(r.took_ps, job.open_ps);
    ck_assert_ptr_null(b.byte);
    free(r.output);
}
END_TEST

static void assert_wall_clock_does_not_matter(const char *const *args)
{
    uint64_t log = 0, n = 0;
    sim_time took = 0;
    char *output = NULL;
    for (unsigned i = 0; i < 3; i++) {
        struct avrdude_job job = avrdude(args);
        srand(i);
        b.jitter = 20000 * i;
        ck_assert(avrdude_run(&b, &job, &r, &err));
        ck_assert_uint_eq(r.unsure_turns, 0);
        if (i) {
            ck_assert_uint_eq(b.log, log);
            ck_assert_uint_eq(b.n_log, n);
            ck_assert_uint_eq(r.took_ps, took);
            ck_assert_str_eq(r.output, output);
        }
        free(output);
        output = r.output;
        log = b.log;
        n = b.n_log;
        took = r.took_ps;
    }
    free(output);
}

START_TEST(wall_clock_does_not_matter)
{
    assert_wall_clock_does_not_matter(signature_args);
}
END_TEST

/* avrdude reads on for 4.5 ms of its own clock, several times over: libfaketime keeps that clock steady. */
START_TEST(polls_for_a_byte_that_never_reads_back_are_the_same_too)
{
    static const char *const args[] = { "-c",    "stk500v1", "-P", "{port}", "-b", "19200",         "-p",
                                        "m328p", "-V",       "-F", "-q",     "-U", "lock:w:0x3F:m", NULL };
    assert_wall_clock_does_not_matter(args);
    ck_assert_uint_gt(b.n_log, 250); /* polls there were */
}
END_TEST

START_TEST(killed_in_the_middle)
{
    struct avrdude_job job = avrdude(signature_args);
    job.kill_after_bytes = 7;
    ck_assert(avrdude_run(&b, &job, &r, &err));
    ck_assert(r.killed && !r.timed_out);
    ck_assert_int_eq(r.exit_status, -1);
    ck_assert_uint_eq(r.sent, 7);
    ck_assert_uint_eq(b.closed, 1);
    ck_assert_uint_eq(b.head, 7);
    free(r.output);
}
END_TEST

START_TEST(no_answer_ends_by_its_time_out)
{
    /* writes two bytes and goes: nobody answers, five simulated seconds pass, none on the wall */
    static const char *const args[] = { "-c", "printf 'u ' > {port}; cat; echo to {port}", NULL };
    struct avrdude_job job = avrdude(args);
    job.program = "sh";
    job.input = "from its input\n";
    b.dumb = true;
    ck_assert(avrdude_run(&b, &job, &r, &err));
    ck_assert_int_eq(r.exit_status, 0);
    ck_assert_uint_eq(b.head, 2);
    ck_assert_uint_ge(b.now_ps, job.open_ps + 5 * SIM_S);
    ck_assert_uint_le(b.now_ps, job.open_ps + 5 * SIM_S + 10 * SIM_MS);
    ck_assert_str_eq(r.output, "from its input\nto {port}\n");
    free(r.output);
}
END_TEST

START_TEST(no_wall_clock_in_the_output)
{
    static const char *const args[] = { "-c",
                                        "echo 'Writing | ### | 100% 12.34s end'; echo '| 100% 1s'; echo '| 100% 0.5'",
                                        NULL };
    struct avrdude_job job = avrdude(args);
    job.program = "sh";
    ck_assert(avrdude_run(&b, &job, &r, &err));
    ck_assert_str_eq(r.output, "Writing | ### | 100% -.--s end\n| 100% 1s\n| 100% 0.5\n");
    free(r.output);
}
END_TEST

START_TEST(hang_is_ended)
{
    static const char *const args[] = { "100", NULL };
    struct avrdude_job job = avrdude(args);
    job.program = "sleep";
    job.timeout_s = 1;
    ck_assert(avrdude_run(&b, &job, &r, &err));
    ck_assert(r.killed && r.timed_out);
    free(r.output);
}
END_TEST

START_TEST(program_not_there)
{
    static const char *const args[] = { NULL };
    struct avrdude_job job = avrdude(args);
    job.program = "no-such-program-here";
    ck_assert(!avrdude_run(&b, &job, &r, &err));
    ck_assert_str_eq(err.text, "cannot start no-such-program-here: No such file or directory");
    ck_assert_ptr_null(r.output);
}
END_TEST

START_TEST(endless_output_is_cut)
{
    static const char *const args[] = { "-c", "head -c 3000000 /dev/zero | tr '\\0' x; exit 5", NULL };
    struct avrdude_job job = avrdude(args);
    job.program = "sh";
    ck_assert(avrdude_run(&b, &job, &r, &err));
    ck_assert_int_eq(r.exit_status, 5);
    ck_assert_uint_eq(strlen(r.output), AVRDUDE_MAX_OUTPUT_BYTES);
    free(r.output);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("avrdude");
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, signature);
    tcase_add_test(tc, wall_clock_does_not_matter);
    tcase_add_test(tc, polls_for_a_byte_that_never_reads_back_are_the_same_too);
    tcase_add_test(tc, killed_in_the_middle);
    tcase_add_test(tc, no_answer_ends_by_its_time_out);
    tcase_add_test(tc, no_wall_clock_in_the_output);
    tcase_add_test(tc, hang_is_ended);
    tcase_add_test(tc, program_not_there);
    tcase_add_test(tc, endless_output_is_cut);
    return run_suite("avrdude", tc);
}
