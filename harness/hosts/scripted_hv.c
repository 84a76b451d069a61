/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/hosts/scripted_hv.h"

#include "harness/hosts/host.h"
#include "sim/memory.h"
#include "sim/net.h"

#include <stdlib.h>
#include <string.h>

#define BUSY_LIMIT_PS (50 * SIM_MS) /* longer than any write: the chip is given up */
#define POLL_PS (20 * SIM_US)

/* SII of the serial mode, and the parallel mode's control bus (sim/hv.h) */
enum {
    PAGEL = 0x01,
    BS2 = 0x02,
    OE = 0x04,
    WR = 0x08,
    BS1 = 0x10,
    XA0 = 0x20,
    XA1 = 0x40,
    IDLE = XA0 | XA1 | WR | OE,
    COMMAND = XA1 | WR | OE,
    ADDRESS = WR | OE,
    DATA = XA0 | WR | OE,
};

struct scripted_hv {
    struct sim *sim;
    const struct part *part;
    const struct part_hv *hv;
    struct scripted_hv_config cfg;
    struct net *net[SCRIPTED_HV_PINS];
    struct net_driver driver[SCRIPTED_HV_PINS];
    unsigned finger[HV_SIGNALS]; /* the pin that a signal is on: of two that share one, the first */
    uint8_t in;                  /* parallel: what the last read brought */
    sim_time fell_ps;            /* the strobe's last fall, PAGEL's */
    sim_time pagel_fell_ps;
};

/* ---- pins ---- */

static void set(struct scripted_hv *h, unsigned pin, bool high)
{
    net_drive(&h->driver[pin < HV_SIGNALS ? h->finger[pin] : pin], high ? NET_1 : NET_0, NET_STRONG);
}

static void let_go(struct scripted_hv *h, unsigned pin)
{
    net_open(&h->driver[h->finger[pin]]);
}

static bool see(const struct scripted_hv *h, enum hv_signal signal)
{
    return h->net[signal] && net_is_high(h->net[signal], true);
}

static bool run(struct scripted_hv *h, int64_t d_ps, struct problem *err)
{
    return d_ps <= 0 || host_run(h->sim, (sim_time)d_ps, err);
}

/* Until so long after then. */
static bool run_after(struct scripted_hv *h, sim_time then_ps, int64_t d_ps, struct problem *err)
{
    return run(h, (int64_t)then_ps + d_ps - (int64_t)h->sim->now_ps, err);
}

/* ---- frames ---- */

static bool serial_frame(struct scripted_hv *h, uint8_t sdi, uint8_t sii, uint8_t *in, struct problem *err)
{
    const struct scripted_hv_config *c = &h->cfg;
    uint16_t got = 0;

    for (unsigned bit = 0; bit < 11; bit++) {
        set(h, HV_SDI, (unsigned)sdi << 2 >> (10 - bit) & 1);
        set(h, HV_SII, (unsigned)sii << 2 >> (10 - bit) & 1);
        if (!run(h, c->t_setup_ps, err) || !run_after(h, h->fell_ps, c->t_low_ps, err)) {
            return false;
        }
        set(h, HV_STROBE, true);
        if (!run(h, c->t_hold_ps < c->t_high_ps ? c->t_hold_ps : c->t_high_ps, err)) {
            return false;
        }
        if (c->t_hold_ps < c->t_high_ps) { /* SDI and SII go as soon as they may */
            set(h, HV_SDI, false);
            set(h, HV_SII, false);
        }
        if (!run(h, c->t_high_ps - (c->t_hold_ps < c->t_high_ps ? c->t_hold_ps : c->t_high_ps), err)) {
            return false;
        }
        got = (uint16_t)(got << 1 | see(h, HV_SDO));
        set(h, HV_STROBE, false);
        h->fell_ps = h->sim->now_ps;
    }
    *in = (uint8_t)(got >> 3);
    return true;
}

