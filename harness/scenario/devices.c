/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * board.devices: under which paths programs on the PC find what the board has for them
 *
 *      devices: {programmer: /dev/ttyUSB0, target: /dev/ttyUSB1, pc: /dev/ttyS3, pi.spi: /dev/spidev1.0}
 */
#include "harness/parts/pc_side.h"
#include "harness/scenario/load.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { PATH_BYTES = 64 };

/* "/dev/NAME", letters, digits and _ . - / in it. */
static bool is_path(const char *text)
{
    size_t n = strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-/");

    return !strncmp(text, "/dev/", 5) && text[5] && !text[n] && n < PATH_BYTES && !strstr(text, "//") &&
           !strstr(text, "/./") && !strstr(text, "/../") && text[n - 1] != '/';
}

/* The part of this name and the kind that suffix says; false: it has none such. */
static bool find_part(const struct plan *plan, const char *name, size_t n, const char *suffix,
                      struct scenario_device *d)
{
    for (unsigned i = PLAN_OTHERS; i < plan->n_parts; i++) {
        const struct plan_part *part = &plan->parts[i];

        if (strlen(part->name) != n || strncasecmp(part->name, name, n) != 0) {
            continue;
        }
        for (unsigned k = PC_RS232; k < PC_KINDS; k++) {
            if (pc_devices[k].suffix && !strcmp(pc_devices[k].suffix, suffix) && pc_side_has(part->type, k)) {
                d->part = part->name;
                d->kind = k;
                return true;
            }
        }
    }
    return false;
}

/* What a key may be on this board. */
static const char *known_names(const struct plan *plan, char *text, size_t n)
{
    size_t at = (size_t)snprintf(text, n, "programmer, target");

    for (unsigned i = PLAN_OTHERS; i < plan->n_parts; i++) {
        for (unsigned k = PC_RS232; k < PC_KINDS; k++) {
            if (pc_devices[k].suffix && pc_side_has(plan->parts[i].type, k) && at < n) {
                at += (size_t)snprintf(text + at, n - at, ", %s%s%s", plan->parts[i].name,
                                       *pc_devices[k].suffix ? "." : "", pc_devices[k].suffix);
            }
        }
    }
    return text;
}

static bool load_device(struct loader *l, const struct yaml_node *node, struct scenario_device *d)
{
    const struct plan *plan = &l->s->board.plan;
    const char *dot = strchr(node->key, '.');
    char known[400];

    if (!strcmp(node->key, "programmer") || !strcmp(node->key, "target")) {
        d->kind = node->key[0] == 'p' ? PC_PROGRAMMER : PC_TARGET;
    } else if (!find_part(plan, node->key, dot ? (size_t)(dot - node->key) : strlen(node->key), dot ? dot + 1 : "",
                          d)) {
        return yaml_problem(&l->tree, node, l->err, "'%.40s' is no device for programs on this board; there are: %s",
                            node->key, known_names(plan, known, sizeof known));
    }
    if (node->kind != YAML_SCALAR || !is_path(node->text)) {
        return yaml_problem(&l->tree, node, l->err, "expected a path such as /dev/ttyUSB0, of at most %u letters",
                            PATH_BYTES - 1);
    }
    d->path = load_keep_text(l, node->text);
    return true;
}

bool load_devices(struct loader *l)
{
    const struct yaml_node *map = yaml_find(&l->tree, "board.devices");
    struct scenario_board *b = &l->s->board;

    if (!map) {
        return true;
    }
    if (map->kind != YAML_MAP) {
        return yaml_problem(&l->tree, map, l->err,
                            "expected devices with their paths, such as programmer: /dev/ttyUSB0");
    }
    struct scenario_device *list = load_keep(l, (map->n + 1) * sizeof *list);

    for (const struct yaml_node *n = map->first; n; n = n->next) {
        if (!load_device(l, n, &list[b->n_devices])) {
            return false;
        }
        for (unsigned i = 0; i < b->n_devices; i++) {
            if (!strcmp(list[i].path, list[b->n_devices].path)) {
                return yaml_problem(&l->tree, n, l->err, "two devices have the path %s", list[i].path);
            }
        }
        b->n_devices++;
    }
    b->devices = list;
    return true;
}
