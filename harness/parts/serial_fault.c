/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * serial_fault - bytes between the PC and a chip that arrive wrong, not at all, or twice (harness/serial/serial_faults.h)
 *
 * It has no pins: it lies in the adapter's way. What waveforms show on the line to the board is what was sent in the end.
 */
#include "harness/parts/part_types.h"
#include "harness/serial/serial_line.h"
#include "sim/memory.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static const char *const lines[] = { "programmer", "target", NULL };
static const char *const ways[] = { "to_board", "to_host", "both", NULL };

struct cfg {
    int64_t line, way, bit_ppm, drop_ppm, double_ppm, start_ppm, stop_ppm, from_ps, until_ps, seed;
};

struct serial_fault {
    const struct cfg *cfg;
    struct serial_faults faults;
    struct serial_line *on;
};

static void *make(const struct part_site *site, const void *cfg)
{
    struct serial_fault *s = memory_zeroed(1, sizeof *s);
    const struct cfg *c = cfg;
    const struct serial_faults_config faults = {
        .way = (enum serial_way)c->way,
        .bit_ppm = (uint32_t)c->bit_ppm,
        .drop_ppm = (uint32_t)c->drop_ppm,
        .double_ppm = (uint32_t)c->double_ppm,
        .start_ppm = (uint32_t)c->start_ppm,
        .stop_ppm = (uint32_t)c->stop_ppm,
        .from_ps = (sim_time)c->from_ps,
        .until_ps = (sim_time)c->until_ps,
    };

    s->cfg = c;
    serial_faults_init(&s->faults, &faults, part_seed(site, c->seed), site->branches, site->name);
    return s;
}

static bool reach(void *self, const struct part_inside *in, struct problem *err)
{
    struct serial_fault *s = self;

    s->on = in->line[s->cfg->line];
    if (!s->on) {
        return problem_set(err, "line: there is no serial line to the %s on this board", lines[s->cfg->line]);
    }
    if (s->on->faults) {
        return problem_set(err, "line: the line to the %s has its faults already", lines[s->cfg->line]);
    }
    serial_line_faults(s->on, &s->faults);
    return true;
}

static bool did(const void *self, sim_time since_ps, char *buf, size_t n)
{
    const struct serial_faults *f = &((const struct serial_fault *)self)->faults;
    const struct {
        uint64_t n;
        const char *what;
    } kinds[] = { { f->flipped, "with a bit wrong" },
                  { f->dropped, "lost" },
                  { f->doubled, "doubled" },
                  { f->starts, "without a start bit" },
                  { f->stops, "without a stop bit" } };
    char at[48];
    size_t used = 0;

    if (!(f->flipped + f->dropped + f->doubled + f->starts + f->stops) || f->struck_ps < since_ps) {
        return false;
    }
    for (unsigned i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (kinds[i].n && used < n) {
            used += (size_t)snprintf(buf + used, n - used, "%s%" PRIu64 " byte%s %s", used ? ", " : "", kinds[i].n,
                                     kinds[i].n == 1 ? "" : "s", kinds[i].what);
        }
    }
    if (used < n) {
        snprintf(buf + used, n - used, ", the last at %s",
                 quantity_text(QUANTITY_TIME_PS, (int64_t)f->struck_ps, at, sizeof at));
    }
    return true;
}

static void free_serial_fault(void *self)
{
    struct serial_fault *s = self;

    if (s->on) {
        serial_line_faults(s->on, NULL);
    }
    free(s);
}

static bool check(const void *cfg, struct problem *err)
{
    const struct cfg *c = cfg;

    if (!(c->bit_ppm + c->drop_ppm + c->double_ppm + c->start_ppm + c->stop_ppm)) {
        return problem_set(
            err,
            "say which fault: bit_errors, start_errors, stop_errors, dropped or doubled, each a chance of a byte (0.5 %%)");
    }
    return c->until_ps > c->from_ps || problem_set(err, "until: the fault is over before it begins");
}

#define CHANCE(key, member, text)                                                                           \
    {                                                                                                       \
        .name = key, .unit = QUANTITY_PPM, .max = 1000000, .at = offsetof(struct cfg, member), .help = text \
    }
static const struct part_key keys[] = {
    { .name = "line", .choices = lines, .at = offsetof(struct cfg, line), .help = "whose serial line" },
    { .name = "way", .choices = ways, .fallback = SERIAL_BOTH, .at = offsetof(struct cfg, way), .help = "which way" },
    CHANCE("bit_errors", bit_ppm, "chance of a byte to have a bit wrong"),
    CHANCE("start_errors", start_ppm, "chance of a byte to have its start bit at 1"),
    CHANCE("stop_errors", stop_ppm, "chance of a byte to have its stop bit at 0"),
    CHANCE("dropped", drop_ppm, "chance of a byte to be lost"),
    CHANCE("doubled", double_ppm, "chance of a byte to come twice"),
    { .name = "from",
      .unit = QUANTITY_TIME_PS,
      .max = 1000000 * (int64_t)SIM_S,
      .at = offsetof(struct cfg, from_ps),
      .help = "when it begins" },
    { .name = "until",
      .unit = QUANTITY_TIME_PS,
      .max = 1000000 * (int64_t)SIM_S,
      .fallback = 1000000 * (int64_t)SIM_S,
      .at = offsetof(struct cfg, until_ps),
      .help = "when it is over" },
    PART_SEED_KEY(struct cfg),
};

const struct part_type serial_fault_type = {
    .name = "serial_fault",
    .help = "bytes between the PC and a chip that come wrong, not at all, or twice",
    .keys = keys,
    .n_keys = sizeof keys / sizeof keys[0],
    .cfg_bytes = sizeof(struct cfg),
    .check = check,
    .make = make,
    .reach = reach,
    .did = did,
    .free = free_serial_fault,
};
