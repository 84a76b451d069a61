/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mcu/comparator.h"

#include <simavr/avr_acomp.h>

enum { ACD = 0x80, ACBG = 0x40, ACO = 0x20, ACI = 0x10, ACIS = 3 };
enum { ON_TOGGLE = 0, ON_FALL = 2, ON_RISE = 3 };

static bool counts(uint8_t sense, bool rises)
{
    return sense == ON_TOGGLE || sense == (rises ? ON_RISE : ON_FALL);
}

static void acsr_write(avr_t *avr, avr_io_addr_t addr, uint8_t v, void *param)
{
    uint8_t old = avr->data[addr];
    uint8_t aco = v & ACD ? old & ACO : v & ACBG ? ACO : 0, aci = old & ACI & (uint8_t)~v;
    (void)param;
    if ((old ^ aco) & ACO && counts(v & ACIS, aco)) {
        aci = ACI;
    }
    avr->data[addr] = (v & (uint8_t) ~(ACO | ACI)) | aco | aci;
}

void comparator_init(struct core *core)
{
    avr_acomp_t *s = core_module(core, "ac", 0);
    if (!s) {
        return;
    }
    core_hook_write(core, s->r_acsr, acsr_write, NULL);
    /* simavr's hears of the registers that its inputs depend on */
    s->pradc.reg = s->aden.reg = s->acme.reg = 0;
    for (unsigned i = 0; i < sizeof s->mux / sizeof s->mux[0]; i++) {
        s->mux[i].reg = 0;
    }
    for (unsigned i = 0; i < MAX_IOs; i++) {
        if (core->avr->io[i].irq) {
            avr_free_irq(core->avr->io[i].irq, AVR_IOMEM_IRQ_ALL + 1);
            core->avr->io[i].irq = NULL;
        }
    }
}
