/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * limpisp_uno_test.c - the firmware itself on the simulated Uno, without a target: what is on its pins, and what
 * its RAM looks like after 100 000 bad messages
 *
 *   usage: limpisp_uno_test limpisp.elf
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mcu/mcu_board.h"
#include "protocols/stk500v2.h"
#include "sim/kernel.h"
#include "sim/net.h"
#include "sim/uart_line.h"
#include "tests/image_file.h"
#include "tests/run_all.h"

#define CK_PS 62500 /* the Uno's clock */
#define MAX_TRIES 64

static const char *elf;

static struct sim sim;
static struct net txd, rxd, reset, mosi, miso, sck, clock1, careful, debug, led_ready, led_programming, led_error;
static struct net_driver host_txd, miso_pull;
static struct net_watch rxd_watch, reset_watch, sck_watch, mosi_watch, debug_watch;
static struct uart_tx tx;
static struct uart_rx rx, debug_rx;
static struct checker checker;
static struct mcu_board *uno;
static uint8_t queue[4096], answer[1024];
static size_t n_queue, at_queue, n_answer;
static uint8_t seq;
static char text[16384];
static size_t n_text;

/* what was seen on the pins */
static struct
try {                           /* since RESET fell */
    sim_time pulse_ps, wait_ps; /* RESET high before, RESET low to the first rise of SCK */
    sim_time high_min, high_max, low_min, low_max, hold_min;
    unsigned rises;
}
tries[MAX_TRIES];
static unsigned n_tries;
static sim_time reset_rose, reset_fell, sck_rose, sck_fell;
static bool sck_high_at_reset;

static void set_txd(void *ctx, bool mark)
{
    (void)ctx;
    net_drive(&host_txd, mark ? NET_1 : NET_0, NET_STRONG);
}

static void next_byte(void *ctx, sim_time at)
{
    struct uart_format f = uart_8n1(115200);

    (void)ctx;
    if (at_queue < n_queue) {
        uart_tx_start(&tx, &f, queue[at_queue++], at);
    }
}

static void on_frame(void *ctx, const struct uart_frame *f)
{
    (void)ctx;
    ck_assert(!f->framing_error);
    if (n_answer < sizeof answer) {
        answer[n_answer++] = (uint8_t)f->data;
    }
}

static void on_debug(void *ctx, const struct uart_frame *f)
{
    (void)ctx;
    if (n_text < sizeof text - 1 && !f->framing_error) {
        text[n_text++] = (char)f->data;
    }
}

static void rxd_changed(void *ctx, struct net *net, sim_time at)
{
    (void)at;
    uart_rx_level(ctx, net_is_high(net, true));
}

static void reset_changed(void *ctx, struct net *net, sim_time at)
{
    (void)ctx;
    if (net_level(net) == NET_1) {
        reset_rose = at;
    }
    if (net_level(net) == NET_0) {
        if (net_level(&sck) != NET_0) {
            sck_high_at_reset = true;
        }
        if (n_tries < MAX_TRIES) {
            tries[n_tries++] = (struct try){
                .pulse_ps = reset_rose ? at - reset_rose : 0,
                .high_min = SIM_NEVER,
                .low_min = SIM_NEVER,
                .hold_min = SIM_NEVER,
            };
        }
        reset_fell = at;
        sck_fell = 0;
    }
}

static void raise_to(sim_time *max, sim_time v)
{
    if (v > *max) {
        *max = v;
    }
}

static void lower_to(sim_time *min, sim_time v)
{
    if (v < *min) {
        *min = v;
    }
}

static void sck_changed(void *ctx, struct net *net, sim_time at)
{
    struct try *t = n_tries ? &tries[n_tries - 1] : NULL;

    (void)ctx;
    if (!t || net_level(&reset) != NET_0) {
        return;
    }
    if (net_level(net) == NET_1) {
        if (!t->rises++) {
            t->wait_ps = at - reset_fell;
        } else if (t->rises % 8 != 1) { /* between bytes it may be longer */
            lower_to(&t->low_min, at - sck_fell);
            raise_to(&t->low_max, at - sck_fell);
        } else {
            lower_to(&t->low_min, at - sck_fell);
        }
        sck_rose = at;
    } else if (net_level(net) == NET_0) {
        lower_to(&t->high_min, at - sck_rose);
        raise_to(&t->high_max, at - sck_rose);
        sck_fell = at;
    }
}

