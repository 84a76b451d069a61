/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim/target_parts.h"

#include <assert.h>
#include <string.h>

#include "sim/notes.h"

static const struct net_wave *wave_on(const struct target *t, enum target_pin pin)
{
    const struct net *net = t->pin[pin].net;
    return net && net->wave ? &net->wave->wave : NULL;
}

static bool is_driven(const struct target *t, enum target_pin pin)
{
    const struct net *net = t->pin[pin].net;
    return net && (net->wave || net->level < NET_Z);
}

static uint64_t wave_millihz(const struct net_wave *w)
{
    assert(sim_clock_runs(&w->clk)); /* nobody drives a wave that stands */
    unsigned __int128 num = (unsigned __int128)(1000 * SIM_S) * w->clk.period_den;
    return (uint64_t)((num + w->clk.period_num / 2) / w->clk.period_num);
}

static uint64_t wobbled(const struct target *t, uint64_t f_millihz)
{
    return (uint64_t)((unsigned __int128)f_millihz * (uint64_t)(1000000 + t->wobble_ppm) / 1000000);
}

static int32_t with_wobble(const struct target *t, int32_t ppm)
{
    if (!t->wobble_ppm) {
        return ppm;
    }
    return (int32_t)(ppm + t->wobble_ppm + (int64_t)ppm * t->wobble_ppm / 1000000);
}

/* What is wired to the crystal pins now. A driven pin takes over from a crystal. */
static void look_at_wiring(struct target *t)
{
    struct clock_board *b = &t->board;
    enum target_pin pin = is_driven(t, TARGET_XTAL1) || !is_driven(t, TARGET_XTAL2) ? TARGET_XTAL1 : TARGET_XTAL2;
    const struct net_wave *wave = wave_on(t, pin);

    b->rc_ppm = with_wobble(t, t->rc_ppm);
    b->rc128k_ppm = with_wobble(t, t->rc128k_ppm);
    b->wave_on_xtal2 = pin == TARGET_XTAL2;
    b->f_millihz = 0;
    if (wave) {
        b->wired = WIRED_WAVE;
        b->f_millihz = wave_millihz(wave);
    } else if (is_driven(t, pin)) {
        b->wired = WIRED_EDGES;
    } else if (t->cfg.crystal_millihz) {
        b->wired = WIRED_CRYSTAL;
        b->f_millihz = wobbled(t, t->cfg.crystal_millihz);
    } else if (t->cfg.external_rc_millihz) {
        b->wired = WIRED_RC;
        b->f_millihz = wobbled(t, t->cfg.external_rc_millihz);
    } else {
        b->wired = WIRED_NOTHING;
    }
}

static uint32_t samples_at(const struct target *t, uint64_t f_millihz)
{
    return clock_sck_samples(f_millihz) == 2 ? 2 : (uint32_t)t->cfg.switches.v[SW_SCK_SAMPLES_FROM_12_MHZ];
}

static bool takes_wave(const struct target *t)
{
    enum clock_kind kind = t->clock.kind;

    return t->clock.runs && t->board.wired == WIRED_WAVE &&
           (kind == CLOCK_EXTERNAL || kind == CLOCK_LF_CRYSTAL || kind == CLOCK_CRYSTAL || kind == CLOCK_FULL_SWING);
}

/* sim_clock_mhz() from now on. */
static struct sim_clock clock_of(struct target *t, uint64_t f_millihz, uint32_t divide)
{
    const unsigned n = sizeof t->known_clock / sizeof t->known_clock[0];
    struct target_known_clock *k = t->known_clock;

    while (k < t->known_clock + n && (k->f_millihz != f_millihz || k->divide != divide)) {
        k++;
    }
    if (k == t->known_clock + n) {
        k = &t->known_clock[t->next_known_clock++ % n];
        *k = (struct target_known_clock){ f_millihz, divide, sim_clock_mhz(0, f_millihz, divide) };
    }
    struct sim_clock clk = k->clk;
    clk.t0_ps = t->sim->now_ps;
    return clk;
}

