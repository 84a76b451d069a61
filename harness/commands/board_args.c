/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/commands/board_args.h"

#include "harness/base/firmware_path.h"
#include "harness/base/quantity.h"
#include "harness/commands/wave_source.h"
#include "sim/memory.h"
#include "wave/csv_write.h"
#include "wave/doc_trace.h"
#include "wave/doc_write.h"
#include "wave/isp_track.h"
#include "wave/vcd_write.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

const struct board_args board_args_default = { .tick_ps = VCD_TICK_PS };

enum {
    OPT_VCD = 0x100000,
    OPT_CSV,
    OPT_CHIP,
    OPT_TICK,
    OPT_MAX_TIME,
    OPT_MAX_CYCLES,
    OPT_NO_SHORTCUTS,
    OPT_STATS,
    OPT_SHUFFLE,
    OPT_PROFILE,
    OPT_SIGNALS,
};

static const struct argp_option option_table[] = {
    { "vcd", OPT_VCD, "FILE", 0, "Write the recorded nets as VCD (GTKWave, PulseView, sigrok-cli)", 0 },
    { "vcd-profile", OPT_PROFILE, "plain|full", 0,
      "plain (default): wires and volts, which every viewer reads. full: also steps, instructions, findings and the "
      "target's state as strings, for GTKWave, Surfer and limpet",
      0 },
    { "signals", OPT_SIGNALS, "NAME,...", 0, "Of the VCD only these signals (and tracks of the full profile)", 0 },
    { "csv", OPT_CSV, "FILE", 0, "Write the same changes as rows time_us,signal,level", 0 },
    { "vcd-tick", OPT_TICK, "TIME", 0, "Time step of the VCD: 1, 10 or 100 of a unit (default 100ps)", 0 },
    { "chip", OPT_CHIP, "FILE", 0, "The chip is the one kept in FILE, if there is one, and goes back there", 0 },
    { "seed", 's', "N", 0, "Seed of everything random, instead of the scenario's", 0 },
    { "firmware", 'f', "FILE", 0,
      "Put this image (ELF or hex), or the built-in one of this name, on the programmer's Uno; a built-in one brings "
      "its host and speed; with run over several scenarios those that can't take it are skipped",
      0 },
    { "max-time", OPT_MAX_TIME, "TIME", 0,
      "Simulated time that a run may take before it is stopped (default: 24 h for a scenario, none for serve)", 0 },
    { "max-cycles", OPT_MAX_CYCLES, "N", 0,
      "CPU cycles that a run may execute before it is stopped; sleep and waiting loops cost next to none, another event "
      "counts as 20 (default: 200000000000, some minutes, for a scenario, none for serve)",
      0 },
    { "no-shortcuts", OPT_NO_SHORTCUTS, NULL, 0,
      "Execute every instruction and make every edge: slow, and the results are the same (docs/speed.md)", 0 },
    { "stats", OPT_STATS, NULL, 0,
      "Say where the work went: instructions executed and skipped, by what means and by each chip, and events by kind, the "
      "same in every run; and with run the time it took, on stderr (docs/speed.md)",
      0 },
    { "shuffle", OPT_SHUFFLE, "SEED", 0,
      "Within an instant, wake parts in a random order: the results must be the same (a test of the simulator)", 0 },
    { 0 },
};

