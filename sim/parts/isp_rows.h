/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * isp_rows.h - rows of instruction tables that families have in common
 *
 * "Serial Programming Instruction Set" of each part; which bits are ignored is avrdude's (7.1), and with page loads
 * all address bits above the page: programmers send whole addresses there (STK500v2 and ArduinoISP do). Bits of a
 * byte that the part does not have (lock 7:6 and so on) do not matter when written.
 */
#ifndef SIM_PARTS_ISP_ROWS_H
#define SIM_PARTS_ISP_ROWS_H

/* Every part with a RDY/BSY poll. */
#define ISP_ROWS_COMMON                                                      \
    { ISP_PROGRAMMING_ENABLE, "1010 1100 0101 0011 xxxx xxxx xxxx xxxx" },   \
        { ISP_CHIP_ERASE, "1010 1100 100x xxxx xxxx xxxx xxxx xxxx" },       \
        { ISP_POLL_RDY_BSY, "1111 0000 0000 0000 xxxx xxxx oooo oooo" },     \
        { ISP_LOAD_EEPROM_PAGE, "1100 0001 xxxx xxxx xxxx xxaa iiii iiii" }, \
        { ISP_READ_LOCK, "0101 1000 0000 0000 xxxx xxxx oooo oooo" },        \
        { ISP_READ_LFUSE, "0101 0000 0000 0000 xxxx xxxx oooo oooo" },       \
        { ISP_READ_HFUSE, "0101 1000 0000 1000 xxxx xxxx oooo oooo" },       \
        { ISP_READ_SIGNATURE, "0011 0000 000x xxxx xxxx xxaa oooo oooo" },   \
        { ISP_WRITE_LFUSE, "1010 1100 1010 0000 xxxx xxxx iiii iiii" },      \
        { ISP_WRITE_HFUSE, "1010 1100 1010 1000 xxxx xxxx iiii iiii" },      \
    {                                                                        \
        ISP_WRITE_LOCK, "1010 1100 111x xxxx xxxx xxxx iiii iiii"            \
    }

#define ISP_ROWS_EXT_FUSE                                          \
    { ISP_READ_EFUSE, "0101 0000 0000 1000 xxxx xxxx oooo oooo" }, \
    {                                                              \
        ISP_WRITE_EFUSE, "1010 1100 1010 0100 xxxx xxxx iiii iiii" \
    }

#define ISP_ROWS_WRITE_EXT_FUSE                                    \
    {                                                              \
        ISP_WRITE_EFUSE, "1010 1100 1010 0100 xxxx xxxx iiii iiii" \
    }

/* Calibration bytes: one, two. */
#define ISP_ROWS_CALIBRATION_1                                          \
    {                                                                   \
        ISP_READ_CALIBRATION, "0011 1000 000x xxxx xxxx xxxx oooo oooo" \
    }
#define ISP_ROWS_CALIBRATION_2                                          \
    {                                                                   \
        ISP_READ_CALIBRATION, "0011 1000 000x xxxx xxxx xxxa oooo oooo" \
    }

/* Flash by size, with the page that goes with it: 16, 16, 32, 32, 64 words. */
#define ISP_ROWS_FLASH_1K                                                    \
    { ISP_LOAD_FLASH_PAGE, "0100 h000 xxxx xxxx xxxx aaaa iiii iiii" },      \
        { ISP_WRITE_FLASH_PAGE, "0100 1100 0000 000a aaaa xxxx xxxx xxxx" }, \
    {                                                                        \
        ISP_READ_FLASH, "0010 h000 0000 000a aaaa aaaa oooo oooo"            \
    }
#define ISP_ROWS_FLASH_2K                                                    \
    { ISP_LOAD_FLASH_PAGE, "0100 h000 xxxx xxxx xxxx aaaa iiii iiii" },      \
        { ISP_WRITE_FLASH_PAGE, "0100 1100 0000 00aa aaaa xxxx xxxx xxxx" }, \
    {                                                                        \
        ISP_READ_FLASH, "0010 h000 0000 00aa aaaa aaaa oooo oooo"            \
    }
#define ISP_ROWS_FLASH_4K                                                    \
    { ISP_LOAD_FLASH_PAGE, "0100 h000 xxxx xxxx xxxa aaaa iiii iiii" },      \
        { ISP_WRITE_FLASH_PAGE, "0100 1100 0000 0aaa aaax xxxx xxxx xxxx" }, \
    {                                                                        \
        ISP_READ_FLASH, "0010 h000 0000 0aaa aaaa aaaa oooo oooo"            \
    }
#define ISP_ROWS_FLASH_8K                                                    \
    { ISP_LOAD_FLASH_PAGE, "0100 h000 xxxx xxxx xxxa aaaa iiii iiii" },      \
        { ISP_WRITE_FLASH_PAGE, "0100 1100 0000 aaaa aaax xxxx xxxx xxxx" }, \
    {                                                                        \
        ISP_READ_FLASH, "0010 h000 0000 aaaa aaaa aaaa oooo oooo"            \
    }
#define ISP_ROWS_FLASH_16K                                                   \
    { ISP_LOAD_FLASH_PAGE, "0100 h000 xxxx xxxx xxaa aaaa iiii iiii" },      \
        { ISP_WRITE_FLASH_PAGE, "0100 1100 000a aaaa aaxx xxxx xxxx xxxx" }, \
    {                                                                        \
        ISP_READ_FLASH, "0010 h000 000a aaaa aaaa aaaa oooo oooo"            \
    }

/* EEPROM by bytes, in pages of 4. Some datasheets print a small sibling's six address bits for all of a family. */
#define ISP_ROWS_EEPROM_64                                                \
    { ISP_WRITE_EEPROM_PAGE, "1100 0010 xxxx xxxx xxaa aaxx xxxx xxxx" }, \
        { ISP_WRITE_EEPROM, "1100 0000 000x xxxx xxaa aaaa iiii iiii" },  \
    {                                                                     \
        ISP_READ_EEPROM, "1010 0000 000x xxxx xxaa aaaa oooo oooo"        \
    }
#define ISP_ROWS_EEPROM_128                                               \
    { ISP_WRITE_EEPROM_PAGE, "1100 0010 xxxx xxxx xaaa aaxx xxxx xxxx" }, \
        { ISP_WRITE_EEPROM, "1100 0000 000x xxxx xaaa aaaa iiii iiii" },  \
    {                                                                     \
        ISP_READ_EEPROM, "1010 0000 000x xxxx xaaa aaaa oooo oooo"        \
    }
#define ISP_ROWS_EEPROM_256                                               \
    { ISP_WRITE_EEPROM_PAGE, "1100 0010 xxxx xxxx aaaa aaxx xxxx xxxx" }, \
        { ISP_WRITE_EEPROM, "1100 0000 000x xxxx aaaa aaaa iiii iiii" },  \
    {                                                                     \
        ISP_READ_EEPROM, "1010 0000 000x xxxx aaaa aaaa oooo oooo"        \
    }
#define ISP_ROWS_EEPROM_512                                               \
    { ISP_WRITE_EEPROM_PAGE, "1100 0010 xxxx xxxa aaaa aaxx xxxx xxxx" }, \
        { ISP_WRITE_EEPROM, "1100 0000 000x xxxa aaaa aaaa iiii iiii" },  \
    {                                                                     \
        ISP_READ_EEPROM, "1010 0000 000x xxxa aaaa aaaa oooo oooo"        \
    }

#endif
