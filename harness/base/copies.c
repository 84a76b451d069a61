/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/base/copies.h"

#include "wave/left_over.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

pid_t copy_make(void)
{
    pid_t parent = getpid(), pid;
    sigset_t held;

    fflush(NULL);
    left_over_hold(&held); /* none is to come to a copy that has its parent's handlers still */
    pid = fork();
    if (pid == 0) {
        left_over_die_by(SIGTERM); /* the programs of its steps end with it */
        sigdelset(&held, SIGTERM);
        prctl(PR_SET_PDEATHSIG, SIGTERM);
        if (getppid() != parent) {
            _exit(0); /* it has gone already */
        }
    }
    left_over_release(&held);
    return pid;
}

int copy_wait(pid_t pid)
{
    int status = 0;

    while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    return status;
}