static void mosi_changed(void *ctx, struct net *net, sim_time at)
{
    (void)ctx;
    (void)net;
    if (n_tries && sck_rose && net_level(&reset) == NET_0) {
        lower_to(&tries[n_tries - 1].hold_min, at - sck_rose);
    }
}

static void start(void)
{
    static struct mcu_board_config cfg;
    struct uart_format f = uart_8n1(115200);
    struct image img;
    struct problem err;

    sim_init(&sim, 1);
    net_init(&txd, &sim, "txd");
    net_init(&rxd, &sim, "rxd");
    net_init(&reset, &sim, "reset");
    net_init(&mosi, &sim, "mosi");
    net_init(&miso, &sim, "miso");
    net_init(&sck, &sim, "sck");
    net_init(&clock1, &sim, "xtal1");
    net_init(&careful, &sim, "careful");
    net_init(&debug, &sim, "debug");
    net_init(&led_ready, &sim, "led ready");
    net_init(&led_programming, &sim, "led programming");
    net_init(&led_error, &sim, "led error");
    memset(&host_txd, 0, sizeof host_txd);
    memset(&miso_pull, 0, sizeof miso_pull);
    net_attach(&txd, &host_txd, "host");
    net_drive(&host_txd, NET_1, NET_STRONG);
    net_attach(&miso, &miso_pull, "pull");
    memset(&tx, 0, sizeof tx);
    memset(&rx, 0, sizeof rx);
    memset(&debug_rx, 0, sizeof debug_rx);
    uart_tx_init(&tx, &sim, set_txd, next_byte, NULL);
    uart_rx_init(&rx, &sim, &f, on_frame, NULL);
    uart_rx_init(&debug_rx, &sim, &f, on_debug, NULL);
    uart_rx_level(&rx, true);
    uart_rx_level(&debug_rx, true);
    uart_rx_enable(&rx, true);
    uart_rx_enable(&debug_rx, true);
    net_watch_add(&rxd, &rxd_watch, NET_WATCH_EDGES, rxd_changed, &rx);
    net_watch_add(&debug, &debug_watch, NET_WATCH_EDGES, rxd_changed, &debug_rx);
    net_watch_add(&reset, &reset_watch, NET_WATCH_EDGES, reset_changed, NULL);
    net_watch_add(&sck, &sck_watch, NET_WATCH_EDGES, sck_changed, NULL);
    net_watch_add(&mosi, &mosi_watch, NET_WATCH_EDGES, mosi_changed, NULL);
    n_queue = at_queue = n_answer = n_text = n_tries = 0;
    seq = 0;
    reset_rose = reset_fell = sck_rose = sck_fell = 0;
    sck_high_at_reset = false;

    image_of_file(&img, elf);
    checker_init(&checker, &sim);
    cfg = mcu_board_default(mcu_board_find("uno"));
    cfg.checker = &checker;
    cfg.pins.d[0] = &txd;
    cfg.pins.d[1] = &rxd;
    cfg.pins.d[2] = &careful;
    cfg.pins.d[4] = &debug;
    cfg.pins.d[6] = &led_ready;
    cfg.pins.d[7] = &led_programming;
    cfg.pins.d[8] = &led_error;
    cfg.pins.d[9] = &clock1;
    cfg.pins.d[10] = &reset;
    cfg.pins.d[11] = &mosi;
    cfg.pins.d[12] = &miso;
    cfg.pins.d[13] = &sck;
    uno = mcu_board_new(&sim, &cfg, &img, &err);
    image_free(&img);
    ck_assert_msg(uno != NULL, "%s", err.text);
    sim_run_until(&sim, 100 * SIM_MS);
}

static void stop(void)
{
    mcu_board_free(uno);
    checker_free(&checker);
}

static void run(sim_time d)
{
    sim_run_until(&sim, sim.now_ps + d);
    ck_assert_str_eq(sim.fault, "");
}

static void send(const uint8_t *bytes, size_t n)
{
    if (at_queue == n_queue) {
        at_queue = n_queue = 0;
    }
    ck_assert_uint_le(n_queue + n, sizeof queue);
    memcpy(queue + n_queue, bytes, n);
    n_queue += n;
    if (!tx.busy) {
        next_byte(NULL, sim.now_ps);
    }
}

static size_t message(uint8_t *to, const uint8_t *body, size_t n)
{
    uint8_t sum = 0;

    to[0] = STK_MESSAGE_START;
    to[1] = ++seq;
    to[2] = (uint8_t)(n >> 8);
    to[3] = (uint8_t)n;
    to[4] = STK_TOKEN;
    memcpy(to + 5, body, n);
    for (size_t i = 0; i < n + 5; i++) {
        sum ^= to[i];
    }
    to[n + 5] = sum;
    return n + 6;
}

