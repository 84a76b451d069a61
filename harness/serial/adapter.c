/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/serial/adapter.h"

#include <stdio.h>
#include <string.h>

#include "harness/base/quantity.h"

#define FT232_LATENCY_MAX_MS 255u /* AN232B-04: a byte of milliseconds */

#define USB_PS SIM_MS /* a frame of the bus */

const struct adapter adapter_none = { 0 };
const struct adapter adapter_16u2 = { .out_ps = USB_PS, .in_ps = USB_PS, .tick_ps = 4096 * SIM_US, .packet_bytes = 96 };

static const struct {
    const char *name;
    struct adapter a;
} adapters[] = {
    { "none", { 0 } },
    { "16u2", { .out_ps = USB_PS, .in_ps = USB_PS, .tick_ps = 4096 * SIM_US, .packet_bytes = 96 } },
    { "ft232",
      { .out_ps = USB_PS, .in_ps = USB_PS, .tick_ps = 16 * SIM_MS, .packet_restarts = true, .packet_bytes = 62 } },
    { "ch340", { .out_ps = USB_PS, .in_ps = USB_PS, .packet_bytes = 32 } },
};

#define LONGEST_PS (10 * SIM_S)

static bool parse_time(const char *text, sim_time least_ps, sim_time *ps, struct problem *err)
{
    int64_t v;
    if (!quantity_parse(QUANTITY_TIME_PS, text, (int64_t)least_ps, (int64_t)LONGEST_PS, &v, err)) {
        return false;
    }
    *ps = (sim_time)v;
    return true;
}

/* "tick 4 ms" */
static bool parse_figure(char *text, struct adapter *a, struct problem *err)
{
    static const char *const names[] = { "out", "in", "tick", "packet" };
    sim_time *times[] = { &a->out_ps, &a->in_ps, &a->tick_ps };
    text += strspn(text, " ");
    for (unsigned i = 0; i < 4; i++) {
        size_t n = strlen(names[i]);
        if (strncmp(text, names[i], n) != 0 || text[n] != ' ') {
            continue;
        }
        text += n + strspn(text + n, " ");
        if (i < 3) {
            return parse_time(text, 0, times[i], err) || problem_prefix(err, "%s", names[i]);
        }
        int64_t bytes;
        if (!quantity_parse(QUANTITY_BYTES, text, 1, 4096, &bytes, err)) {
            return problem_prefix(err, "packet");
        }
        a->packet_bytes = (unsigned)bytes;
        return true;
    }
    return problem_set(err,
                       "no adapter \"%.60s\": none, 16u2, 16u2 0.1 ms, ft232, ft232 1 ms, ch340, or figures "
                       "(out 0.2 ms, in 0.5 ms, tick 4 ms, packet 64)",
                       text);
}

bool adapter_parse(const char *text, struct adapter *a, struct problem *err)
{
    char copy[200];
    for (unsigned i = 0; i < sizeof adapters / sizeof adapters[0]; i++) {
        if (strcmp(text, adapters[i].name) == 0) {
            *a = adapters[i].a;
            return true;
        }
    }
    if (strncmp(text, "ft232 ", 6) == 0) {
        adapter_parse("ft232", a, err);
        if (!parse_time(text + 6, SIM_MS, &a->tick_ps, err)) {
            return problem_prefix(err, "latency timer");
        }
        return a->tick_ps <= FT232_LATENCY_MAX_MS * SIM_MS ||
               problem_set(err, "latency timer: an FT232's goes up to %u ms", FT232_LATENCY_MAX_MS);
    }
    if (strncmp(text, "16u2 ", 5) == 0) {
        adapter_parse("16u2", a, err);
        if (!parse_time(text + 5, 0, &a->out_ps, err)) {
            return problem_prefix(err, "USB, each way");
        }
        a->in_ps = a->out_ps;
        return true;
    }
    *a = adapter_none;
    if (snprintf(copy, sizeof copy, "%s", text) >= (int)sizeof copy) {
        return problem_set(err, "an adapter's figures are shorter than this");
    }
    for (char *p = copy, *comma; p; p = comma ? comma + 1 : NULL) {
        comma = strchr(p, ',');
        if (comma) {
            *comma = '\0';
        }
        if (!parse_figure(p, a, err)) {
            return false;
        }
    }
    return true;
}
