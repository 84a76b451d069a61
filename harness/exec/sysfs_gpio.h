/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * sysfs_gpio.h - the pins of a part as the old interface shows them: /sys/class/gpio
 *
 *      export, unexport        a pin's number written there: its folder comes, or goes and the pin is let go
 *      gpioN/direction         in, out (low), low, high
 *      gpioN/value             0 or 1; written only to an output
 *      gpioN/active_low, edge  edge: none, nothing else
 *      gpiochip0/base, ngpio, label
 *      /sys/bus/gpio/devices/gpiochip0/dev    by which libgpiod 1 knows the gpiochip
 *
 * A pin is either exported here or a line of the gpiochip (spi_gpio.h): the other gets EBUSY.
 * Leaves out  edges (poll() on value), numbers that begin elsewhere than at 0
 * Source      Linux: Documentation/admin-guide/gpio/sysfs.rst
 */
#ifndef HARNESS_EXEC_SYSFS_GPIO_H
#define HARNESS_EXEC_SYSFS_GPIO_H

#include "harness/exec/device.h"
#include "harness/parts/pc_side.h"

enum sysfs_gpio_file { GPIO_FOLDER, GPIO_DIRECTION, GPIO_VALUE, GPIO_ACTIVE_LOW, GPIO_EDGE, GPIO_PIN_FILES };
enum {
    SYSFS_GPIO_PINS = 32,
    SYSFS_GPIO_COMMON = 11, /* the folder, export, unexport, the chip's four; the bus' four */
    SYSFS_GPIO_DEVICES = SYSFS_GPIO_COMMON + SYSFS_GPIO_PINS * GPIO_PIN_FILES,
};

struct sysfs_pin {
    struct sysfs_gpio *of;
    unsigned number;
    bool exported, output, active_low, high; /* high: what is driven */
    struct device *file[GPIO_PIN_FILES];
};

struct sysfs_gpio { /* do not move it after init */
    const struct pc_pins *type;
    void *part;
    const struct device *chip;
    bool *taken; /* of each pin: by whom ever */
    struct sysfs_pin pin[SYSFS_GPIO_PINS];
};

/*
 * file: SYSFS_GPIO_DEVICES of them, whose call_ps is set; returns how many it made. taken: shared with the gpiochip,
 * whose device is chip.
 */
unsigned sysfs_gpio_init(struct sysfs_gpio *g, const struct pc_pins *type, void *part, bool *taken,
                         const struct device *chip, struct device *file);

#endif
