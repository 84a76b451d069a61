/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mcu/clock_registers.h"

#define CLKPCE 0x80
#define CLKPS 15
#define CLKPS_MAX 8
#define CLKPR_CK 4 /* CLKPCE stands this long */

static void clkpr_write(avr_t *avr, avr_io_addr_t addr, uint8_t v, void *param)
{
    struct clock_registers *r = param;
    uint64_t end = avr->cycle + core_store_ck(avr);
    if (v == CLKPCE) {
        r->clkpr_until = end + CLKPR_CK;
        return;
    }
    if ((v & CLKPCE) || avr->cycle >= r->clkpr_until || (v & CLKPS) > CLKPS_MAX) {
        return;
    }
    r->clkpr_until = 0;
    if ((avr->data[addr] & CLKPS) != (v & CLKPS)) {
        r->ops->before_change(r->ctx, end);
        core_sync(r->core, end);
        avr->data[addr] = v & CLKPS;
        r->ops->set_prescaler(r->ctx, 1u << (v & CLKPS));
    }
}

static uint8_t clkpr_read(avr_t *avr, avr_io_addr_t addr, void *param)
{
    struct clock_registers *r = param;
    return avr->data[addr] | (avr->cycle < r->clkpr_until ? CLKPCE : 0);
}

static void osccal_write(avr_t *avr, avr_io_addr_t addr, uint8_t v, void *param)
{
    struct clock_registers *r = param;
    uint64_t end = avr->cycle + core_store_ck(avr);
    r->ops->before_change(r->ctx, end);
    core_sync(r->core, end);
    avr->data[addr] = v;
    r->ops->set_osccal(r->ctx, v);
}

void clock_registers_init(struct clock_registers *r, struct core *core, avr_io_addr_t r_osccal, avr_io_addr_t r_clkpr,
                          const struct clock_registers_ops *ops, void *ctx)
{
    *r = (struct clock_registers){ .core = core, .r_osccal = r_osccal, .r_clkpr = r_clkpr, .ops = ops, .ctx = ctx };
    if (r_osccal) {
        core_hook_write(core, r_osccal, osccal_write, r);
    }
    if (r_clkpr) {
        core_hook_write(core, r_clkpr, clkpr_write, r);
        core_hook_read(core, r_clkpr, clkpr_read, r);
    }
}

void clock_registers_reset(struct clock_registers *r, uint32_t divide, uint8_t osccal)
{
    r->clkpr_until = 0;
    if (r->r_osccal) {
        r->core->avr->data[r->r_osccal] = osccal;
    }
    if (r->r_clkpr) {
        r->core->avr->data[r->r_clkpr] = (uint8_t)__builtin_ctz(divide);
    }
}
