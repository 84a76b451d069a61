/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/hosts/miniframe.h"

#include "sim/memory.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define SETTLE_BITS 8
#define MAX_CHARACTERS 32              /* of an instruction: one per bit at most */
#define LINE_SETTLES_PS (200 * SIM_US) /* after RTS has switched the discriminator */

const struct host_miniframe_config host_miniframe_default = {
    .baud = 115200,
    .code = { .cells = 4, .data_bits = 6 },
    .reply = MINIFRAME_REPLY_DUPLEX,
    .entry = MINIFRAME_COLD,
    .settle_first = true,
    .t_supply_ps = 20 * SIM_MS,
    .t_pulse_ps = 2 * SIM_MS,
    .t_enter_ps = 21 * SIM_MS,
    .t_silence_ps = 1100 * SIM_MS,
    .tries = 3,
    .waits.flash_ps = 5 * SIM_MS,
    .waits.eeprom_ps = 4 * SIM_MS,
    .waits.erase_ps = 10 * SIM_MS,
    .waits.fuse_ps = 5 * SIM_MS,
    .poll = true,
};

bool host_miniframe_check(const struct host_miniframe_config *c, struct problem *err)
{
    if (!miniframe_code_check(&c->code, err) || (c->fast.cells && !miniframe_code_check(&c->fast, err))) {
        return false;
    }
    if (c->fast_too_early && !c->fast.cells) {
        return problem_set(err,
                           "fast_too_early is about other frames for writing: give it write_frame_bits, and an r3");
    }
    if (c->baud < 50 || c->baud > 10000000) {
        return problem_set(err, "the baud rate must be 50 to 10 000 000");
    }
    if (c->baud_error_ppm < -500000 || c->baud_error_ppm > 500000) {
        return problem_set(err, "the baud error must be -50 %% to 50 %%");
    }
    if (c->reply != MINIFRAME_REPLY_ONES && c->code.cells != 4) {
        return problem_set(err, "3-bit frames have no duplex form: reply with ones");
    }
    if (c->reply != MINIFRAME_REPLY_ONES && c->entry == MINIFRAME_STREAM) {
        return problem_set(err, "the TX/RX-only circuit has no duplex form: its second rise triggers again");
    }
    if (c->entry == MINIFRAME_STREAM && c->code.cells != 4) {
        return problem_set(err, "the TX/RX-only circuit takes 4-bit frames");
    }
    if (c->entry == MINIFRAME_STREAM && c->code.data_bits == 7) {
        return problem_set(
            err,
            "the TX/RX-only circuit takes 6N1 or 8N1: nine cells of 7N1 can't rise every other cell without a gap");
    }
    return true;
}

struct host_miniframe {
    struct isp_wire wire; /* first: isp_algorithm.h */
    struct host_miniframe_board b;
    struct host_miniframe_config cfg;
    struct uart_tx tx;
    struct uart_rx rx;
    struct uart_format format;
    sim_time cell_ps, frame_ps;        /* one bit, one whole character */
    const struct miniframe_code *code; /* in use */
    struct vline_watch rx_watch;
    struct net_watch sck_watch;
    struct isp_decoder decoder;
    bool in_session, first; /* first: no character since the latch was set */

    /* the instruction that is being sent */
    struct {
        unsigned n;
        uint8_t value[MAX_CHARACTERS], bits[MAX_CHARACTERS];
        sim_time start_ps[MAX_CHARACTERS];
        unsigned sent;
    } out;
    struct {           /* what came back beside each of them */
        uint32_t came; /* a bit for each */
        uint8_t value[MAX_CHARACTERS];
    } in;
    sim_time character_ps; /* start of the one on the line */
    sim_time lead_ps;      /* from there to the 0 V crossing of its start edge */
    sim_time last_end_ps;  /* when the line is free for the next one */
    unsigned rises;        /* of SCK in this instruction */
};

static bool run_until(struct host_miniframe *h, sim_time t_ps, struct problem *err)
{
    struct sim *sim = h->b.sim;
    if (t_ps > sim->now_ps) {
        sim_run_until(sim, t_ps);
    }
    return !sim->fault[0] || problem_set(err, "the simulation can't go on: %s", sim->fault);
}

static bool wait(void *ctx, sim_time d_ps, struct problem *err)
{
    struct host_miniframe *h = ctx;
    return run_until(h, h->b.sim->now_ps + d_ps, err);
}

/* ---- serial port ---- */

