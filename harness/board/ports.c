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

void board_ports_init(struct board_ports *p, struct sim *sim, const struct board_ports_config *cfg)
{
    static const char *const names[BOARD_PORTS] = { "adapter of the programmer", "adapter of the target" };

    p->sim = sim;
    p->cfg = *cfg;
    for (unsigned i = 0; i < BOARD_PORTS; i++) {
        const struct board_port_config *port = &cfg->port[i];

        if (port->exists) {
            serial_line_init(&p->line[i], sim, port->rxd, port->txd, port->baud);
            serial_line_adapter(&p->line[i], &port->adapter, names[i]);
            p->line[i].number = (uint8_t)i;
            serial_line_judge(&p->line[i], cfg->checker);
        }
    }
    net_attach(cfg->target_reset, &p->dtr, "DTR through a capacitor");
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

void board_ports_front_end(struct board_ports *p, const struct part *part, const struct programmer *programmer)
{
    if (!p->has_front_end) {
        stk500v1_server_init(&p->front_end, programmer, part, answer, p);
    } else if (programmer != p->front_end.programmer) {
        stk500v1_server_hang_up(&p->front_end);
    }
    p->front_end.programmer = programmer;
    p->has_front_end = true;
}

/* Is the selected port no line? */
static bool leads_to_front_end(const struct board_ports *p)
{
    return p->has_front_end && p->selected == BOARD_PORT_PROGRAMMER;
}

/* ---- the selected port ---- */

bool board_ports_select(struct board_ports *p, enum board_port port)
{
    if (!p->cfg.port[port].exists) {
        return false;
    }
    p->selected = port;
    return true;
}

void board_ports_listen(struct board_ports *p, const struct board_ports_tap *tap)
{
    p->tap = *tap;
}

static void tell(const struct board_ports *p, enum board_port_act act, const uint8_t *bytes, size_t n, uint32_t baud)
{
    if (p->tap.did) {
        p->tap.did(p->tap.ctx, p->selected, act, p->sim->now_ps, bytes, n, baud);
    }
}

void board_ports_send(struct board_ports *p, const uint8_t *bytes, size_t n)
{
    tell(p, BOARD_PORT_SENT, bytes, n, 0);
    if (leads_to_front_end(p)) {
        stk500v1_server_take(&p->front_end, bytes, n, p->sim);
    } else {
        serial_line_send(&p->line[p->selected], bytes, n);
    }
}

size_t board_ports_pending(const struct board_ports *p)
{
    return serial_line_pending(&p->line[p->selected]);
}

void board_ports_discard(struct board_ports *p)
{
    serial_line_discard(&p->line[p->selected]);
}

void board_ports_on_byte(struct board_ports *p, void (*byte)(void *, uint8_t, sim_time), void *ctx)
{
    p->line[p->selected].byte = byte;
    p->line[p->selected].ctx = ctx;
}

bool board_ports_baud(struct board_ports *p, uint32_t baud)
{
    tell(p, BOARD_PORT_SPEED, NULL, 0, baud);
    return serial_line_baud(&p->line[p->selected], baud);
}

static void hang_up(struct board_ports *p)
{
    if (leads_to_front_end(p)) {
        stk500v1_server_hang_up(&p->front_end);
    }
}

bool board_ports_open(struct board_ports *p)
{
    tell(p, BOARD_PORT_OPENED, NULL, 0, 0);
    hang_up(p); /* what the one before has left */
    if (leads_to_front_end(p)) {
        p->front_end.complaint.text[0] = '\0';
    }
    if (!p->cfg.port[p->selected].auto_reset) {
        return false;
    }
    if (p->selected == BOARD_PORT_TARGET) {
        net_drive(&p->dtr, NET_0, NET_STRONG);
        sim_schedule(p->sim, &p->dtr_over, p->sim->now_ps + DTR_PULSE_PS);
    } else {
        p->cfg.reset_programmer(p->cfg.ctx);
    }
    return true;
}

bool board_ports_format(struct board_ports *p, const struct uart_format *f, uint32_t baud)
{
    return leads_to_front_end(p) || serial_line_format(&p->line[p->selected], f, baud);
}

void board_ports_break(struct board_ports *p, bool on)
{
    if (!leads_to_front_end(p)) {
        serial_line_break(&p->line[p->selected], on);
    }
}

void board_ports_dtr(struct board_ports *p, bool active)
{
    if (active && !p->dtr_active[p->selected]) {
        board_ports_open(p);
    }
    p->dtr_active[p->selected] = active;
}

bool board_ports_busy(const struct board_ports *p)
{
    return !leads_to_front_end(p) && serial_line_busy(&p->line[p->selected]);
}

void board_ports_closed(struct board_ports *p)
{
    tell(p, BOARD_PORT_CLOSED, NULL, 0, 0);
    hang_up(p);
}

const char *board_ports_complaint(const struct board_ports *p)
{
    return leads_to_front_end(p) ? p->front_end.complaint.text : "";
}
