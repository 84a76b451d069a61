/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * spi_gpio.h - the pins of a part as Linux shows them: spidev (SPI_IOC_MESSAGE) and a gpiochip (lines of v1 and v2)
 *
 * Models      modes 0 to 3, bits in either order, 8 bits a word, speed_hz as asked (half a period is whole
 *             picoseconds), delay_usecs, SPI_NO_CS, chip select, cs_change, read() and write(); lines as inputs and outputs,
 *             active low, open drain and open source, with their consumers' names, until the descriptor of the line is
 *             closed: then it is let go
 * Leaves out  three wires, loop, ready (refused, as by a controller that has them not), edge events (refused), bias,
 *             DMA's gaps between bytes, the hardware's own list of speeds
 * Source      Linux uapi: linux/spi/spidev.h, linux/gpio.h
 */
#ifndef HARNESS_EXEC_SPI_GPIO_H
#define HARNESS_EXEC_SPI_GPIO_H

#include "harness/exec/device.h"
#include "harness/parts/pc_side.h"

enum { SPI_GPIO_LINES = 8, SPI_GPIO_LINE_LINES = 32 };
#define SPI_GPIO_LINE_PATH "gpioline%u" /* of a request's descriptor: the library opens it for the program */

struct spi_gpio_request { /* an open line descriptor */
    unsigned n, pin[SPI_GPIO_LINE_LINES];
    bool used, output[SPI_GPIO_LINE_LINES], active_low[SPI_GPIO_LINE_LINES];
    int8_t open[SPI_GPIO_LINE_LINES]; /* level that is not driven but let go (open source 0, open drain 1); -1: none */
    struct spi_gpio *of;
    unsigned index;
};

struct spi_gpio { /* do not move it after init */
    struct sim *sim;
    const struct pc_pins *type;
    void *part;
    uint32_t mode, speed_hz;
    uint8_t bits;
    bool taken[64];       /* by a request, or exported in sysfs */
    struct spi_gpio_pin { /* what its request said */
        uint64_t flags;   /* of version 2 */
        char consumer[32];
    } pin[64];
    struct spi_gpio_request request[SPI_GPIO_LINES];
};

void spi_gpio_init(struct spi_gpio *s, struct sim *sim, const struct pc_pins *type, void *part, struct device *spi,
                   struct device *chip);
/* Makes d the device of request i. */
void spi_gpio_line(struct spi_gpio *s, unsigned i, struct device *d);

#endif
