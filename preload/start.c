/* SPDX-License-Identifier: GPL-3.0-or-later */
/* start.c - what the library does before main() and after it; one place, since linkers differ in the order of several */
#include "preload/bench.h"
#include "preload/calls.h"
#include "preload/descriptors.h"

__attribute__((constructor)) static void begin(void)
{
    bench_begin();
    processes_begin();
    descriptors_adopt();
    streams_begin();
}

__attribute__((destructor)) static void end(void)
{
    bench_flush();
}
