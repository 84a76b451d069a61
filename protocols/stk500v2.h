/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * stk500v2.h - numbers of the STK500v2 protocol, for both ends of the line: hosts, limpisp and limphv
 *
 * Source: Atmel application note AVR068 "STK500 Communication Protocol" (2591C, 06/2006): message format,
 * ISP, parallel and high-voltage serial commands, parameters, return values.
 */
#ifndef PROTOCOLS_STK500V2_H
#define PROTOCOLS_STK500V2_H

#define STK_MESSAGE_START 0x1b
#define STK_TOKEN 0x0e
#define STK_MAX_BODY 275 /* longest message body of the STK500 */

enum stk_command {
    STK_SIGN_ON = 0x01,
    STK_SET_PARAMETER = 0x02,
    STK_GET_PARAMETER = 0x03,
    STK_LOAD_ADDRESS = 0x06,
    STK_ENTER_PROGMODE_ISP = 0x10,
    STK_LEAVE_PROGMODE_ISP = 0x11,
    STK_CHIP_ERASE_ISP = 0x12,
    STK_PROGRAM_FLASH_ISP = 0x13,
    STK_READ_FLASH_ISP = 0x14,
    STK_PROGRAM_EEPROM_ISP = 0x15,
    STK_READ_EEPROM_ISP = 0x16,
    STK_PROGRAM_FUSE_ISP = 0x17,
    STK_READ_FUSE_ISP = 0x18,
    STK_PROGRAM_LOCK_ISP = 0x19,
    STK_READ_LOCK_ISP = 0x1a,
    STK_READ_SIGNATURE_ISP = 0x1b,
    STK_READ_OSCCAL_ISP = 0x1c,
    STK_SPI_MULTI = 0x1d,
    /* parallel; high-voltage serial: the same 0x10 higher (and its enter has one byte more) */
    STK_ENTER_PROGMODE_PP = 0x20,
    STK_LEAVE_PROGMODE_PP = 0x21,
    STK_CHIP_ERASE_PP = 0x22,
    STK_PROGRAM_FLASH_PP = 0x23,
    STK_READ_FLASH_PP = 0x24,
    STK_PROGRAM_EEPROM_PP = 0x25,
    STK_READ_EEPROM_PP = 0x26,
    STK_PROGRAM_FUSE_PP = 0x27,
    STK_READ_FUSE_PP = 0x28,
    STK_PROGRAM_LOCK_PP = 0x29,
    STK_READ_LOCK_PP = 0x2a,
    STK_READ_SIGNATURE_PP = 0x2b,
    STK_READ_OSCCAL_PP = 0x2c,
    STK_SET_CONTROL_STACK = 0x2d, /* in both modes */
};

enum stk_status {
    STK_CMD_OK = 0x00,
    STK_CMD_TOUT = 0x80,     /* value polling timed out */
    STK_RDY_BSY_TOUT = 0x81, /* RDY/BSY polling timed out */
    STK_ANSWER_CKSUM_ERROR = 0xb0,
    STK_CMD_FAILED = 0xc0,
    STK_CMD_UNKNOWN = 0xc9,
};

enum stk_parameter {
    STK_BUILD_NUMBER_LOW = 0x80,
    STK_BUILD_NUMBER_HIGH = 0x81,
    STK_HW_VER = 0x90,
    STK_SW_MAJOR = 0x91,
    STK_SW_MINOR = 0x92,
    STK_VTARGET = 0x94,      /* in 0.1 V */
    STK_VADJUST = 0x95,      /* in 0.1 V */
    STK_OSC_PSCALE = 0x96,   /* 0 = oscillator off, 1..7 = 1 8 32 64 128 256 1024 */
    STK_OSC_CMATCH = 0x97,   /* f = STK_XTAL_HZ / (2 * prescale * (cmatch + 1)) */
    STK_SCK_DURATION = 0x98, /* 0..3: 1843.2, 460.8, 115.2, 57.6 kHz; n: 24 * (n + 10/12) / STK_XTAL_HZ */
    STK_TOPCARD_DETECT = 0x9a,
    STK_STATUS = 0x9c,
    STK_DATA = 0x9d,
    STK_RESET_POLARITY = 0x9e, /* 1: low active, AVR */
    STK_CONTROLLER_INIT = 0x9f,
    STK_LIMPISP_CAREFUL = 0xf0,  /* not of AVR068: limpisp's careful mode on (1) or off (0) */
    STK_LIMPISP_SCK_HALF = 0xf1, /* read only: half SCK period in use, in 4 us, rounded up; 0 = no session */
};

/* The crystal of the STK500, in which hosts express clocks. */
#define STK_XTAL_HZ 7372800UL

#define STK_SCK_DEFAULT 2 /* comes nearest to 125 kHz */

/* Bits of the mode byte of the program commands. */
enum stk_mode {
    STK_MODE_PAGE = 0x01,
    STK_MODE_WORD_TIMED = 0x02,
    STK_MODE_WORD_VALUE = 0x04,
    STK_MODE_WORD_RDY_BSY = 0x08,
    STK_MODE_PAGE_TIMED = 0x10,
    STK_MODE_PAGE_VALUE = 0x20,
    STK_MODE_PAGE_RDY_BSY = 0x40,
    STK_MODE_WRITE_PAGE = 0x80,
};

#endif
