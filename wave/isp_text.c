/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wave/isp_text.h"

#include <stdio.h>
#include <string.h>

#include "sim/clock_model.h"
#include "sim/fuse_model.h"
#include "wave/text_put.h"

enum shape { BARE, FLASH_BYTE, PAGE, ADDRESS, DATA };

/* How an instruction is told. Of a read the data is the answer. */
static const struct {
    const char *name;
    enum shape shape;
    enum doc_tone tone;
    const char *more;
} ops[ISP_OPS] = {
    [ISP_PROGRAMMING_ENABLE] = { "Programming Enable", BARE, DOC_CONTROL,
                                 "AC 53 opens the port after RESET has gone low. A target in step sends 53 back as "
                                 "the third byte; anything else means that it missed or made up edges of SCK." },
    [ISP_CHIP_ERASE] = { "Chip Erase", BARE, DOC_WRITE,
                         "Erases flash and EEPROM (unless EESAVE is programmed) and then the lock bits: the only way "
                         "to get rid of them." },
    [ISP_POLL_RDY_BSY] = { "Poll RDY/BSY", BARE, DOC_QUIET,
                           "Asks whether a write or erase still goes on: bit 0 of the answer is 1 while it does." },
    [ISP_LOAD_EXT_ADDRESS] = { "Load extended address", DATA, DOC_CONTROL,
                               "Selects which 64 Ki words the next flash instructions are about." },
    [ISP_LOAD_FLASH_PAGE] = { "Load flash page", FLASH_BYTE, DOC_WRITE,
                              "Puts a byte into the page buffer. The low byte of a word comes before the high one; "
                              "nothing is in flash before the page is written." },
    [ISP_WRITE_FLASH_PAGE] = { "Write flash page", PAGE, DOC_WRITE,
                               "Programs the page buffer into flash. Bits can only go from 1 to 0: the page has to "
                               "be erased before." },
    [ISP_READ_FLASH] = { "Read flash", FLASH_BYTE, DOC_READ, "Byte 4 of the answer is the data." },
    [ISP_LOAD_EEPROM_PAGE] = { "Load EEPROM page", ADDRESS, DOC_WRITE, "Puts a byte into the EEPROM page buffer." },
    [ISP_WRITE_EEPROM_PAGE] = { "Write EEPROM page", PAGE, DOC_WRITE,
                                "Erases and programs the EEPROM bytes that were loaded." },
    [ISP_WRITE_EEPROM] = { "Write EEPROM", ADDRESS, DOC_WRITE, "Erases and programs one byte of EEPROM." },
    [ISP_READ_EEPROM] = { "Read EEPROM", ADDRESS, DOC_READ, "Byte 4 of the answer is the data." },
    [ISP_READ_SIGNATURE] = { "Read signature", ADDRESS, DOC_READ,
                             "Bytes 0, 1 and 2 tell the maker (1E is Atmel), the flash size and the part." },
    [ISP_READ_CALIBRATION] = { "Read calibration", ADDRESS, DOC_READ, "The factory's value for OSCCAL." },
    [ISP_READ_LFUSE] = { "Read low fuse", BARE, DOC_READ, "CKDIV8, CKOUT, SUT and CKSEL: the clock. 0 is programmed." },
    [ISP_READ_HFUSE] = { "Read high fuse", BARE, DOC_READ,
                         "RSTDISBL, DWEN, SPIEN, EESAVE and others. 0 is programmed." },
    [ISP_READ_EFUSE] = { "Read extended fuse", BARE, DOC_READ, "BODLEVEL and others. 0 is programmed." },
    [ISP_READ_LOCK] = { "Read lock bits", BARE, DOC_READ, "0 is programmed." },
    [ISP_WRITE_LFUSE] = { "Write low fuse", DATA, DOC_WRITE,
                          "CKDIV8, CKOUT, SUT and CKSEL: a clock that isn't there locks this port out. In effect after "
                          "programming mode is left." },
    [ISP_WRITE_HFUSE] = { "Write high fuse", DATA, DOC_WRITE,
                          "RSTDISBL, DWEN and SPIEN are here: the three that can end serial programming." },
    [ISP_WRITE_EFUSE] = { "Write extended fuse", DATA, DOC_WRITE, "BODLEVEL and others. 0 is programmed." },
    [ISP_WRITE_LOCK] = { "Write lock bits", DATA, DOC_WRITE,
                         "Bits can only be programmed; Chip Erase takes them back." },
};

