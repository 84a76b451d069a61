/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mcu/pins_parts.h"
#include "mcu/timer_parts.h"

#include <assert.h>
#include <string.h>

/* ---- settling and planning ---- */

void timer_advance_outputs(struct timer *t, uint64_t cycle)
{
    if (t->resting) {
        for (unsigned i = 0; i < 2; i++) {
            if (t->out[i].rests) {
                timer_output_advance(&t->out[i], cycle);
            }
        }
        int64_t tick = timer_tick_at(t, cycle);
        if (tick >= t->acts_next) {
            t->acts_next = timer_acts_after(t, tick);
        }
    }
}

bool timer_settle(struct timer *t, uint64_t cycle)
{
    timer_end_steps(t);
    bool updated = false;
    int64_t tick = timer_tick_at(t, cycle), at;
    while ((at = timer_next_update(t, t->flags_tick)) <= tick) {
        timer_settle_flags(t, at);
        timer_advance_outputs(t, timer_cycle_of(t, at));
        timer_take_over(t, timer_cycle_of(t, at));
        updated = true;
    }
    if (tick >= t->flags_next) {
        timer_settle_flags(t, tick);
    } else {
        t->flags_tick = tick; /* a loop that reads TCNT comes here every time */
    }
    return updated;
}

/* Neither connected nor about to be: a latch at 0 that nobody sees. */
static bool output_is_off(const struct timer_output *o)
{
    return !o->pin ||
           (!o->kind && !o->shown && !o->level && !o->period && !o->com_now && !sim_event_pending(&o->change));
}

static bool resting_level(void *ctx, sim_time at_ps, bool port)
{
    struct timer_output *o = ctx;
    struct timer *t = o->timer;
    uint64_t cycle = core_cycle_at(t->bank->core, at_ps + 1) - 1;
    timer_end_steps(t);
    /* before the last store the prescaler may have been another */
    if (cycle >= o->since && timer_update_pending(t) && timer_tick_at(t, cycle) > t->flags_tick) {
        timer_settle(t, cycle);
    }
    return timer_output_resting_level(o, cycle, port);
}

static bool resting_moves(void *ctx, sim_time from_ps)
{
    const struct timer_output *o = ctx;
    timer_end_steps(o->timer);
    return o->kind || core_ps(o->timer->bank->core, o->since) > from_ps;
}

static void resting_lost(void *ctx)
{
    struct timer_output *o = ctx;
    timer_end_steps(o->timer);
    o->timer->is_unheard = false;
}

void timer_plan_update(struct timer *t)
{
    struct core *c = t->bank->core;
    int64_t update = timer_is_quiet(t) ? TIMER_NEVER : timer_next_update(t, t->flags_tick);
    if (update != TIMER_NEVER || sim_event_pending(&t->update)) {
        sim_schedule(c->sim, &t->update, update == TIMER_NEVER ? SIM_NEVER : core_ps(c, timer_cycle_of(t, update)));
    }
}

/* Its net is about to be looked at: from now on the output plans ahead. */
static enum pin_override end_rest(void *ctx, struct net_wave *wave, bool *level)
{
    struct timer_output *o = ctx;
    struct timer *t = o->timer;
    struct core *c = t->bank->core;
    uint64_t cycle = core_cycle_at(c, c->sim->now_ps + 1) - 1;
    timer_end_steps(t);
    if (timer_tick_at(t, cycle) > t->flags_tick) {
        timer_settle(t, cycle);
    }
    timer_advance_outputs(t, cycle);
    o->rests = t->is_unheard = false;
    timer_set_resting(t, t->resting & ~(1u << o->channel));
    o->shown = timer_output_com(o);
    uint64_t at = timer_output_find_plan(o, cycle);
    if (at) {
        sim_schedule(c->sim, &o->change, core_ps(c, at));
    }
    timer_plan_update(t);
    core_horizon_changed(c);
    *level = o->level;
    if (o->period) {
        *wave = timer_output_wave(o);
        return PIN_WAVE;
    }
    return o->kind ? PIN_LEVEL : PIN_NORMAL;
}

