/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * adc.h - the analog to digital converter of a core
 *
 *   ADSC --> next edge of the ADC clock --> 13 of its periods (25 after ADEN) --> result, ADIF
 *
 * Models      single and free running conversions, all prescalers, the flag and its interrupt, ADLAR, ADCL's lock of the
 *             result until ADCH is read, the band gap and the temperature sensor against AVCC or the inner references.
 * Leaves out  voltages on pins (no net has one: they read 0), conversions that other flags start (ADTS not 0), gains,
 *             noise, ADC noise reduction mode, power reduction.
 * Source      ATmega328P datasheet "Analog-to-Digital Converter" (Table "ADC Conversion Time"). Assumed: the ADC clock
 *             begins with ADEN or a new ADPS; AREF is wired to AVCC; AVCC is VCC; 25 degrees, for the sensor 314 mV.
 */
#ifndef MCU_ADC_H
#define MCU_ADC_H

#include <simavr/avr_adc.h>

#include "mcu/deadline.h"
#include "mcu/pins.h"

struct adc { /* do not move after init */
    struct core *core;
    const struct pins *pins; /* whose supply is AVCC */
    avr_adc_t *simavr;       /* which registers, channels and references the part has */
    struct deadline end;     /* of the conversion on its way */
    uint64_t clock_ck;       /* an edge of the ADC clock */
    bool first, locked;
    uint8_t admux, adcsrb; /* of the conversion on its way */
    uint16_t result;
};

/* -1: the core has none. */
int adc_init(struct adc *a, struct core *core, const struct pins *pins);

#endif
