/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/exec/calls.h"

#include "sim/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

enum { OPENED_MAX = 256 };
#define LINGER_PS (30 * SIM_S) /* closing_wait of Linux's serial ports */

static struct opened *opened_of(struct calls *c, int handle)
{
    return handle >= 0 && (unsigned)handle < c->n_opened && c->opened[handle].device ? &c->opened[handle] : NULL;
}

static bool done(struct reply *reply, int64_t result)
{
    reply->result = result < 0 ? -1 : result;
    reply->error = result < 0 ? (int)-result : 0;
    return true;
}

static bool wait_until(const struct calls *c, struct client *k, sim_time deadline_ps)
{
    if (!k->wait.on) {
        k->wait.on = true;
        k->wait.since_ps = c->sim->now_ps;
        k->wait.deadline_ps = deadline_ps;
    }
    return false;
}

/* now + d, and never is never. */
static sim_time after(const struct calls *c, uint64_t d_ps)
{
    return d_ps < SIM_END_PS ? c->sim->now_ps + d_ps : SIM_NEVER;
}

/* ---- time ---- */

static bool op_nothing(struct calls *c, struct client *k, const struct exec_record *r, const void *data,
                       struct reply *reply)
{
    (void)c, (void)k, (void)r, (void)data;
    return done(reply, 0);
}

static bool op_sleep(struct calls *c, struct client *k, const struct exec_record *r, const void *data,
                     struct reply *reply)
{
    (void)data;
    if (!k->wait.on) {
        wait_until(c, k, r->arg[1] ? (r->arg[0] < SIM_END_PS ? r->arg[0] : SIM_NEVER) : after(c, r->arg[0]));
    }
    return c->sim->now_ps >= k->wait.deadline_ps && done(reply, 0);
}

static bool op_timer(struct calls *c, struct client *k, const struct exec_record *r, const void *data,
                     struct reply *reply)
{
    static _Thread_local uint64_t was[2];
    int32_t number = SIGALRM;

    if (r->handle < 0 || r->handle >= EXEC_PROCESS_TIMERS) {
        return done(reply, -EINVAL);
    }
    struct process_timer *t = &k->process->timer[r->handle];

    was[0] = t->due_ps == SIM_NEVER ? 0 : t->due_ps > c->sim->now_ps ? t->due_ps - c->sim->now_ps : 1;
    was[1] = t->every_ps;
    if (r->arg[0] != EXEC_NEVER) {
        memcpy(&number, data, r->n_data == sizeof number ? sizeof number : 0);
        *t = (struct process_timer){
            .due_ps = r->arg[0] ? after(c, r->arg[0]) : SIM_NEVER,
            .every_ps = r->arg[1],
            .signal = number > 0 && number <= SIGRTMAX ? number : 0,
        };
    }
    reply->data = was;
    reply->n_data = sizeof was;
    return done(reply, 0);
}

static bool op_armed(struct calls *c, struct client *k, const struct exec_record *r, const void *data,
                     struct reply *reply)
{
    (void)c, (void)r, (void)data;
    return done(reply, process_first_timer(k->process) != NULL);
}

/* ---- opening and closing ---- */

static struct device *device_named(struct calls *c, const char *path)
{
    for (unsigned i = 0; i < c->n_devices; i++) {
        if (c->devices[i].type && !strcmp(c->devices[i].path, path)) {
            return &c->devices[i];
        }
    }
    return NULL;
}

static int free_handle(struct calls *c)
{
    for (unsigned i = 0; i < c->n_opened; i++) {
        if (!c->opened[i].device) {
            return (int)i;
        }
    }
    if (c->n_opened == OPENED_MAX) {
        return -1;
    }
    c->opened = memory_grown(c->opened, c->n_opened + 1, sizeof *c->opened);
    c->opened[c->n_opened] = (struct opened){ .hang_up_fd = -1 };
    return (int)c->n_opened++;
}

