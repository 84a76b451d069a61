/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * ft232r - an FT232R on a USB port of the PC, its eight data pins on nets: bit-bang programmers (avrdude -c ft232r)
 *
 *      /dev/bus/usb/001/002 --bulk OUT--> 128 bytes --one byte a clock--> D0 .. D7
 *                           <--bulk IN--- 256 bytes <--the pins as they were just before--
 *
 * Models      asynchronous and synchronous bit bang, 3 MHz / divisor clocks a second with fractions of 1/8, the two
 *             buffers, a synchronous clock that stops while the IN buffer is full, latency timer (16 ms; packets of 62
 *             bytes and two of status go at once), purges, DTR and RTS; before bit bang TXD, RTS and DTR are high
 * Leaves out  the UART, samples of asynchronous mode between packets (a packet repeats the present pins), CBUS pins,
 *             EEPROM (reads as erased), the strength of its outputs
 * Source      FTDI: DS_FT232R (buffers, latency), AN_232R-01 (bit bang); its requests: libftdi's documentation. AN_232R-01
 *             has 16 clocks per bit of the baud rate, libftdi and avrdude take 1 (after libftdi's factor of 4): theirs
 */
#include "harness/parts/part_types.h"
#include "harness/parts/pc_side.h"
#include "harness/parts/usb_device.h"
#include "sim/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TXD, RXD, RTS, CTS, DTR, DSR, DCD, RI, PINS };
enum { OUT_BYTES = 128, IN_BYTES = 256, PACKET_BYTES = 64, STATUS_BYTES = 2, OUT_ENDPOINT = 0x02, IN_ENDPOINT = 0x81 };
/* One period of its 48 MHz: assumed. The application note says only that pins are read first, then driven. */
#define READ_FIRST_PS 20833
enum mode { UART = 0, ASYNCHRONOUS = 1, SYNCHRONOUS = 4 };

struct buffer {
    uint8_t byte[IN_BYTES];
    unsigned n, at, room;
};

struct ft232r {
    struct sim *sim;
    struct vline *vcc;
    struct net_driver driver[PINS];
    struct net *net[PINS];
    struct usb_device device;
    const char *strings[4];
    char serial[9]; /* eight characters, as real ones: some programs count them */
    enum mode mode;
    uint8_t directions, high, modem; /* high: what is driven; modem: bit 0 DTR, 1 RTS active */
    uint32_t eighths;                /* of the divisor */
    unsigned latency_ms;
    struct buffer out, in;
    struct sim_event clock, latency;
    sim_time burst_ps; /* the clock's steps are counted from there */
    uint64_t steps;
    sim_time last_in_ps; /* a packet went to the PC */
    void (*changed)(void *ctx);
    void *ctx;
};

static const uint8_t device_descriptor[] = {
    18, 1, 0x00, 0x02, 0, 0, 0, 8, 0x03, 0x04, 0x01, 0x60, 0x00, 0x06, 1, 2, 3, 1,
};
static const uint8_t configuration_descriptor[] = {
    9,
    2,
    32,
    0,
    1,
    1,
    0,
    0xA0,
    45, /* remote wake-up, 90 mA */
    9,
    4,
    0,
    0,
    2,
    255,
    255,
    255,
    2, /* vendor's class */
    7,
    5,
    IN_ENDPOINT,
    2,
    PACKET_BYTES,
    0,
    0, /* bulk */
    7,
    5,
    OUT_ENDPOINT,
    2,
    PACKET_BYTES,
    0,
    0,
};

/* ---- buffers ---- */

static void put(struct buffer *b, uint8_t byte)
{
    if (b->n < b->room) {
        b->byte[(b->at + b->n++) % b->room] = byte;
    }
}

static uint8_t take(struct buffer *b)
{
    uint8_t byte = b->byte[b->at];

    b->at = (b->at + 1) % b->room;
    b->n--;
    return byte;
}

/* ---- pins ---- */

static void drive(struct ft232r *f, unsigned pin, bool high)
{
    f->high = (uint8_t)((f->high & ~(1u << pin)) | (unsigned)high << pin);
    net_drive(&f->driver[pin], high ? NET_1 : NET_0, NET_STRONG);
}

static void let_go(struct ft232r *f, unsigned pin)
{
    f->high |= (uint8_t)(1u << pin);
    net_open(&f->driver[pin]);
}

/* When pins were read that are driven now. */
static sim_time looked_ps(sim_time now_ps)
{
    return now_ps > READ_FIRST_PS ? now_ps - READ_FIRST_PS : 0;
}

static uint8_t look(const struct ft232r *f)
{
    uint8_t pins = 0;

    for (unsigned i = 0; i < PINS; i++) {
        bool high = f->net[i] ? net_is_high(f->net[i], true) : f->high >> i & 1; /* open: a weak pull-up inside */

        if (f->net[i]) {
            net_looked(f->net[i], looked_ps(f->net[i]->sim->now_ps), high, false);
        }
        pins |= high ? (uint8_t)(1u << i) : 0;
    }
    return pins;
}

static void drive_byte(struct ft232r *f, uint8_t byte)
{
    for (unsigned i = 0; i < PINS; i++) {
        if (f->directions >> i & 1) {
            drive(f, i, byte >> i & 1);
        }
    }
}

/* As a UART whose line is idle: outputs are high, RTS and DTR when inactive. */
static void rest(struct ft232r *f)
{
    for (unsigned i = 0; i < PINS; i++) {
        if (i == TXD || i == RTS || i == DTR) {
            drive(f, i, i == TXD || !(f->modem >> (i == RTS) & 1));
        } else {
            let_go(f, i);
        }
    }
}

/* ---- the clock: runs while there is something to put out ---- */

static void tell(struct ft232r *f)
{
    if (f->changed) {
        f->changed(f->ctx);
    }
}

static bool can_step(const struct ft232r *f)
{
    return f->mode != UART && f->out.n && (f->mode != SYNCHRONOUS || f->in.n < f->in.room);
}

static void run_clock(struct ft232r *f)
{
    if (can_step(f) && !sim_event_pending(&f->clock)) {
        f->burst_ps = f->sim->now_ps;
        f->steps = 1;
        sim_schedule(f->sim, &f->clock, f->burst_ps + f->eighths * UINT64_C(125000) / 3);
    }
}

static void step(void *ctx, sim_time at_ps)
{
    struct ft232r *f = ctx;

    (void)at_ps;
    if (can_step(f)) {
        if (f->mode == SYNCHRONOUS) {
            put(&f->in, look(f));
        }
        drive_byte(f, take(&f->out));
    }
    if (can_step(f)) {
        sim_schedule(f->sim, &f->clock, f->burst_ps + ++f->steps * f->eighths * UINT64_C(125000) / 3);
    }
    if (f->out.room - f->out.n == PACKET_BYTES || !f->out.n || f->in.n == PACKET_BYTES - STATUS_BYTES) {
        tell(f);
    }
}

/* ---- bulk ---- */

static int out(void *self, unsigned endpoint, const uint8_t *bytes, size_t n)
{
    struct ft232r *f = self;

    if (endpoint != OUT_ENDPOINT) {
        return PC_USB_STALL;
    }
    if (f->mode == UART) { /* no UART here: it goes nowhere */
        return (int)n;
    }
    if (f->out.room - f->out.n < n) {
        return PC_USB_NAK;
    }
    for (size_t i = 0; i < n; i++) {
        put(&f->out, bytes[i]);
    }
    run_clock(f);
    return (int)n;
}

static void latency_over(void *ctx, sim_time at_ps)
{
    (void)at_ps;
    tell(ctx);
}

/* A packet goes when it is full, or when the latency timer is over: then even one of status alone. */
static int in(void *self, unsigned endpoint, uint8_t *bytes, size_t room)
{
    struct ft232r *f = self;
    sim_time due_ps = f->last_in_ps + f->latency_ms * SIM_MS;
    int n = STATUS_BYTES;

    if (endpoint != IN_ENDPOINT || room < STATUS_BYTES) {
        return PC_USB_STALL;
    }
    if (f->in.n < PACKET_BYTES - STATUS_BYTES && f->sim->now_ps < due_ps) {
        if (!sim_event_pending(&f->latency)) {
            sim_schedule(f->sim, &f->latency, due_ps);
        }
        return PC_USB_NAK;
    }
    f->last_in_ps = f->sim->now_ps;
    bytes[0] = 0x01; /* no modem line is active */
    bytes[1] = 0x60; /* transmitter empty */
    while (n < PACKET_BYTES && n < (int)room && (f->in.n || f->mode == ASYNCHRONOUS)) {
        bytes[n++] = f->mode == ASYNCHRONOUS ? look(f) : take(&f->in);
    }
    run_clock(f);
    return n;
}

/* ---- control ---- */

enum request { RESET, MODEM, FLOW, BAUD, DATA, STATUS, SET_LATENCY = 9, GET_LATENCY, SET_MODE, GET_PINS };
enum { READ_EEPROM = 0x90, VENDOR_OUT = 0x40, VENDOR_IN = 0xC0 };

static void set_baud(struct ft232r *f, unsigned value, unsigned index)
{
    static const uint8_t eighths[8] = { 0, 4, 2, 1, 3, 5, 6, 7 }; /* as the fraction is coded */
    unsigned whole = value & 0x3FFF, code = value >> 14 | (index & 1) << 2;

    f->eighths = !whole ? 8 : whole == 1 && !code ? 12 : whole * 8 + eighths[code]; /* 3 MHz and 2 MHz are special */
}

static void purge(struct buffer *b)
{
    b->n = b->at = 0;
}

static void set_mode(struct ft232r *f, unsigned value)
{
    unsigned mode = value >> 8;

    f->mode = mode == ASYNCHRONOUS || mode == SYNCHRONOUS ? mode : UART;
    f->directions = (uint8_t)value;
    purge(&f->out);
    purge(&f->in);
    sim_cancel(f->sim, &f->clock);
    if (f->mode == UART) {
        rest(f);
        return;
    }
    uint8_t was = look(f);

    for (unsigned i = 0; i < PINS; i++) { /* what becomes an output keeps its level until a byte comes */
        if (f->directions >> i & 1) {
            drive(f, i, was >> i & 1);
        } else {
            let_go(f, i);
        }
    }
}

static int vendor_out(struct ft232r *f, unsigned request, unsigned value, unsigned index)
{
    switch (request) {
    case RESET:
        if (value != 2) {
            purge(&f->out);
        }
        if (value != 1) {
            purge(&f->in);
        }
        if (!value) {
            set_mode(f, 0);
        }
        run_clock(f);
        tell(f);
        return 0;
    case MODEM: /* the high byte says which of the two is meant */
        f->modem = (uint8_t)((f->modem & ~(value >> 8)) | (value & value >> 8));
        if (f->mode == UART) {
            rest(f);
        }
        return 0;
    case FLOW:
    case DATA: return 0;
    case BAUD: set_baud(f, value, index); return 0;
    case SET_LATENCY:
        f->latency_ms = value & 0xFF ? value & 0xFF : 1;
        sim_cancel(f->sim, &f->latency);
        tell(f);
        return 0;
    case SET_MODE: set_mode(f, value); return 0;
    default: return PC_USB_STALL;
    }
}

static int vendor_in(struct ft232r *f, unsigned request, uint8_t *data, size_t n)
{
    uint8_t answer[2] = { 0xFF, 0xFF };
    size_t size = 1;

    switch (request) {
    case STATUS:
        answer[0] = 0x01;
        answer[1] = 0x60;
        size = 2;
        break;
    case GET_LATENCY: answer[0] = (uint8_t)f->latency_ms; break;
    case GET_PINS: answer[0] = look(f); break;
    case READ_EEPROM: size = 2; break;
    default: return PC_USB_STALL;
    }
    n = n < size ? n : size;
    memcpy(data, answer, n);
    return (int)n;
}

static int control(void *self, const uint8_t setup[8], uint8_t *data, size_t n)
{
    struct ft232r *f = self;
    unsigned value = setup[2] | (unsigned)setup[3] << 8, index = setup[4] | (unsigned)setup[5] << 8;

    switch (setup[0]) {
    case VENDOR_OUT: return vendor_out(f, setup[1], value, index >> 8 ? index >> 8 : index);
    case VENDOR_IN: return vendor_in(f, setup[1], data, n);
    default: return usb_device_request(&f->device, setup, data, n);
    }
}

static void listen(void *self, void (*changed)(void *ctx), void *ctx)
{
    struct ft232r *f = self;

    f->changed = changed;
    f->ctx = ctx;
}

/* ---- the part ---- */

static void *make(const struct part_site *site, const void *cfg)
{
    struct ft232r *f = memory_zeroed(1, sizeof *f);

    (void)cfg;
    f->sim = site->sim;
    f->vcc = site->vcc;
    f->strings[0] = "FTDI";
    f->strings[1] = "FT232R USB UART";
    f->strings[2] = f->serial;
    snprintf(f->serial, sizeof f->serial, "%s", site->name);
    memset(f->serial + strlen(f->serial), '0', sizeof f->serial - 1 - strlen(f->serial));
    f->device = (struct usb_device){ device_descriptor, configuration_descriptor, f->strings, 0 };
    f->out.room = OUT_BYTES;
    f->in.room = IN_BYTES;
    f->latency_ms = 16;
    f->eighths = 8;
    sim_event_init(&f->clock, "FT232R's clock", step, f);
    sim_event_init(&f->latency, "FT232R's latency timer", latency_over, f);
    return f;
}

static void connect(void *self, unsigned pin, struct net *net)
{
    struct ft232r *f = self;

    net_move(&f->driver[pin], net, "FT232R");
    net_driver_supply(&f->driver[pin], f->vcc);
    f->net[pin] = net;
    if (f->mode == UART) {
        rest(f);
    }
}

static void free_part(void *self)
{
    struct ft232r *f = self;

    for (unsigned i = 0; i < PINS; i++) {
        net_move(&f->driver[i], NULL, "FT232R");
    }
    sim_cancel(f->sim, &f->clock);
    sim_cancel(f->sim, &f->latency);
    free(f);
}

static const struct pc_usb as_usb = { .control = control, .out = out, .in = in, .listen = listen };

static const struct part_pin pins[PINS] = {
    [TXD] = { .name = "TXD", .also = "D0" }, [RXD] = { .name = "RXD", .also = "D1" },
    [RTS] = { .name = "RTS", .also = "D2" }, [CTS] = { .name = "CTS", .also = "D3" },
    [DTR] = { .name = "DTR", .also = "D4" }, [DSR] = { .name = "DSR", .also = "D5" },
    [DCD] = { .name = "DCD", .also = "D6" }, [RI] = { .name = "RI", .also = "D7" },
};

const struct part_type ft232r_type = {
    .name = "ft232r",
    .help = "an FT232R, by its bit-bang modes (avrdude -c ft232r, libftdi)",
    .pins = pins,
    .n_pins = PINS,
    .make = make,
    .connect = connect,
    .free = free_part,
    .pc_usb = &as_usb,
};
