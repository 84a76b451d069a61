/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * bus_pirate - a Bus Pirate v3 as programmer: its binary modes over a serial port, avrdude -c buspirate
 *
 *      /dev/ttyUSB1 --FT232, 115200 8N1--> UART --> commands --> CS, CLK, MOSI, MISO
 *
 * Models      text mode as far as a prompt, binary mode (BBIO1) with its pin commands, SPI mode (SPI1): chip select,
 *             1 to 16 bytes, write then read, speeds 30 kHz to 8 MHz, peripherals and configuration taken
 * Leaves out  the other protocols, voltages and supply (power and pull-ups are answered and do nothing), the AVR
 *             extension (06 is answered by 00), SPI modes other than 0
 * Source      its published protocol of binary modes; what avrdude 7.1 sends, see docs/fidelity.md
 */
#include "harness/parts/part_types.h"
#include "harness/parts/pc_side.h"
#include "sim/memory.h"
#include "sim/uart_line.h"

#include <stdlib.h>
#include <string.h>

enum { CS, CLK, MOSI, MISO, PINS };
enum mode { TEXT, BINARY, SPI };
enum { BAUD = 115200, QUEUE_BYTES = 8192, ZEROS_TO_BINARY = 20, MOST_WRITTEN = 4096 };

static const uint32_t speeds_hz[8] = { 30000, 125000, 250000, 1000000, 2000000, 2600000, 4000000, 8000000 };

struct queue {
    uint8_t byte[QUEUE_BYTES];
    size_t at, n;
};

struct bus_pirate {
    struct sim *sim;
    struct vline *vcc;
    struct net_driver driver[PINS];
    struct net *net[PINS];
    struct net rxd, txd; /* of its UART */
    struct net_driver txd_drive;
    struct net_watch rxd_watch;
    struct uart_rx rx;
    struct uart_tx tx;
    struct queue in, out;
    enum mode mode;
    unsigned zeros;
    uint8_t inputs; /* binary mode: pins that are inputs, as the command has them */
    uint32_t speed_hz;
    /* a command of SPI mode that goes on */
    unsigned args_left, args[4], to_write, to_read;
    bool echoes;           /* each byte written is answered by the one read */
    struct sim_event half; /* of a period of CLK */
    uint8_t shift_out, shift_in;
    unsigned bits_left;
    bool shifting, clk_high, answers; /* answers: of the byte on the wires */
};

/* ---- its serial port ---- */

static void send_next(struct bus_pirate *b, sim_time at_ps)
{
    struct uart_format f = uart_8n1(BAUD);

    if (!b->tx.busy && b->out.at < b->out.n) {
        uart_tx_start(&b->tx, &f, b->out.byte[b->out.at++], at_ps);
    }
    if (b->out.at == b->out.n) {
        b->out.at = b->out.n = 0;
    }
}

static void answer(struct bus_pirate *b, const char *bytes, size_t n)
{
    for (size_t i = 0; i < n && b->out.n < QUEUE_BYTES; i++) {
        b->out.byte[b->out.n++] = (uint8_t)bytes[i];
    }
    send_next(b, b->sim->now_ps);
}

static void answer_byte(struct bus_pirate *b, uint8_t byte)
{
    answer(b, (const char *)&byte, 1);
}

static void txd_level(void *ctx, bool mark)
{
    net_drive(&((struct bus_pirate *)ctx)->txd_drive, mark ? NET_1 : NET_0, NET_STRONG);
}

static void txd_done(void *ctx, sim_time at_ps)
{
    send_next(ctx, at_ps);
}

/* ---- pins ---- */

static void drive(struct bus_pirate *b, unsigned pin, bool high)
{
    net_drive(&b->driver[pin], high ? NET_1 : NET_0, NET_STRONG);
}

static void let_go(struct bus_pirate *b)
{
    for (unsigned i = 0; i < PINS; i++) {
        net_open(&b->driver[i]);
    }
}

static bool is_high(const struct bus_pirate *b, unsigned pin)
{
    return b->net[pin] && net_is_high(b->net[pin], false);
}

/* Bits of the pin commands: 0 CS, 1 MISO, 2 CLK, 3 MOSI, 4 AUX. */
static const uint8_t bit_of_pin[PINS] = { [CS] = 0, [CLK] = 2, [MOSI] = 3, [MISO] = 1 };

static uint8_t pin_states(const struct bus_pirate *b)
{
    uint8_t state = 0x80;

    for (unsigned i = 0; i < PINS; i++) {
        state |= (uint8_t)(is_high(b, i) << bit_of_pin[i]);
    }
    return state;
}

