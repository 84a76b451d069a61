/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * subject.h - the programmer that is judged: a firmware image on a board, or a scenario's own programmer
 *
 *      FIRMWARE --> a scenario that has it on a board --+
 *      SCENARIO --> its board and programmer -----------+--> + target, clock, steps of one run --> struct scenario
 *
 * Of a scenario its steps, expectations, target and chip are replaced; wires, parts, supply and programmer stay.
 * With the host `steps` its steps stay and are the session, on the plan's targets: a host of one's own as uart steps, or a
 * program (avrdude, exec). What it asks for nobody knows then; its `expect` of flash, eeprom and fuses tells right from wrong.
 * What it speaks, if nobody says: the firmware is let run until it listens at some speed, then the known hosts
 * (harness/hosts/host_rows.h) are tried at that speed.
 */
#ifndef HARNESS_JUDGE_SUBJECT_H
#define HARNESS_JUDGE_SUBJECT_H

#include "harness/scenario/scenario.h"

struct subject_options { /* NULL, 0: not said */
    const char *what;    /* image, built-in name or scenario */
    const char *host, *board, *part;
    uint32_t baud;
    struct input_files *inputs; /* read already: they become the subject's, and this set is empty */
};

enum subject_can { /* bits: what its programmer offers */
                   CAN_SIGNATURE = 1,
                   CAN_ERASE = 2,
                   CAN_READ = 4,
                   CAN_WRITE = 8,
                   CAN_READ_FUSE = 16,
                   CAN_WRITE_FUSE = 32,
};

struct subject {
    const char *path;     /* of the scenario; of a firmware what stands for it in messages */
    char *text;           /* the scenario made for a firmware; NULL: it is a file */
    char *name;           /* "arduinoisp", "my_programmer.elf" */
    const char *firmware; /* as given; NULL: none */
    const struct part *part;
    char host_set[80], baud_set[24]; /* values; "": not set */
    bool host_found;                 /* by trying */
    uint32_t baud;                   /* 0: no serial port */
    char restarts[120];              /* of a firmware that starts over for ever: that it does; "": it does not */
    const char *host;                /* name; NULL: no serial host */
    const char *circuit;             /* "miniframe", "usb"; NULL: none */
    char pin[4][48];                 /* of the programmer: RESET, SCK, MOSI, MISO: "uno.D10" ... */
    char recovery[80];               /* what leads its recovery clock to XTAL1, as sets of a plan row; "": none */
    bool own_steps;                  /* its scenario's steps are the session: --host steps */
    unsigned can;                    /* enum subject_can */
    bool mute;                       /* its board has no programmer that could be asked to do anything */
    bool blind;                      /* it has operations that read, and reads nothing of a healthy target */
    struct input_files inputs;
};

/* False and err: bad input. What it speaks is not known yet. */
bool subject_init(struct subject *s, const struct subject_options *o, struct problem *err);
void subject_free(struct subject *s);

/* Its scenario with these values set besides. NULL: err. */
struct scenario *subject_scenario(struct subject *s, const struct scenario_set *sets, unsigned n, struct problem *err);

/* Finds host and baud where they are not known. False and why: nothing that is known gets an answer. */
bool subject_find_host(struct subject *s, struct problem *why);

#endif
