/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/fuses/report.h"

#include <string.h>

#include "sim/fuse_text.h"
#include "sim/hv.h"

#define COLUMNS 96 /* of a terminal, and a little less */

static const char *const byte_names[4] = { "low", "high", "extended", "lock" };

/* ---- what a field does ---- */

static void clock_words(const struct part *part, const struct fuse_bytes *b, char *buf, size_t n)
{
    const struct clock_source *s = clock_source_of(part, b);
    const char *kind = clock_kind_name(s->kind);

    switch (s->kind) {
    case CLOCK_RESERVED: snprintf(buf, n, "reserved: no clock is described for this value"); break;
    case CLOCK_EXTERNAL: snprintf(buf, n, "external clock on XTAL1 (%s)", part->pin_xtal1); break;
    case CLOCK_LF_CRYSTAL: snprintf(buf, n, "%s oscillator, 32.768 kHz", kind); break;
    case CLOCK_CRYSTAL:
    case CLOCK_FULL_SWING:
    case CLOCK_EXTERNAL_RC:
        snprintf(buf, n, "%s%s, %s to %s%s", kind, s->kind == CLOCK_EXTERNAL_RC ? "" : " oscillator", HZ(s->f_min_hz),
                 HZ(s->f_max_hz), s->resonators_only ? " (ceramic resonators only)" : "");
        break;
    case CLOCK_RC:
    case CLOCK_RC_128K:
    case CLOCK_PLL:
        snprintf(buf, n, "%s, %s nominal", kind,
                 HZ((uint64_t)s->f_min_hz * (s->mul ? s->mul : 1) / (s->div ? s->div : 1)));
        break;
    }
}

static void startup_words(const struct part *part, const struct fuse_bytes *b, char *buf, size_t n)
{
    const struct clock_source *s = clock_source_of(part, b);

    if (s->startup == NULL) {
        snprintf(buf, n, "start-up: none, no clock");
        return;
    }
    const struct clock_startup *u = &s->startup[fuse_get(part, b, FUSE_SUT) & 3];
    bool lengthened = u->reset_needed && fuse_is_programmed(part, b, FUSE_RSTDISBL);
    uint32_t us = part->clocks->timeouts[lengthened ? 1 : u->timeout].us_5v;
    int len = snprintf(buf, n, "%sstart-up %u CK", u->reserved ? "reserved, taken as " : "", u->ck);
    if (u->delay_ck != 0) {
        len += snprintf(buf + len, n - (size_t)len, " + %uCK", clock_delay_ck(part, u));
    }
    if (us != 0) {
        len += snprintf(buf + len, n - (size_t)len, " + %s", TIME(us * SIM_US));
    }
    if (u->por_timeout != 0) {
        snprintf(buf + len, n - (size_t)len, ", %s more after power-on",
                 TIME(part->clocks->timeouts[u->por_timeout].us_5v * SIM_US));
    }
}

static void bod_words(const struct part *part, const struct fuse_bytes *b, char *buf, size_t n)
{
    const struct fuse_bod_level *l = NULL;

    switch (fuse_bod(part, b, &l)) {
    case FUSE_BOD_OFF: snprintf(buf, n, "brown-out detection off"); break;
    case FUSE_BOD_RESERVED: snprintf(buf, n, "reserved brown-out level"); break;
    case FUSE_BOD_ON:
        snprintf(buf, n, "reset below %s (%s to %s)", VOLT(l->typ_mv), VOLT(l->min_mv), VOLT(l->max_mv));
        break;
    }
}

static const char *lb_words(const struct part *part, const struct fuse_bytes *b)
{
    switch (fuse_lb_mode(part, b)) {
    case 2: return "mode 2: flash, EEPROM and fuses can't be written until a chip erase";
    case 3: return "mode 3: flash and EEPROM can't be read, nothing written until a chip erase";
    default:
        return fuse_get(part, b, FUSE_LB) == 3 ? "mode 1: memories open" : "LB2 alone: undescribed, taken as mode 1";
    }
}

static const char *blb_words(unsigned mode, bool boot)
{
    static const char *const words[2][4] = {
        { "mode 1: SPM and LPM may use the application section", "mode 2: SPM may not write the application section",
          "mode 3: SPM may not write and boot code may not read the application section",
          "mode 4: boot code may not read the application section" },
        { "mode 1: SPM and LPM may use the boot section", "mode 2: SPM may not write the boot section",
          "mode 3: SPM may not write and application code may not read the boot section",
          "mode 4: application code may not read the boot section" },
    };
    return words[boot][mode - 1];
}

