/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/exec/devices.h"

#include "harness/parts/programmer.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/*
 * What a call costs. A system call takes some microseconds with the driver's work; the modem lines of a USB adapter
 * are a control transfer, which waits for a frame of the bus. Both assumed: docs/fidelity.md.
 */
#define SYSTEM_CALL_PS (5 * SIM_US)
#define USB_CONTROL_PS SIM_MS

static const struct {
    const char *path;
    unsigned major, minor;
    sim_time modem_ps;
    const char *text;
} ports[BOARD_PORTS] = {
    [BOARD_PORT_PROGRAMMER] = { "/dev/ttyACM0", 166, 0, USB_CONTROL_PS, "the programmer's serial port" },
    [BOARD_PORT_TARGET] = { "/dev/ttyUSB0", 188, 0, USB_CONTROL_PS, "the target's UART" },
};

const char *devices_port_path(enum board_port port)
{
    return ports[port].path;
}

static bool has_port(const struct board *b, enum board_port port)
{
    const struct scenario_board *board = &board_scenario(b)->board;

    return port == BOARD_PORT_TARGET
               ? board->target.uart.given
               : board->programmer.type->programmer->has_serial_port || programmer_has_front_end(&board->programmer);
}

static struct device *add(struct devices *d, const char *path, unsigned major, unsigned minor)
{
    struct device *new = &d->device[d->n++];

    *new = (struct device){ .major = major, .minor = minor, .mode = S_IFCHR | 0660, .call_ps = SYSTEM_CALL_PS };
    snprintf(new->path, sizeof new->path, "%s", path);
    return new;
}

void devices_init(struct devices *d, struct board *b)
{
    const struct scenario_board *board = &board_scenario(b)->board;

    memset(d, 0, sizeof *d);
    for (unsigned i = 0; i < BOARD_PORTS; i++) {
        if (has_port(b, i)) {
            struct device *port = add(d, ports[i].path, ports[i].major, ports[i].minor);

            port->modem_ps = ports[i].modem_ps;
            board_serial_init(&d->serial[i], port, board_ports(b), i, board_sim(b),
                              i == BOARD_PORT_TARGET ? board->target.uart.baud : board->programmer.baud);
        }
    }
}

void devices_free(struct devices *d)
{
    for (unsigned i = 0; i < d->n; i++) {
        if (d->device[i].type->free) {
            d->device[i].type->free(&d->device[i]);
        }
    }
}

void devices_list(const struct devices *d, char *text, size_t n)
{
    size_t at = 0;

    text[0] = '\0';
    for (unsigned i = 0; i < d->n; i++) {
        const char *what = d->device[i].type->name;

        for (unsigned k = 0; k < BOARD_PORTS; k++) {
            what = strcmp(ports[k].path, d->device[i].path) ? what : ports[k].text;
        }
        if (at < n) {
            at += (size_t)snprintf(text + at, n - at, "%s: %s\n", d->device[i].path, what);
        }
    }
}
