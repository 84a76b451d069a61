/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * chip_file.h - a chip kept between runs: what survives power loss, as JSON
 *
 *   {
 *     "format": "limpet chip", "version": 1, "part": "atmega328p",
 *     "fuses": { "low": "62", "high": "D9", "extended": "FF", "lock": "FF" },
 *     "calibration": [ "8D" ],
 *     "flash": { "0000": "0C9434000C94...", ... },     64 bytes a line, lines of FF left out
 *     "eeprom": { "0000": "00..." },
 *     "wear": { "chip_erased": 1, "fuses": [ 0, 1, 0, 0 ],
 *               "flash_erased": { "0": 1 }, "flash_written": { "0": 1 }, "eeprom_written": { "0": 1 } }
 *   }
 *
 * All numbers in text are hexadecimal; wear is counted per page or byte in plain numbers, zeros left out.
 * Reading is strict: a key that is missing, unknown or out of range is an error and changes nothing. Writing
 * replaces the file in one step (out_file.h), so a crash leaves the chip of before.
 */
#ifndef HARNESS_RUN_CHIP_FILE_H
#define HARNESS_RUN_CHIP_FILE_H

#include "sim/nvm.h"
#include "sim/problem.h"

enum chip_load { CHIP_LOADED, CHIP_NOT_THERE, CHIP_BAD };

/* CHIP_NOT_THERE: no such file yet, cells are untouched. CHIP_BAD: err says "PATH: reason". */
enum chip_load chip_file_load(const char *path, const struct part *part, struct nvm_cells *cells, struct problem *err);
bool chip_file_save(const char *path, const struct part *part, const struct nvm_cells *cells, struct problem *err);

#endif
