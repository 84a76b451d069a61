/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/run/step.h"

#include "mcu/mcu_board.h"
#include "sim/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CAN(p, op) ((p)->ops && (p)->ops->op)

static bool no_way_to(const char *what, struct problem *err)
{
    return problem_set(err, "this programmer has no way to %s", what);
}

bool session_open(struct run *run, struct problem *err)
{
    struct programmer *p = board_programmer(run->b);

    if (run->in_session) {
        return true;
    }
    if (!CAN(p, enter)) {
        return no_way_to("enter programming mode", err);
    }
    run->session_ps = board_now(run->b);
    if (!p->ops->enter(p->ctx, err)) {
        return false;
    }
    run->in_session = true;
    run->session_resets = board_mcu(run->b) ? mcu_board_counters(board_mcu(run->b)).resets : 0;
    return true;
}

bool session_close(struct run *run, struct problem *err)
{
    struct programmer *p = board_programmer(run->b);

    if (!run->in_session) {
        return true;
    }
    run->in_session = false;
    return p->ops->leave(p->ctx, err);
}

/* A session for something that the programmer can do, or can't. */
static bool session_for(struct run *run, bool can, const char *what, struct problem *err)
{
    return session_open(run, err) && (can || no_way_to(what, err));
}

static bool run_enter(struct run *run, const struct scenario_step *s, struct problem *err)
{
    (void)s;
    run->in_session = false;
    return session_open(run, err);
}

const struct step_type step_enter = {
    .key = "enter", .about = STEP_SESSION, .text = "enter", .load = step_load_yes, .run = run_enter
};

static bool run_leave(struct run *run, const struct scenario_step *s, struct problem *err)
{
    (void)s;
    if (!session_close(run, err)) {
        return false;
    }
    run->left_ps = board_now(run->b);
    return true;
}

const struct step_type step_leave = {
    .key = "leave", .about = STEP_SESSION, .text = "leave", .load = step_load_yes, .run = run_leave
};

static bool run_erase(struct run *run, const struct scenario_step *s, struct problem *err)
{
    struct programmer *p = board_programmer(run->b);

    (void)s;
    return session_for(run, CAN(p, erase), "erase the chip", err) && p->ops->erase(p->ctx, err);
}

const struct step_type step_erase = {
    .key = "erase", .about = STEP_SESSION, .text = "erase", .load = step_load_yes, .run = run_erase
};

/* ---- the signature, single instructions ---- */

static bool load_signature(struct loader *l, const char *path, const void *raw, struct scenario_step *s)
{
    int *want = load_keep(l, 3 * sizeof *want); /* -1: any */

    s->own = want;
    return quantity_hex_bytes(raw, want, 3, true, l->err) || load_place_problem(l, path, "signature");
}

/* "1E 95 14 (no part here)": whose it is, siblings with the same table included. */
static const char *whose_signature(const int sig[3], char *buf, size_t n)
{
    size_t at = 0;

    for (unsigned i = 0; i < 3; i++) {
        at += (size_t)(sig[i] < 0 ? snprintf(buf + at, n - at, "%sxx", i ? " " : "")
                                  : snprintf(buf + at, n - at, "%s%02X", i ? " " : "", (unsigned)sig[i]));
    }
    for (unsigned i = 0; part_at(i); i++) {
        const uint8_t *s = part_at(i)->signature;

        if (s[0] == sig[0] && s[1] == sig[1] && s[2] == sig[2]) {
            snprintf(buf + at, n - at, ", an %s's", part_at(i)->title);
            return buf;
        }
    }
    if (sig[0] == sig[1] && sig[1] == sig[2] && (sig[0] == 0xFF || sig[0] == 0x00)) {
        snprintf(buf + at, n - at, ": nobody answered");
    }
    return buf;
}

static bool wrong_signature(const int *want, const uint8_t *got, struct problem *err)
{
    const int came[3] = { got[0], got[1], got[2] };
    char is[80], should[80];

    return problem_set(err, "the signature is %s; expected %s", whose_signature(came, is, sizeof is),
                       whose_signature(want, should, sizeof should));
}

static bool run_signature(struct run *run, const struct scenario_step *s, struct problem *err)
{
    struct programmer *p = board_programmer(run->b);
    const int *want = s->own;
    uint8_t got[3];

    if (!session_for(run, CAN(p, signature), "read the signature", err)) {
        return false;
    }
    if (!p->ops->signature(p->ctx, got, err)) {
        return false;
    }
    memcpy(run->signature, got, 3);
    run->has_signature = true;
    for (unsigned i = 0; i < 3; i++) {
        if (want[i] >= 0 && got[i] != want[i]) {
            return wrong_signature(want, got, err);
        }
    }
    report_note(run->r, "signature %02X %02X %02X", got[0], got[1], got[2]);
    return true;
}

const struct step_type step_signature = {
    .key = "signature",
    .about = STEP_SESSION,
    .text = "signature",
    .load = load_signature,
    .run = run_signature,
};

