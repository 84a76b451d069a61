/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "benchmarks/peer.h"

#include "benchmarks/stk_job.h"

#include <avr_uart.h>
#include <sim_avr.h>
#include <sim_elf.h>
#include <stdlib.h>

struct peer {
    avr_t *avr;
    avr_irq_t *input;
    struct stk_job job;
    size_t sent;
    bool ready; /* the UART takes bytes */
};

static void feed(struct peer *p)
{
    while (p->ready && p->sent < p->job.n) {
        avr_raise_irq(p->input, p->job.bytes[p->sent++]);
    }
}

static void on_xon(avr_irq_t *irq, uint32_t value, void *ctx)
{
    struct peer *p = ctx;

    (void)irq;
    (void)value;
    p->ready = true;
    feed(p);
}

static void on_xoff(avr_irq_t *irq, uint32_t value, void *ctx)
{
    (void)irq;
    (void)value;
    ((struct peer *)ctx)->ready = false;
}

static void on_output(avr_irq_t *irq, uint32_t value, void *ctx)
{
    struct peer *p = ctx;

    (void)irq;
    (void)value;
    if (p->job.expected && --p->job.expected == 0) {
        stk_job_next(&p->job);
        p->sent = 0;
        feed(p);
    }
}

static void quiet(avr_t *avr, const int level, const char *format, va_list ap)
{
    (void)avr;
    (void)level;
    (void)format;
    (void)ap;
}

struct peer *peer_new(const char *elf, bool with_session)
{
    elf_firmware_t fw = { 0 };
    uint32_t flags = 0;

    avr_global_logger_set(quiet);
    if (elf_read_firmware(elf, &fw) || !fw.flashsize) {
        return NULL;
    }
    struct peer *p = calloc(1, sizeof *p);
    p->avr = avr_make_mcu_by_name("atmega328p");
    avr_init(p->avr);
    avr_load_firmware(p->avr, &fw);
    p->avr->frequency = 16000000;
    avr_reset(p->avr);
    avr_ioctl(p->avr, AVR_IOCTL_UART_SET_FLAGS('0'), &flags);
    if (with_session) {
        p->input = avr_io_getirq(p->avr, AVR_IOCTL_UART_GETIRQ('0'), UART_IRQ_INPUT);
        avr_irq_register_notify(avr_io_getirq(p->avr, AVR_IOCTL_UART_GETIRQ('0'), UART_IRQ_OUT_XON), on_xon, p);
        avr_irq_register_notify(avr_io_getirq(p->avr, AVR_IOCTL_UART_GETIRQ('0'), UART_IRQ_OUT_XOFF), on_xoff, p);
        avr_irq_register_notify(avr_io_getirq(p->avr, AVR_IOCTL_UART_GETIRQ('0'), UART_IRQ_OUTPUT), on_output, p);
        stk_job_next(&p->job);
    }
    free(fw.flash);
    return p;
}

void peer_free(struct peer *p)
{
    avr_terminate(p->avr);
    free(p->avr);
    free(p);
}

bool peer_run(struct peer *p, uint64_t cycles)
{
    avr_cycle_count_t end = p->avr->cycle + cycles;

    while (p->avr->cycle < end) {
        int state = avr_run(p->avr);

        if (state == cpu_Done || state == cpu_Crashed) {
            return false;
        }
    }
    return true;
}
