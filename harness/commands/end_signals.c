/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/commands/end_signals.h"

#include <signal.h>
#include <stddef.h>

void end_signals_catch(void (*on_signal)(int number), bool second_kills)
{
    static const int ends[] = {
        SIGTERM, SIGHUP, SIGXCPU, SIGUSR1, SIGUSR2, SIGALRM, SIGPROF, SIGVTALRM, SIGIO, SIGPWR
    };

    for (unsigned i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        int number = ends[i];
        struct sigaction was, ours = { .sa_handler = on_signal };

        /* not SIGXCPU: it comes every second from then on */
        ours.sa_flags = second_kills && (number == SIGTERM || number == SIGHUP) ? (int)SA_RESETHAND : 0;
        if (sigaction(number, NULL, &was) == 0 && (was.sa_handler != SIG_IGN || number == SIGTERM)) { /* nohup stays */
            sigaction(number, &ours, NULL);
        }
    }
}
