/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/serial/serial_line.h"

#include "sim/memory.h"
#include "sim/notes.h"

#include <stdlib.h>
#include <string.h>

#include "sim/rng.h"

static void drive(struct serial_line *l, bool high)
{
    net_drive(&l->txd, high ? NET_1 : NET_0, l->behind_resistor ? NET_PULL : NET_STRONG);
}

static void set_level(void *ctx, bool mark)
{
    struct serial_line *l = ctx;

    l->mark = mark;
    drive(l, mark && !l->is_break);
}

static void note(struct serial_line *l, sim_time at_ps, sim_time end_ps, bool from_host, uint8_t value)
{
    if (l->sim->notes) {
        notes_byte(l->sim->notes, &(struct note_byte){ at_ps, end_ps, l->number, from_host, value });
    }
}

static void send_next(struct serial_line *l, sim_time at_ps)
{
    if (l->tx.busy || l->at == l->released) {
        return;
    }
    note(l, at_ps, at_ps + uart_frame_ps(&l->format), true, l->queue[l->at]);
    uint8_t byte = l->queue[l->at++];
    serial_frames_spoil(&l->frames, &l->format, l->faults);
    uart_tx_start(&l->tx, &l->format, byte, at_ps);
    serial_frames_sending(&l->frames, byte, l->is_break);
    l->spoke = l->format;
    if (l->at == l->n) {
        l->at = l->released = l->n = 0;
        sim_wake(l->sim);
    }
}

static void release(void *ctx, sim_time at_ps)
{
    struct serial_line *l = ctx;

    l->released = l->n;
    send_next(l, at_ps);
}

static void sent(void *ctx, sim_time at_ps)
{
    struct serial_line *l = ctx;

    send_next(l, at_ps);
    if (!l->tx.busy) {
        if (l->tx.is_spoilt) {
            set_level(l, true); /* a stop bit that was sent as 0 is over */
        }
        sim_wake(l->sim); /* for who drains */
    }
}

static void broken(void *ctx)
{
    struct serial_line *l = ctx;

    if (!l->is_break) {
        serial_frames_broken(&l->frames);
    }
}

static void line_changed(void *ctx, struct net *net, sim_time at_ps)
{
    struct serial_line *l = ctx;

    (void)at_ps;
    serial_frames_level(&l->frames, net_is_high(net, true), l->faults);
}

static bool can_take(void *ctx, const struct net_wave *frame)
{
    const struct serial_line *l = ctx;

    return !serial_faults_spoils_frames(l->faults) && uart_rx_can_take(&l->rx, frame);
}

static void take(void *ctx, const struct net_wave *frame)
{
    uart_rx_take(&((struct serial_line *)ctx)->rx, frame);
}

static void lose(void *ctx, bool level, sim_time since_ps)
{
    uart_rx_lose(&((struct serial_line *)ctx)->rx, level, since_ps);
}

static const struct net_frame_taker frames = { can_take, take, lose };

/* ---- from the line to the program ---- */

/* All that the adapter holds leaves it now. */
static void send_packet(struct serial_line *l, sim_time at_ps)
{
    l->n_on_way = l->n_came;
    if (!sim_event_pending(&l->arrive)) {
        sim_schedule(l->sim, &l->arrive, at_ps + l->adapter.in_ps);
    }
}

static void ticked(void *ctx, sim_time at_ps)
{
    send_packet(ctx, at_ps);
}

static void arrived(void *ctx, sim_time at_ps)
{
    struct serial_line *l = ctx;
    size_t n = l->n_on_way;

    for (size_t i = 0; i < n && l->byte; i++) {
        l->byte(l->ctx, l->came[i], at_ps);
    }
    sim_wake(l->sim);
    l->n_came -= n;
    l->n_on_way -= n;
    memmove(l->came, l->came + n, l->n_came);
}

static void hold(struct serial_line *l, uint8_t byte, sim_time at_ps)
{
    const struct adapter *a = &l->adapter;

    if (l->n_came == l->cap_came) {
        l->cap_came = l->cap_came ? 2 * l->cap_came : 256;
        l->came = realloc(l->came, l->cap_came);
        if (!l->came) {
            abort(); /* out of memory */
        }
    }
    l->came[l->n_came++] = byte;
    if (!a->tick_ps || (a->packet_bytes && l->n_came - l->n_on_way >= a->packet_bytes)) {
        sim_cancel(l->sim, &l->tick);
        if (a->packet_restarts) {
            l->tick_base_ps = at_ps;
        }
        send_packet(l, at_ps);
    } else if (!sim_event_pending(&l->tick)) {
        sim_time periods = at_ps > l->tick_base_ps ? (at_ps - l->tick_base_ps) / a->tick_ps + 1 : 0;

        sim_schedule(l->sim, &l->tick, l->tick_base_ps + periods * a->tick_ps);
    }
}

static void came(struct serial_line *l, uint8_t byte, sim_time at_ps)
{
    if (l->adapter.tick_ps || l->adapter.in_ps) {
        hold(l, byte, at_ps);
    } else {
        l->byte(l->ctx, byte, at_ps);
        sim_wake(l->sim); /* whoever waits for it looks */
    }
}