/* The system clock for t->clock: where it was one of the same kind, without a jump of phase. */
static struct sim_clock make_clock(struct target *t, enum clock_kind kind_before)
{
    const struct clock_result *r = &t->clock;
    sim_time now = t->sim->now_ps;

    if (!r->runs || r->by_edges) {
        t->oscillating = false;
        return (struct sim_clock){ .period_den = 1 };
    }
    if (takes_wave(t)) {
        t->oscillating = false;
        t->taken = *wave_on(t, r->from_xtal2 ? TARGET_XTAL2 : TARGET_XTAL1);
        /* the divider begins with the first edge from here on, as it does when they are counted one by one */
        return sim_clock_divided(&t->taken.clk, now + (t->taken.clk.t0_ps < now), t->divide);
    }
    struct sim_clock c = clock_of(t, r->f_millihz, t->divide);
    if (r->oscillator_starts && !t->oscillating) {
        struct sim_clock source = sim_clock_mhz(now, r->f_millihz, 1);
        c.t0_ps = now + sim_clock_span(&source, r->startup_ck) + sim_rng_below(&t->phases, sim_clock_span(&c, 1));
    } else if (sim_clock_runs(&t->cpu) && kind_before == r->kind) {
        c.t0_ps = sim_clock_nth_from(&t->cpu, now + 1, 1);
    } else {
        c.t0_ps = now + 1 + sim_rng_below(&t->phases, sim_clock_span(&c, 1));
    }
    t->oscillating = r->oscillator_starts;
    return c;
}

static bool same_clock(const struct sim_clock *a, const struct sim_clock *b)
{
    return a->t0_ps == b->t0_ps && a->period_num == b->period_num && a->period_den == b->period_den &&
           a->lead_num == b->lead_num;
}

static bool clko_is_on(const struct target *t)
{
    const struct part *part = t->cfg.part;
    bool silent = (!part->clko_in_reset && t->mode != TARGET_RUNNING) || t->mode >= TARGET_HV;

    return t->ckout && t->powered && !silent;
}

void target_drive_clko(struct target *t)
{
    struct net_driver *d = &t->pin[TARGET_CLKO].driver;

    if (!clko_is_on(t) || !sim_clock_runs(&t->cpu)) {
        if (d->strength != NET_OPEN || d->has_wave) {
            net_open(d);
        }
        return;
    }
    struct net_wave w = { .clk = t->cpu };
    if (w.clk.period_num % 2) {
        w.clk.period_num *= 2;
        w.clk.period_den *= 2;
        w.clk.lead_num *= 2;
    }
    w.high_num = w.clk.period_num / 2;
    if (!d->has_wave || memcmp(&d->wave, &w, sizeof w) != 0) {
        net_drive_wave(d, &w, NET_STRONG);
    }
}

void target_tell_port_clock(struct target *t)
{
    t->port_clock_is_old = false;
    spi_slave_set_clock(&t->spi, &t->cpu, samples_at(t, t->clock.f_millihz / t->divide));
    port_rules_clock(&t->rules, sim_clock_runs(&t->cpu) ? sim_clock_span(&t->cpu, 1) : 0);
}

/* Of the target and its port. */
static void set_clock(struct target *t, const struct sim_clock *cpu)
{
    t->cpu = *cpu;
    t->edge_count = 0;
    t->last_edge_ps = SIM_NEVER;
    t->last_period_ps = 0;
    target_tell_port_clock(t);
}

static void use_clock(struct target *t, const struct sim_clock *cpu)
{
    set_clock(t, cpu);
    if (t->sim->notes) {
        struct note_clock c = {
            t->sim->now_ps, *cpu, t->clock.by_edges, t->spi.n_samples, t->clock.f_millihz, t->divide
        };
        notes_clock(t->sim->notes, &c);
    }
    target_drive_clko(t);
    if (t->reset_high && t->reset_held) {
        target_await_release(t);
    }
    if (t->mode == TARGET_STARTUP) {
        target_await_start(t);
    }
    if (t->core_runs && t->core->clock_changed) {
        t->core->clock_changed(t->core_ctx, t->sim->now_ps, cpu);
    }
}

