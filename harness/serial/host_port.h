/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * host_port.h - where a program on this machine finds the board's serial line: a pty or a TCP port
 *
 *      avrdude <-- /dev/pts/N or 127.0.0.1:PORT --> host_port <-- bytes --> board
 *
 * Behaves like a USB serial adapter: bytes that arrive while nobody has the port open are lost, bytes that the
 * reader never fetches fill a bounded buffer and are then lost (counted), and nothing here ever blocks.
 */
#ifndef HARNESS_SERIAL_HOST_PORT_H
#define HARNESS_SERIAL_HOST_PORT_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "sim/problem.h"

#define HOST_PORT_BUFFER_BYTES 16384
#define HOST_PORT_LATE_BYTES 65536

enum host_port_event { /* bits */
                       HOST_PORT_OPENED = 1,
                       HOST_PORT_CLOSED = 2,
};

struct host_port {
    char address[128]; /* what -P takes: "/dev/pts/3", "net:127.0.0.1:4000" */
    int fd;            /* bytes both ways, -1: nobody there. Poll it while `open` */
    int event_fd;      /* readable when somebody comes or goes */
    bool open;
    bool is_pty;
    char taken_from[64];              /* the pty that the link led to, when that still has an owner */
    char *link;                       /* symbolic link to a pty, removed at the end; NULL: none */
    unsigned users;                   /* pty: how many have it open */
    unsigned own_opens, own_closes;   /* events on the pty that we made ourselves */
    bool doubt;                       /* pty: count of users and state of the line disagreed last time */
    uint64_t received, sent, dropped; /* bytes since host_port_*_open() */
    size_t head, len;                 /* of ring: bytes on their way to the reader */
    bool full;                        /* the reader's end took not all of them when last asked */
    uint8_t ring[HOST_PORT_BUFFER_BYTES];
    size_t late_at, late_len; /* pty: bytes that its last user had written when it closed */
    uint8_t late[HOST_PORT_LATE_BYTES];
};

/*
 * A new pty in raw mode. link: a symbolic link made to it, replacing one that led to a pty; NULL: none.
 * False: err, nothing to close.
 */
bool host_port_pty_open(struct host_port *p, const char *link, struct problem *err);
/* 127.0.0.1 only, one client at a time; others get a word and are closed. tcp_port 0: any, see address. */
bool host_port_tcp_open(struct host_port *p, uint16_t tcp_port, struct problem *err);
void host_port_close(struct host_port *p);
/* None: nothing to close. */
void host_port_init(struct host_port *p);

/*
 * What happened since the last call, as bits. Both bits: closed and opened again, or the other way round; `open`
 * says how it is now.
 */
unsigned host_port_events(struct host_port *p);
/*
 * Bytes from the program, 0: none now. What a program wrote before it closed is still delivered, until somebody
 * opens the port anew.
 */
size_t host_port_read(struct host_port *p, uint8_t *to, size_t n);
/* Queues a byte for the program, then passes on what it takes. */
void host_port_write(struct host_port *p, uint8_t byte);
void host_port_flush(struct host_port *p);
/* Speed that the program set, in baud; 0: not known (TCP, or an odd one). */
uint32_t host_port_baud(const struct host_port *p);

/* For pty.c and tcp.c. */
void host_port_pty_no_echo(struct host_port *p);
unsigned host_port_pty_events(struct host_port *p);
void host_port_pty_close(struct host_port *p);
uint32_t host_port_pty_baud(const struct host_port *p);
unsigned host_port_tcp_events(struct host_port *p);
void host_port_tcp_gone(struct host_port *p);

#endif