static void put_data(struct scripted_hv *h, uint8_t data, bool drive)
{
    for (unsigned i = 0; i < 8; i++) {
        if (drive) {
            set(h, HV_DATA0 + i, data >> i & 1);
        } else {
            let_go(h, HV_DATA0 + i);
        }
    }
}

static void put_controls(struct scripted_hv *h, uint8_t bus)
{
    bool xa1 = bus & XA1;

    set(h, HV_XA0, bus & XA0);
    set(h, HV_BS1, bus & BS1);
    if (!h->hv->shared_pins) {
        set(h, HV_BS2, bus & BS2);
    } else if (xa1 && (bus & XA0)) { /* XA1 is BS2: nobody strobes */
        xa1 = bus & BS2;
    }
    set(h, HV_XA1, xa1);
}

static bool strobe(struct scripted_hv *h, struct problem *err)
{
    const struct scripted_hv_config *c = &h->cfg;

    set(h, HV_STROBE, false);
    if (!run_after(h, h->pagel_fell_ps, c->t_apart_ps, err) || !run_after(h, h->fell_ps, c->t_low_ps, err)) {
        return false;
    }
    set(h, HV_STROBE, true);
    if (!run(h, c->t_high_ps, err)) {
        return false;
    }
    if (!c->strobe_high) {
        set(h, HV_STROBE, false);
        h->fell_ps = h->sim->now_ps;
    }
    return run(h, c->t_hold_ps, err);
}

static bool latch(struct scripted_hv *h, bool bs1, struct problem *err)
{
    if (!run(h, h->cfg.t_bs_setup_ps, err)) {
        return false;
    }
    set(h, HV_PAGEL, true);
    if (!run(h, h->cfg.t_pagel_ps, err)) {
        return false;
    }
    set(h, HV_PAGEL, false);
    h->pagel_fell_ps = h->sim->now_ps;
    if (!run(h, h->cfg.t_bs_hold_ps, err)) {
        return false;
    }
    if (h->hv->shared_pins) {
        set(h, HV_BS1, bs1);
    }
    return true;
}

static bool parallel_frame(struct scripted_hv *h, uint8_t data, uint8_t bus, uint8_t *in, struct problem *err)
{
    const struct scripted_hv_config *c = &h->cfg;
    bool reads = !(bus & OE);

    *in = h->in;
    put_data(h, data, !reads || c->drive_data);
    put_controls(h, bus);
    if (((bus & (XA0 | XA1)) != (XA0 | XA1) && (!run(h, c->t_setup_ps, err) || !strobe(h, err))) ||
        ((bus & PAGEL) && !latch(h, bus & BS1, err))) {
        return false;
    }
    if (!(bus & WR)) {
        if (!run(h, c->t_bs_setup_ps, err) || !run_after(h, h->fell_ps, c->t_apart_ps, err)) {
            return false;
        }
        set(h, HV_WR, false);
        if (!run(h, c->t_wr_ps, err)) {
            return false;
        }
        set(h, HV_WR, true);
    }
    if (reads) {
        set(h, HV_OE, false);
        if (!run(h, c->t_out_ps, err)) {
            return false;
        }
        h->in = 0;
        for (unsigned i = 0; i < 8; i++) {
            h->in |= (uint8_t)(see(h, HV_DATA0 + i) << i);
        }
        set(h, HV_OE, true);
        return run(h, c->t_out_ps, err);
    }
    return true;
}

static bool frame(struct scripted_hv *h, uint8_t data, uint8_t bus, struct problem *err)
{
    uint8_t in;

    return h->hv->serial ? serial_frame(h, data, bus, &in, err) : parallel_frame(h, data, bus, &in, err);
}

static bool read(struct scripted_hv *h, uint8_t select, uint8_t *value, struct problem *err)
{
    const uint8_t off = IDLE ^ select;

    return frame(h, 0, off ^ OE, err) &&
           (h->hv->serial ? serial_frame(h, 0, off, value, err) : parallel_frame(h, 0, off, value, err));
}

