/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * wave_list.h - recorded level changes read from a file (a logic analyser's export), in order of time
 *
 * A signal carries levels (enum net_level) or, once one of its values in the file is a number of volts,
 * millivolts. Limits keep memory bounded: WAVE_MAX_SIGNALS signals, WAVE_MAX_CHANGES changes of 16 bytes, with a sink
 * WAVE_MAX_SINK_CHANGES: a zip of a few KB can hold any number of them.
 */
#ifndef WAVE_WAVE_LIST_H
#define WAVE_WAVE_LIST_H

#include <inttypes.h>

#include "sim/kernel.h"
#include "sim/problem.h"

#define WAVE_MAX_SIGNALS 1024
#define WAVE_MAX_CHANGES (UINT32_C(1) << 26)
#define WAVE_MAX_SINK_CHANGES (UINT32_C(1) << 27) /* a document's takes 9 to 12 bytes */
#define WAVE_TEXT_CHANGES 8 /* a value as text counts so much: a document's takes 60 bytes and more */
#define WAVE_MAX_FILE_BYTES (UINT64_C(1) << 32) /* of a file, and of the samples that a .sr unpacks to */

enum wave_kind { WAVE_LEVELS, WAVE_MILLIVOLTS, WAVE_OTHER /* a bus or event: its bits are signals of their own */ };

struct wave_signal {
    char *name;
    enum wave_kind kind;
    unsigned bits; /* of a vector; else 1 */
};

struct wave_change {
    sim_time at_ps;
    int32_t value; /* enum net_level, or millivolts */
    uint16_t signal;
    bool is_mv;
};

/*
 * Bit of a reader's level: only a resistor holds it there (l and h of a VCD). Goes to sinks; the list keeps the
 * plain level.
 */
#define WAVE_WEAK 4

/* Takes what a reader finds, in order of time, instead of the list's array: a document (wave/doc.h). */
struct wave_sink {
    void *ctx;
    /* False: too many, or out of memory. */
    bool (*signal)(void *ctx, unsigned index, const char *name, enum wave_kind kind, unsigned bits);
    bool (*change)(void *ctx, sim_time at_ps, unsigned signal, bool is_mv, int32_t value);
    /* The value of a WAVE_OTHER signal: a string variable's text, a vector as it stands in the file ("b0110"). */
    bool (*text)(void *ctx, sim_time at_ps, unsigned signal, const char *text);
};

struct wave_list {
    const struct wave_sink *sink; /* NULL: changes[] */
    struct wave_signal *signals;
    unsigned n_signals, cap_signals;
    struct wave_change *changes;
    uint32_t n_changes, cap_changes;
    uint32_t n_sunk;  /* changes that the sink was given */
    sim_time end_ps;  /* last time that the file names */
    sim_time tick_ps; /* of a VCD's timescale, or a sample; 0: unknown */
};

void wave_list_init(struct wave_list *w);
void wave_list_free(struct wave_list *w);

/*
 * Reads a PulseView session (name ends in .sr, or it is a zip), a VCD (name ends in .vcd, or it begins with '$') or a
 * CSV. False: err holds "PATH:LINE: reason" (of a CSV
 * "PATH:LINE:COLUMN: reason"), and the list is empty.
 */
bool wave_list_load(struct wave_list *w, const char *path, struct problem *err);

/* The same from memory; name is used in messages and for its end. */
bool wave_list_parse(struct wave_list *w, const struct wave_sink *sink, const char *name, const char *bytes, size_t n,
                     struct problem *err);

/* wave_list_load() with a sink: the list then has the signals and the end only. */
bool wave_list_load_into(struct wave_list *w, const struct wave_sink *sink, const char *path, struct problem *err);

/*
 * Index of a signal by its whole name, or by the end of it after a '.' ("top.SCK" answers to "SCK") when only
 * one signal has that end. -1: none, -2: several.
 */
int wave_list_find(const struct wave_list *w, const char *name);

/* For the readers: a message that quotes rubbish must not upset a terminal. */
void wave_printable(char *text);
/* Without white space at both ends; changes text. */
char *wave_trim(char *text);

/* "sck" is "sck" itself, or the last part of "board.uno.sck". */
enum wave_name_match { WAVE_NAME_OTHER, WAVE_NAME_ENDS_SO, WAVE_NAME_SAME };
enum wave_name_match wave_name_match(const char *full, const char *name);
/* For the readers. Index, or -1: too many signals, or out of memory. */
int wave_list_add_signal(struct wave_list *w, const char *name, enum wave_kind kind, unsigned bits);
uint32_t wave_list_max_changes(const struct wave_list *w);
#define WAVE_TOO_MANY "too many changes (limit %" PRIu32 ") or out of memory"
/* False: too many changes, or out of memory. */
bool wave_list_add(struct wave_list *w, sim_time at_ps, unsigned signal, bool is_mv, int32_t value);
bool wave_list_add_text(struct wave_list *w, sim_time at_ps, unsigned signal, const char *text);

#endif
