/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/exec/sysfs_gpio.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define ROOT "/sys/class/gpio"

static ssize_t put_text(void *to, size_t room, const char *text)
{
    int n = snprintf(to, room, "%s\n", text);

    return n < (int)room ? n : -EINVAL;
}

/* What was written, without its newline; false: too long to be anything. */
static bool word_of(const void *bytes, size_t n, char *word, size_t room)
{
    const char *end = memchr(bytes, '\n', n);

    n = end ? (size_t)(end - (const char *)bytes) : n;
    if (!n || n >= room) {
        return false;
    }
    memcpy(word, bytes, n);
    word[n] = '\0';
    return true;
}

static bool number_of(const void *bytes, size_t n, unsigned long *number)
{
    char word[16], *end;

    if (!word_of(bytes, n, word, sizeof word) || word[0] < '0' || word[0] > '9') {
        return false;
    }
    *number = strtoul(word, &end, 0);
    return !*end;
}

/* ---- a pin ---- */

static void drive(const struct sysfs_pin *p)
{
    p->of->type->drive(p->of->part, p->number, !p->output ? -1 : p->high);
}

static void show(struct sysfs_pin *p, bool on)
{
    p->exported = p->of->taken[p->number] = on;
    for (unsigned k = 0; k < GPIO_PIN_FILES; k++) {
        device_show(p->file[k], !on ? 0 : k == GPIO_FOLDER ? S_IFDIR | 0755 : S_IFREG | 0644);
    }
    if (!on) {
        p->output = p->active_low = p->high = false;
        drive(p);
    }
}

static ssize_t direction(struct device *d, void *to, size_t room)
{
    const struct sysfs_pin *p = d->own;

    return put_text(to, room, p->output ? "out" : "in");
}

/* "low" and "high" are levels, whatever active_low says. */
static ssize_t write_direction(struct device *d, const void *bytes, size_t n, struct device_call *call)
{
    struct sysfs_pin *p = d->own;
    char word[8];

    (void)call;
    if (!word_of(bytes, n, word, sizeof word) ||
        (strcmp(word, "in") && strcmp(word, "out") && strcmp(word, "low") && strcmp(word, "high"))) {
        return -EINVAL;
    }
    p->output = strcmp(word, "in") != 0;
    p->high = !strcmp(word, "high");
    drive(p);
    return (ssize_t)n;
}

static ssize_t value(struct device *d, void *to, size_t room)
{
    const struct sysfs_pin *p = d->own;

    return put_text(to, room, p->of->type->look(p->of->part, p->number) != p->active_low ? "1" : "0");
}

static ssize_t write_value(struct device *d, const void *bytes, size_t n, struct device_call *call)
{
    struct sysfs_pin *p = d->own;
    unsigned long v;

    (void)call;
    if (!p->output) {
        return -EPERM;
    }
    if (!number_of(bytes, n, &v)) {
        return -EINVAL;
    }
    p->high = (v != 0) != p->active_low;
    drive(p);
    return (ssize_t)n;
}

static ssize_t active_low(struct device *d, void *to, size_t room)
{
    return put_text(to, room, ((const struct sysfs_pin *)d->own)->active_low ? "1" : "0");
}

/* What an output drives stays the same value: its level turns. */
static ssize_t write_active_low(struct device *d, const void *bytes, size_t n, struct device_call *call)
{
    struct sysfs_pin *p = d->own;
    unsigned long v;

    (void)call;
    if (!number_of(bytes, n, &v)) {
        return -EINVAL;
    }
    p->high = p->high != ((v != 0) != p->active_low);
    p->active_low = v != 0;
    drive(p);
    return (ssize_t)n;
}

static ssize_t edge(struct device *d, void *to, size_t room)
{
    (void)d;
    return put_text(to, room, "none");
}

static ssize_t write_edge(struct device *d, const void *bytes, size_t n, struct device_call *call)
{
    char word[8];

    (void)d, (void)call;
    return word_of(bytes, n, word, sizeof word) && !strcmp(word, "none") ? (ssize_t)n : -EINVAL;
}

/* ---- export, unexport, the chip ---- */

static ssize_t nothing(struct device *d, void *to, size_t room)
{
    (void)d, (void)to, (void)room;
    return -EIO; /* they can't be read */
}

static ssize_t write_export(struct device *d, const void *bytes, size_t n, struct device_call *call)
{
    struct sysfs_gpio *g = d->own;
    unsigned long pin;

    (void)call;
    if (!number_of(bytes, n, &pin) || pin >= g->type->n) {
        return -EINVAL;
    }
    if (g->taken[pin]) {
        return -EBUSY;
    }
    show(&g->pin[pin], true);
    return (ssize_t)n;
}

