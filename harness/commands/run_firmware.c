/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/commands/run_firmware.h"

#include "harness/hosts/host_rows.h"
#include "harness/judge/subject.h"
#include "harness/scenario/step_type.h"
#include "mcu/board_rows.h"
#include "sim/memory.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const usual[] = { "arduinoisp", "limpisp", "limphv" }; /* programmers that stand for any other */

bool run_firmware_ask(struct run_firmware *f, const char *image, struct problem *err)
{
    const struct subject_options o = { .what = image };
    const struct firmware_row *row = firmware_row_of(image);
    struct problem why = { "" };
    struct subject s;

    *f = (struct run_firmware){ .image = image };
    if (row) {
        f->host = host_row_of(row->host);
        f->serial_host = row->serial_host ? host_row_of(row->serial_host) : f->host;
        f->baud = row->baud;
        return true;
    }
    if (!subject_init(&s, &o, err)) {
        subject_free(&s);
        return problem_prefix(err, "--firmware");
    }
    if (subject_find_host(&s, &why)) {
        f->host = f->serial_host = host_row_of(s.host);
        f->baud = s.baud;
        f->found = s.host_found;
    } else {
        snprintf(f->why, sizeof f->why, "%s", why.text);
    }
    subject_free(&s);
    return true;
}

/* ---- of a scenario ---- */

static char *because(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
static char *because(const char *fmt, ...)
{
    char text[300];
    va_list args;

    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    return memory_text(text);
}

/* An image of ours that is made for something, or one of which the scenario says so. */
static bool is_about_its_own(const struct scenario *s)
{
    const char *firmware = s->board.programmer.firmware;
    bool own = firmware_row_of(firmware) || !strchr(firmware, '/');

    for (unsigned i = 0; i < sizeof usual / sizeof usual[0]; i++) {
        own &= strcmp(firmware, usual[i]) != 0;
    }
    for (unsigned i = 0; s->tags[i]; i++) {
        own |= !strcmp(s->tags[i], "own-firmware");
    }
    return own;
}

/* "stk500v1-avrdude-7.1" is stk500v1 to the programmer. */
static bool same_protocol(const struct host_row *a, const struct host_row *b)
{
    return a == b || !strcmp(a->avrdude_c[0], b->avrdude_c[0]);
}

static const char *base_of(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}

char *run_firmware_fit(const struct run_firmware *f, struct scenario *s)
{
    struct programmer_config *p = &s->board.programmer;
    const struct mcu_board_row *uno = mcu_board_at(0);

    if (!programmer_is_firmware(p)) {
        return because("no microcontroller takes part");
    }
    if (!f->host) {
        return because("the firmware does not sign on");
    }
    if (p->row->chip != uno->chip || p->row->f_millihz != uno->f_millihz) {
        return because("its board is another: %s", p->row->title);
    }
    if (is_about_its_own(s)) {
        return because("it is about a firmware of its own: %s", base_of(p->firmware));
    }
    const struct firmware_row *row = firmware_row_of(p->firmware);
    const struct host_row *host = s->board.target.part->hv->serial ? f->serial_host : f->host;
    if (p->host_known && !same_protocol(p->host, host)) {
        return because("it speaks %s, the firmware %s", p->host->avrdude_c[0], host->avrdude_c[0]);
    }
    if (row && p->baud != row->baud) {
        return because("it is about the speed: %u baud", p->baud);
    }
    if (!p->host_in_file) {
        p->host = host;
    }
    if (row || !p->host_known) {
        p->baud = f->baud;
    }
    return NULL;
}

char *run_firmware_tags(const struct scenario *s)
{
    const struct programmer_config *p = &s->board.programmer;
    char text[120];
    bool avrdude = false;

    for (unsigned i = 0; i < s->n_steps; i++) {
        avrdude |= !strcmp(s->steps[i].type->key, "avrdude");
    }
    snprintf(text, sizeof text, "%s%s%s%s", programmer_is_firmware(p) ? "mcu" : "no-mcu",
             programmer_is_firmware(p) ? ", " : "", programmer_is_firmware(p) ? p->host->avrdude_c[0] : "",
             avrdude ? ", avrdude" : "");
    return memory_text(text);
}
