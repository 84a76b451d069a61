/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/live/live_loop.h"

#include <poll.h>
#include <string.h>
#include <time.h>

/*
 * QUANTUM: how often the ports are looked at while running flat out. IDLE_MS: the longest sleep, and so the
 * longest step of an idle board; ALONE_MS: while no program has a port open. REST_MS: the longest sleep while nobody
 * looks at all: a signal that came just before it is seen after it. LINE_BYTES: how many bytes may wait for the line.
 */
#define QUANTUM_PS SIM_MS
enum { IDLE_MS = 5, ALONE_MS = 200, REST_MS = 900, LINE_BYTES = LIVE_HELD_BYTES };

static uint64_t wall_ps(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * SIM_S + (uint64_t)t.tv_nsec * SIM_NS;
}

/* ---- a host that has heard nothing yet ---- */

/* How many times the bytes say again, and nothing else, what was said. */
static size_t repeats(const struct live_line *line, size_t said, const uint8_t *bytes, size_t n)
{
    if (!said || n % said) {
        return 0;
    }
    for (size_t i = 0; i < n; i += said) {
        if (memcmp(bytes + i, line->held, said) != 0) {
            return 0;
        }
    }
    return n / said;
}

/* Bytes for a chip that starts. */
static void hold(struct live_line *line, const uint8_t *bytes, size_t n)
{
    size_t again = repeats(line, line->n_held, bytes, n);
    if (again) {
        line->repeats += again;
        return;
    }
    if (n > sizeof line->held - line->n_held) {
        n = sizeof line->held - line->n_held; /* a chip's own buffer is no larger */
    }
    memcpy(line->held + line->n_held, bytes, n);
    line->n_held += n;
}

/*
 * What a program has said by now it said before it heard the first answer. Looked at only after that, avrdude's
 * repeated command would pass for one that it sends because of the answer, and be answered once too often.
 */
static void hold_unheard(struct live_loop *l, struct live_line *line)
{
    uint8_t bytes[LINE_BYTES];
    for (unsigned i = 0; i < l->n_ports; i++) {
        size_t n = l->ports[i].line == line->line ? host_port_read(l->ports[i].port, bytes, sizeof bytes) : 0;
        if (n && !repeats(line, line->n_said, bytes, n)) {
            line->held_of = &l->ports[i];
            hold(line, bytes, n);
        }
    }
}

/* More than 5 % apart, and no frame comes through: two of ten bits are half a bit off. */
static void judge_speed(struct live_loop *l, struct live_line *line, const struct live_port *lp, bool heard)
{
    uint32_t firmwares = board_programmer_baud(l->board), baud = lp->port->is_pty ? host_port_baud(lp->port) : 0;
    if (line->speed_judged || line->line != BOARD_PORT_PROGRAMMER || !firmwares || !baud) {
        return;
    }
    line->speed_judged = true;
    uint32_t apart = baud > firmwares ? baud - firmwares : firmwares - baud;
    if (l->wrong_speed && (uint64_t)apart * 20 > firmwares) {
        l->wrong_speed(l->ctx, lp->port, baud, firmwares, heard);
    }
}

static void got_byte(void *ctx, uint8_t value, sim_time at_ps)
{
    struct live_line *line = ctx;
    struct live_loop *l = line->loop;
    if (!line->host_heard && line->n_said) {
        hold_unheard(l, line);
    }
    line->host_heard = true;
    turn_taking_answered(&line->turn, at_ps);
    for (unsigned i = 0; i < l->n_ports; i++) {
        if (l->ports[i].line == line->line) {
            if (!line->speed_judged && l->ports[i].port->open) {
                judge_speed(l, line, &l->ports[i], true);
            }
            host_port_write(l->ports[i].port, value);
        }
    }
}

/* What the wall clock lets us go up to. */
static sim_time wall_due(const struct live_loop *l)
{
    return l->base_ps + (wall_ps() - l->wall_base_ps);
}

static void start_pace(struct live_loop *l)
{
    l->base_ps = board_now(l->board);
    l->wall_base_ps = wall_ps();
}

