/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * isp_algorithm.h - the datasheet's serial programming algorithm over anything that can send four bytes
 *
 *      signature, erase, read, write, fuses --> instructions of the part's table --> transfer() --> pins
 *
 * For programmers whose host knows the instructions itself: the scripted one, the miniframe and USB hosts.
 * Source: ATmega328P datasheet, "Serial Programming Algorithm" (the same in every classic AVR).
 */
#ifndef HARNESS_HOSTS_ISP_ALGORITHM_H
#define HARNESS_HOSTS_ISP_ALGORITHM_H

#include "harness/hosts/programmer.h"
#include "sim/isp_code.h"
#include "sim/kernel.h"
#include "sim/part.h"

struct isp_waits { /* after each kind of write, for a programmer that does not ask RDY/BSY */
    sim_time flash_ps, eeprom_ps, erase_ps, fuse_ps;
};

/* The least that the part's datasheet asks for (tWD_FLASH and the others of its table), and a tenth. */
struct isp_waits isp_waits_of(const struct part *part);

struct isp_wire { /* what the algorithm needs of a programmer; the caller fills it */
    const struct part *part;
    void *ctx;
    /* Sends four bytes; answer: what came back meanwhile. */
    bool (*transfer)(void *ctx, const uint8_t send[4], uint8_t answer[4], struct problem *err);
    bool (*wait)(void *ctx, sim_time d_ps, struct problem *err);
    /* Before an operation; writes: a memory will be written. NULL: nothing to do. */
    bool (*prepare)(void *ctx, bool writes, struct problem *err);
    bool poll; /* RDY/BSY instead of the waits (parts that have it) */
    struct isp_waits waits;
};

/*
 * The instruction that writes a fuse or lock byte; bits that the part does not have: 1 in the lock byte, else 0, as
 * avrdude sends them.
 */
bool isp_encode_fuse(const struct part *part, enum prog_fuse f, uint8_t value, uint8_t out[4]);

/*
 * As the functions of struct programmer_ops, for a ctx that begins with its struct isp_wire: such a programmer puts
 * them into its table as they are.
 */
bool isp_signature(void *wire, uint8_t sig[3], struct problem *err);
bool isp_erase(void *wire, struct problem *err);
bool isp_read(void *wire, enum prog_memory m, uint32_t at, uint8_t *to, size_t n, struct problem *err);
bool isp_write(void *wire, enum prog_memory m, uint32_t at, const uint8_t *from, size_t n, struct problem *err);
bool isp_read_fuse(void *wire, enum prog_fuse f, uint8_t *value, struct problem *err);
bool isp_write_fuse(void *wire, enum prog_fuse f, uint8_t value, struct problem *err);

#define ISP_ALGORITHM_OPS                                                                                             \
    .signature = isp_signature, .erase = isp_erase, .read = isp_read, .write = isp_write, .read_fuse = isp_read_fuse, \
    .write_fuse = isp_write_fuse

/* Programming Enable was sent and this came back. Always false. */
bool isp_no_answer(const uint8_t answer[4], struct problem *err);

#endif