/* Sends a command and checks the form of its answer; the answer's body is at answer + 5. */
static sim_time command(const uint8_t *body, size_t n)
{
    uint8_t bytes[STK_MAX_BODY + 6];
    sim_time begin = sim.now_ps;
    size_t len = message(bytes, body, n);
    uint8_t sum = 0;

    n_answer = 0;
    send(bytes, len);
    while (sim.now_ps - begin < 4 * SIM_S && (n_answer < 6 || n_answer < (size_t)(answer[2] << 8 | answer[3]) + 6)) {
        run(SIM_MS);
    }
    ck_assert_uint_ge(n_answer, 8);
    for (size_t i = 0; i < n_answer; i++) {
        sum ^= answer[i];
    }
    ck_assert_uint_eq(sum, 0);
    ck_assert_uint_eq(answer[1], seq);
    ck_assert_uint_eq(answer[5], body[0]);
    return sim.now_ps - begin;
}
#define COMMAND(...) command((const uint8_t[]){ __VA_ARGS__ }, sizeof(const uint8_t[]){ __VA_ARGS__ })
#define STATUS answer[6]
#define ENTER 0x10, 200, 100, 25, 32, 0, 0x53, 3, 0xac, 0x53, 0, 0

static bool all_released(void)
{
    return net_level(&reset) == NET_Z && net_level(&sck) == NET_Z && net_level(&mosi) == NET_Z &&
           net_level(&miso) == NET_Z && net_level(&clock1) == NET_Z;
}

START_TEST(signs_on_and_says_so)
{
    start();
    COMMAND(STK_SIGN_ON);
    ck_assert_uint_eq(STATUS, STK_CMD_OK);
    ck_assert_int_eq(memcmp(answer + 8, "STK500_2", 8), 0);
    ck_assert_ptr_nonnull(strstr(text, "limpisp\r\n"));
    ck_assert(all_released());
    ck_assert_int_eq(net_level(&led_ready), NET_1);
    ck_assert_int_eq(net_level(&led_programming), NET_0);
    ck_assert_int_eq(net_level(&led_error), NET_0);
    COMMAND(0x99);
    ck_assert_int_eq(net_level(&led_error), NET_1);
    COMMAND(STK_SIGN_ON);
    ck_assert_int_eq(net_level(&led_error), NET_0);
    stop();
}
END_TEST

/* Nobody answers: every rate is tried. Phases, MOSI hold, RESET pulse and 20 ms of each. */
START_TEST(rates_on_the_pins)
{
    static const unsigned half_us_tenths[] = { 40, 100, 240, 480, 960, 1920, 4000, 7000, 14000 };
    sim_time took;

    start();
    took = COMMAND(ENTER);
    ck_assert_uint_eq(STATUS, STK_CMD_FAILED);
    ck_assert_uint_lt(took, 2 * SIM_S); /* avrdude's patience */
    ck_assert(all_released());
    ck_assert(!sck_high_at_reset);
    /* the first fall of RESET is the taking, then one per try */
    ck_assert_uint_ge(n_tries, 10);
    for (unsigned i = 1; i < 10; i++) {
        struct try *t = &tries[i];
        sim_time half = half_us_tenths[i - 1] * SIM_US / 10;

        ck_assert_uint_eq(t->rises, 32);
        ck_assert_uint_ge(t->high_min, half);
        ck_assert_uint_ge(t->low_min, half);
        /* not much slower than meant: an interrupt and 20 % */
        ck_assert_uint_le(t->high_max, half * 12 / 10 + 5 * SIM_US);
        ck_assert_uint_le(t->low_max, half * 12 / 10 + 5 * SIM_US);
        ck_assert_uint_ge(t->hold_min, half); /* MOSI waits for the fall */
        ck_assert_uint_ge(t->pulse_ps, 2 * half);
        ck_assert_uint_ge(t->pulse_ps, 50 * SIM_US);
        ck_assert_uint_ge(t->wait_ps, 25 * SIM_MS); /* as asked, and not below 20 ms */
    }
    text[n_text] = 0;
    ck_assert_ptr_nonnull(strstr(text, "SCK 125000 Hz:"));
    ck_assert_ptr_nonnull(strstr(text, "SCK 357 Hz:"));
    ck_assert_ptr_nonnull(strstr(text, "no answer at any rate"));
    stop();
}
END_TEST