static void set_pins(struct bus_pirate *b, uint8_t levels)
{
    net_hold(b->sim);
    for (unsigned i = 0; i < PINS; i++) {
        if (b->inputs >> bit_of_pin[i] & 1) {
            net_open(&b->driver[i]);
        } else {
            drive(b, i, levels >> bit_of_pin[i] & 1);
        }
    }
    net_release(b->sim);
}

/* ---- SPI ---- */

static void advance(struct bus_pirate *b);

static sim_time half_ps(const struct bus_pirate *b)
{
    return SIM_S / 2 / b->speed_hz;
}

static void shift(struct bus_pirate *b, uint8_t byte, bool answers)
{
    b->shifting = true;
    b->answers = answers;
    b->shift_out = byte;
    b->bits_left = 8;
    b->clk_high = false;
    drive(b, MOSI, byte >> 7);
    sim_schedule(b->sim, &b->half, b->sim->now_ps + half_ps(b));
}

static void half_over(void *ctx, sim_time at_ps)
{
    struct bus_pirate *b = ctx;

    b->clk_high = !b->clk_high;
    drive(b, CLK, b->clk_high);
    if (b->clk_high) {
        bool bit = is_high(b, MISO);
        if (b->net[MISO]) {
            net_looked(b->net[MISO], b->net[MISO]->sim->now_ps, bit, true);
        }
        b->shift_in = (uint8_t)(b->shift_in << 1 | bit);
    } else if (--b->bits_left) {
        b->shift_out = (uint8_t)(b->shift_out << 1);
        drive(b, MOSI, b->shift_out >> 7);
    } else {
        b->shifting = false;
        if (b->answers) {
            answer_byte(b, b->shift_in);
        }
        advance(b);
        return;
    }
    sim_schedule(b->sim, &b->half, at_ps + half_ps(b));
}

static void enter_spi(struct bus_pirate *b)
{
    b->mode = SPI;
    b->speed_hz = speeds_hz[0];
    drive(b, CS, true);
    drive(b, CLK, false);
    drive(b, MOSI, false);
    net_open(&b->driver[MISO]);
    answer(b, "SPI1", 4);
}

static void enter_binary(struct bus_pirate *b)
{
    b->mode = BINARY;
    b->inputs = 0x1F;
    let_go(b);
    answer(b, "BBIO1", 5);
}

/* The counts of write-then-read have come. */
static void counts_given(struct bus_pirate *b)
{
    b->to_write = b->args[0] << 8 | b->args[1];
    b->to_read = b->args[2] << 8 | b->args[3];
    b->echoes = false;
    if (b->to_write > MOST_WRITTEN || b->to_read > MOST_WRITTEN) {
        b->to_write = b->to_read = 0;
        answer_byte(b, 0);
    } else if (!b->to_write) {
        answer_byte(b, 1);
    }
}

static void spi_command(struct bus_pirate *b, uint8_t byte)
{
    switch (byte >> 4) {
    case 0:
        if (byte == 0) {
            enter_binary(b);
        } else if (byte == 1) {
            answer(b, "SPI1", 4);
        } else if (byte == 2 || byte == 3) {
            drive(b, CS, byte == 3);
            answer_byte(b, 1);
        } else if (byte == 4 || byte == 5) {
            b->args_left = 4;
        } else {
            answer_byte(b, 0);
        }
        break;
    case 1:
        b->to_write = (byte & 15) + 1;
        b->echoes = true;
        answer_byte(b, 1);
        break;
    case 4:
        drive(b, CS, byte & 1);
        answer_byte(b, 1);
        break;
    case 6:
        b->speed_hz = speeds_hz[byte & 7];
        answer_byte(b, 1);
        break;
    case 8: answer_byte(b, 1); break;
    default: answer_byte(b, 0); break;
    }
}

static void spi_byte(struct bus_pirate *b, uint8_t byte)
{
    if (b->args_left) {
        b->args[4 - b->args_left] = byte;
        if (!--b->args_left) {
            counts_given(b);
        }
    } else if (b->to_write) {
        b->to_write--;
        shift(b, byte, b->echoes);
        if (!b->to_write && !b->echoes) {
            answer_byte(b, 1); /* before what is read */
        }
    } else {
        spi_command(b, byte);
    }
}

/* ---- the other modes ---- */

