/* SPDX-License-Identifier: GPL-3.0-or-later */
/* option_walk.h - the options of a command as argp has them, those of its children too: for pages and completion */
#ifndef HARNESS_COMMANDS_OPTION_WALK_H
#define HARNESS_COMMANDS_OPTION_WALK_H

#include <argp.h>
#include <stdbool.h>
#include <stddef.h>

/* heading: of the option's group, NULL: none. Headings themselves and hidden options are passed over. */
static inline void option_walk(const struct argp *a, const char *heading,
                               void (*each)(void *ctx, const struct argp_option *o, const char *heading), void *ctx)
{
    for (const struct argp_option *o = a->options; o && (o->name || o->key || o->doc); o++) {
        if (!o->name && !o->key) {
            heading = o->doc;
        } else if (!(o->flags & OPTION_HIDDEN)) {
            each(ctx, o, heading);
        }
    }
    for (const struct argp_child *c = a->children; c && c->argp; c++) {
        option_walk(c->argp, c->header, each, ctx);
    }
}

static inline bool option_has_letter(const struct argp_option *o)
{
    return o->key > ' ' && o->key < 127;
}

#endif
