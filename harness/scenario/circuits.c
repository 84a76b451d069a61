/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/scenario/circuits.h"

#include <stdio.h>
#include <string.h>

#define OPTIONAL (CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL)
#define TEXT(s, key) CYAML_FIELD_STRING_PTR(#key, OPTIONAL, struct s, key, 0, CYAML_UNLIMITED)
#define MAP(s, key, fields) CYAML_FIELD_MAPPING_PTR(#key, OPTIONAL, struct s, key, fields)

/* Every key once: its name, and where its text is. */
#define PART(key) TEXT(raw_circuit_parts, key)
static const cyaml_schema_field_t parts_fields[] = {
    PART(r1),
    PART(c1),
    PART(r2),
    PART(c2),
    PART(r3),
    PART(r4),
    PART(r5),
    PART(r6),
    PART(r7),
    PART(cdd),
    PART(rl),
    PART(vt),
    PART(ro),
    PART(tpd),
    PART(cg),
    PART(vf),
    PART(level_loss),
    PART(bistable),
    PART(recovery_diode),
    PART(d2),
    PART(latch_wakes_locked),
    PART(zener),
    PART(zener_knee),
    PART(line_resistance),
    PART(load),
    PART(ctr),
    PART(opto_tau),
    PART(rx_threshold),
    PART(dead_resistance),
    PART(reset_pull_up),
    PART(reset_vih),
    PART(t1),
    PART(t2),
    PART(q1_delay),
    PART(q2_delay),
    PART(gate_delay),
    CYAML_FIELD_END,
};

static const cyaml_schema_field_t lines_fields[] = {
    TEXT(raw_rs232_lines, high),
    TEXT(raw_rs232_lines, low),
    TEXT(raw_rs232_lines, slew),
    CYAML_FIELD_END,
};

#define HOST(key) TEXT(raw_miniframe_host, key)
static const cyaml_schema_field_t host_fields[] = {
    HOST(baud),         HOST(baud_error),
    HOST(format),       HOST(frame_bits),
    HOST(write_format), HOST(write_frame_bits),
    HOST(reply),        HOST(entry),
    HOST(gap),          HOST(one_bit_characters),
    HOST(settle_first), HOST(fast_too_early),
    HOST(supply_wait),  HOST(reset_pulse),
    HOST(enter_wait),   HOST(silence),
    HOST(tries),        HOST(poll),
    HOST(flash_wait),   HOST(eeprom_wait),
    HOST(erase_wait),   HOST(fuse_wait),
    CYAML_FIELD_END,
};

const cyaml_schema_field_t raw_miniframe_fields[] = {
    TEXT(raw_miniframe, circuit),
    TEXT(raw_miniframe, rx_driver),
    MAP(raw_miniframe, parts, parts_fields),
    MAP(raw_miniframe, lines, lines_fields),
    MAP(raw_miniframe, host, host_fields),
    CYAML_FIELD_END,
};

#define USB(key) TEXT(raw_usb, key)
const cyaml_schema_field_t raw_usb_fields[] = {
    USB(placement),     USB(shifter),      USB(clock_line), USB(level),      USB(threshold),  USB(vih),
    USB(data_rise),     USB(data_fall),    USB(clk_rise),   USB(clk_fall),   USB(led),        USB(led_resistor),
    USB(sck_pull_down), USB(reset_jumper), USB(state_time), USB(jitter),     USB(enter_wait), USB(flash_wait),
    USB(eeprom_wait),   USB(erase_wait),   USB(fuse_wait),  CYAML_FIELD_END,
};

/* ---- helpers ---- */

/*
 * Parts are not exact, and a script that computes one writes 2.4200000000000004 nF: decimals that are finer than the
 * base unit are cut off. False: it is wrong even so.
 */
static bool without_fine_decimals(const char *text, enum quantity_kind kind, char cut[80])
{
    struct problem ignored;
    int64_t v;
    snprintf(cut, 80, "%s", text);
    char *point = strchr(cut, '.');
    size_t digits = point ? strspn(point + 1, "0123456789") : 0;
    for (; digits > 1; digits--) {
        memmove(point + digits, point + digits + 1, strlen(point + digits + 1) + 1);
        if (quantity_parse(kind, cut, INT64_MIN, INT64_MAX, &v, &ignored)) {
            return true;
        }
    }
    return false;
}

