/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim/clock_model.h"

#include <assert.h>

#define HIGHEST_RANGE_HZ 16000000 /* crystal ranges that end there or later have nothing above them */

const char *clock_kind_name(enum clock_kind kind)
{
    static const char *const names[] = {
        [CLOCK_RESERVED] = "reserved",
        [CLOCK_EXTERNAL] = "external clock",
        [CLOCK_RC] = "calibrated RC oscillator",
        [CLOCK_RC_128K] = "128 kHz oscillator",
        [CLOCK_LF_CRYSTAL] = "low-frequency crystal",
        [CLOCK_CRYSTAL] = "low-power crystal",
        [CLOCK_FULL_SWING] = "full-swing crystal",
        [CLOCK_EXTERNAL_RC] = "external RC oscillator",
        [CLOCK_PLL] = "PLL",
    };
    assert(kind < sizeof names / sizeof names[0]);
    return names[kind];
}

const char *clock_state_text(enum clock_state t)
{
    static const char *const texts[] = {
        [CLOCK_FINE] = "runs",
        [CLOCK_DEAD_RESERVED] = "no clock: this CKSEL is reserved",
        [CLOCK_DEAD_NOTHING_WIRED] = "no clock: nothing that this source takes is wired to the crystal pins",
        [CLOCK_DEAD_WRONG_RANGE] = "no clock: what stands at the crystal pins is outside the range that CKSEL selects",
        [CLOCK_DEAD_WRONG_PIN] = "no clock: the wave is on the wrong crystal pin",
        [CLOCK_DEAD_NO_RC_PARTS] = "no clock: the external RC oscillator has no R and C",
        [CLOCK_DEAD_LOW_VCC] = "no clock: this oscillator needs a higher VCC",
        [CLOCK_OVER_SPEED] = "runs faster than is promised at this VCC",
    };
    assert(t < sizeof texts / sizeof texts[0]);
    return texts[t];
}

const struct clock_source *clock_source_of(const struct part *part, const struct fuse_bytes *fuses)
{
    static const struct clock_source reserved = { .kind = CLOCK_RESERVED };
    const struct clock_layout *l = part->clocks;
    unsigned cksel = fuse_get(part, fuses, FUSE_CKSEL);

    assert(cksel < 16);
    if (l->reserved >> cksel & 1) {
        return &reserved;
    }
    if (l->source_ckopt != NULL && fuse_is_programmed(part, fuses, FUSE_CKOPT)) {
        return &l->source_ckopt[cksel];
    }
    return &l->source[cksel];
}

uint32_t clock_delay_ck(const struct part *part, const struct clock_startup *cell)
{
    return cell->delay_ck != 0 ? cell->delay_ck + part->clocks->more_delay_ck : 0;
}

enum clock_kind clock_kind_of(const struct part *part, const struct fuse_bytes *fuses)
{
    return clock_source_of(part, fuses)->kind;
}

/* In Hz; flat curves give 1. */
static uint64_t curve_at(const struct clock_curve *c, uint32_t x)
{
    const struct clock_point *p = c->points;
    unsigned i = 1;

    if (c->n == 0) {
        return 1;
    }
    if (x <= p[0].x) {
        return p[0].f_khz * UINT64_C(1000);
    }
    while (i < c->n && p[i].x < x) {
        i++;
    }
    if (i == c->n) {
        return p[i - 1].f_khz * UINT64_C(1000);
    }
    int64_t step = ((int64_t)p[i].f_khz - p[i - 1].f_khz) * 1000;
    int64_t span = p[i].x - p[i - 1].x;
    return (uint64_t)(p[i - 1].f_khz * INT64_C(1000) + step * (x - p[i - 1].x) / span);
}

static uint64_t osccal_curve(const struct clock_layout *l, uint8_t osccal)
{
    return curve_at(&l->osccal[osccal >> 7], osccal);
}

static uint64_t deviate(uint64_t f_millihz, int32_t ppm)
{
    assert(ppm > -1000000 && ppm <= 1000000);
    return f_millihz * (uint64_t)(1000000 + ppm) / 1000000;
}

static uint64_t rc_millihz(const struct part *part, const struct clock_board *board, uint32_t nominal_hz)
{
    const struct clock_layout *l = part->clocks;
    uint64_t f = deviate(nominal_hz * UINT64_C(1000), board->rc_ppm);

    f = f * osccal_curve(l, board->osccal) / osccal_curve(l, board->osccal_factory);
    return f * curve_at(&l->rc_vcc, board->vcc_mv) / curve_at(&l->rc_vcc, l->rc_ref_mv);
}

uint64_t clock_rc_millihz(const struct part *part, const struct clock_board *board)
{
    return rc_millihz(part, board, part->rc_nominal_hz);
}

