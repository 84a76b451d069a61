/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * pty.c - a host port as a Linux pseudo terminal
 *
 * A pty has no DTR: that somebody opened it is learnt from inotify on its slave, and, where inotify is not to be
 * had, from the hang-up state of the master. The slave is raw from the start, so that nothing is echoed to the
 * board before a program has set its own mode.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "harness/serial/host_port.h"
#include "sim/memory.h"

static const char PTS[] = "/dev/pts/";

static bool nobody_there(const struct host_port *p)
{
    struct pollfd f = { .fd = p->fd, .events = 0 };
    return poll(&f, 1, 0) > 0 && (f.revents & POLLHUP);
}

static bool set_raw(const char *path)
{
    struct termios t;
    int fd = open(path, O_RDWR | O_NOCTTY | O_CLOEXEC);
    bool ok = fd >= 0 && tcgetattr(fd, &t) == 0;
    if (ok) {
        cfmakeraw(&t);
        ok = tcsetattr(fd, TCSANOW, &t) == 0;
    }
    if (fd >= 0) {
        close(fd); /* from now on the master reports a hang-up until somebody opens the slave */
    }
    return ok;
}

/*
 * A program that leaves the terminal's echo on (cat, a shell's read) sends every answer back, which is answered, for
 * ever. An adapter's terminal does that too; nobody wants it.
 */
void host_port_pty_no_echo(struct host_port *p)
{
    struct termios t;
    if (tcgetattr(p->fd, &t) == 0 && (t.c_lflag & (ECHO | ECHONL))) {
        t.c_lflag &= ~(tcflag_t)(ECHO | ECHONL);
        tcsetattr(p->fd, TCSANOW, &t);
    }
}

/* LINK.PID.tmp of a bench that was killed between making it and renaming it: a link to a pty, of a process that is gone. */
static void clean_up(const char *link)
{
    const char *slash = strrchr(link, '/'), *base = slash ? slash + 1 : link;
    size_t n = strlen(base);
    char *folder = slash ? strndup(link, (size_t)(slash - link) + 1) : strdup(".");
    DIR *d = folder ? opendir(folder) : NULL;

    for (struct dirent *e; d && (e = readdir(d));) {
        char *end, to[64] = "";

        if (strncmp(e->d_name, base, n) != 0 || e->d_name[n] != '.') {
            continue;
        }
        long pid = strtol(e->d_name + n + 1, &end, 10);
        if (pid > 0 && pid <= INT_MAX && !strcmp(end, ".tmp") && kill((pid_t)pid, 0) != 0 && errno == ESRCH &&
            readlinkat(dirfd(d), e->d_name, to, sizeof to - 1) > 0 && !strncmp(to, PTS, sizeof PTS - 1)) {
            unlinkat(dirfd(d), e->d_name, 0);
        }
    }
    if (d) {
        closedir(d);
    }
    free(folder);
}

static bool make_link(struct host_port *p, const char *link, struct problem *err)
{
    struct stat st;
    char old[64] = "", temp[4096];
    if (lstat(link, &st) == 0) {
        ssize_t n = S_ISLNK(st.st_mode) ? readlink(link, old, sizeof old - 1) : -1;
        if (n < 0 || strncmp(old, PTS, sizeof PTS - 1) != 0) {
            return problem_set(err, "%s: exists and is no link to a pty; not replaced", link);
        }
        if (access(old, F_OK) == 0) { /* a pty's slave is there as long as somebody has its master */
            snprintf(p->taken_from, sizeof p->taken_from, "%s", old);
        }
    }
    clean_up(link);
    int n = snprintf(temp, sizeof temp, "%s.%ld.tmp", link, (long)getpid());
    if (n < 0 || (size_t)n >= sizeof temp) {
        return problem_set(err, "%s: name too long", link);
    }
    if (symlink(p->address, temp) != 0 || rename(temp, link) != 0) {
        int error = errno;
        unlink(temp);
        return problem_set(err, "%s: cannot make the link: %s", link, strerror(error));
    }
    p->link = memory_text(link);
    return true;
}

bool host_port_pty_open(struct host_port *p, const char *link, struct problem *err)
{
    host_port_init(p);
    p->is_pty = true;
    p->fd = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
    if (p->fd < 0 || grantpt(p->fd) != 0 || unlockpt(p->fd) != 0 ||
        ptsname_r(p->fd, p->address, sizeof p->address) != 0 || !set_raw(p->address)) {
        problem_set(err, "cannot make a pty: %s", strerror(errno));
        host_port_close(p);
        return false;
    }
    p->event_fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (p->event_fd >= 0 && inotify_add_watch(p->event_fd, p->address, IN_OPEN | IN_CLOSE) < 0) {
        close(p->event_fd);
        p->event_fd = -1;
    }
    if (link && !make_link(p, link, err)) {
        host_port_close(p);
        return false;
    }
    return true;
}

