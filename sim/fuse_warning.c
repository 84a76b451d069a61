/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim/fuse_warning.h"

#include <stdarg.h>
#include <stdio.h>

#include "sim/fuse_text.h"

static void __attribute__((format(printf, 4, 5)))
warn(struct fuse_warnings *r, const char *id, bool bricks, const char *fmt, ...)
{
    if (r->n == FUSE_WARNINGS_MAX) {
        return;
    }
    struct fuse_warning *w = &r->warning[r->n++];
    va_list ap;

    w->id = id;
    w->bricks = bricks;
    va_start(ap, fmt);
    vsnprintf(w->text, sizeof w->text, fmt, ap);
    va_end(ap);
}

static void warn_access(struct fuse_warnings *r)
{
    const struct part *p = r->part;

    if (fuse_is_programmed(p, r->fuses, FUSE_RSTDISBL)) {
        warn(r, "rstdisbl", true,
             "RSTDISBL turns RESET into an I/O pin: serial programming is gone for good. Only a high-voltage "
             "programmer (12 V on RESET) brings it back.");
    }
    if (fuse_is_programmed(p, r->fuses, FUSE_DWEN)) {
        if (r->verdict->lb_mode == 1) {
            warn(r, "dwen", true,
                 "DWEN gives the RESET pin to debugWIRE: serial programming is gone. A debugWIRE tool or a "
                 "high-voltage programmer brings it back.");
        } else {
            warn(r, "dwen-locked", true,
                 "DWEN has no effect while lock bits are set; a chip erase clears them, and then RESET belongs "
                 "to debugWIRE and serial programming is gone. Unprogram DWEN in the session that erases.");
        }
    }
    if (!fuse_is_programmed(p, r->fuses, FUSE_SPIEN)) {
        warn(r, "spien", true,
             "SPIEN unprogrammed switches serial programming off. It can't be written over ISP (the chip keeps "
             "it programmed); after a high-voltage programmer wrote it, only that one can turn it back.");
    }
}

/* It runs, faster than promised. */
static void warn_fast(struct fuse_warnings *r)
{
    const struct fuse_verdict *v = r->verdict;

    if (v->off) {
        return;
    }
    if (clock_speed_grade_khz(r->part, r->board->vcc_mv) == 0) {
        warn(r, "low-vcc", false, "VCC %s is below the operating range: no speed is promised.", VOLT(r->board->vcc_mv));
    } else if (v->clock.over_range &&
               v->f_cpu_millihz <= clock_speed_grade_khz(r->part, r->board->vcc_mv) * UINT64_C(1000000)) {
        warn(r, "over-range", false,
             "The crystal of %s is above the oscillator's highest range (%s): users run it so, nobody promises it.",
             FREQ(r->board->f_millihz), HZ(v->crystal_max_hz));
    } else {
        warn(r, "over-speed", false, "The system clock of %s is above what the speed grade allows at %s: %s.",
             FREQ(v->f_cpu_millihz), VOLT(r->board->vcc_mv),
             HZ(clock_speed_grade_khz(r->part, r->board->vcc_mv) * UINT64_C(1000)));
    }
}

static void warn_nothing_wired(struct fuse_warnings *r)
{
    const struct fuse_verdict *v = r->verdict;
    const char *also = fuse_is_programmed(r->part, r->fuses, FUSE_CKDIV8) ? ", divided by 8" : "";

    if (v->clock.kind == CLOCK_EXTERNAL) {
        warn(r, "no-external-clock", true,
             "External clock is selected and XTAL1 gets none (a crystal is not a clock): the chip stands "
             "still. A square wave on XTAL1 (%s) revives it%s.",
             r->part->pin_xtal1, also);
    } else if (v->clock.kind == CLOCK_LF_CRYSTAL) {
        warn(r, "no-lf-crystal", true,
             "The low-frequency oscillator has nothing to run from. It takes a 32.768 kHz crystal, or a "
             "square wave on %s.",
             v->needs & FUSE_NEED_WAVE_XTAL2 ? "XTAL2" : "XTAL1");
    } else {
        warn(r, "no-crystal", true,
             "The crystal oscillator has nothing to run from: the chip stands still. A crystal of %s to %s "
             "or a square wave on XTAL1 (%s) revives it.",
             HZ(v->crystal_min_hz), HZ(v->crystal_max_hz), r->part->pin_xtal1);
    }
}