/* The inode of the other end of a socket pair is what the program's fstat() says after exec: it sends it ahead. */
static bool op_open(struct calls *c, struct client *k, const struct exec_record *r, const void *data,
                    struct reply *reply)
{
    const char *path = data;
    struct device *d = r->n_data && memchr(path, 0, r->n_data) ? device_named(c, path) : NULL;
    int fd = client_take_device(k), handle = d ? free_handle(c) : -1, error = 0;

    if (!d || fd < 0 || handle < 0) {
        error = !d ? -ENOENT : fd < 0 ? -EIO : -ENFILE;
    } else if (d->type->open) {
        error = d->type->open(d, (int)r->arg[0]);
    }
    if (error) {
        if (fd >= 0) {
            close(fd);
        }
        return done(reply, error);
    }
    fcntl(fd, F_SETFD, FD_CLOEXEC);
    d->opens++;
    c->opens += S_ISCHR(d->mode);
    c->opened[handle] = (struct opened){ .device = d, .hang_up_fd = fd, .inode = r->arg[1] };
    return done(reply, handle);
}

static bool op_adopt(struct calls *c, struct client *k, const struct exec_record *r, const void *data,
                     struct reply *reply)
{
    (void)k, (void)data;
    for (unsigned i = 0; i < c->n_opened; i++) {
        if (c->opened[i].device && c->opened[i].inode == r->arg[0]) {
            return done(reply, i);
        }
    }
    reply->result = -1;
    return true;
}

static bool hung_up(const struct opened *o)
{
    struct pollfd p = { .fd = o->hang_up_fd };

    return poll(&p, 1, 0) == 1 && p.revents & (POLLHUP | POLLERR);
}

static bool lingers(const struct device *d)
{
    return d->opens == 1 && d->type->lingers && d->type->lingers((struct device *)d);
}

static void close_opened(struct calls *c, struct opened *o)
{
    struct device *d = o->device;
    int handle = (int)(o - c->opened);

    close(o->hang_up_fd);
    *o = (struct opened){ .hang_up_fd = -1 };
    d->opens--;
    if (d->type->close) {
        d->type->close(d, handle);
    }
}

/* What a program wrote by a call that nobody saw (libc's own ones) lies in the socket. */
static void take_unseen(struct opened *o)
{
    struct device *d = o->device;
    struct device_call call = { .retry_ps = SIM_NEVER };
    uint8_t bytes[1024];
    size_t room = d->type->write && d->type->room ? d->type->room(d) / 2 : 0;
    ssize_t n = room ? recv(o->hang_up_fd, bytes, room < sizeof bytes ? room : sizeof bytes, MSG_DONTWAIT) : 0;

    if (n > 0) {
        d->type->write(d, bytes, (size_t)n, &call);
    }
}

void calls_take_unseen(struct calls *c)
{
    for (unsigned i = 0; i < c->n_opened; i++) {
        if (c->opened[i].device) {
            take_unseen(&c->opened[i]);
        }
    }
}

void calls_close_left(struct calls *c)
{
    for (unsigned i = 0; i < c->n_opened; i++) {
        if (c->opened[i].device && hung_up(&c->opened[i])) {
            take_unseen(&c->opened[i]);
            close_opened(c, &c->opened[i]);
        }
    }
}

/* The last close() waits until what was written is sent, as Linux does. */
static bool op_close(struct calls *c, struct client *k, const struct exec_record *r, const void *data,
                     struct reply *reply)
{
    struct opened *o = opened_of(c, r->handle);

    (void)data;
    if (!o || !hung_up(o)) {
        return done(reply, 0);
    }
    if (lingers(o->device) && (!k->wait.on || c->sim->now_ps < k->wait.deadline_ps)) {
        return wait_until(c, k, after(c, LINGER_PS));
    }
    close_opened(c, o);
    return done(reply, 0);
}

static bool op_name(struct calls *c, struct client *k, const struct exec_record *r, const void *data,
                    struct reply *reply)
{
    struct opened *o = opened_of(c, r->handle);

    (void)k, (void)data;
    if (!o) {
        return done(reply, -EBADF);
    }
    reply->data = o->device->path;
    reply->n_data = strlen(o->device->path) + 1;
    return done(reply, 0);
}

/* ---- reading and writing ---- */

