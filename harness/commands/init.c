/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/commands/init.h"

#include "harness/base/firmware_path.h"
#include "harness/base/input_file.h"
#include "harness/base/outputs.h"
#include "harness/commands/command.h"
#include "harness/hosts/host_rows.h"
#include "harness/judge/subject.h"
#include "mcu/board_rows.h"
#include "mcu/image_device.h"
#include "sim/memory.h"
#include "sim/part.h"
#include "wave/in_file.h"
#include "wave/out_file.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct options {
    const char *firmware, *host, *part, *out;
    bool force;
};

struct answer { /* what the scenario says of the firmware */
    const struct mcu_board_row *board;
    char host[40];
    uint32_t baud; /* 0: not known */
    bool high_voltage;
    bool silent; /* it signs on with no host */
};

static const struct argp_option option_table[] = {
    { "firmware", 'f', "FILE", 0, "The programmer's image, or a built-in name (default: arduinoisp)", 0 },
    { "host", 'h' + 256, "PROTOCOL", 0,
      "What it speaks with the PC: stk500v1, stk500v2 ...; without it the known ones are tried", 0 },
    { "part", 'p', "PART", 0, "The target (default: atmega328p)", 0 },
    { "force", 'F' + 256, NULL, 0, "Overwrite FILE", 0 },
    { 0 },
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct options *o = state->input;

    switch (key) {
    case 'f': o->firmware = arg; return 0;
    case 'h' + 256: o->host = arg; return 0;
    case 'p': o->part = arg; return 0;
    case 'F' + 256: o->force = true; return 0;
    case ARGP_KEY_ARG:
        if (o->out) {
            argp_error(state, "one file at a time: \"%s\"", arg);
        }
        o->out = arg;
        return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

const struct argp init_argp = {
    .options = option_table,
    .parser = parse,
    .args_doc = "[FILE.yaml]",
    .doc = "Writes a scenario for a programmer firmware, with comments that say what to change: a whole session with a "
           "fresh chip, from signature to verified flash, EEPROM and fuses. Without FILE its name is the firmware's.\v"
           "  limpet init --firmware mine.elf && limpet run mine.yaml",
};

/* "mine.elf" is "mine.yaml", here. */
static char *usual_name(const char *firmware)
{
    const char *slash = strrchr(firmware, '/');
    char *name = memory_zeroed(strlen(firmware) + 6, 1), *dot;

    strcpy(name, slash ? slash + 1 : firmware);
    dot = strrchr(name, '.');
    if (dot && dot != name) {
        *dot = '\0';
    }
    return strcat(name, ".yaml");
}

/* In double quotes, where a name needs them in YAML. */
static void put_text(struct out_file *f, const char *text)
{
    bool plain = isalpha((unsigned char)*text) || *text == '.' || *text == '/';

    for (const char *p = text; *p; p++) {
        plain &= isalnum((unsigned char)*p) || strchr("._/-+", *p);
    }
    out_file_text(f, plain ? "" : "\"");
    for (; *text; text++) {
        if (!plain && strchr("\"\\", *text)) {
            out_file_char(f, '\\');
        }
        out_file_char(f, *text);
    }
    out_file_text(f, plain ? "" : "\"");
}

/* The schema is where limpet is installed; in the build tree it is not found, and editors do without. */
static void put_schema(struct out_file *f)
{
    char path[PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", path, sizeof path - 64);

    path[n > 0 ? n : 0] = '\0';
    if (n > 0 && strrchr(path, '/')) {
        strcpy(strrchr(path, '/'), "/../share/limpet/schema/scenario.schema.json");
        char *real = realpath(path, NULL);
        if (real) {
            out_file_text(f, "# yaml-language-server: $schema=");
            out_file_text(f, real);
            out_file_text(f, "\n");
        }
        free(real);
    }
}

static void put_wires(struct out_file *f, const struct mcu_board_row *board)
{
    char text[200];

    snprintf(text, sizeof text,
             "  # On an %s: %s is RESET, %s MOSI, %s MISO, %s SCK; wiring: {reset: %s.PIN} moves one.\n", board->title,
             board->isp.reset, board->isp.mosi, board->isp.miso, board->isp.sck, board->name);
    out_file_text(f, text);
}

static void put_programmer(struct out_file *f, const struct options *o, const struct answer *a)
{
    char *real = o->out && strchr(o->out, '/') ? realpath(o->firmware, NULL) : NULL; /* it is found from the scenario */
    char baud[40];

    if (a->silent) {
        out_file_text(f,
                      "  # It answers no host that is known here: what does it speak (host:), and how fast (baud:)?\n");
    }
    out_file_text(f, "  programmer: {firmware: ");
    put_text(f, real ? real : o->firmware);
    free(real);
    out_file_text(f, ", host: ");
    put_text(f, a->host);
    snprintf(baud, sizeof baud, ", baud: %u", (unsigned)a->baud);
    out_file_text(f, a->baud ? baud : "");
    out_file_text(f, "}\n");
}

static void put_scenario(struct out_file *f, const struct options *o, const struct part *part, const struct answer *a)
{
    char signature[32];

    snprintf(signature, sizeof signature, "%02X %02X %02X", part->signature[0], part->signature[1], part->signature[2]);
    put_schema(f);
    out_file_text(f, "# What each key means: man limpet-scenario. Run it: limpet run THIS_FILE\n"
                     "description: A whole session with a fresh chip.\ntags: [session]\nboard:\n");
    if (a->board != mcu_board_at(0)) {
        out_file_text(f, "  use: ");
        put_text(f, a->board->name);
        out_file_text(f, "\n");
    }
    out_file_text(f, "  vcc: 5.0 V\n"
                     "  # fuses: low, high, ext, lock change single bytes of the factory's; clock: {crystal: 16 MHz}\n"
                     "  target: {part: ");
    put_text(f, o->part);
    out_file_text(f, ", fuses: {preset: factory}}\n");
    if (a->high_voltage) {
        out_file_text(
            f, "  high_voltage: limphv  # how its 12 V, its supply switch and its eleven wires lead to the target\n");
    } else {
        put_wires(f, a->board);
    }
    put_programmer(f, o, a);
    out_file_text(f, "steps:\n  - signature: ");
    out_file_text(f, signature);
    out_file_text(
        f, "\n  - erase: yes\n"
           "  # or file: program.hex, which is found beside this file\n"
           "  - program: {memory: flash, random: 1, length: 600}\n"
           "  - verify: {memory: flash, random: 1, length: 600}\n"
           "  - program: {memory: eeprom, hex: 01 02 03 04}\n"
           "  - verify: {memory: eeprom, hex: 01 02 03 04}\n"
           "  - leave: yes\n"
           "# A rule of the datasheet that the programmer breaks fails the scenario; without this it is only told.\n"
           "expect:\n  findings: none\n");
}

/* The first whose chip can run the firmware. NULL with err: the file can't be read, or none can. */
static const struct mcu_board_row *board_for(const char *path, struct problem *err)
{
    const struct mcu_board_row *found = NULL;
    struct input_files files = { 0 };
    struct image img = { 0 };
    struct problem why;
    const struct input_file *f = input_files_get(&files, path, IMAGE_MAX_FILE_BYTES, NULL, err);

    if (f && image_parse(&img, path, (const uint8_t *)f->bytes, f->n, IMAGE_FLASH, err)) {
        for (unsigned i = 0; mcu_board_at(i) && !found; i++) {
            const struct part *chip = mcu_board_at(i)->chip;
            found = image_is_for(&img, chip->name, chip->flash_bytes, i ? &why : err) ? mcu_board_at(i) : NULL;
        }
        if (!found) {
            problem_prefix(err, "%s", path);
        }
    }
    image_free(&img);
    input_files_free(&files);
    return found;
}

/* What our own images speak is known; others are asked. */
static bool ask(const struct options *o, const char *path, const struct part *part, struct answer *a,
                struct problem *err)
{
    const struct firmware_row *own = firmware_row_of(o->firmware);
    struct problem silence = { "" };
    struct subject s = { 0 };

    a->board = board_for(path, err);
    const struct subject_options so = { .what = o->firmware,
                                        .board = a->board ? a->board->name : NULL,
                                        .host = o->host };
    bool ok = a->board && subject_init(&s, &so, err);

    if (ok && own && !o->host) {
        bool serial = own->serial_host && part->hv->serial;

        snprintf(a->host, sizeof a->host, "%s", serial ? own->serial_host : own->host);
        a->baud = own->baud;
        a->high_voltage = own->serial_host != NULL;
    } else if (ok) {
        a->silent = !subject_find_host(&s, &silence);
        snprintf(a->host, sizeof a->host, "%s", o->host ? o->host : a->silent ? host_rows[0].name : s.host);
        a->baud = a->silent ? 0 : s.baud;
    }
    subject_free(&s);
    return ok || problem_prefix(err, "--firmware");
}

/* path: of the image, PATH_MAX */
static bool check(const struct options *o, const struct part **part, char *path, struct problem *err)
{
    char names[200];

    *part = part_find(o->part);
    if (!*part) {
        return problem_set(err, "--part %s: there is no such part (limpet fuses --list)", o->part);
    }
    if (o->host && !host_row_of(o->host)) {
        return problem_set(err, "--host %s: there are %s", o->host, host_row_names(false, names, sizeof names));
    }
    if (!firmware_resolve(o->firmware, NULL, path, PATH_MAX, err)) {
        return problem_prefix(err, "--firmware");
    }
    if (!in_file_is_regular(path)) {
        return problem_set(
            err, "--firmware: %s is no file but a pipe, a device or a folder, and the scenario is to name it", path);
    }
    return true;
}

/* The image is no place for the scenario. */
static bool spares(const char *name, const char *image, struct problem *err)
{
    return outputs_possible(&(const struct output){ "FILE", name }, 1, &image, 1, err);
}

int cmd_init(int argc, char **argv)
{
    struct options o = { .firmware = "arduinoisp", .part = "atmega328p" };
    struct problem err = { "" };
    const struct part *part;
    struct answer a = { .baud = 0 };
    struct out_file f;
    char path[PATH_MAX];
    bool ok = false;

    argp_err_exit_status = EXIT_BAD_INPUT;
    argp_parse(&init_argp, argc, argv, 0, NULL, &o);
    char *name = o.out ? memory_text(o.out) : usual_name(o.firmware);
    if (access(name, F_OK) == 0 && !o.force) {
        problem_set(&err, "%s is there already (--force overwrites it)", name);
    } else if (check(&o, &part, path, &err) && spares(name, path, &err) && ask(&o, path, part, &a, &err) &&
               out_file_open(&f, name, &err)) {
        put_scenario(&f, &o, part, &a);
        ok = out_file_close(&f, &err);
    }
    if (ok) {
        printf("%s\n", name);
        if (a.silent) {
            fprintf(
                stderr,
                "limpet init: note: %s answers no host that is known here: a host and a speed are to be filled in\n",
                o.firmware);
        }
    } else {
        fprintf(stderr, "limpet init: %s\n", err.text);
    }
    free(name);
    return ok ? EXIT_OK : EXIT_BAD_INPUT;
}
