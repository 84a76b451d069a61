/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fuse_model.h - fuse and lock bytes to what they mean, and back; pure functions
 *
 * Where a field lives in the bytes is a table per part (struct fuse_layout). Values here are the field's raw
 * bits, so a programmed one-bit fuse is 0: ask fuse_is_programmed().
 */
#ifndef SIM_FUSE_MODEL_H
#define SIM_FUSE_MODEL_H

#include "sim/part.h"

struct fuse_bytes {
    uint8_t fuse[3]; /* low, high, extended */
    uint8_t lock;
};

enum fuse_field {
    FUSE_CKSEL,
    FUSE_SUT,
    FUSE_CKDIV8,
    FUSE_CKOUT,
    FUSE_CKOPT,
    FUSE_RSTDISBL,
    FUSE_DWEN,
    FUSE_SPIEN,
    FUSE_WDTON,
    FUSE_EESAVE,
    FUSE_BOOTSZ,
    FUSE_BOOTRST,
    FUSE_BODLEVEL,
    FUSE_BODEN,
    FUSE_SELFPRGEN,
    FUSE_LB,
    FUSE_BLB0,
    FUSE_BLB1,
    FUSE_FIELDS,
};

struct fuse_place { /* width 0: the part has no such field */
    uint8_t byte;   /* 0 low, 1 high, 2 extended, 3 lock */
    uint8_t shift;
    uint8_t width;
};

struct fuse_layout {
    struct fuse_place at[FUSE_FIELDS];
};

const char *fuse_field_name(enum fuse_field f); /* "CKSEL", ... */
bool fuse_has(const struct part *part, enum fuse_field f);
/* Raw bits; a field that the part does not have reads all ones (unprogrammed). */
unsigned fuse_get(const struct part *part, const struct fuse_bytes *b, enum fuse_field f);
/* False: no such field, or value too wide. */
bool fuse_put(const struct part *part, struct fuse_bytes *b, enum fuse_field f, unsigned raw);
/* One-bit fields: 0 = programmed. */
bool fuse_is_programmed(const struct part *part, const struct fuse_bytes *b, enum fuse_field f);
/* Unused bits as they read back: 1. */
struct fuse_bytes fuse_as_read(const struct part *part, const struct fuse_bytes *b);
struct fuse_bytes fuse_factory(const struct part *part);

/* LB mode 1, 2 or 3. LB2 alone (undescribed) counts as 1: ../docs/fidelity.md. */
unsigned fuse_lb_mode(const struct part *part, const struct fuse_bytes *b);

#endif