const char *fuse_meaning(const struct part *part, const struct fuse_bytes *b, enum fuse_field f, char *buf, size_t n)
{
    static const struct {
        const char *programmed, *unprogrammed;
    } simple[FUSE_FIELDS] = {
        [FUSE_CKDIV8] = { "the system clock starts divided by 8", "the system clock is not divided" },
        [FUSE_CKOPT] = { "crystal driven rail to rail; capacitors connected for other sources",
                         "crystal driven with low amplitude" },
        [FUSE_RSTDISBL] = { "the RESET pin is an I/O pin: NO serial programming", "the RESET pin resets" },
        [FUSE_DWEN] = { "debugWIRE owns the RESET pin: NO serial programming", "debugWIRE off" },
        [FUSE_SPIEN] = { "serial programming enabled", "serial programming switched OFF" },
        [FUSE_WDTON] = { "watchdog always on, resets the chip", "watchdog is left to the program" },
        [FUSE_EESAVE] = { "EEPROM survives a chip erase", "chip erase clears EEPROM, too" },
        [FUSE_BODEN] = { "brown-out detection on", "brown-out detection off" },
        [FUSE_SELFPRGEN] = { "the program may write flash (SPM)", "no self-programming" },
        [FUSE_CFD] = { "no clock failure detection",
                       "an external clock or crystal that fails is replaced by the RC / 8" },
    };

    buf[0] = '\0';
    switch (f) {
    case FUSE_CKSEL: clock_words(part, b, buf, n); break;
    case FUSE_SUT: startup_words(part, b, buf, n); break;
    case FUSE_CKOUT:
        if (fuse_is_programmed(part, b, f)) {
            snprintf(buf, n, "system clock comes out on %s", part->pin_clko);
        } else {
            snprintf(buf, n, "no clock output");
        }
        break;
    case FUSE_BODLEVEL: bod_words(part, b, buf, n); break;
    case FUSE_BOOTSZ:
        snprintf(buf, n, "boot section of %u words, from word 0x%04X", fuse_boot_words(part, b),
                 part->flash_bytes / 2 - fuse_boot_words(part, b));
        break;
    case FUSE_BOOTRST:
        snprintf(buf, n, "%s, word 0x%04X",
                 fuse_is_programmed(part, b, f) ? "starts in the boot section" : "starts at the beginning",
                 fuse_start_word(part, b));
        break;
    case FUSE_LB: snprintf(buf, n, "%s", lb_words(part, b)); break;
    case FUSE_BLB0:
    case FUSE_BLB1: snprintf(buf, n, "%s", blb_words(fuse_blb_mode(part, b, f), f == FUSE_BLB1)); break;
    default:
        if (f == FUSE_CKDIV8 && clock_source_of(part, b)->ignores_ckdiv8) {
            snprintf(buf, n, "no effect with this clock");
        } else {
            snprintf(buf, n, "%s", fuse_is_programmed(part, b, f) ? simple[f].programmed : simple[f].unprogrammed);
        }
        break;
    }
    return buf;
}

void fuse_report_make(struct fuse_report *r)
{
    r->verdict = fuse_verdict(r->part, &r->fuses, &r->board);
    if (r->sck_hz != 0) {
        r->reach = fuse_verdict_at(&r->verdict, r->sck_hz);
    } else {
        r->reach = r->verdict.reachable ? FUSE_REACH_YES : FUSE_REACH_NO;
    }
    fuse_warnings_make(&r->warnings, r->part, &r->fuses, &r->board, &r->verdict);
}

/* ---- words ---- */

static const char *bits_of(unsigned value, unsigned width, char *buf)
{
    for (unsigned i = 0; i < width; i++) {
        buf[i] = value >> (width - 1 - i) & 1 ? '1' : '0';
    }
    buf[width] = '\0';
    return buf;
}

static unsigned byte_value(const struct fuse_bytes *b, unsigned byte)
{
    return byte == 3 ? b->lock : b->fuse[byte];
}

/* The field whose highest bit is this one; FUSE_FIELDS: none starts there. */
static enum fuse_field field_at(const struct part *part, unsigned byte, unsigned bit)
{
    for (unsigned f = 0; f < FUSE_FIELDS; f++) {
        const struct fuse_place *p = &part->fuses->at[f];
        if (p->width != 0 && p->byte == byte && p->shift + p->width - 1u == bit) {
            return f;
        }
    }
    return FUSE_FIELDS;
}