void live_init(struct live_loop *l)
{
    l->board_ports = board_ports(l->board);
    l->sck = board_net(l->board, "sck");
    for (unsigned i = 0; i < LIVE_LINES; i++) {
        struct live_line *line = &l->lines[i];
        *line = (struct live_line){ .loop = l, .line = i };
        turn_taking_init(&line->turn, &turn_taking_limits_default);
        if (board_ports_select(l->board_ports, i)) {
            board_ports_on_byte(l->board_ports, got_byte, line);
        }
    }
    board_ports_select(l->board_ports, BOARD_PORT_PROGRAMMER);
    l->slips = 0;
    start_pace(l);
}

/* What was held once the chip has started, then what was repeated meanwhile, one after the other. 0: nothing now. */
static size_t say_held(struct live_loop *l, struct live_line *line, uint8_t *bytes)
{
    sim_time now = board_now(l->board);
    size_t n = line->n_held;
    if (line->host_heard) {
        line->repeats = 0;
        line->n_said = 0;
    }
    if (!n && line->repeats && now - line->said_ps >= LIVE_REPEAT_PS) {
        line->repeats--;
        n = line->n_said;
    }
    if (n) {
        memcpy(bytes, line->held, n);
        line->n_said = n;
        line->n_held = 0;
        line->said_ps = now;
    }
    return n;
}

/* The first that a program says to a chip that has started: it may well be repeated before the answer is there. */
static void say_first(struct live_loop *l, struct live_line *line, const uint8_t *bytes, size_t n)
{
    line->n_said = n <= sizeof line->held ? n : 0;
    memcpy(line->held, bytes, line->n_said);
    line->said_ps = board_now(l->board);
}

/* The speed that the program has set, when it has: it may be one that listens first. */
static void take_speed(struct live_loop *l, struct live_port *lp)
{
    uint32_t baud = lp->port->open ? host_port_baud(lp->port) : 0;
    if (baud && baud != lp->set_baud && !board_ports_pending(l->board_ports)) {
        lp->set_baud = baud;
        board_ports_baud(l->board_ports, baud);
    }
}

/* The board's line of this port is selected. */
static void take_bytes(struct live_loop *l, const struct live_port *lp)
{
    struct live_line *line = &l->lines[lp->line];
    size_t waiting = board_ports_pending(l->board_ports);
    uint8_t bytes[LINE_BYTES];
    if (board_now(l->board) < line->boot_until_ps && !line->host_heard) {
        size_t n = host_port_read(lp->port, bytes, sizeof bytes);
        if (n) {
            line->held_of = lp;
            hold(line, bytes, n);
            line->wall_patience_ps = wall_ps() + LIVE_RETRY_PS;
        }
        return;
    }
    if (waiting >= LINE_BYTES) {
        return; /* the program feels it: its writes block */
    }
    size_t n = line->held_of == lp ? say_held(l, line, bytes) : 0;
    if (!n) {
        n = host_port_read(lp->port, bytes, LINE_BYTES - waiting);
        size_t again = repeats(line, line->n_said, bytes, n);
        if (again) {
            line->repeats += again;
            return;
        }
        if (n && !line->host_heard && line->boot_until_ps) {
            line->held_of = lp;
            say_first(l, line, bytes, n);
        }
    }
    if (!n) {
        return;
    }
    line->wall_patience_ps = 0;
    if (!waiting) {
        uint32_t baud = host_port_baud(lp->port);
        board_ports_baud(l->board_ports, baud ? baud : lp->baud); /* an impossible one: that of before stays */
    }
    judge_speed(l, line, lp, false);
    turn_taking_asked(&line->turn, board_now(l->board));
    board_ports_send(l->board_ports, bytes, n);
}

/*
 * What is in the port when the programmer is reset is lost: a program that came right after another can't be
 * told from it by its bytes.
 */
static void lose_bytes(struct host_port *p)
{
    uint8_t bytes[1024];
    for (size_t n, all = 0; all < HOST_PORT_LATE_BYTES && (n = host_port_read(p, bytes, sizeof bytes)); all += n) {
    }
}

