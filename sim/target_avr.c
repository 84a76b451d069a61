/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim/target_parts.h"

#include <assert.h>
#include <string.h>

#include "sim/notes.h"

const char *target_mode_name(enum target_mode mode)
{
    static const char *const names[] = {
        [TARGET_OFF] = "off",         [TARGET_RESET] = "reset",     [TARGET_STARTUP] = "start-up",
        [TARGET_RUNNING] = "running", [TARGET_HV] = "high voltage", [TARGET_HV_REFUSED] = "12 V, refused",
    };
    return names[mode];
}

struct target_config target_config_default(const struct part *part)
{
    return (struct target_config){
        .part = part,
        .switches = target_switches_default(),
        .osccal_nominal = -1,
    };
}

/* ---- pins ---- */

/* What an input reads; a fight on the wire leaves it as it was. */
static bool input(const struct target *t, enum target_pin pin, bool floating, bool before)
{
    const struct net *net = t->pin[pin].net;
    enum net_level level = net ? net_level(net) : NET_Z;

    return level == NET_X ? before : level == NET_Z ? floating : level == NET_1;
}

static bool sck_level(const struct target *t)
{
    return input(t, TARGET_SCK, t->cfg.switches.v[SW_FLOATING_SCK], t->spi.sck);
}

static bool mosi_level(const struct target *t)
{
    return input(t, TARGET_MOSI, t->cfg.switches.v[SW_FLOATING_MOSI], t->spi.mosi);
}

static void take_mosi(struct target *t, const struct net *net, sim_time at_ps)
{
    bool level = net->level < NET_Z ? net->level == NET_1 : mosi_level(t);

    if (level != t->spi.mosi) {
        port_rules_mosi(&t->rules, at_ps);
        spi_slave_mosi(&t->spi, level);
    }
}

/* The program moves its own pin, beside resistors at most: nobody tries to program the chip. */
static bool is_own(const struct target *t, const struct net *net)
{
    const struct net_driver *d = net->last;
    struct net_tie tie;

    return d && d->owner == t && net_is_tied(net, d, &tie);
}

static bool may_sleep(void *ctx, const struct net_driver *by)
{
    const struct target *t = ctx;

    return by->owner == t && !t->spi.listening;
}

/* Why Programming Enable at the pins gets no answer; CHECKER_RULES: the port listens, and has a clock or not. */
static enum checker_rule why_port_is_closed(const struct target *t)
{
    if (!t->powered) {
        return CHECK_PORT_NO_SUPPLY;
    }
    switch (fuse_isp_access(t->cfg.part, &t->latched)) {
    case FUSE_ISP_OPEN: break;
    case FUSE_ISP_RSTDISBL: return CHECK_PORT_RSTDISBL;
    case FUSE_ISP_DWEN: return CHECK_PORT_DWEN;
    case FUSE_ISP_SPIEN: return CHECK_PORT_SPIEN;
    }
    if (t->spi.listening) {
        return CHECKER_RULES;
    }
    return t->reset_high ? CHECK_PORT_RESET_HIGH : t->brown_out ? CHECK_PORT_BROWN_OUT : CHECKER_RULES;
}

/* A programmer tries. Where it can't succeed, once, why. */
static void programming_enable_came(struct target *t, sim_time at_ps)
{
    enum checker_rule why = t->mode >= TARGET_HV ? CHECKER_RULES : why_port_is_closed(t);

    if (why != t->told_closed && why != CHECKER_RULES) {
        checker_report(t->checker, why, at_ps, NULL, 0, 0);
    }
    t->told_closed = why;
    if (t->rules.enable_came) {
        wire_rules_enable_came(&t->wires);
    }
}

/* The port is shut. True: it was the program's own edge. */
__attribute__((noinline)) static bool is_programs_edge(struct target *t, const struct net *net, bool level)
{
    const struct net *mosi = t->pin[TARGET_MOSI].net;

    if (is_own(t, net)) {
        t->spi.sck = level;
        return true;
    }
    if (mosi && (mosi->wave || mosi->woken)) { /* by the program: not heard of */
        t->spi.mosi = mosi_level(t);
    }
    return false;
}