static const struct pin_timing timing = { resting_level, resting_moves, end_rest, resting_lost };

/* It is quiet, and was left as it is: nobody has taken a pin from it. */
static inline bool stays_quiet(const struct timer *t)
{
    return timer_is_quiet(t) && (!t->out[0].rests || pin_is_timed(t->out[0].pin)) &&
           (!t->out[1].rests || pin_is_timed(t->out[1].pin));
}

/* Of a quiet timer: off as before, or at rest as before. */
static inline bool quiet_output_stays(const struct timer_output *o)
{
    return o->rests ? pin_is_timed(o->pin) : !o->com_now || !o->pin;
}

/* Off as before, or at rest as before. */
static inline bool output_stays(const struct timer_output *o)
{
    return o->rests ? pin_is_timed(o->pin) : output_is_off(o);
}

/* Nobody hears of the pin: its level is found when somebody looks. */
static bool begin_rest(struct timer_output *o, uint64_t cycle)
{
    struct core *c = o->timer->bank->core;
    if (!o->pin || o->pin->claimed || !o->com_now) {
        return false;
    }
    if (o->twin && (o->twin->com_now || o->twin->shown || o->twin->rests)) {
        return false;
    }
    bool level = timer_output_level(o, cycle);
    if (sim_event_pending(&o->change) && o->change.at_ps <= c->sim->now_ps) {
        level = !level;
    }
    unsigned kind = timer_output_com(o), port = timer_avr(o->timer)->data[o->pin->port->r_port];
    if (!pin_may_be_timed(o->pin, kind ? level : port >> o->pin->bit & 1)) {
        return false;
    }
    sim_cancel(c->sim, &o->change);
    o->before = o->level = level;
    o->was = (uint8_t)kind;
    o->since = cycle;
    o->period = 0;
    o->planned = false;
    o->rests = o->shown = true;
    timer_set_resting(o->timer, o->timer->resting | 1u << o->channel);
    o->timer->acts_next = timer_acts_after(o->timer, timer_tick_at(o->timer, cycle));
    pin_time(o->pin, &timing, o);
    return true;
}

static void plan_output(struct timer_output *o, uint64_t cycle)
{
    if (!output_stays(o)) {
        o->shown = o->rests ? o->kind : o->shown;
        o->rests = false;
        timer_set_resting(o->timer, o->timer->resting & ~(1u << o->channel));
        if (!begin_rest(o, cycle)) {
            if (o->twin && o->twin->rests) { /* both of them in time from now on */
                pin_leave_alone(o->pin);
            }
            timer_output_plan(o, cycle);
        }
    }
    o->kind = o->rests ? timer_output_com(o) : o->kind;
}

static void plan_all(struct timer *t, uint64_t cycle)
{
    struct core *c = t->bank->core;
    if (timer_is_quiet(t) && quiet_output_stays(&t->out[0]) && quiet_output_stays(&t->out[1])) {
        return;
    }
    plan_output(&t->out[0], cycle);
    plan_output(&t->out[1], cycle);
    t->is_unheard = output_stays(&t->out[0]) && output_stays(&t->out[1]);
    timer_plan_update(t);
    timer_plan_interrupt(t);
    core_horizon_changed(c);
}

static void update_due(void *ctx, sim_time at_ps)
{
    struct timer *t = ctx;
    uint64_t cycle = core_cycle_at(t->bank->core, at_ps);
    if (t->steps.on && t->steps.cycle > cycle) { /* the core's last instruction has brought it further */
        cycle = t->steps.cycle;
    }
    timer_end_steps(t);
    if (timer_tick_at(t, cycle) >= t->flags_tick) {
        timer_settle(t, cycle);
    }
    plan_all(t, cycle);
}

/* ---- registers ---- */

