/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The circuit beside SPICE simulations of its netlist: tests/data/rs232_golden.csv (RESET, Q, SCK, MOSI, RX and the
 * supply, with TX, RTS, DTR and MISO as its inputs), and the same with other parts and stimuli, made by
 * scripts/miniframe-spice: tests/data/miniframe_*.csv (from the first edge of DTR on, the supply given, but for
 * miniframe_power.csv).
 */
#include "tests/miniframe_rig.h"
#include "tests/run_all.h"

#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TOLERANCE_US 0.5
#define LOCK_IN_TOLERANCE_US 1.5
#define OTHER_TOLERANCE_US 0.1
#define SUPPLY_TOLERANCE_US 0.4      /* VDD falls for 5 ms */
#define GIVEN_SUPPLY_FROM_US 20400.0 /* what scripts/miniframe-spice computes begins here */
#define LOCK_IN_FROM_US 44500.0      /* DTR falls: SCK locks through R2 C2 alone */

struct row {
    double us;
    char signal[16];
    int level;
};

static struct row rows[4096];
static int n_rows;
static char given[300]; /* parts of the simulation, "r1=12e3 c1=120 ..." */

static int by_time(const void *a, const void *b)
{
    double d = ((const struct row *)a)->us - ((const struct row *)b)->us;
    return d < 0 ? -1 : d > 0;
}

static void load(const char *path)
{
    FILE *f = fopen(path, "r");
    ck_assert_msg(f != NULL, "can't open %s", path);
    char line[200];
    n_rows = 0;
    given[0] = '\0';
    while (fgets(line, sizeof line, f)) {
        sscanf(line, "# given: %299[^\n]", given);
        struct row r;
        if (sscanf(line, "%lf,%15[^,],%d", &r.us, r.signal, &r.level) == 3) {
            ck_assert_int_lt(n_rows, 4096);
            rows[n_rows++] = r;
        }
    }
    fclose(f);
    ck_assert_int_gt(n_rows, 50);
}

static void set_parts(struct miniframe_config *c, struct rs232_levels *l)
{
    double vp = 9, vm = -9, supply = 0;
    struct {
        const char *name;
        double *value;
    } parts[] = { { "r1", &c->r1_ohm }, { "c1", &c->c1_pf },          { "r2", &c->r2_ohm },  { "c2", &c->c2_pf },
                  { "r3", &c->r3_ohm }, { "ro", &c->ro_ohm },         { "tpd", &c->tpd_ns }, { "cg", &c->cg_pf },
                  { "vt", &c->vt },     { "cdd", &c->supply.cdd_uf }, { "vp", &vp },         { "vm", &vm },
                  { "supply", &supply } };
    for (char *word = strtok(given, " "); word; word = strtok(NULL, " ")) {
        char *value = strchr(word, '=');
        ck_assert_ptr_nonnull(value);
        *value++ = '\0';
        for (unsigned i = 0; i < sizeof parts / sizeof parts[0]; i++) {
            if (!strcmp(word, parts[i].name)) {
                *parts[i].value = atof(value);
            }
        }
        if (!strcmp(word, "slew")) {
            l->slew_mv_per_us = (uint32_t)(atof(value) * 1000);
        }
    }
    l->high_mv = (int32_t)(vp * 1000);
    l->low_mv = (int32_t)(vm * 1000);
    if (supply != 0) {
        c->level_loss = 0; /* its outputs reach VDD */
    } else {
        c->supply_from_dtr = true; /* it does not hang on RTS */
    }
}

/* The lines' ramps begin before the 0 V crossing that the file gives. */
static void play(struct rig *r, double end_us)
{
    struct row in[4096];
    int n = 0;
    for (int i = 0; i < n_rows; i++) {
        const char *s = rows[i].signal;
        bool line = !strcmp(s, "TX") || !strcmp(s, "DTR") || !strcmp(s, "RTS");
        if (rows[i].us > 0 && (line || !strcmp(s, "MISO"))) {
            in[n] = rows[i];
            in[n++].us -= line ? (double)rs232_line_lead_ps(&r->tx, rows[i].level) * 1e-6 : 0;
        }
    }
    qsort(in, (size_t)n, sizeof in[0], by_time);
    for (int i = 0; i < n; i++) {
        rig_run_us(r, in[i].us);
        const char *s = in[i].signal;
        if (!strcmp(s, "MISO")) {
            net_drive(&r->miso_pin, in[i].level ? NET_1 : NET_0, NET_STRONG);
        } else {
            rs232_line_set(s[0] == 'T' ? &r->tx : s[0] == 'D' ? &r->dtr : &r->rts, in[i].level);
        }
    }
    rig_run_us(r, end_us);
}

