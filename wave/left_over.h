/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * left_over.h - what this process would leave behind if a signal ended it now: files beside others, programs that it runs
 *
 * A signal is the process's, not a run's: so this is the one table that is the process's, too. A child of fork() has
 * inherited it and owns nothing of it. Who handles signals calls left_over_clear(); without that the table does nothing.
 * What a kill leaves is taken over or removed by who comes next (file_lock.h, out_file.h).
 */
#ifndef WAVE_LEFT_OVER_H
#define WAVE_LEFT_OVER_H

#include <signal.h>
#include <sys/types.h>

/* Between making something and naming it here, and the other way round, no signal is to come. */
void left_over_hold(sigset_t *before);
void left_over_release(const sigset_t *before);

/* path: absolute, or the current folder stays; it stays the caller's until left_over_not(). Where there is no room: nothing. */
void left_over_file(const char *path);
/* A process group that must not go on without us. */
void left_over_group(pid_t group);
void left_over_not_file(const char *path);
void left_over_not_group(pid_t group);

/* Removes the files, kills the groups. To be called in a signal's handler, whatever it interrupts. */
void left_over_clear(void);
/* A handler: the same, then the process ends by that signal. */
void left_over_die(int number);
/* Sets that up, also where the signal was ignored or blocked. */
void left_over_die_by(int number);

#endif
