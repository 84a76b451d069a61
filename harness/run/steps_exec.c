/* SPDX-License-Identifier: GPL-3.0-or-later */
/* steps_exec.c - real programs as a step, in simulated time: avrdude, and any other */
#include "harness/run/steps_exec.h"

#include "harness/base/firmware_path.h"
#include "harness/base/input_file.h"
#include "harness/exec/devices.h"
#include "harness/exec/exec.h"
#include "harness/run/step.h"
#include "harness/run/steps.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool needs_host(struct loader *l, const char *path, const char *key)
{
    return programmer_has_front_end(&l->s->board.programmer) || programmer_is_firmware(&l->s->board.programmer) ||
           load_problem(l, path, key, "a recording is the programmer of this board: no avrdude can drive it");
}

/* ---- what a step says ---- */

#define MAX_FILE_BYTES (16u * 1024 * 1024)

struct raw_program {
    char *program, *args, *input, *exit, *port;
    char **says;
    unsigned says_count;
};

static const cyaml_schema_field_t avrdude_fields[] = {
    TEXT(raw_program, args),
    TEXT(raw_program, input),
    TEXT(raw_program, exit),
    TEXT(raw_program, port),
    LIST(raw_program, says, raw_text_value),
    CYAML_FIELD_END,
};

static const cyaml_schema_field_t exec_fields[] = {
    TEXT(raw_program, program),
    TEXT(raw_program, args),
    TEXT(raw_program, input),
    TEXT(raw_program, exit),
    LIST(raw_program, says, raw_text_value),
    CYAML_FIELD_END,
};

/* What avrdude will read, it reads itself: all runs of a sweep must find what stood there at the beginning. */
static bool keep_read_file(struct loader *l, struct exec_step *a, const char *arg, size_t len, const char *full)
{
    bool is_read = len >= 3 && (!strncmp(arg + len - 3, ":w:", 3) || !strncmp(arg + len - 3, ":v:", 3));
    const struct input_file *f = is_read ? input_files_get(l->s->inputs, full, MAX_FILE_BYTES, NULL, l->err) : NULL;

    if (f) {
        a->files[a->n_files++] = f;
    }
    return f || !is_read;
}

/* Splits at blanks; "..." and '...' keep them. A part "@NAME" (up to a colon) becomes the path of that file. */
static bool load_args(struct loader *l, const char *path, const char *text, struct exec_step *a)
{
    size_t room = strlen(text) / 2 + 2, n = 0;
    char arg[2 * PATH_MAX];

    a->args = load_keep(l, room * sizeof *a->args);
    a->files = load_keep(l, room * sizeof *a->files);
    for (const char *p = text; *p;) {
        size_t len = 0;
        char quote = 0;

        if (*p == ' ' || *p == '\n') {
            p++;
            continue;
        }
        for (; *p && (quote || (*p != ' ' && *p != '\n')); p++) {
            if (quote ? *p == quote : (*p == '"' || *p == '\'')) {
                quote = quote ? 0 : *p;
            } else if (*p == '@' && !quote) {
                char name[200], full[PATH_MAX];
                size_t k = strcspn(p + 1, ": \n");

                snprintf(name, sizeof name, "%.*s", (int)(k < sizeof name ? k : sizeof name - 1), p + 1);
                if (!firmware_resolve(name, l->dir, full, sizeof full, l->err) ||
                    !keep_read_file(l, a, arg, len, full)) {
                    return load_place_problem(l, path, "args");
                }
                if (len + strlen(full) + 1 >= sizeof arg) {
                    return load_problem(l, path, "args", "an argument is too long");
                }
                len += (size_t)sprintf(arg + len, "%s", full);
                p += k;
            } else if (len + 2 < sizeof arg) {
                arg[len++] = *p;
            } else {
                return load_problem(l, path, "args", "an argument is too long");
            }
        }
        if (quote) {
            return load_problem(l, path, "args", "a quote (%c) is not closed", quote);
        }
        arg[len] = '\0';
        a->args[n++] = load_keep_text(l, arg);
    }
    return true;
}

/* What both kinds of step say. */
static bool load_common(struct loader *l, const char *path, const struct raw_program *raw, struct exec_step *a)
{
    int64_t status = 0;

    if (!load_args(l, path, raw->args ? raw->args : "", a) ||
        !load_number(l, path, "exit", raw->exit, QUANTITY_COUNT, 0, 255, &status)) {
        return false;
    }
    a->exit_status = (int)status;
    a->input = raw->input ? load_keep_text(l, raw->input) : NULL;
    a->says = load_keep(l, (raw->says_count + 1) * sizeof *a->says);
    for (unsigned i = 0; i < raw->says_count; i++) {
        a->says[i] = load_keep_text(l, raw->says[i]);
    }
    return true;
}

static bool load_avrdude(struct loader *l, const char *path, const void *given, struct scenario_step *s)
{
    const struct raw_program *raw = given;
    struct exec_step *a = load_keep(l, sizeof *a);

    s->own = a;
    a->program = "avrdude";
    return load_common(l, path, raw, a) && step_load_port(l, path, raw->port, needs_host, &a->on_target);
}

static bool load_exec(struct loader *l, const char *path, const void *given, struct scenario_step *s)
{
    const struct raw_program *raw = given;
    struct exec_step *a = load_keep(l, sizeof *a);
    char full[PATH_MAX];

    s->own = a;
    if (!raw->program || !*raw->program) {
        return load_problem(l, path, raw->program ? "program" : NULL, "which program? program: sh, args: -c '...'");
    }
    if (raw->program[0] == '@') { /* a file beside the scenario */
        if (!firmware_resolve(raw->program + 1, l->dir, full, sizeof full, l->err)) {
            return load_place_problem(l, path, "program");
        }
        a->program = load_keep_text(l, full);
    } else {
        a->program = load_keep_text(l, raw->program);
    }
    return load_common(l, path, raw, a);
}

