/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * image_device.h - is an image for this device?
 *
 * An ELF file says for which: its header the architecture (avr-gcc's -mmcu=avrN), the sections
 * .note.gnu.avr.deviceinfo (avr-libc) or .mmcu (simavr) the device. Another device has its vectors, registers and
 * memories elsewhere: such a program can't run. A sibling (ATmega328, 328P, 328PB; ATmega8, 8A) differs in what
 * most programs don't touch, and is accepted. Hex, S-records and raw files say nothing.
 *
 * Source      GCC manual, "AVR Options" and gcc/config/avr/avr-mcus.def (device to architecture; compared with
 *             avr-gcc in image_device_test).
 */
#ifndef MCU_IMAGE_DEVICE_H
#define MCU_IMAGE_DEVICE_H

#include "mcu/image.h"

/* The architecture of a classic AVR by its name and flash: 4 for an ATmega8, 5 for an ATmega328P, 25 for an ATtiny85. */
unsigned image_device_architecture(const char *device, uint32_t flash_bytes);

/* Same device but for the letters of process, package and voltage: "atmega328" and "atmega328pb". Any case. */
bool image_device_is_sibling(const char *a, const char *b);

/*
 * True if img may be for the device, as far as it says. Else err says for which it is and for which it should be,
 * without the file's name.
 */
bool image_is_for(const struct image *img, const char *device, uint32_t flash_bytes, struct problem *err);

#endif
