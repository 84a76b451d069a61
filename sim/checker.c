/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim/checker.h"

#include "sim/memory.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define DS "ATmega328P datasheet 42735B, "
#define WAITS DS "\"Minimum Wait Delay Before Writing the Next Flash or EEPROM Location\""
#define MINIFRAME "form of the RS232 programmer's miniframes, harness/hosts/miniframe_code.h"
/* the ATmega328P's datasheet has no such table */
#define HV \
    DS "\"Parallel Programming Characteristics\"; ATtiny85 2586Q, \"High-voltage Serial Programming Characteristics\""
#define HV_ENTER DS "\"Enter Programming Mode\" (parallel)"
#define STAND_IN "ATtiny85 datasheet 2586Q, \"Serial Programming Characteristics\""

static const struct checker_rule_info info[CHECKER_RULES] = {
    [CHECK_SCK_HIGH] = { "sck_high", "tSHSL", "SCK", CHECK_UNIT_PS, CHECK_VIOLATION, true,
                         "SCK stays high for more than 2 clocks of the target, 3 from 12 MHz on",
                         DS "\"Serial Downloading\"" },
    [CHECK_SCK_LOW] = { "sck_low", "tSLSH", "SCK", CHECK_UNIT_PS, CHECK_VIOLATION, true,
                        "SCK stays low for more than 2 clocks of the target, 3 from 12 MHz on",
                        DS "\"Serial Downloading\"" },
    [CHECK_MOSI_SETUP] = { "mosi_setup", "tOVSH", "MOSI", CHECK_UNIT_PS, CHECK_VIOLATION, true,
                           "MOSI is steady for a clock of the target before SCK rises", STAND_IN },
    [CHECK_MOSI_HOLD] = { "mosi_hold", "tSHOX", "MOSI", CHECK_UNIT_PS, CHECK_VIOLATION, true,
                          "MOSI is steady for two clocks of the target after SCK rises", STAND_IN },
    [CHECK_MISO_SETUP] = { "miso_setup", "tSLIV", "MISO", CHECK_UNIT_PS, CHECK_VIOLATION, true,
                           "the programmer looks at MISO when the bit is there: tSLIV after SCK fell, or later",
                           STAND_IN },
    [CHECK_MISO_HOLD] = { "miso_hold", "hold", "MISO", CHECK_UNIT_PS, CHECK_VIOLATION, true,
                          "the programmer looks at MISO before SCK falls again and takes the bit away",
                          DS "\"SPI Timing Parameters\", hold time of a master" },
    [CHECK_RESET_HIGH] = { "reset_high", "positive pulse", "RESET_N", CHECK_UNIT_PS, CHECK_VIOLATION, true,
                           "a RESET pulse that is to synchronise the port is high for two clocks of the target",
                           DS "\"Serial Programming Algorithm\"" },
    [CHECK_RESET_LOW] = { "reset_low", "tRST", "RESET_N", CHECK_UNIT_PS, CHECK_VIOLATION, true,
                          "RESET stays low for tRST", DS "\"System and Reset Characteristics\"" },
    [CHECK_SCK_AT_RESET] = { "sck_at_reset", "SCK low", "SCK", CHECK_UNIT_LEVEL, CHECK_VIOLATION, false,
                             "SCK is low when RESET goes low, or when the target powers up with RESET low",
                             DS "\"Serial Programming Algorithm\"" },
    [CHECK_ENABLE_WAIT] = { "enable_wait", "20 ms", "SCK", CHECK_UNIT_PS, CHECK_VIOLATION, true,
                            "20 ms pass from RESET low or power-up to Programming Enable",
                            DS "\"Serial Programming Algorithm\"" },
    [CHECK_BUSY_ACCESS] = { "busy_access", "tWD", "SCK", CHECK_UNIT_PS, CHECK_VIOLATION, true,
                            "no instruction but the poll is sent until the write before has ended",
                            DS "\"Serial Programming Algorithm\"" },
    [CHECK_PAGE_LOAD_ORDER] = { "page_load_order", "low before high", "MOSI", CHECK_UNIT_NONE, CHECK_VIOLATION, false,
                                "a word's low byte is loaded into the page buffer before its high byte",
                                DS "\"Serial Programming Algorithm\"" },
    [CHECK_PAGE_LOAD_TWICE] = { "page_load_twice", "page buffer", "MOSI", CHECK_UNIT_NONE, CHECK_VIOLATION, false,
                                "no byte is loaded into the page buffer twice",
                                DS "\"Filling the Temporary Buffer\" (of SPM)" },
    [CHECK_LOCKED] = { "locked", "LB mode", "MOSI", CHECK_UNIT_NONE, CHECK_NOTE, false,
                       "the lock bits refused an instruction", DS "\"Program And Data Memory Lock Bits\"" },
    [CHECK_NO_CLOCK] = { "no_clock", "CKSEL", "SCK", CHECK_UNIT_NONE, CHECK_NOTE, false,
                         "Programming Enable comes while the target has no clock to see it by",
                         DS "\"Clock Sources\"" },
    [CHECK_PORT_NO_SUPPLY] = { "port_no_supply", "VCC", "VCC", CHECK_UNIT_NONE, CHECK_NOTE, false,
                               "Programming Enable gets no answer: the target has no supply", DS "\"Power-on Reset\"" },
    [CHECK_PORT_RESET_HIGH] = { "port_reset_high", "RESET", "RESET_N", CHECK_UNIT_NONE, CHECK_NOTE, false,
                                "Programming Enable gets no answer: RESET is high at the target",
                                DS "\"Serial Programming Algorithm\"" },
    [CHECK_PORT_RSTDISBL] = { "port_rstdisbl", "RSTDISBL", "RESET_N", CHECK_UNIT_NONE, CHECK_NOTE, false,
                              "Programming Enable gets no answer: RSTDISBL makes RESET an I/O pin; high-voltage "
                              "programming brings it back",
                              DS "\"Fuse Bits\"" },
    [CHECK_PORT_DWEN] = { "port_dwen", "DWEN", "RESET_N", CHECK_UNIT_NONE, CHECK_NOTE, false,
                          "Programming Enable gets no answer: DWEN gives RESET to debugWIRE (the lock bits are open); a "
                          "debugWIRE tool or high-voltage programming brings it back",
                          DS "\"debugWIRE On-chip Debug System\"" },
    [CHECK_PORT_SPIEN] = { "port_spien", "SPIEN", "RESET_N", CHECK_UNIT_NONE, CHECK_NOTE, false,
                           "Programming Enable gets no answer: SPIEN is unprogrammed, serial programming is off; "
                           "high-voltage programming brings it back",
                           DS "\"Fuse Bits\"" },
    [CHECK_PORT_BROWN_OUT] = { "port_brown_out", "BODLEVEL", "VCC", CHECK_UNIT_NONE, CHECK_NOTE, false,
                               "Programming Enable gets no answer: VCC is below the brown-out level; raise it",
                               DS "\"Brown-out Detection\"" },
    [CHECK_LOCK_OUT] = { "lock_out", "fuses", "MOSI", CHECK_UNIT_NONE, CHECK_NOTE, false,
                         "what has just been written shuts the user out when the session ends", DS "\"Fuse Bits\"" },
    [CHECK_CONTENTION] = { "contention", "contention", "", CHECK_UNIT_RESULT, CHECK_VIOLATION, false,
                           "two outputs drive a wire against each other",
                           DS "\"Absolute Maximum Ratings\": 40 mA per I/O pin" },
    [CHECK_INPUT_ABOVE_VCC] = { "input_above_vcc", "VCC + 0.5 V", "", CHECK_UNIT_MV, CHECK_VIOLATION, false,
                                "no output drives an input higher than 0.5 V above the supply of the part that has it",
                                DS "\"Absolute Maximum Ratings\": voltage on any pin" },
    [CHECK_HIGH_BELOW_VIH] = { "high_below_vih", "VIH", "", CHECK_UNIT_MV, CHECK_VIOLATION, false,
                               "an output's high is high enough for the supply of the part that takes it in",
                               DS "\"DC Characteristics\": VIH" },
    [CHECK_SPEED_GRADE] = { "speed_grade", "clock period", "VCC", CHECK_UNIT_PS, CHECK_NOTE, false,
                            "the target's system clock is faster than its speed grade allows at this supply, or its crystal "
                            "than the oscillator is made for",
                            DS "\"Speed Grades\"" },
    [CHECK_HV_VPP] = { "hv_vpp", "VPP", "RESET_N", CHECK_UNIT_MV, CHECK_VIOLATION, false,
                       "RESET gets 11.5 to 12.5 V for high-voltage programming", HV },
    [CHECK_HV_VPP_MAX] = { "hv_vpp_max", "+13.0 V", "RESET_N", CHECK_UNIT_MV, CHECK_VIOLATION, false,
                           "RESET never gets more than 13.0 V: above it the chip may be damaged",
                           DS "\"Absolute Maximum Ratings\"" },
    [CHECK_HV_NO_VCC] = { "hv_no_vcc", "VCC", "VCC", CHECK_UNIT_NONE, CHECK_NOTE, false,
                          "12 V stand on RESET while VCC is off", HV_ENTER },
    [CHECK_HV_VCC] = { "hv_vcc", "VCC", "VCC", CHECK_UNIT_MV, CHECK_VIOLATION, false,
                       "VCC is 4.5 to 5.5 V in high-voltage programming (users' programmers also work at 3.3 V)", HV },
    [CHECK_HV_VCC_TO_VPP] = { "hv_vcc_to_vpp", "60 us", "RESET_N", CHECK_UNIT_PS, CHECK_NOTE, false,
                              "12 V come 20 to 60 us after VCC; users' programmers take milliseconds, which works while RESET is "
                              "0 V or the program leaves Prog_enable alone",
                              HV_ENTER },
    [CHECK_HV_VPP_EARLY] = { "hv_vpp_early", "20 us", "RESET_N", CHECK_UNIT_PS, CHECK_VIOLATION, true,
                             "12 V come no sooner than 20 us after VCC, unless they come while it rises through 0.9 to 1.1 V",
                             HV_ENTER },
    [CHECK_HV_VCC_RISE] = { "hv_vcc_rise", "1.8 V", "VCC", CHECK_UNIT_PS, CHECK_NOTE, false,
                            "VCC reaches 1.8 V within 20 us; where it can't, 12 V come while it rises through 0.9 to 1.1 V: a "
                            "chip whose RESET is a port pin may start its program else",
                            HV_ENTER },
    [CHECK_HV_ENTRY_EDGES] = { "hv_entry_edges", "six strobes", "XTAL1", CHECK_UNIT_NONE, CHECK_NOTE, false,
                               "this part's sheet asks for six edges of XTAL1 or SCI with RESET at 0 V before 12 V come",
                               "ATmega8 datasheet 2486T, \"Enter Programming Mode\"; ATtiny13 2535E, ATtiny2313 2543L" },
    [CHECK_HV_ENABLE] = { "hv_enable", "Prog_enable", "", CHECK_UNIT_LEVEL, CHECK_VIOLATION, false,
                          "all Prog_enable pins are driven low when RESET reaches 12 V; else the chip does not enter",
                          HV_ENTER },
    [CHECK_HV_ENABLE_LATCH] = { "hv_enable_latch", "tHVRST", "", CHECK_UNIT_PS, CHECK_VIOLATION, false,
                                "Prog_enable does not change within 100 ns of 12 V; else the entry fails",
                                "ATmega8 datasheet 2486T, \"Enter Programming Mode\"" },
    [CHECK_HV_ENABLE_HOLD] = { "hv_enable_hold", "10 us", "RESET_N", CHECK_UNIT_PS, CHECK_VIOLATION, true,
                               "Prog_enable is held for 10 us after 12 V", HV_ENTER },
    [CHECK_HV_ENTER_WAIT] = { "hv_enter_wait", "300 us", "XTAL1", CHECK_UNIT_PS, CHECK_VIOLATION, true,
                              "the first command comes 300 us after 12 V (50 us in the older sheets)", HV_ENTER },
    [CHECK_HV_STROBE_HIGH] = { "hv_strobe_high", "tXHXL, tSHSL", "XTAL1", CHECK_UNIT_PS, CHECK_VIOLATION, true,
                               "XTAL1 (parallel) or SCI (serial) stays high long enough", HV },
    [CHECK_HV_STROBE_LOW] = { "hv_strobe_low", "tXLXH, tSLSH", "XTAL1", CHECK_UNIT_PS, CHECK_VIOLATION, true,
                              "XTAL1 (parallel) or SCI (serial) stays low long enough", HV },
    [CHECK_HV_SETUP] = { "hv_setup", "tDVXH, tIVSH", "DATA", CHECK_UNIT_PS, CHECK_VIOLATION, true,
                         "DATA and controls, or SDI and SII, are steady before the strobe rises", HV },
    [CHECK_HV_HOLD] = { "hv_hold", "tXLDX, tSHIX", "DATA", CHECK_UNIT_PS, CHECK_VIOLATION, true,
                        "DATA and controls are steady until after XTAL1 falls; SDI and SII until after SCI rises", HV },
    [CHECK_HV_PAGEL_HIGH] = { "hv_pagel_high", "tPHPL", "PAGEL", CHECK_UNIT_PS, CHECK_VIOLATION, true,
                              "PAGEL stays high long enough", HV },
    [CHECK_HV_PAGEL_APART] = { "hv_pagel_apart", "tXLPH, tPLXH, tPLWL", "PAGEL", CHECK_UNIT_PS, CHECK_VIOLATION, true,
                               "PAGEL's pulse lies between those of XTAL1 and WR", HV },
    [CHECK_HV_WR_LOW] = { "hv_wr_low", "tWLWH", "WR", CHECK_UNIT_PS, CHECK_VIOLATION, true, "WR stays low long enough",
                          HV },
    [CHECK_HV_WR_APART] = { "hv_wr_apart", "tXLWL", "WR", CHECK_UNIT_LEVEL, CHECK_VIOLATION, false,
                            "XTAL1 is low when WR falls", HV },
    [CHECK_HV_BS_SETUP] = { "hv_bs_setup", "tBVPH, tBVWL", "BS", CHECK_UNIT_PS, CHECK_VIOLATION, true,
                            "BS1 and BS2 are steady before PAGEL rises and before WR falls", HV },
    [CHECK_HV_BS_HOLD] = { "hv_bs_hold", "tPLBX, tWLBX", "BS", CHECK_UNIT_PS, CHECK_VIOLATION, true,
                           "BS1 and BS2 are steady after PAGEL falls and after WR falls", HV },
    [CHECK_HV_BUSY] = { "hv_busy", "tWLRH", "RDY", CHECK_UNIT_PS, CHECK_VIOLATION, true,
                        "no command comes before the write before has ended (RDY/BSY or SDO high)", HV },
    [CHECK_HV_RDY_EARLY] = { "hv_rdy_early", "tWLRL", "RDY", CHECK_UNIT_NONE, CHECK_VIOLATION, false,
                             "a command follows WR at once: RDY/BSY was not waited for, or looked at before it goes low (up to "
                             "1 us after WR)",
                             HV },
    [CHECK_HV_NO_COMMAND] = { "hv_no_command", "command", "", CHECK_UNIT_NONE, CHECK_VIOLATION, false,
                              "WR and PAGEL come after a command that they belong to",
                              DS "\"Command Byte Bit Coding\"" },
    [CHECK_HV_FRAME] = { "hv_frame", "11 bits", "SCI", CHECK_UNIT_NONE, CHECK_VIOLATION, false,
                         "a serial frame is whole: 0, eight bits, 00",
                         "ATtiny85 datasheet 2586Q, \"High-voltage Serial Programming\"" },
    [CHECK_HV_PROGRAM_RAN] = { "hv_program_ran", "start-up time", "RESET_N", CHECK_UNIT_NONE, CHECK_NOTE, false,
                               "the target's program ran before 12 V came: RESET did not hold it", HV_ENTER },
    [CHECK_HV_PROGRAM] = { "hv_program", "Prog_enable", "", CHECK_UNIT_NONE, CHECK_VIOLATION, false,
                           "the target's running program drives a Prog_enable pin against the programmer: 12 V must come "
                           "before the program, so switch VCC",
                           HV_ENTER },
    [CHECK_FRAME_EARLY] = { "frame_early", "start cell", "SCK", CHECK_UNIT_PS, CHECK_VIOLATION, true,
                            "SCK rises after the start cell of its miniframe, while the bit is on MOSI", MINIFRAME },
    [CHECK_FRAME_LATE] = { "frame_late", "stop cell", "SCK", CHECK_UNIT_PS, CHECK_VIOLATION, true,
                           "the stop cell of the miniframe is still to come when SCK rises, so the bit is on MOSI",
                           MINIFRAME },
    [CHECK_FRAME_MISSED] = { "frame_missed", "trigger", "SCK", CHECK_UNIT_NONE, CHECK_VIOLATION, false,
                             "every miniframe of an instruction makes SCK rise once", MINIFRAME },
    [CHECK_BUSY_FUSE] = { "busy_fuse", "tWD_FUSE", "SCK", CHECK_UNIT_PS, CHECK_VIOLATION, true,
                          "no instruction but the poll is sent until a fuse or the lock bits are written",
                          DS "\"Serial Programming Algorithm\"" },
    [CHECK_WD_FLASH] = { "wd_flash", "tWD_FLASH", "SCK", CHECK_UNIT_PS, CHECK_RISK, true,
                         "after a page write the programmer itself waits tWD_FLASH, or polls", WAITS },
    [CHECK_WD_EEPROM] = { "wd_eeprom", "tWD_EEPROM", "SCK", CHECK_UNIT_PS, CHECK_RISK, true,
                          "after an EEPROM write the programmer itself waits tWD_EEPROM, or polls", WAITS },
    [CHECK_WD_ERASE] = { "wd_erase", "tWD_ERASE", "SCK", CHECK_UNIT_PS, CHECK_RISK, true,
                         "after a chip erase the programmer itself waits tWD_ERASE, or polls", WAITS },
    [CHECK_WD_FUSE] = { "wd_fuse", "tWD_FUSE", "SCK", CHECK_UNIT_PS, CHECK_RISK, true,
                        "after a fuse or lock write the programmer itself waits tWD_FUSE, or polls", WAITS },
    [CHECK_PAGE_OTHER] = { "page_other", "page", "MOSI", CHECK_UNIT_NONE, CHECK_RISK, false,
                           "a page is written whose bytes were loaded with another page's address",
                           DS "\"Serial Programming Algorithm\"" },
    [CHECK_WRITE_UNERASED] = { "write_unerased", "erase", "MOSI", CHECK_UNIT_ADDRESS, CHECK_RISK, false,
                               "flash is written that was not erased: bits that are 0 stay 0",
                               DS "\"Serial Programming Algorithm\"" },
    [CHECK_REWRITE] = { "rewrite", "endurance", "MOSI", CHECK_UNIT_ADDRESS, CHECK_NOTE, false,
                        "what is written is there already: it wears the cells for nothing", DS "\"Features\"" },
    [CHECK_ENDURANCE] = { "endurance", "endurance", "MOSI", CHECK_UNIT_ADDRESS, CHECK_NOTE, false,
                          "cells are written more often than they are rated for (flash 10000, EEPROM 100000 times)",
                          DS "\"Features\"" },
    [CHECK_LOCK_EARLY] = { "lock_early", "LB mode", "MOSI", CHECK_UNIT_NONE, CHECK_RISK, false,
                           "the lock bits are written before the last write, which they then refuse",
                           DS "\"Program And Data Memory Lock Bits\"" },
    [CHECK_STRAY_SCK] = { "stray_sck", "SCK", "SCK", CHECK_UNIT_COUNT, CHECK_VIOLATION, false,
                          "SCK does not move between RESET low and Programming Enable: the port counts every edge",
                          DS "\"Serial Programming Algorithm\"" },
    [CHECK_NO_ENABLE] = { "no_enable", "AC 53", "MOSI", CHECK_UNIT_NONE, CHECK_RISK, false,
                          "the first instruction after RESET low is Programming Enable, AC 53: the port takes no other",
                          DS "\"Serial Programming Algorithm\"" },
    [CHECK_RESET_HELD] = { "reset_held", "release", "RESET_N", CHECK_UNIT_NONE, CHECK_RISK, false,
                           "the programmer lets go of RESET when the session is over: else the target never runs",
                           DS "\"Serial Programming Algorithm\": at the end RESET can be set high" },
    [CHECK_ECHO_IGNORED] = { "echo_ignored", "echo", "MISO", CHECK_UNIT_NONE, CHECK_RISK, false,
                             "the programmer goes on although Programming Enable was not answered",
                             DS "\"Serial Programming Algorithm\": if 53 did not echo back" },
    [CHECK_INPUT_FLOATING] = { "input_floating", "floating", "MOSI", CHECK_UNIT_RESULT, CHECK_RISK, false,
                               "the target samples an input that nobody drives, or two against each other",
                               DS "\"Unconnected Pins\"" },
    [CHECK_PINS_DRIVEN] = { "pins_driven", "release", "", CHECK_UNIT_RESULT, CHECK_RISK, false,
                            "the programmer lets go of the wires when the session is over",
                            "Atmel AVR910, \"In-System Programming\"" },
    [CHECK_PULL_UP_LEFT] = { "pull_up_left", "pull-up", "", CHECK_UNIT_RESULT, CHECK_RISK, false,
                             "no pull-up stays on a wire when the session is over",
                             "Atmel AVR910, \"In-System Programming\"" },
    [CHECK_CLOCK_JUMP] = { "clock_jump", "2 %", "XTAL1", CHECK_UNIT_PS, CHECK_VIOLATION, false,
                           "an external clock changes by no more than 2 % from one period to the next while the program runs",
                           DS "\"External Clock\"" },
    [CHECK_UART_START] = { "uart_start", "start bit", "", CHECK_UNIT_LEVEL, CHECK_RISK, false,
                           "the start bit of a byte on the serial line is 0 in its middle: else the byte is lost, or read from "
                           "another edge on",
                           DS "\"USART0\", \"Asynchronous Data Reception\"" },
    [CHECK_UART_STOP] = { "uart_stop", "stop bit", "", CHECK_UNIT_LEVEL, CHECK_RISK, false,
                          "the stop bit of a byte on the serial line is 1 in its middle: else it is a frame error",
                          DS "\"USART0\", \"Receiver Error Flags\"" },
    [CHECK_PROGRAM_ERASED] = { "program_erased", "PC", "", CHECK_UNIT_ADDRESS, CHECK_NOTE, false,
                               "a program runs into erased flash", DS "\"AVR Memories\"" },
    [CHECK_PROGRAM_WRAPPED] = { "program_wrapped", "PC", "", CHECK_UNIT_ADDRESS, CHECK_NOTE, false,
                                "a program runs past the end of flash, and on with the address bits that are there",
                                DS "\"AVR Memories\"" },
    [CHECK_PROGRAM_OPCODE] = { "program_opcode", "PC", "", CHECK_UNIT_ADDRESS, CHECK_NOTE, false,
                               "a program comes to an undefined opcode", "AVR instruction set manual" },
    [CHECK_PROGRAM_STACK] = { "program_stack", "SP", "", CHECK_UNIT_ADDRESS, CHECK_NOTE, false,
                              "a program's stack leaves SRAM", DS "\"Stack Pointer\"" },
    [CHECK_PROGRAM_ACCESS] = { "program_access", "data", "", CHECK_UNIT_ADDRESS, CHECK_NOTE, false,
                               "a program reads or writes data beyond SRAM", DS "\"SRAM Data Memory\"" },
    [CHECK_PROGRAM_DEVICE] = { "program_device", "PC", "", CHECK_UNIT_ADDRESS, CHECK_NOTE, false,
                               "a program runs wild within 10 ms of its start: is the image for this device?",
                               DS "\"AVR Memories\"" },
    [CHECK_PROGRAM_ICR] = { "program_icr", "ICR1", "", CHECK_UNIT_NONE, CHECK_NOTE, false,
                            "a program writes ICR1 before the mode that uses it as TOP; the datasheet says that it can be "
                            "written in such a mode only, users' chips keep it (switch icr_sticks)",
                            DS "\"Input Capture Register\"" },
    [CHECK_PROGRAM_REGISTER] = { "program_register", "data", "", CHECK_UNIT_ADDRESS, CHECK_NOTE, false,
                                 "a program uses a register of this part that its simulated core does not have",
                                 "\"Register Summary\" of the part; cores: libsimavr 1.6" },
};

