/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * known.h - weaknesses that are documented of a programmer: no news when they are found again
 *
 * A programmer is recognised by functions that its program has, or by its circuit; an image without symbols is nobody's.
 */
#ifndef HARNESS_JUDGE_KNOWN_H
#define HARNESS_JUDGE_KNOWN_H

#include "harness/judge/subject.h"
#include "mcu/source_lines.h"

struct known_weakness {
    const char *rule;   /* id of the checker's; "": none that is measured, told all the same */
    const char *text;   /* what is documented */
    const char *source; /* where */
};

struct known_family {
    const char *name;
    const char *functions[4];          /* all of them; NULL at the end; none: by circuit */
    const char *circuit;               /* "miniframe", "usb"; NULL: by functions */
    const struct known_weakness *weak; /* rule NULL at the end */
};

/* NULL: nobody's. lines may be NULL. */
const struct known_family *known_family_of(const struct subject *s, const struct source_lines *lines);
/* NULL: not documented. */
const struct known_weakness *known_weakness_of(const struct known_family *f, const char *rule);

#endif
