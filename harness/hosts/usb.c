/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/hosts/usb.h"

#include "harness/hosts/host.h"
#include "sim/memory.h"
#include "sim/net.h"
#include "sim/rng.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

const struct host_usb_config host_usb_default = {
    .t_state_ps = SIM_MS,
    .high_mv = 800,
    .t_enter_ps = 25 * SIM_MS,
    .waits.flash_ps = 5 * SIM_MS,
    .waits.eeprom_ps = 4 * SIM_MS,
    .waits.erase_ps = 10 * SIM_MS,
    .waits.fuse_ps = 5 * SIM_MS,
};

bool host_usb_check(const struct host_usb_config *c, struct problem *err)
{
    if (c->t_state_ps < 125 * SIM_US / 10 || c->t_state_ps > 10 * SIM_S || c->t_jitter_ps > 10 * SIM_S) {
        return problem_set(err,
                           "a state must last 12.5 us to 10 s (a microframe, 125 us, is the least that a hub can do)");
    }
    if (c->high_mv < 1 || c->high_mv > 5000) {
        return problem_set(err, "the high level of D+ and D- must be 1 mV to 5 V");
    }
    return true;
}

void usb_port_test_request(enum usb_state state, uint8_t port, uint8_t setup[8])
{
    static const uint8_t selector[] = { [USB_SE0] = 3, [USB_J] = 1, [USB_K] = 2 };
    const uint8_t packet[8] = { 0x23, 3, 21, 0, port, selector[state], 0, 0 };
    memcpy(setup, packet, sizeof packet);
}

unsigned usb_encode(const uint8_t send[4], bool clk_is_dm, enum usb_state states[USB_STATES])
{
    enum usb_state clk = clk_is_dm ? USB_K : USB_J, data = clk_is_dm ? USB_J : USB_K;
    for (unsigned bit = 0; bit < 32; bit++) {
        states[2 * bit] = send[bit / 8] >> (7 - bit % 8) & 1 ? data : USB_SE0;
        states[2 * bit + 1] = clk;
    }
    return USB_STATES;
}

struct host_usb {
    struct isp_wire wire; /* first: isp_algorithm.h */
    struct sim *sim;
    struct vline *dp, *dm;
    struct host_usb_config cfg;
    struct sim_rng rng;
};

static bool put(struct host_usb *h, enum usb_state state, struct problem *err)
{
    net_hold(h->sim);
    vline_set(h->dp, state == USB_J ? h->cfg.high_mv : 0);
    vline_set(h->dm, state == USB_K ? h->cfg.high_mv : 0);
    net_release(h->sim);
    sim_time late = h->cfg.t_jitter_ps ? sim_rng_below(&h->rng, h->cfg.t_jitter_ps) : 0;
    return host_run(h->sim, h->cfg.t_state_ps + late, err);
}

static bool transfer(void *ctx, const uint8_t send[4], uint8_t answer[4], struct problem *err)
{
    struct host_usb *h = ctx;
    enum usb_state states[USB_STATES];
    unsigned n = usb_encode(send, h->cfg.clk_is_dm, states);
    for (unsigned i = 0; i < n; i++) {
        if (!put(h, states[i], err)) {
            return false;
        }
    }
    memset(answer, 0, 4);
    return put(h, USB_SE0, err);
}

static bool wait(void *ctx, sim_time d_ps, struct problem *err)
{
    return host_run(((struct host_usb *)ctx)->sim, d_ps, err);
}

static bool enter(void *ctx, struct problem *err)
{
    struct host_usb *h = ctx;
    static const uint8_t enable[4] = { 0xac, 0x53, 0, 0 };
    uint8_t answer[4];
    return put(h, USB_SE0, err) && host_run(h->sim, h->cfg.t_enter_ps, err) && transfer(h, enable, answer, err);
}

static bool leave(void *ctx, struct problem *err)
{
    return put(ctx, USB_SE0, err); /* RESET stays where the jumper has it */
}

static void free_host(void *ctx)
{
    free(ctx);
}

static const struct programmer_ops ops = {
    .name = "usb",
    .enter = enter,
    .leave = leave,
    ISP_ALGORITHM_OPS,
    .spi = transfer,
    .free = free_host,
};

struct programmer host_usb_new(struct sim *sim, const struct part *part, struct vline *dp, struct vline *dm,
                               const struct host_usb_config *cfg)
{
    assert(host_usb_check(cfg, &(struct problem){ "" }));
    struct host_usb *h = memory_zeroed(1, sizeof *h);
    h->sim = sim;
    h->dp = dp;
    h->dm = dm;
    h->cfg = *cfg;
    h->rng = sim_rng_stream(sim->seed, "USB state times");
    h->wire = (struct isp_wire){
        .part = part,
        .ctx = h,
        .transfer = transfer,
        .wait = wait,
        .waits = cfg->waits,
    };
    return (struct programmer){ &ops, h };
}
