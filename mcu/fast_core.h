/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fast_core.h - the executor: instructions decoded once, executed on simavr's own registers
 *
 * simavr decodes every instruction anew by a tree of compares: that was nine tenths of a co-simulation. Here they
 * are decoded when flash is loaded (fast_decode.c) and executed by threaded dispatch (fast_exec.h) on simavr's
 * registers, SREG and cycle counter. I/O registers without callbacks are memory; callbacks of the others are called
 * as simavr calls them. Left to avr_run_one(), one instruction at a time: SLEEP, ELPM, what is undefined,
 * and I/O that simavr watches with IRQs. fast_core_test.c compares every opcode with simavr.
 * It also gives skips over ADIW and SBIW their right length, where simavr 1.6 skips two words, and LPM the
 * limits of the boot lock bits: every LPM is executed here.
 *
 * Flags       between instructions they stand as the values they come from (Z: a byte that is 0), and become SREG's
 *             bits where somebody reads SREG or the run ends. Those that are set again before anybody can read them are
 *             not computed: fast_lean.c.
 * Laps        a taken jump backwards ends the run once `probe_at` has come: idle_skip.h looks there for laps that
 *             change nothing. fast_core_probe() runs one and notes what it touches.
 * Source      AVR instruction set manual (flags and cycles of parts with a 16-bit program counter).
 */
#ifndef MCU_FAST_CORE_H
#define MCU_FAST_CORE_H

#include <simavr/sim_avr.h>
#include <stdbool.h>

#define FAST_ROW_BYTES 32 /* of a special row */

struct fast_op {
    uint8_t kind, d, r, extra; /* fast_kinds.h */
    uint16_t k;
    uint8_t exec;    /* what executes it: its kind, or a twin that leaves out flags which nobody reads */
    uint8_t lean_ck; /* of a twin: to where those flags are set again */
};                   /* 8 bytes: an index is a shift */

struct fast_sections {   /* boot lock bits: zero, no limits */
    uint32_t boot_start; /* bytes */
    bool app_locked;     /* BLB0 modes 3 and 4: code in the boot section can't read the application section */
    bool boot_locked;    /* BLB1 modes 3 and 4: code in the application section can't read the boot section */
    bool lpm_free;       /* a special row (fuses, signature) stands over the first FAST_ROW_BYTES, FF behind it */
    uint8_t refused;     /* what LPM gets instead */
};

enum fast_stop {
    FAST_END,    /* `end` was reached, or an I/O callback wants the run to end */
    FAST_SLOW,   /* the instruction at pc is simavr's */
    FAST_RETURN, /* a RETI led to return_to; not of a probe */
    FAST_LOOP,   /* a jump backwards was taken after probe_at; of a probe: it is back at its start */
};

/* What an I/O register with a callback is to a waiting loop that reads it. */
enum fast_io_kind {
    FAST_IO_ACTS = 0, /* reading it does something, or nobody has said otherwise */
    FAST_IO_STEADY,   /* its value stays until steady()'s cycle, or until an event, and reading it twice is once */
    FAST_IO_COUNTS,   /* the low or only byte of a timer's count: a function of the cycle */
};

struct fast_io {
    uint8_t kind;       /* enum fast_io_kind */
    bool rewrite_is_ok; /* storing the value that it has does nothing */
    bool is_memory;     /* nobody looks at it but programs */
    bool by_bit;        /* SBI stores its bit alone, CBI nothing */
    /*
     * NULL: the byte in data[], until an event. Else: what a read now would give, and the first cycle at which a
     * read may give another value (UINT64_MAX: not before an event; 0: can't be said). No side effect.
     */
    uint64_t (*steady)(void *ctx, avr_io_addr_t addr, uint8_t *value);
    void *ctx; /* steady()'s; of FAST_IO_COUNTS: the struct timer */
    /*
     * NULL, or instead of the write callback, by all but SBI and CBI of a register with a read callback, unless by_bit:
     * true, value is stored, acts at that cycle, and nothing comes of it for the run: no timer, no interrupt, no stall.
     * False: nothing has been done; or, with `is_stored` set, it has, and a cycle timer or an interrupt of it may end the
     * run earlier.
     */
    bool (*quick)(void *ctx, uint64_t cycle, unsigned value);
    void *quick_ctx;
    /* NULL, or instead of the read callback, likewise: true, data[] has what a read at that cycle gives. */
    bool (*quick_read)(void *ctx, uint64_t cycle);
    void *quick_read_ctx;
    uint64_t fill; /* 64 bytes: an index is a shift */
};