static bool load_analogue(struct loader *l, const char *path, const char *key, const char *text,
                          enum quantity_kind kind, int64_t min, int64_t max, int64_t *value)
{
    struct problem ignored;
    char cut[80];
    int64_t v;
    if (text && !quantity_parse(kind, text, INT64_MIN, INT64_MAX, &v, &ignored) &&
        without_fine_decimals(text, kind, cut)) {
        text = cut;
    }
    return load_number(l, path, key, text, kind, min, max, value);
}

/* A quantity in its base unit (milliohm, femtofarad, ppm ...) times scale. */
static bool load_real(struct loader *l, const char *path, const char *key, const char *text, enum quantity_kind kind,
                      double scale, double *value)
{
    int64_t v;
    if (!text) {
        return true;
    }
    if (!load_analogue(l, path, key, text, kind, -1000000000000000, 1000000000000000000, &v)) {
        return false;
    }
    *value = (double)v * scale;
    return true;
}

static bool load_choice(struct loader *l, const char *path, const char *key, const char *text,
                        const char *const *choices, int *value)
{
    char known[200] = "";
    if (!text) {
        return true;
    }
    for (int i = 0; choices[i]; i++) {
        if (!strcmp(text, choices[i])) {
            *value = i;
            return true;
        }
        strncat(known, i ? ", " : "", sizeof known - strlen(known) - 1);
        strncat(known, choices[i], sizeof known - strlen(known) - 1);
    }
    return load_problem(l, path, key, "'%.40s' is none of: %s", text, known);
}

static bool load_wait(struct loader *l, const char *path, const char *key, const char *text, sim_time *t)
{
    return load_u64(l, path, key, text, QUANTITY_TIME_PS, 0, 100 * (int64_t)SIM_S, t);
}

/* ---- miniframe ---- */

enum { TWO_4001, ONE_4001, IC_4098 };
static const char *const circuit_names[] = {
    [TWO_4001] = "two_4001",
    [ONE_4001] = "one_4001",
    [IC_4098] = "4098",
    [IC_4098 + 1] = NULL,
};

/* A part that the circuit hasn't would be a value without effect. */
static bool parts_fit(struct loader *l, const char *at, const struct raw_circuit_parts *r, int circuit)
{
    enum { TWO = 1, ONE = 2, MONO = 4 };
    const struct {
        const char *key, *text;
        unsigned circuits;
    } parts[] = {
#define OF(circuits, k) { #k, r->k, circuits }
        OF(TWO | ONE, r1),
        OF(TWO | ONE, c1),
        OF(TWO | ONE, r2),
        OF(TWO | ONE, c2),
        OF(TWO | ONE, r3),
        OF(TWO | ONE, r4),
        OF(TWO | ONE, r5),
        OF(TWO | ONE, r6),
        OF(TWO | ONE, r7),
        OF(TWO | ONE, cdd),
        OF(TWO | ONE, vt),
        OF(TWO | ONE, ro),
        OF(TWO | ONE, tpd),
        OF(TWO | ONE, cg),
        OF(TWO | ONE, vf),
        OF(TWO | ONE, level_loss),
        OF(TWO | ONE, bistable),
        OF(TWO | ONE, recovery_diode),
        OF(TWO | ONE, d2),
        OF(TWO | ONE, latch_wakes_locked),
        OF(TWO | ONE, zener),
        OF(TWO | ONE, zener_knee),
        OF(TWO | ONE, line_resistance),
        OF(TWO | ONE, load),
        OF(TWO, dead_resistance),
        OF(TWO, reset_pull_up),
        OF(TWO, reset_vih),
        OF(ONE, rl),
        OF(ONE, ctr),
        OF(ONE, opto_tau),
        OF(MONO, t1),
        OF(MONO, t2),
        OF(MONO, q1_delay),
        OF(MONO, q2_delay),
        OF(MONO, gate_delay),
#undef OF
    };
    for (unsigned i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        if (parts[i].text && !(parts[i].circuits & 1u << circuit)) {
            return load_problem(l, at, parts[i].key, "the circuit %s has no %s", circuit_names[circuit], parts[i].key);
        }
    }
    return true;
}

