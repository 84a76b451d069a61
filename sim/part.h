/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * part.h - what tells one AVR from another, as data
 *
 * A further classic ISP part is one more struct part in the file of its family (sim/parts/). Figures carry their source
 * where they stand in the table.
 */
#ifndef SIM_PART_H
#define SIM_PART_H

#include "sim/kernel.h"

struct fuse_layout;  /* fuse_model.h */
struct clock_layout; /* clock_model.h */
struct part_hv;      /* hv.h */

/* What an instruction of the serial programming port does. */
enum isp_op {
    ISP_PROGRAMMING_ENABLE,
    ISP_CHIP_ERASE,
    ISP_POLL_RDY_BSY,
    ISP_LOAD_EXT_ADDRESS,
    ISP_LOAD_FLASH_PAGE, /* h: high byte */
    ISP_WRITE_FLASH_PAGE,
    ISP_READ_FLASH, /* h */
    ISP_LOAD_EEPROM_PAGE,
    ISP_WRITE_EEPROM_PAGE,
    ISP_WRITE_EEPROM,
    ISP_READ_EEPROM,
    ISP_READ_SIGNATURE,
    ISP_READ_CALIBRATION,
    ISP_READ_LFUSE,
    ISP_READ_HFUSE,
    ISP_READ_EFUSE,
    ISP_READ_LOCK,
    ISP_WRITE_LFUSE,
    ISP_WRITE_HFUSE,
    ISP_WRITE_EFUSE,
    ISP_WRITE_LOCK,
    ISP_OPS,
};

/*
 * One row of the instruction set: 32 letters, MSB of byte 1 first, spaces free.
 *   0 1  must match     x  ignored     h  high byte of a flash word     a  address     i  data in     o  data out
 * Address bits count from the right: the last `a` is bit 0 of the address.
 */
struct isp_instruction {
    enum isp_op op;
    const char *pattern;
};

/* A supply voltage and the fastest system clock there; linear in between (speed grade graph). */
struct part_speed {
    uint16_t vcc_mv;
    uint32_t f_max_khz;
};

/* A port and the pins of it that the part has: 1 = on a pin of the package (of some package, where they differ). */
struct part_port {
    char letter; /* 'B'; 0 ends the table */
    uint8_t pins;
};

#define PART_PORTS_MAX 4

/* tSLIV where a part says nothing: "SCK to out" of the SPI slave, typical (42735B, "SPI Timing Characteristics") */
#define PART_MISO_DELAY_PS (15 * SIM_NS)

struct part {
    const char *name;        /* "atmega328p": scenarios and --part */
    const char *title;       /* "ATmega328P" */
    const char *avrdude_id;  /* "m328p" */
    const char *simavr_name; /* "atmega328p", the core that runs its code */

    uint8_t signature[3];
    uint32_t flash_bytes;
    uint16_t flash_page_bytes;
    uint16_t eeprom_bytes;
    uint8_t eeprom_page_bytes; /* of the ISP page write; 0 = byte writes only */
    uint8_t n_calibration;
    uint16_t sram_bytes, sram_start;

    const struct isp_instruction *instructions;
    uint8_t n_instructions;

    /* [0] low, [1] high, [2] extended */
    uint8_t n_fuses;
    uint8_t fuse_default[3];
    uint8_t fuse_used[3]; /* 1 = implemented; the others read 1 */
    uint8_t lock_used;
    const struct fuse_layout *fuses;
    const struct clock_layout *clocks;
    const struct part_hv *hv; /* high-voltage programming: pins and times */

    /* minimum wait delays = modelled busy times at a calibrated RC of rc_nominal_hz, in us */
    uint32_t t_wd_flash_us, t_wd_eeprom_us, t_wd_erase_us, t_wd_fuse_us;
    /* an EEPROM byte that the program writes, where it can't be done in two operations (no EEPM); 0: it can, 3.4 ms */
    uint32_t t_cpu_eeprom_us;
    uint32_t rc_nominal_hz;
    bool busy_reads_ff_everywhere; /* reads while busy: FF at any address (else only where it is being written) */

    sim_time t_rst_ps; /* a RESET low shorter than this may not reset (maximum of the minimum pulse) */
    /* MISO behind the fall of SCK, edges to 0 and to 1; both 0: not known, PART_MISO_DELAY_PS */
    sim_time miso_delay_ps[2];
    uint16_t v_pot_rise_mv, v_pot_fall_mv;
    const struct part_speed *speed;
    uint8_t n_speed;

    struct part_port
        ports[PART_PORTS_MAX + 1]; /* in alphabetical order: all pins but supply, ground, analog-only ones */
    /* pins that boards and traces name: port letter and bit, e.g. "PB5"; each is one of ports[] */
    const char *pin_mosi, *pin_miso, *pin_sck, *pin_reset, *pin_xtal1;
    const char *pin_xtal2, *pin_clko; /* NULL: none */
    bool clko_in_reset;               /* CKOUT: the clock comes out while RESET is held, too */
    /* boot section: smallest size in words (BOOTSZ = 11), 0 = none */
    uint16_t boot_min_words;
    uint16_t nrww_start_word;
};

/* One pin is both (ATtiny85). */
bool part_clko_is_xtal2(const struct part *part);

/* "PB5", in either case: does the part have it? False for anything that is not a port pin's name. */
bool part_has_pin(const struct part *part, const char *name);
/* The i-th port pin, PB0 first: its name in upper case; NULL after the last. */
#define PART_PIN_NAME_SIZE 4
const char *part_pin_name(const struct part *part, unsigned i, char name[PART_PIN_NAME_SIZE]);

/*
 * As people write it, NULL if unknown: "atmega328p", avrdude's "m328p", "mega328p", "328p", with what stands on the
 * package ("ATmega328P-PU", "ATtiny85V-10SU", "ATmega8L"). Letters of either case. A speed grade (V, L) has no row of
 * its own.
 */
const struct part *part_find(const char *name);
/* The names of all, for messages: "atmega48, atmega48a, ..."; returns buf. */
#define PART_NAMES_SIZE 700
const char *part_names(char buf[PART_NAMES_SIZE]);
/* i = 0.. ; NULL after the last */
const struct part *part_at(unsigned i);
unsigned part_count(void);
extern const struct part part_atmega328p, part_atmega8a, part_attiny85, part_atmega168p;

#endif
