/* SPDX-License-Identifier: GPL-3.0-or-later */
/* steps_exec.h - what a step that runs a program was told (scenario_step.own) */
#ifndef HARNESS_RUN_STEPS_EXEC_H
#define HARNESS_RUN_STEPS_EXEC_H

#include <stdbool.h>

struct exec_step {
    const char *program;
    const char **args; /* NULL-terminated; avrdude's -c -P -b -p are put before them unless given here */
    const char *input; /* its standard input; NULL: empty */
    int exit_status;
    bool on_target;                  /* avrdude: on the target's own serial port (a bootloader) */
    const char **says;               /* texts that its output must hold; NULL-terminated */
    const struct input_file **files; /* that it reads: as they were when the scenario was loaded */
    unsigned n_files;
};

#endif
