/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/exec/spi_gpio.h"

#include <errno.h>
#include <linux/gpio.h>
#include <linux/spi/spidev.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

enum { USUAL_HZ = 500000, LEAST_HZ = 1000, MOST_HZ = 125000000, BUFFER_BYTES = 4096 /* spidev's bufsiz */ };
#define CS_CHANGE_PS (10 * SIM_US) /* the SPI core's */

static int out(struct device_ioctl *i, const void *from, size_t n)
{
    memcpy(i->out, from, n);
    i->n_out = n;
    return 0;
}

/* ---- SPI ---- */

static int8_t level_of(bool high)
{
    return high ? 1 : 0;
}

static void pass(struct spi_gpio *s, sim_time d_ps)
{
    sim_run_until(s->sim, s->sim->now_ps + d_ps);
}

static uint8_t shift_byte(struct spi_gpio *s, uint8_t byte, sim_time half_ps)
{
    bool idle = s->mode & SPI_CPOL, late = s->mode & SPI_CPHA;
    const struct pc_pins *t = s->type;
    uint8_t in = 0;

    for (unsigned k = 0; k < 8; k++) {
        unsigned bit = s->mode & SPI_LSB_FIRST ? k : 7 - k;
        bool value = byte >> bit & 1;

        if (!late) {
            t->drive(s->part, t->spi.mosi, level_of(value));
        }
        pass(s, half_ps);
        t->drive(s->part, t->spi.sck, level_of(!idle));
        if (late) {
            t->drive(s->part, t->spi.mosi, level_of(value));
        } else {
            in |= (uint8_t)(t->look(s->part, t->spi.miso) << bit);
        }
        pass(s, half_ps);
        t->drive(s->part, t->spi.sck, level_of(idle));
        if (late) {
            in |= (uint8_t)(t->look(s->part, t->spi.miso) << bit);
        }
    }
    return in;
}

static void select_chip(struct spi_gpio *s, bool on)
{
    if (!(s->mode & SPI_NO_CS)) {
        s->type->drive(s->part, s->type->spi.ce0, level_of(on == !!(s->mode & SPI_CS_HIGH)));
    }
}

/* One of a message, whose bytes are at in and go to to. */
static void transfer(struct spi_gpio *s, const struct spi_ioc_transfer *t, const uint8_t *in, uint8_t *to)
{
    uint32_t hz = t->speed_hz ? t->speed_hz : s->speed_hz;
    sim_time half_ps = SIM_S / 2 / (hz < LEAST_HZ ? LEAST_HZ : hz > MOST_HZ ? MOST_HZ : hz);

    for (uint32_t byte = 0; byte < t->len; byte++) {
        to[byte] = shift_byte(s, in[byte], half_ps);
    }
    pass(s, t->delay_usecs * SIM_US);
}

/* What the library made of a message: how many transfers, the transfers, then the bytes that each sends. */
static int message(struct spi_gpio *s, struct device_ioctl *i)
{
    struct spi_ioc_transfer t = { .cs_change = 0 };
    unsigned n = (unsigned)i->value;
    size_t at = n * sizeof t;
    const uint8_t *in = i->in;

    if (!n || at > i->n_in) {
        return -EINVAL;
    }
    select_chip(s, true);
    for (unsigned k = 0; k < n; k++) {
        memcpy(&t, in + k * sizeof t, sizeof t);
        if (t.len > i->n_in - at || t.len > i->room - i->n_out || (t.bits_per_word && t.bits_per_word != 8)) {
            select_chip(s, false);
            return -EINVAL;
        }
        transfer(s, &t, in + at, (uint8_t *)i->out + i->n_out);
        at += t.len;
        i->n_out += t.len;
        if (t.cs_change && k + 1 < n) {
            select_chip(s, false);
            pass(s, CS_CHANGE_PS);
            select_chip(s, true);
        }
    }
    if (!t.cs_change) { /* with it the chip stays selected */
        select_chip(s, false);
    }
    return (int)i->n_out;
}

/* One transfer of its own. */
static ssize_t transfer_alone(struct spi_gpio *s, const uint8_t *out, uint8_t *in, size_t n)
{
    const struct spi_ioc_transfer t = { .len = (uint32_t)n };

    if (n > BUFFER_BYTES) {
        return -EMSGSIZE;
    }
    select_chip(s, true);
    transfer(s, &t, out, in);
    select_chip(s, false);
    return (ssize_t)n;
}

