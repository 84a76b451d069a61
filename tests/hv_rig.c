/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/hv_rig.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

static struct net *net_of(struct hv_rig *r, const char *pin)
{
    return pin ? &r->port[pin[1] - 'A'][pin[2] - '0'] : NULL;
}

void hv_rig_init(struct hv_rig *r, const struct part *part, const struct target_config *cfg)
{
    struct target_config c = cfg ? *cfg : target_config_default(part);

    memset(r, 0, sizeof *r);
    sim_init(&r->sim, 1);
    r->hv = part->hv;
    r->t_ps = SIM_US;
    r->enter_wait_ps = 300 * SIM_US;
    r->vcc_to_vpp_ps = 40 * SIM_US;
    vline_init(&r->vcc, &r->sim, "VCC", 0);
    vline_init(&r->reset_volts, &r->sim, "RESET", 0);
    nvm_init(&r->nvm, part, &c.switches, 1);
    checker_init(&r->checker, &r->sim);
    for (unsigned p = 0; p < HV_RIG_PORTS; p++) {
        for (unsigned bit = 0; bit < 8; bit++) {
            snprintf(r->names[p][bit], sizeof r->names[p][bit], "P%c%u", 'A' + p, bit);
            net_init(&r->port[p][bit], &r->sim, r->names[p][bit]);
            checker_watch_contention(&r->checker, &r->contention[p][bit], &r->port[p][bit]);
        }
    }
    for (unsigned i = 0; i < HV_SIGNALS; i++) {
        r->net[i] = net_of(r, part->hv->pin[i]);
        r->finger[i] = i;
        for (unsigned k = 0; k < i; k++) {
            if (r->net[k] == r->net[i]) { /* a pin that is two signals */
                r->finger[i] = r->finger[k];
            }
        }
        if (r->net[i] && r->finger[i] == i) {
            net_attach(r->net[i], &r->hand[i], "hand");
        }
    }
    struct net *reset = net_of(r, part->pin_reset);
    reset->volts = &r->reset_volts;
    net_attach(reset, &r->reset, "hand");
    net_drive(&r->reset, NET_0, NET_STRONG);
    const struct target_pins pins = {
        .vcc = &r->vcc,
        .reset_n = reset,
        .sck = net_of(r, part->pin_sck),
        .mosi = net_of(r, part->pin_mosi),
        .miso = net_of(r, part->pin_miso),
        .xtal1 = net_of(r, part->pin_xtal1),
    };
    target_init(&r->target, &r->sim, &c, &r->nvm, &pins, &r->checker);
    for (unsigned i = 0; i < HV_SIGNALS; i++) {
        target_connect_hv(&r->target, (enum hv_signal)i, r->net[i]);
    }
}

void hv_rig_free(struct hv_rig *r)
{
    checker_free(&r->checker);
}

void hv_wait(struct hv_rig *r, sim_time ps)
{
    sim_run_until(&r->sim, r->sim.now_ps + ps);
}

void hv_set(struct hv_rig *r, enum hv_signal signal, enum net_level level)
{
    net_drive(&r->hand[r->finger[signal]], level, level == NET_Z ? NET_OPEN : NET_STRONG);
}

void hv_reset_mv(struct hv_rig *r, int32_t mv)
{
    net_hold(&r->sim);
    net_drive(&r->reset, mv >= 4500 ? NET_1 : NET_0, NET_STRONG);
    vline_set(&r->reset_volts, mv);
    net_release(&r->sim);
}

void hv_set_enable(struct hv_rig *r, enum net_level level)
{
    for (unsigned i = 0; i < HV_ENABLES; i++) {
        hv_set(r, HV_ENABLE0 + i, level);
    }
}

void hv_settle(struct hv_rig *r)
{
    if (r->hv->serial && r->hv->old_entry) {
        hv_wait(r, 500 * SIM_NS);
        hv_set(r, HV_SDO, NET_Z);
    }
    hv_wait(r, 20 * SIM_US);
    if (r->hv->serial) {
        hv_set_enable(r, NET_Z);
        hv_set(r, HV_SDI, NET_0);
        hv_set(r, HV_SII, NET_0);
        hv_wait(r, r->enter_wait_ps - 20 * SIM_US);
    } else {
        hv_set(r, HV_WR, NET_1);
        hv_set(r, HV_OE, NET_1);
        hv_wait(r, r->enter_wait_ps - 20 * SIM_US);
        hv_set(r, HV_PAGEL, NET_0);
        hv_set(r, HV_XA0, NET_1);
        hv_set(r, HV_XA1, NET_1);
        hv_set(r, HV_BS1, NET_0);
        hv_wait(r, SIM_US);
    }
}