/* It runs all the same: a note, once for each clock. */
static void check_speed_grade(struct target *t)
{
    if (t->clock.state != CLOCK_OVER_SPEED) {
        return;
    }
    if (t->vcc && t->vcc->slew_v_per_us && t->mode != TARGET_RUNNING) { /* on its way through all voltages */
        return;
    }
    uint32_t fastest_khz = clock_speed_grade_khz(t->cfg.part, t->board.vcc_mv);
    if (!fastest_khz) {
        return;
    }
    assert(sim_clock_runs(&t->cpu)); /* of edges nobody knows how fast they are */
    int64_t required_ps = (int64_t)(SIM_S / 1000 / fastest_khz), period_ps = (int64_t)sim_clock_span(&t->cpu, 1);
    if (t->clock.over_range &&
        period_ps >= required_ps) { /* within the grade, the crystal over its oscillator's range */
        required_ps = (int64_t)(SIM_S / clock_source_of(t->cfg.part, &t->latched)->f_max_hz);
        period_ps /= t->divide;
    }
    checker_report(t->checker, CHECK_SPEED_GRADE, t->sim->now_ps, NULL, required_ps, period_ps);
}

/* What the clocks are on the board as it is. */
static struct target_modelled *modelled(struct target *t)
{
    for (unsigned i = 0; i < TARGET_MODELLED; i++) {
        struct target_modelled *m = &t->modelled[i];

        if (m->board.osccal == t->board.osccal && m->known && memcmp(&m->board, &t->board, sizeof m->board) == 0 &&
            memcmp(&m->latched, &t->latched, sizeof m->latched) == 0) {
            return m;
        }
    }
    struct target_modelled *m = &t->modelled[t->next_modelled++ % TARGET_MODELLED];

    *m = (struct target_modelled){
        .known = true,
        .latched = t->latched,
        .board = t->board,
        .clock = clock_model(t->cfg.part, &t->latched, &t->board),
        .rc_millihz = clock_rc_millihz(t->cfg.part, &t->board),
    };
    return m;
}

/* An external clock that the program runs on became another one. */
static void check_jump(struct target *t, const struct clock_result *was)
{
    uint64_t a = was->f_millihz, b = t->clock.f_millihz;

    if (t->mode == TARGET_RUNNING && t->core_runs && was->kind == CLOCK_EXTERNAL && t->clock.kind == CLOCK_EXTERNAL &&
        was->runs && t->clock.runs && !was->by_edges && !t->clock.by_edges && (a > b ? a - b : b - a) * 50 > a) {
        checker_report(t->checker, CHECK_CLOCK_JUMP, t->sim->now_ps, NULL, (int64_t)(1000 * SIM_S / a),
                       (int64_t)(1000 * SIM_S / b));
    }
}

void target_set_wobble(struct target *t, int32_t ppm)
{
    t->wobble_ppm = ppm;
    target_update_clock(t);
}

/* Another board than the one of tuned[], but for OSCCAL: nothing there holds any more. */
static void check_tuned(struct target *t)
{
    struct clock_board board = t->board;

    board.osccal = t->tuned_board.osccal;
    if (memcmp(&board, &t->tuned_board, sizeof board) != 0 ||
        memcmp(&t->latched, &t->tuned_latched, sizeof t->latched) != 0) {
        t->tuned_board = board;
        t->tuned_latched = t->latched;
        t->tuning++;
    }
}