/* The cycle at which a store acts; the timer is brought there, and the board. */
static uint64_t store_begins(struct timer *t)
{
    struct core *c = t->bank->core;
    timer_end_steps(t);
    uint64_t cycle = c->avr->cycle + core_store_ck(c->avr);
    core_sync(c, cycle);
    int64_t tick = timer_tick_at(t, cycle);
    if (tick < t->flags_next && !timer_update_pending(t)) {
        t->flags_tick = tick;
    } else {
        timer_settle(t, cycle);
    }
    timer_advance_outputs(t, cycle);
    return cycle;
}

static void set_tcnt(struct timer *t, uint32_t v, uint64_t cycle)
{
    if (v <= t->top && !timer_is_dual(t)) {
        timer_stand_at(t, v, cycle);
    } else {
        timer_set_regime(t, v, false, cycle);
    }
    t->blocked = t->flags_tick + 1;
    if (t->prescale) {
        t->flags_next = t->acts_next = t->flags_tick + timer_least_to_act(t, t->flags_tick - t->zero, 2);
    }
}

static void new_control(struct timer *t, avr_io_addr_t addr, uint64_t cycle)
{
    bool pwm = timer_is_pwm(t);
    int64_t p = timer_place(t, timer_tick_at(t, cycle));
    uint32_t value = timer_value_at(t, p);
    bool down = timer_goes_down(t, p);
    const struct timer_mode *was = t->mode;
    timer_read_control(t, addr);
    for (unsigned i = 0; i < 2; i++) {
        t->out[i].kind = t->out[i].rests ? timer_output_com(&t->out[i]) : t->out[i].kind;
    }
    if (t->mode == was && was == t->of_mode) { /* the clock alone */
        timer_stand_at(t, p, cycle);
        return;
    }
    if (pwm != (t->mode->kind >= TIMER_FAST)) { /* the buffers are out of use, or not yet in use */
        t->ocr[0] = t->ocr_next[0];
        t->ocr[1] = t->ocr_next[1];
    }
    timer_set_regime(t, value, down, cycle);
}

static void control_write(avr_t *avr, avr_io_addr_t addr, uint8_t v, void *param)
{
    struct timer *t = param;
    uint8_t foc = addr == t->r_foc ? v & 0xc0 : 0;
    v = addr == t->r_foc ? v & 0x3f : v;
    if (avr->data[addr] == v && !foc) {
        return;
    }
    if (timer_step_control(t, addr, avr->cycle + core_store_ck(avr), v | foc)) {
        return;
    }
    uint64_t cycle = store_begins(t);
    if (avr->data[addr] != v) {
        avr->data[addr] = v;
        new_control(t, addr, cycle);
    }
    for (unsigned i = 0; foc && i < 2; i++) {
        unsigned com = t->out[i].pin ? timer_output_com(&t->out[i]) : 0;
        if ((foc >> (7 - i) & 1) && com && !timer_is_pwm(t)) {
            bool level = timer_output_level(&t->out[i], cycle);
            t->out[i].period = 0;
            t->out[i].level = com == 1 ? !level : com == 3;
        }
    }
    plan_all(t, cycle);
}

static uint8_t tcnt_read(avr_t *avr, avr_io_addr_t addr, void *param)
{
    struct timer *t = param;
    uint64_t cycle = avr->cycle + core_load_ck(avr);
    bool steps = timer_steps_to(t, cycle);
    if (!steps && timer_update_pending(t)) {
        timer_settle(t, cycle);
    }
    uint16_t v = steps ? (uint16_t)t->steps.value : timer_tcnt(t, cycle);
    t->temp = (uint8_t)(v >> 8);
    avr->data[addr] = (uint8_t)v;
    return (uint8_t)v;
}

static uint8_t temp_read(avr_t *avr, avr_io_addr_t addr, void *param)
{
    struct timer *t = param;
    avr->data[addr] = t->temp;
    return t->temp;
}

