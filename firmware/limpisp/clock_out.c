/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "clock_out.h"

#include "hw.h"
#include "protocols/stk500v2.h"

static uint8_t pscale, cmatch;
static bool running;

static const uint16_t prescale[8] = { 0, 1, 8, 32, 64, 128, 256, 1024 };

void clock_out_init(void)
{
    pscale = 1;
    cmatch = 3; /* 0.92 MHz on the STK500, 1 MHz here */
    running = false;
}

uint32_t clock_out_half_ck(void)
{
    uint32_t cycles = (uint32_t)prescale[pscale] * (cmatch + 1U); /* of STK_XTAL_HZ */
    uint32_t half;

    if (pscale == 0) {
        return 0;
    }
    /* 16 MHz / 7.3728 MHz = 625 / 288 */
    half = cycles * 625 / 288;
    return half ? half : 1;
}

static void apply(void)
{
    hw_clock_out(running ? clock_out_half_ck() : 0);
}

void clock_out_run(bool run)
{
    if (running == run) {
        return;
    }
    running = run;
    apply();
}

bool clock_out_set_pscale(uint8_t value)
{
    if (value > 7) {
        return false;
    }
    pscale = value;
    apply();
    return true;
}

void clock_out_set_cmatch(uint8_t value)
{
    cmatch = value;
    apply();
}

uint8_t clock_out_pscale(void)
{
    return pscale;
}

uint8_t clock_out_cmatch(void)
{
    return cmatch;
}