/* Programming Enable has been at the pins. A port that listens and didn't take it could not read it. */
static void goes_on(struct target *t, sim_time at_ps)
{
    bool could_not_read = t->spi.listening && t->rules.has_clock;

    checker_follows(t->checker, could_not_read ? port_rules_cause(&t->rules) : CHECKER_RULES);
    wire_rules_rise(&t->wires, at_ps, t->spi.mosi, t->spi.enabled);
    checker_follows(t->checker, CHECKER_RULES);
}

static void sck_changed(void *ctx, struct net *net, sim_time at_ps)
{
    struct target *t = ctx;
    bool level = net->level < NET_Z ? net->level == NET_1 : sck_level(t);
    const struct net *mosi = t->pin[TARGET_MOSI].net;

    if (!t->spi.listening && is_programs_edge(t, net, level)) {
        return;
    }
    if (mosi && mosi->changed_ps == at_ps) { /* both in one instant: MOSI first, whoever was told first */
        take_mosi(t, mosi, at_ps);
    }
    if (level != t->spi.sck) {
        if (t->miso.asked) {
            target_look_edge(t, at_ps, level);
        }
        if (port_rules_sck(&t->rules, at_ps, level, t->spi.mosi)) {
            programming_enable_came(t, at_ps);
        } else if (t->wires.follow && level) {
            goes_on(t, at_ps);
        }
        if (level && mosi && mosi->level >= NET_Z && t->rules.programs && net_level(mosi) >= NET_Z) {
            wire_rules_floats(&t->wires, at_ps, net_level(mosi));
        }
        spi_slave_sck(&t->spi, level);
    }
}

static void mosi_changed(void *ctx, struct net *net, sim_time at_ps)
{
    struct target *t = ctx;

    if (!t->spi.listening && is_own(t, net)) {
        t->rules.mosi_ps = net->changed_ps;
        t->spi.mosi = mosi_level(t);
    } else {
        take_mosi(t, net, at_ps);
    }
}

void target_miso_output(void *ctx, bool driven, bool level)
{
    struct target *t = ctx;

    net_drive(&t->pin[TARGET_MISO].driver, driven ? (level ? NET_1 : NET_0) : NET_Z, NET_STRONG);
    net_drive(&t->pin[TARGET_MISO_OE].driver, driven ? NET_1 : NET_0, NET_STRONG);
}

static bool reset_pin_works(const struct target *t)
{
    enum fuse_isp access = fuse_isp_access(t->cfg.part, &t->latched);
    return access != FUSE_ISP_RSTDISBL && access != FUSE_ISP_DWEN;
}

static void drive_reset_pull_up(struct target *t)
{
    bool pulls = t->powered && fuse_isp_access(t->cfg.part, &t->latched) != FUSE_ISP_RSTDISBL;
    net_drive(&t->pin[TARGET_RESET_N].driver, pulls ? NET_1 : NET_Z, NET_WEAK);
}

static void xtal1_changed(void *ctx, struct net *net, sim_time at_ps)
{
    struct target *t = ctx;

    (void)at_ps;
    t->hv.edges++;
    if (t->mode < TARGET_HV) { /* else it is a strobe, whatever the clock fuses say */
        target_xtal_changed(t, net, TARGET_XTAL1);
    }
}

static void xtal2_changed(void *ctx, struct net *net, sim_time at_ps)
{
    struct target *t = ctx;

    (void)at_ps;
    if (t->mode < TARGET_HV) {
        target_xtal_changed(t, net, TARGET_XTAL2);
    }
}

static void written(void *ctx, sim_time at_ps)
{
    struct target *t = ctx;

    nvm_settle(t->nvm, at_ps);
    target_hv_write_ended(t, at_ps);
}

/* ---- modes ---- */

static void set_mode(struct target *t, enum target_mode mode)
{
    if (t->port_clock_is_old) {
        target_tell_port_clock(t);
    }
    t->mode = mode;
    if (t->sim->notes) {
        notes_add(t->sim->notes, NOTE_MODE, t->sim->now_ps, t->sim->now_ps, mode, NULL);
    }
}

