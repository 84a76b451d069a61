/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mcu/core.h"

/* simavr's parts hear of the bits that changed: what they make of one depends on nothing else. */
static void signal_write(avr_t *avr, avr_io_addr_t addr, uint8_t v, void *param)
{
    const struct core_signal *s = param;
    unsigned changed = avr->data[addr] ^ v;
    if (s->write) {
        s->write(avr, addr, v, s->param);
    } else {
        avr->data[addr] = v;
    }
    if (changed && s->irq[AVR_IOMEM_IRQ_ALL].hook) {
        avr_raise_irq(s->irq + AVR_IOMEM_IRQ_ALL, v);
    }
    for (; changed; changed &= changed - 1) {
        unsigned bit = (unsigned)__builtin_ctz(changed);
        if (s->irq[bit].hook) {
            avr_raise_irq(s->irq + bit, v >> bit & 1);
        }
    }
}

/* After simavr's reset, which makes them: signals that simavr would raise at each load and store, all nine of them. */
void core_wrap_signals(struct core *c)
{
    for (unsigned io = 0; io < MAX_IOs && c->n_signals < CORE_MAX_SIGNALS; io++) {
        if (c->avr->io[io].irq && io != AVR_DATA_TO_IO(R_SREG) && !c->fast.io[io].tells) {
            struct core_signal *s = &c->signals[c->n_signals++];
            *s = (struct core_signal){ c->avr->io[io].irq, c->avr->io[io].w.c, c->avr->io[io].w.param };
            c->avr->io[io].w.c = signal_write;
            c->avr->io[io].w.param = s;
            c->fast.io[io].tells = true;
        }
    }
}
