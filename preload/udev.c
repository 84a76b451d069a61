/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * udev.c - libudev's calls, as far as programs look for USB devices by them: they find those of the bench, and no others
 *
 * libusb-1.0 of the distributions lists by udev, whose own way through /sys begins with checks of the file system. So
 * its interface is answered, from what stands in /sys/bus/usb/devices of the bench. Nothing is plugged in or out while a
 * program runs: a monitor's descriptor never becomes readable.
 */
#include "preload/bench.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define DEVICES "/sys/bus/usb/devices/"
enum { MOST = 16, TEXT_BYTES = 128, BYTES = 64 };

struct udev {
    int refs;
};

struct udev_list_entry {
    char name[BYTES];
    struct udev_list_entry *next;
};

struct udev_enumerate {
    struct udev *udev;
    int refs;
    bool usb; /* nothing else was asked for */
    struct udev_list_entry entry[MOST];
    unsigned n;
};

struct udev_monitor {
    struct udev *udev;
    int refs, fd;
};

struct udev_device {
    struct udev *udev;
    int refs;
    char syspath[BYTES], node[BYTES], text[TEXT_BYTES];
};

/* libudev.h is of a package that a build need not have: these are its calls, which hide what is in the structs. */
#define CALL(type, name, ...) \
    type name(__VA_ARGS__);   \
    EXPORT type name(__VA_ARGS__)

