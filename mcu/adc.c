/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mcu/adc.h"

#include <string.h>

#include "sim/vline.h"

enum { ADEN = 0x80, ADSC = 0x40, ADATE = 0x20, ADIF = 0x10, ADPS = 7 };
enum { FIRST_CK = 25, NEXT_CK = 13, FULL_SCALE = 1023 };
enum { SENSOR_MV = 314, UNSUPPLIED_MV = 5000 };

static uint8_t *adcsra(const struct adc *a)
{
    return &a->core->avr->data[a->simavr->r_adcsra];
}

static unsigned shift_of(uint8_t control)
{
    return control & ADPS ? control & ADPS : 1;
}

static uint32_t supply_mv(const struct adc *a)
{
    return a->pins->supply ? (uint32_t)a->pins->supply->mv : UNSUPPLIED_MV;
}

/* A field of several bits, as ADMUX and ADCSRB stood when the conversion began. */
static unsigned field(const struct adc *a, const avr_regbit_t *bits, unsigned n)
{
    unsigned v = 0;
    for (unsigned i = 0; i < n; i++) {
        uint8_t reg = bits[i].reg == a->simavr->r_admux ? a->admux : a->adcsrb;
        v |= bits[i].reg ? (reg >> bits[i].bit & bits[i].mask) << i : 0;
    }
    return v;
}

static uint32_t channel_mv(const struct adc *a)
{
    const avr_adc_mux_t *mux = &a->simavr->muxmode[field(a, a->simavr->mux, 6)];
    switch (mux->kind) {
    case ADC_MUX_REF: return mux->src;
    case ADC_MUX_TEMP: return SENSOR_MV;
    case ADC_MUX_VCC4: return supply_mv(a) / 4;
    default: return 0;
    }
}

static uint32_t reference_mv(const struct adc *a)
{
    uint16_t kind = a->simavr->ref_values[field(a, a->simavr->ref, 3)];
    return kind == ADC_VREF_AREF || kind == ADC_VREF_VCC || kind == ADC_VREF_AVCC ? supply_mv(a) : kind;
}

static uint16_t sample(const struct adc *a)
{
    uint32_t ref = reference_mv(a), v = ref ? channel_mv(a) * (FULL_SCALE + 1) / ref : 0;
    return (uint16_t)(v < FULL_SCALE ? v : FULL_SCALE);
}

/* At the ADC clock's first edge from this cycle on; ADSC is set. */
static void start(struct adc *a, uint64_t cycle)
{
    unsigned shift = shift_of(*adcsra(a));
    uint64_t edges = (cycle - a->clock_ck + (UINT64_C(1) << shift) - 1) >> shift;
    a->admux = a->core->avr->data[a->simavr->r_admux];
    a->adcsrb = a->simavr->r_adcsrb ? a->core->avr->data[a->simavr->r_adcsrb] : 0;
    deadline_set(&a->end, a->clock_ck + ((edges + (a->first ? FIRST_CK : NEXT_CK)) << shift));
    a->first = false;
}

static bool runs_free(const struct adc *a)
{
    return *adcsra(a) & ADATE && !avr_regbit_get_array(a->core->avr, a->simavr->adts, 4);
}

static void converted(void *ctx, uint64_t cycle)
{
    struct adc *a = ctx;
    if (!a->locked) {
        a->result = sample(a);
    }
    if (runs_free(a)) {
        start(a, cycle);
    } else {
        *adcsra(a) &= (uint8_t)~ADSC;
    }
    core_raise(a->core, &a->simavr->adc);
}

static void adcsra_write(avr_t *avr, avr_io_addr_t addr, uint8_t v, void *param)
{
    struct adc *a = param;
    uint8_t old = avr->data[addr];
    uint64_t end = avr->cycle + core_store_ck(avr);
    v = (v & (uint8_t)~ADIF) | (old & ADIF & (uint8_t)~v);
    if (!(v & ADEN)) {
        avr->data[addr] = v & (uint8_t)~ADSC;
        deadline_off(&a->end);
        return;
    }
    avr->data[addr] = v | (old & ADSC);
    if (!(old & ADEN) || (old ^ v) & ADPS) {
        a->clock_ck = end;
    }
    a->first |= !(old & ADEN);
    if (v & ADSC && !(old & ADSC)) {
        start(a, end);
    }
}

static uint16_t adjusted(const struct adc *a)
{
    return (uint16_t)(a->result << (avr_regbit_get(a->core->avr, a->simavr->adlar) ? 6 : 0));
}

static uint8_t adcl_read(avr_t *avr, avr_io_addr_t addr, void *param)
{
    struct adc *a = param;
    a->locked = true;
    return avr->data[addr] = (uint8_t)adjusted(a);
}

static uint8_t adch_read(avr_t *avr, avr_io_addr_t addr, void *param)
{
    struct adc *a = param;
    a->locked = false;
    return avr->data[addr] = (uint8_t)(adjusted(a) >> 8);
}

static void result_write(avr_t *avr, avr_io_addr_t addr, uint8_t v, void *param)
{
    (void)avr, (void)addr, (void)v, (void)param;
}

static void adc_reset(void *ctx)
{
    struct adc *a = ctx;
    deadline_init(&a->end, a->core, converted, a);
    a->first = a->locked = false;
    a->result = 0;
}

int adc_init(struct adc *a, struct core *core, const struct pins *pins)
{
    memset(a, 0, sizeof *a);
    a->simavr = core_module(core, "adc", 0);
    if (!a->simavr) {
        return -1;
    }
    a->core = core;
    a->pins = pins;
    core_hook_write(core, a->simavr->r_adcsra, adcsra_write, a);
    if (a->simavr->r_adcsrb) {
        core_hook_write(core, a->simavr->r_adcsrb, NULL, NULL);
    }
    core_hook_read(core, a->simavr->r_adcl, adcl_read, a);
    core_hook_read(core, a->simavr->r_adch, adch_read, a);
    core_hook_write(core, a->simavr->r_adcl, result_write, a);
    core_hook_write(core, a->simavr->r_adch, result_write, a);
    core_add_unit(core, adc_reset, a);
    return 0;
}