/* A resistor that may be missing: 0 Ohm is none of those. */
static bool load_fitted(struct loader *l, const char *at, const char *key, const char *text, double *ohm)
{
    bool none = text && !strcmp(text, "none");
    if (!none && !load_real(l, at, key, text, QUANTITY_MOHM, 1e-3, ohm)) {
        return false;
    }
    if (text && !none && *ohm <= 0) {
        return load_problem(l, at, key, "'%.40s' is no resistor; 'none' leaves it out", text);
    }
    *ohm = none ? 0 : *ohm;
    return true;
}

static bool load_parts(struct loader *l, const struct raw_circuit_parts *r, int circuit, struct circuit_config *c)
{
    static const char at[] = "board.programmer.miniframe.parts";
    struct miniframe_config *m = &c->miniframe;
    double r5 = 470, line = 300;
    if (!r) {
        return true;
    }
    if (!parts_fit(l, at, r, circuit)) {
        return false;
    }
    struct {
        const char *key, *text;
        enum quantity_kind kind;
        double scale;
        double *value;
    } reals[] = {
#define OHM(k, v) { #k, r->k, QUANTITY_MOHM, 1e-3, v }
#define VOLT(k, v)                     \
    {                                  \
#k, r->k, QUANTITY_MV, 1e-3, v \
    }
#define PART_OF(k, v)                   \
    {                                   \
#k, r->k, QUANTITY_PPM, 1e-6, v \
    }
        OHM(r1, &m->r1_ohm),
        OHM(r2, &m->r2_ohm),
        OHM(r4, &m->r4_ohm),
        OHM(r5, &r5),
        OHM(r6, &m->r6_ohm),
        OHM(r7, &m->r7_ohm),
        OHM(rl, &m->rl_ohm),
        OHM(ro, &m->ro_ohm),
        OHM(line_resistance, &line),
        OHM(load, &m->supply.load_ohm),
        OHM(dead_resistance, &m->dead_ohm),
        { "c1", r->c1, QUANTITY_FF, 1e-3, &m->c1_pf },
        { "c2", r->c2, QUANTITY_FF, 1e-3, &m->c2_pf },
        { "cg", r->cg, QUANTITY_FF, 1e-3, &m->cg_pf },
        { "cdd", r->cdd, QUANTITY_FF, 1e-9, &m->supply.cdd_uf },
        PART_OF(vt, &m->vt),
        PART_OF(level_loss, &m->level_loss),
        PART_OF(ctr, &m->opto_ctr),
        VOLT(vf, &m->vf_v),
        VOLT(zener, &m->supply.zener_v),
        VOLT(zener_knee, &m->supply.zener_knee_v),
        VOLT(rx_threshold, &m->rx_threshold_v),
        VOLT(reset_vih, &m->reset_vih_v),
        { "tpd", r->tpd, QUANTITY_TIME_PS, 1e-3, &m->tpd_ns },
        { "opto_tau", r->opto_tau, QUANTITY_TIME_PS, 1e-6, &m->opto_tau_us },
    };
    for (unsigned i = 0; i < sizeof reals / sizeof reals[0]; i++) {
        if (!load_real(l, at, reals[i].key, reals[i].text, reals[i].kind, reals[i].scale, reals[i].value)) {
            return false;
        }
    }
    m->supply.r_ohm = r5 + line;
    if (!load_fitted(l, at, "r3", r->r3, &m->r3_ohm) ||
        !load_fitted(l, at, "reset_pull_up", r->reset_pull_up, &m->reset_pullup_ohm)) {
        return false;
    }
    return load_bool(l, at, "bistable", r->bistable, &m->lock_fitted) &&
           load_bool(l, at, "recovery_diode", r->recovery_diode, &m->recovery_diode) &&
           load_bool(l, at, "d2", r->d2, &m->supply_from_dtr) &&
           load_bool(l, at, "latch_wakes_locked", r->latch_wakes_locked, &m->latch_wakes_locked) &&
           load_wait(l, at, "t1", r->t1, &c->mono.t1_ps) && load_wait(l, at, "t2", r->t2, &c->mono.t2_ps) &&
           load_wait(l, at, "q1_delay", r->q1_delay, &c->mono.q1_delay_ps) &&
           load_wait(l, at, "q2_delay", r->q2_delay, &c->mono.q2_delay_ps) &&
           load_wait(l, at, "gate_delay", r->gate_delay, &c->mono.gate_ps);
}