#define REFS(kind, last)                              \
    CALL(struct kind *, kind##_ref, struct kind *x)   \
    {                                                 \
        x->refs++;                                    \
        return x;                                     \
    }                                                 \
    CALL(struct kind *, kind##_unref, struct kind *x) \
    {                                                 \
        if (x && !--x->refs) {                        \
            last;                                     \
            free(x);                                  \
        }                                             \
        return NULL;                                  \
    }

REFS(udev, (void)0)
REFS(udev_enumerate, (void)0)
REFS(udev_device, (void)0)
REFS(udev_monitor, close(x->fd))

CALL(struct udev *, udev_new, void)
{
    struct udev *u = calloc(1, sizeof *u);

    if (u) {
        u->refs = 1;
    }
    return u;
}

/* ---- what there is ---- */

/* "/sys/bus/usb/devices/1-1" and nothing below. */
static bool is_device(const struct exec_name *d)
{
    size_t n = sizeof DEVICES - 1;

    return S_ISDIR(d->mode) && !strncmp(d->path, DEVICES, n) && !strchr(d->path + n, '/');
}

CALL(struct udev_enumerate *, udev_enumerate_new, struct udev *u)
{
    struct udev_enumerate *e = calloc(1, sizeof *e);

    if (e) {
        e->udev = u;
        e->refs = 1;
        e->usb = true;
    }
    return e;
}

CALL(int, udev_enumerate_add_match_subsystem, struct udev_enumerate *e, const char *subsystem)
{
    e->usb &= !strcmp(subsystem, "usb");
    return 0;
}

CALL(int, udev_enumerate_add_match_property, struct udev_enumerate *e, const char *property, const char *value)
{
    e->usb &= strcmp(property, "DEVTYPE") != 0 || !strcmp(value, "usb_device");
    return 0;
}

CALL(int, udev_enumerate_add_match_sysattr, struct udev_enumerate *e, const char *attribute, const char *value)
{
    (void)e, (void)attribute, (void)value; /* more than asked for is listed: who asks looks himself, too */
    return 0;
}

CALL(int, udev_enumerate_scan_devices, struct udev_enumerate *e)
{
    size_t n;
    const struct exec_name *names = bench_names(&n);

    e->n = 0;
    for (size_t i = 0; e->usb && i < n && e->n < MOST; i++) {
        if (is_device(&names[i])) {
            struct udev_list_entry *entry = &e->entry[e->n++];

            snprintf(entry->name, sizeof entry->name, "%s", names[i].path);
            entry->next = NULL;
            if (e->n > 1) {
                entry[-1].next = entry;
            }
        }
    }
    return 0;
}

CALL(struct udev_list_entry *, udev_enumerate_get_list_entry, struct udev_enumerate *e)
{
    return e->n ? e->entry : NULL;
}

CALL(struct udev *, udev_enumerate_get_udev, struct udev_enumerate *e)
{
    return e->udev;
}

CALL(struct udev_list_entry *, udev_list_entry_get_next, struct udev_list_entry *e)
{
    return e ? e->next : NULL;
}

CALL(const char *, udev_list_entry_get_name, struct udev_list_entry *e)
{
    return e ? e->name : NULL;
}

CALL(const char *, udev_list_entry_get_value, struct udev_list_entry *e)
{
    (void)e;
    return NULL;
}

/* ---- one of them ---- */

/* An attribute's text, without its newline; NULL: it has no such. */
static const char *attribute(struct udev_device *d, const char *name)
{
    char path[2 * BYTES];
    FILE *f = NULL;

    if ((size_t)snprintf(path, sizeof path, "%s/%s", d->syspath, name) < sizeof path) {
        f = fopen(path, "re");
    }
    if (!f) {
        return NULL;
    }
    bool got = fgets(d->text, sizeof d->text, f) != NULL;

    fclose(f);
    d->text[strcspn(d->text, "\n")] = '\0';
    return got ? d->text : NULL;
}

CALL(struct udev_device *, udev_device_new_from_syspath, struct udev *u, const char *syspath)
{
    size_t n;
    const struct exec_name *names = bench_names(&n);
    struct udev_device *d = NULL;

    for (size_t i = 0; i < n && !d; i++) {
        if (is_device(&names[i]) && !strcmp(names[i].path, syspath)) {
            d = calloc(1, sizeof *d);
        }
    }
    if (!d) {
        errno = ENOENT;
        return NULL;
    }
    d->udev = u;
    d->refs = 1;
    snprintf(d->syspath, sizeof d->syspath, "%s", syspath);
    const char *bus = attribute(d, "busnum");
    unsigned busnum = bus ? (unsigned)atoi(bus) : 0;
    const char *number = attribute(d, "devnum");

    snprintf(d->node, sizeof d->node, "/dev/bus/usb/%03u/%03u", busnum, number ? (unsigned)atoi(number) : 0);
    return d;
}

CALL(struct udev_device *, udev_device_new_from_devnum, struct udev *u, char type, dev_t number)
{
    (void)u, (void)type, (void)number;
    errno = ENOENT;
    return NULL;
}

CALL(struct udev_device *, udev_device_new_from_subsystem_sysname, struct udev *u, const char *subsystem,
     const char *name)
{
    char path[BYTES];

    snprintf(path, sizeof path, DEVICES "%.30s", name);
    errno = ENOENT;
    return strcmp(subsystem, "usb") ? NULL : udev_device_new_from_syspath(u, path);
}

CALL(struct udev *, udev_device_get_udev, struct udev_device *d)
{
    return d->udev;
}

CALL(const char *, udev_device_get_syspath, struct udev_device *d)
{
    return d->syspath;
}

CALL(const char *, udev_device_get_devpath, struct udev_device *d)
{
    return d->syspath + sizeof "/sys" - 1;
}

CALL(const char *, udev_device_get_sysname, struct udev_device *d)
{
    return strrchr(d->syspath, '/') + 1;
}

CALL(const char *, udev_device_get_devnode, struct udev_device *d)
{
    return d->node;
}

CALL(const char *, udev_device_get_subsystem, struct udev_device *d)
{
    (void)d;
    return "usb";
}

CALL(const char *, udev_device_get_devtype, struct udev_device *d)
{
    (void)d;
    return "usb_device";
}

CALL(const char *, udev_device_get_action, struct udev_device *d)
{
    (void)d;
    return NULL;
}

CALL(const char *, udev_device_get_driver, struct udev_device *d)
{
    (void)d;
    return NULL;
}

CALL(dev_t, udev_device_get_devnum, struct udev_device *d)
{
    struct stat st;

    return stat(d->node, &st) == 0 ? st.st_rdev : 0;
}

CALL(const char *, udev_device_get_sysattr_value, struct udev_device *d, const char *name)
{
    return attribute(d, name);
}

CALL(const char *, udev_device_get_property_value, struct udev_device *d, const char *name)
{
    return !strcmp(name, "DEVNAME") ? d->node : !strcmp(name, "DEVTYPE") ? "usb_device" : NULL;
}

CALL(struct udev_device *, udev_device_get_parent, struct udev_device *d)
{
    (void)d;
    return NULL;
}

CALL(struct udev_device *, udev_device_get_parent_with_subsystem_devtype, struct udev_device *d, const char *subsystem,
     const char *type)
{
    (void)d, (void)subsystem, (void)type;
    return NULL;
}

/* ---- what comes and goes: nothing ---- */

CALL(struct udev_monitor *, udev_monitor_new_from_netlink, struct udev *u, const char *name)
{
    struct udev_monitor *m = calloc(1, sizeof *m);

    (void)name;
    if (m) {
        m->udev = u;
        m->refs = 1;
        m->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    }
    return m;
}

CALL(int, udev_monitor_enable_receiving, struct udev_monitor *m)
{
    return m->fd < 0 ? -EMFILE : 0;
}

CALL(int, udev_monitor_set_receive_buffer_size, struct udev_monitor *m, int n)
{
    (void)m, (void)n;
    return 0;
}

CALL(int, udev_monitor_get_fd, struct udev_monitor *m)
{
    return m->fd;
}

CALL(struct udev *, udev_monitor_get_udev, struct udev_monitor *m)
{
    return m->udev;
}

CALL(struct udev_device *, udev_monitor_receive_device, struct udev_monitor *m)
{
    (void)m;
    return NULL;
}

CALL(int, udev_monitor_filter_add_match_subsystem_devtype, struct udev_monitor *m, const char *subsystem,
     const char *type)
{
    (void)m, (void)subsystem, (void)type;
    return 0;
}

CALL(int, udev_monitor_filter_update, struct udev_monitor *m)
{
    (void)m;
    return 0;
}
