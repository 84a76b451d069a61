/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "limp.h"

#include "debug.h"
#include "hw.h"

/* One phase of SCK in CPU cycles; the comment says which target clocks it is good for. */
static const uint16_t ladder[] = {
    64,    /* 125 kHz   > 500 kHz */
    160,   /* 50 kHz    > 200 kHz */
    384,   /* 20.8 kHz  > 83 kHz: 128 kHz oscillator, 1 MHz / 8 */
    768,   /* 10.4 kHz  > 42 kHz */
    1536,  /* 5.2 kHz   > 21 kHz: 32.768 kHz crystal */
    3072,  /* 2.6 kHz   > 10.4 kHz: 128 kHz / 8 */
    6400,  /* 1.25 kHz  > 5 kHz */
    11200, /* 714 Hz    > 2.9 kHz: 32.768 kHz / 8 */
    22400, /* 357 Hz    > 1.4 kHz */
};
#define STEPS (sizeof ladder / sizeof ladder[0])
#define SLOWEST ladder[STEPS - 1]

/* Careful mode: SCK phases against the shortest at which all was right. A rate just seen to work may be one sample from
 * failing, which is at most half the limit off; the rest is for oscillators that drift. */
#define MARGIN_NUM 5
#define MARGIN_DEN 2

static uint16_t asked = LIMP_DEFAULT_HALF_CK, worked;
static bool careful;
static struct isp_entry entry; /* for limp_resume() */

void limp_init(void)
{
    asked = LIMP_DEFAULT_HALF_CK;
    worked = 0;
    careful = false;
}

void limp_ask(uint16_t half_ck)
{
    asked = half_ck;
    worked = 0;
}

void limp_set_careful(bool on)
{
    careful = on;
}

bool limp_is_careful(void)
{
    return careful || hw_careful_jumper();
}

void limp_forget(void)
{
    worked = 0;
}

uint16_t limp_half_ck(void)
{
    return worked;
}

/* The next slower rate of the ladder, 0 after the slowest. */
static uint16_t slower(uint16_t half_ck)
{
    for (uint8_t i = 0; i < STEPS; i++) {
        if (ladder[i] > half_ck) {
            return ladder[i];
        }
    }
    return 0;
}

/* Programming Enable and three signature reads a pass. */
static uint16_t attempt_ms(uint16_t half_ck, uint8_t passes)
{
    return (uint16_t)(25 + (uint32_t)half_ck * 2 * 8 * (4 + 12U * passes) / (HW_CK_PER_US * 1000UL));
}

static bool fits(uint16_t start_ms, uint16_t half_ck, uint8_t passes)
{
    uint16_t spent = (uint16_t)(hw_ms() - start_ms);

    return spent < LIMP_BUDGET_MS && attempt_ms(half_ck, passes) <= LIMP_BUDGET_MS - spent;
}

/* Down the ladder from half_ck on. */
static bool descend(uint16_t start_ms, uint16_t half_ck)
{
    for (; half_ck && fits(start_ms, half_ck, ISP_MAX_PASSES); half_ck = slower(half_ck)) {
        if (isp_try(&entry, half_ck, ISP_MAX_PASSES) == ISP_GOOD) {
            worked = half_ck;
            return true;
        }
    }
    return false;
}

/* Up the ladder from the slowest rate, not beyond the one asked for. The shortest phase that was right, 0: none. */
static uint16_t ascend(uint16_t start_ms)
{
    uint16_t good = 0;

    for (uint8_t i = STEPS; i-- && good != asked;) {
        uint16_t half = ladder[i] > asked ? ladder[i] : asked;

        if (!fits(start_ms, half, 1) || isp_try(&entry, half, 1) != ISP_GOOD) {
            break;
        }
        good = half;
    }
    return good;
}

static bool enter_carefully(uint16_t start_ms)
{
    uint16_t good = ascend(start_ms);
    uint32_t half = (uint32_t)good * MARGIN_NUM / MARGIN_DEN;

    return good && descend(start_ms, half < SLOWEST ? (uint16_t)half : SLOWEST);
}

bool limp_enter(const struct isp_entry *e)
{
    uint16_t start = hw_ms();
    uint8_t pass = 0;

    entry = *e;
    isp_take();
    hw_wait_ms(e->stab_ms);
    if (worked && isp_try(&entry, worked, ISP_MAX_PASSES) == ISP_GOOD) {
        return true;
    }
    worked = 0;
    if (isp_is_avr(e) && limp_is_careful()) {
        do {
            if (enter_carefully(start)) {
                return true;
            }
        } while (++pass < e->synch_loops && fits(start, SLOWEST, 1));
    } else {
        do {
            if (descend(start, asked)) {
                return true;
            }
        } while (++pass < e->synch_loops && fits(start, asked, ISP_MAX_PASSES));
    }
    debug_text(PSTR("no answer at any rate"));
    debug_end();
    isp_release();
    return false;
}

bool limp_resume(void)
{
    uint16_t start = hw_ms();

    isp_take();
    /* twice at the rate that worked: what disturbed the target may be over */
    for (uint8_t i = 0; i < 2 && worked; i++) {
        if (isp_try(&entry, worked, ISP_MAX_PASSES) == ISP_GOOD) {
            return true;
        }
    }
    if (descend(start, worked ? slower(worked) : asked)) {
        return true;
    }
    isp_release();
    return false;
}