static bool load_lines(struct loader *l, const struct raw_rs232_lines *r, struct rs232_levels *v)
{
    static const char at[] = "board.programmer.miniframe.lines";
    int64_t high = v->high_mv, low = v->low_mv, slew = (int64_t)v->slew_mv_per_us * 1000;
    if (!r) {
        return true;
    }
    if (!load_analogue(l, at, "high", r->high, QUANTITY_MV, -100000, 100000, &high) ||
        !load_analogue(l, at, "low", r->low, QUANTITY_MV, -100000, 100000, &low) ||
        !load_analogue(l, at, "slew", r->slew, QUANTITY_V_PER_S, 1, 100000000000, &slew)) {
        return false;
    }
    v->high_mv = (int32_t)high;
    v->low_mv = (int32_t)low;
    v->slew_mv_per_us = (uint32_t)(r->slew ? slew / 1000 : v->slew_mv_per_us); /* V/s to mV/us */
    return rs232_levels_check(v, l->err) || load_place_problem(l, at, NULL);
}

static bool load_code(struct loader *l, const char *at, const char *format_key, const char *format,
                      const char *cells_key, const char *cells, struct miniframe_code *code)
{
    struct uart_format f;
    uint32_t n = code->cells;
    if (format) {
        if (!uart_format_parse(&f, format, 115200) || f.parity != UART_NO_PARITY || f.stop_bits != 1) {
            return load_problem(l, at, format_key, "'%.40s' is no format like 6N1, 7N1 or 8N1", format);
        }
        code->data_bits = f.data_bits;
    }
    if (!load_u32(l, at, cells_key, cells, QUANTITY_COUNT, 3, 4, &n)) {
        return false;
    }
    code->cells = (uint8_t)n;
    return miniframe_code_check(code, l->err) || load_place_problem(l, at, format ? format_key : cells_key);
}

static bool load_miniframe_host(struct loader *l, const struct raw_miniframe_host *r, struct host_miniframe_config *h)
{
    static const char at[] = "board.programmer.miniframe.host";
    static const char *const replies[] = { "duplex", "all_duplex", "ones", NULL };
    static const char *const entries[] = { "cold", "reopened", "stream", NULL };
    if (!r) {
        return true;
    }
    int reply = (int)h->reply, entry = (int)h->entry;
    int64_t error = h->baud_error_ppm;
    if (!load_code(l, at, "format", r->format, "frame_bits", r->frame_bits, &h->code)) {
        return false;
    }
    if (h->code.cells == 3 && !r->reply) {
        reply = MINIFRAME_REPLY_ONES;
    }
    if (r->write_format || r->write_frame_bits) {
        h->fast = (struct miniframe_code){ .cells = 3, .data_bits = 7, .inverted = h->code.inverted };
        if (!load_code(l, at, "write_format", r->write_format, "write_frame_bits", r->write_frame_bits, &h->fast)) {
            return false;
        }
    }
    if (!load_u32(l, at, "baud", r->baud, QUANTITY_COUNT, 50, 10000000, &h->baud) ||
        !load_number(l, at, "baud_error", r->baud_error, QUANTITY_PPM, -500000, 500000, &error) ||
        !load_choice(l, at, "reply", r->reply, replies, &reply) ||
        !load_choice(l, at, "entry", r->entry, entries, &entry)) {
        return false;
    }
    h->baud_error_ppm = (int32_t)error;
    h->reply = (enum host_miniframe_reply)reply;
    h->entry = (enum host_miniframe_entry)entry;
    return load_wait(l, at, "gap", r->gap, &h->gap_ps) &&
           load_bool(l, at, "one_bit_characters", r->one_bit_characters, &h->one_bit_characters) &&
           load_bool(l, at, "settle_first", r->settle_first, &h->settle_first) &&
           load_bool(l, at, "fast_too_early", r->fast_too_early, &h->fast_too_early) &&
           load_wait(l, at, "supply_wait", r->supply_wait, &h->t_supply_ps) &&
           load_wait(l, at, "reset_pulse", r->reset_pulse, &h->t_pulse_ps) &&
           load_wait(l, at, "enter_wait", r->enter_wait, &h->t_enter_ps) &&
           load_wait(l, at, "silence", r->silence, &h->t_silence_ps) &&
           load_u32(l, at, "tries", r->tries, QUANTITY_COUNT, 0, 100, &h->tries) &&
           load_bool(l, at, "poll", r->poll, &h->poll) &&
           load_wait(l, at, "flash_wait", r->flash_wait, &h->waits.flash_ps) &&
           load_wait(l, at, "eeprom_wait", r->eeprom_wait, &h->waits.eeprom_ps) &&
           load_wait(l, at, "erase_wait", r->erase_wait, &h->waits.erase_ps) &&
           load_wait(l, at, "fuse_wait", r->fuse_wait, &h->waits.fuse_ps);
}