void checker_init(struct checker *c, struct sim *sim)
{
    memset(c, 0, sizeof *c);
    c->sim = sim;
    for (unsigned r = 0; r < CHECKER_RULES; r++) {
        c->margins[r].margin = INT64_MAX;
    }
}

void checker_free(struct checker *c)
{
    for (size_t i = 0; i < c->n_findings; i++) {
        free(c->findings[i].text);
    }
    free(c->findings);
    c->findings = NULL;
    c->n_findings = c->cap_findings = 0;
}

const struct checker_rule_info *checker_rule_info(enum checker_rule rule)
{
    assert(rule < CHECKER_RULES);
    return &info[rule];
}

enum checker_rule checker_rule_find(const char *id)
{
    unsigned r = 0;

    while (r < CHECKER_RULES && strcmp(info[r].id, id) != 0) {
        r++;
    }
    return r;
}

/* What a core says of its program (program_*) keeps its order. */
static unsigned rank(enum checker_rule rule)
{
    return rule < CHECK_PROGRAM_ERASED ? rule : CHECK_PROGRAM_ERASED;
}

/* By time, and within an instant by rule and net: whoever noticed first says nothing about the programmer. */
static bool comes_before(const struct checker_finding *a, const struct checker_finding *b)
{
    if (a->at_ps != b->at_ps) {
        return a->at_ps < b->at_ps;
    }
    if (rank(a->rule) != rank(b->rule)) {
        return rank(a->rule) < rank(b->rule);
    }
    assert(a->net && b->net); /* each rule has one, "" at least */
    return strcmp(a->net, b->net) < 0;
}

