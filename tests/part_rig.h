/* SPDX-License-Identifier: GPL-3.0-or-later */
/* part_rig.h - for tests: a part by itself, each pin on a net with a driver of the test's */
#ifndef TESTS_PART_RIG_H
#define TESTS_PART_RIG_H

#include <check.h>
#include <string.h>

#include "harness/parts/part_types.h"
#include "tests/run_all.h"

#define RIG_PINS 16

struct part_rig {
    struct sim sim;
    struct vline vcc;
    struct net net[RIG_PINS];
    struct net_driver driver[RIG_PINS];
    int64_t cfg[32];
    const struct part_type *type;
    void *self;
};

static inline void rig_set(struct part_rig *r, const char *key, int64_t value)
{
    for (unsigned i = 0; i < r->type->n_keys; i++) {
        if (!strcmp(r->type->keys[i].name, key)) {
            memcpy((char *)r->cfg + r->type->keys[i].at, &value, sizeof value);
            return;
        }
    }
    ck_abort_msg("no key %s", key);
}

/* Its cfg as when nothing is given; then rig_set(), rig_start(). */
static inline void rig_init(struct part_rig *r, const struct part_type *type, uint64_t seed)
{
    memset(r, 0, sizeof *r);
    r->type = type;
    ck_assert_uint_le(type->cfg_bytes, sizeof r->cfg);
    sim_init(&r->sim, seed);
    vline_init(&r->vcc, &r->sim, "vcc", 5000);
    for (unsigned i = 0; i < type->n_keys; i++) {
        rig_set(r, type->keys[i].name, type->keys[i].fallback);
    }
    for (unsigned i = 0; i < type->n_pins; i++) {
        net_init(&r->net[i], &r->sim, type->pins[i].name);
        net_attach(&r->net[i], &r->driver[i], "test");
        net_driver_supply(&r->driver[i], &r->vcc);
    }
}

static inline void rig_start(struct part_rig *r)
{
    struct part_site site = { .sim = &r->sim, .name = "rig", .vcc = &r->vcc };

    r->self = r->type->make(&site, r->cfg);
    for (unsigned i = 0; i < r->type->n_pins; i++) {
        r->type->connect(r->self, i, &r->net[i]);
    }
}

static inline void rig_stop(struct part_rig *r)
{
    r->type->free(r->self);
    for (unsigned i = 0; i < r->type->n_pins; i++) { /* it lets go of everything */
        ck_assert_ptr_eq(r->net[i].drivers, &r->driver[i]);
        ck_assert_ptr_null(r->driver[i].next);
        ck_assert_ptr_null(r->net[i].watches);
    }
    ck_assert_ptr_null(r->sim.events);
}

static inline void rig_drive(struct part_rig *r, unsigned pin, enum net_level level)
{
    net_drive(&r->driver[pin], level, NET_STRONG);
}

static inline void rig_run(struct part_rig *r, sim_time d_ps)
{
    sim_run_until(&r->sim, r->sim.now_ps + d_ps);
    ck_assert_str_eq(r->sim.fault, "");
}

#define rig_level(r, pin, want) ck_assert_int_eq((int)net_level(&(r)->net[pin]), (int)(want))

static inline int rig_main(const char *name, const TTest *const *tests, unsigned n)
{
    Suite *s = suite_create(name);
    TCase *c = tcase_create(name);

    for (unsigned i = 0; i < n; i++) {
        tcase_add_test(c, tests[i]);
    }
    suite_add_tcase(s, c);
    return run_all(s);
}

#endif