START_TEST(sck_duration_on_the_pins)
{
    static const struct {
        uint8_t n;
        double period_s;
    } rates[] = {
        { 0, 1 / 1843200.0 },
        { 1, 1 / 460800.0 },
        { 2, 1 / 115200.0 },
        { 3, 1 / 57600.0 },
        { 5, 24 * (5 + 10 / 12.0) / 7372800 },
        { 30, 24 * (30 + 10 / 12.0) / 7372800 },
        { 60, 24 * (60 + 10 / 12.0) / 7372800 },
        { 100, 24 * (100 + 10 / 12.0) / 7372800 },
        { 254, 24 * (254 + 10 / 12.0) / 7372800 },
    };

    for (unsigned i = 0; i < sizeof rates / sizeof rates[0]; i++) {
        sim_time half = (sim_time)(rates[i].period_s * 1e12 / 2);

        start();
        COMMAND(STK_SET_PARAMETER, STK_SCK_DURATION, rates[i].n);
        COMMAND(ENTER);
        ck_assert_uint_ge(tries[1].high_min, half);
        ck_assert_uint_ge(tries[1].low_min, half);
        if (i > 1) { /* the SPI hardware has powers of two only */
            ck_assert_uint_le(tries[1].high_max, half * 13 / 10 + 5 * SIM_US);
        }
        stop();
    }
}
END_TEST

/* The recovery clock: 1 MHz while programming mode is being entered, off again after. */
static unsigned clock_rises;
static sim_time clock_first, clock_last;

static void clock_changed(void *ctx, struct net *net, sim_time at)
{
    (void)ctx;
    if (net_level(net) != NET_1) {
        return;
    }
    if (!clock_rises++) {
        clock_first = at;
    }
    clock_last = at;
}

START_TEST(recovery_clock_on_the_pin)
{
    static struct net_watch watch;

    start();
    clock_rises = 0;
    net_watch_add(&clock1, &watch, NET_WATCH_EDGES, clock_changed, NULL);
    COMMAND(ENTER);
    ck_assert_uint_gt(clock_rises, 1000000);
    ck_assert_uint_eq((clock_last - clock_first) / (clock_rises - 1), SIM_US);
    ck_assert_uint_eq((clock_last - clock_first) % (clock_rises - 1), 0);
    ck_assert(all_released());
    net_watch_remove(&clock1, &watch);
    stop();
}
END_TEST

/* A host that stops in mid-message or in mid-session. */
START_TEST(vanished_host)
{
    static const uint8_t half[] = { STK_MESSAGE_START, 9, 0, 20, STK_TOKEN, 1, 2 };

    start();
    send(half, sizeof half);
    run(1500 * SIM_MS);
    COMMAND(STK_SIGN_ON);
    ck_assert_uint_eq(STATUS, STK_CMD_OK);
    /* poll index 0: nothing is checked, so the session begins without a target */
    COMMAND(0x10, 200, 100, 25, 32, 0, 0x53, 0, 0xac, 0x53, 0, 0);
    ck_assert_uint_eq(STATUS, STK_CMD_OK);
    ck_assert_int_eq(net_level(&reset), NET_0);
    ck_assert_int_eq(net_level(&led_programming), NET_1);
    run(19 * SIM_S);
    ck_assert_int_eq(net_level(&reset), NET_0);
    run(2 * SIM_S);
    ck_assert(all_released());
    ck_assert_int_eq(net_level(&led_programming), NET_0);
    stop();
}
END_TEST

/* ---- noise ---- */

/* Address in RAM of a variable or a mark of the linker, whatever the compiler adds to its name ("frame.1"). */
static unsigned symbol(const char *name)
{
    char line[200], sym[100];
    unsigned address = 0, found = 0;
    FILE *f;

    snprintf(line, sizeof line, "avr-nm '%s'", elf);
    f = popen(line, "r");
    ck_assert_ptr_nonnull(f);
    while (fgets(line, sizeof line, f)) {
        if (sscanf(line, "%x %*c %99s", &address, sym) == 2 && address >= 0x800000 &&
            strncmp(sym, name, strlen(name)) == 0 && (sym[strlen(name)] == 0 || sym[strlen(name)] == '.')) {
            found = address;
        }
    }
    pclose(f);
    ck_assert_msg(found != 0, "no symbol %s", name);
    return found & 0xffff;
}