void target_await_start(struct target *t)
{
    sim_cancel(t->sim, &t->start);
    t->edges_to_start = 0;
    assert(t->mode == TARGET_STARTUP);
    if (!t->clock.runs) {
        return;
    }
    if (t->clock.by_edges) {
        t->edges_to_start = t->clock.startup_ck + t->clock.delay_ck;
    } else {
        sim_schedule(t->sim, &t->start,
                     t->sim->now_ps + clock_startup_ps(&t->clock, t->causes & TARGET_CAUSE_POWER_ON));
    }
}

/* A rise of RESET is noticed after two system clocks. Without a clock it has to wait for one. */
void target_await_release(struct target *t)
{
    t->edges_to_notice = 0;
    if (t->clock.by_edges) {
        t->edges_to_notice = 2;
    }
    sim_schedule(t->sim, &t->reset_seen, sim_clock_nth_from(&t->cpu, t->sim->now_ps + 1, 2));
}

static void latch(struct target *t, struct fuse_bytes fuses)
{
    t->latched = fuses;
    t->ckout = fuse_is_programmed(t->cfg.part, &fuses, FUSE_CKOUT);
}

static void latch_fuses(struct target *t)
{
    unsigned calibration;

    latch(t, fuse_as_read(t->cfg.part, &t->nvm->cells.fuses));
    calibration = clock_source_of(t->cfg.part, &t->latched)->calibration;
    t->board.osccal = t->nvm->cells.calibration[calibration];
    t->board.osccal_factory = t->cfg.osccal_nominal >= 0 ? (uint8_t)t->cfg.osccal_nominal
                                                         : t->nvm->cells.calibration[calibration];
    drive_reset_pull_up(t);
}

static void stop_core(struct target *t)
{
    if (t->core_runs) {
        t->core_runs = false;
        t->core->stop(t->core_ctx, t->sim->now_ps);
    }
    sim_cancel(t->sim, &t->start);
    t->edges_to_start = 0;
}

static void stop_port(struct target *t)
{
    assert(t->powered);
    if (t->reset_high) {
        checker_follows(t->checker, t->rules.misread ? port_rules_cause(&t->rules) : CHECKER_RULES);
        write_rules_released(&t->writes, t->reset_changed_ps);
        checker_follows(t->checker, CHECKER_RULES);
    }
    write_rules_stop(&t->writes);
    t->wires.programmed |= t->spi.enabled;
    spi_slave_stop(&t->spi);
    port_rules_stop(&t->rules);
    target_look_stop(t);
}

static void start_port(struct target *t)
{
    sim_time now = t->sim->now_ps;
    const struct net *sck = t->pin[TARGET_SCK].net;
    bool fell_just_now = now - t->reset_changed_ps <= t->cfg.part->t_rst_ps; /* else: the supply came back */
    enum net_level level = fell_just_now && t->low_is_pulse ? t->sck_at_fall : sck ? net_level(sck) : NET_Z;

    t->had_port = true;
    spi_slave_start(&t->spi, sck_level(t), mosi_level(t));
    port_rules_start(&t->rules, fell_just_now ? t->reset_changed_ps : now, level);
}

static void enter_reset(struct target *t)
{
    bool ran = t->core_runs;

    stop_core(t);
    set_mode(t, TARGET_RESET);
    nvm_reset(t->nvm, t->sim->now_ps);
    if (ran) { /* the program may have changed OSCCAL and CLKPR */
        latch_fuses(t);
        target_update_clock(t);
    }
    target_drive_clko(t);
}

static void leave_reset(struct target *t)
{
    stop_port(t);
    nvm_reset(t->nvm, t->sim->now_ps);
    set_mode(t, TARGET_STARTUP);
    latch_fuses(t); /* what was written in programming mode takes effect here */
    target_update_clock(t);
    target_drive_clko(t);
    target_await_start(t);
}

void target_halt(struct target *t, enum target_mode mode)
{
    stop_core(t);
    stop_port(t);
    sim_cancel(t->sim, &t->reset_seen);
    t->edges_to_notice = 0;
    nvm_reset(t->nvm, t->sim->now_ps);
    set_mode(t, mode);
    target_drive_clko(t);
}