/* Is the host one for this circuit? */
static bool host_fits(const struct circuit_config *c, struct problem *err)
{
    if (!host_miniframe_check(&c->host, err)) {
        return false;
    }
    if (c->host.fast.cells && c->miniframe.r3_ohm == 0) {
        return problem_set(err, "other frames for writing want the discriminator: give it an r3");
    }
    return (c->host.entry == MINIFRAME_STREAM) == (c->kind == CIRCUIT_4098) ||
           problem_set(err, "entry: stream and the 4098 circuit go together");
}

bool load_miniframe(struct loader *l, const struct raw_miniframe *raw, struct circuit_config *c)
{
    static const char at[] = "board.programmer.miniframe";
    static const char *const drivers[] = { "direct", "pnp", "optocoupler", NULL };
    int circuit = TWO_4001, driver = 0;
    if (!load_choice(l, at, "circuit", raw->circuit, circuit_names, &circuit) ||
        !load_choice(l, at, "rx_driver", raw->rx_driver, drivers, &driver)) {
        return false;
    }
    *c = (struct circuit_config){
        .kind = circuit == IC_4098 ? CIRCUIT_4098 : CIRCUIT_MINIFRAME,
        .levels = rs232_levels_9v,
        .miniframe = circuit == ONE_4001 ? miniframe_one_4001 : miniframe_two_4001,
        .mono = mono4098_115200,
        .host = host_miniframe_default,
    };
    if (circuit == TWO_4001) {
        c->miniframe.rx_driver = (enum miniframe_rx_driver)driver;
    } else if (raw->rx_driver) {
        return load_problem(l, at, "rx_driver", "only the two_4001 circuit has a choice of receive drivers");
    }
    if (circuit == ONE_4001) {
        c->host.code.inverted = true;
        c->host.dtr_low_resets = true;
    }
    if (circuit == IC_4098) {
        c->host.entry = MINIFRAME_STREAM;
        c->host.reply = MINIFRAME_REPLY_ONES;
    }
    c->host.waits = isp_waits_of(l->s->board.target.part);
    c->miniframe.target_vcc_v = l->s->board.vcc_mv * 1e-3;
    c->miniframe.reset_vih_v = l->s->board.vcc_mv * 0.5e-3;
    c->miniframe.reset_pullup_ohm = NET_INTERNAL_PULL_OHM;
    if (!load_parts(l, raw->parts, circuit, c) || !load_lines(l, raw->lines, &c->levels) ||
        !load_miniframe_host(l, raw->host, &c->host)) {
        return false;
    }
    if (!(circuit == IC_4098 ? mono4098_config_check(&c->mono, l->err)
                             : miniframe_config_check(&c->miniframe, l->err))) {
        return load_place_problem(l, at, raw->parts ? "parts" : NULL);
    }
    return host_fits(c, l->err) || load_place_problem(l, at, raw->host ? "host" : NULL);
}

bool load_reset_pull_ups(struct loader *l)
{
    struct scenario_board *b = &l->s->board;
    if (!b->programmer.circuit || b->programmer.circuit->kind != CIRCUIT_MINIFRAME) {
        return true;
    }
    struct miniframe_config *m = &b->programmer.circuit->miniframe;
    const struct pull_config *pull = scenario_pull(b, AVR_RESET);
    if (pull && pull->to == PULL_TO_VCC) {
        double more = pull_ohm(pull), *ohm = &m->reset_pullup_ohm;
        *ohm = *ohm > 0 ? *ohm * more / (*ohm + more) : more;
    }
    return miniframe_config_check(m, l->err) || load_place_problem(l, "board.pull_ups", "reset");
}