/* Something that the clock depends on may have changed. */
void target_update_clock(struct target *t)
{
    struct clock_result was = t->clock;
    uint32_t divide_was = t->divide;

    if (!t->powered) {
        t->oscillating = false;
        t->clock = (struct clock_result){ .divide = 1 };
        use_clock(t, &(struct sim_clock){ .period_den = 1 });
        return;
    }
    look_at_wiring(t);
    check_tuned(t);
    const struct target_modelled *m = modelled(t);
    t->nvm->rc_millihz = m->rc_millihz; /* paces writes, system clock or not */
    t->clock = m->clock;
    t->divide = t->clock.prescaler_fixed ? 1 : t->core_runs ? t->divide : t->clock.divide;
    bool same_source = was.kind == t->clock.kind && was.runs == t->clock.runs && was.by_edges == t->clock.by_edges &&
                       was.from_xtal2 == t->clock.from_xtal2 && was.f_millihz == t->clock.f_millihz;
    if (same_source && divide_was == t->divide) {
        if (!takes_wave(t) ||
            same_clock(&wave_on(t, t->clock.from_xtal2 ? TARGET_XTAL2 : TARGET_XTAL1)->clk, &t->taken.clk)) {
            if (was.state != t->clock.state) {
                check_speed_grade(t);
            }
            return;
        }
    }
    struct sim_clock cpu = make_clock(t, was.kind);
    if (t->clock.by_edges || !same_clock(&cpu, &t->cpu) || was.runs != t->clock.runs) {
        use_clock(t, &cpu);
    }
    if (was.state != t->clock.state || !same_source) {
        check_speed_grade(t);
    }
    check_jump(t, &was);
}

/* One edge of a hand-driven system clock. */
static void clock_tick(struct target *t)
{
    sim_time now = t->sim->now_ps;

    sim_time before = t->last_period_ps;
    if (t->last_edge_ps != SIM_NEVER) {
        sim_time period = t->last_period_ps = now - t->last_edge_ps;
        spi_slave_set_samples(&t->spi, samples_at(t, period ? 1000 * SIM_S / period : 0));
        port_rules_clock(&t->rules, period);
    }
    t->last_edge_ps = now;
    spi_slave_clock_edge(&t->spi);
    if (t->edges_to_notice && t->reset_changed_ps < now && --t->edges_to_notice == 0) {
        sim_schedule(t->sim, &t->reset_seen, now);
    }
    if (t->core_runs && t->core->clock_edge) {
        /* after a pause the last period but one tells more */
        sim_time seems = before && before < t->last_period_ps ? before : t->last_period_ps;
        t->core->clock_edge(t->core_ctx, now, seems ? seems : SIM_US);
    }
}

/* The driven pin moved: CLKO follows it, or its rises divided. */
static void show_hand_clock(struct target *t, bool high)
{
    bool level = t->divide == 1 ? high : t->edge_count < t->divide / 2;

    if (clko_is_on(t) && (high || t->divide == 1)) {
        net_drive(&t->pin[TARGET_CLKO].driver, level ? NET_1 : NET_0, NET_STRONG);
    }
}

void target_xtal_changed(struct target *t, struct net *net, enum target_pin pin)
{
    bool edges = t->clock.by_edges || (t->powered && t->board.wired == WIRED_EDGES); /* or a pin that is no clock's */
    bool plain_edge = edges && !net->wave && net->level < NET_Z && net->old_level < NET_Z;

    if (!plain_edge) {
        target_update_clock(t);
    }
    if (!t->clock.by_edges || net->wave || pin != (t->clock.from_xtal2 ? TARGET_XTAL2 : TARGET_XTAL1)) {
        return;
    }
    show_hand_clock(t, net->level == NET_1);
    if (net->level != NET_1) {
        return;
    }
    if (t->edge_count == 0) {
        clock_tick(t);
    }
    t->edge_count = (t->edge_count + 1) % t->divide;
    if (t->edges_to_start && --t->edges_to_start == 0) {
        sim_schedule(t->sim, &t->start, t->sim->now_ps + t->clock.delay_us * SIM_US);
    }
}

