/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * limpet.h - a virtual AVR on a simulated breadboard, for programs in C
 *
 *      limpet_open_target()  a bare chip: your code drives RESET, SCK, MOSI and reads MISO
 *      limpet_open()         a whole board from a scenario file: limpet_run() takes its steps, or time is advanced by hand
 *
 * Time        Simulated picoseconds since the board was switched on. It passes in limpet_advance() and limpet_run() only.
 * Errors      Functions that can fail return 0 or a negative enum limpet_status, and put a text into *err, which may be
 *             NULL. On success err->text is "". Nothing is printed; nothing ends the program but a failed allocation.
 *             NULL for what a function needs is LIMPET_BAD_INPUT, and no board has no time, no findings, no report.
 * Threads     Boards share nothing: each may be used in a thread of its own, one at a time.
 * Callbacks   are called while time passes or a net is driven, in the thread that does. They may drive and read nets;
 *             advancing, running and closing from within is refused (LIMPET_BUSY) or, closing, not allowed.
 * ABI         What is here stays as it is; more may come. struct limpet is opaque.
 */
#ifndef LIMPET_LIMPET_H
#define LIMPET_LIMPET_H

#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__)
#define LIMPET_API __attribute__((visibility("default")))
#else
#define LIMPET_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* A board. */
typedef struct limpet limpet;

enum limpet_status {
    LIMPET_OK = 0,
    LIMPET_BAD_INPUT = -1, /* a file, a name, a value: the text says which */
    LIMPET_FAILED = -2,    /* an expectation or a step of the scenario: the text is the first one, with its place */
    LIMPET_STOPPED = -3,   /* the simulation can't go on: the text says why; only limpet_close() is of use then */
    LIMPET_BUSY = -4,      /* called from a callback that must not */
};

enum limpet_level { LIMPET_LOW = 0, LIMPET_HIGH = 1, LIMPET_FLOATING = 2, LIMPET_UNKNOWN = 3 };

typedef struct limpet_err {
    char text[1024];
} limpet_err;

typedef struct limpet_finding {
    uint64_t at_ps;
    const char *rule;           /* "sck_high"; valid for ever */
    const char *net;            /* valid as long as the board */
    int is_note;                /* allowed, but worth knowing; else the datasheet asks for something else */
    int64_t required, measured; /* in ps, mV or as the rule has it */
} limpet_finding;

typedef void (*limpet_net_changed)(void *user, const char *net, uint64_t at_ps, int level);
typedef void (*limpet_found)(void *user, const limpet_finding *finding, const char *text);
typedef void (*limpet_byte)(void *user, uint8_t value, uint64_t at_ps);

/* "0.1.0" */
LIMPET_API const char *limpet_version(void);
/* "bad input" and so on, for logs; "unknown" for a number that is no status. */
LIMPET_API const char *limpet_status_name(int status);

/* The board of a scenario file. */
LIMPET_API int limpet_open(limpet **out, const char *path, limpet_err *err);
/* The same from text; name stands in messages, and files that the text names are looked for beside it. */
LIMPET_API int limpet_open_text(limpet **out, const char *yaml, size_t n, const char *name, limpet_err *err);
/* A factory-fresh chip at 5 V ("atmega328p", "attiny85") whose pins nobody drives but you: nets "reset", "sck", "mosi",
 * "miso", "xtal1". RESET floats: its pull-up makes it 1. */
LIMPET_API int limpet_open_target(limpet **out, const char *part, limpet_err *err);
/* NULL is allowed. */
LIMPET_API void limpet_close(limpet *b);

/* Simulated time so far. */
LIMPET_API uint64_t limpet_now(const limpet *b);
/* Lets so much time pass. */
LIMPET_API int limpet_advance(limpet *b, uint64_t ps, limpet_err *err);
/* Takes the scenario's steps and checks what it expects. LIMPET_FAILED: it did not pass. Once: again is LIMPET_BAD_INPUT. */
LIMPET_API int limpet_run(limpet *b, limpet_err *err);

/* Drives a net like an output of 5 V, from now on; LIMPET_FLOATING lets go of it. */
LIMPET_API int limpet_drive(limpet *b, const char *net, int level, limpet_err *err);
/* Its level now (enum limpet_level), or a negative status: there is no such net. */
LIMPET_API int limpet_read(limpet *b, const char *net, limpet_err *err);
/* Calls changed() at each change of the net's level from now on. */
LIMPET_API int limpet_watch(limpet *b, const char *net, limpet_net_changed changed, void *user, limpet_err *err);
/* The target's supply, 0: off. */
LIMPET_API void limpet_power(limpet *b, uint32_t mv);

/* The PC's side of the programmer's serial port: bytes are sent one after another as time passes. */
LIMPET_API int limpet_serial_send(limpet *b, const uint8_t *bytes, size_t n, limpet_err *err);
/* Calls byte() for each byte that comes back; NULL: no longer. */
LIMPET_API void limpet_serial_on_byte(limpet *b, limpet_byte byte, void *user);

/* How many findings and notes there are, in order of time. */
LIMPET_API size_t limpet_findings(const limpet *b);
/* The i-th, and its text (cut to size); each may be NULL. LIMPET_BAD_INPUT: there are not so many. */
LIMPET_API int limpet_finding_at(const limpet *b, size_t i, limpet_finding *out, char *text, size_t size);
/* Calls found() as each comes; NULL: no longer. */
LIMPET_API void limpet_on_finding(limpet *b, limpet_found found, void *user);
/* Findings and worst margins as people read them; limpet_free() it. NULL: out of memory, or no board. */
LIMPET_API char *limpet_report(const limpet *b);
/* What happened on the recorded nets so far, as VCD. */
LIMPET_API int limpet_write_vcd(limpet *b, const char *path, limpet_err *err);
/* What limpet_report() gave; NULL is allowed. */
LIMPET_API void limpet_free(void *p);

#ifdef __cplusplus
}
#endif

#endif