bool board_args_cuts(const struct board_args *a)
{
    return a->range.from || a->range.to || a->range.around || a->signals;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct board_args *a = state->input;
    struct problem err;
    int64_t n;

    switch (key) {
    case OPT_VCD: a->vcd = arg; return 0;
    case ARGP_KEY_INIT: state->child_inputs[0] = &a->range; return 0;
    case OPT_SIGNALS: a->signals = arg; return 0;
    case OPT_CSV: a->csv = arg; return 0;
    case OPT_PROFILE:
        if (strcmp(arg, "plain") != 0 && strcmp(arg, "full") != 0) {
            argp_error(state, "--vcd-profile: \"%s\" is neither plain nor full", arg);
        }
        a->full = strcmp(arg, "full") == 0;
        return 0;
    case OPT_CHIP: a->chip = arg; return 0;
    case OPT_TICK:
        a->tick_ps = vcd_tick_parse(arg);
        if (!a->tick_ps) {
            argp_error(state, "--vcd-tick: \"%s\" is not 1, 10 or 100 of ps, ns, us, ms or s", arg);
        }
        return 0;
    case 's':
        if (!quantity_parse(QUANTITY_COUNT, arg, 0, INT64_MAX, &n, &err)) {
            argp_error(state, "--seed: %s", err.text);
        }
        a->seed = (uint64_t)n;
        a->has_seed = true;
        return 0;
    case 'f': a->firmware = arg; return 0;
    case OPT_MAX_TIME:
        if (!quantity_parse(QUANTITY_TIME_PS, arg, 1, SIM_END_PS, &n, &err)) {
            argp_error(state, "--max-time: %s", err.text);
        }
        a->budget_ps = (sim_time)n;
        return 0;
    case OPT_MAX_CYCLES:
        if (!quantity_parse(QUANTITY_COUNT, arg, 1, INT64_MAX, &n, &err)) {
            argp_error(state, "--max-cycles: %s", err.text);
        }
        a->budget_ck = (uint64_t)n;
        return 0;
    case OPT_NO_SHORTCUTS: a->no_shortcuts = true; return 0;
    case OPT_STATS: a->stats = true; return 0;
    case OPT_SHUFFLE:
        if (!quantity_parse(QUANTITY_COUNT, arg, 0, INT64_MAX, &n, &err)) {
            argp_error(state, "--shuffle: %s", err.text);
        }
        a->shuffle_seed = (uint64_t)n;
        a->has_shuffle = true;
        return 0;
    case ARGP_KEY_END:
        if (board_args_cuts(a) && !a->vcd && !a->record) {
            argp_error(state, "--from, --to, --around and --signals are about a VCD; which one?");
        }
        return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_child children[] = {
    { &wave_range_argp, 0, "A part of the VCD, whose times then begin at 0:", 6 }, { 0 }
};
const struct argp board_args_argp = { .options = option_table, .parser = parse, .children = children };

unsigned board_args_outputs(const struct board_args *a, struct output out[BOARD_ARGS_OUTPUTS])
{
    const struct output all[BOARD_ARGS_OUTPUTS] = { { "--chip", a->chip }, { "--vcd", a->vcd }, { "--csv", a->csv } };

    memcpy(out, all, sizeof all);
    return BOARD_ARGS_OUTPUTS;
}

/* The scenario may run none, but a typing error is one all the same. */
static bool firmware_is_there(const char *firmware, struct problem *err)
{
    char path[PATH_MAX];

    return firmware_resolve(firmware, NULL, path, sizeof path, err) || problem_prefix(err, "--firmware");
}

struct board *board_args_new(const struct board_args *a, struct scenario *s, struct kept_chip *chip,
                             struct problem *err)
{
    if (a->firmware) {
        if (!firmware_is_there(a->firmware, err)) {
            return NULL;
        }
        scenario_set_firmware(s, a->firmware);
    }
    if (!kept_chip_load(chip, a->chip, s, a->has_seed ? a->seed : s->seed, err)) {
        return NULL;
    }
    const struct board_options o = {
        .has_seed = a->has_seed,
        .seed = a->seed,
        .budget_ps = a->budget_ps,
        .budget_ck = a->budget_ck,
        .stop = a->stop,
        .no_shortcuts = a->no_shortcuts,
        .stats = a->stats,
        .has_shuffle = a->has_shuffle,
        .shuffle_seed = a->shuffle_seed,
        .chip = chip->nvm,
        .trace = a->vcd || a->csv || a->record,
        .notes = a->full || a->notes || a->range.around,
    };
    return board_new(s, &o, err);
}

/* With the tracks that only a run of ours has, and the instructions on its wires; or a part of it. */
static bool write_doc(const struct board_args *a, struct board *b, struct problem *err)
{
    struct wave_doc doc;
    struct isp_decoder dec;
    struct isp_wires wires;
    struct problem none;
    if (!doc_can_hold(board_trace(b), err)) {
        return problem_prefix(err, "%s", a->vcd);
    }
    isp_decoder_init(&dec, board_scenario(b)->board.target.part);
    if (!wave_doc_of_board(&doc, b, &dec)) {
        out_of_memory();
    }
    bool has_wires = isp_wires_find(&wires, &doc, NULL, &dec, &none);
    if (has_wires) {
        isp_track_add(&doc, &wires, &dec);
    }
    bool *signals = memory_zeroed(doc.n_signals + 1, sizeof *signals);
    bool *tracks = memory_zeroed(doc.n_tracks + 1, sizeof *tracks);
    struct wave_range r = a->range;
    const char *of = board_scenario(b)->path ? board_scenario(b)->path : "the run";
    bool ok = wave_range_find(&r, &doc, has_wires ? wires.sck : -1, of, err) &&
              wave_choose(&doc, a->signals, of, signals, tracks, err);
    const struct doc_cut cut = {
        .from_ps = r.from_ps,
        .to_ps = r.to_ps < board_now(b) ? r.to_ps : board_now(b),
        .signals = signals,
        .tracks = a->full ? tracks : NULL,
        .tick_ps = a->tick_ps,
    };
    if (ok && cut.from_ps >= cut.to_ps && cut.from_ps) {
        ok = problem_set(err, "--from: %s is over before that", of);
    }
    ok = ok && doc_write_vcd(a->vcd, &doc, &cut, err);
    free(signals);
    free(tracks);
    doc_free(&doc);
    return ok;
}

static bool write_vcd(const struct board_args *a, struct board *b, struct problem *err)
{
    return a->full || board_args_cuts(a) ? write_doc(a, b, err)
                                         : vcd_write(a->vcd, board_trace(b), board_now(b), a->tick_ps, err);
}

bool board_args_write(const struct board_args *a, struct board *b, struct kept_chip *chip, struct problem *err)
{
    struct problem cells = { "" }, waves = { "" }; /* err may still have what stopped the run, and was told */
    /* the chip first: a waveform can be made again, a chip that somebody programmed can't */
    bool kept = kept_chip_finish(chip, b, &cells);
    const struct trace *t = board_trace(b);
    bool written = (!a->vcd || write_vcd(a, b, &waves)) && (!a->csv || csv_write(a->csv, t, &waves));

    if (!kept || !written) {
        problem_set(err, "%s%s%s", kept ? "" : cells.text, kept || written ? "" : "\n", written ? "" : waves.text);
    }
    return kept && written;
}