static bool open_line(struct live_loop *l, struct live_port *lp)
{
    struct live_line *line = &l->lines[lp->line];
    lp->set_baud = 0;
    line->host_heard = line->speed_judged = false;
    line->n_held = line->n_said = line->repeats = 0;
    if (!board_ports_open(l->board_ports)) {
        return false;
    }
    lose_bytes(lp->port);
    line->wall_opened_ps = wall_ps();
    if (l->speed == LIVE_MAX) {
        line->boot_until_ps = board_now(l->board) + LIVE_BOOT_PS;
        line->wall_patience_ps = wall_ps() + LIVE_PATIENCE_PS;
    }
    return true;
}

static void look_at_port(struct live_loop *l, struct live_port *lp)
{
    struct host_port *p = lp->port;
    unsigned events = host_port_events(p);
    bool came = events & HOST_PORT_OPENED, went = events & HOST_PORT_CLOSED;
    if (went && p->open) { /* gone and back again between two looks */
        board_ports_closed(l->board_ports);
        if (l->went) {
            l->went(l->ctx, p);
        }
    }
    if (came) {
        bool reset = open_line(l, lp);
        if (l->came) {
            l->came(l->ctx, p, reset);
        }
    }
    take_speed(l, lp);
    take_bytes(l, lp);
    if (went && !p->open) {
        l->lines[lp->line].wall_patience_ps = 0;
        board_ports_closed(l->board_ports);
        if (l->went) {
            l->went(l->ctx, p);
        }
    }
}

static void look_at_ports(struct live_loop *l)
{
    for (unsigned i = 0; i < l->n_ports; i++) {
        board_ports_select(l->board_ports, l->ports[i].line);
        look_at_port(l, &l->ports[i]);
    }
    board_ports_select(l->board_ports, BOARD_PORT_PROGRAMMER);
}

/* Does something happen for which the wall clock need not be waited for? */
static bool may_run_ahead(struct live_loop *l, struct live_line *line)
{
    sim_time now = board_now(l->board);
    if (now < line->boot_until_ps) {
        return wall_ps() - line->wall_opened_ps > LIVE_SETTLE_PS;
    }
    return line->turn.answered || now - line->turn.last_ps < LIVE_AHEAD_PS ||
           (l->sck->changed_ps && now - l->sck->changed_ps < LIVE_AHEAD_PS);
}

/* Is anybody owed an answer, or still starting? *ahead: ... and the wall clock need not be waited for. */
static bool is_active(struct live_loop *l, bool *ahead)
{
    sim_time now = board_now(l->board);
    bool active = false;
    *ahead = false;
    for (unsigned i = 0; i < LIVE_LINES; i++) {
        struct live_line *line = &l->lines[i];
        if (!board_ports_select(l->board_ports, i)) {
            continue;
        }
        if (board_ports_pending(l->board_ports)) {
            turn_taking_line_busy(&line->turn, now);
            active = *ahead = true;
        }
        if (now < line->boot_until_ps || turn_taking_runs(&line->turn, now)) {
            active = true;
            *ahead |= may_run_ahead(l, line);
        }
    }
    board_ports_select(l->board_ports, BOARD_PORT_PROGRAMMER);
    return active;
}

/* Has somebody opened a port whose other end is ready now, and says nothing yet? */
static bool waits_for_host(struct live_loop *l)
{
    bool waits = false;
    for (unsigned i = 0; i < LIVE_LINES; i++) {
        struct live_line *line = &l->lines[i];
        if (line->wall_patience_ps && wall_ps() >= line->wall_patience_ps) {
            line->wall_patience_ps = 0;
        }
        waits |= line->wall_patience_ps && board_now(l->board) >= line->boot_until_ps;
    }
    return waits;
}

static void flush_ports(struct live_loop *l)
{
    for (unsigned i = 0; i < l->n_ports; i++) {
        host_port_flush(l->ports[i].port);
    }
}

static bool nobody_there(const struct live_loop *l)
{
    bool alone = true;
    for (unsigned i = 0; i < l->n_ports; i++) {
        alone &= !l->ports[i].port->open && l->ports[i].port->event_fd >= 0; /* else it must be looked at */
    }
    return alone;
}

