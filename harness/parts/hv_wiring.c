/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/parts/hv_wiring.h"

#include <stddef.h>
#include <string.h>

/* DATA0 to DATA7 */
#define DATA(a, b, c, d, e, f, g, h)                                                                \
    [HV_DATA0] = a, [HV_DATA0 + 1] = b, [HV_DATA0 + 2] = c, [HV_DATA0 + 3] = d, [HV_DATA0 + 4] = e, \
    [HV_DATA0 + 5] = f, [HV_DATA0 + 6] = g, [HV_DATA7] = h
/* what an ATtiny24/44/84 has for entering only */
#define ENABLE(a) [HV_ENABLE0] = a, [HV_ENABLE0 + 1] = a, [HV_ENABLE0 + 2] = a

#define SCRATCHMONKEY_PP                                                                                       \
    DATA("A0", "A1", "A2", "A3", "A4", "A5", "D8", "D9"), [HV_OE] = "D2", [HV_WR] = "D3", [HV_BS1] = "D4",     \
                                                          [HV_XA0] = "D5", [HV_XA1] = "D6", [HV_PAGEL] = "D7", \
                                                          [HV_STROBE] = "D13"
#define SCRATCHMONKEY_HVSP                                                                                   \
    {                                                                                                        \
        .pin = { [HV_SDI] = "A0", [HV_SII] = "A1", [HV_SDO] = "A2", [HV_STROBE] = "A3", ENABLE(HV_TO_GND) }, \
        .vpp = "D10", .vcc = "D11"                                                                           \
    }

static const struct hv_wiring rows[] = {
    {
        .name = "script",
        .help = "the scripted high-voltage programmer",
        .parallel = { .pin = { DATA("DATA0", "DATA1", "DATA2", "DATA3", "DATA4", "DATA5", "DATA6", "DATA7"),
                               [HV_OE] = "OE", [HV_WR] = "WR", [HV_BS1] = "BS1", [HV_BS2] = "BS2", [HV_XA0] = "XA0",
                               [HV_XA1] = "XA1", [HV_PAGEL] = "PAGEL", [HV_RDY] = "RDY", [HV_STROBE] = "STROBE" },
                      .vpp = "VPP",
                      .vcc = "VCC" },
        .serial = { .pin = { [HV_SDI] = "SDI",
                             [HV_SII] = "SII",
                             [HV_SDO] = "SDO",
                             [HV_STROBE] = "STROBE",
                             [HV_ENABLE0] = "ENABLE0",
                             [HV_ENABLE0 + 1] = "ENABLE1",
                             [HV_ENABLE0 + 2] = "ENABLE2" },
                    .vpp = "VPP",
                    .vcc = "VCC" },
    },
    {
        .name = "limphv",
        .help = "firmware/limphv: BS2 on D12, RDY/BSY not wired",
        .parallel = { .pin = { SCRATCHMONKEY_PP, [HV_BS2] = "D12" }, .vpp = "D10", .vcc = "D11" },
        .serial = SCRATCHMONKEY_HVSP,
        .vpp_active_low = true,
        .sdo_ohm = 1000,
    },
    {
        .name = "scratchmonkey",
        .help = "ScratchMonkey's shield, and limphv_rdy: RDY/BSY on D12, BS2 on D0; serial on A0 to A3",
        .parallel = { .pin = { SCRATCHMONKEY_PP, [HV_BS2] = "D0", [HV_RDY] = "D12" }, .vpp = "D10", .vcc = "D11" },
        .serial = SCRATCHMONKEY_HVSP,
        .vpp_active_low = true,
    },
    {
        .name = "scratchmonkey_2",
        .help = "ScratchMonkey 2.0: serial on D8, D9, D12, D13, else as before",
        .parallel = { .pin = { SCRATCHMONKEY_PP, [HV_BS2] = "D0", [HV_RDY] = "D12" }, .vpp = "D10", .vcc = "D11" },
        .serial = { .pin = { [HV_SDI] = "D8",
                             [HV_SII] = "D9",
                             [HV_SDO] = "D12",
                             [HV_STROBE] = "D13",
                             ENABLE(HV_TO_GND) },
                    .vpp = "D10",
                    .vcc = "D11" },
        .vpp_active_low = true,
    },
    {
        .name = "rescueavr",
        .help = "RescueAVR's board",
        .parallel = { .pin = { DATA("D9", "D8", "D7", "D6", "D5", "D4", "D3", "D2"), [HV_XA0] = "D10", [HV_XA1] = "D11",
                               [HV_STROBE] = "A0", [HV_BS1] = "A1", [HV_WR] = "A2", [HV_OE] = "A3", [HV_RDY] = "A4",
                               [HV_BS2] = "A5", [HV_PAGEL] = HV_TO_GND },
                      .vpp = "D13",
                      .vcc = "D12",
                      .shared_xa1 = "A5" },
        .serial = { .pin = { [HV_SDI] = "A0", [HV_SII] = "A1", [HV_SDO] = "A2", [HV_STROBE] = "A5", ENABLE(HV_TO_GND) },
                    .vpp = "D13",
                    .vcc = "D12" },
    },
    {
        .name = "gammon",
        .help = "Nick Gammon's Board_Detector: 12 V and VCC by one pin",
        .parallel = { .pin = { DATA("D6", "D7", "D8", "D9", "D10", "D11", "D12", "D13"), [HV_RDY] = "A0",
                               [HV_OE] = "A1", [HV_WR] = "A2", [HV_BS1] = "A3", [HV_STROBE] = "A4", [HV_XA0] = "A5",
                               [HV_XA1] = "D2", [HV_PAGEL] = "D3", [HV_BS2] = "D4" },
                      .vpp = "D5",
                      .vcc = "D5" },
        .serial = { .pin = { [HV_SDI] = "D4", [HV_SII] = "D5", [HV_SDO] = "D6", [HV_STROBE] = "D7", ENABLE(HV_TO_GND) },
                    .vpp = "D3",
                    .vcc = "D3" },
        .vpp_delay_ps = 40 * SIM_US, /* 22 kOhm and 10 nF, as its author gives it */
    },
    {
        .name = "fuse_eraser",
        .help = "ArminJo's ATtiny-HighVoltageProgrammer_FuseEraser",
        .serial = { .pin = { [HV_SDI] = "D3", [HV_SII] = "D4", [HV_SDO] = "D5", [HV_STROBE] = "A5", ENABLE(HV_TO_GND) },
                    .vpp = "A4",
                    .vcc = "D2" },
        .vpp_active_low = true,
    },
};

const struct hv_wiring *hv_wiring_at(unsigned i)
{
    return i < sizeof rows / sizeof rows[0] ? &rows[i] : NULL;
}

const struct hv_wiring *hv_wiring_find(const char *name)
{
    const struct hv_wiring *w = NULL;

    for (unsigned i = 0; (w = hv_wiring_at(i)) && strcmp(w->name, name) != 0; i++) {
    }
    return w;
}