/* ---- running ---- */

static bool has_arg(const char *const *args, const char *option)
{
    for (; *args; args++) {
        if (!strncmp(*args, option, 2)) {
            return true;
        }
    }
    return false;
}

struct command_line {
    const char *args[200]; /* NULL at the end */
    char baud[16], port[64];
};

static bool make_command_line(const struct run *run, const struct exec_step *a, struct command_line *c,
                              struct problem *err)
{
    const struct scenario_board *board = &run->s->board;
    /* a bootloader speaks arduino's protocol */
    const char *programmer = a->on_target ? "arduino" : board->programmer.host->avrdude_c[0];
    const char *const usual[][2] = {
        { "-c", programmer },
        { "-P", devices_port_path(run->b, a->on_target ? BOARD_PORT_TARGET : BOARD_PORT_PROGRAMMER, c->port) },
        { "-b", c->baud },
        { "-p", board->target.part->avrdude_id },
    };
    unsigned n = 0;

    snprintf(c->baud, sizeof c->baud, "%u", a->on_target ? board->target.uart.baud : board->programmer.baud);
    for (unsigned i = 0; i < 4; i++) {
        if (!has_arg(a->args, usual[i][0])) {
            c->args[n++] = usual[i][0];
            c->args[n++] = usual[i][1];
        }
    }
    for (unsigned i = 0; a->args[i]; i++) {
        if (n + 2 > sizeof c->args / sizeof c->args[0]) {
            return problem_set(err, "too many arguments for avrdude");
        }
        c->args[n++] = a->args[i];
    }
    c->args[n] = NULL;
    return true;
}

/* Of a long output its end, from the beginning of a line on: there stands what went wrong. */
static const char *end_of(const char *output)
{
    size_t n = strlen(output);
    const char *from = n > 600 ? output + n - 600 : output;
    const char *line = n > 600 ? strchr(from, '\n') : NULL;

    return line && line[1] ? line + 1 : from;
}

/* "...": what is missing was said in other letters */
static const char *case_hint(const char *output, const char *text)
{
    return strcasestr(output, text) ? " (but in other letters: capitals count)" : "";
}

static bool judge(const struct exec_step *a, const struct exec_result *result, struct problem *err)
{
    const char *name = strrchr(a->program, '/') ? strrchr(a->program, '/') + 1 : a->program;

    if (result->signal) {
        return problem_set(err, "%.100s was ended by signal %d (%s); it said:\n%.600s", name, result->signal,
                           strsignal(result->signal), end_of(result->output));
    }
    if (result->exit_status != a->exit_status) {
        return problem_set(err, "%.100s's exit status is %d, expected %d; it said:\n%.600s", name, result->exit_status,
                           a->exit_status, end_of(result->output));
    }
    for (unsigned i = 0; a->says[i]; i++) {
        if (!strstr(result->output, a->says[i])) {
            return problem_set(err, "%.100s did not say '%.100s'%s; it said:\n%.600s", name, a->says[i],
                               case_hint(result->output, a->says[i]), end_of(result->output));
        }
    }
    return true;
}

static void note(void *ctx, const char *text)
{
    struct run *run = ctx;

    report_remark(run->r, text); /* whoever reads a verdict must see it */
}

/* `serve` is to end. */
static bool stopped(void *ctx)
{
    const struct run *run = ctx;

    return run->pace && run->pace->stopped(run->pace->ctx);
}

static bool run_program(struct run *run, const struct exec_step *a, const char *const *args, struct problem *err)
{
    struct exec_job job = exec_job_default;
    struct exec_result result;
    bool ok;

    for (unsigned i = 0; i < a->n_files; i++) {
        if (!input_file_unchanged(a->files[i], err)) {
            return false;
        }
    }
    job.program = a->program;
    job.args = args;
    job.captured = true;
    job.input = a->input;
    job.note = note;
    job.stopped = stopped;
    job.ctx = run;
    if (!exec_run(run->b, &job, &result, err)) {
        run->lacked = result.not_its_doing;
        return false;
    }
    diagnosis_program_ended(&run->program, a->program, args, a->on_target, &result);
    report_output(run->r, result.output);
    if (*board_ports_complaint(run->ports)) {
        report_note(run->r, "the programmer said: %s", board_ports_complaint(run->ports));
    }
    ok = judge(a, &result, err);
    free(result.output);
    return ok;
}

static bool run_avrdude(struct run *run, const struct scenario_step *s, struct problem *err)
{
    struct command_line command;

    return session_close(run, err) && make_command_line(run, s->own, &command, err) &&
           run_program(run, s->own, command.args, err);
}

static bool run_exec(struct run *run, const struct scenario_step *s, struct problem *err)
{
    const struct exec_step *a = s->own;

    return session_close(run, err) && run_program(run, a, a->args, err);
}

const struct step_type step_avrdude = {
    .key = "avrdude",
    .about = STEP_PROGRAM,
    .text = "avrdude",
    .fields = avrdude_fields,
    .raw_bytes = sizeof(struct raw_program),
    .load = load_avrdude,
    .run = run_avrdude,
};

const struct step_type step_exec = {
    .key = "exec",
    .about = STEP_PROGRAM,
    .text = "exec",
    .fields = exec_fields,
    .raw_bytes = sizeof(struct raw_program),
    .load = load_exec,
    .run = run_exec,
};