static void keep(struct checker *c, const struct checker_finding *f)
{
    if (c->n_findings == c->cap_findings) {
        c->cap_findings = c->cap_findings ? 2 * c->cap_findings : 64;
        c->findings = memory_grown(c->findings, c->cap_findings, sizeof *c->findings);
    }
    size_t i = c->n_findings++;
    while (i && comes_before(f, &c->findings[i - 1])) { /* a part may learn of an edge a little late */
        c->findings[i] = c->findings[i - 1];
        i--;
    }
    c->findings[i] = *f;
}

void checker_where_now(const struct checker *c, struct checker_where *w)
{
    memset(w, 0, sizeof *w);
    if (c) {
        w->step = c->step;
        if (c->where) {
            c->where(c->where_ctx, w);
        }
    }
}

static void locate(const struct checker *c, struct checker_where *w)
{
    if (c->then) {
        *w = *c->then;
    } else {
        checker_where_now(c, w);
    }
}

/* A program ran wild, mostly the target's: where the programmer was then is beside the point. */
static bool tells_its_own_place(enum checker_rule rule)
{
    _Static_assert(CHECK_PROGRAM_REGISTER + 1 == CHECKER_RULES, "those of programs are the last");
    return rule >= CHECK_PROGRAM_ERASED;
}