static bool has_byte(const struct part *part, unsigned byte)
{
    return byte == 3 || byte < part->n_fuses;
}

static void print_fields(const struct fuse_report *r, FILE *out)
{
    char bits[9], words[200], where[16];
    struct fuse_bytes read = fuse_as_read(r->part, &r->fuses);

    for (unsigned byte = 0; byte < 4; byte++) {
        if (!has_byte(r->part, byte)) {
            continue;
        }
        fprintf(out, "%s 0x%02X", byte_names[byte], byte_value(&r->fuses, byte));
        if (byte_value(&read, byte) != byte_value(&r->fuses, byte)) {
            fprintf(out, "  (bits that don't exist read 1: 0x%02X, the same setting)", byte_value(&read, byte));
        }
        fputc('\n', out);
        for (int bit = 7; bit >= 0; bit--) {
            enum fuse_field f = field_at(r->part, byte, (unsigned)bit);
            if (f == FUSE_FIELDS) {
                continue;
            }
            const struct fuse_place *p = &r->part->fuses->at[f];
            if (p->width > 1) {
                snprintf(where, sizeof where, "%d:%u", bit, p->shift);
            } else {
                snprintf(where, sizeof where, "%d", bit);
            }
            fprintf(out, "  %-4s %-9s %-5s %s\n", where, fuse_field_name(f),
                    bits_of(fuse_get(r->part, &r->fuses, f), p->width, bits),
                    fuse_meaning(r->part, &r->fuses, f, words, sizeof words));
        }
    }
}

static const char *board_words(const struct clock_board *b, char *buf, size_t n)
{
    switch (b->wired) {
    case WIRED_NOTHING: return "nothing on the crystal pins";
    case WIRED_CRYSTAL: snprintf(buf, n, "crystal or resonator of %s", FREQ(b->f_millihz)); break;
    case WIRED_WAVE:
        snprintf(buf, n, "square wave of %s on %s", FREQ(b->f_millihz), b->wave_on_xtal2 ? "XTAL2" : "XTAL1");
        break;
    case WIRED_EDGES: snprintf(buf, n, "%s clocked by hand", b->wave_on_xtal2 ? "XTAL2" : "XTAL1"); break;
    case WIRED_RC: snprintf(buf, n, "R and C for %s", FREQ(b->f_millihz)); break;
    }
    return buf;
}

static void print_clock(const struct fuse_report *r, FILE *out)
{
    const struct fuse_verdict *v = &r->verdict;
    const struct clock_result *c = &v->clock;
    char words[200];

    fprintf(out, "board     %s, VCC %s\n", board_words(&r->board, words, sizeof words), VOLT(r->board.vcc_mv));
    clock_words(r->part, &r->fuses, words, sizeof words);
    fprintf(out, "clock     %s\n", words);
    if (!c->runs) {
        fprintf(out, "          %s\n", clock_state_text(c->state));
        return;
    }
    if (c->fell_back) {
        fprintf(out, "          gives nothing: clock failure detection puts the calibrated RC / 8 in its place\n");
    }
    fprintf(out, "          system clock %s", FREQ(v->f_cpu_millihz));
    if (c->divide > 1) {
        fprintf(out, " = %s / %u", FREQ(c->f_millihz), c->divide);
    }
    if (v->f_cpu_min_millihz != v->f_cpu_max_millihz) {
        fprintf(out, " (chips vary: %s to %s)", FREQ(v->f_cpu_min_millihz), FREQ(v->f_cpu_max_millihz));
    }
    fprintf(out, "\nstart-up  %s from the release of RESET", TIME(clock_startup_ps(c, false)));
    if (c->por_us != 0) {
        fprintf(out, ", %s after power-on", TIME(clock_startup_ps(c, true)));
    }
    fputc('\n', out);
}

