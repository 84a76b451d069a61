/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hv.h - high-voltage programming as a part has it: which pins do what, and how fast
 *
 *      parallel   DATA7:0, XA1:0, BS1, BS2, PAGEL, OE, WR, XTAL1 (strobe), RDY/BSY
 *      serial     SDI, SII, SDO, SCI: a frame of 11 bits is one strobe; SII is the parallel mode's control bus, SDI its
 *                 DATA:  SII = { 0, XA1, XA0, BS1, WR, OE, BS2, PAGEL }
 *
 * A part is a row in sim/parts/hv_rows.c. A signal that shares its pin with another names the same pin.
 */
#ifndef SIM_HV_H
#define SIM_HV_H

#include "sim/kernel.h"

enum hv_signal {
    HV_DATA0, /* to DATA7 */
    HV_DATA7 = HV_DATA0 + 7,
    HV_OE,
    HV_WR,
    HV_BS1,
    HV_XA0,
    HV_XA1,
    HV_BS2, /* after XA1 and BS1, which may be the same pins */
    HV_PAGEL,
    HV_RDY,
    HV_STROBE, /* XTAL1, or SCI */
    HV_SDI,
    HV_SII,
    HV_SDO,
    HV_ENABLE0, /* Prog_enable[0] to [3] */
    HV_ENABLE3 = HV_ENABLE0 + 3,
    HV_SIGNALS,
};

#define HV_ENABLES 4

/* VPP (all datasheets: "Parallel Programming Characteristics", absolute maximum of RESET) and VCC in this mode */
#define HV_VPP_MIN_MV 11500
#define HV_VPP_MAX_MV 12500
#define HV_VPP_DAMAGE_MV 13000
#define HV_VCC_MIN_MV 4500
#define HV_VCC_MAX_MV 5500
/* Prog_enable: a change sooner than that after 12 V makes the entry fail; is held for so long */
#define HV_LATCH_PS (100 * SIM_NS)
#define HV_ENABLE_HOLD_PS (10 * SIM_US)
#define HV_VCC_TO_VPP_PS (60 * SIM_US)
#define HV_VPP_EARLY_PS (20 * SIM_US)
#define HV_VCC_RISE_PS (20 * SIM_US)
#define HV_VCC_ON_MV 100 /* from here on VCC is rising (assumed) */
#define HV_VCC_RISEN_MV 1800
#define HV_VCC_SLOW_MIN_MV 900 /* 12 V here are the second way, for a slow VCC */
#define HV_VCC_SLOW_MAX_MV 1100
#define HV_ENTRY_EDGES 6
#define HV_WLRL_PS SIM_US

/* ns; "Parallel Programming Characteristics", "High-voltage Serial Programming Characteristics" (there the strobe's) */
struct part_hv_times {
    uint16_t strobe_high, strobe_low; /* tXHXL, tXLXH; tSHSL, tSLSH */
    uint16_t setup, hold;             /* tDVXH, tXLDX; tIVSH, tSHIX */
    uint16_t pagel_high, pagel_apart; /* tPHPL; tPLXH */
    uint16_t pagel_wr;                /* tPLWL */
    uint16_t bs_setup, bs_hold;       /* tBVPH, tBVWL; tPLBX, tWLBX */
    uint16_t wr_low;                  /* tWLWH */
    uint16_t out_valid, out_off;      /* tOLDV, tBVDV; tOHDZ */
    uint16_t sdo;                     /* tSHOV */
};

struct part_hv {
    bool serial;
    bool old_entry;              /* the older entry text: strobes before 12 V, 50 us or nothing after it */
    bool latch_by_byte;          /* PAGEL takes the byte that BS1 chooses; else the whole word */
    bool shared_pins;            /* BS1 is PAGEL and XA1 is BS2; a data strobe loads the page buffer */
    const char *pin[HV_SIGNALS]; /* "PD1"; NULL: it has no such signal */
    uint8_t eeprom_page_bytes;
    uint32_t enter_wait_us; /* from 12 V to the first command */
    uint32_t sdo_after_ns;  /* it drives SDO so long after 12 V */
    uint32_t t_write_us, t_erase_us, t_fuse_us;
    const struct part_hv_times *times;
};

/* "XA1", "SCI"; serial: what the strobe is called. */
const char *hv_signal_name(const struct part_hv *hv, enum hv_signal signal);

#endif
