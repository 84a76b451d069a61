/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/commands/bench_args.h"

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
    struct bench_args *a = state->input;

    switch (key) {
    case ARGP_KEY_INIT:
        a->board = board_args_default;
        state->child_inputs[0] = &a->board;
        state->child_inputs[1] = &a->set;
        return 0;
    case ARGP_KEY_ARG:
        if (a->scenario) {
            argp_error(state, "more than one scenario: \"%s\"%s", arg, a->hint ? a->hint : "");
        }
        a->scenario = arg;
        return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_child children[] = { { &board_args_argp, 0, NULL, 0 }, { &set_args_argp, 0, NULL, 0 }, { 0 } };

const struct argp bench_args_argp = { .children = children, .parser = parse_option };

bool bench_args_load(struct bench_args *a, const struct output *more, const struct output *place, unsigned n_places,
                     struct problem *err)
{
    struct output out[BOARD_ARGS_OUTPUTS + 1];
    unsigned n = board_args_outputs(&a->board, out);

    if (more) {
        a->more = out[n++] = *more;
    }
    if (a->set.n && !a->scenario) {
        return problem_set(err, "--set: of which scenario? The board without one has no file");
    }
    a->loaded = a->scenario ? scenario_load(a->scenario, a->set.sets, a->set.n, err) : scenario_default(err);
    if (!a->loaded || !outputs_possible(out, n, &a->scenario, a->scenario ? 1 : 0, err) ||
        !places_possible(place, n_places, out, n, err)) {
        return false;
    }
    return !a->board.firmware || programmer_is_firmware(&a->loaded->board.programmer) ||
           problem_set(err, "--firmware: the programmer of %s runs none", a->loaded->path);
}

struct board *bench_args_board(struct bench_args *a, const volatile int *stop, struct problem *err)
{
    struct output out[BOARD_ARGS_OUTPUTS + 1];
    unsigned n = board_args_outputs(&a->board, out);

    out[n++] = a->more;
    a->board.stop = stop;
    struct board *board = board_args_new(&a->board, a->loaded, &a->chip, err);
    if (board && !outputs_spare(out, n, a->loaded->inputs, err)) {
        board_free(board);
        board = NULL;
    }
    return board;
}

void bench_args_free(struct bench_args *a)
{
    kept_chip_free(&a->chip);
    scenario_free(a->loaded);
    set_args_free(&a->set);
}
