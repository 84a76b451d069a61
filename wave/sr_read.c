/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wave/sr_read.h"

#include <ctype.h>
#include <math.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/memory.h"
#include "sim/net.h"
#include "wave/zip_in.h"

enum { METADATA_MAX_BYTES = 256 * 1024, SR_MAX_PROBES = 128, CHUNK_BYTES = 64 * 1024 };

struct sr {
    struct wave_list *list;
    struct zip_in *zip;
    const char *path;
    struct problem *err;
    char capture[80]; /* "logic-1": its chunks' names begin so */
    uint64_t rate_hz, unpacked;
    unsigned n_probes, n_analog, unit_bytes;
    int probe[SR_MAX_PROBES]; /* signal of the list; -1: not enabled */
    int analog[SR_MAX_PROBES];
    uint8_t last[SR_MAX_PROBES / 8];
    uint8_t buf[CHUNK_BYTES];
};

static bool fail(struct sr *s, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static bool fail(struct sr *s, const char *fmt, ...)
{
    va_list ap;
    problem_set(s->err, "%s: ", s->path);
    size_t place = strlen(s->err->text);
    va_start(ap, fmt);
    problem_append_v(s->err, fmt, ap);
    va_end(ap);
    wave_printable(s->err->text + place);
    return false;
}

/* ---- metadata ---- */

/* The metadata as text, or NULL. */
static char *read_metadata(struct sr *s)
{
    if (!zip_in_has(s->zip, "metadata")) {
        fail(s, zip_in_has(s->zip, "meta.json") ? "a session of Saleae's Logic 2: export its raw data as CSV"
                                                : "a zip, but no PulseView session: there is no \"metadata\" in it");
        return NULL;
    }
    char *text = memory_zeroed(1, METADATA_MAX_BYTES + 1);
    const char *why = zip_in_start(s->zip, "metadata");
    int n = why ? -1 : zip_in_read(s->zip, text, METADATA_MAX_BYTES);
    char more;
    if (why) {
        fail(s, "metadata %s", why);
    } else if (n <= 0 || zip_in_read(s->zip, &more, 1) != 0) {
        fail(s, "its metadata can't be read: %s", n == METADATA_MAX_BYTES ? "too much of it" : "empty, or damaged");
    } else if (memchr(text, 0, (size_t)n)) { /* it would hide the rest */
        fail(s, "metadata: a NUL byte");
    } else {
        return text;
    }
    free(text);
    return NULL;
}

/* "4 MHz", "62.5 kHz", "1000000" */
static uint64_t parse_rate_hz(const char *text)
{
    static const struct {
        const char *unit;
        double hz;
    } units[] = { { "", 1 }, { "Hz", 1 }, { "kHz", 1e3 }, { "MHz", 1e6 }, { "GHz", 1e9 } };
    char *end;
    double v = strtod(text, &end);
    while (isspace((unsigned char)*end)) {
        end++;
    }
    for (unsigned i = 0; i < sizeof units / sizeof units[0]; i++) {
        if (strcmp(end, units[i].unit) == 0 && v * units[i].hz >= 1 && v * units[i].hz <= 1e12) {
            return (uint64_t)(v * units[i].hz + 0.5);
        }
    }
    return 0;
}

/* "probe3=SCK" and "analog9=VCC"; analog channels count on after all probes. */
static bool name_channel(struct sr *s, const char *key, const char *name)
{
    bool is_analog = strncmp(key, "analog", 6) == 0;
    char *end;
    unsigned long number = strtoul(key + (is_analog ? 6 : 5), &end, 10);
    unsigned long first = is_analog ? s->n_probes + 1ul : 1, last = first + (is_analog ? s->n_analog : s->n_probes);
    if (*end || number < first || number >= last) {
        return fail(s, "metadata: %.40s, but there are %u probes and %u analog channels", key, s->n_probes,
                    s->n_analog);
    }
    int *signal = is_analog ? &s->analog[number - first] : &s->probe[number - first];
    *signal = wave_list_add_signal(s->list, name, is_analog ? WAVE_MILLIVOLTS : WAVE_LEVELS, 1);
    return *signal >= 0 || fail(s, "more than %u channels", WAVE_MAX_SIGNALS);
}

static bool number_key(struct sr *s, const char *key, const char *value, unsigned most, unsigned *n)
{
    char *end;
    unsigned long v = strtoul(value, &end, 10);
    if (!isdigit((unsigned char)*value) || *end || v > most) {
        return fail(s, "metadata: %s=%.40s is no number up to %u", key, value, most);
    }
    *n = (unsigned)v;
    return true;
}

static bool metadata_key(struct sr *s, const char *key, const char *value)
{
    if (strcmp(key, "capturefile") == 0) {
        snprintf(s->capture, sizeof s->capture, "%s", value);
    } else if (strcmp(key, "samplerate") == 0) {
        s->rate_hz = parse_rate_hz(value);
        return s->rate_hz || fail(s, "metadata: \"%.40s\" is no sample rate", value);
    } else if (strcmp(key, "total probes") == 0) {
        return number_key(s, key, value, SR_MAX_PROBES, &s->n_probes);
    } else if (strcmp(key, "total analog") == 0) {
        return number_key(s, key, value, SR_MAX_PROBES, &s->n_analog);
    } else if (strcmp(key, "unitsize") == 0) {
        return number_key(s, key, value, SR_MAX_PROBES / 8, &s->unit_bytes);
    } else if ((strncmp(key, "probe", 5) == 0 && isdigit((unsigned char)key[5])) ||
               (strncmp(key, "analog", 6) == 0 && isdigit((unsigned char)key[6]))) {
        return name_channel(s, key, value);
    }
    return true; /* keys of later versions */
}

static bool parse_metadata(struct sr *s, char *text)
{
    bool in_device = false;
    for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
        line = wave_trim(line);
        if (*line == '[') {
            in_device = strcmp(line, "[device 1]") == 0;
            continue;
        }
        char *value = strchr(line, '=');
        if (!in_device || !value) {
            continue;
        }
        *value++ = 0;
        if (!metadata_key(s, wave_trim(line), wave_trim(value))) {
            return false;
        }
    }
    if (!s->rate_hz) {
        return fail(s, "metadata: no sample rate of device 1");
    }
    s->list->tick_ps = SIM_S / s->rate_hz;
    if (s->capture[0] && s->n_probes && s->unit_bytes != (s->n_probes + 7) / 8) {
        return fail(s, "metadata: unitsize=%u does not fit %u probes", s->unit_bytes, s->n_probes);
    }
    return true;
}