/* RESET or brown-out holds the chip, or no longer does. */
static void apply_hold(struct target *t)
{
    if (t->reset_held || t->brown_out) {
        if (t->mode != TARGET_RESET) {
            enter_reset(t);
        }
        bool port = t->reset_held && fuse_isp_access(t->cfg.part, &t->latched) == FUSE_ISP_OPEN &&
                    !(t->brown_out && t->cfg.switches.v[SW_BOD_STOPS_PORT]);
        if (port && !t->spi.listening) {
            start_port(t);
        } else if (!port && t->spi.listening) {
            stop_port(t);
        }
    } else if (t->mode == TARGET_RESET) {
        leave_reset(t);
    }
}

/* Switch: debugWIRE takes a RESET that is low at the start for a break. */
static bool debugwire_halts(const struct target *t)
{
    return t->cfg.switches.v[SW_HV_DWEN_LOW_HALTS] && !t->reset_high &&
           fuse_isp_access(t->cfg.part, &t->latched) == FUSE_ISP_DWEN;
}

/* A programmer that holds the wires is in the way of the program. */
static void check_released(struct target *t, sim_time at_ps)
{
    static const struct {
        enum target_pin pin;
        const char *name;
    } wires[] = { { TARGET_SCK, "SCK" }, { TARGET_MOSI, "MOSI" }, { TARGET_MISO, "MISO" } };

    t->wires.programmed = false;
    checker_where_then(t->checker, &t->rules.reset_where); /* where it let go of RESET, and not of this */
    for (unsigned i = 0; i < sizeof wires / sizeof wires[0]; i++) {
        const struct net *net = t->pin[wires[i].pin].net;

        if (net) {
            wire_rules_released(&t->wires, at_ps, net, wires[i].name);
        }
    }
    checker_where_then(t->checker, NULL);
}

static void start_due(void *ctx, sim_time at_ps)
{
    struct target *t = ctx;

    if (debugwire_halts(t)) {
        return; /* reset_changed() goes on */
    }
    set_mode(t, TARGET_RUNNING);
    target_drive_clko(t);
    if (t->wires.programmed) {
        check_released(t, at_ps);
    }
    if (t->core) {
        struct target_start s = {
            .at_ps = at_ps,
            .clk = t->cpu,
            .source_millihz = t->clock.f_millihz,
            .divide = t->divide,
            .start_word = fuse_start_word(t->cfg.part, &t->latched),
            .osccal = t->board.osccal,
            .causes = t->causes,
            .fuses = t->latched,
        };
        t->core_runs = true;
        t->core->start(t->core_ctx, &s);
    }
    t->causes = 0;
}

/* ---- RESET ---- */

static void reset_seen(void *ctx, sim_time at_ps)
{
    struct target *t = ctx;

    (void)at_ps;
    t->reset_held = !t->reset_high;
    if (t->reset_held) {
        t->causes |= TARGET_CAUSE_EXTERNAL;
    }
    apply_hold(t);
}

static void reset_fell(struct target *t, sim_time high_ps)
{
    const struct net *sck = t->pin[TARGET_SCK].net;
    sim_time now = t->sim->now_ps;

    t->sck_at_fall = sck ? net_level(sck) : NET_Z;
    t->low_is_pulse = true;
    if (t->had_port && t->rules.has_clock) {
        port_rules_reset_high(&t->rules, now, high_ps);
    }
    if (t->reset_held) { /* the high was too short to be noticed: the port goes on where it was */
        sim_cancel(t->sim, &t->reset_seen);
        t->edges_to_notice = 0;
        return;
    }
    sim_time filter = t->cfg.switches.v[SW_SHORT_RESET_LOW_RESETS] ? 0 : t->cfg.part->t_rst_ps;
    sim_schedule(t->sim, &t->reset_seen, now + filter);
}

static void reset_rose(struct target *t, sim_time low_ps)
{
    if (t->low_is_pulse) {
        checker_at_least(t->checker, CHECK_RESET_LOW, t->sim->now_ps, (int64_t)t->cfg.part->t_rst_ps, (int64_t)low_ps);
    }
    if (t->reset_held) {
        target_await_release(t);
    } else {
        sim_cancel(t->sim, &t->reset_seen);
    }
}

