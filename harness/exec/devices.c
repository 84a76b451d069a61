/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/exec/devices.h"

#include "harness/parts/programmer.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* ---- names ---- */

/* format has one %u, of a row of pc_devices[]. */
static void put_number(char path[DEVICE_PATH_BYTES], const char *format, unsigned number)
{
    const char *at = strchr(format, '%'), *end = at ? strchr(at, 'u') + 1 : NULL;

    if (!at) {
        snprintf(path, DEVICE_PATH_BYTES, "%s", format);
    } else {
        snprintf(path, DEVICE_PATH_BYTES, "%.*s%0*u%s", (int)(at - format), format, end - at > 2 ? 3 : 1, number, end);
    }
}

/* Has somebody this path, or will the scenario give it to somebody? */
static bool is_taken(const struct devices *d, const char *path)
{
    const struct scenario_board *board = &board_scenario(d->board)->board;

    for (unsigned i = 0; i < board->n_devices; i++) {
        if (!strcmp(board->devices[i].path, path)) {
            return true;
        }
    }
    for (unsigned i = 0; i < d->n; i++) {
        if (!strcmp(d->device[i].path, path)) {
            return true;
        }
    }
    return false;
}

/* The scenario's path for it; NULL: it has none. part: NULL for the board's own ports. */
static const char *given_path(const struct board *b, const char *part, enum pc_device_kind kind)
{
    const struct scenario_board *board = &board_scenario(b)->board;

    for (unsigned i = 0; i < board->n_devices; i++) {
        const struct scenario_device *given = &board->devices[i];

        if (given->kind == kind && (part ? given->part && !strcmp(given->part, part) : !given->part)) {
            return given->path;
        }
    }
    return NULL;
}

static enum pc_device_kind kind_of_port(enum board_port port)
{
    return port == BOARD_PORT_TARGET ? PC_TARGET : PC_PROGRAMMER;
}

const char *devices_port_path(const struct board *b, enum board_port port, char path[DEVICE_PATH_BYTES])
{
    enum pc_device_kind kind = kind_of_port(port);
    const char *given = given_path(b, NULL, kind);

    put_number(path, given ? given : pc_devices[kind].path, pc_devices[kind].first);
    return path;
}

/* ---- what makes one of each kind ---- */

static bool has_port(const struct board *b, enum board_port port)
{
    const struct scenario_board *board = &board_scenario(b)->board;

    return port == BOARD_PORT_TARGET
               ? board->target.uart.given
               : board->programmer.type->programmer->has_serial_port || programmer_has_front_end(&board->programmer);
}

/* Of a kind; part NULL: the board's own. */
static struct device *add(struct devices *d, enum pc_device_kind kind, const char *part)
{
    const struct pc_device_row *row = &pc_devices[kind];
    struct device *new = &d->device[d->n];
    unsigned number = row->first + d->n_of[kind]++;
    const char *given = given_path(d->board, part, kind);

    *new = (struct device){
        .major = row->major,
        .minor = row->minor + number,
        .mode = S_IFCHR | 0660,
        .call_ps = row->call_ps,
        .modem_ps = row->extra_ps,
    };
    put_number(new->path, given ? given : row->path, number);
    while (!given && is_taken(d, new->path)) { /* by one that the scenario calls so */
        put_number(new->path, row->path, ++number);
    }
    d->n++;
    return new;
}

static void add_folder(struct devices *d, const char *path)
{
    static const struct device_type folder = { .name = "folder" };
    struct device *new = &d->device[d->n++];

    *new = (struct device){ .type = &folder, .mode = S_IFDIR | 0755 };
    snprintf(new->path, sizeof new->path, "%s", path);
}

static void add_port(struct devices *d, enum board_port port)
{
    const struct scenario_board *board = &board_scenario(d->board)->board;

    d->port[port] = add(d, kind_of_port(port), NULL);
    board_serial_init(&d->serial[port], d->port[port], board_ports(d->board), port, board_sim(d->board),
                      port == BOARD_PORT_TARGET ? board->target.uart.baud : board->programmer.baud);
}

static void add_rs232(struct devices *d, const struct board_part *p)
{
    struct rs232_serial *own = &d->rs232[d->n_of[PC_RS232]];

    rs232_serial_init(own, add(d, PC_RS232, p->name), board_sim(d->board), p->type->rs232, p->self);
}

static void add_uart(struct devices *d, const struct board_part *p)
{
    struct part_serial *own = &d->uart[d->n_of[PC_UART]];

    part_serial_init(own, add(d, PC_UART, p->name), board_sim(d->board), p->type->pc_uart, p->self);
}

