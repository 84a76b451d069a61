/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * gpio_header - the pins of a small Linux computer: /dev/spidev0.0, /dev/gpiochip0 and /sys/class/gpio of `limpet exec`
 *
 *      GPIO0 .. GPIO27, as a Raspberry Pi's header has them; SPI 0 is on GPIO11 (SCK), GPIO10 (MOSI), GPIO9 (MISO) and
 *      GPIO8 (chip select 0). avrdude -c linuxspi has RESET on GPIO25.
 *
 * A pin is open until a program drives it. Levels are judged by no supply: the computer's 3.3 V and the target's VCC are
 * taken to fit.
 * Leaves out  pulls inside the computer, drive strength
 */
#include "harness/parts/part_types.h"
#include "harness/parts/pc_side.h"
#include "sim/memory.h"

#include <stdlib.h>

enum { PINS = 28 };

struct gpio_header {
    struct vline *vcc;
    struct net_driver driver[PINS];
    struct net *net[PINS];
    bool high[PINS]; /* what is driven: a pin on no wire reads that */
};

static void *make(const struct part_site *site, const void *cfg)
{
    struct gpio_header *h = memory_zeroed(1, sizeof *h);

    (void)cfg;
    h->vcc = site->vcc;
    return h;
}

static void connect(void *self, unsigned pin, struct net *net)
{
    struct gpio_header *h = self;

    net_move(&h->driver[pin], net, "GPIO header");
    net_driver_supply(&h->driver[pin], h->vcc);
    h->net[pin] = net;
}

static void free_header(void *self)
{
    for (unsigned i = 0; i < PINS; i++) {
        connect(self, i, NULL);
    }
    free(self);
}

static const struct part_pin pins[PINS] = {
    { .name = "GPIO0" },  { .name = "GPIO1" },  { .name = "GPIO2" },  { .name = "GPIO3" },  { .name = "GPIO4" },
    { .name = "GPIO5" },  { .name = "GPIO6" },  { .name = "GPIO7" },  { .name = "GPIO8" },  { .name = "GPIO9" },
    { .name = "GPIO10" }, { .name = "GPIO11" }, { .name = "GPIO12" }, { .name = "GPIO13" }, { .name = "GPIO14" },
    { .name = "GPIO15" }, { .name = "GPIO16" }, { .name = "GPIO17" }, { .name = "GPIO18" }, { .name = "GPIO19" },
    { .name = "GPIO20" }, { .name = "GPIO21" }, { .name = "GPIO22" }, { .name = "GPIO23" }, { .name = "GPIO24" },
    { .name = "GPIO25" }, { .name = "GPIO26" }, { .name = "GPIO27" },
};

static const char *name_of(unsigned pin)
{
    return pins[pin].name;
}

static void drive(void *self, unsigned pin, int level)
{
    struct gpio_header *h = self;

    h->high[pin] = level > 0;
    if (level < 0) {
        net_open(&h->driver[pin]);
    } else {
        net_drive(&h->driver[pin], level ? NET_1 : NET_0, NET_STRONG);
    }
}

static bool look(void *self, unsigned pin)
{
    const struct gpio_header *h = self;

    if (!h->net[pin]) {
        return h->high[pin];
    }
    bool high = net_is_high(h->net[pin], false);
    net_looked(h->net[pin], h->net[pin]->sim->now_ps, high, true);
    return high;
}

static const struct pc_pins as_pins = {
    .n = PINS,
    .name = name_of,
    .drive = drive,
    .look = look,
    .spi = { .sck = 11, .mosi = 10, .miso = 9, .ce0 = 8 },
};

const struct part_type gpio_header_type = {
    .name = "gpio_header",
    .help = "the GPIO and SPI pins of a small Linux computer (linuxspi, linuxgpio)",
    .pins = pins,
    .n_pins = PINS,
    .make = make,
    .connect = connect,
    .free = free_header,
    .pc_pins = &as_pins,
};