/* Less than a second. False: nothing came. What a port holds until the wall clock has come that far ends no sleep. */
static bool sleep_until_something_comes(struct live_loop *l, uint64_t for_ps)
{
    struct pollfd f[2 * LIVE_MAX_PORTS];
    nfds_t n = 0;
    for (unsigned i = 0; i < l->n_ports; i++) {
        struct host_port *p = l->ports[i].port;
        board_ports_select(l->board_ports, l->ports[i].line);
        int events = (board_ports_pending(l->board_ports) < LINE_BYTES ? POLLIN : 0) | (p->full ? POLLOUT : 0);
        f[n++] = (struct pollfd){ p->event_fd, POLLIN, 0 };
        f[n++] = (struct pollfd){ p->open ? p->fd : -1, (short)events, 0 };
    }
    board_ports_select(l->board_ports, BOARD_PORT_PROGRAMMER);
    struct timespec t = { 0, (long)(for_ps / SIM_NS) };
    bool came = ppoll(f, n, &t, NULL) != 0;
    for (unsigned i = 0; i < l->n_ports; i++) {
        if (f[2 * i + 1].revents & POLLOUT) {
            host_port_flush(l->ports[i].port);
        }
    }
    return came;
}

static sim_time longest_step(const struct live_loop *l)
{
    return (nobody_there(l) ? ALONE_MS : IDLE_MS) * SIM_MS;
}

/* Runs the board up to due_ps. What takes more than wall_limit_ps of the wall clock's time is given up. */
static bool make_up(struct live_loop *l, sim_time due_ps, uint64_t wall_limit_ps, struct problem *err)
{
    const uint64_t begin_ps = wall_ps();

    while (board_now(l->board) < due_ps && wall_ps() - begin_ps < wall_limit_ps) {
        sim_time left = due_ps - board_now(l->board), step = ALONE_MS * SIM_MS;

        if (!board_run(l->board, left < step ? left : step, err)) {
            return false;
        }
    }
    return true;
}

/* Nobody looks and nobody talks: the time that goes by is owed, and run when somebody comes or a `wait` is over. */
static bool rest(struct live_loop *l, sim_time end_ps, struct problem *err)
{
    sim_time due = wall_due(l);
    bool came = false;

    while (!came && !*l->stop && due < end_ps) {
        uint64_t left = end_ps - due, most = REST_MS * SIM_MS;

        came = sleep_until_something_comes(l, left < most ? left : most);
        due = wall_due(l);
    }
    bool ok = *l->stop || make_up(l, due < end_ps ? due : end_ps, came ? LIVE_OWED_PS : LIVE_OWED_END_PS, err);
    start_pace(l);
    return ok;
}

/* Up to which simulated time the wall clock lets us go. */
static sim_time pace(struct live_loop *l)
{
    sim_time due = wall_due(l), now = board_now(l->board);
    if (due > now + LIVE_MAX_LAG_PS) {
        l->slips++;
        start_pace(l);
        return now;
    }
    return due;
}

bool live_run(struct live_loop *l, sim_time end_ps, struct problem *err)
{
    while (!*l->stop && board_now(l->board) < end_ps) {
        look_at_ports(l);
        if (l->looked) {
            l->looked(l->ctx);
        }
        sim_time now = board_now(l->board), until;
        bool ahead, active = is_active(l, &ahead);
        bool flat_out = active && ahead && l->speed == LIVE_MAX;
        if (!active && !l->watched && l->speed == LIVE_MAX && nobody_there(l)) {
            if (!rest(l, end_ps, err)) {
                return false;
            }
            continue;
        }
        if (!active && waits_for_host(l)) {
            sleep_until_something_comes(l, IDLE_MS * SIM_MS);
            start_pace(l);
            continue;
        }
        if (flat_out) {
            until = now + QUANTUM_PS;
        } else {
            sim_time step = active ? QUANTUM_PS : longest_step(l), due = pace(l);
            until = now + step;
            if (due < until) {
                sleep_until_something_comes(l, until - due < step ? until - due : step);
                continue;
            }
        }
        if (until > end_ps) {
            until = end_ps;
        }
        if (!board_run(l->board, until - now, err)) {
            return false;
        }
        if (flat_out) {
            start_pace(l);
        }
        flush_ports(l);
    }
    return true;
}