static uint8_t icr_read(avr_t *avr, avr_io_addr_t addr, void *param)
{
    struct timer *t = param;
    t->temp = (uint8_t)(t->icr >> 8);
    avr->data[addr] = (uint8_t)t->icr;
    return (uint8_t)t->icr;
}

/* High bytes of 16-bit registers go to TEMP; OCRnxH read back directly. */
static void temp_write(avr_t *avr, avr_io_addr_t addr, uint8_t v, void *param)
{
    struct timer *t = param;
    (void)avr;
    (void)addr;
    t->temp = v;
}

static uint32_t with_temp(const struct timer *t, uint8_t low)
{
    return t->max == 0xff ? low : low | (uint32_t)t->temp << 8;
}

static void tcnt_write(avr_t *avr, avr_io_addr_t addr, uint8_t v, void *param)
{
    struct timer *t = param;
    (void)addr;
    if (timer_step_tcnt(t, avr->cycle + core_store_ck(avr), v)) {
        return;
    }
    uint64_t cycle = store_begins(t);
    set_tcnt(t, with_temp(t, v), cycle);
    if (!stays_quiet(t)) {
        plan_all(t, cycle);
    }
}

static void ocr_write(avr_t *avr, avr_io_addr_t addr, uint8_t v, void *param)
{
    struct timer *t = param;
    unsigned i = addr == t->r_ocr[1];
    if (timer_step_ocr(t, i, avr->cycle + core_store_ck(avr), v)) {
        return;
    }
    uint16_t value = (uint16_t)with_temp(t, v);
    avr->data[addr] = v;
    if (t->r_ocrh[i]) {
        avr->data[t->r_ocrh[i]] = (uint8_t)(value >> 8);
    }
    if (value == t->ocr_next[i] && value == t->ocr[i]) {
        return;
    }
    uint64_t cycle = store_begins(t);
    t->ocr_next[i] = value;
    if (!timer_is_pwm(t)) {
        timer_take_over(t, cycle);
    }
    if (!stays_quiet(t)) {
        plan_all(t, cycle);
    }
}

static void icr_write(avr_t *avr, avr_io_addr_t addr, uint8_t v, void *param)
{
    struct timer *t = param;
    (void)addr;
    if (timer_step_icr(t, avr->cycle + core_store_ck(avr), v)) {
        return;
    }
    uint64_t cycle = store_begins(t);
    if (t->mode->top != TOP_ICR) {
        if (!t->bank->told_of_icr) {
            t->bank->told_of_icr = true;
            checker_report(t->bank->core->checker, CHECK_PROGRAM_ICR, core_ps(t->bank->core, cycle),
                           t->bank->core->name, 0, 0);
        }
        if (!t->bank->icr_sticks) {
            return;
        }
    }
    t->icr = (uint16_t)with_temp(t, v);
    timer_rebase(t, cycle);
    if (!stays_quiet(t)) {
        plan_all(t, cycle);
    }
}

/* Input capture is on as soon as the firmware shows interest: ICIE, or a look at TIFR. */
static void want_icp(struct timers *b)
{
    if (b->pins->icp && !b->pins->icp_wanted) {
        b->pins->icp_wanted = true;
        pins_rewatch(b->pins);
    }
}

static uint8_t tifr_read(avr_t *avr, avr_io_addr_t addr, void *param)
{
    struct timers *b = param;
    if (b->pins->icp_ctx && addr == ((struct timer *)b->pins->icp_ctx)->r_tifr) {
        want_icp(b);
    }
    uint64_t cycle = avr->cycle + core_load_ck(avr);
    for (unsigned i = 0; i < b->n; i++) {
        if (b->timer[i].r_tifr == addr && !timer_steps_to(&b->timer[i], cycle)) {
            timer_settle(&b->timer[i], cycle);
        }
    }
    return avr->data[addr];
}