static void tx_set(void *ctx, bool mark)
{
    struct host_miniframe *h = ctx;
    rs232_line_set(h->b.tx, !mark);
}

static void send_next(struct host_miniframe *h, sim_time earliest_ps)
{
    unsigned i = h->out.sent;
    if (i == h->out.n) {
        return;
    }
    h->character_ps = earliest_ps > h->b.sim->now_ps ? earliest_ps : h->b.sim->now_ps;
    h->last_end_ps = h->character_ps + h->frame_ps + h->cfg.gap_ps;
    if (h->first && h->cfg.settle_first) {
        h->last_end_ps += SETTLE_BITS * h->cell_ps;
    }
    h->first = false;
    h->out.start_ps[i] = h->character_ps + h->lead_ps;
    h->out.sent++;
    uart_tx_start(&h->tx, &h->format, h->out.value[i], h->character_ps);
}

static void tx_done(void *ctx, sim_time at_ps)
{
    (void)at_ps;
    struct host_miniframe *h = ctx;
    send_next(h, h->last_end_ps);
}

/*
 * A received character belongs to the one that was sent last before it began. Counting alone would not do: after a
 * break nothing may come back for the first one, and a slow line brings the last one when the instruction is over.
 */
static void rx_frame(void *ctx, const struct uart_frame *f)
{
    struct host_miniframe *h = ctx;
    unsigned n = h->out.sent;
    while (n > 0 && h->out.start_ps[n - 1] > f->start_ps + h->cell_ps / 2) {
        n--;
    }
    if (n > 0 && !f->is_break && !(h->in.came >> (n - 1) & 1)) {
        h->in.came |= UINT32_C(1) << (n - 1);
        h->in.value[n - 1] = (uint8_t)f->data;
    }
}

static void rx_changed(void *ctx, struct vline *line, sim_time at_ps)
{
    (void)at_ps;
    struct host_miniframe *h = ctx;
    uart_rx_level(&h->rx, line->mv < h->b.rx_threshold_mv);
}

static void use_code(struct host_miniframe *h, const struct miniframe_code *code)
{
    h->code = code;
    h->format = uart_8n1(h->cfg.baud);
    h->format.bit_num = SIM_S * 2;
    h->format.bit_den = 2 * (uint64_t)h->cfg.baud * (uint64_t)(1000000 + h->cfg.baud_error_ppm) / 1000000;
    h->format.data_bits = code->data_bits;
    h->rx.format = h->format;
    h->cell_ps = h->format.bit_num / h->format.bit_den;
    h->frame_ps = uart_frame_ps(&h->format);
}

/* ---- findings ---- */

static void sck_changed(void *ctx, struct net *net, sim_time at_ps)
{
    struct host_miniframe *h = ctx;
    sim_time start = h->character_ps + h->lead_ps;
    if (net->level != NET_1 || !h->in_session || !h->out.sent || at_ps < start) {
        return;
    }
    h->rises++;
    sim_time cell = h->cell_ps, frame = h->code->cells * cell, in = at_ps - start;
    in = in < frame ? in : in < 2 * frame ? in - frame : in % frame;
    checker_at_least(h->b.checker, CHECK_FRAME_EARLY, at_ps, (int64_t)cell, (int64_t)in);
    checker_at_least(h->b.checker, CHECK_FRAME_LATE, at_ps, 0, (int64_t)(frame - cell) - (int64_t)in);
}

static void report_missed(struct host_miniframe *h)
{
    if (h->b.checker && h->rises < 32) {
        checker_report(h->b.checker, CHECK_FRAME_MISSED, h->b.sim->now_ps, NULL, 32, h->rises);
    }
}

/* ---- instructions ---- */

static void queue_word(struct host_miniframe *h, uint32_t word, bool answers)
{
    unsigned per = h->cfg.one_bit_characters ? 1 : miniframe_code_bits(h->code);
    h->out.n = h->out.sent = 0;
    h->in.came = 0;
    for (unsigned left = 32; left;) {
        unsigned n = per < left ? per : left;
        bool reply = answers && (h->cfg.reply == MINIFRAME_REPLY_ALL_DUPLEX ||
                                 (h->cfg.reply == MINIFRAME_REPLY_DUPLEX && left <= 16));
        left -= n;
        unsigned i = h->out.n++;
        h->out.bits[i] = (uint8_t)n;
        h->out.value[i] = (uint8_t)miniframe_encode(h->code,
                                                    reply && h->code->cells == 4 ? MINIFRAME_DUPLEX : MINIFRAME_WRITE,
                                                    word >> left & ((1u << n) - 1), n);
    }
}