static double compare(const struct rig *r, enum rig_net net, double from_us, double *lock_in)
{
    unsigned k = 0;
    double worst = 0;
    while (k < r->n[net] && r->edge[net][k].us < from_us) {
        k++;
    }
    for (int i = 0; i < n_rows; i++) {
        if (strcmp(rows[i].signal, rig_net_name[net]) || rows[i].us == 0 || rows[i].us < from_us) {
            continue;
        }
        ck_assert_msg(k < r->n[net], "%s: SPICE has an edge at %.3f, we have none", rows[i].signal, rows[i].us);
        struct rig_edge e = r->edge[net][k++];
        ck_assert_msg(e.level == rows[i].level, "%s at %.3f: level %d expected", rows[i].signal, e.us, rows[i].level);
        double off = fabs(e.us - rows[i].us);
        double *max = lock_in && net == RIG_SCK && rows[i].us > LOCK_IN_FROM_US ? lock_in : &worst;
        *max = off > *max ? off : *max;
    }
    ck_assert_msg(k == r->n[net], "%s: we have %u edges, SPICE %u", rig_net_name[net], r->n[net], k);
    return worst;
}

START_TEST(every_edge_of_the_spice_run)
{
    load(LIMPET_TESTS_DATA "/rs232_golden.csv");
    struct rig *r = rig_new(&miniframe_two_4001, &rs232_levels_9v, 115200);
    play(r, 46000);
    double lock_in = 0;
    for (enum rig_net i = 0; i < RIG_NETS; i++) {
        double worst = compare(r, i, 0, &lock_in);
        printf("%-7s %3u edges, at most %.3f us off\n", rig_net_name[i], r->n[i], worst);
        ck_assert_msg(worst <= TOLERANCE_US, "%s: %.3f us off", rig_net_name[i], worst);
    }
    printf("lock-in %.3f us off\n", lock_in);
    ck_assert(lock_in <= LOCK_IN_TOLERANCE_US);
    rig_free(r);
}
END_TEST

START_TEST(other_parts_and_stimuli)
{
    static const char *const files[] = {
        "parts_1",      "parts_2", "dtr_in_mid_period",   "discriminator",       "921600", "too_long",
        "short_pulses", "power",   "lock_and_short_gaps", "discriminator_pauses"
    };
    char path[300];
    snprintf(path, sizeof path, LIMPET_TESTS_DATA "/miniframe_%s.csv", files[_i]);
    load(path);
    struct miniframe_config c = miniframe_two_4001;
    struct rs232_levels l = rs232_levels_9v;
    set_parts(&c, &l);
    struct rig *r = rig_new(&c, &l, 115200);
    play(r, rows[n_rows - 1].us + 20);
    bool given_supply = c.supply_from_dtr;
    for (enum rig_net i = given_supply ? RIG_RESET : RIG_VDD_OK; i < RIG_NETS; i++) {
        double worst = compare(r, i, given_supply ? GIVEN_SUPPLY_FROM_US : 0, NULL);
        printf("%s %s: at most %.3f us off\n", files[_i], rig_net_name[i], worst);
        double limit = given_supply ? OTHER_TOLERANCE_US : SUPPLY_TOLERANCE_US;
        ck_assert_msg(worst <= limit, "%s %s: %.3f us off", files[_i], rig_net_name[i], worst);
    }
    rig_free(r);
}
END_TEST

/* A sender of our own makes the same waveforms as the file's TX, and the target reads AC 53 00 00. */
START_TEST(the_same_session_from_characters)
{
    static const uint8_t send[16] = { 0x07, 0x07, 0x37, 0x04, 0x34, 0x34, 0x04, 0x37,
                                      0x15, 0x15, 0x15, 0x15, 0x15, 0x15, 0x15, 0x15 };
    static const int expected[16] = { 0x27, 0x27, 0x37, 0x26, 0x36, 0x36, 0x26, 0x37,
                                      0x27, 0x25, 0x37, 0x26, 0x37, 0x37, 0x37, 0x37 };
    struct rig *r = rig_new(&miniframe_two_4001, &rs232_levels_9v, 115200);
    r->echo = true;
    r->ts_us = 2.0;
    rig_open(r);
    double start[16];
    for (int i = 0; i < 16; i++) {
        r->tx_us += (i == 3 ? 5 : i == 9 ? 37 : 0) * r->bit_us;
        start[i] = r->tx_us;
        rig_char(r, send[i], 6, 0);
    }
    rig_line(r, &r->dtr, false, 44500);
    rig_run_us(r, 46000);
    ck_assert_uint_eq(r->bits, 32);
    static const uint8_t bytes[4] = { 0xac, 0x53, 0x00, 0x00 };
    ck_assert_mem_eq(r->mosi_byte, bytes, 4);
    for (int i = 0; i < 16; i++) {
        /* bits 1 and 5 are sampled near the end of the period: which way depends on the receiver */
        ck_assert_int_eq(rig_received(r, start[i], 6) & ~0x22, expected[i] & ~0x22);
    }
    rig_free(r);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("miniframe_golden");
    TCase *tc = tcase_create("spice");
    tcase_add_test(tc, every_edge_of_the_spice_run);
    tcase_add_loop_test(tc, other_parts_and_stimuli, 0, 10);
    tcase_add_test(tc, the_same_session_from_characters);
    suite_add_tcase(s, tc);
    return run_all(s);
}