/* For a loop that waits for a flag: the flags stay until the next one that is not set yet. */
static uint64_t tifr_steady(void *ctx, avr_io_addr_t addr, uint8_t *value)
{
    struct timers *b = ctx;
    const uint8_t *data = b->core->avr->data;
    int64_t at;
    uint64_t until = UINT64_MAX;
    for (unsigned i = 0; i < b->n; i++) {
        struct timer *t = &b->timer[i];
        if (t->r_tifr != addr) {
            continue;
        }
        timer_end_steps(t);
        if (timer_next_update(t, t->flags_tick) != TIMER_NEVER) { /* matches come elsewhere from then on */
            return 0;
        }
        for (unsigned f = 0; f < TIMER_FLAGS; f++) {
            const avr_int_vector_t *v = t->vector[f];
            if (v && !(data[v->raised.reg] >> v->raised.bit & 1) &&
                (at = timer_next_flag(t, t->flags_tick, f)) != TIMER_NEVER && timer_cycle_of(t, at) < until) {
                until = timer_cycle_of(t, at);
            }
        }
    }
    *value = data[addr];
    return until;
}

static void tifr_write(avr_t *avr, avr_io_addr_t addr, uint8_t v, void *param)
{
    struct timers *b = param;
    tifr_read(avr, addr, b);
    if (!(avr->data[addr] & v)) {
        return;
    }
    avr->data[addr] &= (uint8_t)~v;
    for (unsigned i = 0; i < b->n; i++) {
        struct timer *t = &b->timer[i];
        if (t->r_tifr == addr && t->steps.on) {
            timer_arm_steps(t);
        } else if (t->r_tifr == addr) {
            t->flags_next = t->flags_tick;
            timer_plan_interrupt(t);
        }
    }
}

static void timsk_write(avr_t *avr, avr_io_addr_t addr, uint8_t v, void *param)
{
    struct timers *b = param;
    uint64_t cycle = avr->cycle + core_store_ck(avr);
    avr->data[addr] = v;
    for (unsigned i = 0; i < b->n; i++) {
        struct timer *t = &b->timer[i];
        if (t->r_timsk != addr) {
            continue;
        }
        timer_settle(t, cycle);
        timer_read_enables(t);
        const avr_int_vector_t *icf = t->vector[TIMER_ICF];
        if (t == b->pins->icp_ctx && icf->enable.reg == addr && (v >> icf->enable.bit & 1)) {
            want_icp(b);
        }
        timer_plan_interrupt(t);
    }
}

/* The prescaler began anew: a timer that counts every cycle does not notice, but that its ticks are numbered anew. */
static void renumber(struct timer *t, int64_t ticks)
{
    t->zero -= ticks;
    t->flags_tick -= ticks;
    t->flags_next -= t->flags_next == TIMER_NEVER ? 0 : ticks;
    t->acts_next -= t->acts_next == TIMER_NEVER ? 0 : ticks;
    t->blocked -= t->blocked == TIMER_NEVER ? 0 : ticks;
}

/* Before the prescaler is touched: what the counter stands at. */
static void note_count(struct timer *t, uint64_t cycle)
{
    if (!t->prescale && !t->resting) {
        return;
    }
    timer_settle(t, cycle);
    timer_advance_outputs(t, cycle);
    t->stood = timer_place(t, timer_tick_at(t, cycle));
}

static void go_on_counting(struct timer *t, uint64_t cycle)
{
    timer_stand_at(t, t->stood, cycle);
    if (!stays_quiet(t)) {
        plan_all(t, cycle);
    }
}