static void reset_changed(void *ctx, struct net *net, sim_time at_ps)
{
    struct target *t = ctx;
    bool high = input(t, TARGET_RESET_N, true, t->reset_high);

    (void)net;
    if (high == t->reset_high) {
        return;
    }
    sim_time lasted = at_ps - t->reset_changed_ps;
    t->reset_high = high;
    t->reset_changed_ps = at_ps;
    port_rules_reset_moved(&t->rules, at_ps);
    wire_rules_reset_moved(&t->wires);
    if (!t->powered || t->mode >= TARGET_HV) {
        return;
    }
    if (!reset_pin_works(t)) {
        if (high && t->mode == TARGET_STARTUP && t->cfg.switches.v[SW_HV_DWEN_LOW_HALTS]) {
            target_await_start(t);
        }
        return;
    }
    if (high) {
        reset_rose(t, lasted);
    } else {
        reset_fell(t, lasted);
    }
}

/* ---- supply ---- */

static bool is_brown_out(const struct target *t, int32_t mv)
{
    const struct fuse_bod_level *level;

    if (fuse_bod(t->cfg.part, &t->latched, &level) != FUSE_BOD_ON) {
        return false;
    }
    int32_t half = t->cfg.part->fuses->bod_hyst_mv / 2;
    return t->brown_out || t->mode == TARGET_OFF ? mv < level->typ_mv + half : mv < level->typ_mv - half;
}

/* The mode follows the RESET pin as it stands. */
static void look_at_reset(struct target *t)
{
    set_mode(t, TARGET_RESET);
    t->had_port = t->low_is_pulse = false;
    t->reset_high = input(t, TARGET_RESET_N, true, true);
    t->reset_changed_ps = t->sim->now_ps;
    t->reset_held = !t->reset_high && reset_pin_works(t);
    target_update_clock(t);
    apply_hold(t);
}

void target_unhalt(struct target *t)
{
    latch_fuses(t);
    t->causes |= TARGET_CAUSE_EXTERNAL;
    t->brown_out = is_brown_out(t, (int32_t)t->board.vcc_mv);
    look_at_reset(t);
}

static void power_on(struct target *t, int32_t mv)
{
    t->powered = true;
    t->powered_ps = t->sim->now_ps;
    t->causes = TARGET_CAUSE_POWER_ON;
    latch_fuses(t);
    t->brown_out = is_brown_out(t, mv);
    if (target_hv_powered(t)) {
        target_update_clock(t);
    } else {
        look_at_reset(t);
    }
}

static void power_off(struct target *t)
{
    target_hv_unpowered(t);
    stop_core(t);
    t->lost_enabled |= t->spi.enabled;
    stop_port(t);
    nvm_power_off(t->nvm, t->sim->now_ps);
    sim_cancel(t->sim, &t->written);
    sim_cancel(t->sim, &t->reset_seen);
    t->powered = false;
    t->powered_ps = t->sim->now_ps;
    t->brown_out = false;
    t->reset_held = false;
    t->edges_to_notice = 0;
    set_mode(t, TARGET_OFF);
    drive_reset_pull_up(t);
    target_update_clock(t);
}

static void supply(struct target *t, int32_t mv)
{
    const struct part *part = t->cfg.part;

    target_hv_vcc(t, t->board.vcc_mv, mv > 0 ? (uint32_t)mv : 0);
    t->board.vcc_mv = mv > 0 ? (uint32_t)mv : 0;
    if (!t->powered) {
        if (mv >= part->v_pot_rise_mv) {
            power_on(t, mv);
        }
    } else if (mv < part->v_pot_fall_mv) {
        power_off(t);
    } else {
        bool low = is_brown_out(t, mv);
        if (low && !t->brown_out) {
            t->causes |= TARGET_CAUSE_BROWN_OUT;
        }
        t->brown_out = low;
        target_update_clock(t);
        if (t->mode < TARGET_HV) {
            apply_hold(t);
        }
    }
}

static void vcc_changed(void *ctx, struct vline *line, sim_time at_ps)
{
    struct target *t = ctx;

    (void)at_ps;
    supply(t, t->pulled ? 0 : line->mv);
}

