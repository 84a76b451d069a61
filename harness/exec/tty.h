/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tty.h - a serial port as Linux shows it to a program: settings, line discipline, modem lines, over any line
 *
 *      read(), write(), ioctl() --> tty --struct tty_line_type--> a UART on the board, the lines of a circuit ...
 *
 * Models      raw and canonical input (erase, kill, end of file), VMIN and VTIME, echo, the translations of CR and NL,
 *             speeds as codes and numbers (BOTHER, custom_divisor), 5 to 8 bits, parity (CMSPAR too), stop bits, DTR
 *             and RTS with HUPCL and B0, modem inputs with TIOCMIWAIT and TIOCGICOUNT, break, drain, flush,
 *             exclusive use, a bounded input buffer (what does not fit is lost and counted). What a bad parity or
 *             stop bit and a break are read as (IGNPAR, PARMRK, INPCK, IGNBRK) where the line tells: RS232 lines; an
 *             adapter gives bytes as they are. Settings outlast close(), as a driver's do.
 * Leaves out  signals by characters and breaks (ISIG, BRKINT), flow control by XON/XOFF or CTS, PTY and console calls.
 * Source      termios(3), ioctl_tty(2), Linux serial core: DTR and RTS rise with open(), fall with the last close()
 */
#ifndef HARNESS_EXEC_TTY_H
#define HARNESS_EXEC_TTY_H

#include "harness/exec/device.h"
#include "sim/uart_line.h"

struct tty_line_type {
    void (*open)(void *line);  /* the first open() */
    void (*close)(void *line); /* the last close() */
    void (*send)(void *line, const uint8_t *bytes, size_t n);
    size_t (*pending)(void *line); /* bytes that are not yet on the line */
    void (*discard)(void *line);   /* those */
    bool (*busy)(void *line);      /* something is on the line */
    void (*format)(void *line, const struct uart_format *f, uint32_t baud);
    void (*modem)(void *line, bool dtr, bool rts);
    unsigned (*inputs)(void *line); /* TIOCM_CTS ... that are on; NULL: behind USB, it has none */
    void (*set_break)(void *line, bool on);
};

struct tty;

/* The device of a serial port: path, major, minor, costs are the caller's. own is the struct tty. */
void tty_init(struct device *d, struct sim *sim, const struct tty_line_type *type, void *line, uint32_t baud);
/* From the line: a byte has come. */
void tty_received(struct device *d, uint8_t byte);
enum tty_reception { TTY_GOOD, TTY_BAD_PARITY, TTY_BAD_STOP_BIT, TTY_BREAK };
/* The same where the line tells what was wrong with it. */
void tty_received_as(struct device *d, uint8_t byte, enum tty_reception how);
/* From the line: its modem inputs are, perhaps, others now. */
void tty_inputs_changed(struct device *d);
/* Bytes that programs sent and were given. */
void tty_counts(const struct device *d, uint64_t *sent, uint64_t *received);

#endif