/* ---- samples ---- */

static bool sample_time(struct sr *s, uint64_t sample, sim_time *at_ps)
{
    unsigned __int128 ps = (unsigned __int128)sample * SIM_S / s->rate_hz;
    *at_ps = (sim_time)ps;
    return ps <= INT64_MAX || fail(s, "the recording is longer than 106 days");
}

static bool logic_change(struct sr *s, uint64_t sample, const uint8_t *unit)
{
    sim_time at_ps;
    if (!sample_time(s, sample, &at_ps)) {
        return false;
    }
    for (unsigned i = 0; i < s->n_probes; i++) {
        unsigned bit = unit[i / 8] >> i % 8 & 1;
        if (s->probe[i] < 0 || (sample && bit == (s->last[i / 8] >> i % 8 & 1u))) {
            continue;
        }
        if (!wave_list_add(s->list, at_ps, (unsigned)s->probe[i], false, bit ? NET_1 : NET_0)) {
            return fail(s, WAVE_TOO_MANY, wave_list_max_changes(s->list));
        }
    }
    memcpy(s->last, unit, s->unit_bytes);
    return true;
}

static bool logic_samples(struct sr *s, uint64_t first, const uint8_t *data, size_t n)
{
    for (size_t i = 0; i < n; i++, data += s->unit_bytes) {
        if ((!(first + i) || memcmp(data, s->last, s->unit_bytes) != 0) && !logic_change(s, first + i, data)) {
            return false;
        }
    }
    return true;
}

struct analog { /* one channel while it is read */
    struct sr *s;
    int signal;
    int32_t last_mv;
};

static bool analog_samples(struct analog *a, uint64_t first, const uint8_t *data, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        float volts;
        sim_time at_ps;
        memcpy(&volts, data + i * sizeof volts, sizeof volts);
        if (!isfinite(volts) || fabsf(volts) > 1000.0f) {
            return fail(a->s, "an analog sample is no voltage within +-1000 V");
        }
        int32_t mv = (int32_t)lroundf(volts * 1000.0f);
        if (first + i && mv == a->last_mv) {
            continue;
        }
        a->last_mv = mv;
        if (!sample_time(a->s, first + i, &at_ps)) {
            return false;
        }
        if (!wave_list_add(a->s->list, at_ps, (unsigned)a->signal, true, mv)) {
            return fail(a->s, WAVE_TOO_MANY, wave_list_max_changes(a->s->list));
        }
    }
    return true;
}