static void gtccr_write(avr_t *avr, avr_io_addr_t addr, uint8_t v, void *param)
{
    struct timers *b = param;
    uint64_t cycle = avr->cycle + core_store_ck(avr), was[2] = { b->prescaler[0], b->prescaler[1] };
    unsigned halted = v & 0x80 ? v & 3 : 0, restart = b->halted | (v & 3), changed = halted ^ b->halted;
    core_sync(b->core, cycle);
    avr->data[addr] = halted ? v & 0x83 : 0;
    if (!restart) {
        return;
    }
    for (unsigned i = 0; i < b->n; i++) {
        struct timer *t = &b->timer[i];
        timer_end_steps(t);
        if (t->clocked && (changed & t->psr || (restart & t->psr && t->prescale != 1))) {
            note_count(t, cycle);
        }
    }
    b->halted = (uint8_t)halted;
    for (unsigned i = 0; i < 2; i++) {
        if (restart >> i & 1) {
            b->prescaler[i] = cycle;
        }
    }
    for (unsigned i = 0; i < b->n; i++) {
        struct timer *t = &b->timer[i];
        if (!t->clocked || !(restart & t->psr)) {
            continue;
        }
        if (!(changed & t->psr) && t->prescale == 1) {
            renumber(t, (int64_t)(*t->prescaler - was[t->psr - 1]));
        } else {
            go_on_counting(t, cycle);
        }
    }
}

static void captured(void *ctx, bool level, sim_time at_ps)
{
    struct timer *t = ctx;
    if (t->mode->top == TOP_ICR || level != (avr_regbit_get(timer_avr(t), t->simavr->ices) != 0)) {
        return;
    }
    uint64_t cycle = core_cycle_at(t->bank->core, at_ps);
    if (cycle >= t->steps.cycle && timer_steps_to(t, cycle)) {
        t->icr = (uint16_t)t->steps.value;
    } else {
        timer_settle(t, cycle);
        t->icr = timer_tcnt(t, cycle);
    }
    core_raise(t->bank->core, t->vector[TIMER_ICF]);
}

/* ---- building ---- */

static void timers_reset(void *ctx)
{
    struct timers *b = ctx;
    uint64_t cycle = b->core->avr->cycle;
    b->prescaler[0] = b->prescaler[1] = cycle;
    b->halted = 0;
    b->core->lazy = 0;
    b->told_of_icr = false;
    b->pins->icp_wanted = false;
    for (unsigned i = 0; i < b->n; i++) {
        struct timer *t = &b->timer[i];
        t->steps.on = false;
        timer_set_resting(t, 0);
        t->ocr[0] = t->ocr[1] = t->ocr_next[0] = t->ocr_next[1] = t->icr = 0;
        t->temp = 0;
        t->due = 0; /* simavr forgets its timers */
        t->is_unheard = false;
        timer_read_control(t, 0);
        timer_read_enables(t);
        t->blocked = TIMER_NEVER;
        t->of_mode = NULL; /* it may have stepped in another mode: its kind is found anew */
        timer_set_regime(t, 0, false, cycle);
        for (unsigned k = 0; k < 2; k++) {
            t->out[k].level = false;
            t->out[k].period = 0;
            t->out[k].shown = t->out[k].rests = t->out[k].planned = false;
        }
        plan_all(t, cycle);
    }
}

void timers_hold_back(struct timers *b, uint64_t cycle)
{
    sim_time at_ps = core_ps(b->core, cycle);
    for (struct timer *t = b->timer; t < b->timer + b->n; t++) {
        struct sim_event *events[] = { &t->out[0].change, &t->out[1].change, &t->update };
        for (unsigned i = 0; i < 3 && !timer_is_quiet(t); i++) {
            if (sim_event_pending(events[i]) && events[i]->at_ps == at_ps) {
                sim_cancel(b->core->sim, events[i]);
                b->holds = true;
            }
        }
    }
}

void timers_go_on(struct timers *b)
{
    if (b->holds) {
        timers_replan(b);
    }
}

