/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim/fuse_model.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

static const char *const field_names[FUSE_FIELDS] = {
    [FUSE_CKSEL] = "CKSEL",       [FUSE_SUT] = "SUT",       [FUSE_CKDIV8] = "CKDIV8",
    [FUSE_CKOUT] = "CKOUT",       [FUSE_CKOPT] = "CKOPT",   [FUSE_RSTDISBL] = "RSTDISBL",
    [FUSE_DWEN] = "DWEN",         [FUSE_SPIEN] = "SPIEN",   [FUSE_WDTON] = "WDTON",
    [FUSE_EESAVE] = "EESAVE",     [FUSE_BOOTSZ] = "BOOTSZ", [FUSE_BOOTRST] = "BOOTRST",
    [FUSE_BODLEVEL] = "BODLEVEL", [FUSE_BODEN] = "BODEN",   [FUSE_SELFPRGEN] = "SELFPRGEN",
    [FUSE_CFD] = "CFD",           [FUSE_LB] = "LB",         [FUSE_BLB0] = "BLB0",
    [FUSE_BLB1] = "BLB1",
};

const char *fuse_field_name(enum fuse_field f)
{
    assert(f < FUSE_FIELDS);
    return field_names[f];
}

enum fuse_field fuse_field_find(const char *name)
{
    unsigned f = 0;

    while (f < FUSE_FIELDS && strcasecmp(field_names[f], name) != 0) {
        f++;
    }
    return f;
}

bool fuse_has(const struct part *part, enum fuse_field f)
{
    assert(f < FUSE_FIELDS);
    return part->fuses->at[f].width != 0;
}

/* Lock bits are numbered from 1. */
static unsigned first_bit(enum fuse_field f)
{
    return f == FUSE_LB || f == FUSE_BLB0 || f == FUSE_BLB1;
}

const char *fuse_bit_name(const struct part *part, enum fuse_field f, unsigned bit, char *buf, size_t n)
{
    if (part->fuses->at[f].width > 1) {
        snprintf(buf, n, "%s%u", field_names[f], bit + first_bit(f));
    } else {
        snprintf(buf, n, "%s", field_names[f]);
    }
    return buf;
}

bool fuse_bit_find(const struct part *part, const char *name, enum fuse_field *f, unsigned *bit)
{
    char buf[16];

    for (unsigned i = 0; i < FUSE_FIELDS; i++) {
        for (unsigned b = 0; b < part->fuses->at[i].width; b++) {
            if (strcasecmp(fuse_bit_name(part, i, b, buf, sizeof buf), name) == 0) {
                *f = i;
                *bit = b;
                return true;
            }
        }
    }
    return false;
}

static unsigned place_mask(const struct fuse_place *p)
{
    return (1u << p->width) - 1;
}

unsigned fuse_get(const struct part *part, const struct fuse_bytes *b, enum fuse_field f)
{
    assert(f < FUSE_FIELDS);
    const struct fuse_place *p = &part->fuses->at[f];

    if (p->width == 0) {
        return 0xFF;
    }
    return ((p->byte == 3 ? b->lock : b->fuse[p->byte]) >> p->shift) & place_mask(p);
}

bool fuse_put(const struct part *part, struct fuse_bytes *b, enum fuse_field f, unsigned raw)
{
    assert(f < FUSE_FIELDS);
    const struct fuse_place *p = &part->fuses->at[f];

    if (p->width == 0 || raw > place_mask(p)) {
        return false;
    }
    uint8_t *byte = p->byte == 3 ? &b->lock : &b->fuse[p->byte];
    *byte = (uint8_t)((*byte & ~(place_mask(p) << p->shift)) | raw << p->shift);
    return true;
}

bool fuse_is_programmed(const struct part *part, const struct fuse_bytes *b, enum fuse_field f)
{
    return fuse_get(part, b, f) == 0;
}

struct fuse_bytes fuse_as_read(const struct part *part, const struct fuse_bytes *b)
{
    struct fuse_bytes r;