static void warn_source(struct fuse_warnings *r)
{
    const struct fuse_verdict *v = r->verdict;

    switch (v->clock.state) {
    case CLOCK_FINE: break;
    case CLOCK_OVER_SPEED: warn_fast(r); break;
    case CLOCK_DEAD_RESERVED:
        warn(r, "reserved-cksel", true,
             "This CKSEL is reserved: the chip has no clock and doesn't answer. Only high voltage is sure to help.");
        break;
    case CLOCK_DEAD_NOTHING_WIRED:
    case CLOCK_DEAD_WRONG_PIN: warn_nothing_wired(r); break;
    case CLOCK_DEAD_WRONG_RANGE:
        warn(r, "wrong-range", true, "%s is outside the selected range, %s to %s: it may not start.",
             FREQ(r->board->f_millihz), HZ(v->crystal_min_hz), HZ(v->crystal_max_hz));
        break;
    case CLOCK_DEAD_NO_RC_PARTS:
        warn(r, "no-rc-parts", true,
             "The external RC oscillator needs R and C on XTAL1 for %s to %s; without them the chip stands still.",
             HZ(v->crystal_min_hz), HZ(v->crystal_max_hz));
        break;
    case CLOCK_DEAD_LOW_VCC:
        warn(r, "oscillator-vcc", true, "This oscillator is specified from %s, the board has %s.",
             VOLT(clock_source_of(r->part, r->fuses)->vcc_min_mv), VOLT(r->board->vcc_mv));
        break;
    }
}

static void warn_clock(struct fuse_warnings *r)
{
    const struct fuse_verdict *v = r->verdict;

    warn_source(r);
    if (v->reachable && v->sck_max_worst_hz != 0 && v->sck_max_worst_hz < 125000) {
        warn(r, "slow-clock", true,
             "With a system clock of %s SCK must stay below %s, slower than many programmers start with "
             "(ArduinoISP 125 kHz, USBasp 375 kHz): choose a slow rate first (avrdude -B %llu).",
             FREQ(v->f_cpu_millihz), HZ(v->sck_max_worst_hz),
             (unsigned long long)((1000000 + v->sck_max_worst_hz - 1) / v->sck_max_worst_hz));
    }
    if (v->clock.runs && v->clock.startup_reserved) {
        warn(r, "reserved-sut", false, "This SUT is reserved: the start-up time is not described.");
    }
    if (v->clock.oscillator_starts && v->clock.startup_ck == 258) {
        warn(r, "short-start-up", false, "A start-up of 258 CK is for ceramic resonators, not for crystals.");
    }
    if (v->clock.oscillator_starts && v->clock_after_ps > 20 * SIM_MS) {
        warn(r, "slow-start", false,
             "The crystal needs %s after power-up: before that ISP gets no answer (the first 20 ms are not enough).",
             TIME(v->clock_after_ps));
    }
}

static void warn_rest(struct fuse_warnings *r)
{
    const struct fuse_verdict *v = r->verdict;

    if (v->off) {
        warn(r, "no-supply", false, "VCC %s is below power-on reset (%s): the chip is off.", VOLT(r->board->vcc_mv),
             VOLT(r->part->v_pot_rise_mv));
    }
    if (v->bod == FUSE_BOD_RESERVED) {
        warn(r, "reserved-bod", false, "This BODLEVEL is reserved.");
    }
    if (v->bod == FUSE_BOD_ON && r->board->vcc_mv < v->bod_level->max_mv) {
        warn(r, "bod-above-vcc", true,
             "The brown-out level %s (%s to %s) is %s VCC %s: the chip %s in reset and ISP may be dead. Raise VCC.",
             VOLT(v->bod_level->typ_mv), VOLT(v->bod_level->min_mv), VOLT(v->bod_level->max_mv),
             v->held_by_bod ? "above" : "close to", VOLT(r->board->vcc_mv), v->held_by_bod ? "stays" : "may stay");
    }
    if (v->lb_mode == 2) {
        warn(r, "lock-2", false,
             "Lock mode 2: flash, EEPROM and fuses are frozen. A chip erase, which clears flash and EEPROM, opens "
             "them; a clock set wrongly can't be repaired without it.");
    }
    if (v->lb_mode == 3) {
        warn(r, "lock-3", false,
             "Lock mode 3: fuses are frozen, flash and EEPROM can be neither written nor verified. A chip erase "
             "opens them.");
    }
    if (fuse_get(r->part, r->fuses, FUSE_LB) == 1) {
        warn(r, "lb2-alone", false, "LB2 programmed without LB1 is not described in the datasheet.");
    }
    if (fuse_is_programmed(r->part, r->fuses, FUSE_WDTON)) {
        warn(r, "wdton", false,
             "WDTON: the watchdog runs from the start and resets a program that doesn't serve it. ISP still works.");
    }
}

void fuse_warnings_make(struct fuse_warnings *r, const struct part *part, const struct fuse_bytes *fuses,
                        const struct clock_board *board, const struct fuse_verdict *verdict)
{
    r->part = part;
    r->fuses = fuses;
    r->board = board;
    r->verdict = verdict;
    r->n = 0;
    warn_access(r);
    warn_clock(r);
    warn_rest(r);
}
