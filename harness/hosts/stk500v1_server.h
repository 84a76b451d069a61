/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * stk500v1_server.h - an STK500 front end for programmers without a microcontroller
 *
 *      avrdude -c stk500v1 --bytes--> stk500v1_server --calls--> struct programmer --> circuit --> target
 *              or arduino  <-answers-                <-results--
 *
 * The glue program on the PC that such circuits need, since avrdude knows none of them: it takes avrdude's commands
 * and turns each into an operation of the programmer, as the hobbyists' own host software does. Nothing of it is in
 * the circuit. An operation runs the board until it is done, then the answer goes out at once: the front end itself
 * takes no time, and its port has no speed.
 *
 * Commands    GET_SYNC, GET_SIGN_ON, GET/SET_PARAMETER, SET_DEVICE(_EXT), ENTER/LEAVE_PROGMODE, CHIP_ERASE,
 *             LOAD_ADDRESS, UNIVERSAL, PROG_PAGE, READ_PAGE, READ_SIGN. Others are answered with STK_UNKNOWN: avrdude
 *             7.1 sends none of them.
 * Writes      An instruction in UNIVERSAL that erases, or writes a fuse, lock or EEPROM byte, becomes the programmer's
 *             own operation, so the wait that must follow is kept; every other one goes out as it is.
 * EEPROM      avrdude -c arduino counts words in LOAD_ADDRESS, -c stk500v1 bytes (avrdude#1337). They can be told
 *             apart: only the former asks for the signature with READ_SIGN, and does so before anything else.
 *             arduino_as_isp (7.2) counts words and asks like stk500v1: not for this port.
 * Failures    The answer has its full length and ends in STK_FAILED. ENTER_PROGMODE in a session does nothing, as
 *             in ArduinoISP: avrdude sends it again after an erase.
 * Leaves out  VTARGET, SCK_DURATION and the rest: SET_PARAMETER fails, for the circuit has nothing to set.
 * Source      AVR061 (2525B) "Response Definitions", "Command Definitions"; avrdude 7.1 seen on the line
 */
#ifndef HARNESS_HOSTS_STK500V1_SERVER_H
#define HARNESS_HOSTS_STK500V1_SERVER_H

#include "harness/hosts/programmer.h"
#include "protocols/stk500v1.h"
#include "sim/isp_code.h"

/*
 * Simulated time that a command may take to come in. More than 5 s, which a board runs ahead while it waits for
 * an answer; less than the ten times 5 s after which avrdude gives up.
 */
#define STK500V1_SERVER_PATIENCE_PS (30 * SIM_S)

struct stk500v1_server {                 /* private but for the caller's two */
    const struct programmer *programmer; /* the one on the wires; change it only outside a session */
    struct problem complaint;            /* what the programmer last complained of, "": nothing */
    const struct part *part;
    struct isp_decoder decoder;
    void (*answer)(void *ctx, const uint8_t *bytes, size_t n);
    void *ctx;
    uint8_t command[5 + STK500V1_MAX_BLOCK];
    size_t n; /* bytes of the command so far; those that don't fit are not kept */
    sim_time begun_ps;
    uint32_t address; /* as LOAD_ADDRESS said it */
    bool has_device, in_session, eeprom_by_words;
};

/* answer() gets the whole answer to a command. part, programmer and ctx must outlive the server. */
void stk500v1_server_init(struct stk500v1_server *s, const struct programmer *programmer, const struct part *part,
                          void (*answer)(void *ctx, const uint8_t *bytes, size_t n), void *ctx);
/* Bytes of the client, in any portions; sim tells the time. Returns when every command in them is answered. */
void stk500v1_server_take(struct stk500v1_server *s, const uint8_t *bytes, size_t n, const struct sim *sim);
/* The client has gone, or a new one has come: what it left open is closed, what it left unfinished forgotten. */
void stk500v1_server_hang_up(struct stk500v1_server *s);

#endif