/* What comes along: received bytes, and how much can be written without asking. */
static void add_extras(struct calls *c, int handle, struct reply *reply)
{
    struct opened *o = opened_of(c, handle);

    if (o && o->device->type->peek) {
        reply->peek_handle = handle;
        reply->peek = o->device->type->peek(o->device, &reply->n_peek);
    }
    if (o && o->device->type->room) {
        reply->room_handle = handle;
        reply->room = o->device->type->room(o->device);
    }
}

/* A call that has not succeeded yet goes on, unless it may not wait. */
static bool go_on(struct calls *c, struct client *k, const struct device_call *call, bool may_wait, struct reply *reply)
{
    if (!may_wait) {
        return done(reply, -EAGAIN);
    }
    k->wait.since_ps = k->wait.on ? k->wait.since_ps : c->sim->now_ps;
    k->wait.on = true;
    k->wait.memo = call->memo;
    k->wait.deadline_ps = call->retry_ps > c->sim->now_ps ? call->retry_ps : SIM_NEVER;
    return false;
}

/* A file that was opened while it stood there: a pin's, until it is unexported. */
static bool is_gone(const struct opened *o)
{
    return o && o->device->type->content && !o->device->mode;
}

bool calls_can_give_back(const struct calls *c, int handle)
{
    const struct opened *o = opened_of((struct calls *)c, handle);

    return o && o->device->type->give_back;
}

void calls_give_back(struct calls *c, int handle, const uint8_t *bytes, size_t n)
{
    struct opened *o = opened_of(c, handle);

    if (o && o->device->type->give_back) {
        o->device->type->give_back(o->device, bytes, n);
    }
}

/* Of what is a file: from its position, or from where pread() says. */
static bool read_file(struct opened *o, const struct exec_record *r, size_t n, struct reply *reply)
{
    static _Thread_local uint8_t bytes[EXEC_DATA_BYTES];
    bool at = r->arg[1] & EXEC_AT;
    uint64_t from = at ? r->arg[1] >> 2 : o->position;
    ssize_t size = o->device->type->content(o->device, bytes, sizeof bytes);
    size_t left = size > 0 && from < (uint64_t)size ? (size_t)size - (size_t)from : 0;

    n = n < left ? n : left;
    o->position += at ? 0 : n;
    reply->data = bytes + (left ? from : 0);
    reply->n_data = n;
    return done(reply, size < 0 ? size : (ssize_t)n);
}

static bool op_seek(struct calls *c, struct client *k, const struct exec_record *r, const void *data,
                    struct reply *reply)
{
    struct opened *o = opened_of(c, r->handle);
    int64_t to = (int64_t)r->arg[0];

    (void)k, (void)data;
    if (!o || !o->device->type->content) {
        return done(reply, o ? -ESPIPE : -EBADF);
    }
    to += r->arg[1] == SEEK_CUR ? (int64_t)o->position : 0;
    if (to < 0 || to > INT32_MAX || (r->arg[1] != SEEK_SET && r->arg[1] != SEEK_CUR)) {
        return done(reply, -EINVAL);
    }
    o->position = (uint64_t)to;
    return done(reply, to);
}

static bool op_read(struct calls *c, struct client *k, const struct exec_record *r, const void *data,
                    struct reply *reply)
{
    static _Thread_local uint8_t bytes[EXEC_DATA_BYTES];
    struct opened *o = opened_of(c, r->handle);
    struct device_call call = { .handle = r->handle, .memo = k->wait.memo, .retry_ps = SIM_NEVER };
    size_t n = r->arg[0] < sizeof bytes ? (size_t)r->arg[0] : sizeof bytes;

    (void)data;
    if (is_gone(o)) {
        return done(reply, -ENODEV);
    }
    if (o && o->device->type->content) {
        return read_file(o, r, n, reply);
    }
    if (!o || !o->device->type->read || r->arg[1] & EXEC_AT) {
        return done(reply, !o ? -EBADF : r->arg[1] & EXEC_AT ? -ESPIPE : -EINVAL);
    }
    ssize_t got = o->device->type->read(o->device, bytes, n, &call);

