/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * host_rows.h - the protocols that a PC speaks to a programmer's serial port, and which one our firmware speaks
 *
 * A further protocol is a row here and a host_*.c with its constructor; a further firmware of ours is a row.
 */
#ifndef HARNESS_HOSTS_HOST_ROWS_H
#define HARNESS_HOSTS_HOST_ROWS_H

#include "harness/hosts/host.h"
#include "harness/hosts/programmer.h"

struct host_row {
    const char *name;         /* in scenario files: board.programmer.host */
    const char *avrdude_c[6]; /* avrdude's -c for it, the usual one first; NULL at the end */
    uint32_t baud;            /* usual speed of its programmers */
    bool has_settings;        /* asks the programmer for what struct host_settings says */
    bool can_hurry;           /* ... and knows its `impatient` */
    struct programmer (*create)(const struct host *host, const struct host_settings *settings);
};

extern const struct host_row host_rows[]; /* name NULL at the end; the first: where nobody says another */

/* NULL: there is none of that name. */
const struct host_row *host_row_of(const char *name);
/* "stk500v1, stk500v2": of those that have settings, or of all. Returns buf. */
char *host_row_names(bool with_settings, char *buf, size_t n);

struct firmware_row { /* an image that the build makes */
    const char *name; /* as firmware_find() takes it */
    const char *host; /* of host_rows[] */
    uint32_t baud;
    const char *serial_host; /* for a target with high-voltage serial programming; NULL: the same */
};

/* NULL: none of ours, or no programmer: what it speaks is not known. */
const struct firmware_row *firmware_row_of(const char *name);

#endif
