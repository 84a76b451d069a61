/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/board/ports.h"

/* RESET low so long when a capacitor of 100 nF pulls it down against the 10 k that hold it up. */
#define DTR_PULSE_PS SIM_MS

static void dtr_over(void *ctx, sim_time at_ps)
{
    struct board_ports *p = ctx;

    (void)at_ps;
    net_open(&p->dtr);
}

void board_ports_init(struct board_ports *p, struct sim *sim, const struct scenario_board *board,
                      const struct board_ports_nets *nets)
{
    p->sim = sim;
    serial_line_init(&p->line[BOARD_PORT_PROGRAMMER], sim, nets->txd, nets->rxd,
                     board->programmer.baud ? board->programmer.baud : 19200);
    p->has_target_line = board->target.uart.given;
    if (p->has_target_line) {
        serial_line_init(&p->line[BOARD_PORT_TARGET], sim, nets->pd0, nets->pd1, board->target.uart.baud);
    }
    net_attach(nets->reset, &p->dtr, "DTR through a capacitor");
    sim_event_init(&p->dtr_over, "DTR pulse over", dtr_over, p);
}

void board_ports_free(struct board_ports *p)
{
    serial_line_free(&p->line[0]);
    serial_line_free(&p->line[1]);
}

/* ---- the front end ---- */

static void answer(void *ctx, const uint8_t *bytes, size_t n)
{
    struct board_ports *p = ctx;
    const struct serial_line *l = &p->line[BOARD_PORT_PROGRAMMER];

    for (size_t i = 0; i < n && l->byte; i++) {
        l->byte(l->ctx, bytes[i], p->sim->now_ps);
    }
}

void board_ports_programmer(struct board_ports *p, const struct scenario_board *board,
                            const struct programmer *programmer)
{
    if (!scenario_has_front_end(board)) {
        return;
    }
    if (!p->has_front_end) {
        stk500v1_server_init(&p->front_end, programmer, board->target.part, answer, p);
    } else if (programmer != p->front_end.programmer) {
        stk500v1_server_hang_up(&p->front_end);
    }
    p->front_end.programmer = programmer;
    p->has_front_end = true;
}

/* NULL: the selected port is a line. */
static struct stk500v1_server *front_end(struct board_ports *p)
{
    return p->has_front_end && p->selected == BOARD_PORT_PROGRAMMER ? &p->front_end : NULL;
}

/* ---- board.h ---- */

bool board_host_select(struct board *b, enum board_port port)
{
    struct board_ports *p = board_ports(b);

    if (port == BOARD_PORT_TARGET && !p->has_target_line) {
        return false;
    }
    p->selected = port;
    return true;
}

void board_host_send(struct board *b, const uint8_t *bytes, size_t n)
{
    struct board_ports *p = board_ports(b);

    if (front_end(p)) {
        stk500v1_server_take(&p->front_end, bytes, n, p->sim);
    } else {
        serial_line_send(&p->line[p->selected], bytes, n);
    }
}

void board_host_on_byte(struct board *b, void (*byte)(void *, uint8_t, sim_time), void *ctx)
{
    struct board_ports *p = board_ports(b);

    p->line[p->selected].byte = byte;
    p->line[p->selected].ctx = ctx;
}

bool board_host_baud(struct board *b, uint32_t baud)
{
    struct board_ports *p = board_ports(b);

    return serial_line_baud(&p->line[p->selected], baud);
}

bool board_host_open(struct board *b)
{
    struct board_ports *p = board_ports(b);
    const struct scenario_board *board = &board_scenario(b)->board;

    board_host_closed(b); /* what the one before has left */
    if (front_end(p)) {
        p->front_end.complaint.text[0] = '\0';
    }
    if (p->selected == BOARD_PORT_TARGET) {
        if (!board->target.uart.auto_reset) {
            return false;
        }
        net_drive(&p->dtr, NET_0, NET_STRONG);
        sim_schedule(p->sim, &p->dtr_over, p->sim->now_ps + DTR_PULSE_PS);
        return true;
    }
    if (!board->programmer.auto_reset) {
        return false;
    }
    board_reset_programmer(b);
    return true;
}

void board_host_closed(struct board *b)
{
    struct board_ports *p = board_ports(b);

    if (front_end(p)) {
        stk500v1_server_hang_up(&p->front_end);
    }
}

const char *board_host_complaint(struct board *b)
{
    struct board_ports *p = board_ports(b);

    return front_end(p) ? p->front_end.complaint.text : "";
}
