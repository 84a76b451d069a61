/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A microcontroller board that runs a programmer's firmware, with a host on its serial port. */
#include "harness/base/firmware_path.h"
#include "harness/parts/part_types.h"
#include "harness/parts/programmer.h"
#include "mcu/image.h"
#include "mcu/mcu_board.h"
#include "sim/memory.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

struct programmer_board {
    struct part_site site;
    const struct programmer_config *cfg;
    int rxd_pin, txd_pin;
    struct net *rxd, *txd; /* the host's */
    struct mcu_board *mcu; /* NULL: not started */
    struct programmer host;
    char notes[IMAGE_NOTES][200]; /* of the firmware's file: what was accepted */
    unsigned n_notes;
};

static void plan_pins(const void *cfg, struct plan_pins *t)
{
    plan_mcu_pins(((const struct programmer_config *)cfg)->row, t);
}

static void isp_pins(const struct programmer_config *cfg, int isp[4])
{
    const struct mcu_board_row *row = cfg->row;

    isp[ISP_RESET] = mcu_board_pin_find(row, row->isp.reset);
    isp[ISP_SCK] = mcu_board_pin_find(row, row->isp.sck);
    isp[ISP_MOSI] = mcu_board_pin_find(row, row->isp.mosi);
    isp[ISP_MISO] = mcu_board_pin_find(row, row->isp.miso);
}

static void *make(const struct part_site *site, const void *cfg)
{
    struct programmer_board *p = memory_zeroed(1, sizeof *p);

    p->site = *site;
    p->cfg = cfg;
    p->rxd_pin = mcu_board_pin_find(p->cfg->row, p->cfg->row->rxd);
    p->txd_pin = mcu_board_pin_find(p->cfg->row, p->cfg->row->txd);
    return p;
}

static bool start_mcu(struct programmer_board *p, struct problem *err)
{
    const struct mcu_board_row *row = p->cfg->row;
    struct mcu_board_config cfg = mcu_board_default(row);
    struct image img;
    char path[PATH_MAX];

    if (!firmware_resolve(p->cfg->firmware, NULL, path, sizeof path, err)) {
        return problem_prefix(err, "firmware of the programmer");
    }
    const struct input_file *f = input_files_get(p->site.inputs, path, IMAGE_MAX_FILE_BYTES, NULL, err);
    if (!f || !image_parse(&img, path, (const uint8_t *)f->bytes, f->n, IMAGE_FLASH, err)) {
        return problem_prefix(err, "firmware of the programmer");
    }
    if (!image_end(&img, IMAGE_FLASH)) {
        image_free(&img);
        return problem_set(err, "firmware of the programmer: '%.200s' holds no program", path);
    }
    mcu_board_fuses_for(&cfg, &img);
    cfg.checker = p->site.checker;
    cfg.floating_high = p->cfg->floating_high;
    cfg.switches = p->cfg->switches;
    cfg.pins.d[p->rxd_pin] = p->rxd;
    cfg.pins.d[p->txd_pin] = p->txd;
    p->n_notes = img.n_notes;
    memcpy(p->notes, img.notes, sizeof p->notes);
    p->mcu = mcu_board_new(p->site.sim, &cfg, &img, err);
    image_free(&img);
    return p->mcu || problem_prefix(err, "firmware of the programmer: %s", path);
}

static bool start(void *self, const struct host *host, struct problem *err)
{
    struct programmer_board *p = self;

    if (!start_mcu(p, err)) {
        return p->cfg->place.line &&
               problem_prefix(err, "%s:%u:%u", p->site.path, p->cfg->place.line, p->cfg->place.column);
    }
    p->host = p->cfg->host->create(host, &p->cfg->host_settings);
    return true;
}

static void connect(void *self, unsigned pin, struct net *net)
{
    struct programmer_board *p = self;

    if ((int)pin == p->rxd_pin) {
        p->rxd = net;
    } else if ((int)pin == p->txd_pin) {
        p->txd = net;
    }
    if (p->mcu) { /* else start() is followed by another round */
        mcu_board_connect(p->mcu, pin, net);
    }
}

static struct vline *supply(void *self, unsigned pin)
{
    struct programmer_board *p = self;

    (void)pin;
    return p->mcu ? mcu_board_vcc(p->mcu) : NULL;
}

static struct programmer operations(void *self)
{
    return ((struct programmer_board *)self)->host;
}

static struct mcu_board *mcu(void *self)
{
    return ((struct programmer_board *)self)->mcu;
}

static const char *note(void *self, unsigned i)
{
    struct programmer_board *p = self;

    return i < p->n_notes ? p->notes[i] : NULL;
}

static void stop(void *self)
{
    struct programmer_board *p = self;

    if (p->host.ops && p->host.ops->free) {
        p->host.ops->free(p->host.ctx);
    }
    mcu_board_free(p->mcu);
    p->mcu = NULL;
}

static const struct programmer_type as_programmer = {
    .has_serial_port = true,
    .isp_pins = isp_pins,
    .operations = operations,
    .mcu = mcu,
    .note = note,
};

const struct part_type programmer_mcu = {
    .name = "mcu_board",
    .help = "a microcontroller board that runs a programmer's firmware",
    .place = PART_AS_PROGRAMMER,
    .plan_pins = plan_pins,
    .make = make,
    .start = start,
    .connect = connect,
    .supply = supply,
    .stop = stop,
    .free = free,
    .programmer = &as_programmer,
};
