/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mcu/simavr_part.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <simavr/avr_watchdog.h>

/* simavr says "skipping PORT" on stdout when it makes an ATmega8. */
static void init_quietly(avr_t *avr)
{
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    FILE *nowhere = strcmp(avr->mmcu, "atmega8") == 0 ? fopen("/dev/null", "w") : NULL;
    if (!nowhere) {
        avr_init(avr);
        return;
    }
    pthread_mutex_lock(&lock);
    FILE *out = stdout;
    stdout = nowhere;
    avr_init(avr);
    stdout = out;
    pthread_mutex_unlock(&lock);
    fclose(nowhere);
}

avr_t *simavr_part_make(const char *name, void *data)
{
    avr_t *avr = avr_make_mcu_by_name(name);
    if (avr) {
        avr->custom.data = data;
        init_quietly(avr);
    }
    return avr;
}

/* avr_terminate() leaves names and hooks of its signals behind: they go first, and the arrays after it. */
void simavr_part_free(avr_t *avr)
{
    for (avr_io_t *io = avr->io_port; io; io = io->next) {
        avr_watchdog_t *w = (avr_watchdog_t *)io;
        if (strcmp(io->kind, "watchdog") == 0 && !w->watchdog.vector) {
            avr_free_irq(w->watchdog.irq, 1); /* hooked, but in no list: the ATmega8's has no interrupt */
        }
    }
    for (int i = 0; i < avr->irq_pool.count; i++) {
        avr_irq_t *irq = avr->irq_pool.irq[i];
        if (irq) {
            uint8_t flags = irq->flags;
            irq->flags &= (uint8_t)~IRQ_FLAG_ALLOC;
            avr_free_irq(irq, 1);
            irq->flags = flags;
        }
    }
    avr_terminate(avr);
    for (unsigned i = 0; i < MAX_IOs; i++) {
        avr_free_irq(avr->io[i].irq, AVR_IOMEM_IRQ_ALL + 1);
    }
    free(avr->irq_pool.irq);
    free(avr);
}