void host_port_pty_close(struct host_port *p)
{
    char now[64] = "";
    if (p->link) {
        /* somebody else's by now? then it stays */
        if (readlink(p->link, now, sizeof now - 1) > 0 && strcmp(now, p->address) == 0) {
            unlink(p->link);
        }
        free(p->link);
        p->link = NULL;
    }
}

/*
 * The last user has gone. What it wrote is taken aside, so that it can't be mistaken for the next one's; what it
 * left unread would greet the next one: an adapter forgets it.
 */
static void settle_after_close(struct host_port *p)
{
    ssize_t n;
    if (p->late_at == p->late_len) {
        p->late_at = p->late_len = 0;
    }
    while (p->late_len < sizeof p->late && (n = read(p->fd, p->late + p->late_len, sizeof p->late - p->late_len)) > 0) {
        p->late_len += (size_t)n;
    }
    int fd = open(p->address, O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
    if (fd >= 0) {
        if (p->event_fd >= 0) {
            p->own_opens++;
            p->own_closes++;
        }
        tcflush(fd, TCIFLUSH);
        close(fd);
    }
}

static unsigned user_count(struct host_port *p, unsigned users)
{
    unsigned events = !p->users && users ? HOST_PORT_OPENED : p->users && !users ? HOST_PORT_CLOSED : 0;
    p->users = users;
    return events;
}

/* What one inotify event means; those that we made ourselves mean nothing. */
static unsigned count_event(struct host_port *p, uint32_t mask)
{
    if (mask & IN_Q_OVERFLOW) {
        p->own_opens = p->own_closes = 0;
        return user_count(p, nobody_there(p) ? 0 : 1);
    }
    if (mask & IN_OPEN) {
        if (!p->own_opens) {
            return user_count(p, p->users + 1);
        }
        p->own_opens--;
    } else if (mask & IN_CLOSE) {
        if (!p->own_closes) {
            return p->users ? user_count(p, p->users - 1) : 0;
        }
        p->own_closes--;
    }
    return 0;
}

static unsigned count_users(struct host_port *p)
{
    char buf[4096] __attribute__((aligned(8)));
    unsigned events = 0;

    if (p->event_fd < 0) {
        return user_count(p, nobody_there(p) ? 0 : 1);
    }
    for (ssize_t n; (n = read(p->event_fd, buf, sizeof buf)) > 0;) {
        for (char *at = buf; at < buf + n;) {
            const struct inotify_event *e = (const struct inotify_event *)at;

            at += sizeof *e + e->len;
            events |= count_event(p, e->mask);
        }
    }
    return events;
}

/*
 * Equal events in a row reach us as one, so the count may be wrong after two opens at the same moment. The hang-up
 * state is the truth, but clears a little before the event of the open comes: believe it the second time.
 */
static unsigned correct_count(struct host_port *p)
{
    bool doubt = p->event_fd >= 0 && (p->users > 0) == nobody_there(p);
    bool sure = doubt && p->doubt;

    p->doubt = doubt && !sure;
    return sure ? user_count(p, p->users ? 0 : 1) : 0;
}

unsigned host_port_pty_events(struct host_port *p)
{
    unsigned events = count_users(p);

    events |= correct_count(p);
    p->open = p->users > 0;
    if ((events & HOST_PORT_OPENED) && p->open) {
        p->late_at = p->late_len = 0;
    }
    if ((events & HOST_PORT_CLOSED) && !p->open) {
        settle_after_close(p);
    }
    return events;
}

uint32_t host_port_pty_baud(const struct host_port *p)
{
    static const struct {
        speed_t code;
        uint32_t baud;
    } speeds[] = {
        { B300, 300 },         { B600, 600 },         { B1200, 1200 },       { B2400, 2400 },     { B4800, 4800 },
        { B9600, 9600 },       { B19200, 19200 },     { B38400, 38400 },     { B57600, 57600 },   { B115200, 115200 },
        { B230400, 230400 },   { B460800, 460800 },   { B500000, 500000 },   { B576000, 576000 }, { B921600, 921600 },
        { B1000000, 1000000 }, { B1500000, 1500000 }, { B2000000, 2000000 },
    };
    struct termios t;
    if (tcgetattr(p->fd, &t) != 0) {
        return 0;
    }
    for (unsigned i = 0; i < sizeof speeds / sizeof speeds[0]; i++) {
        if (cfgetospeed(&t) == speeds[i].code) {
            return speeds[i].baud;
        }
    }
    return 0;
}