static bool finish(struct scripted_hv *h, int64_t wait_ps, struct problem *err)
{
    enum hv_signal rdy = h->hv->serial ? HV_SDO : HV_RDY;

    if (!h->cfg.poll) {
        return run(h, wait_ps, err);
    }
    if (!run(h, h->cfg.t_rdy_ps - h->cfg.t_wr_ps, err)) {
        return false;
    }
    for (sim_time t = 0; t < BUSY_LIMIT_PS; t += POLL_PS) {
        if (see(h, rdy)) {
            return true;
        }
        if (!run(h, POLL_PS, err)) {
            return false;
        }
    }
    return problem_set(err, "the target stays busy: %s does not rise", h->hv->serial ? "SDO" : "RDY/BSY");
}

static bool write(struct scripted_hv *h, uint8_t select, bool is_erase, struct problem *err)
{
    const uint8_t off = IDLE ^ select;

    return frame(h, 0, off ^ WR, err) && (!h->hv->serial || frame(h, 0, off, err)) &&
           finish(h, is_erase ? h->cfg.erase_wait_ps : h->cfg.write_wait_ps, err);
}

/* ---- sessions ---- */

static void put_enable(struct scripted_hv *h)
{
    for (unsigned i = 0; i < HV_ENABLES; i++) {
        if (h->hv->pin[HV_ENABLE0 + i]) {
            set(h, HV_ENABLE0 + i, h->cfg.prog_enable >> i & 1);
        }
    }
}

/* The pins that are not driven by frames. */
static void rest(struct scripted_hv *h)
{
    for (unsigned i = 0; i < HV_ENABLES; i++) {
        bool is_sdo = h->finger[HV_ENABLE0 + i] == HV_SDO;

        if (h->hv->pin[HV_ENABLE0 + i] && (is_sdo ? !h->cfg.hold_sdo : h->finger[HV_ENABLE0 + i] >= HV_ENABLE0)) {
            let_go(h, HV_ENABLE0 + i);
        }
    }
}

static void to_idle(struct scripted_hv *h)
{
    rest(h);
    if (!h->hv->serial) {
        set(h, HV_WR, true);
        set(h, HV_OE, true);
        put_controls(h, IDLE);
    }
}

static bool enter(void *ctx, struct problem *err)
{
    struct scripted_hv *h = ctx;
    const struct scripted_hv_config *c = &h->cfg;
    bool high = false;

    h->in = 0;
    set(h, HV_STROBE, false);
    if (!h->hv->serial) {
        set(h, HV_WR, false);
        set(h, HV_OE, false);
        set(h, HV_BS2, false);
        set(h, HV_PAGEL, false);
    }
    put_enable(h);
    if (!run(h, SIM_US, err)) {
        return false;
    }
    set(h, SCRIPTED_HV_VCC, true);
    for (int64_t i = 0; i < c->entry_edges; i++) {
        if (!run(h, c->vcc_to_vpp_ps / (c->entry_edges + 1), err)) {
            return false;
        }
        set(h, HV_STROBE, high = !high);
    }
    if (!run(h, c->vcc_to_vpp_ps - c->vcc_to_vpp_ps / (c->entry_edges + 1) * c->entry_edges, err)) {
        return false;
    }
    set(h, SCRIPTED_HV_VPP, true);
    if (!run(h, c->enable_hold_ps, err)) {
        return false;
    }
    to_idle(h);
    if (!run(h, c->enter_wait_ps - c->enable_hold_ps, err)) {
        return false;
    }
    for (int64_t i = 0; i < c->stray_strobes; i++) {
        if (!frame(h, 0, IDLE ^ WR, err) || !frame(h, 0, IDLE, err)) {
            return false;
        }
    }
    return true;
}

static void open_all(struct scripted_hv *h)
{
    net_hold(h->sim);
    for (unsigned i = 0; i < HV_SIGNALS; i++) {
        net_open(&h->driver[i]);
    }
    net_release(h->sim);
}

