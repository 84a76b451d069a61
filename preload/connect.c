/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "preload/connect.h"

#include "preload/bench.h"
#include "preload/room.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

static struct sockaddr_un address;
static socklen_t address_bytes;
static struct exec_channel *_Atomic told_of_room; /* where the process says that it lacks room for another link */

bool connect_to(const char *name, size_t n)
{
    if (!n || n + 2 > sizeof address.sun_path) {
        return false;
    }
    address.sun_family = AF_UNIX;
    memcpy(address.sun_path + 1, name, n); /* abstract: begins with a zero */
    address_bytes = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + n);
    return true;
}

/* It has ended, whose program goes on: as it would with a device that was pulled. */
static bool bench_left(int error)
{
    return error == ECONNREFUSED || error == ECONNRESET || error == EPIPE;
}

static int receive_channel(int fd)
{
    char byte, room[CMSG_SPACE(sizeof(int))];
    struct iovec v = { &byte, 1 };
    struct msghdr m = { .msg_iov = &v, .msg_iovlen = 1, .msg_control = room, .msg_controllen = sizeof room };
    ssize_t n;

    do {
        n = recvmsg(fd, &m, MSG_CMSG_CLOEXEC);
    } while (n < 0 && errno == EINTR);
    struct cmsghdr *c = n == 1 ? CMSG_FIRSTHDR(&m) : NULL;
    if (c && c->cmsg_type == SCM_RIGHTS) {
        return *(int *)(void *)CMSG_DATA(c);
    }
    errno = n == 1 ? EMFILE : n == 0 ? ECONNRESET : errno; /* it was sent, and there was no number for it */
    return -1;
}

/* NULL: errno. */
static struct exec_channel *greet(int fd, enum exec_hello_kind kind)
{
    const struct exec_hello hello = {
        .version = EXEC_VERSION, .pid = getpid(), .tid = (int32_t)kernel_call(SYS_gettid), .kind = kind
    };
    void *at = MAP_FAILED;
    int connected;

    while ((connected = connect(fd, (struct sockaddr *)&address, address_bytes)) != 0 && errno == EINTR) {
    }
    if (connected != 0 || send(fd, &hello, sizeof hello, MSG_NOSIGNAL) != sizeof hello) {
        return NULL;
    }
    int memory = receive_channel(fd);

    if (memory >= 0) {
        at = mmap(NULL, sizeof(struct exec_channel), PROT_READ | PROT_WRITE, MAP_SHARED, memory, 0);
        int error = errno;
        kernel_call(SYS_close, memory);
        errno = error;
    }
    if (at == MAP_FAILED && !bench_left(errno) && !room_can_be_made(errno)) {
        int error = errno;
        const char why = (char)(EXEC_NO_ROOM | (error & (EXEC_NO_ROOM - 1)));

        send(fd, &why, 1, MSG_NOSIGNAL);
        errno = error;
    }
    return at == MAP_FAILED ? NULL : at;
}

/* -1: errno. */
static int connect_once(enum exec_hello_kind kind, struct exec_channel **channel)
{
    int fd = bench_high((int)kernel_call(SYS_socket, AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));

    *channel = fd < 0 ? NULL : greet(fd, kind);
    if (fd >= 0 && !*channel) {
        int error = errno;

        kernel_call(SYS_close, fd);
        errno = error;
        return -1;
    }
    return fd;
}

/* Outside simulated time a program might pass that would fail in it: it ends, and the bench says why. */
static void end_without_room(int error)
{
    struct exec_channel *told = atomic_load(&told_of_room);
    char text[200];

    if (told) {
        atomic_store(&told->lack, (uint32_t)error);
    }
    int n = snprintf(text, sizeof text, "limpet exec: process %d can't speak with the bench: %s: it ends\n",
                     (int)getpid(), strerrordesc_np(error));
    kernel_call(SYS_write, STDERR_FILENO, text, n);
    kernel_call(SYS_exit_group, EXEC_NO_ROOM_STATUS);
}

int connect_bench(enum exec_hello_kind kind, struct exec_channel **channel)
{
    struct exec_channel *nobody = NULL;
    int fd = connect_once(kind, channel);

    if (fd < 0 && room_can_be_made(errno) && room_make()) {
        fd = connect_once(kind, channel);
        room_give_back();
    }
    if (fd < 0 && !bench_left(errno)) {
        end_without_room(errno);
    }
    if (fd >= 0) {
        atomic_compare_exchange_strong(&told_of_room, &nobody, *channel);
    }
    return fd;
}

void connect_forked(struct exec_channel *parents)
{
    room_forked();
    atomic_store(&told_of_room, parents);
}

void connect_dropped(struct exec_channel *channel, struct exec_channel *other)
{
    atomic_compare_exchange_strong(&told_of_room, &channel, other);
}