struct raw_spi {
    char *send, *answer;
};

static const cyaml_schema_field_t spi_fields[] = { TEXT(raw_spi, send), TEXT(raw_spi, answer), CYAML_FIELD_END };

struct spi_step {
    uint8_t send[4];
    int answer[4]; /* -1: any */
};

static bool load_spi(struct loader *l, const char *path, const void *given, struct scenario_step *s)
{
    const struct raw_spi *raw = given;
    struct spi_step *spi = load_keep(l, sizeof *spi);
    int send[4];

    s->own = spi;
    for (unsigned i = 0; i < 4; i++) {
        spi->answer[i] = -1;
    }
    if (!raw->send) {
        return load_problem(l, path, NULL, "the key 'send' is missing: four bytes, such as \"30 00 00 00\"");
    }
    if (!quantity_hex_bytes(raw->send, send, 4, false, l->err)) {
        return load_place_problem(l, path, "send");
    }
    for (unsigned i = 0; i < 4; i++) {
        spi->send[i] = (uint8_t)send[i];
    }
    return !raw->answer || quantity_hex_bytes(raw->answer, spi->answer, 4, true, l->err) ||
           load_place_problem(l, path, "answer");
}

static bool run_spi(struct run *run, const struct scenario_step *s, struct problem *err)
{
    struct programmer *p = board_programmer(run->b);
    const struct spi_step *spi = s->own;
    uint8_t a[4];

    if (!session_for(run, CAN(p, spi), "send single instructions", err)) {
        return false;
    }
    if (!p->ops->spi(p->ctx, spi->send, a, err)) {
        return false;
    }
    for (unsigned i = 0; i < 4; i++) {
        if (spi->answer[i] >= 0 && a[i] != spi->answer[i]) {
            return problem_set(err, "the answer is %02X %02X %02X %02X", a[0], a[1], a[2], a[3]);
        }
    }
    report_note(run->r, "%02X %02X %02X %02X -> %02X %02X %02X %02X", spi->send[0], spi->send[1], spi->send[2],
                spi->send[3], a[0], a[1], a[2], a[3]);
    return true;
}

const struct step_type step_spi = {
    .key = "spi",
    .about = STEP_SESSION,
    .text = "spi",
    .fields = spi_fields,
    .raw_bytes = sizeof(struct raw_spi),
    .load = load_spi,
    .run = run_spi,
};

/* ---- memories ---- */

static bool load_memory(struct loader *l, const char *path, const char *text, enum prog_memory *m)
{
    if (!text) {
        return load_problem(l, path, NULL, "the key 'memory' is missing: flash or eeprom");
    }
    if (!strcmp(text, "flash")) {
        *m = PROG_FLASH;
    } else if (!strcmp(text, "eeprom")) {
        *m = PROG_EEPROM;
    } else {
        return load_problem(l, path, "memory", "'%.40s' is neither flash nor eeprom", text);
    }
    return true;
}

static bool load_memory_and_data(struct loader *l, const char *path, const void *given, struct scenario_step *s)
{
    const struct raw_data *raw = given;

    return load_memory(l, path, raw->memory, &s->memory) && load_data(l, path, raw, s->memory, true, &s->data);
}

static const char *describe_data(const struct scenario_step *s, char *buf, size_t n)
{
    snprintf(buf, n, "%s %s: %s, %u bytes from 0x%04X on", s->type->text, prog_memory_name(s->memory), s->data.what,
             s->data.n, s->data.offset);
    return buf;
}

/* Runs of bytes that the data has; a file's gaps are not written. */
static bool run_program(struct run *run, const struct scenario_step *s, struct problem *err)
{
    struct programmer *p = board_programmer(run->b);
    const struct scenario_data *d = &s->data;

    if (!session_for(run, CAN(p, write), "write memories", err)) {
        return false;
    }
    for (uint32_t i = 0; i < d->n;) {
        uint32_t end = i;

        while (end < d->n && (!d->given || d->given[end])) {
            end++;
        }
        if (end > i && !p->ops->write(p->ctx, s->memory, d->offset + i, d->bytes + i, end - i, err)) {
            return false;
        }
        for (i = end; i < d->n && d->given && !d->given[i]; i++)
            ;
    }
    return true;
}

const struct step_type step_program = {
    .key = "program",
    .about = STEP_SESSION,
    .text = "program",
    .fields = raw_step_data_fields,
    .raw_bytes = sizeof(struct raw_data),
    .load = load_memory_and_data,
    .run = run_program,
    .describe = describe_data,
};