uint8_t clock_typical_osccal(const struct part *part, uint32_t nominal_hz)
{
    uint64_t best = UINT64_MAX;
    uint8_t at = 0;

    /* Downwards: of two values in the overlap the one in the upper range, where steps are finer. */
    for (int o = 255; o >= 0; o--) {
        uint64_t f = osccal_curve(part->clocks, (uint8_t)o);
        uint64_t off = f > nominal_hz ? f - nominal_hz : nominal_hz - f;
        if (off < best) {
            best = off;
            at = (uint8_t)o;
        }
    }
    return at;
}

uint64_t clock_external_rc_millihz(uint32_t r_ohm, uint32_t c_pf)
{
    uint64_t rc = (uint64_t)r_ohm * c_pf; /* 1e-12 s */

    return rc == 0 ? 0 : (UINT64_C(1000000000000000) / 3 + rc / 2) / rc;
}

struct clock_board clock_board_default(const struct part *part, const struct fuse_bytes *fuses)
{
    const struct clock_source *s = clock_source_of(part, fuses);
    bool is_rc = s->kind == CLOCK_RC || s->kind == CLOCK_PLL;
    uint8_t osccal = clock_typical_osccal(part, is_rc ? s->f_min_hz : part->rc_nominal_hz);

    return (struct clock_board){
        .wired = WIRED_NOTHING,
        .vcc_mv = 5000,
        .osccal = osccal,
        .osccal_factory = osccal,
        .lf_wave_on_xtal2_only = true,
    };
}

uint32_t clock_speed_grade_khz(const struct part *part, uint32_t vcc_mv)
{
    const struct part_speed *s = part->speed;
    unsigned i = 1;

    assert(part->n_speed > 0);
    if (vcc_mv < s[0].vcc_mv) {
        return 0;
    }
    while (i < part->n_speed && s[i].vcc_mv < vcc_mv) {
        i++;
    }
    if (i == part->n_speed) {
        return s[i - 1].f_max_khz;
    }
    return s[i - 1].f_max_khz +
           (s[i].f_max_khz - s[i - 1].f_max_khz) * (vcc_mv - s[i - 1].vcc_mv) / (s[i].vcc_mv - s[i - 1].vcc_mv);
}

/* The delay oscillator slows down as VCC falls: linear through the datasheet's two supplies, 1.8 to 5.5 V. */
static uint32_t timeout_us(const struct clock_timeout *t, uint32_t vcc_mv)
{
    int64_t mv = vcc_mv < 1800 ? 1800 : vcc_mv > 5500 ? 5500 : vcc_mv;
    int64_t slope = (int64_t)t->us_3v - t->us_5v;

    return (uint32_t)(t->us_5v + slope * (5000 - mv) / 2000);
}

static void start_up(struct clock_result *r, const struct part *part, const struct fuse_bytes *fuses,
                     const struct clock_source *s, uint32_t vcc_mv)
{
    const struct clock_timeout *timeouts = part->clocks->timeouts;

    if (s->startup == NULL) {
        return;
    }
    const struct clock_startup *u = &s->startup[fuse_get(part, fuses, FUSE_SUT) & 3];
    unsigned t = u->timeout;
    if (u->reset_needed && fuse_is_programmed(part, fuses, FUSE_RSTDISBL)) {
        t = 1;
    }
    r->startup_ck = u->ck;
    r->delay_ck = clock_delay_ck(part, u);
    r->delay_us = timeout_us(&timeouts[t], vcc_mv);
    r->por_us = timeout_us(&timeouts[u->por_timeout], vcc_mv);
    r->startup_reserved = u->reserved;
}

static bool is_driven(const struct clock_board *b)
{
    return b->wired == WIRED_EDGES || (b->wired == WIRED_WAVE && b->f_millihz != 0);
}

/* A wave or edges on a crystal pin as the clock. */
static enum clock_state take_wave(struct clock_result *r, const struct clock_board *b, bool want_xtal2)
{
    if (b->wave_on_xtal2 != want_xtal2) {
        return CLOCK_DEAD_WRONG_PIN;
    }
    r->by_edges = b->wired == WIRED_EDGES;
    r->f_millihz = r->by_edges ? 0 : b->f_millihz;
    r->from_xtal2 = want_xtal2;
    return CLOCK_FINE;
}

static enum clock_state take_crystal(struct clock_result *r, const struct clock_board *b, const struct clock_source *s)
{
    bool is_lf = s->kind == CLOCK_LF_CRYSTAL;

    if (s->vcc_min_mv > b->vcc_mv) {
        return CLOCK_DEAD_LOW_VCC;
    }
    if (is_driven(b)) {
        return take_wave(r, b, is_lf && b->lf_wave_on_xtal2_only);
    }
    if (b->wired != WIRED_CRYSTAL || b->f_millihz == 0) {
        return CLOCK_DEAD_NOTHING_WIRED;
    }
    bool below = b->f_millihz<s->f_min_hz * UINT64_C(1000), above = b->f_millihz> s->f_max_hz * UINT64_C(1000);
    bool is_highest = s->f_max_hz >= HIGHEST_RANGE_HZ;
    if (!b->crystal_starts_anywhere && (below || (above && !is_highest))) {
        return CLOCK_DEAD_WRONG_RANGE;
    }
    r->over_range = above && is_highest;
    r->f_millihz = b->f_millihz;
    r->oscillator_starts = true;
    return CLOCK_FINE;
}