enum checker_severity checker_severity(const struct checker *c, enum checker_rule rule)
{
    return c->as[rule] == CHECKER_AS_IT_IS ? info[rule].severity : CHECK_NOTE;
}

static void add(struct checker *c, struct checker_finding *f)
{
    if (c->as[f->rule] == CHECKER_OFF) {
        free(f->text);
        return;
    }
    struct checker_margin *m = &c->margins[f->rule];
    bool kept = m->findings++ < CHECKER_KEEP_PER_RULE;

    f->follows = c->follows;
    f->from = c->from;
    if (f->follows && !m->follow++) {
        m->from = f->from;
    }
    if (kept) {
        locate(c, &f->where);
        f->where.has_pc &= !tells_its_own_place(f->rule);
    }
    *(f->follows ? &c->follow : checker_severity(c, f->rule) == CHECK_VIOLATION ? &c->violations : &c->notes) += 1;
    if (kept) {
        keep(c, f);
    }
    if (c->found) {
        c->found(c->found_ctx, f);
    }
    if (!kept) {
        free(f->text);
    }
}

/* The list of its rule is full, and nobody listens. */
static inline bool only_counts(const struct checker *c, enum checker_rule rule)
{
    return c->margins[rule].findings >= CHECKER_KEEP_PER_RULE && !c->found && c->as[rule] == CHECKER_AS_IT_IS &&
           !c->follows;
}

