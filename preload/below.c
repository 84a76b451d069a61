/* SPDX-License-Identifier: GPL-3.0-or-later */
/* below.c - libc's own functions, and the kernel's calls past all of ours */
#include "preload/bench.h"

#include <dlfcn.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

void *bench_real(const char *name, void **unused)
{
    (void)unused;
    void *f = dlsym(RTLD_NEXT, name);

    if (!f) {
        static const char text[] = "limpet exec: libc lacks a function that the program calls\n";

        fputs(text, stderr);
        abort();
    }
    return f;
}

long kernel_call(long number, ...)
{
    static _Atomic(__typeof__(&syscall)) libc_s;
    __typeof__(&syscall) call = atomic_load_explicit(&libc_s, memory_order_relaxed);
    va_list args;
    long a[6];

    if (!call) {
        call = REAL(syscall);
        atomic_store(&libc_s, call);
    }
    va_start(args, number);
    for (unsigned i = 0; i < 6; i++) { /* what was not given is not looked at */
        a[i] = va_arg(args, long);
    }
    va_end(args);
    return call(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}