enum doc_tone isp_text(const struct isp_decoder *d, uint32_t mosi, uint32_t miso, bool answered, char *text,
                       size_t size)
{
    struct isp_frame f;
    if (!isp_decode(d, mosi, &f)) {
        snprintf(text, size, "Unknown, %02X %02X %02X %02X", mosi >> 24, mosi >> 16 & 255, mosi >> 8 & 255, mosi & 255);
        return DOC_BAD;
    }
    size_t at = text_put(text, size, 0, "%s", ops[f.op].name);
    switch (ops[f.op].shape) {
    case FLASH_BYTE: at = text_put(text, size, at, ", %s byte, word 0x%04X", f.high ? "high" : "low", f.address); break;
    case PAGE: at = text_put(text, size, at, ", at 0x%04X", f.address); break;
    case ADDRESS: at = text_put(text, size, at, ", at 0x%02X", f.address); break;
    case BARE:
    case DATA: break;
    }
    if (f.op == ISP_PROGRAMMING_ENABLE) {
        bool echo = (miso >> 8 & 255) == 0x53;
        text_put(text, size, at, "%s", !answered ? "" : echo ? ", in step" : ", no echo");
        return answered && !echo ? DOC_BAD : DOC_CONTROL;
    }
    if (f.op == ISP_POLL_RDY_BSY) {
        text_put(text, size, at, "%s", !answered ? "" : miso & 1 ? ", busy" : ", ready");
    } else if (f.is_read && answered) {
        text_put(text, size, at, ": 0x%02X", miso & 255);
    } else if (!f.is_read && (ops[f.op].shape == DATA || ops[f.op].shape == ADDRESS || ops[f.op].shape == FLASH_BYTE)) {
        text_put(text, size, at, ", 0x%02X", f.data);
    }
    return ops[f.op].tone;
}

/* "CKSEL 0010, SUT 10, ...": what a fuse or lock byte is made of, and the clock that a low fuse asks for. */
static size_t fuse_fields(const struct part *part, enum isp_op op, uint8_t value, char *text, size_t size, size_t at)
{
    static const enum isp_op of_byte[4][2] = { { ISP_READ_LFUSE, ISP_WRITE_LFUSE },
                                               { ISP_READ_HFUSE, ISP_WRITE_HFUSE },
                                               { ISP_READ_EFUSE, ISP_WRITE_EFUSE },
                                               { ISP_READ_LOCK, ISP_WRITE_LOCK } };
    unsigned byte = 0;
    while (byte < 4 && of_byte[byte][0] != op && of_byte[byte][1] != op) {
        byte++;
    }
    if (byte == 4) {
        return at;
    }
    struct fuse_bytes b = fuse_factory(part);
    *(byte < 3 ? &b.fuse[byte] : &b.lock) = value;
    at = text_put(text, size, at, " 0x%02X:", value);
    for (unsigned f = 0; f < FUSE_FIELDS; f++) {
        const struct fuse_place *p = &part->fuses->at[f];
        if (p->width && p->byte == byte) {
            at = text_put(text, size, at, " %s ", fuse_field_name(f));
            for (unsigned bit = p->width; bit-- > 0;) {
                at = text_put(text, size, at, "%u", fuse_get(part, &b, f) >> bit & 1);
            }
        }
    }
    if (byte == 0 && fuse_has(part, FUSE_CKSEL)) {
        at = text_put(text, size, at, " (%s)", clock_kind_name(clock_kind_of(part, &b)));
    }
    return text_put(text, size, at, ".");
}

void isp_more(const struct isp_decoder *d, uint32_t mosi, uint32_t miso, bool answered, char *text, size_t size)
{
    struct isp_frame f;
    size_t at = text_put(text, size, 0, "MOSI %02X %02X %02X %02X", mosi >> 24, mosi >> 16 & 255, mosi >> 8 & 255,
                         mosi & 255);
    if (answered) {
        at = text_put(text, size, at, ", MISO %02X %02X %02X %02X", miso >> 24, miso >> 16 & 255, miso >> 8 & 255,
                      miso & 255);
    }
    bool known = isp_decode(d, mosi, &f);
    at = text_put(text, size, at, ". %s",
                  known ? ops[f.op].more
                        : "No instruction of this part: bits were lost or added, or another part is meant.");
    if (known && (!f.is_read || answered)) {
        fuse_fields(d->part, f.op, f.is_read ? miso & 255 : f.data, text, size, at);
    }
}
