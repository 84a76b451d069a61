/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/commands/board_args.h"

#include "harness/base/quantity.h"
#include "wave/csv_write.h"
#include "wave/out_file.h"
#include "wave/vcd_write.h"

#include <string.h>

const struct board_args board_args_default = { .tick_ps = VCD_TICK_PS };

enum { OPT_VCD = 0x100000, OPT_CSV, OPT_CHIP, OPT_TICK };

static const struct argp_option option_table[] = {
    { "vcd", OPT_VCD, "FILE", 0, "Write the recorded nets as VCD (GTKWave, PulseView, sigrok-cli)", 0 },
    { "csv", OPT_CSV, "FILE", 0, "Write the same changes as rows time_us,signal,level", 0 },
    { "vcd-tick", OPT_TICK, "TIME", 0, "Time step of the VCD: 1, 10 or 100 of a unit (default 100ps)", 0 },
    { "chip", OPT_CHIP, "FILE", 0, "The chip is the one kept in FILE, if there is one, and goes back there", 0 },
    { "seed", 's', "N", 0, "Seed of everything random, instead of the scenario's", 0 },
    { "firmware", 'f', "FILE", 0,
      "Put this image (ELF or hex), or the built-in one of this name, on the programmer's Uno; a built-in one brings "
      "its host and speed",
      0 },
    { 0 },
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct board_args *a = state->input;
    struct problem err;
    int64_t n;

    switch (key) {
    case OPT_VCD: a->vcd = arg; return 0;
    case OPT_CSV: a->csv = arg; return 0;
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
    default: return ARGP_ERR_UNKNOWN;
    }
}

const struct argp board_args_argp = { .options = option_table, .parser = parse };

static bool can_write(const char *path, struct problem *err)
{
    return !path || out_file_possible(path, err);
}

bool board_args_can_write(const struct board_args *a, struct problem *err)
{
    return can_write(a->vcd, err) && can_write(a->csv, err);
}

struct board *board_args_new(const struct board_args *a, struct scenario *s, struct kept_chip *chip,
                             struct problem *err)
{
    if (a->firmware) {
        scenario_set_firmware(s, a->firmware);
    }
    if (!kept_chip_load(chip, a->chip, s, a->has_seed ? a->seed : s->seed, err)) {
        return NULL;
    }
    const struct board_options o = {
        .has_seed = a->has_seed,
        .seed = a->seed,
        .chip = chip->nvm,
        .trace = a->vcd || a->csv,
    };
    return board_new(s, &o, err);
}

bool board_args_write(const struct board_args *a, struct board *b, struct problem *err)
{
    const struct trace *t = board_trace(b);

    return (!a->vcd || vcd_write(a->vcd, t, board_now(b), a->tick_ps, err)) && (!a->csv || csv_write(a->csv, t, err));
}