/* Half duplex: what comes, or goes, the other way is not looked at. */
static ssize_t read_spi(struct device *d, void *to, size_t n, struct device_call *call)
{
    static const uint8_t zeros[BUFFER_BYTES];

    (void)call;
    return transfer_alone(d->own, zeros, to, n);
}

static ssize_t write_spi(struct device *d, const void *bytes, size_t n, struct device_call *call)
{
    uint8_t unread[BUFFER_BYTES];

    (void)call;
    return transfer_alone(d->own, bytes, unread, n);
}

static int set_mode(struct spi_gpio *s, uint32_t mode)
{
    if (mode & ~(uint32_t)(SPI_CPHA | SPI_CPOL | SPI_CS_HIGH | SPI_LSB_FIRST | SPI_NO_CS)) {
        return -EINVAL;
    }
    s->mode = mode;
    return 0;
}

static int set_number(struct spi_gpio *s, const struct device_ioctl *i)
{
    uint32_t v = 0;

    memcpy(&v, i->in, i->n_in < sizeof v ? i->n_in : sizeof v);
    switch (i->request) {
    case SPI_IOC_WR_MODE:
    case SPI_IOC_WR_MODE32:
        if (set_mode(s, v)) {
            return -EINVAL;
        }
        break;
    case SPI_IOC_WR_LSB_FIRST: s->mode = v ? s->mode | SPI_LSB_FIRST : s->mode & ~(uint32_t)SPI_LSB_FIRST; break;
    case SPI_IOC_WR_BITS_PER_WORD:
        if (v && v != 8) {
            return -EINVAL;
        }
        break;
    default:
        if (!v) {
            return -EINVAL;
        }
        s->speed_hz = v;
        break;
    }
    s->type->drive(s->part, s->type->spi.sck, level_of(s->mode & SPI_CPOL));
    select_chip(s, false);
    return 0;
}

static int ioctl_spi(struct device *d, struct device_ioctl *i, struct device_call *call)
{
    struct spi_gpio *s = d->own;
    uint8_t byte;

    (void)call;
    switch (i->request) {
    case SPI_IOC_WR_MODE:
    case SPI_IOC_WR_MODE32:
    case SPI_IOC_WR_LSB_FIRST:
    case SPI_IOC_WR_BITS_PER_WORD:
    case SPI_IOC_WR_MAX_SPEED_HZ: return set_number(s, i);
    case SPI_IOC_RD_MODE: byte = (uint8_t)s->mode; return out(i, &byte, 1);
    case SPI_IOC_RD_MODE32: return out(i, &s->mode, sizeof s->mode);
    case SPI_IOC_RD_LSB_FIRST: byte = (s->mode & SPI_LSB_FIRST) != 0; return out(i, &byte, 1);
    case SPI_IOC_RD_BITS_PER_WORD: byte = 8; return out(i, &byte, 1);
    case SPI_IOC_RD_MAX_SPEED_HZ: return out(i, &s->speed_hz, sizeof s->speed_hz);
    case SPI_IOC_MESSAGE(0): return message(s, i);
    default: return -ENOTTY;
    }
}

static int open_spi(struct device *d, int flags)
{
    struct spi_gpio *s = d->own;

    (void)flags;
    if (!d->opens) { /* as a driver whose pins are its own from the beginning */
        s->type->drive(s->part, s->type->spi.sck, level_of(s->mode & SPI_CPOL));
        s->type->drive(s->part, s->type->spi.mosi, 0);
        s->type->drive(s->part, s->type->spi.ce0, 1);
    }
    return 0;
}

static void close_spi(struct device *d, int handle)
{
    struct spi_gpio *s = d->own;

    (void)handle;
    if (!d->opens) {
        s->type->drive(s->part, s->type->spi.sck, -1);
        s->type->drive(s->part, s->type->spi.mosi, -1);
        s->type->drive(s->part, s->type->spi.ce0, -1);
        s->mode = 0;
    }
}

static const struct device_type spi_type = { .name = "SPI 0, chip select 0",
                                             .open = open_spi,
                                             .close = close_spi,
                                             .read = read_spi,
                                             .write = write_spi,
                                             .ioctl = ioctl_spi };

/* ---- lines ---- */

static void drive_line(struct spi_gpio_request *q, unsigned k, bool value)
{
    bool high = value != q->active_low[k];

    q->of->type->drive(q->of->part, q->pin[k], q->open[k] == level_of(high) ? -1 : level_of(high));
}

