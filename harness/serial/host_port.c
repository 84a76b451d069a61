/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/serial/host_port.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

void host_port_init(struct host_port *p)
{
    memset(p, 0, sizeof *p);
    p->fd = p->event_fd = -1;
}

void host_port_close(struct host_port *p)
{
    if (p->is_pty) {
        host_port_pty_close(p);
    }
    if (p->fd >= 0) {
        close(p->fd);
    }
    if (p->event_fd >= 0) {
        close(p->event_fd);
    }
    host_port_init(p);
}

unsigned host_port_events(struct host_port *p)
{
    unsigned events = p->is_pty ? host_port_pty_events(p) : host_port_tcp_events(p);
    if (!p->open) {
        p->len = 0;
    }
    return events;
}

size_t host_port_read(struct host_port *p, uint8_t *to, size_t n)
{
    if (p->late_at < p->late_len) {
        size_t part = p->late_len - p->late_at;
        if (part > n) {
            part = n;
        }
        memcpy(to, p->late + p->late_at, part);
        p->late_at += part;
        p->received += part;
        return part;
    }
    if (p->fd < 0) {
        return 0;
    }
    ssize_t got = p->is_pty ? read(p->fd, to, n) : recv(p->fd, to, n, MSG_DONTWAIT);
    if (got > 0) {
        p->received += (uint64_t)got;
        return (size_t)got;
    }
    /* a pty without users gives EIO; a socket at its end gives 0 */
    if (!p->is_pty && (got == 0 || (errno != EAGAIN && errno != EINTR))) {
        host_port_tcp_gone(p);
    }
    return 0;
}

void host_port_flush(struct host_port *p)
{
    if (p->len && p->is_pty) {
        host_port_pty_no_echo(p);
    }
    p->full = false;
    while (p->len && p->open && p->fd >= 0) {
        size_t part = sizeof p->ring - p->head;
        if (part > p->len) {
            part = p->len;
        }
        ssize_t n = p->is_pty ? write(p->fd, p->ring + p->head, part)
                              : send(p->fd, p->ring + p->head, part, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (n <= 0) {
            p->full = true;
            return;
        }
        p->head = (p->head + (size_t)n) % sizeof p->ring;
        p->len -= (size_t)n;
        p->sent += (uint64_t)n;
    }
}

void host_port_write(struct host_port *p, uint8_t byte)
{
    if (!p->open) {
        return;
    }
    if (p->len == sizeof p->ring) {
        host_port_flush(p);
    }
    if (p->len == sizeof p->ring) {
        p->dropped++;
        return;
    }
    p->ring[(p->head + p->len++) % sizeof p->ring] = byte;
}

uint32_t host_port_baud(const struct host_port *p)
{
    return p->is_pty ? host_port_pty_baud(p) : 0;
}
