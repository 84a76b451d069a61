/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * checker.h - the datasheet's rules, and where the programmer under test broke them
 *
 * A finding has time, net, rule, required and measured: it is never an error of ours. Of what passed, the worst
 * margin of every rule is kept, so that a clean run can be judged too. Parts measure, the checker judges.
 * A further rule is a further row.
 */
#ifndef SIM_CHECKER_H
#define SIM_CHECKER_H

#include "sim/kernel.h"
#include "sim/net.h"

enum checker_rule {
    CHECK_SCK_HIGH,   /* tSHSL */
    CHECK_SCK_LOW,    /* tSLSH */
    CHECK_MOSI_SETUP, /* tOVSH */
    CHECK_MOSI_HOLD,  /* tSHOX */
    CHECK_MISO_SETUP, /* tSLIV: sim/miso_rules.h */
    CHECK_MISO_HOLD,
    CHECK_RESET_HIGH,      /* positive pulse */
    CHECK_RESET_LOW,       /* tRST */
    CHECK_SCK_AT_RESET,    /* SCK low when RESET falls */
    CHECK_ENABLE_WAIT,     /* 20 ms before Programming Enable */
    CHECK_BUSY_ACCESS,     /* instruction other than the poll before a write has ended */
    CHECK_PAGE_LOAD_ORDER, /* low byte before high byte */
    CHECK_PAGE_LOAD_TWICE,
    CHECK_LOCKED,
    CHECK_NO_CLOCK,        /* Programming Enable comes, the target has no clock to see it by */
    CHECK_PORT_NO_SUPPLY,  /* ... or no port to hear it: ... */
    CHECK_PORT_RESET_HIGH, /* ... the pin is high */
    CHECK_PORT_RSTDISBL,
    CHECK_PORT_DWEN,
    CHECK_PORT_SPIEN,
    CHECK_PORT_BROWN_OUT,
    CHECK_LOCK_OUT, /* a fuse or lock write that will shut the user out */
    CHECK_CONTENTION,
    CHECK_INPUT_ABOVE_VCC, /* absolute maximum: VCC + 0.5 V */
    CHECK_HIGH_BELOW_VIH,
    CHECK_SPEED_GRADE,     /* system clock against VCC */
    CHECK_HV_VPP,          /* high-voltage programming: 12 V on RESET */
    CHECK_HV_VPP_MAX,      /* ... above the absolute maximum */
    CHECK_HV_NO_VCC,       /* ... while VCC is off */
    CHECK_HV_VCC,          /* VCC in this mode */
    CHECK_HV_VCC_TO_VPP,   /* 12 V too long after VCC */
    CHECK_HV_VPP_EARLY,    /* ... and too soon */
    CHECK_HV_VCC_RISE,     /* VCC slow before it */
    CHECK_HV_ENTRY_EDGES,  /* older text: six strobes before 12 V */
    CHECK_HV_ENABLE,       /* Prog_enable as 12 V is reached */
    CHECK_HV_ENABLE_LATCH, /* ... 100 ns after it */
    CHECK_HV_ENABLE_HOLD,  /* ... and 10 us */
    CHECK_HV_ENTER_WAIT,   /* from 12 V to the first command */
    CHECK_HV_STROBE_HIGH,  /* tXHXL, tSHSL */
    CHECK_HV_STROBE_LOW,   /* tXLXH, tSLSH */
    CHECK_HV_SETUP,        /* tDVXH, tIVSH */
    CHECK_HV_HOLD,         /* tXLDX, tSHIX */
    CHECK_HV_PAGEL_HIGH,   /* tPHPL */
    CHECK_HV_PAGEL_APART,  /* tXLPH, tPLXH, tPLWL */
    CHECK_HV_WR_LOW,       /* tWLWH */
    CHECK_HV_WR_APART,     /* tXLWL */
    CHECK_HV_BS_SETUP,     /* tBVPH, tBVWL */
    CHECK_HV_BS_HOLD,      /* tPLBX, tWLBX */
    CHECK_HV_BUSY,         /* a command before the write before has ended */
    CHECK_HV_RDY_EARLY,    /* ... at once after WR: RDY was looked at before tWLRL, or not at all */
    CHECK_HV_NO_COMMAND,   /* a strobe that no command gives a meaning */
    CHECK_HV_FRAME,        /* half a frame, or one out of step */
    CHECK_HV_PROGRAM_RAN,  /* the target's program ran before 12 V came ... */
    CHECK_HV_PROGRAM,      /* ... and drives a Prog_enable pin */
    CHECK_FRAME_EARLY,     /* miniframe programmer: SCK rises in the start cell */
    CHECK_FRAME_LATE,      /* ... or after the data cells */
    CHECK_FRAME_MISSED,    /* ... or not at all: the period before had not ended */
    CHECK_BUSY_FUSE,       /* as busy_access, after a fuse or lock bits */
    CHECK_WD_FLASH,        /* waits that the programmer keeps by itself: sim/write_rules.h */
    CHECK_WD_EEPROM,
    CHECK_WD_ERASE,
    CHECK_WD_FUSE,
    CHECK_PAGE_OTHER,     /* a page is written that was not loaded */
    CHECK_WRITE_UNERASED, /* bits that should become 1 */
    CHECK_REWRITE,        /* what is there already */
    CHECK_ENDURANCE,
    CHECK_LOCK_EARLY, /* lock bits before the last write */
    CHECK_STRAY_SCK,  /* edges between RESET and Programming Enable */
    CHECK_NO_ENABLE,  /* an instruction, and Programming Enable has not come */
    CHECK_RESET_HELD, /* after the session: whoever knows that it is over says so */
    CHECK_ECHO_IGNORED,
    CHECK_INPUT_FLOATING, /* at a sampling instant */
    CHECK_PINS_DRIVEN,    /* after release */
    CHECK_PULL_UP_LEFT,
    CHECK_CLOCK_JUMP,
    CHECK_UART_START, /* of the PC's serial line */
    CHECK_UART_STOP,
    CHECK_PROGRAM_ERASED,  /* a core's program, of the programmer or the released target: erased flash */
    CHECK_PROGRAM_WRAPPED, /* ... past the end of flash */
    CHECK_PROGRAM_OPCODE,  /* ... an undefined one */
    CHECK_PROGRAM_STACK,   /* ... used outside of SRAM */
    CHECK_PROGRAM_ACCESS,  /* ... of data beyond SRAM */
    CHECK_PROGRAM_DEVICE,  /* ... one of these at once: another device's? */
    /* ... of a register that the part has and the core that stands in has not */
    CHECK_PROGRAM_ICR, /* ... wrote ICR1 in a mode that does not use it as TOP */
    CHECK_PROGRAM_REGISTER,
    CHECKER_RULES,
};