static void binary_byte(struct bus_pirate *b, uint8_t byte)
{
    static const char banner[] = "\1\r\nBus Pirate v3b\r\nFirmware v5.10\r\nHiZ>";

    if (byte == 0) {
        answer(b, "BBIO1", 5);
    } else if (byte == 1) {
        enter_spi(b);
    } else if (byte == 0x0F) {
        b->mode = TEXT;
        b->zeros = 0;
        let_go(b);
        answer(b, banner, sizeof banner - 1);
    } else if (byte >> 5 == 2) {
        b->inputs = byte & 0x1F;
        answer_byte(b, pin_states(b));
    } else if (byte & 0x80) {
        set_pins(b, byte);
        answer_byte(b, pin_states(b));
    } else {
        answer_byte(b, 0);
    }
}

static void text_byte(struct bus_pirate *b, uint8_t byte)
{
    b->zeros = byte ? 0 : b->zeros + 1;
    if (b->zeros == ZEROS_TO_BINARY) {
        b->zeros = 0;
        enter_binary(b);
    } else if (byte == '\n' || byte == '\r') {
        answer(b, "\r\nHiZ>", 6);
    }
}

/* Does what has come, as far as the wires are free. */
static void advance(struct bus_pirate *b)
{
    while (!b->shifting) {
        if (b->mode == SPI && !b->to_write && !b->args_left && b->to_read) {
            b->to_read--;
            shift(b, 0xFF, true);
            continue;
        }
        if (b->in.at == b->in.n) {
            b->in.at = b->in.n = 0;
            return;
        }
        uint8_t byte = b->in.byte[b->in.at++];

        (b->mode == TEXT ? text_byte : b->mode == BINARY ? binary_byte : spi_byte)(b, byte);
    }
}

static void got_frame(void *ctx, const struct uart_frame *f)
{
    struct bus_pirate *b = ctx;

    if (!f->is_break && !f->framing_error && b->in.n < QUEUE_BYTES) {
        b->in.byte[b->in.n++] = (uint8_t)f->data;
        advance(b);
    }
}

static void rxd_changed(void *ctx, struct net *net, sim_time at_ps)
{
    (void)at_ps;
    uart_rx_level(&((struct bus_pirate *)ctx)->rx, net_is_high(net, true));
}

/* ---- as a part ---- */

static void *make(const struct part_site *site, const void *cfg)
{
    struct bus_pirate *b = memory_zeroed(1, sizeof *b);
    struct uart_format f = uart_8n1(BAUD);

    (void)cfg;
    b->sim = site->sim;
    b->vcc = site->vcc;
    b->speed_hz = speeds_hz[0];
    net_init(&b->rxd, b->sim, "Bus Pirate's RXD");
    net_init(&b->txd, b->sim, "Bus Pirate's TXD");
    net_attach(&b->txd, &b->txd_drive, "Bus Pirate");
    net_drive(&b->txd_drive, NET_1, NET_STRONG);
    uart_tx_init(&b->tx, b->sim, txd_level, txd_done, b);
    uart_rx_init(&b->rx, b->sim, &f, got_frame, b);
    uart_rx_level(&b->rx, true);
    uart_rx_enable(&b->rx, true);
    net_watch_add(&b->rxd, &b->rxd_watch, NET_WATCH_EDGES, rxd_changed, b);
    sim_event_init(&b->half, "Bus Pirate's clock", half_over, b);
    return b;
}

static void connect(void *self, unsigned pin, struct net *net)
{
    struct bus_pirate *b = self;

    net_move(&b->driver[pin], net, "Bus Pirate");
    net_driver_supply(&b->driver[pin], b->vcc);
    b->net[pin] = net;
}

static void free_part(void *self)
{
    struct bus_pirate *b = self;

    for (unsigned i = 0; i < PINS; i++) {
        connect(b, i, NULL);
    }
    sim_cancel(b->sim, &b->half);
    uart_tx_abort(&b->tx);
    uart_rx_enable(&b->rx, false);
    free(b);
}

static struct net *rxd(void *self)
{
    return &((struct bus_pirate *)self)->rxd;
}

static struct net *txd(void *self)
{
    return &((struct bus_pirate *)self)->txd;
}

static const struct pc_uart as_uart = { .baud = BAUD, .adapter = "ft232", .rxd = rxd, .txd = txd };

static const struct part_pin pins[] = { { .name = "CS" }, { .name = "CLK" }, { .name = "MOSI" }, { .name = "MISO" } };

const struct part_type bus_pirate_type = {
    .name = "bus_pirate",
    .help = "a Bus Pirate, by its binary modes (avrdude -c buspirate)",
    .pins = pins,
    .n_pins = PINS,
    .make = make,
    .connect = connect,
    .free = free_part,
    .pc_uart = &as_uart,
};
