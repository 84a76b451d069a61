/* SPDX-License-Identifier: GPL-3.0-or-later */
/* steps_serial.h - what an avrdude step was told (scenario_step.own) */
#ifndef HARNESS_RUN_STEPS_SERIAL_H
#define HARNESS_RUN_STEPS_SERIAL_H

#include <stdbool.h>

struct avrdude_step {
    const char **args; /* NULL-terminated; -c -P -b -p are put before them unless given here */
    int exit_status;
    bool on_target;                  /* on the target's own serial port (a bootloader) */
    const char **says;               /* texts that its output must hold; NULL-terminated */
    const struct input_file **files; /* that it reads: as they were when the scenario was loaded */
    unsigned n_files;
};

#endif