/* ---- usb ---- */

bool load_usb(struct loader *l, const struct raw_usb *r, struct circuit_config *c)
{
    static const char at[] = "board.programmer.usb";
    static const char *const placements[] = { "a", "b", "c", NULL }, *const lines[] = { "dp", "dm", NULL };
    static const char *const shifters[] = { "two_stage", "inverter", NULL };
    const struct usb_delays *delays[] = { &usb_delays_a, &usb_delays_b, &usb_delays_c };
    int place = 1, line = 0, shifter = USB_TWO_STAGE;
    int64_t level, on, vih, led_mohm = 1000000, pull_mohm = 0;
    *c = (struct circuit_config){
        .kind = CIRCUIT_USB, .levels = rs232_levels_9v, .usb = usb_testmode_default, .usb_host = host_usb_default
    };
    struct usb_testmode_config *u = &c->usb;
    struct host_usb_config *h = &c->usb_host;
    h->waits = isp_waits_of(l->s->board.target.part);
    level = h->high_mv;
    on = u->on_mv;
    u->vbus_mv = (int32_t)l->s->board.vcc_mv;
    vih = u->vbus_mv * 6 / 10;
    if (!load_choice(l, at, "placement", r->placement, placements, &place) ||
        !load_choice(l, at, "shifter", r->shifter, shifters, &shifter) ||
        !load_choice(l, at, "clock_line", r->clock_line, lines, &line) ||
        !load_number(l, at, "level", r->level, QUANTITY_MV, 1, 5000, &level) ||
        !load_number(l, at, "threshold", r->threshold, QUANTITY_MV, 1, 5000, &on) ||
        !load_number(l, at, "vih", r->vih, QUANTITY_MV, 0, 6000, &vih) ||
        !load_bool(l, at, "led", r->led, &u->led_on_sck) ||
        !load_number(l, at, "led_resistor", r->led_resistor, QUANTITY_MOHM, 1000, 1000000000, &led_mohm) ||
        !load_number(l, at, "sck_pull_down", r->sck_pull_down, QUANTITY_MOHM, 1000, 1000000000000, &pull_mohm) ||
        !load_bool(l, at, "reset_jumper", r->reset_jumper, &u->reset_jumper)) {
        return false;
    }
    u->delays = *delays[place];
    if (r->data_rise || r->data_fall) {
        u->delays.data_tau_ps = 0; /* delays that are given are what they are */
    }
    u->shifter = (enum usb_shifter)shifter;
    u->clk_is_dm = h->clk_is_dm = line == 1;
    u->on_mv = (int32_t)on;
    u->vih_mv = (int32_t)vih;
    u->led_ohm = (uint32_t)(led_mohm / 1000);
    u->sck_pulldown_ohm = (uint32_t)(pull_mohm / 1000);
    h->high_mv = (int32_t)level;
    if (!load_wait(l, at, "data_rise", r->data_rise, &u->delays.data_rise_ps) ||
        !load_wait(l, at, "data_fall", r->data_fall, &u->delays.data_fall_ps) ||
        !load_wait(l, at, "clk_rise", r->clk_rise, &u->delays.clk_rise_ps) ||
        !load_wait(l, at, "clk_fall", r->clk_fall, &u->delays.clk_fall_ps) ||
        !load_wait(l, at, "state_time", r->state_time, &h->t_state_ps) ||
        !load_wait(l, at, "jitter", r->jitter, &h->t_jitter_ps) ||
        !load_wait(l, at, "enter_wait", r->enter_wait, &h->t_enter_ps) ||
        !load_wait(l, at, "flash_wait", r->flash_wait, &h->waits.flash_ps) ||
        !load_wait(l, at, "eeprom_wait", r->eeprom_wait, &h->waits.eeprom_ps) ||
        !load_wait(l, at, "erase_wait", r->erase_wait, &h->waits.erase_ps) ||
        !load_wait(l, at, "fuse_wait", r->fuse_wait, &h->waits.fuse_ps)) {
        return false;
    }
    return (usb_testmode_config_check(u, l->err) && host_usb_check(h, l->err)) || load_place_problem(l, at, NULL);
}