/* A character that did not come back leaves ones: the line was idle. */
static uint32_t received_word(const struct host_miniframe *h)
{
    uint32_t word = 0;
    for (unsigned i = 0; i < h->out.n; i++) {
        unsigned n = h->out.bits[i], ones = (1u << n) - 1;
        word = word << n | (h->in.came >> i & 1 ? miniframe_decode(h->code, h->in.value[i], n) : ones);
    }
    return word;
}

static void listen(struct host_miniframe *h, bool on)
{
    if (on != h->rx.enabled) {
        if (h->b.circuit) {
            miniframe_listen(h->b.circuit, on);
        }
        uart_rx_enable(&h->rx, on);
    }
}

static bool send_word(struct host_miniframe *h, uint32_t word, bool answers, struct problem *err)
{
    listen(h, answers);
    queue_word(h, word, answers);
    h->rises = 0;
    send_next(h, h->last_end_ps);
    while (h->out.sent < h->out.n || h->tx.busy) {
        if (!run_until(h, h->character_ps + h->frame_ps, err)) {
            return false;
        }
    }
    if (h->rx.receiving && !wait(h, h->frame_ps, err)) { /* the last one comes back a ramp and some gates late */
        return false;
    }
    report_missed(h);
    return true;
}

static bool exchange(struct host_miniframe *h, const uint8_t send[4], uint8_t answer[4], bool all, struct problem *err)
{
    uint32_t word = (uint32_t)send[0] << 24 | (uint32_t)send[1] << 16 | (uint32_t)send[2] << 8 | send[3];
    const struct isp_code *row = isp_code_of(&h->decoder, word);
    bool answers = all || !row || row->o_mask || row->op == ISP_PROGRAMMING_ENABLE; /* unknown: it may */
    if (row && h->cfg.reply == MINIFRAME_REPLY_ONES) { /* TX low in their cells, or RX would not show MISO */
        word = h->code->inverted ? word & ~row->ignored : word | row->ignored;
    }
    if (!send_word(h, word, answers, err)) {
        return false;
    }
    word = received_word(h);
    for (unsigned i = 0; i < 4; i++) {
        answer[i] = (uint8_t)(word >> (24 - 8 * i));
    }
    return true;
}

static bool transfer(void *ctx, const uint8_t send[4], uint8_t answer[4], struct problem *err)
{
    return exchange(ctx, send, answer, false, err);
}

/* ---- sessions ---- */

static void set_reset(struct host_miniframe *h, bool low)
{
    rs232_line_set(h->b.dtr, low != h->cfg.dtr_low_resets);
    h->first |= !low;
}

/* RTS low makes the period short where the discriminator is fitted; memories are written so. */
static bool set_fast(void *ctx, bool fast, struct problem *err)
{
    struct host_miniframe *h = ctx;
    if (!h->cfg.fast.cells || (h->code == &h->cfg.fast) == fast) {
        return true;
    }
    rs232_line_set(h->b.rts, !fast);
    use_code(h, fast ? &h->cfg.fast : &h->cfg.code);
    h->wire.poll = h->cfg.poll && !fast; /* no reading in 3-bit frames */
    return wait(h, LINE_SETTLES_PS, err);
}

/* Characters without a gap, a rise every two cells, until the target has been in reset for long enough. */
static bool stream(struct host_miniframe *h, struct problem *err)
{
    uint8_t character = h->code->data_bits == 8 ? 0x55 : 0x15;
    h->first = false;
    for (sim_time end = h->b.sim->now_ps + h->cfg.t_enter_ps; h->b.sim->now_ps < end;) {
        h->out.n = 1;
        h->out.sent = 0;
        h->out.value[0] = character;
        send_next(h, h->last_end_ps);
        if (!run_until(h, h->last_end_ps, err)) {
            return false;
        }
    }
    h->first = true; /* of the frames: RX has been high with MISO until now */
    return true;
}

static bool open_lines(struct host_miniframe *h, struct problem *err)
{
    if (!h->b.rts) {
        return true;
    }
    rs232_line_set(h->b.rts, true);
    set_reset(h, h->cfg.entry == MINIFRAME_REOPENED);
    return wait(h, h->cfg.t_supply_ps, err);
}

static bool reset_pulse(struct host_miniframe *h, struct problem *err)
{
    if (!h->b.dtr) {
        return wait(h, h->cfg.t_silence_ps, err);
    }
    set_reset(h, false);
    return wait(h, h->cfg.t_pulse_ps, err);
}

