/* SPDX-License-Identifier: GPL-3.0-or-later */
/* main.c - the limpet command: finds the subcommand and hands over */
#include <argp.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/commands/command.h"
#include "harness/commands/end_signals.h"
#include "harness/commands/stack_room.h"
#include "harness/commands/standard_streams.h"

const char *argp_program_version = "limpet " LIMPET_VERSION;

static const struct command *find_command(const char *name)
{
    for (const struct command *c = commands; c->name; c++) {
        if (strcmp(c->name, name) == 0) {
            return c;
        }
    }
    return NULL;
}

/* The list of commands and the examples come from the table, after argp's list of options. */
static char *help_filter(int key, const char *text, void *input)
{
    (void)input;
    if (key != ARGP_KEY_HELP_POST_DOC) {
        return (char *)text;
    }
    char *doc = NULL;
    size_t size = 0;
    FILE *f = open_memstream(&doc, &size);
    if (!f) {
        return (char *)text;
    }
    fputs("Commands:\n", f);
    for (const struct command *c = commands; c->name; c++) {
        if (!c->hidden) {
            fprintf(f, "  %-12s %s\n", c->name, c->summary);
        }
    }
    fputs("  help         help COMMAND says what a command can do\n\nExamples:\n", f);
    for (const struct command *c = commands; c->name; c++) {
        if (c->example) {
            fprintf(f, "%s\n", c->example);
        }
    }
    fputs("\nExit status: 0 all passed, 1 a scenario failed, 2 bad usage or bad input.", f);
    fclose(f);
    return doc;
}

struct choice {
    int first; /* index of the command's name in argv */
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    (void)arg;
    struct choice *choice = state->input;
    switch (key) {
    case ARGP_KEY_ARG: /* what follows belongs to the command */
        choice->first = state->next - 1;
        state->next = state->argc;
        return 0;
    case ARGP_KEY_NO_ARGS: argp_usage(state); return EINVAL;
    default: return ARGP_ERR_UNKNOWN;
    }
}

static int run_command(const struct command *c, int argc, char **argv)
{
    static char name[64]; /* for as long as the process lives */

    snprintf(name, sizeof name, "limpet %s", c->name);
    standard_streams_name(name);
    argv[0] = name;
    return c->run(argc, argv);
}

int main(int argc, char **argv)
{
    static const struct argp argp = {
        .parser = parse,
        .args_doc = "COMMAND [ARG...]",
        .doc = "A bench without hardware for AVR in-system programmers: a virtual AVR on a simulated "
               "breadboard, programmed through its pins by the programmer under test.\v",
        .help_filter = help_filter,
    };
    struct choice choice = { 0 };

    if (!standard_streams_ready("limpet") || !stack_room_ready("limpet")) {
        return EXIT_BAD_INPUT;
    }
    end_signals_clear_up();
    argp_err_exit_status = EXIT_BAD_INPUT;
    setenv("ARGP_HELP_FMT", "rmargin=110", 0); /* examples stay on their lines */
    argp_parse(&argp, argc, argv, ARGP_IN_ORDER, NULL, &choice);
    argc -= choice.first;
    argv += choice.first;

    if (strcmp(argv[0], "help") == 0) {
        static char ask[] = "--help";
        const struct command *c = argc > 1 ? find_command(argv[1]) : NULL;
        if (c) {
            return run_command(c, 2, (char *[]){ argv[1], ask, NULL });
        }
        if (argc == 1) {
            argp_help(&argp, stdout, ARGP_HELP_STD_HELP & ~ARGP_HELP_EXIT_OK, program_invocation_short_name);
            return EXIT_OK;
        }
        argv++;
    }
    const struct command *c = find_command(argv[0]);
    if (!c) {
        fprintf(stderr, "limpet: no command \"%s\"; `limpet --help` lists them\n", argv[0]);
        return EXIT_BAD_INPUT;
    }
    return run_command(c, argc, argv);
}
