/* SPDX-License-Identifier: GPL-3.0-or-later */
/* bitbang.c - a bit-bang driver of your own, unchanged, against the virtual ATmega328P: three callbacks stand for the port */
#include <limpet/limpet.h>
#include <stdio.h>

/* ---- your driver: knows pins and a delay, nothing of limpet ---- */
struct isp_port {
    void *user;
    void (*set)(void *user, const char *pin, int level);
    int (*get)(void *user, const char *pin);
    void (*delay_us)(void *user, unsigned us);
};

static unsigned isp_byte(const struct isp_port *p, unsigned out, unsigned half_us)
{
    unsigned in = 0;
    for (int i = 7; i >= 0; i--) {
        p->set(p->user, "mosi", out >> i & 1);
        p->delay_us(p->user, half_us);
        p->set(p->user, "sck", 1);
        in = in << 1 | (p->get(p->user, "miso") == 1);
        p->delay_us(p->user, half_us);
        p->set(p->user, "sck", 0);
    }
    return in;
}

static unsigned isp_command(const struct isp_port *p, unsigned a, unsigned b, unsigned c, unsigned d, unsigned half_us)
{
    isp_byte(p, a, half_us);
    isp_byte(p, b, half_us);
    unsigned echo = isp_byte(p, c, half_us);
    return echo << 8 | isp_byte(p, d, half_us);
}

/* ---- 40 lines of glue ---- */
static void set(void *user, const char *pin, int level)
{
    limpet_drive(user, pin, level, NULL);
}
static int get(void *user, const char *pin)
{
    return limpet_read(user, pin, NULL);
}
static void delay_us(void *user, unsigned us)
{
    limpet_advance(user, us * UINT64_C(1000000), NULL);
}
static void found(void *user, const limpet_finding *finding, const char *text)
{
    printf("%s: %s\n", finding->is_note ? "note" : "finding", text);
    ++*(int *)user;
}

int main(int argc, char **argv)
{
    unsigned half_us = argc > 1 ? (unsigned)*argv[1] - '0' : 5; /* 0: too fast */
    int n_found = 0;
    limpet_err err;
    limpet *chip;

    if (limpet_open_target(&chip, "atmega328p", &err) != LIMPET_OK) {
        fprintf(stderr, "%s\n", err.text);
        return 2;
    }
    struct isp_port port = { chip, set, get, delay_us };
    limpet_on_finding(chip, found, &n_found);
    set(chip, "sck", 0);
    set(chip, "reset", 0);
    delay_us(chip, 25000);
    printf("echo %02X\n", isp_command(&port, 0xAC, 0x53, 0, 0, half_us) >> 8);
    for (unsigned i = 0; i < 3; i++) {
        printf("signature %u: %02X\n", i, isp_command(&port, 0x30, 0, i, 0, half_us) & 0xFF);
    }
    isp_command(&port, 0xAC, 0x80, 0, 0, half_us); /* chip erase, and a word of flash: 0xCF12 */
    delay_us(chip, 10000);
    isp_command(&port, 0x40, 0, 0, 0x12, half_us);
    isp_command(&port, 0x48, 0, 0, 0xCF, half_us);
    isp_command(&port, 0x4C, 0, 0, 0, half_us);
    delay_us(chip, 5000);
    printf("flash: %02X%02X\n", isp_command(&port, 0x28, 0, 0, 0, half_us) & 0xFF,
           isp_command(&port, 0x20, 0, 0, 0, half_us) & 0xFF);
    limpet_close(chip);
    return n_found != 0;
}
