/* SPDX-License-Identifier: GPL-3.0-or-later */
/* diagnosis_memory.c - causes in what was written and read: busy, locked, not erased, kept, bits that are not there */
#include "harness/base/quantity.h"
#include "harness/report/finding_text.h"
#include "harness/run/diagnosis_rows.h"
#include "sim/nvm.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const char *time_text(sim_time at_ps, char *buf, unsigned n)
{
    return quantity_text(QUANTITY_TIME_PS, (int64_t)at_ps, buf, n);
}

/* ", and 3 more" */
static const char *more(uint64_t n, char *buf, size_t size)
{
    snprintf(buf, size, n ? ", and %" PRIu64 " more" : "", n);
    return buf;
}

bool written_while_busy(const struct asked *a)
{
    static const enum checker_rule rules[] = { CHECK_BUSY_ACCESS, CHECK_BUSY_FUSE };
    char at[48], is[48], must[48], bytes[16], n[40];

    for (unsigned i = 0; i < 2; i++) {
        const struct checker_finding *f = came(a, rules[i]) ? first_of(a, rules[i]) : NULL;

        if (f) {
            return say(
                a,
                "the chip was still writing when %s came at %s, %s after it began (it may take %s): it ignored that%s. Wait longer, or poll",
                finding_instruction_text(&f->where, bytes, sizeof bytes), time_text(f->at_ps, at, sizeof at),
                finding_value_text(f->rule, f->measured, is, sizeof is),
                finding_value_text(f->rule, f->required, must, sizeof must), more(came(a, f->rule) - 1, n, sizeof n));
        }
    }
    return false;
}

bool locked(const struct asked *a)
{
    const struct checker_finding *f = first_of(a, CHECK_LOCKED);
    char at[48], bytes[16], n[40];

    return f && say(a, "the lock bits (0x%02X, LB mode %u) refused %s at %s%s: a chip erase opens them",
                    a->t->nvm->cells.fuses.lock, nvm_lb_mode(a->t->nvm),
                    finding_instruction_text(&f->where, bytes, sizeof bytes), time_text(f->at_ps, at, sizeof at),
                    more(came(a, CHECK_LOCKED) - 1, n, sizeof n));
}

/* Whoever reads the signature does not mind. */
bool unerased(const struct asked *a)
{
    const struct checker_finding *f = a->d->compares || a->d->program.ran ? first_of(a, CHECK_WRITE_UNERASED) : NULL;

    return f && say(a,
                    "flash was written at 0x%04" PRIX64
                    " without an erase before: bits only go from 1 to 0 there. Erase first "
                    "(avrdude without -D, or -e)",
                    (uint64_t)f->measured);
}

bool eeprom_kept(const struct asked *a)
{
    const struct nvm *n = a->t->nvm;
    bool about = a->d->program.eeprom || (a->d->data && a->d->memory == PROG_EEPROM);

    if (!about || (a->since_ps && n->cells.chip_erased == a->d->erases) || !n->cells.chip_erased ||
        !fuse_is_programmed(n->part, &a->t->latched, FUSE_EESAVE)) {
        return false;
    }
    return say(a, "EESAVE is programmed (high fuse 0x%02X): a chip erase leaves the EEPROM as it was",
               a->t->latched.fuse[1]);
}

/* What is asked for differs from what is there only in bits that the part does not have. */
bool unused_bits(const struct asked *a)
{
    static const char *const names[] = { "low fuse", "high fuse", "extended fuse", "lock byte" };
    const int *want = a->d->fuse ? a->d->fuse : a->d->program.fuse;
    const struct nvm *n = a->t->nvm;

    for (unsigned i = 0; (a->d->fuse || a->d->program.is_avrdude) && i < 4; i++) {
        struct fuse_bytes asked = n->cells.fuses;
        uint8_t *byte = i < 3 ? &asked.fuse[i] : &asked.lock, is = *byte;

        if (want[i] < 0 || want[i] == is) {
            continue;
        }
        *byte = (uint8_t)want[i];
        struct fuse_bytes read = fuse_as_read(n->part, &asked);
        if ((i < 3 ? read.fuse[i] : read.lock) == is) {
            return say(
                a,
                "0x%02X and 0x%02X are one setting of the %s: the bits that differ are not there in an %s, and read as 1",
                (unsigned)want[i], is, names[i], n->part->title);
        }
        if (i < 3 && fuse_put(n->part, &read, FUSE_SPIEN, 0) && read.fuse[i] == is) {
            return say(a, "SPIEN can't be written over ISP: the %s stays 0x%02X", names[i], is);
        }
    }
    return false;
}

static uint8_t reversed(uint8_t byte)
{
    uint8_t out = 0;

    for (unsigned i = 0; i < 8; i++) {
        out |= (uint8_t)((byte >> i & 1) << (7 - i));
    }
    return out;
}

/* The signature came, but not as bytes: every bit stands one place off, or the other way round. */
bool bits_moved(const struct asked *a)
{
    const uint8_t *got = a->d->signature_came, *is = a->t->nvm->part->signature;
    bool left = true, right = true, mirrored = true;

    if (!a->d->signature || !got || !memcmp(got, is, 3)) {
        return false;
    }
    for (unsigned i = 0; i < 3; i++) {
        left &= got[i] >> 1 == (is[i] & 0x7F);
        right &= (got[i] & 0x7F) == is[i] >> 1;
        mirrored &= got[i] == reversed(is[i]);
    }
    if (left) {
        return say(a,
                   "every byte came a bit early (%02X for %02X): the programmer reads MISO when SCK has fallen and the "
                   "next bit stands there; the bit is to be read while SCK is high",
                   got[0], is[0]);
    }
    if (right) {
        return say(
            a,
            "every byte came a bit late (%02X for %02X): the programmer reads MISO before SCK has risen for that "
            "bit, or counts an edge too many",
            got[0], is[0]);
    }
    return mirrored && say(a, "every byte came with its bits in reverse order (%02X for %02X): the highest comes first",
                           got[0], is[0]);
}