    for (unsigned i = 0; i < 3; i++) {
        r.fuse[i] = (uint8_t)(b->fuse[i] | ~part->fuse_used[i]);
    }
    r.lock = (uint8_t)(b->lock | ~part->lock_used);
    return r;
}

struct fuse_bytes fuse_factory(const struct part *part)
{
    struct fuse_bytes b = { .lock = 0xFF };

    memcpy(b.fuse, part->fuse_default, sizeof b.fuse);
    return fuse_as_read(part, &b);
}

bool fuse_same(const struct part *part, const struct fuse_bytes *a, const struct fuse_bytes *b)
{
    struct fuse_bytes x = fuse_as_read(part, a), y = fuse_as_read(part, b);

    return memcmp(x.fuse, y.fuse, sizeof x.fuse) == 0 && x.lock == y.lock;
}

bool fuse_preset(const struct part *part, const char *name, struct fuse_bytes *b)
{
    const struct fuse_layout *l = part->fuses;

    for (unsigned i = 0; i < l->n_presets; i++) {
        if (strcasecmp(l->presets[i].name, name) == 0) {
            memcpy(b->fuse, l->presets[i].fuse, sizeof b->fuse);
            b->lock = 0xFF;
            return true;
        }
    }
    return false;
}

unsigned fuse_lb_mode(const struct part *part, const struct fuse_bytes *b)
{
    switch (fuse_get(part, b, FUSE_LB)) {
    case 0: return 3;
    case 2: /* LB1 programmed */ return 2;
    default: return 1;
    }
}

unsigned fuse_blb_mode(const struct part *part, const struct fuse_bytes *b, enum fuse_field blb)
{
    static const uint8_t mode[4] = { 3, 4, 2, 1 }; /* by BLBx2:BLBx1 */

    assert(blb == FUSE_BLB0 || blb == FUSE_BLB1);
    return mode[fuse_get(part, b, blb) & 3];
}

enum fuse_isp fuse_isp_access(const struct part *part, const struct fuse_bytes *b)
{
    if (fuse_is_programmed(part, b, FUSE_RSTDISBL)) {
        return FUSE_ISP_RSTDISBL;
    }
    if (fuse_is_programmed(part, b, FUSE_DWEN) && fuse_lb_mode(part, b) == 1) {
        return FUSE_ISP_DWEN;
    }
    if (fuse_has(part, FUSE_SPIEN) && !fuse_is_programmed(part, b, FUSE_SPIEN)) {
        return FUSE_ISP_SPIEN;
    }
    return FUSE_ISP_OPEN;
}

enum fuse_bod fuse_bod(const struct part *part, const struct fuse_bytes *b, const struct fuse_bod_level **level)
{
    const struct fuse_layout *l = part->fuses;
    unsigned raw = fuse_get(part, b, FUSE_BODLEVEL);

    if (fuse_has(part, FUSE_BODEN) ? !fuse_is_programmed(part, b, FUSE_BODEN) : raw == l->bod_off) {
        return FUSE_BOD_OFF;
    }
    for (unsigned i = 0; i < l->n_bod; i++) {
        if (l->bod[i].raw == raw) {
            *level = &l->bod[i];
            return FUSE_BOD_ON;
        }
    }
    return FUSE_BOD_RESERVED;
}

uint32_t fuse_boot_words(const struct part *part, const struct fuse_bytes *b)
{
    if (part->boot_min_words == 0 || !fuse_has(part, FUSE_BOOTSZ)) {
        return 0;
    }
    return (uint32_t)part->boot_min_words << (3 - fuse_get(part, b, FUSE_BOOTSZ));
}

uint32_t fuse_start_word(const struct part *part, const struct fuse_bytes *b)
{
    if (!fuse_is_programmed(part, b, FUSE_BOOTRST)) {
        return 0;
    }
    return part->flash_bytes / 2 - fuse_boot_words(part, b);
}
