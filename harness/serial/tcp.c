/* SPDX-License-Identifier: GPL-3.0-or-later */
/* tcp.c - a host port as a TCP port on 127.0.0.1, for `avrdude -P net:127.0.0.1:PORT` */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "harness/serial/host_port.h"

bool host_port_tcp_open(struct host_port *p, uint16_t tcp_port, struct problem *err)
{
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons(tcp_port) };
    socklen_t len = sizeof at;
    int on = 1;
    host_port_init(p);
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    p->event_fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (p->event_fd < 0 || setsockopt(p->event_fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
        bind(p->event_fd, (struct sockaddr *)&at, sizeof at) != 0 || listen(p->event_fd, 4) != 0 ||
        getsockname(p->event_fd, (struct sockaddr *)&at, &len) != 0) {
        problem_set(err, "cannot listen on 127.0.0.1:%u: %s", tcp_port, strerror(errno));
        host_port_close(p);
        return false;
    }
    snprintf(p->address, sizeof p->address, "net:127.0.0.1:%u", ntohs(at.sin_port));
    return true;
}

void host_port_tcp_gone(struct host_port *p)
{
    close(p->fd);
    p->fd = -1; /* told by the next host_port_events() */
}

/* Has the client hung up, though not all that it said may have been read? */
static bool is_leaving(const struct host_port *p)
{
    struct pollfd f = { .fd = p->fd, .events = POLLRDHUP };
    return poll(&f, 1, 0) > 0 && (f.revents & (POLLRDHUP | POLLHUP | POLLERR));
}

/* Further clients are told so, instead of waiting for nobody knows what; one after a client that leaves may wait. */
static void refuse_others(struct host_port *p)
{
    static const char word[] = "limpet: another program has this port open\r\n";
    int fd;
    while (!is_leaving(p) && (fd = accept4(p->event_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK)) >= 0) {
        char said[256];
        while (recv(fd, said, sizeof said, 0) > 0) { /* unread, it would make the word a reset */
        }
        if (send(fd, word, sizeof word - 1, MSG_NOSIGNAL) > 0) {
            shutdown(fd, SHUT_WR);
        }
        close(fd);
    }
}

unsigned host_port_tcp_events(struct host_port *p)
{
    unsigned events = 0;
    if (p->open && p->fd < 0) {
        p->open = false;
        p->len = 0;
        events |= HOST_PORT_CLOSED;
    }
    if (p->fd < 0) {
        p->fd = accept4(p->event_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (p->fd >= 0) {
            int on = 1;
            setsockopt(p->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
            p->open = true;
            events |= HOST_PORT_OPENED;
        }
    } else {
        refuse_others(p);
    }
    return events;
}