    if (got == -EAGAIN) {
        return go_on(c, k, &call, !r->arg[1], reply);
    }
    reply->data = bytes;
    reply->n_data = got > 0 ? (size_t)got : 0;
    add_extras(c, r->handle, reply);
    return done(reply, got);
}

static bool op_take(struct calls *c, struct client *k, const struct exec_record *r, const void *data,
                    struct reply *reply)
{
    struct opened *o = opened_of(c, r->handle);

    (void)k, (void)data;
    if (o && o->device->type->take) {
        o->device->type->take(o->device, (size_t)r->arg[0]);
    }
    return done(reply, 0);
}

static bool op_write(struct calls *c, struct client *k, const struct exec_record *r, const void *data,
                     struct reply *reply)
{
    struct opened *o = opened_of(c, r->handle);
    struct device_call call = { .handle = r->handle,
                                .memo = k->wait.on ? k->wait.memo : r->arg[0],
                                .retry_ps = SIM_NEVER };

    if (!o || !o->device->type->write || is_gone(o)) {
        return done(reply, !o ? -EBADF : is_gone(o) ? -ENODEV : -EINVAL);
    }
    ssize_t took = o->device->type->write(o->device, data, r->n_data, &call);

    if (took == -EAGAIN) {
        return go_on(c, k, &call, !r->arg[1], reply);
    }
    add_extras(c, r->handle, reply);
    return done(reply, took);
}

static bool op_ioctl(struct calls *c, struct client *k, const struct exec_record *r, const void *data,
                     struct reply *reply)
{
    static _Thread_local uint8_t out[EXEC_DATA_BYTES];
    struct opened *o = opened_of(c, r->handle);
    struct device_call call = { .handle = r->handle, .memo = k->wait.memo, .retry_ps = SIM_NEVER };
    struct device_ioctl i = {
        .request = (uint32_t)r->arg[0],
        .value = r->arg[1],
        .in = data,
        .n_in = r->n_data,
        .out = out,
        .room = sizeof out,
    };

    if (!o || !o->device->type->ioctl) {
        return done(reply, o ? -ENOTTY : -EBADF);
    }
    int result = o->device->type->ioctl(o->device, &i, &call);

    if (result == -EAGAIN) {
        return go_on(c, k, &call, true, reply);
    }
    reply->data = out;
    reply->n_data = i.n_out;
    return done(reply, result);
}

static bool op_poll(struct calls *c, struct client *k, const struct exec_record *r, const void *data,
                    struct reply *reply)
{
    static _Thread_local struct exec_poll told[EXEC_DATA_BYTES / sizeof(struct exec_poll)];
    size_t n = r->n_data / sizeof *told;
    int64_t ready = 0;

    memcpy(told, data, n * sizeof *told);
    for (size_t i = 0; i < n; i++) {
        struct opened *o = opened_of(c, told[i].handle);
        short now = !o                       ? POLLNVAL
                    : o->device->type->ready ? o->device->type->ready(o->device, told[i].handle)
                                             : POLLIN | POLLOUT;

        told[i].revents = (short)(now & (told[i].events | POLLERR | POLLHUP | POLLNVAL));
        ready += told[i].revents != 0;
    }
    if (!ready && r->arg[0] && (!k->wait.on || c->sim->now_ps < k->wait.deadline_ps)) {
        return wait_until(c, k, after(c, r->arg[0]));
    }
    reply->data = told;
    reply->n_data = n * sizeof *told;
    if (n == 1) {
        add_extras(c, told[0].handle, reply);
    }
    return done(reply, ready);
}

/* ---- processes ---- */

/* Answered once the child has said hello: clients_settle() waits for that. */
static bool op_forked_to(struct calls *c, struct client *k, const struct exec_record *r, const void *data,
                         struct reply *reply)
{
    (void)data;
    if (k->wait.on) {
        return done(reply, 0);
    }
    clients_child(c->clients, (pid_t)r->arg[0], k->process);
    return wait_until(c, k, c->sim->now_ps);
}

