/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim/fuse_verdict.h"

#define FULL_VCC_MV 5000

/* What gives this source a clock when there is supply enough. */
static unsigned clock_needs(const struct part *part, const struct fuse_bytes *fuses, const struct clock_board *board)
{
    struct clock_board fed = *board;

    fed.vcc_mv = FULL_VCC_MV;
    if (clock_model(part, fuses, &fed).runs) {
        return 0;
    }
    switch (clock_kind_of(part, fuses)) {
    case CLOCK_EXTERNAL: return FUSE_NEED_WAVE_XTAL1;
    case CLOCK_LF_CRYSTAL:
        return FUSE_NEED_CRYSTAL | (board->lf_wave_on_xtal2_only ? FUSE_NEED_WAVE_XTAL2 : FUSE_NEED_WAVE_XTAL1);
    case CLOCK_CRYSTAL:
    case CLOCK_FULL_SWING: return FUSE_NEED_CRYSTAL | FUSE_NEED_WAVE_XTAL1;
    case CLOCK_EXTERNAL_RC: return FUSE_NEED_RC_PARTS;
    case CLOCK_RESERVED:
    case CLOCK_RC:
    case CLOCK_RC_128K:
    case CLOCK_PLL: break;
    }
    return FUSE_NEED_HIGH_VOLTAGE;
}

static void spread(struct fuse_verdict *v, const struct part *part)
{
    const struct clock_layout *l = part->clocks;
    uint64_t f = v->f_cpu_millihz;

    v->f_cpu_min_millihz = v->f_cpu_max_millihz = f;
    if (v->clock.kind == CLOCK_RC || v->clock.kind == CLOCK_PLL) {
        v->f_cpu_min_millihz = f - f * l->rc_tolerance_ppm / 1000000;
        v->f_cpu_max_millihz = f + f * l->rc_tolerance_ppm / 1000000;
    } else if (v->clock.kind == CLOCK_RC_128K) {
        v->f_cpu_min_millihz = l->rc128k_min_hz * UINT64_C(1000) / v->clock.divide;
        v->f_cpu_max_millihz = l->rc128k_max_hz * UINT64_C(1000) / v->clock.divide;
    }
    v->sck_max_hz = clock_max_sck_hz(f);
    v->sck_max_worst_hz = clock_max_sck_hz(v->f_cpu_min_millihz);
    /* the limit drops at 12 MHz, so a range across it has its worst case there */
    const uint64_t step = UINT64_C(12000000000);
    if (v->f_cpu_min_millihz < step && v->f_cpu_max_millihz >= step && clock_max_sck_hz(step) < v->sck_max_worst_hz) {
        v->sck_max_worst_hz = clock_max_sck_hz(step);
    }
}

struct fuse_verdict fuse_verdict(const struct part *part, const struct fuse_bytes *fuses,
                                 const struct clock_board *board)
{
    const struct clock_source *s = clock_source_of(part, fuses);
    struct fuse_verdict v = {
        .access = fuse_isp_access(part, fuses),
        .clock = clock_model(part, fuses, board),
        .crystal_min_hz = s->f_min_hz,
        .crystal_max_hz = s->f_max_hz,
        .resonators_only = s->resonators_only,
        .lb_mode = fuse_lb_mode(part, fuses),
    };

    v.hv_erases = v.lb_mode > 1;
    v.hv_races_program = v.access == FUSE_ISP_RSTDISBL || v.access == FUSE_ISP_DWEN;
    v.hv_program_ps = v.clock.runs ? clock_startup_ps(&v.clock, true) : SIM_NEVER;
    v.bod = fuse_bod(part, fuses, &v.bod_level);
    if (v.bod == FUSE_BOD_ON) {
        v.held_by_bod = board->vcc_mv < (uint32_t)v.bod_level->typ_mv + part->fuses->bod_hyst_mv / 2;
    }
    v.f_cpu_millihz = v.clock.f_millihz / v.clock.divide;
    spread(&v, part);
    if (v.clock.oscillator_starts) {
        struct clock_result osc = v.clock;
        osc.delay_ck = osc.delay_us = osc.por_us = 0;
        v.clock_after_ps = clock_startup_ps(&osc, false);
    }

    v.off = board->vcc_mv < part->v_pot_rise_mv;
    v.reachable = v.access == FUSE_ISP_OPEN && v.clock.runs && !v.held_by_bod && !v.off;
    if (v.access != FUSE_ISP_OPEN) {
        v.needs = FUSE_NEED_HIGH_VOLTAGE;
    } else if (!v.reachable) {
        v.needs = clock_needs(part, fuses, board);
        if ((v.held_by_bod || v.off || v.clock.state == CLOCK_DEAD_LOW_VCC) && v.needs != FUSE_NEED_HIGH_VOLTAGE) {
            v.needs |= FUSE_NEED_HIGHER_VCC;
        }
    }
    return v;
}

enum fuse_reach fuse_verdict_at(const struct fuse_verdict *v, uint64_t sck_hz)
{
    if (!v->reachable) {
        return FUSE_REACH_NO;
    }
    if (v->f_cpu_millihz == 0) { /* clocked edge by edge */
        return FUSE_REACH_BY_LUCK;
    }
    if (sck_hz <= v->sck_max_hz) {
        return FUSE_REACH_YES;
    }
    /* A phase of at most N - 1 clocks never holds N samples: 1 / (2 sck) <= (N - 1) / f. */
    uint64_t n = clock_sck_samples(v->f_cpu_millihz);
    return v->f_cpu_millihz <= 2 * (n - 1) * sck_hz * 1000 ? FUSE_REACH_NO : FUSE_REACH_BY_LUCK;
}