#define FAST_NOWHERE UINT32_MAX
#define FAST_PROBE_STORES 96
#define FAST_PROBE_READS 16

struct fast_probe { /* what ran since the probe began, and how it could be undone */
    uint32_t pc;    /* word: the probe ends when a jump backwards leads here */
    bool spoilt;    /* it touched what can't be skipped: the probe is over */
    bool counts;    /* it read a timer's count */
    bool wdr;
    bool wrote_io;     /* an I/O byte without callback, too */
    bool wrote_memory; /* one that is only memory */
    unsigned n_stores, n_reads;
    struct fast_store { /* first store of each byte */
        uint16_t at;
        uint8_t was;
    } store[FAST_PROBE_STORES];
    uint16_t read[FAST_PROBE_READS]; /* I/O registers that were read, and what they said, each time */
    uint8_t seen[FAST_PROBE_READS];
    uint16_t epoch, *stored; /* stored[data address] == epoch: it is in the list */
};

struct fast_hidden { /* decoded code that comes back, and what it was decoded from */
    struct fast_op *ops;
    uint8_t *code;
    uint32_t words; /* 0: nothing is hidden */
};

struct fast_core {
    struct fast_op *ops; /* one per word of flash, and some behind its end */
    struct fast_hidden hidden;
    uint32_t words;   /* a power of two */
    uint64_t changes; /* how often code was decoded */
    struct fast_sections sections;
    uint16_t ram_end; /* last byte of SRAM */
    struct fast_io io[MAX_IOs];
    bool is_stored;         /* by a quick way that returned false */
    bool counts;            /* count what is executed, for statistics: slower */
    uint64_t executed;      /* instructions; without counts only those of probes */
    uint64_t probe_at;      /* cycle; UINT64_MAX: no run ends at a jump */
    bool undefined_is_told; /* opcodes that simavr does not know take a cycle, and nobody wants to hear of more */
    bool stack_is_told;     /* nobody wants to hear of more uses of a stack outside of SRAM */
    uint32_t return_to;     /* word; FAST_NOWHERE: no run ends at a RETI */
    struct fast_probe probe;
    void (*spm)(void *ctx); /* what SPM does; NULL: it is simavr's */
    void *spm_ctx;
    bool (*interrupt_wanted)(void *ctx, uint64_t cycle); /* is a flag set that is enabled, at this one? NULL: none is */
    void *ctx;
    /* for the caller to see and clear, 0 = none: */
    uint16_t stray;      /* a data address beyond SRAM that was used */
    uint32_t left_flash; /* the program ran past the end of flash to this byte address, and on at the start */
};

/* simavr has no such instruction as that in a word: it does nothing, in a cycle. */
void fast_core_undefined(struct fast_core *f, uint32_t word);
/* -1: out of memory. words: size of the part's flash, a power of two. */
int fast_core_init(struct fast_core *f, uint32_t words, uint16_t ram_end);
void fast_core_free(struct fast_core *f);
/* Decodes words [first, first + n) of code[], the part's whole flash. */
void fast_core_decode(struct fast_core *f, const uint8_t *code, uint32_t first, uint32_t n);
/*
 * The first `words` of code[] read FF for a while, and then as they did, but for some: only these are decoded again.
 * code[] is the part's whole flash, at hide() still as decoded, at show() as it is from now on.
 */
void fast_core_hide(struct fast_core *f, const uint8_t *code, uint32_t words);
void fast_core_show(struct fast_core *f, const uint8_t *code);
/*
 * Executes up to the first instruction boundary at or after end, or up to an instruction that is not ours. Not ours
 * either: absolute jumps, calls and returns that leave flash, and a stack outside of SRAM that nobody was told of or that
 * meets I/O registers with callbacks. An I/O callback that
 * registers an earlier cycle timer, stalls the core or brings an interrupt about ends the run after its instruction.
 */
enum fast_stop fast_core_run(struct fast_core *f, avr_t *avr, uint64_t end);

/* Notes are empty; the probe begins at pc. */
void fast_core_probe_begin(struct fast_core *f, uint32_t pc_word);
/* fast_core_run() with notes, up to the next arrival at the probe's pc by a jump backwards. */
enum fast_stop fast_core_probe(struct fast_core *f, avr_t *avr, uint64_t end);

#endif