static void release(struct spi_gpio_request *q)
{
    for (unsigned k = 0; k < q->n; k++) {
        q->of->type->drive(q->of->part, q->pin[k], -1);
        q->of->taken[q->pin[k]] = false;
        q->of->pin[q->pin[k]] = (struct spi_gpio_pin){ .flags = 0 };
    }
    q->n = 0;
    q->used = false;
}

static bool look(const struct spi_gpio_request *q, unsigned k)
{
    return q->of->type->look(q->of->part, q->pin[k]) != q->active_low[k];
}

static void configure(struct spi_gpio_request *q, unsigned k, uint64_t v2_flags, bool value)
{
    q->of->pin[q->pin[k]].flags = v2_flags;
    q->output[k] = v2_flags & GPIO_V2_LINE_FLAG_OUTPUT;
    q->active_low[k] = v2_flags & GPIO_V2_LINE_FLAG_ACTIVE_LOW;
    q->open[k] = v2_flags & GPIO_V2_LINE_FLAG_OPEN_DRAIN ? 1 : v2_flags & GPIO_V2_LINE_FLAG_OPEN_SOURCE ? 0 : -1;
    if (q->output[k]) {
        drive_line(q, k, value);
    } else {
        q->of->type->drive(q->of->part, q->pin[k], -1);
    }
}

static uint64_t v2_of_v1(uint32_t flags)
{
    return (flags & GPIOHANDLE_REQUEST_OUTPUT ? GPIO_V2_LINE_FLAG_OUTPUT : 0) |
           (flags & GPIOHANDLE_REQUEST_ACTIVE_LOW ? GPIO_V2_LINE_FLAG_ACTIVE_LOW : 0) |
           (flags & GPIOHANDLE_REQUEST_OPEN_DRAIN ? GPIO_V2_LINE_FLAG_OPEN_DRAIN : 0) |
           (flags & GPIOHANDLE_REQUEST_OPEN_SOURCE ? GPIO_V2_LINE_FLAG_OPEN_SOURCE : 0);
}

/* A request of these lines; -errno, or its number. */
static int take_lines(struct spi_gpio *s, const uint32_t *offsets, unsigned n, const char *consumer)
{
    struct spi_gpio_request *q = NULL;

    if (!n || n > SPI_GPIO_LINE_LINES) {
        return -EINVAL;
    }
    for (unsigned i = 0; i < SPI_GPIO_LINES && !q; i++) {
        q = s->request[i].used ? NULL : &s->request[i];
    }
    for (unsigned k = 0; k < n; k++) {
        if (offsets[k] >= s->type->n) {
            return -EINVAL;
        }
        if (s->taken[offsets[k]]) {
            return -EBUSY;
        }
    }
    if (!q) {
        return -ENOMEM;
    }
    q->used = true;
    q->n = n;
    for (unsigned k = 0; k < n; k++) {
        q->pin[k] = offsets[k];
        s->taken[offsets[k]] = true;
        snprintf(s->pin[offsets[k]].consumer, sizeof s->pin[0].consumer, "%.31s", *consumer ? consumer : "?");
    }
    return (int)q->index;
}

static int request_v1(struct spi_gpio *s, const struct device_ioctl *i)
{
    struct gpiohandle_request r;

    if (i->n_in != sizeof r) {
        return -EINVAL;
    }
    memcpy(&r, i->in, sizeof r);
    int number = take_lines(s, r.lineoffsets, r.lines, r.consumer_label);

    for (unsigned k = 0; number >= 0 && k < r.lines; k++) {
        configure(&s->request[number], k, v2_of_v1(r.flags), r.default_values[k]);
    }
    return number;
}

/* The last attribute of a kind that covers line k wins over what is said for all. */
static uint64_t attribute(const struct gpio_v2_line_config *c, unsigned k, uint32_t id, uint64_t usual)
{
    for (unsigned i = 0; i < c->num_attrs && i < GPIO_V2_LINE_NUM_ATTRS_MAX; i++) {
        if (c->attrs[i].attr.id == id && c->attrs[i].mask >> k & 1) {
            usual = id == GPIO_V2_LINE_ATTR_ID_FLAGS ? c->attrs[i].attr.flags : c->attrs[i].attr.values >> k & 1;
        }
    }
    return usual;
}

