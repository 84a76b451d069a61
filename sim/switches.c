/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim/switches.h"

#include <assert.h>
#include <string.h>

static const char *const miso_outputs[] = { "latch", "flop", "sampled", NULL };

static const char *const hv_open_inputs[] = { "low", "high", "keeps", NULL };

static const struct target_switch_info info[TARGET_SWITCHES] = {
    [SW_ECHO_FROM_BYTE_2] = { "echo_from_byte_2", 0, 0, 1,
                              "1: MISO is driven once AC has come in, so that byte 2 of the first Programming Enable echoes AC; "
                              "0: from the 16th SCK rise on",
                              "1: AVR910; 0: captures of ATmega328P, ATmega88 (sigrok-dumps avr_isp)" },
    [SW_FRAME_WAITS_FOR_AC53] = { "frame_waits_for_ac53", 0, 0, 1,
                                  "1: until enabled, AC 53 is recognised at any bit and begins the frame; 0: frames of four bytes count "
                                  "from RESET, whatever they hold",
                                  "assumed (AVR910: other instructions are ignored until then)" },
    [SW_SCK_HIGH_AT_RESET_SHIFTS] = { "sck_high_at_reset_shifts", 1, 0, 1,
                                      "1: SCK high when RESET falls counts as a bit, the frame is shifted; 0: it does not",
                                      "datasheet asks for SCK low; that it shifts: author of AVReAl" },
    [SW_EARLY_ENABLE_IGNORED] = { "early_enable_ignored", 0, 0, 1,
                                  "1: a Programming Enable begun less than 20 ms after RESET fell is not accepted",
                                  "datasheet asks for the wait; what happens without: assumed" },
    [SW_SCK_SAMPLES_FROM_12_MHZ] = { "sck_samples_from_12_mhz", 3, 2, 3,
                                     "samples in a row that make a level of SCK, at a system clock of 12 MHz and more (2 below)",
                                     "datasheet limit: > 2 clocks, 3 from 12 MHz on; that circuitry changes there: assumed" },
    [SW_MISO_OUTPUT] = { "miso_output", MISO_LATCH, MISO_LATCH, MISO_SAMPLED,
                         "latch: MISO shows the shift register while SCK is low; flop: takes its bit when SCK falls; sampled: "
                         "when the target's clock has seen SCK fall",
                         "that MISO follows the pin: captures of ATmega8L, ATmega88, ATmega328P (sigrok-dumps avr_isp); latch "
                         "or flop: assumed",
                         miso_outputs },
    [SW_MISO_DELAY_NS] = { "miso_delay_ns", -1, -1, 1000,
                           "MISO changes so long after what moves it; -1: the part's figures (edges to 0 and to 1)",
                           "captures: 10 to 25 ns (ATmega8L, ATmega88); datasheet, SPI slave: 15 ns typical; ATtiny85: 100 ns "
                           "at most" },
    [SW_SCK_FILTER] = { "sck_filter", 1, 0, 1,
                        "1: a level of SCK counts only when enough samples in a row show it; 0: one sample is enough, and counts "
                        "as many clocks later",
                        "assumed: datasheet limit (> 2 clocks) fits both, below it they differ" },
    [SW_FLOATING_SCK] = { "floating_sck", 0, 0, 1, "what the input reads while nobody drives SCK",
                          "assumed (AVR910: no pull-up in reset)" },
    [SW_FLOATING_MOSI] = { "floating_mosi", 1, 0, 1, "what the input reads while nobody drives MOSI", "assumed" },
    [SW_SHORT_RESET_LOW_RESETS] = { "short_reset_low_resets", 0, 0, 1,
                                    "1: a RESET low shorter than tRST resets too; 0: it is not seen",
                                    "datasheet gives the longest minimum only: either may happen" },
    [SW_POLL_READY] = { "poll_ready", 0xFE, 0, 0xFE,
                        "what F0 00 shows when ready; bit 0 is RDY/BSY, a busy chip shows FF",
                        "Glasgow's captures: FF busy, FE ready; datasheet: bit 0 only" },
    [SW_SIGNATURE_3] = { "signature_3", 0xFF, 0, 0xFF, "what signature address 3 reads", "assumed" },
    [SW_READ_WHILE_BUSY] = { "read_while_busy_ff", 1, 0, 1,
                             "1: reads during a write give FF (parts with value polling: where it is being written); 0: old content",
                             "FF for a fuse read: capture of an ATtiny85; memories: ATmega8 datasheet" },
    [SW_WRITE_WHILE_BUSY_SPOILS] = { "write_while_busy_spoils", 0, 0, 1,
                                     "1: an instruction that writes or loads during a write spoils bits of what is being written, by the "
                                     "seed; 0: it is dropped",
                                     "datasheet: may cause wrong programming; how: assumed" },
    [SW_REFUSED_READ] = { "refused_read", -1, -1, 0xFF,
                          "what a flash or EEPROM read shows that the lock bits refuse; -1: byte 3 comes back as its echo",
                          "reports on locked parts: 00 00 01 01 02 02 ...; AVR910 for older parts" },
    [SW_REFUSED_LPM] = { "refused_lpm", 0xFF, 0, 0xFF,
                         "what LPM of the running program gets where the boot lock bits forbid it to read",
                         "assumed: datasheet says it is not allowed, not what comes instead" },
    [SW_LB2_ALONE_PROTECTS] = { "lb2_alone_protects", 0, 0, 1,
                                "1: LB2 programmed without LB1 acts as lock mode 2; 0: no protection",
                                "assumed: undescribed" },
    [SW_SAME_WORD_TWICE_ANDS] = { "same_word_twice_ands", 0, 0, 1,
                                  "a byte loaded twice into the page buffer: 1: old AND new, 0: the last one wins",
                                  "assumed (SPM chapter: not possible without erasing the buffer)" },
    [SW_HIGH_WITHOUT_LOW_KEEPS] = { "high_without_low_keeps", 0, 0, 1,
                                    "a high byte without a low byte before it: 1: the word's low byte stays as it was in the buffer; "
                                    "0: it takes the low byte loaded last",
                                    "assumed: datasheet asks for low before high" },
    [SW_EEPROM_WRITE_CLEARS_PAGE] = { "eeprom_write_clears_page", 0, 0, 1,
                                      "1: an EEPROM write loses what was loaded into the flash page buffer",
                                      "datasheet says so of SPM; ISP: assumed not" },
    [SW_BUSY_PERMILLE] = { "busy_permille", 1000, 100, 1000,
                           "length of a write in thousandths of the datasheet's minimum wait, at a nominal RC",
                           "datasheet: minimum waits, upper bounds of the chip's own time" },
    [SW_BOD_STOPS_PORT] = { "bod_stops_port", 1, 0, 1,
                            "1: the port is dead while VCC is below the brown-out level; 0: it works", "assumed" },
    [SW_LF_WAVE_ON_XTAL2_ONLY] = { "lf_wave_on_xtal2_only", 1, 0, 1,
                                   "low-frequency crystal mode takes a square wave 1: on XTAL2 only, 0: on XTAL1",
                                   "1: ScratchMonkey's in-system programming page; 0: Electronics StackExchange 189414, 423963" },
    [SW_CRYSTAL_STARTS_ANYWHERE] = { "crystal_starts_anywhere", 0, 0, 1,
                                     "1: a crystal outside the range that CKSEL selects starts all the same; 0: only above the highest "
                                     "range",
                                     "above the highest: users' reports (MiniCore: ATmega328P at 24 MHz, ATmega8A at 20 MHz); "
                                     "elsewhere assumed: the datasheet gives the ranges, not what happens outside" },
    [SW_HV_THRESHOLD_MV] = { "hv_threshold_mv", 11500, 5600, 12500,
                             "RESET voltage from which on the chip is in high-voltage mode",
                             "ATtiny84 8006K \"High-voltage Reset Characteristics\": 11.5 V; a lower real one is assumed, nobody "
                             "published a measurement" },
    [SW_HV_ENTRY_EDGES] = { "hv_entry_edges", 0, 0, 12,
                            "edges of XTAL1 or SCI that the chip must have seen since power-up before 12 V let it enter",
                            "older sheets ask for six strobes, the newer text for none (same dies); 0: users' programmers that send "
                            "fewer work" },
    [SW_HV_OPEN_INPUT] = { "hv_open_input", HV_OPEN_KEEPS, HV_OPEN_LOW, HV_OPEN_KEEPS,
                           "what an input reads in high-voltage mode while nobody drives its wire",
                           "assumed: no sheet gives pull levels in this mode; users read back what was last on the wires",
                           hv_open_inputs },
    [SW_HV_SDO_AFTER_NS] = { "hv_sdo_after_ns", -1, -1, 1000000, "from 12 V until the chip drives SDO; -1: the part's",
                             "assumed: older sheets: once Prog_enable is latched, here 1 us; newer: released after 10 us \"to avoid drive contention\", so later than that: "
                             "50 us" },
    [SW_HV_WLRL_NS] = { "hv_wlrl_ns", 1000, 0, 1000, "from WR low to RDY/BSY low", "datasheet: 0 to 1 us" },
    [SW_HV_OUT_OFF_NS] = { "hv_out_off_ns", -1, -1, 1000, "DATA driven after OE rises; -1: the datasheet's maximum",
                           "datasheet: tOHDZ at most 250 ns" },
    [SW_HV_REFUSED_READ] = { "hv_refused_read", 0xFF, 0, 0xFF,
                             "what a flash or EEPROM read shows in high-voltage mode that the lock bits refuse",
                             "assumed" },
    [SW_HV_DWEN_LOW_HALTS] = { "hv_dwen_low_halts", 0, 0, 1,
                               "1: with DWEN programmed a RESET that is low at power-up keeps the program from starting, as a break "
                               "of debugWIRE; 0: it starts",
                               "assumed: not described" },
    [SW_ICR_STICKS] = { "icr_sticks", 1, 0, 1,
                        "ICR1 written in a mode that does not use it as TOP: 1: keeps the value; 0: the write is lost",
                        "1: users' rescue clocks, written so and working (standalone programmers, AVRProg, ArduinoISP forks); "
                        "0: datasheet, \"Input Capture Register\"" },
};

struct target_switches target_switches_default(void)
{
    struct target_switches sw;

    for (unsigned i = 0; i < TARGET_SWITCHES; i++) {
        sw.v[i] = info[i].value;
    }
    return sw;
}

const struct target_switch_info *target_switch_info(enum target_switch s)
{
    assert(s < TARGET_SWITCHES);
    return &info[s];
}

int32_t target_switch_word(const struct target_switch_info *of, const char *word)
{
    for (int32_t i = 0; of->words && of->words[i]; i++) {
        if (!strcmp(of->words[i], word)) {
            return i;
        }
    }
    return -1;
}

bool target_switch_set(struct target_switches *sw, const char *name, int32_t value)
{
    for (unsigned i = 0; i < TARGET_SWITCHES; i++) {
        if (!strcmp(info[i].name, name)) {
            if (value < info[i].min || value > info[i].max) {
                return false;
            }
            sw->v[i] = value;
            return true;
        }
    }
    return false;
}
