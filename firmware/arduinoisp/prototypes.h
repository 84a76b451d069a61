/* SPDX-License-Identifier: GPL-3.0-or-later */
/* prototypes.h - what the ArduinoISP sketch calls before it defines it (the IDE would generate these) */
#ifndef FIRMWARE_ARDUINOISP_PROTOTYPES_H
#define FIRMWARE_ARDUINOISP_PROTOTYPES_H

#include <stdint.h>

void avrisp();
uint8_t write_flash_pages(int length);
uint8_t write_eeprom_chunk(unsigned int start, unsigned int length);

#endif