static enum clock_state take_source(struct clock_result *r, const struct part *part, const struct clock_board *b,
                                    const struct clock_source *s)
{
    switch (s->kind) {
    case CLOCK_RC:
    case CLOCK_PLL:
        r->f_millihz = rc_millihz(part, b, s->f_min_hz) * (s->mul ? s->mul : 1) / (s->div ? s->div : 1);
        if (s->kind == CLOCK_PLL && r->f_millihz > part->clocks->pll_max_hz * UINT64_C(1000)) {
            r->f_millihz = part->clocks->pll_max_hz * UINT64_C(1000);
        }
        return CLOCK_FINE;
    case CLOCK_RC_128K: r->f_millihz = deviate(s->f_min_hz * UINT64_C(1000), b->rc128k_ppm); return CLOCK_FINE;
    case CLOCK_EXTERNAL: return is_driven(b) ? take_wave(r, b, false) : CLOCK_DEAD_NOTHING_WIRED;
    case CLOCK_LF_CRYSTAL:
    case CLOCK_CRYSTAL:
    case CLOCK_FULL_SWING: return take_crystal(r, b, s);
    case CLOCK_EXTERNAL_RC:
        if (b->wired != WIRED_RC || b->f_millihz == 0) {
            return CLOCK_DEAD_NO_RC_PARTS;
        }
        if (b->f_millihz < s->f_min_hz * UINT64_C(1000) || b->f_millihz > s->f_max_hz * UINT64_C(1000)) {
            return CLOCK_DEAD_WRONG_RANGE;
        }
        r->f_millihz = b->f_millihz;
        return CLOCK_FINE;
    case CLOCK_RESERVED: break;
    }
    return CLOCK_DEAD_RESERVED;
}

/* "CFD - Clock Failure Detection mechanism": the fuse disables it when programmed. */
static bool detects_failure(const struct part *part, const struct fuse_bytes *fuses, const struct clock_source *s)
{
    return fuse_has(part, FUSE_CFD) && !fuse_is_programmed(part, fuses, FUSE_CFD) &&
           (s->kind == CLOCK_EXTERNAL || s->kind == CLOCK_CRYSTAL);
}

struct clock_result clock_model(const struct part *part, const struct fuse_bytes *fuses,
                                const struct clock_board *board)
{
    const struct clock_source *s = clock_source_of(part, fuses);
    bool divides = !s->ignores_ckdiv8 && fuse_is_programmed(part, fuses, FUSE_CKDIV8);
    struct clock_result r = {
        .kind = s->kind,
        .divide = divides ? 8 : 1,
        .prescaler_fixed = s->ignores_ckdiv8,
    };

    r.state = take_source(&r, part, board, s);
    if (r.state != CLOCK_FINE && detects_failure(part, fuses, s)) {
        r.fell_back = true;
        r.kind = CLOCK_RC;
        r.divide = 8;
        r.f_millihz = clock_rc_millihz(part, board);
        r.state = CLOCK_FINE;
    }
    r.runs = r.state == CLOCK_FINE;
    if (r.runs) {
        start_up(&r, part, fuses, s, board->vcc_mv);
        uint64_t grade = clock_speed_grade_khz(part, board->vcc_mv) * UINT64_C(1000000);
        if (r.f_millihz > grade * r.divide || r.over_range) {
            r.state = CLOCK_OVER_SPEED;
        }
    }
    return r;
}

sim_time clock_startup_ps(const struct clock_result *r, bool after_power_on)
{
    if (!r->runs || r->f_millihz == 0) {
        return 0;
    }
    /* 1e15 ps*mHz a cycle; at most 33000 cycles, so split to stay below 2^64 */
    uint64_t cycles = r->startup_ck + r->delay_ck;
    uint64_t period = UINT64_C(1000000000000000) / r->f_millihz;
    uint64_t rest = UINT64_C(1000000000000000) % r->f_millihz;
    uint64_t us = r->delay_us + (after_power_on ? r->por_us : 0);

    return cycles * period + cycles * rest / r->f_millihz + us * SIM_US;
}

unsigned clock_sck_samples(uint64_t f_cpu_millihz)
{
    return f_cpu_millihz < UINT64_C(12000000000) ? 2 : 3;
}

uint64_t clock_max_sck_hz(uint64_t f_cpu_millihz)
{
    if (f_cpu_millihz == 0) {
        return 0;
    }
    if (clock_sck_samples(f_cpu_millihz) == 3) {
        return f_cpu_millihz / 6000;
    }
    return (f_cpu_millihz - 1) / 4000; /* below f / 4, not at it */
}
