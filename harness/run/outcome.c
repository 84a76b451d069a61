/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/run/outcome.h"

#include "harness/scenario/step_type.h"

#include <stdio.h>
#include <string.h>

const char *outcome_name(enum outcome o)
{
    static const char *const names[OUTCOMES] = { "not_run", "right", "noticed", "silent", "unknown" };

    return names[o];
}

/* ---- what the chip should hold ---- */

static void expect_erase(struct nvm_cells *c, const struct part *part)
{
    memset(c->flash, 0xFF, part->flash_bytes);
    if (!fuse_has(part, FUSE_EESAVE) || !fuse_is_programmed(part, &c->fuses, FUSE_EESAVE)) {
        memset(c->eeprom, 0xFF, part->eeprom_bytes);
    }
    c->fuses.lock = 0xFF;
}

static void expect_step(struct nvm_cells *c, const struct part *part, const struct scenario_step *st)
{
    const char *key = st->type->key;

    if (!strcmp(key, "erase")) {
        expect_erase(c, part);
    } else if (!strcmp(key, "program")) {
        uint8_t *to = st->memory == PROG_FLASH ? c->flash : c->eeprom;

        for (uint32_t i = 0; i < st->data.n; i++) {
            if (st->data.given && !st->data.given[i]) {
                continue; /* a gap of a file */
            }
            uint8_t *cell = &to[st->data.offset + i];
            *cell = st->memory == PROG_FLASH ? *cell & st->data.bytes[i] : st->data.bytes[i];
        }
    } else if (!strcmp(key, "write_fuses")) {
        for (unsigned f = 0; f < 3; f++) {
            c->fuses.fuse[f] = st->fuse[f] >= 0 ? (uint8_t)st->fuse[f] : c->fuses.fuse[f];
        }
        c->fuses.lock = st->fuse[PROG_LOCK] >= 0 ? (uint8_t)st->fuse[PROG_LOCK] & c->fuses.lock : c->fuses.lock;
    }
}

static void tell_cells(const char *memory, const uint8_t *is, const uint8_t *must, uint32_t n, char *text, size_t size)
{
    uint32_t differ = 0, first = 0;

    for (uint32_t i = n; i-- > 0;) {
        if (is[i] != must[i]) {
            differ++;
            first = i;
        }
    }
    if (differ && !text[0]) {
        snprintf(text, size, "%s: %u byte%s not as asked for, first at 0x%04X: %02X, asked for %02X", memory, differ,
                 differ == 1 ? "" : "s", first, is[first], must[first]);
    }
}

/* What the chip holds against what was asked for; text "": the same. */
static void compare(const struct nvm_cells *is, const struct nvm_cells *must, const struct part *part, char *text,
                    size_t size)
{
    static const char *const names[] = { "low fuse", "high fuse", "extended fuse" };
    struct fuse_bytes a = fuse_as_read(part, &is->fuses), b = fuse_as_read(part, &must->fuses);

    text[0] = '\0';
    tell_cells("flash", is->flash, must->flash, part->flash_bytes, text, size);
    tell_cells("EEPROM", is->eeprom, must->eeprom, part->eeprom_bytes, text, size);
    for (unsigned i = 0; i < 3 && !text[0]; i++) {
        if (a.fuse[i] != b.fuse[i]) {
            snprintf(text, size, "%s: %02X, asked for %02X", names[i], a.fuse[i], b.fuse[i]);
        }
    }
    if (!text[0] && !fuse_same(part, &a, &b)) {
        snprintf(text, size, "lock bits: %02X, asked for %02X", a.lock, b.lock);
    }
}

/* Does nobody but the steps know what it asks for? */
static bool is_unknown(const struct scenario_step *st)
{
    static const char *const others[] = { "avrdude", "exec", "spi", "uart", NULL };
    bool unknown = st->fails != NULL;

    for (unsigned i = 0; others[i]; i++) {
        unknown |= !strcmp(st->type->key, others[i]);
    }
    return unknown;
}

void outcome_begin(struct outcome_watch *w, struct board *b)
{
    w->must = board_nvm(b)->cells;
}

enum outcome outcome_end(struct outcome_watch *w, struct board *b, bool step_failed, char *cells, size_t size)
{
    const struct scenario *s = board_scenario(b);
    sim_time now = board_now(b), end = nvm_busy_until(board_nvm(b), now);
    struct problem ignored;
    bool unknown = false;

    cells[0] = '\0';
    if (end > now) {
        board_run(b, end - now, &ignored);
        nvm_settle(board_nvm(b), board_now(b));
    }
    for (unsigned i = 0; i < s->n_steps; i++) {
        expect_step(&w->must, s->board.target.part, &s->steps[i]);
        unknown |= is_unknown(&s->steps[i]);
    }
    if (!unknown) {
        compare(&board_nvm(b)->cells, &w->must, s->board.target.part, cells, size);
    }
    return step_failed ? OUTCOME_NOTICED : unknown ? OUTCOME_UNKNOWN : cells[0] ? OUTCOME_SILENT : OUTCOME_RIGHT;
}