static bool to_programming_mode(struct host_miniframe *h, struct problem *err)
{
    if (!h->b.dtr) {
        return stream(h, err);
    }
    set_reset(h, true);
    if (h->cfg.fast.cells && h->cfg.fast_too_early) {
        rs232_line_set(h->b.rts, false);
    }
    return wait(h, h->cfg.t_enter_ps, err);
}

static bool leave(void *ctx, struct problem *err)
{
    struct host_miniframe *h = ctx;
    if (!h->in_session) {
        return true;
    }
    h->in_session = false;
    if (!h->b.dtr) {
        return wait(h, h->cfg.t_silence_ps, err);
    }
    if (!set_fast(h, false, err)) {
        return false;
    }
    set_reset(h, false);
    if (!wait(h, h->cfg.t_pulse_ps, err)) {
        return false;
    }
    rs232_line_set(h->b.rts, false);
    return wait(h, LINE_SETTLES_PS, err);
}

static bool enter(void *ctx, struct problem *err)
{
    struct host_miniframe *h = ctx;
    static const uint8_t enable[4] = { 0xac, 0x53, 0, 0 };
    uint8_t answer[4];

    use_code(h, &h->cfg.code);
    h->in_session = true;
    if (!open_lines(h, err)) {
        return false;
    }
    for (unsigned i = 0; i == 0 || i < h->cfg.tries; i++) {
        bool pulse = i > 0 || h->cfg.entry == MINIFRAME_REOPENED;
        if (pulse && !reset_pulse(h, err)) {
            return false;
        }
        if (!to_programming_mode(h, err) || !transfer(h, enable, answer, err)) {
            return false;
        }
        if (h->cfg.tries == 0 || answer[2] == 0x53) {
            return true;
        }
    }
    return isp_no_answer(answer, err);
}

static void abandon(void *ctx)
{
    struct host_miniframe *h = ctx;
    uart_tx_abort(&h->tx);
    h->out.n = h->out.sent = 0;
    h->in_session = false;
    rs232_line_set(h->b.tx, false);
    if (h->b.dtr) { /* the tty is closed: both lines fall */
        rs232_line_set(h->b.dtr, false);
        rs232_line_set(h->b.rts, false);
    }
}

static bool spi(void *ctx, const uint8_t send[4], uint8_t answer[4], struct problem *err)
{
    struct host_miniframe *h = ctx;
    return set_fast(h, false, err) && exchange(h, send, answer, true, err);
}

static void free_host(void *ctx)
{
    struct host_miniframe *h = ctx;
    uart_tx_abort(&h->tx);
    uart_rx_enable(&h->rx, false);
    vline_watch_remove(h->b.rx_line, &h->rx_watch);
    if (h->b.checker) {
        net_watch_remove(h->b.sck, &h->sck_watch);
    }
    free(h);
}

static const struct programmer_ops ops = {
    .name = "miniframe",
    .enter = enter,
    .leave = leave,
    ISP_ALGORITHM_OPS,
    .spi = spi,
    .abandon = abandon,
    .free = free_host,
};

struct programmer host_miniframe_new(const struct host_miniframe_board *board, const struct host_miniframe_config *cfg)
{
    assert(host_miniframe_check(cfg, &(struct problem){ "" }));
    struct host_miniframe *h = memory_zeroed(1, sizeof *h);
    h->b = *board;
    h->cfg = *cfg;
    h->first = true;
    h->lead_ps = rs232_line_lead_ps(board->tx, true);
    uart_tx_init(&h->tx, board->sim, tx_set, tx_done, h);
    struct uart_format f = uart_8n1(cfg->baud);
    uart_rx_init(&h->rx, board->sim, &f, rx_frame, h);
    use_code(h, &h->cfg.code);
    isp_decoder_init(&h->decoder, board->part);
    uart_rx_level(&h->rx, board->rx_line->mv < board->rx_threshold_mv);
    vline_watch_add(board->rx_line, &h->rx_watch, rx_changed, h);
    if (board->checker) {
        net_watch_add(board->sck, &h->sck_watch, NET_WATCH_EDGES, sck_changed, h);
    }
    h->wire = (struct isp_wire){
        .part = board->part,
        .ctx = h,
        .transfer = transfer,
        .wait = wait,
        .prepare = set_fast,
        .poll = cfg->poll,
        .waits = cfg->waits,
    };
    return (struct programmer){ &ops, h };
}
