/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/board/ports.h"

/* RESET low so long when a capacitor of 100 nF pulls it down against the 10 k that hold it up. */
#define DTR_PULSE_PS SIM_MS

static void dtr_over(void *ctx, sim_time at_ps)
{
    struct bench_ports *p = ctx;

    (void)at_ps;
    net_open(&p->dtr);
}

void bench_ports_init(struct bench_ports *p, struct sim *sim, const struct scenario_board *board,
                      const struct bench_ports_nets *nets)
{
    p->sim = sim;
    serial_line_init(&p->line[BENCH_PORT_PROGRAMMER], sim, nets->txd, nets->rxd,
                     board->programmer.baud ? board->programmer.baud : 19200);
    p->has_target_line = board->target.uart.given;
    if (p->has_target_line)
        serial_line_init(&p->line[BENCH_PORT_TARGET], sim, nets->pd0, nets->pd1, board->target.uart.baud);
    net_attach(nets->reset, &p->dtr, "DTR through a capacitor");
    sim_event_init(&p->dtr_over, "DTR pulse over", dtr_over, p);
}

void bench_ports_free(struct bench_ports *p)
{
    serial_line_free(&p->line[0]);
    serial_line_free(&p->line[1]);
}

/* ---- the front end ---- */

static void answer(void *ctx, const uint8_t *bytes, size_t n)
{
    struct bench_ports *p = ctx;
    const struct serial_line *l = &p->line[BENCH_PORT_PROGRAMMER];

    for (size_t i = 0; i < n && l->byte; i++)
        l->byte(l->ctx, bytes[i], p->sim->now_ps);
}

void bench_ports_programmer(struct bench_ports *p, const struct scenario_board *board,
                            const struct programmer *programmer)
{
    if (!scenario_has_front_end(board))
        return;
    if (!p->has_front_end)
        stk500v1_server_init(&p->front_end, programmer, board->target.part, answer, p);
    else if (programmer != p->front_end.programmer)
        stk500v1_server_hang_up(&p->front_end);
    p->front_end.programmer = programmer;
    p->has_front_end = true;
}

/* NULL: the selected port is a line. */
static struct stk500v1_server *front_end(struct bench_ports *p)
{
    return p->has_front_end && p->selected == BENCH_PORT_PROGRAMMER ? &p->front_end : NULL;
}

/* ---- bench.h ---- */

bool bench_host_select(struct bench *b, enum bench_port port)
{
    struct bench_ports *p = bench_ports(b);

    if (port == BENCH_PORT_TARGET && !p->has_target_line)
        return false;
    p->selected = port;
    return true;
}

void bench_host_send(struct bench *b, const uint8_t *bytes, size_t n)
{
    struct bench_ports *p = bench_ports(b);

    if (front_end(p))
        stk500v1_server_take(&p->front_end, bytes, n, p->sim);
    else
        serial_line_send(&p->line[p->selected], bytes, n);
}

void bench_host_on_byte(struct bench *b, void (*byte)(void *, uint8_t, sim_time), void *ctx)
{
    struct bench_ports *p = bench_ports(b);

    p->line[p->selected].byte = byte;
    p->line[p->selected].ctx = ctx;
}

bool bench_host_baud(struct bench *b, uint32_t baud)
{
    struct bench_ports *p = bench_ports(b);

    return serial_line_baud(&p->line[p->selected], baud);
}

bool bench_host_open(struct bench *b)
{
    struct bench_ports *p = bench_ports(b);
    const struct scenario_board *board = &bench_scenario(b)->board;

    bench_host_closed(b); /* what the one before has left */
    if (front_end(p))
        p->front_end.complaint.text[0] = '\0';
    if (p->selected == BENCH_PORT_TARGET) {
        if (!board->target.uart.auto_reset)
            return false;
        net_drive(&p->dtr, NET_0, NET_STRONG);
        sim_schedule(p->sim, &p->dtr_over, p->sim->now_ps + DTR_PULSE_PS);
        return true;
    }
    if (!board->programmer.auto_reset)
        return false;
    bench_reset_programmer(b);
    return true;
}

void bench_host_closed(struct bench *b)
{
    struct bench_ports *p = bench_ports(b);

    if (front_end(p))
        stk500v1_server_hang_up(&p->front_end);
}

const char *bench_host_complaint(struct bench *b)
{
    struct bench_ports *p = bench_ports(b);

    return front_end(p) ? p->front_end.complaint.text : "";
}