static void print_needs(const struct fuse_report *r, FILE *out)
{
    const struct fuse_verdict *v = &r->verdict;
    const struct {
        unsigned need;
        const char *words;
    } row[] = {
        { FUSE_NEED_HIGH_VOLTAGE, "a high-voltage programmer" },
        { FUSE_NEED_WAVE_XTAL1, "a square wave on XTAL1" },
        { FUSE_NEED_WAVE_XTAL2, "a square wave on XTAL2" },
    };
    const char *sep = "";

    fprintf(out, "          needs ");
    for (unsigned i = 0; i < sizeof row / sizeof row[0]; i++) {
        if (v->needs & row[i].need) {
            fprintf(out, "%s%s", sep, row[i].words);
            sep = " or ";
        }
    }
    if (v->needs & FUSE_NEED_CRYSTAL) {
        if (v->clock.kind == CLOCK_LF_CRYSTAL) {
            fprintf(out, "%sa crystal of 32.768 kHz", sep);
        } else {
            fprintf(out, "%sa %s of %s to %s", sep, v->resonators_only ? "resonator" : "crystal or resonator",
                    HZ(v->crystal_min_hz), HZ(v->crystal_max_hz));
        }
        sep = " or ";
    }
    if (v->needs & FUSE_NEED_RC_PARTS) {
        fprintf(out, "%sR and C for %s to %s", sep, HZ(v->crystal_min_hz), HZ(v->crystal_max_hz));
        sep = " or ";
    }
    if (v->needs & FUSE_NEED_HIGHER_VCC) {
        fprintf(out, "%sa higher VCC", *sep ? ", and " : "");
    }
    fputc('\n', out);
}

/*
 * A paragraph of at most so many columns, broken at spaces, with a hanging indent: that of all lines but the first, whose
 * words follow the head.
 */
static void print_wrapped(FILE *out, int columns, const char *head, int indent, const char *text)
{
    int column = fprintf(out, "%s", head);

    while (*text != '\0') {
        int len = (int)strcspn(text, " ");
        if (column + 1 + len > columns) {
            column = fprintf(out, "\n%*s", indent - 1, "") - 1;
        }
        column += fprintf(out, " %.*s", len, text);
        text += len;
        text += strspn(text, " ");
    }
    fputc('\n', out);
}

/* "RESET PC6, SDI PB0, ...", without Prog_enable. */
static const char *hv_pins_text(const struct fuse_report *r, char *buf, size_t n)
{
    const struct part_hv *hv = r->part->hv;
    size_t at = (size_t)snprintf(buf, n, "RESET %s", r->part->pin_reset);

    for (unsigned i = 0; i < HV_ENABLE0; i++) {
        if (hv->pin[i] && at < n) {
            at += (size_t)snprintf(buf + at, n - at, ", %s %s", hv_signal_name(hv, (enum hv_signal)i), hv->pin[i]);
        }
    }
    return buf;
}

static const char *hv_enable_text(const struct fuse_report *r, char *buf, size_t n)
{
    size_t at = 0;

    buf[0] = '\0';
    for (unsigned i = 0; i < HV_ENABLES; i++) {
        const char *pin = r->part->hv->pin[HV_ENABLE0 + i];

        if (pin && at < n) {
            at += (size_t)snprintf(buf + at, n - at, "%s%s", at ? ", " : "", pin);
        }
    }
    return buf;
}

static const char *hv_mode(const struct fuse_report *r)
{
    return r->part->hv->serial ? "serial" : "parallel";
}

static const char *hv_host(const struct fuse_report *r)
{
    return r->part->hv->serial ? "stk500hvsp" : "stk500pp";
}

/* How a high-voltage programmer gets in, and what it costs. */
static void print_high_voltage(const struct fuse_report *r, FILE *out, int columns)
{
    const struct fuse_verdict *v = &r->verdict;
    const struct part_hv *hv = r->part->hv;
    char pins[400], text[600], wait[30] = "at once";

    if (hv->enter_wait_us) {
        snprintf(wait, sizeof wait, "after %u us", hv->enter_wait_us);
    }
    fprintf(out, "12 V      high-voltage %s programming reaches the chip whatever the fuses say (avrdude -c %s)\n",
            hv_mode(r), hv_host(r));
    snprintf(text, sizeof text, "pins: %s", hv_pins_text(r, pins, sizeof pins));
    print_wrapped(out, columns, "         ", 10, text);
    snprintf(text, sizeof text,
             "steps: RESET and VCC off, %s low; VCC 5 V;%s 12 V on RESET %s later%s; hold %s; the first command %s",
             hv_enable_text(r, pins, sizeof pins),
             hv->old_entry ? hv->serial ? " six pulses on SCI;" : " six pulses on XTAL1;" : "",
             hv->old_entry ? "100 us" : "20 to 60 us", v->hv_races_program ? ", before the program runs" : "",
             hv->old_entry ? "for 100 ns" : "for 10 us", wait);
    print_wrapped(out, columns, "         ", 10, text);
    if (v->hv_races_program && v->hv_program_ps != SIM_NEVER) {
        snprintf(text, sizeof text,
                 "RESET at 0 V does not hold this chip: its program runs %s after power-up, so VCC must be switched",
                 TIME(v->hv_program_ps));
        print_wrapped(out, columns, "         ", 10, text);
    }
    fprintf(out, "          %s\n",
            v->hv_erases ? "fuses are frozen there, too: chip erase first, the program is lost"
                         : "the program is kept: write the fuses, no chip erase");
}