bool session_compare_memory(struct run *run, enum prog_memory m, const struct scenario_data *d, struct problem *err)
{
    struct programmer *p = board_programmer(run->b);
    uint32_t wrong = 0, first = 0;
    uint8_t *got;
    bool ok;

    if (!session_for(run, CAN(p, read), "read memories", err)) {
        return false;
    }
    got = memory_zeroed(d->n, 1);
    ok = p->ops->read(p->ctx, m, d->offset, got, d->n, err);
    for (uint32_t i = d->n; ok && i-- > 0;) {
        if ((!d->given || d->given[i]) && got[i] != d->bytes[i]) {
            wrong++;
            first = i;
        }
    }
    if (ok && wrong) {
        ok = problem_set(err, "%s differs from %s in %u of %u bytes, first at 0x%04X: 0x%02X, expected 0x%02X",
                         prog_memory_name(m), d->what, wrong, d->n, d->offset + first, got[first], d->bytes[first]);
    }
    free(got);
    return ok;
}

static bool run_verify(struct run *run, const struct scenario_step *s, struct problem *err)
{
    return session_compare_memory(run, s->memory, &s->data, err);
}

const struct step_type step_verify = {
    .key = "verify",
    .about = STEP_COMPARES,
    .text = "verify",
    .fields = raw_step_data_fields,
    .raw_bytes = sizeof(struct raw_data),
    .load = load_memory_and_data,
    .run = run_verify,
    .describe = describe_data,
};

static bool load_read(struct loader *l, const char *path, const void *given, struct scenario_step *s)
{
    const struct raw_data *raw = given;

    return load_memory(l, path, raw->memory, &s->memory) && load_data(l, path, raw, s->memory, false, &s->data);
}

static bool run_read(struct run *run, const struct scenario_step *s, struct problem *err)
{
    struct programmer *p = board_programmer(run->b);
    uint32_t sum = 2166136261u; /* FNV-1a: a name for the bytes in the report */
    uint8_t *got;
    bool ok;

    if (!session_for(run, CAN(p, read), "read memories", err)) {
        return false;
    }
    got = memory_zeroed(s->data.n, 1);
    ok = p->ops->read(p->ctx, s->memory, s->data.offset, got, s->data.n, err);
    for (uint32_t i = 0; ok && i < s->data.n; i++) {
        sum = (sum ^ got[i]) * 16777619u;
    }
    if (ok) {
        report_note(run->r, "%u bytes, FNV-1a %08X", s->data.n, sum);
    }
    free(got);
    return ok;
}

const struct step_type step_read = {
    .key = "read",
    .about = STEP_SESSION,
    .text = "read",
    .fields = raw_read_fields,
    .raw_bytes = sizeof(struct raw_data),
    .load = load_read,
    .run = run_read,
};

/* ---- fuses and lock bits ---- */

static bool load_write_fuses(struct loader *l, const char *path, const void *raw, struct scenario_step *s)
{
    return load_fuses(l, path, raw, false, s->fuse);
}

static bool run_write_fuses(struct run *run, const struct scenario_step *s, struct problem *err)
{
    struct programmer *p = board_programmer(run->b);

    if (!session_for(run, CAN(p, write_fuse), "write fuses", err)) {
        return false;
    }
    for (unsigned f = 0; f < 4; f++) {
        if (s->fuse[f] >= 0 && !p->ops->write_fuse(p->ctx, (enum prog_fuse)f, (uint8_t)s->fuse[f], err)) {
            return false;
        }
    }
    return true;
}

const struct step_type step_write_fuses = {
    .key = "write_fuses",
    .about = STEP_SESSION,
    .text = "write fuses",
    .fields = raw_fuses_fields,
    .raw_bytes = sizeof(struct raw_fuses),
    .load = load_write_fuses,
    .run = run_write_fuses,
};

bool session_compare_fuses(struct run *run, const int want[4], struct problem *err)
{
    struct programmer *p = board_programmer(run->b);

    if (!session_for(run, CAN(p, read_fuse), "read fuses", err)) {
        return false;
    }
    for (unsigned f = 0; f < 4; f++) {
        uint8_t got;

        if (want[f] < 0) {
            continue;
        }
        if (!p->ops->read_fuse(p->ctx, (enum prog_fuse)f, &got, err)) {
            return false;
        }
        if (got != want[f]) {
            return problem_set(err, "%s is 0x%02X, expected 0x%02X", prog_fuse_name((enum prog_fuse)f), got, want[f]);
        }
        report_note(run->r, "%s 0x%02X", prog_fuse_name((enum prog_fuse)f), got);
    }
    return true;
}

static bool load_verify_fuses(struct loader *l, const char *path, const void *raw, struct scenario_step *s)
{
    return load_fuses(l, path, raw, true, s->fuse);
}

static bool run_verify_fuses(struct run *run, const struct scenario_step *s, struct problem *err)
{
    return session_compare_fuses(run, s->fuse, err);
}

const struct step_type step_verify_fuses = {
    .key = "verify_fuses",
    .about = STEP_COMPARES,
    .text = "verify fuses",
    .fields = raw_fuses_fields,
    .raw_bytes = sizeof(struct raw_fuses),
    .load = load_verify_fuses,
    .run = run_verify_fuses,
};