enum checker_unit {
    CHECK_UNIT_PS,
    CHECK_UNIT_LEVEL,  /* enum net_level */
    CHECK_UNIT_RESULT, /* enum net_level, measured; nothing is required */
    CHECK_UNIT_MV,
    CHECK_UNIT_ADDRESS, /* measured, in bytes; nothing is required */
    CHECK_UNIT_COUNT,   /* measured; nothing is required */
    CHECK_UNIT_NONE,    /* required and measured say nothing */
};

enum checker_severity {
    CHECK_VIOLATION, /* the datasheet asks for something else */
    CHECK_RISK, /* went well this time: kept by luck, or wearing. Counts as a note in a run; `limpet judge` minds */
    CHECK_NOTE, /* allowed, but worth knowing */
};

struct checker_rule_info {
    const char *id;   /* "sck_high": what scenarios and reports write */
    const char *term; /* the datasheet's symbol or words: "tSHSL" */
    const char *net;  /* which wire it is about, "" = given with the finding */
    enum checker_unit unit;
    enum checker_severity severity;
    bool has_margin;    /* worst margin is kept */
    const char *text;   /* one sentence for people */
    const char *source; /* document, table */
};

#define CHECKER_STACK_BYTES 120

/* What went on elsewhere at that moment. Taken only when something is found or a margin gets worse. */
struct checker_where {
    uint16_t step;  /* of the scenario, from 1 on; 0: before the first, or nobody says */
    uint8_t n_bits; /* of the instruction on the wire that the port has seen, 0: between two */
    bool has_pc;    /* the programmer is a program: */
    uint32_t frame; /* those bits, right-aligned; between two: all four bytes of the last one */
    uint32_t pc;    /* of the instruction that it executes, in bytes */
    uint8_t n_stack;
    uint8_t stack[CHECKER_STACK_BYTES]; /* its stack, from the top: stack[0] is at SP + 1 */
};

struct checker_finding {
    sim_time at_ps;
    enum checker_rule rule;
    const char *net;
    int64_t required, measured; /* in the rule's unit; margins are measured - required */
    bool has_byte;
    uint8_t byte; /* on a serial line, with has_byte */
    char *text;   /* instead of the rule's, NULL: the rule's; the checker's */
    bool follows; /* ... from another that was broken before: */
    enum checker_rule from;
    struct checker_where where;
};

struct checker_margin {
    bool measured_once;
    int64_t required, measured; /* of the worst case, broken or not */
    int64_t margin;             /* measured - required of it, INT64_MAX before the first */
    sim_time at_ps;
    uint64_t findings;      /* how often the rule was broken, kept in the list or not */
    uint64_t follow;        /* so many of them follow from another, ... */
    enum checker_rule from; /* ... the first of them from this one */
    struct checker_where where;
};

