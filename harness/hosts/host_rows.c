/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/hosts/host_rows.h"

#include "harness/hosts/stk500v1.h"
#include "harness/hosts/stk500v2.h"
#include "harness/hosts/stk500v2_hv.h"

#include <stdio.h>
#include <string.h>

const struct host_row host_rows[] = {
    {
        .name = "stk500v1",
        .avrdude_c = { "stk500v1", "arduino", "avrisp" },
        .baud = 19200,
        .can_hurry = true,
        .create = host_stk500v1_new,
    },
    {
        .name = "stk500v1-avrdude-7.1",
        .avrdude_c = { "stk500v1" },
        .baud = 19200,
        .can_hurry = true,
        .create = host_stk500v1_avrdude_71_new,
    },
    {
        .name = "stk500v2",
        .avrdude_c = { "stk500v2", "wiring", "stk500" },
        .baud = 115200,
        .has_settings = true,
        .can_hurry = true,
        .create = host_stk500v2_new,
    },
    {
        .name = "stk500pp",
        .avrdude_c = { "stk500pp" },
        .baud = 115200,
        .create = host_stk500v2_hv_new,
    },
    {
        .name = "stk500hvsp",
        .avrdude_c = { "stk500hvsp" },
        .baud = 115200,
        .create = host_stk500v2_hv_new,
    },
    { .name = NULL },
};

static const struct firmware_row firmware_rows[] = {
    { "arduinoisp", "stk500v1", 19200, NULL },
    { "arduinoisp_115200", "stk500v1", 115200, NULL },
    { "arduinoisp_1m_noflicker", "stk500v1", 1000000, NULL },
    { "arduinoisp_slow", "stk500v1", 19200, NULL },
    { "arduinoisp_diecimila", "stk500v1", 19200, NULL },
    { "arduinoisp_ng", "stk500v1", 19200, NULL },
    { "limpisp", "stk500v2", 115200, NULL },
    { "limphv", "stk500pp", 115200, "stk500hvsp" },
    { "limphv_rdy", "stk500pp", 115200, "stk500hvsp" },
};

const struct host_row *host_row_of(const char *name)
{
    for (const struct host_row *r = host_rows; r->name; r++) {
        if (!strcmp(r->name, name)) {
            return r;
        }
    }
    return NULL;
}

char *host_row_names(bool with_settings, char *buf, size_t n)
{
    size_t at = 0;

    buf[0] = '\0';
    for (const struct host_row *r = host_rows; r->name; r++) {
        if ((r->has_settings || !with_settings) && at < n) {
            at += (size_t)snprintf(buf + at, n - at, "%s%s", at ? ", " : "", r->name);
        }
    }
    return buf;
}

const struct firmware_row *firmware_row_of(const char *name)
{
    for (size_t i = 0; i < sizeof firmware_rows / sizeof firmware_rows[0]; i++) {
        if (!strcmp(firmware_rows[i].name, name)) {
            return &firmware_rows[i];
        }
    }
    return NULL;
}
