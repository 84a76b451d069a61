/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * session_memory.c - peak memory of a process that writes and verifies 32 KiB, with the SPI nets traced
 *
 * The session runs in a program of its own, limpet-session (session_child.c), so that nothing else counts.
 */
#include "benchmarks/benchmark.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool measure_session_memory(double *value, char *error, size_t error_size)
{
    char self[4096], command[4200], answer[1100] = "";
    ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
    char *slash = n > 0 ? memrchr(self, '/', (size_t)n) : NULL;

    if (!slash) {
        return benchmark_fail(error, error_size, "no /proc/self/exe");
    }
    snprintf(command, sizeof command, "'%.*s/limpet-session'", (int)(slash - self), self);
    FILE *child = popen(command, "r");
    size_t got = child ? fread(answer, 1, sizeof answer - 1, child) : 0;
    int status = child ? pclose(child) : -1;

    answer[got] = '\0';
    unsigned long kib = strtoul(answer, NULL, 10);
    if (status != 0 || !kib) {
        return benchmark_fail(error, error_size, "session: %s", answer);
    }
    *value = (double)kib / 1024;
    return true;
}
