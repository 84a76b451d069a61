/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/commands/standard_streams.h"

#include "harness/commands/command.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *name; /* exit() hands its functions nothing */

static void look_at_output(void)
{
    bool lost = ferror(stdout);

    errno = 0;
    if (fflush(stdout) != 0 || lost) { /* a report that got lost is no success */
        fprintf(stderr, "%s: cannot write the output: %s\n", name, errno ? strerror(errno) : "some of it was refused");
        _exit(EXIT_BAD_INPUT);
    }
}

/*
 * Messages name what the command line said, options and all that argp tells of them: what a terminal takes for a command
 * is shown as its bytes. (Names out of files are made printable where they are printed, line ends too; progress on a
 * terminal goes to the descriptor.)
 */
static ssize_t put_printable(void *unused, const char *text, size_t n)
{
    (void)unused;
    for (size_t i = 0, from = 0; i <= n; i++) {
        unsigned char c = i < n ? (unsigned char)text[i] : 0;
        bool is_c1 = c == 0xC2 && i + 1 < n && (unsigned char)text[i + 1] < 0xA0;

        if (i < n && !is_c1 && (c >= ' ' || c == '\n' || c == '\t') && c != 0x7F) {
            continue;
        }
        while (from < i) {
            ssize_t put = write(STDERR_FILENO, text + from, i - from);
            if (put < 0 && errno != EINTR) {
                return 0;
            }
            from += put > 0 ? (size_t)put : 0;
        }
        if (i < n) {
            dprintf(STDERR_FILENO, "\\x%02X", c);
            if (is_c1) {
                dprintf(STDERR_FILENO, "\\x%02X", (unsigned char)text[++i]);
            }
            from = i + 1;
        }
    }
    return (ssize_t)n;
}

bool standard_streams_ready(const char *who)
{
    for (int fd = 0; fd <= 2; fd++) {
        if (fcntl(fd, F_GETFD) < 0 && errno == EBADF && open("/dev/null", fd == 0 ? O_RDONLY : O_WRONLY) != fd) {
            dprintf(STDERR_FILENO, "%s: descriptor %d is closed, and /dev/null cannot stand for it: %s\n", who, fd,
                    strerror(errno));
            return false;
        }
    }
    signal(SIGCHLD, SIG_DFL); /* where our parent ignores it, the kernel keeps no status of our children for us */
    signal(SIGXFSZ, SIG_IGN); /* a file over `ulimit -f` is a write that fails, and says so */
    FILE *messages = fopencookie(NULL, "w", (cookie_io_functions_t){ .write = put_printable });
    if (messages) {
        setvbuf(messages, NULL, _IONBF, 0);
        stderr = messages;
    }
    name = who;
    return messages && atexit(look_at_output) == 0;
}

void standard_streams_outlive_reader(void)
{
    signal(SIGPIPE, SIG_IGN);
}

void standard_streams_name(const char *who)
{
    name = who;
}