void hv_enter(struct hv_rig *r)
{
    hv_set_enable(r, NET_0);
    hv_set(r, HV_STROBE, NET_0);
    hv_set(r, HV_WR, NET_0);
    hv_set(r, HV_OE, NET_0);
    hv_set(r, HV_BS2, NET_0);
    hv_reset_mv(r, 0);
    vline_set(&r->vcc, 5000);
    hv_wait(r, r->vcc_to_vpp_ps);
    hv_reset_mv(r, 12000);
    hv_settle(r);
}

void hv_leave(struct hv_rig *r)
{
    hv_reset_mv(r, 0);
    for (unsigned i = 0; i < HV_SIGNALS; i++) {
        hv_set(r, (enum hv_signal)i, NET_Z);
    }
    hv_wait(r, 100 * SIM_US);
}

/* ---- frames ---- */

static void pulse(struct hv_rig *r)
{
    hv_wait(r, r->t_ps);
    hv_set(r, HV_STROBE, NET_1);
    hv_wait(r, r->t_ps);
    hv_set(r, HV_STROBE, NET_0);
    hv_wait(r, r->t_ps);
}

static uint8_t serial_frame(struct hv_rig *r, uint8_t sdi, uint8_t sii)
{
    uint16_t in = 0;

    for (unsigned bit = 0; bit < 11; bit++) {
        hv_set(r, HV_SDI, (unsigned)sdi << 2 >> (10 - bit) & 1 ? NET_1 : NET_0);
        hv_set(r, HV_SII, (unsigned)sii << 2 >> (10 - bit) & 1 ? NET_1 : NET_0);
        hv_wait(r, r->t_ps);
        hv_set(r, HV_STROBE, NET_1);
        hv_wait(r, r->t_ps);
        in = (uint16_t)(in << 1 | net_is_high(r->net[HV_SDO], true));
        hv_set(r, HV_STROBE, NET_0);
    }
    return (uint8_t)(in >> 3);
}

static uint8_t parallel_frame(struct hv_rig *r, uint8_t data, uint8_t bus)
{
    uint8_t before = r->in;
    bool reads = !(bus & 4);

    hv_set(r, HV_XA1, bus & 0x40 ? NET_1 : NET_0);
    hv_set(r, HV_XA0, bus & 0x20 ? NET_1 : NET_0);
    hv_set(r, HV_BS1, bus & 0x10 ? NET_1 : NET_0);
    if (!r->hv->shared_pins) {
        hv_set(r, HV_BS2, bus & 2 ? NET_1 : NET_0);
    }
    for (unsigned i = 0; i < 8; i++) {
        hv_set(r, HV_DATA0 + i, reads ? NET_Z : data >> i & 1 ? NET_1 : NET_0);
    }
    if ((bus & 0x60) != 0x60) {
        pulse(r);
    }
    if (r->hv->shared_pins && (bus & 0x60) == 0x60) { /* BS2 is XA1: after the strobe it is free */
        hv_set(r, HV_BS2, bus & 2 ? NET_1 : NET_0);
    }
    hv_wait(r, r->t_ps);
    if (bus & 1) {
        hv_set(r, HV_PAGEL, NET_1);
        hv_wait(r, r->t_ps);
        hv_set(r, HV_PAGEL, NET_0);
    }
    if (!(bus & 8)) {
        hv_set(r, HV_WR, NET_0);
        hv_wait(r, r->t_ps);
        hv_set(r, HV_WR, NET_1);
    }
    if (reads) {
        hv_set(r, HV_OE, NET_0);
        hv_wait(r, r->t_ps);
        r->in = 0;
        for (unsigned i = 0; i < 8; i++) {
            r->in |= (uint8_t)(net_is_high(r->net[HV_DATA0 + i], true) << i);
        }
        hv_set(r, HV_OE, NET_1);
        hv_wait(r, r->t_ps);
    }
    return before;
}

uint8_t hv_frame(struct hv_rig *r, uint8_t sdi, uint8_t sii)
{
    return r->hv->serial ? serial_frame(r, sdi, sii) : parallel_frame(r, sdi, sii);
}

void hv_wait_ready(struct hv_rig *r)
{
    const struct net *rdy = r->net[r->hv->serial ? HV_SDO : HV_RDY];

    hv_wait(r, 2 * SIM_US);
    for (unsigned i = 0; i < 1000 && net_level(rdy) != NET_1; i++) {
        hv_wait(r, 20 * SIM_US);
    }
    ck_assert_int_eq(net_level(rdy), NET_1);
}

