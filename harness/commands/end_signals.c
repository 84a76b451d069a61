/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/commands/end_signals.h"

#include "wave/left_over.h"

#include <stddef.h>

/* By default these end nothing, or they can't be handled ... */
static const int not_ends[] = { SIGCHLD, SIGCONT, SIGURG, SIGWINCH, SIGTSTP, SIGTTIN, SIGTTOU, SIGKILL, SIGSTOP };
/* ... and after these there is no going on. */
static const int faults[] = { SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGTRAP, SIGSYS };

static void (*told)(int number);
static volatile sig_atomic_t heard[NSIG]; /* by a person's hand */

static void remove_some(sigset_t *all, const int *numbers, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        sigdelset(all, numbers[i]);
    }
}

void end_signals_set(sigset_t *all)
{
    sigfillset(all); /* without those that libc keeps for itself */
    remove_some(all, not_ends, sizeof not_ends / sizeof not_ends[0]);
    remove_some(all, faults, sizeof faults / sizeof faults[0]);
}

static void handle(int number, void (*how)(int number))
{
    struct sigaction ours = { .sa_handler = how };

    sigaction(number, &ours, NULL);
}

static bool is_now(int number, void (*how)(int number))
{
    struct sigaction now;

    return sigaction(number, NULL, &now) == 0 && now.sa_handler == how;
}

void end_signals_clear_up(void)
{
    sigset_t all;

    sigfillset(&all);
    remove_some(&all, not_ends, sizeof not_ends / sizeof not_ends[0]);
    for (int number = 1; number < NSIG; number++) {
        if (sigismember(&all, number) == 1 && is_now(number, SIG_DFL)) { /* a sanitizer's own of faults stays */
            handle(number, left_over_die);
        }
    }
}

static void second_dies(int number)
{
    if (heard[number]) {
        left_over_die(number);
    }
    heard[number] = number == SIGINT || number == SIGQUIT || number == SIGTERM || number == SIGHUP;
    told(number);
}

/* serve goes in a script's background, where a shell has it ignore SIGINT and SIGQUIT, and is ended by them all the same. */
static bool may_be_caught(int number, bool is_server)
{
    bool in_any_case = number == SIGTERM || (is_server && (number == SIGINT || number == SIGQUIT));

    return in_any_case || !is_now(number, SIG_IGN);
}

void end_signals_catch(void (*on_signal)(int number), bool second_kills)
{
    sigset_t all;

    told = on_signal;
    end_signals_set(&all);
    sigdelset(&all, SIGPIPE);
    for (int number = 1; number < NSIG; number++) {
        if (sigismember(&all, number) == 1 && may_be_caught(number, second_kills)) {
            handle(number, second_kills ? second_dies : on_signal);
        }
    }
}