/* spidev, gpiochip with its requests, and sysfs: three views of the same pins. */
static void add_pins(struct devices *d, const struct board_part *p)
{
    struct device *spi = add(d, PC_SPI, p->name), *chip = add(d, PC_GPIOCHIP, p->name);

    spi_gpio_init(&d->pins, board_sim(d->board), p->type->pc_pins, p->self, spi, chip);
    for (unsigned i = 0; i < SPI_GPIO_LINES; i++) {
        struct device *line = &d->device[d->n++];

        *line = (struct device){ .call_ps = chip->call_ps }; /* under no path that a program finds */
        snprintf(line->path, sizeof line->path, SPI_GPIO_LINE_PATH, i);
        spi_gpio_line(&d->pins, i, line);
    }
    struct device *files = &d->device[d->n];
    unsigned n = sysfs_gpio_init(&d->sysfs, p->type->pc_pins, p->self, d->pins.taken, chip, files);

    for (unsigned i = 0; i < n; i++) {
        files[i].call_ps = pc_devices[PC_SYSFS_GPIO].call_ps;
    }
    d->n += n;
    d->n_of[PC_SYSFS_GPIO]++;
}

static void add_usb(struct devices *d, const struct board_part *p)
{
    unsigned i = d->n_of[PC_USB];
    struct device *node = add(d, PC_USB, p->name), *files = &d->device[d->n];
    unsigned n = usb_port_init(&d->usb[i], node, board_sim(d->board), p->type->pc_usb, p->self,
                               pc_devices[PC_USB].first + i, files);

    for (unsigned k = 0; k < n; k++) {
        files[k].call_ps = node->call_ps;
    }
    d->n += n;
}

static const struct {
    enum pc_device_kind kind;
    unsigned most;
    void (*add)(struct devices *d, const struct board_part *p);
} of_parts[] = {
    { PC_RS232, DEVICES_RS232, add_rs232 },
    { PC_UART, DEVICES_UART, add_uart },
    { PC_SPI, 1, add_pins },
    { PC_USB, DEVICES_USB, add_usb },
};

void devices_init(struct devices *d, struct board *b)
{
    static const char *const folders[] = {
        "/dev/bus", "/dev/bus/usb", "/dev/bus/usb/001", "/sys/bus/usb", "/sys/bus/usb/devices",
    };
    struct board_part part;

    memset(d, 0, sizeof *d);
    d->board = b;
    for (unsigned i = 0; i < BOARD_PORTS; i++) {
        if (has_port(b, i)) {
            add_port(d, i);
        }
    }
    for (unsigned i = 0; i < sizeof folders / sizeof folders[0]; i++) {
        add_folder(d, folders[i]);
    }
    for (unsigned i = 0; board_part_at(b, i, &part); i++) {
        for (unsigned k = 0; part.self && k < sizeof of_parts / sizeof of_parts[0]; k++) {
            if (pc_side_has(part.type, of_parts[k].kind) && d->n_of[of_parts[k].kind] < of_parts[k].most) {
                of_parts[k].add(d, &part);
            }
        }
    }
    if (!d->n_of[PC_SYSFS_GPIO]) {
        add_folder(d, pc_devices[PC_SYSFS_GPIO].path);
    }
    for (unsigned i = 0; i < EXEC_TIMERS; i++) {
        timer_device_init(&d->timer[i], board_sim(b), i, &d->device[d->n++]);
    }
}

void devices_free(struct devices *d)
{
    for (unsigned i = 0; i < d->n_of[PC_UART]; i++) {
        part_serial_free(&d->uart[i]);
    }
    for (unsigned i = 0; i < d->n_of[PC_RS232]; i++) {
        rs232_serial_free(&d->rs232[i]);
    }
    for (unsigned i = 0; i < d->n_of[PC_USB]; i++) {
        usb_port_free(&d->usb[i]);
    }
    for (unsigned i = 0; i < EXEC_TIMERS; i++) {
        timer_device_free(&d->timer[i]);
    }
    for (unsigned i = 0; i < d->n; i++) {
        if (d->device[i].type->free) {
            d->device[i].type->free(&d->device[i]);
        }
    }
}

/* What it is: by its row, whose number is in its major. */
static const char *what_is(const struct devices *d, const struct device *device)
{
    for (unsigned i = 0; i < BOARD_PORTS; i++) {
        if (d->port[i] == device) {
            return pc_devices[kind_of_port(i)].what;
        }
    }
    for (unsigned k = PC_RS232; k < PC_KINDS; k++) {
        if (pc_devices[k].major == device->major) {
            return pc_devices[k].what;
        }
    }
    return device->type->name;
}

void devices_list(const struct devices *d, char *text, size_t n)
{
    size_t at = 0;

    text[0] = '\0';
    for (unsigned i = 0; i < d->n; i++) {
        const struct device *device = &d->device[i];

        if (S_ISCHR(device->mode) && at < n) {
            at += (size_t)snprintf(text + at, n - at, "  %-22s %s\n", device->path, what_is(d, device));
        }
    }
    if (d->n_of[PC_SYSFS_GPIO] && at < n) {
        snprintf(text + at, n - at, "  %-22s %s\n", pc_devices[PC_SYSFS_GPIO].path, pc_devices[PC_SYSFS_GPIO].what);
    }
}