/* That was all, then. */
static bool counted(struct checker *c, enum checker_rule rule)
{
    if (!only_counts(c, rule)) {
        return false;
    }
    c->margins[rule].findings++;
    *(info[rule].severity == CHECK_VIOLATION ? &c->violations : &c->notes) += 1;
    return true;
}

void checker_report(struct checker *c, enum checker_rule rule, sim_time at_ps, const char *net, int64_t required,
                    int64_t measured)
{
    if (c && !counted(c, rule)) {
        add(c, &(struct checker_finding){
                   .at_ps = at_ps,
                   .rule = rule,
                   .net = net ? net : info[rule].net,
                   .required = required,
                   .measured = measured,
               });
    }
}

void checker_report_byte(struct checker *c, enum checker_rule rule, sim_time at_ps, const char *net, uint8_t byte,
                         int64_t required, int64_t measured)
{
    if (c && !counted(c, rule)) {
        add(c, &(struct checker_finding){ .at_ps = at_ps,
                                          .rule = rule,
                                          .net = net,
                                          .required = required,
                                          .measured = measured,
                                          .has_byte = true,
                                          .byte = byte });
    }
}

void checker_report_text(struct checker *c, enum checker_rule rule, sim_time at_ps, const char *text)
{
    if (c) {
        add(c, &(struct checker_finding){
                   .at_ps = at_ps, .rule = rule, .net = info[rule].net, .text = memory_text(text) });
    }
}

