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
#define UART_REGISTER_PS (3 * SIM_US) /* a read and a write of a 16550 behind the chipset */

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

/* What a part of the board has for the PC. */
static void add_part(struct devices *d, struct board *b, const struct board_part *part)
{
    char path[DEVICE_PATH_BYTES];

    if (part->type->rs232 && d->n_rs232 < DEVICES_RS232) {
        snprintf(path, sizeof path, "/dev/ttyS%u", d->n_rs232);
        struct device *port = add(d, path, 4, 64 + d->n_rs232);

        port->modem_ps = UART_REGISTER_PS;
        rs232_serial_init(&d->rs232[d->n_rs232++], port, board_sim(b), part->type->rs232, part->self);
    }
    if (part->type->pc_uart && d->n_uart < DEVICES_UART) {
        snprintf(path, sizeof path, "/dev/ttyUSB%u", d->n_uart + 1);
        struct device *port = add(d, path, 188, d->n_uart + 1);

        port->modem_ps = USB_CONTROL_PS;
        part_serial_init(&d->uart[d->n_uart++], port, board_sim(b), part->type->pc_uart, part->self);
    }
    if (part->type->pc_pins && !d->pins.type) {
        struct device *spi = add(d, "/dev/spidev0.0", 153, 0), *chip = add(d, "/dev/gpiochip0", 254, 0);

        spi_gpio_init(&d->pins, board_sim(b), part->type->pc_pins, part->self, spi, chip);
        for (unsigned i = 0; i < SPI_GPIO_LINES; i++) {
            snprintf(path, sizeof path, SPI_GPIO_LINE_PATH, i);
            struct device *line = add(d, path, 0, 0);

            line->mode = 0; /* under no path that a program finds */
            spi_gpio_line(&d->pins, i, line);
        }
    }
}

void devices_init(struct devices *d, struct board *b)
{
    const struct scenario_board *board = &board_scenario(b)->board;
    struct board_part part;

    memset(d, 0, sizeof *d);
    for (unsigned i = 0; i < BOARD_PORTS; i++) {
        if (has_port(b, i)) {
            struct device *port = add(d, ports[i].path, ports[i].major, ports[i].minor);

            port->modem_ps = ports[i].modem_ps;
            board_serial_init(&d->serial[i], port, board_ports(b), i, board_sim(b),
                              i == BOARD_PORT_TARGET ? board->target.uart.baud : board->programmer.baud);
        }
    }
    for (unsigned i = 0; board_part_at(b, i, &part); i++) {
        if (part.self) {
            add_part(d, b, &part);
        }
    }
}

void devices_free(struct devices *d)
{
    for (unsigned i = 0; i < d->n_uart; i++) {
        part_serial_free(&d->uart[i]);
    }
    for (unsigned i = 0; i < d->n_rs232; i++) {
        rs232_serial_free(&d->rs232[i]);
    }
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
        if (!d->device[i].mode) {
            continue;
        }
        const char *what = d->device[i].type->name;

        for (unsigned k = 0; k < BOARD_PORTS; k++) {
            what = strcmp(ports[k].path, d->device[i].path) ? what : ports[k].text;
        }
        if (at < n) {
            at += (size_t)snprintf(text + at, n - at, "%s: %s\n", d->device[i].path, what);
        }
    }
}