static bool leave(void *ctx, struct problem *err)
{
    struct scripted_hv *h = ctx;
    unsigned first = h->cfg.leave == HV_LEAVE_VCC_FIRST ? SCRIPTED_HV_VCC : SCRIPTED_HV_VPP;

    if (h->cfg.stray_bits && !run(h, h->cfg.t_low_ps, err)) {
        return false;
    }
    for (int64_t i = 0; h->hv->serial && i < 2 * h->cfg.stray_bits; i++) {
        set(h, HV_STROBE, !(i & 1));
        if (!run(h, h->cfg.t_high_ps, err)) {
            return false;
        }
    }
    set(h, first, false);
    bool ok = run(h, 20 * SIM_US, err);
    if (h->cfg.leave != HV_LEAVE_VPP_ONLY) {
        set(h, SCRIPTED_HV_VCC, false);
        set(h, SCRIPTED_HV_VPP, false);
    }
    open_all(h);
    return ok && run(h, SIM_MS, err); /* what charges VCC is empty then */
}

static void abandon(void *ctx)
{
    struct scripted_hv *h = ctx;

    open_all(h);
    set(h, SCRIPTED_HV_VPP, false);
    set(h, SCRIPTED_HV_VCC, false);
}

/* ---- operations ---- */

static bool load_address(struct scripted_hv *h, uint32_t at, struct problem *err)
{
    return frame(h, (uint8_t)at, ADDRESS, err) && frame(h, (uint8_t)(at >> 8), ADDRESS | BS1, err);
}

static bool signature(void *ctx, uint8_t sig[3], struct problem *err)
{
    struct scripted_hv *h = ctx;
    bool ok = frame(h, 0x08, COMMAND, err);

    for (uint8_t i = 0; ok && i < 3; i++) {
        ok = frame(h, i, ADDRESS, err) && read(h, 0, &sig[i], err);
    }
    return ok;
}

static bool erase(void *ctx, struct problem *err)
{
    return frame(ctx, 0x80, COMMAND, err) && write(ctx, 0, true, err);
}

static bool read_memory(void *ctx, enum prog_memory m, uint32_t at, uint8_t *to, size_t n, struct problem *err)
{
    struct scripted_hv *h = ctx;
    bool ok = frame(h, m == PROG_FLASH ? 0x02 : 0x03, COMMAND, err);

    for (size_t i = 0; ok && i < n; i++) {
        uint32_t a = at + (uint32_t)i;

        ok = load_address(h, m == PROG_FLASH ? a / 2 : a, err) &&
             read(h, m == PROG_FLASH && (a & 1) ? BS1 : 0, to++, err);
    }
    return ok;
}

static bool load_word(struct scripted_hv *h, uint32_t word, const uint8_t *from, struct problem *err)
{
    return frame(h, (uint8_t)word, ADDRESS, err) && frame(h, from[0], DATA, err) &&
           (!h->hv->latch_by_byte || (frame(h, 0, IDLE | PAGEL, err) && frame(h, 0, IDLE, err))) &&
           frame(h, from[1], DATA | BS1, err) && frame(h, 0, IDLE | PAGEL | BS1, err) &&
           (!h->hv->serial || frame(h, 0, IDLE | BS1, err));
}

static bool write_page(struct scripted_hv *h, uint32_t at, const uint8_t *from, struct problem *err)
{
    bool ok = frame(h, 0x10, COMMAND, err);

    for (unsigned i = 0; ok && i < h->part->flash_page_bytes; i += 2) {
        ok = load_word(h, (at + i) / 2, from + i, err);
    }
    return ok && frame(h, (uint8_t)(at / 2 >> 8), ADDRESS | BS1, err) && write(h, 0, false, err) &&
           frame(h, 0x00, COMMAND, err);
}