void timers_replan(struct timers *b)
{
    b->holds = false;
    const struct core *c = b->core;
    /* by a store: the last cycle of the old clock; the next begins with the new one's first edge */
    uint64_t cycle = c->clk_cycle > c->avr->cycle ? c->clk_cycle - 1 : c->avr->cycle;
    for (unsigned i = 0; i < b->n; i++) {
        struct timer *t = &b->timer[i];
        if (!timer_is_quiet(t)) {
            timer_end_steps(t);
            if (timer_tick_at(t, cycle) >= t->flags_tick) {
                timer_settle(t, cycle);
            }
            plan_all(t, cycle);
        }
    }
}

static void hook_reg(struct core *c, avr_io_addr_t addr, avr_io_read_t read, avr_io_write_t write, void *param)
{
    if (addr) {
        core_hook_read(c, addr, read, param);
        core_hook_write(c, addr, write, param);
    }
}

/* The bits, lowest first, as they lie together in registers. */
static void find_fields(struct timer_field field[2], const avr_regbit_t bits[4])
{
    unsigned n = 0;
    for (unsigned i = 0; i < 4 && bits[i].reg; i++) {
        struct timer_field *f = n ? &field[n - 1] : NULL;
        if (!f || f->reg != bits[i].reg || bits[i].bit != f->shift + (i - f->to)) {
            assert(n < 2);
            f = &field[n++];
            *f = (struct timer_field){ bits[i].reg, bits[i].bit, 0, (uint8_t)i };
        }
        f->mask = (uint8_t)(f->mask << 1 | 1);
    }
}

static void find_enables(struct timer *t)
{
    for (unsigned v = 0; v < 16; v++) {
        for (unsigned f = 0; f < TIMER_FLAGS; f++) {
            uint16_t both = (uint16_t)(1u << f | (unsigned)t->flag[f] << 8);
            t->enables_low[v] |= v & t->enable[f] ? both : 0;
            t->enables_high[v] |= v << 4 & t->enable[f] ? both : 0;
        }
    }
}

static void init_timer(struct timers *b, struct timer *t, avr_timer_t *io)
{
    struct core *c = b->core;
    t->core = b->core;
    t->bank = b;
    t->bit = (uint8_t)(1u << (t - b->timer));
    t->simavr = io;
    t->name = io->name;
    t->max = io->r_tcnth ? 0xffff : 0xff;
    t->modes = timer_modes(t);
    t->prescaler = &b->prescaler[io->name == '2'];
    t->psr = io->name == '2' ? 2 : 1;
    t->vector[TIMER_TOV] = io->overflow.vector ? &io->overflow : NULL;
    t->vector[TIMER_ICF] = io->icr.vector ? &io->icr : NULL;
    sim_event_init(&t->update, "OCR takes over", update_due, t);
    find_fields(t->wgm_field, io->wgm);
    find_fields(t->cs_field, io->cs);
    for (unsigned i = 0; i < 4; i++) {
        hook_reg(c, io->wgm[i].reg, NULL, control_write, t);
        hook_reg(c, io->cs[i].reg, NULL, control_write, t);
    }
    for (unsigned i = 0; i < 2; i++) {
        avr_timer_comp_t *comp = &io->comp[i];
        struct timer_output *o = &t->out[i];
        o->timer = t;
        o->channel = i;
        sim_event_init(&o->change, "OC changes", timer_output_change, o);
        if (!comp->r_ocr) {
            continue;
        }
        t->vector[TIMER_OCFA + i] = comp->interrupt.vector ? &comp->interrupt : NULL;
        t->r_ocr[i] = comp->r_ocr;
        t->r_ocrh[i] = comp->r_ocrh;
        hook_reg(c, comp->r_ocr, NULL, ocr_write, t);
        hook_reg(c, comp->r_ocrh, NULL, temp_write, t);
        if (comp->com.reg != io->comp[0].com.reg) { /* OC1B of an ATtiny85, by GTCCR */
            continue;
        }
        hook_reg(c, comp->com.reg, NULL, control_write, t);
        o->com = comp->com;
        for (unsigned k = 0; k < b->pins->n_ports; k++) {
            if (comp->com_pin.reg == b->pins->ports[k].r_port) {
                o->pin = &b->pins->ports[k].pin[comp->com_pin.bit];
            }
        }
    }
    hook_reg(c, io->as2.reg, NULL, NULL, t); /* at a store, simavr's own timer would begin to count */
    hook_reg(c, io->comp[AVR_TIMER_COMPC].r_ocr, NULL, NULL, t); /* OCR1C of an ATtiny85, likewise */
    hook_reg(c, io->r_tcnt, tcnt_read, tcnt_write, t);
    core_io_counts(c, io->r_tcnt, t);
    hook_reg(c, io->r_tcnth, temp_read, temp_write, t);
    hook_reg(c, io->r_icr, icr_read, icr_write, t);
    hook_reg(c, io->r_icrh, temp_read, temp_write, t);
    for (unsigned f = 0; f < TIMER_FLAGS; f++) {
        if (t->vector[f]) {
            hook_reg(c, t->vector[f]->enable.reg, NULL, timsk_write, b);
            t->r_timsk = t->vector[f]->enable.reg;
            t->r_tifr = t->vector[f]->raised.reg;
            t->tifr = &timer_avr(t)->data[t->r_tifr];
            t->enable[f] = (uint8_t)(1u << t->vector[f]->enable.bit);
            t->flag[f] = (uint8_t)(1u << t->vector[f]->raised.bit);
            t->all_flags |= t->flag[f];
            hook_reg(c, t->r_tifr, tifr_read, tifr_write, b);
            core_io_steady(c, t->r_tifr, tifr_steady, b);
            timer_hook_interrupt(t, f);
        }
    }
    find_enables(t);
}