static ssize_t write_unexport(struct device *d, const void *bytes, size_t n, struct device_call *call)
{
    struct sysfs_gpio *g = d->own;
    unsigned long pin;

    (void)call;
    if (!number_of(bytes, n, &pin) || pin >= g->type->n || !g->pin[pin].exported) {
        return -EINVAL;
    }
    show(&g->pin[pin], false);
    return (ssize_t)n;
}

static ssize_t base(struct device *d, void *to, size_t room)
{
    (void)d;
    return put_text(to, room, "0");
}

static ssize_t count(struct device *d, void *to, size_t room)
{
    char text[8];

    snprintf(text, sizeof text, "%u", ((const struct sysfs_gpio *)d->own)->type->n);
    return put_text(to, room, text);
}

static ssize_t label(struct device *d, void *to, size_t room)
{
    (void)d;
    return put_text(to, room, "limpet");
}

static ssize_t numbers(struct device *d, void *to, size_t room)
{
    const struct device *chip = ((const struct sysfs_gpio *)d->own)->chip;
    char text[24];

    snprintf(text, sizeof text, "%u:%u", chip->major, chip->minor);
    return put_text(to, room, text);
}

static const struct {
    const char *path; /* %s: what the gpiochip is called under /dev */
    unsigned mode;
    struct device_type type;
} common[SYSFS_GPIO_COMMON] = {
    { ROOT, S_IFDIR | 0755, { .name = "GPIO by sysfs" } },
    { ROOT "/export", S_IFREG | 0200, { .name = "export", .content = nothing, .write = write_export } },
    { ROOT "/unexport", S_IFREG | 0200, { .name = "unexport", .content = nothing, .write = write_unexport } },
    { ROOT "/gpiochip0", S_IFDIR | 0755, { .name = "folder" } },
    { ROOT "/gpiochip0/base", S_IFREG | 0444, { .name = "base", .content = base } },
    { ROOT "/gpiochip0/ngpio", S_IFREG | 0444, { .name = "ngpio", .content = count } },
    { ROOT "/gpiochip0/label", S_IFREG | 0444, { .name = "label", .content = label } },
    { "/sys/bus/gpio", S_IFDIR | 0755, { .name = "folder" } },
    { "/sys/bus/gpio/devices", S_IFDIR | 0755, { .name = "folder" } },
    { "/sys/bus/gpio/devices/%s", S_IFDIR | 0755, { .name = "folder" } },
    { "/sys/bus/gpio/devices/%s/dev", S_IFREG | 0444, { .name = "dev", .content = numbers } },
};

/* format has one %s or none. */
static void put_name(char path[DEVICE_PATH_BYTES], const char *format, const char *name)
{
    const char *at = strstr(format, "%s");

    snprintf(path, DEVICE_PATH_BYTES, "%.*s%s%s", at ? (int)(at - format) : DEVICE_PATH_BYTES, format, at ? name : "",
             at ? at + 2 : "");
}

static const struct {
    const char *name;
    struct device_type type;
} of_pin[GPIO_PIN_FILES] = {
    [GPIO_FOLDER] = { "", { .name = "folder" } },
    [GPIO_DIRECTION] = { "/direction", { .name = "direction", .content = direction, .write = write_direction } },
    [GPIO_VALUE] = { "/value", { .name = "value", .content = value, .write = write_value } },
    [GPIO_ACTIVE_LOW] = { "/active_low", { .name = "active_low", .content = active_low, .write = write_active_low } },
    [GPIO_EDGE] = { "/edge", { .name = "edge", .content = edge, .write = write_edge } },
};

unsigned sysfs_gpio_init(struct sysfs_gpio *g, const struct pc_pins *type, void *part, bool *taken,
                         const struct device *chip, struct device *file)
{
    unsigned n = 0;

    *g = (struct sysfs_gpio){ .type = type, .part = part, .chip = chip, .taken = taken };
    for (unsigned i = 0; i < SYSFS_GPIO_COMMON; i++) {
        struct device *d = &file[n++];

        d->type = &common[i].type;
        d->own = g;
        d->mode = common[i].mode;
        put_name(d->path, common[i].path, strrchr(chip->path, '/') + 1);
    }
    for (unsigned i = 0; i < type->n && i < SYSFS_GPIO_PINS; i++) {
        g->pin[i] = (struct sysfs_pin){ .of = g, .number = i };
        for (unsigned k = 0; k < GPIO_PIN_FILES; k++) {
            struct device *d = g->pin[i].file[k] = &file[n++];

            d->type = &of_pin[k].type;
            d->own = &g->pin[i];
            d->mode = 0;
            snprintf(d->path, sizeof d->path, ROOT "/gpio%u%s", i, of_pin[k].name);
        }
    }
    return n;
}