static void configure_v2(struct spi_gpio_request *q, const struct gpio_v2_line_config *c)
{
    for (unsigned k = 0; k < q->n; k++) {
        configure(q, k, attribute(c, k, GPIO_V2_LINE_ATTR_ID_FLAGS, c->flags),
                  attribute(c, k, GPIO_V2_LINE_ATTR_ID_OUTPUT_VALUES, 0));
    }
}

/* Nobody would tell of them. */
static bool wants_edges(const struct gpio_v2_line_config *c)
{
    const uint64_t edges = GPIO_V2_LINE_FLAG_EDGE_RISING | GPIO_V2_LINE_FLAG_EDGE_FALLING;
    uint64_t flags = c->flags;

    for (unsigned i = 0; i < c->num_attrs && i < GPIO_V2_LINE_NUM_ATTRS_MAX; i++) {
        flags |= c->attrs[i].attr.id == GPIO_V2_LINE_ATTR_ID_FLAGS ? c->attrs[i].attr.flags : 0;
    }
    return flags & edges;
}

static int request_v2(struct spi_gpio *s, const struct device_ioctl *i)
{
    struct gpio_v2_line_request r;

    if (i->n_in != sizeof r) {
        return -EINVAL;
    }
    memcpy(&r, i->in, sizeof r);
    if (wants_edges(&r.config)) {
        return -EINVAL;
    }
    int number = take_lines(s, r.offsets, r.num_lines, r.consumer);

    if (number >= 0) {
        configure_v2(&s->request[number], &r.config);
    }
    return number;
}

static int chip_info(const struct spi_gpio *s, struct device_ioctl *i)
{
    struct gpiochip_info info = { .name = "gpiochip0", .label = "limpet", .lines = s->type->n };

    return out(i, &info, sizeof info);
}

static uint32_t v1_of_v2(uint64_t flags)
{
    return (flags & GPIO_V2_LINE_FLAG_OUTPUT ? GPIOLINE_FLAG_IS_OUT : 0) |
           (flags & GPIO_V2_LINE_FLAG_ACTIVE_LOW ? GPIOLINE_FLAG_ACTIVE_LOW : 0) |
           (flags & GPIO_V2_LINE_FLAG_OPEN_DRAIN ? GPIOLINE_FLAG_OPEN_DRAIN : 0) |
           (flags & GPIO_V2_LINE_FLAG_OPEN_SOURCE ? GPIOLINE_FLAG_OPEN_SOURCE : 0);
}

static int line_info_v1(const struct spi_gpio *s, struct device_ioctl *i)
{
    struct gpioline_info l;

    if (i->n_in != sizeof l) {
        return -EINVAL;
    }
    memcpy(&l, i->in, sizeof l);
    if (l.line_offset >= s->type->n) {
        return -EINVAL;
    }
    const struct spi_gpio_pin *pin = &s->pin[l.line_offset];

    l = (struct gpioline_info){ .line_offset = l.line_offset, .flags = v1_of_v2(pin->flags) };
    l.flags |= s->taken[l.line_offset] ? GPIOLINE_FLAG_KERNEL : 0;
    memcpy(l.consumer, pin->consumer, sizeof pin->consumer);
    snprintf(l.name, sizeof l.name, "%s", s->type->name(l.line_offset));
    return out(i, &l, sizeof l);
}

static int line_info_v2(const struct spi_gpio *s, struct device_ioctl *i)
{
    struct gpio_v2_line_info l;

    if (i->n_in != sizeof l) {
        return -EINVAL;
    }
    memcpy(&l, i->in, sizeof l);
    if (l.offset >= s->type->n) {
        return -EINVAL;
    }
    l = (struct gpio_v2_line_info){ .offset = l.offset, .flags = s->pin[l.offset].flags };
    l.flags |= l.flags & GPIO_V2_LINE_FLAG_OUTPUT ? 0 : GPIO_V2_LINE_FLAG_INPUT;
    l.flags |= s->taken[l.offset] ? GPIO_V2_LINE_FLAG_USED : 0;
    memcpy(l.consumer, s->pin[l.offset].consumer, sizeof l.consumer);
    snprintf(l.name, sizeof l.name, "%s", s->type->name(l.offset));
    return out(i, &l, sizeof l);
}

static int ioctl_chip(struct device *d, struct device_ioctl *i, struct device_call *call)
{
    struct spi_gpio *s = d->own;

    (void)call;
    switch (i->request) {
    case GPIO_GET_CHIPINFO_IOCTL: return chip_info(s, i);
    case GPIO_GET_LINEINFO_IOCTL: return line_info_v1(s, i);
    case GPIO_V2_GET_LINEINFO_IOCTL: return line_info_v2(s, i);
    case GPIO_GET_LINEHANDLE_IOCTL: return request_v1(s, i);
    case GPIO_V2_GET_LINE_IOCTL: return request_v2(s, i);
    default: return -ENOTTY;
    }
}