static void print_isp(const struct fuse_report *r, FILE *out, int columns)
{
    const struct fuse_verdict *v = &r->verdict;

    if (!v->reachable) {
        fprintf(out, "ISP       does not reach the chip\n");
        print_needs(r, out);
        if (v->needs & FUSE_NEED_HIGH_VOLTAGE) {
            print_high_voltage(r, out, columns);
        }
    } else {
        fprintf(out, "ISP       reaches the chip; fastest safe SCK %s", HZ(v->sck_max_worst_hz));
        if (v->sck_max_worst_hz != v->sck_max_hz) {
            fprintf(out, " for any such chip, %s for a typical one", HZ(v->sck_max_hz));
        }
        fputc('\n', out);
        if (r->sck_hz != 0) {
            fprintf(out, "          at %s: %s\n", HZ(r->sck_hz),
                    r->reach == FUSE_REACH_YES && r->sck_hz > v->sck_max_worst_hz
                        ? "yes with a typical chip, not with every one: use a slower SCK"
                    : r->reach == FUSE_REACH_YES     ? "yes"
                    : r->reach == FUSE_REACH_BY_LUCK ? "by luck, the phase of the clocks decides: use a slower SCK"
                                                     : "no, needs a slower SCK");
        }
    }
    if (v->lb_mode > 1) {
        fprintf(out, "          %s needs a chip erase\n", v->lb_mode == 2 ? "writing" : "reading or writing");
    }
}

static const char *preset_of(const struct fuse_report *r)
{
    const struct fuse_layout *l = r->part->fuses;

    for (unsigned i = 0; i < l->n_presets; i++) {
        struct fuse_bytes b;
        if (fuse_preset(r->part, l->presets[i].name, &b) && fuse_same(r->part, &b, &r->fuses)) {
            return l->presets[i].name;
        }
    }
    return NULL;
}

void fuse_report_print_summary(const struct fuse_report *r, FILE *out, int columns)
{
    print_clock(r, out);
    print_isp(r, out, columns);
}

void fuse_report_print(const struct fuse_report *r, FILE *out)
{
    const char *preset = preset_of(r);

    fprintf(out, "%s%s%s\n", r->part->title, preset ? ", as " : "", preset ? preset : "");
    print_fields(r, out);
    fputc('\n', out);
    fuse_report_print_summary(r, out, COLUMNS);
    if (r->warnings.n != 0) {
        fputc('\n', out);
    }
    for (unsigned i = 0; i < r->warnings.n; i++) {
        print_wrapped(out, COLUMNS, r->warnings.warning[i].bricks ? "WARNING:" : "note:", 2,
                      r->warnings.warning[i].text);
    }
}

/* ---- JSON ---- */

static json_t *fields_json(const struct fuse_report *r)
{
    json_t *list = json_array();
    char bits[9], words[200];

    for (unsigned byte = 0; byte < 4; byte++) {
        for (int bit = 7; bit >= 0; bit--) {
            enum fuse_field f = field_at(r->part, byte, (unsigned)bit);
            if (f == FUSE_FIELDS) {
                continue;
            }
            const struct fuse_place *p = &r->part->fuses->at[f];
            json_array_append_new(list, json_pack("{s:s, s:s, s:i, s:i, s:i, s:s, s:s}", "name", fuse_field_name(f),
                                                  "byte", byte_names[byte], "bit", p->shift, "width", p->width, "value",
                                                  (int)fuse_get(r->part, &r->fuses, f), "bits",
                                                  bits_of(fuse_get(r->part, &r->fuses, f), p->width, bits), "meaning",
                                                  fuse_meaning(r->part, &r->fuses, f, words, sizeof words)));
        }
    }
    return list;
}

static json_t *needs_json(const struct fuse_report *r)
{
    static const char *const names[] = {
        "high-voltage", "wave-xtal1", "wave-xtal2", "crystal", "rc-parts", "higher-vcc"
    };
    json_t *list = json_array();

    for (unsigned i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (r->verdict.needs >> i & 1) {
            json_array_append_new(list, json_string(names[i]));
        }
    }
    if (r->verdict.reachable && r->reach != FUSE_REACH_YES) {
        json_array_append_new(list, json_string("slower-sck"));
    }
    if (r->verdict.lb_mode > 1) {
        json_array_append_new(list, json_string("chip-erase"));
    }
    return list;
}