static bool op_execs(struct calls *c, struct client *k, const struct exec_record *r, const void *data,
                     struct reply *reply)
{
    size_t n = r->arg[0] ? 0 : r->n_data < EXEC_IMAGE_BYTES ? r->n_data : EXEC_IMAGE_BYTES;

    (void)c;
    memcpy(k->process->execs, data, n);
    k->process->execs[n] = '\0';
    return done(reply, 0);
}

/* The one that is woken has its turn first, or the one that woke it, as the list says: not as the machine pleases. */
static bool op_signalled(struct calls *c, struct client *k, const struct exec_record *r, const void *data,
                         struct reply *reply)
{
    (void)r, (void)data;
    if (k->wait.on) {
        return done(reply, 0);
    }
    clients_signalled(c->clients, NULL);
    return wait_until(c, k, c->sim->now_ps);
}

/* As flock(): of all that is open of a device, one may have it for itself, or several together. */
static bool op_lock(struct calls *c, struct client *k, const struct exec_record *r, const void *data,
                    struct reply *reply)
{
    struct opened *o = opened_of(c, r->handle);
    int how = (int)r->arg[0] & ~LOCK_NB;
    bool taken = false;

    (void)data;
    if (!o || (how != LOCK_UN && how != LOCK_SH && how != LOCK_EX)) {
        return done(reply, o ? -EINVAL : -EBADF);
    }
    for (unsigned i = 0; i < c->n_opened && how != LOCK_UN; i++) {
        const struct opened *other = &c->opened[i];

        taken |= other != o && other->device == o->device && other->lock && (how == LOCK_EX || other->lock == LOCK_EX);
    }
    if (taken) {
        return r->arg[0] & LOCK_NB ? done(reply, -EWOULDBLOCK) : wait_until(c, k, SIM_NEVER);
    }
    o->lock = how == LOCK_UN ? 0 : how;
    sim_wake(c->sim);
    return done(reply, 0);
}

typedef bool op_function(struct calls *c, struct client *k, const struct exec_record *r, const void *data,
                         struct reply *reply);

static op_function *const ops[EXEC_OPS] = {
    [EXEC_NOTHING] = op_nothing, [EXEC_SLEEP] = op_sleep,     [EXEC_OPEN] = op_open,
    [EXEC_ADOPT] = op_adopt,     [EXEC_CLOSE] = op_close,     [EXEC_READ] = op_read,
    [EXEC_TAKE] = op_take,       [EXEC_WRITE] = op_write,     [EXEC_IOCTL] = op_ioctl,
    [EXEC_POLL] = op_poll,       [EXEC_OUTSIDE] = op_nothing, [EXEC_TIMER] = op_timer,
    [EXEC_NAME] = op_name,       [EXEC_SEEK] = op_seek,       [EXEC_FORKED_TO] = op_forked_to,
    [EXEC_BYE] = op_nothing,     [EXEC_ARMED] = op_armed,     [EXEC_SIGNALLED] = op_signalled,
    [EXEC_LOCK] = op_lock,       [EXEC_EXECS] = op_execs,
};

bool calls_do(struct calls *c, struct client *k, const struct exec_record *r, const void *data, struct reply *reply)
{
    c->count += !k->wait.on;
    return ops[r->op] ? ops[r->op](c, k, r, data, reply) : done(reply, -ENOSYS);
}

sim_time calls_cost(const struct calls *c, const struct exec_record *r)
{
    struct opened *o = opened_of((struct calls *)c, r->handle);

    if (!o) {
        return 0;
    }
    switch (r->op) {
    case EXEC_IOCTL:
        return o->device->type->ioctl_cost ? o->device->type->ioctl_cost(o->device, (uint32_t)r->arg[0])
                                           : o->device->call_ps;
    case EXEC_READ:
    case EXEC_TAKE:
    case EXEC_WRITE:
    case EXEC_POLL: return o->device->call_ps;
    default: return 0;
    }
}

void calls_free(struct calls *c)
{
    for (unsigned i = 0; i < c->n_opened; i++) {
        if (c->opened[i].device) {
            close_opened(c, &c->opened[i]);
        }
    }
    free(c->opened);
}