void target_set_prescaler(struct target *t, uint32_t divide)
{
    assert(divide > 0);
    if (t->core_runs && !t->clock.prescaler_fixed && divide != t->divide) {
        t->divide = divide;
        struct sim_clock cpu = make_clock(t, t->clock.kind);
        use_clock(t, &cpu);
    }
}

/* clock_of() its frequency, divided as now. */
static struct sim_clock clock_as_modelled(struct target *t, struct target_modelled *m)
{
    if (m->divide != t->divide) {
        m->divide = t->divide;
        m->clk = clock_of(t, m->clock.f_millihz, t->divide);
    }
    return m->clk;
}

/* A program runs on the calibrated RC, and nobody else wants to know: OSCCAL changes the frequency, and nothing else. */
static inline bool may_be_tuned(const struct target *t)
{
    return t->mode == TARGET_RUNNING && t->core_runs && t->powered && t->clock.kind == CLOCK_RC && t->clock.runs &&
           t->clock.state == CLOCK_FINE && !t->ckout && !t->reset_held && !t->sim->notes;
}

/* Or it runs on another clock, which OSCCAL does not concern: the RC paces the memories all the same. */
static inline bool paces_memories_only(const struct target *t)
{
    return t->mode == TARGET_RUNNING && t->core_runs && t->powered && t->clock.runs && t->clock.kind != CLOCK_RC &&
           t->clock.kind != CLOCK_PLL;
}

/* What this model makes of OSCCAL, for target_tune(). */
static void note_tuned(struct target *t, const struct target_modelled *m, const struct sim_clock *clk)
{
    check_tuned(t);
    t->tuned[t->board.osccal] = (struct target_tuned){
        .f_millihz = m->clock.f_millihz,
        .rc_millihz = m->rc_millihz,
        .clk = *clk,
        .f_hz = (uint32_t)sim_clock_f_hz(clk),
        .divide = t->divide,
        .of = t->tuning,
    };
}

/*
 * target_update_clock() where the clock may_be_tuned(). What is wired to the crystal pins is as it was last time: who
 * changes that looks at it at once.
 */
static bool tune(struct target *t)
{
    if (t->sim->no_shortcuts || !may_be_tuned(t) || !sim_clock_runs(&t->cpu)) {
        return false;
    }
    struct target_modelled *m = modelled(t);
    if (!m->clock.runs || m->clock.state != CLOCK_FINE) {
        return false;
    }
    struct sim_clock cpu = clock_as_modelled(t, m);
    note_tuned(t, m, &cpu);
    if (m->clock.f_millihz == t->clock.f_millihz) {
        return false;
    }
    t->nvm->rc_millihz = m->rc_millihz;
    t->clock.f_millihz = m->clock.f_millihz;
    cpu.t0_ps = sim_clock_edge(&t->cpu, sim_clock_edges_before(&t->cpu, t->sim->now_ps + 1));
    set_clock(t, &cpu);
    if (t->core->clock_changed) {
        t->core->clock_changed(t->core_ctx, t->sim->now_ps, &cpu);
    }
    return true;
}

const struct target_tuned *target_tune(struct target *t, uint8_t osccal, sim_time edge_ps)
{
    static const struct target_tuned as_it_was;
    const struct target_tuned *k = &t->tuned[osccal];

    if (k->of != t->tuning || k->divide != t->divide || !(may_be_tuned(t) || paces_memories_only(t))) {
        return NULL;
    }
    t->board.osccal = osccal;
    t->nvm->rc_millihz = k->rc_millihz;
    if (k->f_millihz == t->clock.f_millihz) {
        return &as_it_was;
    }
    t->clock.f_millihz = k->f_millihz;
    t->cpu = k->clk;
    t->cpu.t0_ps = edge_ps;
    t->port_clock_is_old = true;
    return k;
}

void target_set_osccal(struct target *t, uint8_t osccal)
{
    t->board.osccal = osccal;
    if (!tune(t)) {
        target_update_clock(t);
        if (paces_memories_only(t)) {
            note_tuned(t, modelled(t), &t->cpu);
        }
    }
}
