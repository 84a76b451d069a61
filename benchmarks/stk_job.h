/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * stk_job.h - the bytes of an endless STK500v1 session, so that two simulations get the same work
 *
 * Sync, set device, enter programming mode, then for ever: write a page of flash, read it back. Whoever runs
 * the firmware sends what stk_job_next() gives and counts bytes that come back; the answers are not looked at.
 */
#ifndef BENCHMARKS_STK_JOB_H
#define BENCHMARKS_STK_JOB_H

#include <stddef.h>
#include <stdint.h>

struct stk_job {
    unsigned step;      /* 0..2 opening, then address, write, address, read of each page */
    uint8_t bytes[160]; /* what to send now */
    size_t n;
    size_t expected; /* bytes of the answer */
};

/* The next command into job->bytes, n and expected. Start with a zeroed job. */
void stk_job_next(struct stk_job *job);

#endif
