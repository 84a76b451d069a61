/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/commands/standard_streams.h"

#include "harness/commands/command.h"

#include <errno.h>
#include <fcntl.h>
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

bool standard_streams_ready(const char *who)
{
    for (int fd = 0; fd <= 2; fd++) {
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", fd == 0 ? O_RDONLY : O_WRONLY) != fd) {
            return false;
        }
    }
    name = who;
    return atexit(look_at_output) == 0;
}

void standard_streams_name(const char *who)
{
    name = who;
}