static void received(void *ctx, const struct uart_frame *f)
{
    struct serial_line *l = ctx;
    uint8_t bytes[2] = { (uint8_t)f->data };
    unsigned n = 1;

    note(l, f->start_ps, f->at_ps, false, (uint8_t)f->data);
    l->n_received += !f->is_break;
    l->moved_ps = f->at_ps;
    serial_frames_received(&l->frames, f);
    if (!l->byte || f->is_break) {
        return;
    }
    if (l->faults) {
        n = serial_faults_take(l->faults, SERIAL_TO_HOST, f->at_ps, bytes[0], bytes);
    }
    for (unsigned i = 0; i < n; i++) {
        came(l, bytes[i], f->at_ps);
    }
}

void serial_line_init(struct serial_line *l, struct sim *sim, struct net *to, struct net *from, uint32_t baud)
{
    memset(l, 0, sizeof *l);
    l->sim = sim;
    l->mark = true;
    l->format = l->spoke = uart_8n1(baud);
    net_attach(to, &l->txd, "host TXD");
    net_driver_by_events(&l->txd);
    net_drive(&l->txd, NET_1, NET_STRONG);
    uart_tx_init(&l->tx, sim, set_level, sent, l);
    uart_tx_drives(&l->tx, &l->txd);
    l->tx.broken = broken;
    uart_rx_init(&l->rx, sim, &l->format, received, l);
    serial_frames_init(&l->frames, &l->tx, &l->rx);
    serial_line_connect(l, to, from);
    uart_rx_enable(&l->rx, true);
    sim_event_init(&l->release, "adapter: bytes for the line", release, l);
    sim_event_init(&l->tick, "adapter: timer", ticked, l);
    sim_event_init(&l->arrive, "adapter: bytes for the program", arrived, l);
}

void serial_line_connect(struct serial_line *l, struct net *to, struct net *from)
{
    serial_frames_connect(&l->frames, to, from);
    if (l->txd.net != to) {
        net_move(&l->txd, to, "host TXD");
    }
    if (net_watch_move(&l->from, from, &l->rxd, NET_WATCH_EDGES, line_changed, l)) {
        l->rxd.frames = &frames;
        uart_rx_level(&l->rx, net_is_high(from, true));
    }
}

void serial_line_adapter(struct serial_line *l, const struct adapter *adapter, const char *name)
{
    struct sim_rng rng = sim_rng_stream(l->sim->seed, name);

    l->adapter = *adapter;
    l->tick_base_ps = adapter->tick_ps ? sim_rng_below(&rng, adapter->tick_ps) : 0;
}

void serial_line_judge(struct serial_line *l, struct checker *checker)
{
    l->frames.checker = checker;
}

void serial_line_faults(struct serial_line *l, struct serial_faults *faults)
{
    l->faults = faults;
    uart_rx_enable(&l->frames.sent, serial_faults_spoils_frames(faults));
}

void serial_line_free(struct serial_line *l)
{
    free(l->queue);
    free(l->came);
    l->queue = l->came = NULL;
}

void serial_line_send(struct serial_line *l, const uint8_t *bytes, size_t n)
{
    size_t had = l->n;

    l->n_sent += n;
    l->moved_ps = l->sim->now_ps;
    if (l->n + 2 * n > l->cap) { /* each may come twice */
        l->cap = (l->n + 2 * n) * 2;
        l->queue = memory_grown(l->queue, l->cap, 1);
    }
    if (l->faults) {
        for (size_t i = 0; i < n; i++) {
            l->n += serial_faults_take(l->faults, SERIAL_TO_BOARD, l->sim->now_ps, bytes[i], l->queue + l->n);
        }
    } else if (n) {
        memcpy(l->queue + l->n, bytes, n);
        l->n += n;
    }
    if (l->n == had) {
        return;
    }
    if (!l->adapter.out_ps) {
        release(l, l->sim->now_ps);
    } else if (!sim_event_pending(&l->release)) { /* what is written while this is on its way comes with it */
        sim_schedule(l->sim, &l->release, l->sim->now_ps + l->adapter.out_ps);
    }
}

size_t serial_line_pending(const struct serial_line *l)
{
    return l->n - l->at;
}

void serial_line_discard(struct serial_line *l)
{
    l->at = l->released = l->n = 0;
    sim_wake(l->sim);
}

bool serial_line_baud(struct serial_line *l, uint32_t baud)
{
    if (baud < SERIAL_MIN_BAUD || baud > SERIAL_MAX_BAUD) {
        return false;
    }
    l->format = uart_8n1(baud);
    l->rx.format = l->format;
    return true;
}

bool serial_line_format(struct serial_line *l, const struct uart_format *f, uint32_t baud)
{
    if (baud < SERIAL_MIN_BAUD || baud > SERIAL_MAX_BAUD) {
        return false;
    }
    l->format = *f;
    l->rx.format = *f;
    return true;
}

void serial_line_behind_resistor(struct serial_line *l)
{
    l->behind_resistor = true;
    drive(l, l->mark && !l->is_break);
}

bool serial_line_busy(const struct serial_line *l)
{
    return l->tx.busy || l->is_break;
}

void serial_line_break(struct serial_line *l, bool on)
{
    l->is_break = on;
    serial_frames_covered(&l->frames);
    drive(l, l->mark && !on);
}