static void find_twins(struct timers *b)
{
    struct timer_output *out[2 * TIMERS_MAX];
    unsigned n = 2 * b->n;
    for (unsigned i = 0; i < n; i++) {
        out[i] = &b->timer[i / 2].out[i % 2];
        for (unsigned k = 0; k < i; k++) {
            if (out[i]->pin && out[i]->pin == out[k]->pin) {
                out[i]->twin = out[k];
                out[k]->twin = out[i];
            }
        }
    }
}

void timers_init(struct timers *b, struct core *core, struct pins *pins, avr_io_addr_t gtccr, const char *icp)
{
    memset(b, 0, sizeof *b);
    b->core = core;
    b->pins = pins;
    b->r_gtccr = gtccr;
    b->icr_sticks = true;
    avr_timer_t *io;
    for (unsigned i = 0; b->n < TIMERS_MAX && (io = core_module(core, "timer", i)); i++) {
        init_timer(b, &b->timer[b->n++], io);
    }
    find_twins(b);
    hook_reg(core, gtccr, NULL, gtccr_write, b);
    timers_step_init(b);
    core_on_lazy(core, timers_wake_lazy, b);
    core_add_unit(core, timers_reset, b);
    for (unsigned i = 0; i < b->n; i++) {
        struct timer *t = &b->timer[i];
        if (gtccr) { /* FOCnx: TCCRnC of the 16-bit timer, TCCRnB of the others */
            t->r_foc = t->max == 0xff ? t->simavr->cs[0].reg : t->simavr->cs[0].reg + 1;
            hook_reg(core, t->r_foc, NULL, control_write, t);
        }
        timer_step_init(t);
        if (icp && t->vector[TIMER_ICF]) {
            pins->icp = pins_find(pins, icp);
            pins->icp_ctx = t;
            pins->icp_changed = captured;
            pins->icp_quick = timer_capture_quick;
            timer_step_captures(t);
        }
    }
}

void timers_free(struct timers *b)
{
    for (unsigned i = 0; i < b->n; i++) {
        sim_cancel(b->core->sim, &b->timer[i].update);
        sim_cancel(b->core->sim, &b->timer[i].out[0].change);
        sim_cancel(b->core->sim, &b->timer[i].out[1].change);
    }
}
