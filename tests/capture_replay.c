/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/capture_replay.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/rng.h"

static const char *const signal_names[CAPTURE_SIGNALS] = {
    [CAPTURE_SCK] = "SCK",
    [CAPTURE_MOSI] = "MOSI",
    [CAPTURE_MISO] = "MISO",
    [CAPTURE_RST] = "RST",
};

static enum capture_signal signal_of(const char *name)
{
    unsigned i = 0;

    while (i < CAPTURE_SIGNALS && strcmp(signal_names[i], name) != 0) {
        i++;
    }
    ck_assert_msg(i < CAPTURE_SIGNALS, "%s", name);
    return (enum capture_signal)i;
}

void capture_read(struct capture *c, const char *path, sim_time sample_ps)
{
    FILE *f = fopen(path, "r");
    char line[80], name[8];
    double us;
    int level;

    ck_assert_msg(f != NULL, "%s", path);
    c->sample_ps = sample_ps;
    c->n = 0;
    ck_assert_ptr_nonnull(fgets(line, sizeof line, f)); /* header */
    while (fgets(line, sizeof line, f)) {
        ck_assert_uint_lt(c->n, CAPTURE_MAX_EDGES);
        ck_assert_int_eq(sscanf(line, "%lf,%7[^,],%d", &us, name, &level), 3);
        c->edge[c->n++] = (struct capture_edge){ (sim_time)(us * 1e6 + 0.5), signal_of(name), level == 1 };
    }
    fclose(f);
}

/* ---- replay ---- */

static int by_time(const void *a, const void *b)
{
    sim_time ta = ((const struct capture_edge *)a)->at_ps, tb = ((const struct capture_edge *)b)->at_ps;
    return ta < tb ? -1 : ta > tb;
}

/* The programmer's edges, where they happened. One sample is added to all, so that none lies before 0. */
static unsigned place(const struct capture *c, uint64_t seed, bool spread, struct capture_edge *to)
{
    struct sim_rng rng = sim_rng_stream(seed, "within the sample");
    unsigned n = 0;

    for (unsigned i = 0; i < c->n; i++) {
        if (c->edge[i].signal != CAPTURE_MISO) {
            to[n] = c->edge[i];
            to[n].at_ps += c->sample_ps - (spread && c->edge[i].at_ps ? sim_rng_below(&rng, c->sample_ps) : 0);
            n++;
        }
    }
    qsort(to, n, sizeof *to, by_time);
    return n;
}

struct recorder {
    const struct capture *c;
    struct capture_miso *miso;
    sim_time start_ps;
};

/* On the grid: an edge is written down at the sample at or after it. */
static void record(void *ctx, struct net *net, sim_time at_ps)
{
    struct recorder *r = ctx;
    sim_time step = r->c->sample_ps, t = at_ps - r->start_ps;
    bool level = net_is_high(net, true); /* pulled up */
    struct capture_miso *m = r->miso;

    t = (t + step - 1) / step * step - step;    /* less the sample that place() added */
    if (m->n && m->edge[m->n - 1].at_ps == t) { /* there and back within a sample: not seen */
        m->n--;
        return;
    }
    if (m->n ? level != m->edge[m->n - 1].level : true) {
        ck_assert_uint_lt(m->n, CAPTURE_MAX_EDGES);
        m->edge[m->n++] = (struct capture_edge){ t, CAPTURE_MISO, level };
    }
}

static void set(struct isp_rig *r, const struct capture_edge *e)
{
    switch (e->signal) {
    case CAPTURE_SCK: isp_set_sck(r, e->level); break;
    case CAPTURE_MOSI: isp_set_mosi(r, e->level); break;
    case CAPTURE_RST: isp_reset(r, e->level); break;
    case CAPTURE_MISO:
    case CAPTURE_SIGNALS: break;
    }
}

void capture_replay(const struct capture *c, const struct capture_chip *chip, uint64_t seed, bool spread,
                    struct capture_miso *miso)
{
    static struct capture_edge placed[CAPTURE_MAX_EDGES];
    static struct isp_rig r;
    unsigned n = place(c, seed, spread, placed);
    struct target_config cfg = target_config_default(chip->part);
    struct recorder recorder = { .c = c, .miso = miso };
    struct net_watch watch;

    cfg.crystal_millihz = chip->crystal_millihz;
    cfg.switches = chip->switches;
    isp_rig_board(&r, chip->part, seed);
    r.nvm.cells.fuses = chip->fuses;
    isp_rig_target(&r, &cfg);
    isp_reset(&r, !chip->enable_first);
    isp_set_sck(&r, false);
    isp_set_mosi(&r, false);
    isp_power(&r, 5000);
    if (chip->enable_first) {
        ck_assert(isp_enter(&r));
    }
    miso->n = 0;
    recorder.start_ps = r.sim.now_ps;
    net_watch_add(&r.miso, &watch, NET_WATCH_EDGES, record, &recorder);
    for (unsigned i = 0; i < n; i++) {
        sim_run_until(&r.sim, recorder.start_ps + placed[i].at_ps);
        set(&r, &placed[i]);
    }
    isp_wait(&r, SIM_MS);
    miso->violations = r.checker.violations;
    net_watch_remove(&r.miso, &watch);
    isp_rig_free(&r);
}

/* ---- beside the recording ---- */

unsigned capture_miso_edges(const struct capture *c, struct capture_edge *to)
{
    unsigned n = 0;

    for (unsigned i = 0; i < c->n; i++) {
        if (c->edge[i].signal == CAPTURE_MISO && c->edge[i].at_ps) {
            to[n++] = c->edge[i];
        }
    }
    return n;
}

unsigned capture_share_with_fall(const struct capture *c, const struct capture_edge *miso, unsigned first, unsigned end)
{
    unsigned with = 0, i = 0;

    for (unsigned m = first; m < end; m++) {
        while (i < c->n && c->edge[i].at_ps < miso[m].at_ps) {
            i++;
        }
        for (unsigned k = i; k < c->n && c->edge[k].at_ps == miso[m].at_ps; k++) {
            if (c->edge[k].signal == CAPTURE_SCK && !c->edge[k].level) {
                with++;
                break;
            }
        }
    }
    return end > first ? with * 1000 / (end - first) : 0;
}