void target_set_pulled(struct target *t, bool out)
{
    t->pulled = out;
    supply(t, out ? 0 : t->vcc ? t->vcc->mv : 5000);
}

/* ---- wiring ---- */

static const struct {
    const char *name;
    bool driven; /* the chip may drive it in programming mode */
    enum net_watch_kind kind;
    void (*changed)(void *, struct net *, sim_time); /* NULL: an output */
} pins[TARGET_PINS] = {
    [TARGET_RESET_N] = { "target RESET pull-up", true, NET_WATCH_EDGES, reset_changed },
    [TARGET_SCK] = { "target SCK", false, NET_WATCH_EDGES, sck_changed },
    [TARGET_MOSI] = { "target MOSI", false, NET_WATCH_EDGES, mosi_changed },
    [TARGET_MISO] = { "target MISO", true, NET_WATCH_EDGES, NULL },
    [TARGET_MISO_OE] = { "target MISO_OE", true, NET_WATCH_EDGES, NULL },
    [TARGET_XTAL1] = { "target XTAL1", false, NET_WATCH_WAVES, xtal1_changed },
    [TARGET_XTAL2] = { "target XTAL2", false, NET_WATCH_WAVES, xtal2_changed },
    [TARGET_CLKO] = { "target CLKO", true, NET_WATCH_EDGES, NULL },
};

static void attach(struct target *t, enum target_pin pin, struct net *net)
{
    struct target_pin_state *p = &t->pin[pin];

    p->net = net;
    if (!net) {
        p->driver.net = NULL;
        return;
    }
    if (pin == TARGET_MISO) {
        net->look = &t->look;
    }
    if (pins[pin].driven) {
        net_attach(net, &p->driver, pins[pin].name);
        net_driver_supply(&p->driver, t->vcc);
    }
    if (pins[pin].changed) {
        net_watch_add(net, &p->watch, pins[pin].kind, pins[pin].changed, t);
        p->watch.train = pin == TARGET_SCK ? target_take_train : NULL;
        p->watch.may_sleep = pin == TARGET_RESET_N ? NULL : may_sleep;
    }
}

static void detach(struct target *t, enum target_pin pin)
{
    struct target_pin_state *p = &t->pin[pin];

    if (!p->net) {
        return;
    }
    if (pins[pin].changed) {
        net_watch_remove(p->net, &p->watch);
    }
    if (p->net->look == &t->look) {
        p->net->look = NULL;
    }
    net_detach(&p->driver);
    p->net = NULL;
}

void target_connect(struct target *t, enum target_pin pin, struct net *net)
{
    assert(pin < TARGET_PINS);
    net_hold(t->sim);
    detach(t, pin);
    attach(t, pin, net);
    /* outputs go on as they were, inputs read the new wire */
    struct net unconnected = { .level = NET_Z, .old_level = NET_Z };
    struct net *seen = net ? net : &unconnected;
    sim_time now = t->sim->now_ps;
    switch (pin) {
    case TARGET_RESET_N:
        drive_reset_pull_up(t);
        reset_changed(t, NULL, now);
        target_hv_wired(t, net);
        break;
    case TARGET_SCK: sck_changed(t, seen, now); break;
    case TARGET_MOSI: mosi_changed(t, seen, now); break;
    case TARGET_MISO:
    case TARGET_MISO_OE: target_miso_output(t, t->spi.driven, t->spi.next_level); break;
    case TARGET_XTAL1:
    case TARGET_XTAL2: target_update_clock(t); break;
    case TARGET_CLKO: target_drive_clko(t); break;
    case TARGET_PINS: break;
    }
    net_release(t->sim);
}

void target_set_crystal(struct target *t, uint64_t f_millihz)
{
    t->cfg.crystal_millihz = f_millihz;
    target_update_clock(t);
}

void target_set_external_rc(struct target *t, uint64_t f_millihz)
{
    t->cfg.external_rc_millihz = f_millihz;
    target_update_clock(t);
}

void target_set_core(struct target *t, const struct target_core_ops *ops, void *ctx)
{
    stop_core(t);
    t->core = ops;
    t->core_ctx = ctx;
    if (t->mode == TARGET_RUNNING || t->mode == TARGET_STARTUP) {
        set_mode(t, TARGET_STARTUP);
        target_await_start(t);
    }
}