/* The list keeps the first so many of each rule; the rest is only counted. */
#define CHECKER_KEEP_PER_RULE 1000

enum checker_as { CHECKER_AS_IT_IS, CHECKER_AS_NOTE, CHECKER_OFF }; /* of a rule, for a run */

struct checker {
    struct sim *sim;
    struct checker_finding *findings; /* in order of time */
    size_t n_findings, cap_findings;
    struct checker_margin margins[CHECKER_RULES];
    uint64_t violations, notes; /* what follows from others is in neither */
    uint64_t follow;
    uint8_t as[CHECKER_RULES]; /* enum checker_as: set before the run */
    /* told of each finding as it comes, NULL: nobody */
    void (*found)(void *ctx, const struct checker_finding *f);
    void *found_ctx;
    /* fills in what it knows, NULL: nobody does */
    void (*where)(void *ctx, struct checker_where *w);
    void *where_ctx;
    uint16_t step;                    /* of the scenario: whoever runs it says so */
    const struct checker_where *then; /* instead of now: checker_where_then() */
    bool follows;                     /* what comes now: checker_follows() */
    enum checker_rule from;
};

struct checker_contention { /* owned by whoever asks for the watch */
    struct checker *checker;
    struct net *net;
    struct net_fight_watch watch;
};

void checker_init(struct checker *c, struct sim *sim);
void checker_free(struct checker *c);

/* ---- for reports ---- */

const struct checker_rule_info *checker_rule_info(enum checker_rule rule);
/* CHECKER_RULES if there is no such id. */
enum checker_rule checker_rule_find(const char *id);
static inline size_t checker_count(const struct checker *c)
{
    return c->n_findings;
}
static inline const struct checker_finding *checker_at(const struct checker *c, size_t i)
{
    return &c->findings[i];
}
/* The rule's, or a note where this run says so. */
enum checker_severity checker_severity(const struct checker *c, enum checker_rule rule);
static inline const struct checker_margin *checker_margin(const struct checker *c, enum checker_rule rule)
{
    return &c->margins[rule];
}

/* ---- for the parts that measure ---- */

/* A finding as such. net NULL: the rule's. */
void checker_report(struct checker *c, enum checker_rule rule, sim_time at_ps, const char *net, int64_t required,
                    int64_t measured);

/* The same about a byte on a serial line. */
void checker_report_byte(struct checker *c, enum checker_rule rule, sim_time at_ps, const char *net, uint8_t byte,
                         int64_t required, int64_t measured);

/* The same with words of its own, copied. */
void checker_report_text(struct checker *c, enum checker_rule rule, sim_time at_ps, const char *text);

/* Margins worse than before, and findings: the rest of checker_judge(). */
void checker_worse(struct checker *c, enum checker_rule rule, sim_time at_ps, int64_t required, int64_t measured,
                   bool broken);

/* What is measured now and judged later: where it is taken now ... */
void checker_where_now(const struct checker *c, struct checker_where *w);
/* ... and is what findings and margins get until it is taken back with NULL. */
static inline void checker_where_then(struct checker *c, const struct checker_where *w)
{
    if (c) {
        c->then = w;
    }
}

/*
 * What is reported until it is taken back with CHECKER_RULES comes of a rule that was broken before: the target took an
 * instruction for another one, say. It is kept as such, is no verdict of its own, and its margins are nobody's.
 */
static inline void checker_follows(struct checker *c, enum checker_rule from)
{
    if (c) {
        c->follows = from != CHECKER_RULES;
        c->from = from;
    }
}

/* The rule is kept from `least` on. c NULL: nobody checks. */
static inline void checker_judge(struct checker *c, enum checker_rule rule, sim_time at_ps, int64_t required,
                                 int64_t measured, int64_t least)
{
    if (c && (measured < least || measured - required < c->margins[rule].margin)) {
        checker_worse(c, rule, at_ps, required, measured, measured < least);
    }
}

/* measured >= required is kept. */
static inline void checker_at_least(struct checker *c, enum checker_rule rule, sim_time at_ps, int64_t required,
                                    int64_t measured)
{
    checker_judge(c, rule, at_ps, required, measured, required);
}

/* measured > required is kept. */
static inline void checker_more_than(struct checker *c, enum checker_rule rule, sim_time at_ps, int64_t required,
                                     int64_t measured)
{
    checker_judge(c, rule, at_ps, required, measured, required + 1);
}

/* Reports CHECK_CONTENTION whenever one begins on the net; measured: the level that comes of it. */
void checker_watch_contention(struct checker *c, struct checker_contention *w, struct net *net);
void checker_unwatch_contention(struct checker_contention *w);

#endif
