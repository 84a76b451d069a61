/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * stk500v1.h - the STK500 protocol, version 1: its bytes, and how long commands and answers are
 *
 *      command   code, fields, CRC_EOP
 *      answer    INSYNC, data, OK             or NOSYNC alone: out of step
 *
 * For everyone who speaks it or listens: the PC's side, the front end, whoever waits for whole answers, benchmarks.
 * Source: Atmel application note AVR061 "STK500 Communication Protocol" (2525B, 04/2003): "Commands",
 * "Response Definitions"; SET_DEVICE_EXT's length byte and ArduinoISP's parameters as seen on the line.
 */
#ifndef PROTOCOLS_STK500V1_H
#define PROTOCOLS_STK500V1_H

#include <stddef.h>
#include <stdint.h>

#define STK500V1_MAX_BLOCK 256 /* bytes in a PROG_PAGE or READ_PAGE */

enum stk500v1_byte {
    STK1_OK = 0x10,
    STK1_FAILED = 0x11,
    STK1_UNKNOWN = 0x12,
    STK1_NODEVICE = 0x13,
    STK1_INSYNC = 0x14,
    STK1_NOSYNC = 0x15,
    STK1_CRC_EOP = 0x20, /* ends each command */
};

enum stk500v1_code {
    STK1_GET_SYNC = 0x30,
    STK1_GET_SIGN_ON = 0x31,
    STK1_SET_PARAMETER = 0x40,
    STK1_GET_PARAMETER = 0x41,
    STK1_SET_DEVICE = 0x42,
    STK1_SET_DEVICE_EXT = 0x45,
    STK1_ENTER_PROGMODE = 0x50,
    STK1_LEAVE_PROGMODE = 0x51,
    STK1_CHIP_ERASE = 0x52,
    STK1_CHECK_AUTOINC = 0x53,
    STK1_LOAD_ADDRESS = 0x55,
    STK1_UNIVERSAL = 0x56,
    STK1_PROG_FLASH = 0x60,
    STK1_PROG_DATA = 0x61,
    STK1_PROG_FUSE = 0x62,
    STK1_PROG_LOCK = 0x63,
    STK1_PROG_PAGE = 0x64,
    STK1_PROG_FUSE_EXT = 0x65,
    STK1_READ_FLASH = 0x70,
    STK1_READ_DATA = 0x71,
    STK1_READ_FUSE = 0x72,
    STK1_READ_LOCK = 0x73,
    STK1_READ_PAGE = 0x74,
    STK1_READ_SIGN = 0x75,
    STK1_READ_OSCCAL = 0x76,
};

enum stk500v1_parameter {
    STK1_HW_VER = 0x80,
    STK1_SW_MAJOR = 0x81,
    STK1_SW_MINOR = 0x82,
    STK1_VTARGET = 0x84,
    STK1_VADJUST = 0x85,
    STK1_OSC_PSCALE = 0x86,
    STK1_OSC_CMATCH = 0x87,
    STK1_SCK_DURATION = 0x89,
    STK1_TOPCARD_DETECT = 0x98,
};

/*
 * Length of the command that begins here, its CRC_EOP included; 0: no command begins so. While the field that tells it
 * is still to come, the least it can be: more than n.
 */
size_t stk500v1_command_length(const uint8_t *bytes, size_t n);
/* Bytes that are owed for that command, INSYNC and OK included; 0: not known (yet). */
size_t stk500v1_answer_length(const uint8_t *bytes, size_t n);

#endif