static int32_t drawn_ppm(struct sim *sim, const char *purpose, int32_t ppm, uint32_t spread_ppm)
{
    struct sim_rng rng = sim_rng_stream(sim->seed, purpose);
    return ppm + (int32_t)sim_rng_below(&rng, 2 * (uint64_t)spread_ppm + 1) - (int32_t)spread_ppm;
}

void target_init(struct target *t, struct sim *sim, const struct target_config *cfg, struct nvm *nvm,
                 const struct target_pins *wires, struct checker *checker)
{
    struct net *nets[TARGET_PINS] = {
        [TARGET_RESET_N] = wires->reset_n, [TARGET_SCK] = wires->sck,         [TARGET_MOSI] = wires->mosi,
        [TARGET_MISO] = wires->miso,       [TARGET_MISO_OE] = wires->miso_oe, [TARGET_XTAL1] = wires->xtal1,
        [TARGET_XTAL2] = wires->xtal2,     [TARGET_CLKO] = wires->clko,
    };

    assert(nvm->part == cfg->part);
    memset(t, 0, sizeof *t);
    t->sim = sim;
    t->cfg = *cfg;
    t->nvm = nvm;
    t->checker = checker;
    t->vcc = wires->vcc;
    isp_decoder_init(&t->decoder, cfg->part);
    t->has_poll = target_port_has(t, ISP_POLL_RDY_BSY);
    nvm->switches = cfg->switches;
    nvm->damage = sim_rng_stream(sim->seed, "half-written cells");
    t->phases = sim_rng_stream(sim->seed, "clock phases");
    latch(t, nvm->cells.fuses);
    t->board = clock_board_default(cfg->part, &t->latched);
    t->rc_ppm = t->board.rc_ppm = drawn_ppm(sim, "RC oscillator", cfg->rc_ppm, cfg->rc_spread_ppm);
    t->rc128k_ppm = t->board.rc128k_ppm = drawn_ppm(sim, "128 kHz oscillator", cfg->rc128k_ppm, cfg->rc128k_spread_ppm);
    t->board.lf_wave_on_xtal2_only = cfg->switches.v[SW_LF_WAVE_ON_XTAL2_ONLY];
    t->board.crystal_starts_anywhere = cfg->switches.v[SW_CRYSTAL_STARTS_ANYWHERE];
    t->cpu.period_den = 1;
    t->divide = 1;
    t->last_edge_ps = SIM_NEVER;
    t->reset_high = true;
    t->told_closed = CHECKER_RULES;
    spi_slave_init(&t->spi, sim, cfg->part, &cfg->switches, &target_port_ops, t);
    port_rules_init(&t->rules, checker);
    target_look_init(t, checker);
    write_rules_init(&t->writes, checker, cfg->part, t->has_poll);
    t->wires.checker = checker;
    sim_event_init(&t->reset_seen, "target RESET", reset_seen, t);
    sim_event_init(&t->written, "end of write", written, t);
    sim_event_init(&t->start, "target starts", start_due, t);
    target_hv_init(t);

    net_hold(sim);
    for (unsigned pin = 0; pin < TARGET_PINS; pin++) {
        attach(t, pin, nets[pin]);
    }
    target_miso_output(t, false, false);
    t->spi.sck = sck_level(t);
    t->spi.mosi = mosi_level(t);
    if (t->vcc) {
        vline_watch_add(t->vcc, &t->vcc_watch, vcc_changed, t);
    }
    supply(t, t->vcc ? t->vcc->mv : 5000);
    target_hv_wired(t, wires->reset_n);
    net_release(sim);
}

/* ---- for the core ---- */

void target_core_reset(struct target *t, enum target_reset_cause cause)
{
    if (t->mode != TARGET_RUNNING) {
        return;
    }
    stop_core(t);
    t->causes |= (uint8_t)cause;
    set_mode(t, TARGET_STARTUP);
    nvm_reset(t->nvm, t->sim->now_ps);
    latch_fuses(t);
    target_update_clock(t);
    target_drive_clko(t);
    target_await_start(t);
}
