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
    FUSE_CFD, /* programmed: clock failure detection is off (ATmega328PB) */
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

/* One brown-out level: the datasheet's VBOT row. */
struct fuse_bod_level {
    uint8_t raw; /* BODLEVEL */
    uint16_t min_mv, typ_mv, max_mv;
};

/* A setting that people know by name. */
struct fuse_preset {
    const char *name;
    uint8_t fuse[3];
    const char *note;
};

struct fuse_layout {
    struct fuse_place at[FUSE_FIELDS];
    const struct fuse_bod_level *bod; /* levels not listed are reserved, unless they are "off" */
    uint8_t n_bod;
    uint8_t bod_off;      /* BODLEVEL that switches the detector off (parts without BODEN) */
    uint16_t bod_hyst_mv; /* VHYST: VBOT+ - VBOT- */
    const struct fuse_preset *presets;
    uint8_t n_presets;
};

const char *fuse_field_name(enum fuse_field f); /* "CKSEL", ... */
/* By name, letters of either case; FUSE_FIELDS if there is none. */
enum fuse_field fuse_field_find(const char *name);
bool fuse_has(const struct part *part, enum fuse_field f);
/*
 * One bit under its datasheet name: "CKSEL3", "SUT0", "CKDIV8", "LB1", "BLB12". *bit counts within the field.
 * False: this part has none of that name.
 */
bool fuse_bit_find(const struct part *part, const char *name, enum fuse_field *f, unsigned *bit);
/* The other way; buf of at least 16. */
const char *fuse_bit_name(const struct part *part, enum fuse_field f, unsigned bit, char *buf, size_t n);
/* Raw bits; a field that the part does not have reads all ones (unprogrammed). */
unsigned fuse_get(const struct part *part, const struct fuse_bytes *b, enum fuse_field f);
/* False: no such field, or value too wide. */
bool fuse_put(const struct part *part, struct fuse_bytes *b, enum fuse_field f, unsigned raw);
/* One-bit fields: 0 = programmed. */
bool fuse_is_programmed(const struct part *part, const struct fuse_bytes *b, enum fuse_field f);
/* Unused bits as they read back: 1. */
struct fuse_bytes fuse_as_read(const struct part *part, const struct fuse_bytes *b);
struct fuse_bytes fuse_factory(const struct part *part);
/* Do both read back alike? On an ATmega328P the extended bytes 05 and FD are one setting. */
bool fuse_same(const struct part *part, const struct fuse_bytes *a, const struct fuse_bytes *b);
/* The preset's bytes with an erased lock byte; false: the part has none of that name. */
bool fuse_preset(const struct part *part, const char *name, struct fuse_bytes *b);

/* LB mode 1, 2 or 3. LB2 alone (undescribed in the datasheet) counts as 1. */
unsigned fuse_lb_mode(const struct part *part, const struct fuse_bytes *b);
/* Boot lock mode 1..4 of the application (BLB0) or boot section (BLB1); 1 if the part has no such bits. */
unsigned fuse_blb_mode(const struct part *part, const struct fuse_bytes *b, enum fuse_field blb);

/*
 * Does RESET low open the serial programming port? Judged from the bytes in effect (latched), not from those
 * written since. debugWIRE needs LB mode 1: with lock bits programmed DWEN does not take RESET away.
 */
enum fuse_isp {
    FUSE_ISP_OPEN,
    FUSE_ISP_RSTDISBL, /* the RESET pin is an I/O pin */
    FUSE_ISP_DWEN,     /* the RESET pin is the debugWIRE line */
    FUSE_ISP_SPIEN,    /* serial programming is switched off */
};
enum fuse_isp fuse_isp_access(const struct part *part, const struct fuse_bytes *b);

enum fuse_bod { FUSE_BOD_OFF, FUSE_BOD_ON, FUSE_BOD_RESERVED };
/* *level is set when the answer is FUSE_BOD_ON. */
enum fuse_bod fuse_bod(const struct part *part, const struct fuse_bytes *b, const struct fuse_bod_level **level);

/* Size of the boot section in words, 0 without one. */
uint32_t fuse_boot_words(const struct part *part, const struct fuse_bytes *b);
/* Word address where code starts after reset: 0, or the boot section's first word when BOOTRST is programmed. */
uint32_t fuse_start_word(const struct part *part, const struct fuse_bytes *b);

#endif