static bool fuses_differ(const struct asked *a)
{
    static const char *const names[] = { "low fuse", "high fuse", "extended fuse", "lock byte" };
    const struct fuse_bytes *is = &a->t->nvm->cells.fuses;

    for (unsigned i = 0; i < 4; i++) {
        uint8_t byte = i < 3 ? is->fuse[i] : is->lock;

        if (a->d->fuse[i] >= 0 && a->d->fuse[i] != byte) {
            return say(a, "the chip itself holds 0x%02X as its %s", byte, names[i]);
        }
    }
    return say(a, "the chip's fuses are as expected: bits changed on their way to the programmer");
}

static bool is_given(const struct scenario_data *d, uint32_t i)
{
    return !d->given || d->given[i];
}

/* The two bytes of every word, which must tell: not all may be alike. */
static bool words_swapped(const struct scenario_data *d, const uint8_t *cells)
{
    uint32_t told = 0, even = d->n & ~1u;

    for (uint32_t i = 0; i < even; i++) {
        if (is_given(d, i) && cells[(d->offset + i) ^ 1] != d->bytes[i]) {
            return false;
        }
        told += d->bytes[i] != d->bytes[i ^ 1];
    }
    return told && !(d->offset & 1);
}

/* Where else those of the page of byte i are; flash_bytes: nowhere. */
static uint32_t other_page(const struct scenario_data *d, const struct nvm *n, uint32_t i)
{
    const uint32_t page = n->part->flash_page_bytes, all = n->part->flash_bytes;
    uint32_t at = (d->offset + i) / page * page, found = all;

    for (uint32_t to = 0; to + page <= all && found == all; to += page) {
        uint32_t told = 0;
        bool same = to != at;

        for (uint32_t k = 0; k < page && same; k++) {
            uint32_t of = at + k - d->offset;

            if (at + k >= d->offset && of < d->n && is_given(d, of)) {
                same = n->cells.flash[to + k] == d->bytes[of];
                told += d->bytes[of] != 0xFF;
            }
        }
        found = same && told >= 8 ? to : found;
    }
    return found;
}

static const struct checker_finding *first_in_run(const struct asked *a, enum checker_rule rule)
{
    struct asked all = *a;

    all.since_ps = 0;
    return first_of(&all, rule);
}

/* The chip itself differs, first at byte i. */
static bool cells_differ(const struct asked *a, const uint8_t *cells, uint32_t i)
{
    const struct scenario_data *d = a->d->data;
    const struct nvm *n = a->t->nvm;
    uint32_t at = d->offset + i, page = n->part->flash_page_bytes;

    if (a->d->memory == PROG_FLASH && words_swapped(d, cells)) {
        return say(a,
                   "the chip holds the two bytes of every word exchanged, 0x%02X at 0x%04X: low bytes are loaded with "
                   "40, high ones with 48",
                   cells[at], at);
    }
    uint32_t to = a->d->memory == PROG_FLASH && page ? other_page(d, n, i) : n->part->flash_bytes;
    if (to < n->part->flash_bytes) {
        return say(a, "what should stand in the page at 0x%04X stands in that at 0x%04X: it was written there",
                   at / page * page, to);
    }
    const struct checker_finding *f = a->d->memory == PROG_FLASH ? first_in_run(a, CHECK_PAGE_OTHER) : NULL;
    if (f) {
        char bytes[16], when[48];

        return say(
            a,
            "pages were written elsewhere than their bytes were loaded for, first with %s at %s: the page number of "
            "4C is that of the addresses of 40 and 48, or the page size is another (%u bytes)",
            finding_instruction_text(&f->where, bytes, sizeof bytes), time_text(f->at_ps, when, sizeof when), page);
    }
    return say(a, "the chip itself holds 0x%02X at 0x%04X: that is what was written there, or was there before",
               cells[at], at);
}

/* The chip holds what was expected, or says what it should: it did not arrive. */
bool read_wrong(const struct asked *a)
{
    const struct scenario_data *d = a->d->data;
    const struct nvm *n = a->t->nvm;

    if (a->d->signature) {
        for (unsigned i = 0; i < 3; i++) {
            if (a->d->signature[i] >= 0 && a->d->signature[i] != n->part->signature[i]) {
                const struct part *row = part_find(n->part->name);
                bool is_own = row && !memcmp(row->signature, n->part->signature, 3);

                return a->t->enables != a->d->enables &&
                       say(a, "the target is an %s, %s: %02X %02X %02X", n->part->title,
                           is_own ? "and says so" : "with the signature that board.target.signature gives it",
                           n->part->signature[0], n->part->signature[1], n->part->signature[2]);
            }
        }
        return a->t->enables != a->d->enables &&
               say(a,
                   "the target heard Programming Enable, and its signature is as expected: the answers changed on their way");
    }
    if (a->d->fuse && a->d->compares) {
        return fuses_differ(a);
    }
    if (!d || (a->d->memory == PROG_FLASH ? n->part->flash_bytes : n->part->eeprom_bytes) < d->offset + d->n) {
        return false;
    }
    const uint8_t *cells = a->d->memory == PROG_FLASH ? n->cells.flash : n->cells.eeprom;
    for (uint32_t i = 0; i < d->n; i++) {
        if (is_given(d, i) && cells[d->offset + i] != d->bytes[i]) {
            return cells_differ(a, cells, i);
        }
    }
    return say(
        a, "the chip holds what is expected: bits changed on their way to the programmer, or its addresses are wrong");
}