static uint32_t random_state = 1;

static uint32_t draw(void)
{
    random_state = random_state * 1664525 + 1013904223;
    return random_state >> 8;
}

/* Some kind of bad message; the rare good one is harmless: there is no target. */
static size_t bad_message(uint8_t *m)
{
    uint8_t body[24];
    size_t n = 1 + draw() % 12, len;

    for (size_t i = 0; i < n; i++) {
        body[i] = (uint8_t)draw();
    }
    if (draw() % 2) {
        body[0] = (uint8_t)(1 + draw() % 0x1d);
    }
    if (body[0] == STK_ENTER_PROGMODE_ISP || body[0] == STK_LEAVE_PROGMODE_ISP) {
        body[0] = STK_SIGN_ON; /* takes two seconds: in the tests above */
    }
    if (body[0] == STK_GET_PARAMETER) {
        body[1] = 0x90; /* not the supply: 4 ms */
    }
    len = message(m, body, n);
    switch (draw() % 6) {
    case 0: /* checksum */ m[len - 1] ^= (uint8_t)(1 + draw() % 255); break;
    case 1: /* length */ m[2 + draw() % 2] = (uint8_t)draw(); break;
    case 2: /* truncated */ len = 1 + draw() % len; break;
    case 3: /* random stream */
        for (size_t i = 0; i < len; i++) {
            m[i] = (uint8_t)draw();
        }
        break;
    case 4: /* token */ m[4] = (uint8_t)draw(); break;
    default: /* unknown or short command, in good order */ break;
    }
    return len;
}

START_TEST(hundred_thousand_bad_messages)
{
    const unsigned frames = 100000;
    unsigned bss_end, frame_at, stack_low = 0x900;
    const uint8_t *data;
    uint8_t m[64];

    start();
    bss_end = symbol("__bss_end");
    frame_at = symbol("frame");
    data = mcu_board_data(uno);
    for (unsigned i = 0; i < frames; i++) {
        send(m, bad_message(m));
        while (at_queue < n_queue || tx.busy) {
            run(200 * SIM_US);
        }
        if (i % 5000 == 4999) {
            run(1100 * SIM_MS); /* an open message is dropped */
            COMMAND(STK_SIGN_ON);
            ck_assert_uint_eq(STATUS, STK_CMD_OK);
            ck_assert_int_eq(memcmp(answer + 8, "STK500_2", 8), 0);
        }
    }
    ck_assert_uint_eq(mcu_board_counters(uno).resets, 0);
    ck_assert_uint_eq(checker.notes, 0);
    /* RAM above the variables was never touched but by the stack: it is as it was at power-up */
    while (stack_low > bss_end && data[stack_low - 1] != 0) {
        stack_low--;
    }
    for (unsigned a = bss_end; a < bss_end + 512; a++) {
        ck_assert_msg(data[a] == 0, "0x%04x was written", a);
    }
    ck_assert_uint_gt(stack_low, bss_end + 512);
    ck_assert_uint_ge(frame_at, 0x100);
    ck_assert_uint_le(frame_at + STK_MAX_BODY, bss_end);

    /* the longest message there is fills the buffer to its last byte and no further */
    {
        static uint8_t body[STK_MAX_BODY];

        memset(body, 0x99, sizeof body);
        command(body, sizeof body);
        ck_assert_uint_eq(STATUS, STK_CMD_UNKNOWN);
        ck_assert_uint_eq(data[frame_at + STK_MAX_BODY - 1], 0x99);
        for (unsigned a = bss_end; a < bss_end + 512; a++) {
            ck_assert_uint_eq(data[a], 0);
        }
    }
    ck_assert(all_released());
    stop();
}
END_TEST

int main(int argc, char **argv)
{
    Suite *s = suite_create("limpisp_uno");
    TCase *c = tcase_create("uno");

    if (argc != 2) {
        fprintf(stderr, "usage: %s limpisp.elf\n", argv[0]);
        return EXIT_FAILURE;
    }
    elf = argv[1];
    tcase_set_timeout(c, 300);
    tcase_add_test(c, signs_on_and_says_so);
    tcase_add_test(c, rates_on_the_pins);
    tcase_add_test(c, sck_duration_on_the_pins);
    tcase_add_test(c, recovery_clock_on_the_pin);
    tcase_add_test(c, vanished_host);
    tcase_add_test(c, hundred_thousand_bad_messages);
    suite_add_tcase(s, c);
    return run_all(s);
}