static const struct device_type chip_type = { .name = "GPIO lines", .ioctl = ioctl_chip };

/* ---- a request's descriptor ---- */

static int values_v1(struct spi_gpio_request *q, struct device_ioctl *i, bool set)
{
    struct gpiohandle_data v;

    if (i->n_in != sizeof v) {
        return -EINVAL;
    }
    memcpy(&v, i->in, sizeof v);
    for (unsigned k = 0; k < q->n; k++) {
        if (!set) {
            v.values[k] = look(q, k);
        } else if (!q->output[k]) {
            return -EPERM;
        } else {
            drive_line(q, k, v.values[k]);
        }
    }
    return set ? 0 : out(i, &v, sizeof v);
}

static int values_v2(struct spi_gpio_request *q, struct device_ioctl *i, bool set)
{
    struct gpio_v2_line_values v;

    if (i->n_in != sizeof v) {
        return -EINVAL;
    }
    memcpy(&v, i->in, sizeof v);
    for (unsigned k = 0; k < q->n; k++) {
        uint64_t bit = UINT64_C(1) << k;

        if (!(v.mask & bit)) {
            continue;
        }
        if (!set) {
            v.bits = look(q, k) ? v.bits | bit : v.bits & ~bit;
        } else if (!q->output[k]) {
            return -EPERM;
        } else {
            drive_line(q, k, v.bits & bit);
        }
    }
    return set ? 0 : out(i, &v, sizeof v);
}

static int set_config_v1(struct spi_gpio_request *q, const struct device_ioctl *i)
{
    struct gpiohandle_config c;

    if (i->n_in != sizeof c) {
        return -EINVAL;
    }
    memcpy(&c, i->in, sizeof c);
    for (unsigned k = 0; k < q->n; k++) {
        configure(q, k, v2_of_v1(c.flags), c.default_values[k]);
    }
    return 0;
}

static int set_config_v2(struct spi_gpio_request *q, const struct device_ioctl *i)
{
    struct gpio_v2_line_config c;

    if (i->n_in != sizeof c) {
        return -EINVAL;
    }
    memcpy(&c, i->in, sizeof c);
    if (wants_edges(&c)) {
        return -EINVAL;
    }
    configure_v2(q, &c);
    return 0;
}

static int ioctl_line(struct device *d, struct device_ioctl *i, struct device_call *call)
{
    struct spi_gpio_request *q = d->own;

    (void)call;
    switch (i->request) {
    case GPIOHANDLE_GET_LINE_VALUES_IOCTL: return values_v1(q, i, false);
    case GPIOHANDLE_SET_LINE_VALUES_IOCTL: return values_v1(q, i, true);
    case GPIOHANDLE_SET_CONFIG_IOCTL: return set_config_v1(q, i);
    case GPIO_V2_LINE_GET_VALUES_IOCTL: return values_v2(q, i, false);
    case GPIO_V2_LINE_SET_VALUES_IOCTL: return values_v2(q, i, true);
    case GPIO_V2_LINE_SET_CONFIG_IOCTL: return set_config_v2(q, i);
    default: return -ENOTTY;
    }
}

static int open_line(struct device *d, int flags)
{
    const struct spi_gpio_request *q = d->own;

    (void)flags;
    return q->used && !d->opens ? 0 : -ENODEV;
}

static void close_line(struct device *d, int handle)
{
    (void)handle;
    release(d->own);
}

static const struct device_type line_type = {
    .name = "GPIO lines", .open = open_line, .close = close_line, .ioctl = ioctl_line
};

void spi_gpio_init(struct spi_gpio *s, struct sim *sim, const struct pc_pins *type, void *part, struct device *spi,
                   struct device *chip)
{
    *s = (struct spi_gpio){ .sim = sim, .type = type, .part = part, .speed_hz = USUAL_HZ, .bits = 8 };
    spi->type = &spi_type;
    spi->own = s;
    chip->type = &chip_type;
    chip->own = s;
}

void spi_gpio_line(struct spi_gpio *s, unsigned i, struct device *d)
{
    s->request[i].of = s;
    s->request[i].index = i;
    d->type = &line_type;
    d->own = &s->request[i];
}
