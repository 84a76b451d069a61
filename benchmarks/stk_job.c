/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "benchmarks/stk_job.h"

#include "protocols/stk500v1.h"

#include <string.h>

#define PAGE_BYTES 128
#define PAGES 256

static void put(struct stk_job *job, const uint8_t *bytes, size_t n)
{
    memcpy(job->bytes + job->n, bytes, n);
    job->n += n;
}

static void page_step(struct stk_job *job, unsigned page, unsigned part)
{
    unsigned word = page * PAGE_BYTES / 2;

    switch (part) {
    case 0:
    case 2: put(job, (const uint8_t[]){ STK1_LOAD_ADDRESS, (uint8_t)word, (uint8_t)(word >> 8) }, 3); break;
    case 1:
        put(job, (const uint8_t[]){ STK1_PROG_PAGE, 0, PAGE_BYTES, 'F' }, 4);
        for (unsigned i = 0; i < PAGE_BYTES; i++) {
            job->bytes[job->n++] = (uint8_t)(page * 31 + i * 7);
        }
        break;
    default: put(job, (const uint8_t[]){ STK1_READ_PAGE, 0, PAGE_BYTES, 'F' }, 4);
    }
}

void stk_job_next(struct stk_job *job)
{
    static const uint8_t device[21] = {
        /* as avrdude sends it for m328p: pages of 128, 1 KiB, 32 KiB */
        STK1_SET_DEVICE, 0x86, 0, 0, 1, 1, 1, 1, 3, 0xff, 0xff, 0xff, 0xff, 0, 0x80, 4, 0, 0, 0, 0x80, 0,
    };
    unsigned step = job->step++;

    job->n = 0;
    if (step == 0) {
        put(job, (const uint8_t[]){ STK1_GET_SYNC }, 1);
    } else if (step == 1) {
        put(job, device, sizeof device);
    } else if (step == 2) {
        put(job, (const uint8_t[]){ STK1_ENTER_PROGMODE }, 1);
    } else {
        page_step(job, (step - 3) / 4 % PAGES, (step - 3) % 4);
    }
    put(job, (const uint8_t[]){ STK1_CRC_EOP }, 1);
    job->expected = stk500v1_answer_length(job->bytes, job->n);
}
