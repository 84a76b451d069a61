/* SPDX-License-Identifier: GPL-3.0-or-later */
/* diagnosis_facts.h - what is known of a step when its failure is explained (diagnosis.h) */
#ifndef HARNESS_RUN_DIAGNOSIS_FACTS_H
#define HARNESS_RUN_DIAGNOSIS_FACTS_H

#include "harness/scenario/scenario.h"
#include "sim/kernel.h"

struct diagnosis_program { /* a real program that was the host in this step */
    bool ran, is_avrdude;
    bool on_target; /* it was to speak to the target's own serial port */
    uint64_t opens; /* of devices of the board */
    /* what avrdude was told; "": nothing */
    char part[24], programmer[24], port[80];
    int fuse[4];        /* by -U, enum prog_fuse; -1: not this one */
    bool fuses, eeprom; /* -U names them at all */
};

struct diagnosis {                    /* what there was when the step began */
    sim_time since_ps;                /* ... */
    sim_time session_ps;              /* ... when its session began; SIM_NEVER: it needs none */
    uint64_t session_resets;          /* ... of the programmer, when it had begun */
    bool reaches_target;              /* the step is of no use unless the programmer reaches the target */
    bool compares;                    /* ... it compares what has been written before */
    const int *fuse;                  /* ... with these: enum prog_fuse, -1: not this one; NULL: no fuses */
    const int *signature;             /* ... or this, -1: any; NULL: not asked */
    const uint8_t *signature_came;    /* ... and what the host got, three bytes; NULL: nothing */
    const struct scenario_data *data; /* ... or these; NULL */
    enum prog_memory memory;
    uint64_t rx_overruns, resets, sent, received, enables;
    uint32_t erases;
    struct diagnosis_program program;
};

#endif
