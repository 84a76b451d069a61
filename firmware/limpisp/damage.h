/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * damage.h - faults of timing that a test builds in with -DLIMPISP_DAMAGE=n, to see `limpet judge` find them
 *
 * 0, and nothing given: none; the code is then what it would be without this file.
 */
#ifndef LIMPISP_DAMAGE_H
#define LIMPISP_DAMAGE_H

#ifndef LIMPISP_DAMAGE
#define LIMPISP_DAMAGE 0
#endif

enum damage {
    DAMAGE_NONE,
    DAMAGE_SCK_HIGH,    /* SCK falls right after it rose */
    DAMAGE_SCK_LOW,     /* SCK rises right after MOSI was put */
    DAMAGE_MOSI_HOLD,   /* the next bit is put while SCK is high */
    DAMAGE_RESET_PULSE, /* as short as two instructions make it */
    DAMAGE_ENABLE_WAIT, /* 5 ms in place of 20 */
    DAMAGE_FLASH_WAIT,  /* none after a page */
    DAMAGE_EEPROM_WAIT,
    DAMAGE_FUSE_WAIT,
    DAMAGE_MISO_LATE, /* MISO is looked at as SCK falls, which takes the bit away */
    DAMAGE_ERASE_WAIT,
};

#define DAMAGED(what) (LIMPISP_DAMAGE == DAMAGE_##what)
/* The SPI hardware makes no such faults: bit by bit. */
#define DAMAGED_BITS (DAMAGED(SCK_HIGH) || DAMAGED(SCK_LOW) || DAMAGED(MOSI_HOLD) || DAMAGED(MISO_LATE))

#endif
