/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The virtual ATmega328P beside a real one: SCK, MOSI and RESET edges of a logic analyser capture go in, the MISO
 * edges that come out must be the captured ones, within its sampling step. See data/README.md.
 */
#include <check.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "tests/isp_rig.h"
#include "tests/run_all.h"

#define SAMPLE_PS (250 * SIM_NS)
#define MAX_EDGES 400

struct edge {
    sim_time at_ps;
    char signal[8];
    int level;
};

static struct edge captured[MAX_EDGES];
static unsigned n_captured;
static const char *path;

struct seen {
    sim_time at_ps[MAX_EDGES];
    int level[MAX_EDGES];
    unsigned n;
};

static void read_capture(void)
{
    FILE *f = fopen(path, "r");
    char line[80];
    double us;

    ck_assert_msg(f != NULL, "%s", path);
    n_captured = 0;
    ck_assert_ptr_nonnull(fgets(line, sizeof line, f)); /* header */
    while (fgets(line, sizeof line, f)) {
        struct edge *e = &captured[n_captured++];
        ck_assert_uint_lt(n_captured, MAX_EDGES);
        ck_assert_int_eq(sscanf(line, "%lf,%7[^,],%d", &us, e->signal, &e->level), 3);
        e->at_ps = (sim_time)(us * 1e6 + 0.5);
    }
    fclose(f);
    ck_assert_uint_eq(n_captured, 314);
}

static void miso_changed(void *ctx, struct net *net, sim_time at_ps)
{
    struct seen *s = ctx;

    ck_assert_uint_lt(s->n, MAX_EDGES);
    s->at_ps[s->n] = at_ps;
    s->level[s->n++] = net->level == NET_1;
}

static void replay(struct isp_rig *r, struct seen *seen, uint64_t seed)
{
    struct target_config cfg = target_config_default(&part_atmega328p);
    struct net_watch watch;

    cfg.crystal_millihz = UINT64_C(16000000000);
    isp_rig_board(r, &part_atmega328p, seed);
    r->nvm.cells.fuses = (struct fuse_bytes){ { 0xFF, 0xDE, 0xFD }, 0xFF }; /* an Uno's */
    isp_rig_target(r, &cfg);
    isp_reset(r, true);
    isp_set_sck(r, false);
    isp_set_mosi(r, false);
    isp_power(r, 5000);
    seen->n = 0;
    net_watch_add(&r->miso, &watch, NET_WATCH_EDGES, miso_changed, seen);
    sim_time start = r->sim.now_ps;
    for (unsigned i = 0; i < n_captured; i++) {
        const struct edge *e = &captured[i];
        sim_run_until(&r->sim, start + e->at_ps);
        if (!strcmp(e->signal, "MOSI")) {
            isp_set_mosi(r, e->level);
        } else if (!strcmp(e->signal, "SCK")) {
            isp_set_sck(r, e->level);
        } else if (!strcmp(e->signal, "RST")) {
            isp_reset(r, e->level);
        }
    }
    isp_wait(r, SIM_MS);
}

START_TEST(miso_edges_are_the_captured_ones)
{
    static struct isp_rig r;
    static struct seen seen;
    unsigned n = 0;

    read_capture();
    replay(&r, &seen, (uint64_t)_i);
    for (unsigned i = 1; i < n_captured; i++) {
        const struct edge *e = &captured[i];
        if (strcmp(e->signal, "MISO") != 0 || e->at_ps == 0) {
            continue;
        }
        ck_assert_uint_lt(n, seen.n);
        ck_assert_int_eq(seen.level[n], e->level);
        if (i == n_captured - 1) { /* the wire charges: the chip let go when it saw RESET */
            ck_assert_uint_lt(seen.at_ps[n], e->at_ps);
        } else {
            int64_t off = (int64_t)(seen.at_ps[n] - e->at_ps);
            ck_assert_msg(llabs(off) <= (int64_t)SAMPLE_PS, "MISO edge %u at %.2f us is off by %" PRId64 " ps", n,
                          (double)e->at_ps / 1e6, off);
        }
        n++;
    }
    ck_assert_uint_eq(n, seen.n);
    /* this programmer raises SCK after its last byte and leaves it so when it lets go of RESET */
    ck_assert_uint_eq(r.checker.violations, 0);
    isp_rig_free(&r);
}
END_TEST

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: m328p_scan_test CAPTURE.csv\n");
        return 2;
    }
    path = argv[1];
    Suite *suite = suite_create("m328p_scan");
    TCase *tc = tcase_create("capture");
    tcase_add_loop_test(tc, miso_edges_are_the_captured_ones, 0, 20); /* seeds: phases of the crystal */
    suite_add_tcase(suite, tc);
    return run_all(suite);
}
