/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim/fuse_text.h"

#include <stdio.h>

const char *fuse_text_decimal(uint64_t thousandths, const char *unit, char *buf)
{
    int len = snprintf(buf, FUSE_TEXT_BYTES, "%llu.%03llu", (unsigned long long)(thousandths / 1000),
                       (unsigned long long)(thousandths % 1000));
    while (buf[len - 1] == '0') {
        len--;
    }
    if (buf[len - 1] == '.') {
        len--;
    }
    snprintf(buf + len, FUSE_TEXT_BYTES - (size_t)len, " %s", unit);
    return buf;
}

const char *fuse_text_millihz(uint64_t millihz, char *buf)
{
    if (millihz >= UINT64_C(1000000000)) {
        return fuse_text_decimal(millihz / 1000000, "MHz", buf);
    }
    if (millihz >= 1000000) {
        return fuse_text_decimal(millihz / 1000, "kHz", buf);
    }
    return fuse_text_decimal(millihz, "Hz", buf);
}

const char *fuse_text_duration(sim_time ps, char *buf)
{
    if (ps >= SIM_S) {
        return fuse_text_decimal(ps / SIM_MS, "s", buf);
    }
    if (ps >= SIM_MS) {
        return fuse_text_decimal(ps / SIM_US, "ms", buf);
    }
    return fuse_text_decimal(ps / SIM_NS, "us", buf);
}