/* All samples of one entry, from sample *at on. */
static bool read_entry(struct sr *s, const char *name, size_t unit, struct analog *analog, uint64_t *at)
{
    size_t have = 0;
    int n = 0;
    const char *why = zip_in_start(s->zip, name);
    bool ok = !why || fail(s, "%s %s", name, why);
    while (ok && (n = zip_in_read(s->zip, s->buf + have, (unsigned)(CHUNK_BYTES - have))) > 0) {
        have += (size_t)n;
        if ((s->unpacked += (size_t)n) > WAVE_MAX_FILE_BYTES) {
            return fail(s, "unpacks to more than %llu bytes of samples", (unsigned long long)WAVE_MAX_FILE_BYTES);
        }
        size_t units = have / unit;
        ok = analog ? analog_samples(analog, *at, s->buf, units) : logic_samples(s, *at, s->buf, units);
        *at += units;
        have -= units * unit;
        memmove(s->buf, s->buf + units * unit, have);
    }
    if (ok && n < 0) {
        return fail(s, "%s is damaged", name);
    }
    return ok && (!have || fail(s, "%s ends in the middle of a sample", name));
}

/* NAME, or NAME-1, NAME-2, ... and no gap. */
static bool read_chunks(struct sr *s, const char *name, size_t unit, struct analog *analog)
{
    char chunk[120];
    uint64_t samples = 0;
    unsigned chunks = zip_in_numbered(s->zip, name);
    if (zip_in_has(s->zip, name)) {
        if (chunks) {
            return fail(s, "there are both %s and parts of it, %s-...", name, name);
        }
        if (!read_entry(s, name, unit, analog, &samples)) {
            return false;
        }
    }
    for (unsigned i = 1; i <= chunks; i++) {
        snprintf(chunk, sizeof chunk, "%s-%u", name, i);
        if (!zip_in_has(s->zip, chunk)) {
            return fail(s, "%s is missing, though it has %u such parts", chunk, chunks);
        }
        if (!read_entry(s, chunk, unit, analog, &samples)) {
            return false;
        }
    }
    sim_time end_ps;
    if (!samples) {
        return fail(s, "there are no samples in %s", name);
    }
    if (!sample_time(s, samples, &end_ps)) {
        return false;
    }
    s->list->end_ps = end_ps > s->list->end_ps ? end_ps : s->list->end_ps;
    return true;
}

static int by_time(const void *a, const void *b)
{
    const struct wave_change *x = a, *y = b;
    return x->at_ps != y->at_ps ? (x->at_ps < y->at_ps ? -1 : 1) : (int)x->signal - (int)y->signal;
}

static bool read_samples(struct sr *s)
{
    char name[40];
    bool several = false;
    if (s->capture[0] && s->n_probes) {
        if (!read_chunks(s, s->capture, s->unit_bytes, NULL)) {
            return false;
        }
        several = true;
    }
    for (unsigned i = 0; i < s->n_analog; i++) {
        struct analog a = { .s = s, .signal = s->analog[i] };
        if (a.signal < 0) {
            continue;
        }
        snprintf(name, sizeof name, "analog-1-%u", s->n_probes + i + 1);
        if (!read_chunks(s, name, sizeof(float), &a)) {
            return false;
        }
        if (several && s->list->n_changes) {
            qsort(s->list->changes, s->list->n_changes, sizeof *s->list->changes, by_time);
        }
        several = true;
    }
    return s->list->n_signals || fail(s, "the session has no enabled channel");
}

bool sr_read(struct wave_list *w, const char *path, const char *bytes, size_t n, struct problem *err)
{
    struct sr *s = malloc(sizeof *s);
    const char *why;
    if (!s) {
        return problem_set(err, "%s: out of memory", path);
    }
    memset(s, 0, offsetof(struct sr, buf));
    s->list = w;
    s->path = path;
    s->err = err;
    memset(s->probe, 0xFF, sizeof s->probe);
    memset(s->analog, 0xFF, sizeof s->analog);
    s->zip = zip_in_open(bytes, n, &why);
    bool ok = s->zip || fail(s, "not a PulseView session, or damaged: %s", why);
    char *metadata = ok ? read_metadata(s) : NULL;
    ok = metadata && parse_metadata(s, metadata) && read_samples(s);
    free(metadata);
    if (s->zip) {
        zip_in_close(s->zip);
    }
    free(s);
    return ok;
}