void checker_worse(struct checker *c, enum checker_rule rule, sim_time at_ps, int64_t required, int64_t measured,
                   bool broken)
{
    struct checker_margin *m = &c->margins[rule];

    assert(info[rule].has_margin);
    if (measured - required < m->margin && !c->follows) {
        m->measured_once = true;
        m->margin = measured - required;
        m->required = required;
        m->measured = measured;
        m->at_ps = at_ps;
        locate(c, &m->where);
    }
    if (broken) {
        checker_report(c, rule, at_ps, NULL, required, measured);
    }
}

static void contention(void *ctx, struct net *net, sim_time at_ps)
{
    struct checker_contention *w = ctx;
    enum net_level level = net->woken ? (enum net_level)net->level : net_level(net); /* asleep: the supply's, as ever */

    checker_report(w->checker, CHECK_CONTENTION, at_ps, net->name, 0, level);
}

static bool contention_only_counts(void *ctx)
{
    const struct checker_contention *w = ctx;

    return !w->checker || only_counts(w->checker, CHECK_CONTENTION);
}

static bool contention_counts(void *ctx)
{
    const struct checker_contention *w = ctx;

    return w->checker && counted(w->checker, CHECK_CONTENTION);
}

void checker_watch_contention(struct checker *c, struct checker_contention *w, struct net *net)
{
    w->checker = c;
    w->net = net;
    net_fight_watch_add(net, &w->watch, contention, w);
    w->watch.only_counts = contention_only_counts;
    w->watch.counts = contention_counts;
}

void checker_unwatch_contention(struct checker_contention *w)
{
    if (w->net) {
        net_fight_watch_remove(w->net, &w->watch);
        w->net = NULL;
    }
}
