/* SPDX-License-Identifier: GPL-3.0-or-later */
/* odd_addresses.h - for tests of hosts: blocks that begin and end in the middle of a page */
#ifndef TESTS_HOSTS_ODD_ADDRESSES_H
#define TESTS_HOSTS_ODD_ADDRESSES_H

#include "tests/line_spy.h"

#include <check.h>
#include <string.h>

/* data: 131 bytes. */
static inline void write_odd_addresses(const char *board, const uint8_t *data)
{
    struct scenario *s = scenario(board);
    struct board *b = new_board(s);
    struct programmer *p = board_programmer(b);
    struct problem err = { "" };
    uint8_t got[300];

    OK(p->ops->enter(p->ctx, &err));
    OK(p->ops->write(p->ctx, PROG_FLASH, 0x7001, data, 131, &err));
    OK(p->ops->read(p->ctx, PROG_FLASH, 0x6FFF, got, 135, &err));
    ck_assert(got[0] == 0xFF && got[1] == 0xFF && !memcmp(got + 2, data, 131) && got[133] == 0xFF);
    OK(p->ops->write(p->ctx, PROG_EEPROM, 1, data, 6, &err));
    OK(p->ops->read(p->ctx, PROG_EEPROM, 0, got, 9, &err));
    ck_assert(got[0] == 0xFF && !memcmp(got + 1, data, 6) && got[7] == 0xFF);
    board_free(b);
    scenario_free(s);
}

#endif