static void write(struct hv_rig *r, uint8_t on, uint8_t off)
{
    hv_frame(r, 0, on);
    hv_frame(r, 0, off);
    hv_wait_ready(r);
}

static uint8_t read(struct hv_rig *r, uint8_t on, uint8_t off)
{
    hv_frame(r, 0, on);
    return hv_frame(r, 0, off);
}

/* ---- operations ---- */

uint8_t hv_read_fuse(struct hv_rig *r, unsigned which)
{
    static const uint8_t pair[4][2] = { { 0x68, 0x6C }, { 0x7A, 0x7E }, { 0x6A, 0x6E }, { 0x78, 0x7C } };

    hv_frame(r, 0x04, 0x4C);
    return read(r, pair[which][0], pair[which][1]);
}

void hv_write_fuse(struct hv_rig *r, unsigned which, uint8_t value)
{
    static const uint8_t pair[4][2] = { { 0x64, 0x6C }, { 0x74, 0x7C }, { 0x66, 0x6E }, { 0x64, 0x6C } };

    hv_frame(r, which == 3 ? 0x20 : 0x40, 0x4C);
    hv_frame(r, value, 0x2C);
    write(r, pair[which][0], pair[which][1]);
}

uint8_t hv_signature(struct hv_rig *r, unsigned which)
{
    hv_frame(r, 0x08, 0x4C);
    hv_frame(r, (uint8_t)which, 0x0C);
    return read(r, 0x68, 0x6C);
}

void hv_erase(struct hv_rig *r)
{
    hv_frame(r, 0x80, 0x4C);
    write(r, 0x64, 0x6C);
}

void hv_write_page(struct hv_rig *r, uint32_t word, const uint8_t *bytes)
{
    hv_frame(r, 0x10, 0x4C);
    for (unsigned i = 0; i < r->target.cfg.part->flash_page_bytes / 2u; i++) {
        hv_frame(r, (uint8_t)(word + i), 0x0C);
        hv_frame(r, bytes[2 * i], 0x2C);
        if (r->hv->latch_by_byte) {
            hv_frame(r, 0, 0x6D);
            hv_frame(r, 0, 0x6C);
        }
        hv_frame(r, bytes[2 * i + 1], 0x3C);
        hv_frame(r, 0, 0x7D);
        hv_frame(r, 0, 0x7C);
    }
    hv_frame(r, (uint8_t)(word >> 8), 0x1C);
    write(r, 0x64, 0x6C);
    hv_frame(r, 0, 0x4C);
}

uint8_t hv_read_flash(struct hv_rig *r, uint32_t word, bool high)
{
    hv_frame(r, 0x02, 0x4C);
    hv_frame(r, (uint8_t)word, 0x0C);
    hv_frame(r, (uint8_t)(word >> 8), 0x1C);
    return high ? read(r, 0x78, 0x7C) : read(r, 0x68, 0x6C);
}

void hv_write_eeprom(struct hv_rig *r, uint32_t at, const uint8_t *bytes, unsigned n)
{
    hv_frame(r, 0x11, 0x4C);
    for (unsigned i = 0; i < n; i++) {
        hv_frame(r, (uint8_t)(at + i), 0x0C);
        hv_frame(r, (uint8_t)(at >> 8), 0x1C);
        hv_frame(r, bytes[i], 0x2C);
        hv_frame(r, 0, 0x6D);
        hv_frame(r, 0, 0x6C);
    }
    write(r, 0x64, 0x6C);
}

uint8_t hv_read_eeprom(struct hv_rig *r, uint32_t at)
{
    hv_frame(r, 0x03, 0x4C);
    hv_frame(r, (uint8_t)at, 0x0C);
    hv_frame(r, (uint8_t)(at >> 8), 0x1C);
    return read(r, 0x68, 0x6C);
}

uint64_t hv_found(const struct hv_rig *r, enum checker_rule rule)
{
    return checker_margin(&r->checker, rule)->findings;
}

void hv_no_violations(const struct hv_rig *r)
{
    for (size_t i = 0; i < checker_count(&r->checker); i++) {
        const struct checker_finding *f = checker_at(&r->checker, i);
        const struct checker_rule_info *info = checker_rule_info(f->rule);
        ck_assert_msg(info->severity == CHECK_NOTE, "%s %s at %llu: %s", info->id, f->net, (unsigned long long)f->at_ps,
                      info->text);
    }
}