static json_t *high_voltage_json(const struct fuse_report *r)
{
    const struct fuse_verdict *v = &r->verdict;
    const struct part_hv *hv = r->part->hv;
    json_t *pins = json_object(), *enable = json_array();

    json_object_set_new(pins, "RESET", json_string(r->part->pin_reset));
    for (unsigned i = 0; i < HV_ENABLE0; i++) {
        if (hv->pin[i]) {
            json_object_set_new(pins, hv_signal_name(hv, (enum hv_signal)i), json_string(hv->pin[i]));
        }
    }
    for (unsigned i = 0; i < HV_ENABLES; i++) {
        if (hv->pin[HV_ENABLE0 + i]) {
            json_array_append_new(enable, json_string(hv->pin[HV_ENABLE0 + i]));
        }
    }
    return json_pack("{s:s, s:s, s:o, s:o, s:b, s:b, s:f}", "mode", hv_mode(r), "avrdude", hv_host(r), "pins", pins,
                     "prog_enable", enable, "erase_first", v->hv_erases, "races_program", v->hv_races_program,
                     "program_starts_us",
                     v->hv_program_ps == SIM_NEVER ? -1.0 : (double)v->hv_program_ps / (double)SIM_US);
}

static json_t *warnings_json(const struct fuse_report *r)
{
    json_t *list = json_array();

    for (unsigned i = 0; i < r->warnings.n; i++) {
        json_array_append_new(list, json_pack("{s:s, s:b, s:s}", "id", r->warnings.warning[i].id, "bricks",
                                              r->warnings.warning[i].bricks, "text", r->warnings.warning[i].text));
    }
    return list;
}

static json_t *clock_json(const struct fuse_report *r)
{
    const struct fuse_verdict *v = &r->verdict;
    const struct clock_result *c = &v->clock;

    return json_pack(
        "{s:s, s:b, s:s, s:f, s:i, s:f, s:f, s:f, s:i, s:i, s:i, s:f, s:f}", "source", clock_kind_name(c->kind), "runs",
        c->runs, "state", clock_state_text(c->state), "source_hz", (double)c->f_millihz / 1000, "divide",
        (int)c->divide, "cpu_hz", (double)v->f_cpu_millihz / 1000, "cpu_min_hz", (double)v->f_cpu_min_millihz / 1000,
        "cpu_max_hz", (double)v->f_cpu_max_millihz / 1000, "startup_ck", (int)c->startup_ck, "delay_ck",
        (int)c->delay_ck, "delay_us", (int)c->delay_us, "startup_us", (double)clock_startup_ps(c, false) / 1e6,
        "startup_power_on_us", (double)clock_startup_ps(c, true) / 1e6);
}

json_t *fuse_report_json(const struct fuse_report *r)
{
    static const char *const access[] = { "open", "rstdisbl", "dwen", "spien" };
    static const char *const reach[] = { "no", "by-luck", "yes" };
    const struct fuse_verdict *v = &r->verdict;
    const char *preset = preset_of(r);
    json_t *bytes = json_object();
    char words[200];

    for (unsigned byte = 0; byte < 4; byte++) {
        if (has_byte(r->part, byte)) {
            json_object_set_new(bytes, byte_names[byte], json_integer(byte_value(&r->fuses, byte)));
        }
    }
    return json_pack("{s:s, s:s?, s:o, s:o, s:{s:s, s:i}, s:o, s:{s:b, s:s, s:s, s:i, s:I, s:I, s:o}, s:o, s:o}",
                     "part", r->part->name, "preset", preset, "bytes", bytes, "fields", fields_json(r), "board",
                     "wired", board_words(&r->board, words, sizeof words), "vcc_mv", (int)r->board.vcc_mv, "clock",
                     clock_json(r), "isp", "reachable", v->reachable, "reach", reach[r->reach], "access",
                     access[v->access], "lock_mode", (int)v->lb_mode, "sck_max_hz", (json_int_t)v->sck_max_hz,
                     "sck_max_worst_hz", (json_int_t)v->sck_max_worst_hz, "needs", needs_json(r), "high_voltage",
                     high_voltage_json(r), "warnings", warnings_json(r));
}
