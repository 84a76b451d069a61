/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/isp_rig.h"

#include <string.h>

void isp_rig_board(struct isp_rig *r, const struct part *part, uint64_t seed)
{
    struct target_switches sw = target_switches_default();

    memset(r, 0, sizeof *r);
    sim_init(&r->sim, seed);
    net_init(&r->reset_n, &r->sim, "RESET_N");
    net_init(&r->sck, &r->sim, "SCK");
    net_init(&r->mosi, &r->sim, "MOSI");
    net_init(&r->miso, &r->sim, "MISO");
    net_init(&r->miso_oe, &r->sim, "MISO_OE");
    net_init(&r->xtal1, &r->sim, "XTAL1");
    net_init(&r->xtal2, &r->sim, "XTAL2");
    net_init(&r->clko, &r->sim, "CLKO");
    vline_init(&r->vcc, &r->sim, "VCC", 0);
    net_attach(&r->reset_n, &r->d_reset, "hand");
    net_attach(&r->sck, &r->d_sck, "hand");
    net_attach(&r->mosi, &r->d_mosi, "hand");
    net_attach(&r->miso, &r->d_miso_pull, "pull-up");
    net_attach(&r->xtal1, &r->d_xtal1, "hand");
    net_attach(&r->xtal2, &r->d_xtal2, "hand");
    net_drive(&r->d_miso_pull, NET_1, NET_PULL);
    nvm_init(&r->nvm, part, &sw, seed);
    checker_init(&r->checker, &r->sim);
    checker_watch_contention(&r->checker, &r->contention[0], &r->reset_n);
    checker_watch_contention(&r->checker, &r->contention[1], &r->sck);
    checker_watch_contention(&r->checker, &r->contention[2], &r->mosi);
    checker_watch_contention(&r->checker, &r->contention[3], &r->miso);
    r->t_high_ps = r->t_low_ps = 4 * SIM_US;
}

void isp_rig_target(struct isp_rig *r, const struct target_config *cfg)
{
    const struct target_pins pins = {
        .vcc = &r->vcc,
        .reset_n = &r->reset_n,
        .sck = &r->sck,
        .mosi = &r->mosi,
        .miso = &r->miso,
        .miso_oe = &r->miso_oe,
        .xtal1 = &r->xtal1,
        .xtal2 = &r->xtal2,
        .clko = &r->clko,
    };
    target_init(&r->target, &r->sim, cfg, &r->nvm, &pins, &r->checker);
}

void isp_rig_init(struct isp_rig *r, const struct target_config *cfg, uint64_t seed)
{
    struct target_config c = cfg ? *cfg : target_config_default(&part_atmega328p);

    isp_rig_board(r, c.part, seed);
    isp_rig_target(r, &c);
    isp_set_sck(r, false);
    isp_set_mosi(r, false);
    isp_reset(r, false);
    isp_power(r, 5000);
}

void isp_rig_free(struct isp_rig *r)
{
    checker_free(&r->checker);
}

void isp_wait(struct isp_rig *r, sim_time ps)
{
    sim_run_until(&r->sim, r->sim.now_ps + ps);
}

void isp_power(struct isp_rig *r, int32_t mv)
{
    vline_set(&r->vcc, mv);
}

void isp_reset(struct isp_rig *r, bool high)
{
    net_drive(&r->d_reset, high ? NET_1 : NET_0, NET_STRONG);
}

void isp_set_sck(struct isp_rig *r, bool high)
{
    net_drive(&r->d_sck, high ? NET_1 : NET_0, NET_STRONG);
}

void isp_set_mosi(struct isp_rig *r, bool high)
{
    net_drive(&r->d_mosi, high ? NET_1 : NET_0, NET_STRONG);
}

bool isp_miso(struct isp_rig *r)
{
    bool high = net_is_high(&r->miso, true);

    net_looked(&r->miso, r->sim.now_ps, high, true);
    return high;
}

uint8_t isp_byte(struct isp_rig *r, uint8_t out)
{
    uint8_t in = 0;

    for (int bit = 7; bit >= 0; bit--) {
        net_hold(&r->sim);
        isp_set_sck(r, false);
        isp_set_mosi(r, out >> bit & 1);
        net_release(&r->sim);
        isp_wait(r, r->t_low_ps);
        in = (uint8_t)(in << 1 | isp_miso(r));
        isp_set_sck(r, true);
        isp_wait(r, r->t_high_ps);
    }
    isp_set_sck(r, false);
    return in;
}

uint8_t isp_send(struct isp_rig *r, uint32_t out, uint32_t *in)
{
    uint32_t got = 0;

    for (int byte = 3; byte >= 0; byte--) {
        got = got << 8 | isp_byte(r, (uint8_t)(out >> 8 * byte));
    }
    if (in) {
        *in = got;
    }
    return (uint8_t)got;
}

bool isp_enter(struct isp_rig *r)
{
    uint32_t in;

    isp_set_sck(r, false);
    isp_reset(r, true);
    isp_wait(r, 200 * SIM_US);
    isp_reset(r, false);
    isp_wait(r, 21 * SIM_MS);
    isp_send(r, 0xAC530000, &in);
    return (in >> 8 & 0xFF) == 0x53;
}

void isp_wait_ready(struct isp_rig *r)
{
    while (isp_send(r, 0xF0000000, NULL) & 1) {
    }
}