static bool write_flash(struct scripted_hv *h, uint32_t at, const uint8_t *from, size_t n, struct problem *err)
{
    uint32_t size = h->part->flash_page_bytes, end = at + (uint32_t)n;
    bool ok = true;

    for (uint32_t page = at - at % size; ok && page < end; page += size) {
        uint8_t bytes[256];

        memset(bytes, 0xFF, sizeof bytes); /* FF changes nothing */
        for (uint32_t i = 0; i < size; i++) {
            if (page + i >= at && page + i < end) {
                bytes[i] = from[page + i - at];
            }
        }
        ok = write_page(h, page, bytes, err);
    }
    return ok;
}

static bool write_eeprom(struct scripted_hv *h, uint32_t at, const uint8_t *from, size_t n, struct problem *err)
{
    uint32_t size = h->hv->eeprom_page_bytes;
    bool ok = true;

    for (size_t i = 0; ok && i < n;) {
        uint32_t last;

        ok = frame(h, 0x11, COMMAND, err);
        do {
            last = at + (uint32_t)i;
            ok = ok && load_address(h, last, err) && frame(h, from[i++], DATA, err) && frame(h, 0, IDLE | PAGEL, err) &&
                 (!h->hv->serial || frame(h, 0, IDLE, err));
        } while (ok && i < n && (last + 1) % size);
        ok = ok && write(h, 0, false, err);
    }
    return ok;
}

static bool write_memory(void *ctx, enum prog_memory m, uint32_t at, const uint8_t *from, size_t n, struct problem *err)
{
    return m == PROG_FLASH ? write_flash(ctx, at, from, n, err) : write_eeprom(ctx, at, from, n, err);
}

static bool read_fuse(void *ctx, enum prog_fuse f, uint8_t *value, struct problem *err)
{
    static const uint8_t select[] = { [PROG_LOW] = 0, [PROG_HIGH] = BS1 | BS2, [PROG_EXT] = BS2, [PROG_LOCK] = BS1 };

    return frame(ctx, 0x04, COMMAND, err) && read(ctx, select[f], value, err);
}

static bool write_fuse(void *ctx, enum prog_fuse f, uint8_t value, struct problem *err)
{
    static const uint8_t select[] = { [PROG_LOW] = 0, [PROG_HIGH] = BS1, [PROG_EXT] = BS2, [PROG_LOCK] = 0 };

    return frame(ctx, f == PROG_LOCK ? 0x20 : 0x40, COMMAND, err) && frame(ctx, value, DATA, err) &&
           write(ctx, select[f], false, err);
}

static void free_host(void *ctx)
{
    struct scripted_hv *h = ctx;

    for (unsigned i = 0; i < SCRIPTED_HV_PINS; i++) {
        scripted_hv_connect(h, i, NULL);
    }
    free(h);
}

static const struct programmer_ops ops = {
    .name = "hv_script",
    .enter = enter,
    .leave = leave,
    .signature = signature,
    .erase = erase,
    .read = read_memory,
    .write = write_memory,
    .read_fuse = read_fuse,
    .write_fuse = write_fuse,
    .abandon = abandon,
    .free = free_host,
};

void scripted_hv_connect(void *ctx, unsigned pin, struct net *net)
{
    struct scripted_hv *h = ctx;

    if (h->net[pin] != net) {
        h->net[pin] = net;
        net_move(&h->driver[pin], net, "hv_script");
    }
}

struct programmer scripted_hv_new(struct sim *sim, const struct part *part, const struct scripted_hv_config *cfg)
{
    struct scripted_hv *h = memory_zeroed(1, sizeof *h);

    h->sim = sim;
    h->part = part;
    h->hv = part->hv;
    h->cfg = *cfg;
    for (unsigned i = 0; i < HV_SIGNALS; i++) {
        h->finger[i] = i;
        for (unsigned k = 0; k < i && part->hv->pin[i]; k++) {
            if (part->hv->pin[k] && !strcmp(part->hv->pin[k], part->hv->pin[i])) {
                h->finger[i] = h->finger[k];
            }
        }
    }
    set(h, SCRIPTED_HV_VPP, false);
    set(h, SCRIPTED_HV_VCC, false);
    return (struct programmer){ &ops, h };
}
