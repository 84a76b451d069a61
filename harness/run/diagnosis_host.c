/* SPDX-License-Identifier: GPL-3.0-or-later */
/* diagnosis_host.c - causes between the host and the programmer: ports, speeds, protocols, bytes that were lost */
#include "harness/base/quantity.h"
#include "harness/exec/devices.h"
#include "harness/hosts/host_rows.h"
#include "harness/report/finding_text.h"
#include "harness/run/diagnosis.h"
#include "harness/run/diagnosis_rows.h"
#include "mcu/mcu_board.h"
#include "mcu/target_core.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BAUD_PERMILLE 40 /* a UART bears so much */

/* ---- what avrdude was told ---- */

/* The value of "-p X" or "-pX"; the last counts. */
static void option_of(const char *const *args, char letter, char *to, size_t n)
{
    to[0] = '\0';
    for (; *args; args++) {
        const char *a = *args;

        if (a[0] != '-' || a[1] != letter || (!a[2] && !args[1])) {
            continue;
        }
        snprintf(to, n, "%s", a[2] ? a + 2 : args[1]);
    }
}

/* "efuse:w:0x05:m" */
static void take_update(struct diagnosis_program *p, const char *text)
{
    static const char *const names[] = { "lfuse:", "hfuse:", "efuse:", "lock:" };
    size_t n = strlen(text);

    p->fuses |= strstr(text, "fuse:") != NULL || !strncmp(text, "lock:", 5);
    p->eeprom |= !strncmp(text, "eeprom:", 7);
    for (unsigned i = 0; i < 4; i++) {
        size_t k = strlen(names[i]);

        if (!strncmp(text, names[i], k) && text[k] && text[k + 1] == ':' && n > 2 && !strcmp(text + n - 2, ":m")) {
            p->fuse[i] = (int)(strtoul(text + k + 2, NULL, 0) & 0xFF);
        }
    }
}

void diagnosis_program_ended(struct diagnosis_program *p, const char *program, const char *const *args, bool on_target,
                             const struct exec_result *result)
{
    const char *base = strrchr(program, '/');

    *p = (struct diagnosis_program){
        .ran = true,
        .is_avrdude = !strcmp(base ? base + 1 : program, "avrdude"),
        .on_target = on_target,
        .opens = result->opens,
        .fuse = { -1, -1, -1, -1 },
    };
    if (!p->is_avrdude) {
        return;
    }
    option_of(args, 'p', p->part, sizeof p->part);
    option_of(args, 'c', p->programmer, sizeof p->programmer);
    option_of(args, 'P', p->port, sizeof p->port);
    for (; *args; args++) {
        if (!strncmp(*args, "-U", 2) && ((*args)[2] || args[1])) {
            take_update(p, (*args)[2] ? *args + 2 : args[1]);
        }
    }
}

/* ---- the port ---- */

/* Does the step speak to the firmware of a microcontroller, on its serial port? */
static bool speaks_to_firmware(const struct asked *a)
{
    const struct diagnosis_program *p = &a->d->program;
    char path[DEVICE_PATH_BYTES];

    return board_mcu(a->b) && !p->on_target &&
           (!p->ran || !p->is_avrdude || p->port[0] == '\0' ||
            !strcmp(p->port, devices_port_path(a->b, BOARD_PORT_PROGRAMMER, path)));
}

bool nothing_opened(const struct asked *a)
{
    const struct diagnosis_program *p = &a->d->program;
    char path[DEVICE_PATH_BYTES];

    devices_port_path(a->b, BOARD_PORT_PROGRAMMER, path);
    if (!p->is_avrdude || p->opens || !strcmp(p->port, path)) { /* what it had against that one, it says itself */
        return false;
    }
    return say(a,
               "avrdude opened none of this board's devices%s%s: the programmer's own serial port is %s (-P); `limpet "
               "help exec` lists the others",
               p->port[0] ? ", and there is no " : "", p->port, path);
}

/* ---- speeds and protocols ---- */

/* The usual figure that was meant: 19231 is what 16 MHz make of 19200. */
static uint32_t nominal_baud(uint32_t baud)
{
    static const uint32_t usual[] = { 300,   1200,  2400,  4800,   9600,   14400,  19200,  28800,
                                      38400, 57600, 76800, 115200, 230400, 250000, 500000, 1000000 };

    for (unsigned i = 0; i < sizeof usual / sizeof usual[0]; i++) {
        uint32_t apart = usual[i] > baud ? usual[i] - baud : baud - usual[i];

        if ((uint64_t)apart * 1000 <= (uint64_t)usual[i] * 25) {
            return usual[i];
        }
    }
    return baud;
}

static bool differ(uint32_t speaks, uint32_t listens)
{
    uint32_t apart = speaks > listens ? speaks - listens : listens - speaks;

    return (uint64_t)apart * 1000 > (uint64_t)listens * BAUD_PERMILLE;
}

static uint32_t host_speaks(const struct asked *a, enum board_port port)
{
    const struct uart_format *f = &board_ports(a->b)->line[port].spoke;

    return f->bit_num ? (uint32_t)(f->bit_den * SIM_S / f->bit_num) : 0; /* 0: it has not spoken */
}

/* Text came that the host, which only listens, could not read. */
bool wrong_baud_heard(const struct asked *a)
{
    const struct serial_line *line = &board_ports(a->b)->line[BOARD_PORT_PROGRAMMER];
    uint32_t speaks = board_programmer_baud(a->b);
    uint64_t bit = line->rx.format.bit_num;
    uint32_t listens = bit ? (uint32_t)(line->rx.format.bit_den * SIM_S / bit) : 0;

    if (!speaks_to_firmware(a) || !speaks || line->n_sent != a->d->sent || !line->n_received ||
        !differ(listens, speaks)) {
        return false;
    }
    return say(a, "the programmer's firmware speaks at %u baud, the host listens at %u: give the host that speed",
               nominal_baud(speaks), nominal_baud(listens));
}

bool wrong_baud(const struct asked *a)
{
    uint32_t listens = board_programmer_baud(a->b), speaks = host_speaks(a, BOARD_PORT_PROGRAMMER);
    char exactly[40] = "";

    if (!speaks_to_firmware(a) || board_ports(a->b)->line[BOARD_PORT_PROGRAMMER].n_sent == a->d->sent) {
        return false;
    }
    if (!listens) {
        return say(a, "the programmer's firmware does not listen on its serial port: its USART is off; is it a "
                      "programmer's, for this chip?");
    }
    if (!differ(speaks, listens)) {
        return false;
    }
    if (nominal_baud(listens) != listens) {
        snprintf(exactly, sizeof exactly, " (%u)", listens);
    }
    return say(
        a,
        "the host speaks at %u baud, the programmer's firmware listens at %u%s: give the host that speed (avrdude's "
        "-b, programmer.baud)%s",
        nominal_baud(speaks), nominal_baud(listens), exactly,
        firmware_row_of(board_scenario(a->b)->board.programmer.firmware) ? "" : ", if it is a programmer's");
}

/* What our own firmware speaks is known. */
bool wrong_protocol(const struct asked *a)
{
    const struct programmer_config *cfg = &board_scenario(a->b)->board.programmer;
    const struct diagnosis_program *p = &a->d->program;
    const struct firmware_row *fw = cfg->firmware ? firmware_row_of(cfg->firmware) : NULL;
    const struct host_row *host = fw ? host_row_of(fw->host) : NULL;

    if (!host || (!p->programmer[0] && !a->d->reaches_target) || !speaks_to_firmware(a) || touched(a)) {
        return false;
    }
    if (!p->programmer[0] && strncmp(cfg->host->name, host->name, strlen(host->name)) &&
        strcmp(cfg->host->name, fw->serial_host ? fw->serial_host : "")) {
        return say(a, "the host speaks %s, the programmer's firmware (%s) speaks %s: say host: %s", cfg->host->name,
                   cfg->firmware, host->name, host->name);
    }
    if (!p->programmer[0]) {
        return false;
    }
    for (unsigned i = 0; i < sizeof host->avrdude_c / sizeof host->avrdude_c[0] && host->avrdude_c[i]; i++) {
        if (!strcmp(host->avrdude_c[i], p->programmer)) {
            return false;
        }
    }
    return say(a, "avrdude speaks -c %s, the programmer's firmware (%s) speaks %s: say -c %s", p->programmer,
               cfg->firmware, host->name, host->avrdude_c[0]);
}

/* ---- bytes ---- */

bool bytes_lost(const struct asked *a)
{
    uint64_t n = board_mcu(a->b) ? mcu_board_counters(board_mcu(a->b)).rx_overruns - a->d->rx_overruns : 0;

    return n && say(a,
                    "the programmer's USART lost %" PRIu64
                    " byte%s: its firmware did not fetch them in time; send slower, or wait "
                    "for its answers",
                    n, n == 1 ? "" : "s");
}

/* Resets that opening the port doesn't explain; 0: none. */
static uint64_t resets_in_session(const struct asked *a, uint64_t resets)
{
    const struct diagnosis *d = a->d;
    bool opening = board_scenario(a->b)->board.programmer.auto_reset;

    if (d->program.ran) {
        uint64_t by_opening = opening ? d->program.opens : 0;

        return resets - d->resets > by_opening ? resets - d->resets - by_opening : 0;
    }
    return d->session_ps != SIM_NEVER && resets > d->session_resets ? resets - d->session_resets : 0;
}

bool programmer_was_reset(const struct asked *a)
{
    uint64_t resets = board_mcu(a->b) ? mcu_board_counters(board_mcu(a->b)).resets : 0, n = resets - a->d->resets;

    if (!resets || !speaks_to_firmware(a)) {
        return false;
    }
    if (resets_in_session(a, resets) && touched(a)) {
        return say(a, "the programmer was reset in mid-session, and has forgotten it: enter again");
    }
    if (!n || touched(a)) {
        return false;
    }
    return say(
        a, "the programmer was reset in this step (%" PRIu64 " time%s), and did nothing to the target after that: %s",
        n, n == 1 ? "" : "s",
        board_scenario(a->b)->board.programmer.auto_reset
            ? "opening its port does it; 10 uF from its RESET to ground keep it off, or the host waits longer"
            : "its own watchdog, or somebody's reset_programmer");
}

bool programmer_silent(const struct asked *a)
{
    const struct serial_line *line = &board_ports(a->b)->line[BOARD_PORT_PROGRAMMER];
    uint64_t sent = line->n_sent - a->d->sent, received = line->n_received - a->d->received;

    if (!speaks_to_firmware(a) || !sent || touched(a)) {
        return false;
    }
    if (received && !a->d->reaches_target) {
        return false;
    }
    if (received) {
        return say(a,
                   "the programmer's firmware got %" PRIu64 " bytes and sent %" PRIu64
                   ", but moved no wire of the target: does it speak what its host speaks?",
                   sent, received);
    }
    return say(a,
               "the programmer's firmware got %" PRIu64 " bytes, answered none and moved no wire: does it run, is it a "
               "programmer's, and does it speak what its host speaks?",
               sent);
}

#define HANGS_PS \
    (400 * SIM_MS) /* less than any host waits, more than any programmer thinks, or a judge after its session */

/* It got a command, and its answer does not come, or does not end: what its wires and its program do instead. */
bool programmer_hangs(const struct asked *a)
{
    const struct serial_line *line = &board_ports(a->b)->line[BOARD_PORT_PROGRAMMER];
    struct net *sck = board_net(a->b, "target.sck");
    sim_time now_ps = board_now(a->b), since_ps = line->moved_ps;
    struct checker_where w;
    char at[48], source[400], bytes[16];

    if (!speaks_to_firmware(a) || line->n_sent == a->d->sent || a->t->rules.misread || now_ps - since_ps < HANGS_PS) {
        return false;
    }
    checker_where_now(a->c, &w);
    if (!finding_source_text(&w, board_source_lines(a->b, NULL), 3, source, sizeof source)[0] && w.has_pc) {
        snprintf(source, sizeof source, "0x%04" PRIX32, w.pc);
    }
    quantity_text(QUANTITY_TIME_PS, (int64_t)since_ps, at, sizeof at);
    net_wake(sck);
    if (!sck || now_ps - sck->changed_ps > HANGS_PS) {
        return say(a, "the programmer says nothing more since %s, and does nothing to the target: its program is in %s",
                   at, source);
    }
    if (w.n_bits) { /* what has come of this one, and the rest of the one before, which was the same */
        w.frame = w.frame >> w.n_bits | w.frame << (32 - w.n_bits);
        w.n_bits = 0;
    }
    bool ready = a->t->spi.enabled && w.frame >> 24 == 0xF0 && a->t->nvm->work == NVM_IDLE;
    return say(a, "the programmer says nothing more since %s: it still sends %s to the target%s, in %s", at,
               finding_instruction_text(&w, bytes, sizeof bytes),
               ready ? ", which says that it is ready (bit 0 of the answer is 0)" : "", source);
}

/* A bootloader in the target. */
bool target_silent(const struct asked *a)
{
    const struct target_core *core = board_target_core(a->b);
    uint32_t listens = core ? target_core_baud(core) : 0, speaks = host_speaks(a, BOARD_PORT_TARGET);

    if (!a->d->program.on_target || !a->d->program.is_avrdude) {
        return false;
    }
    if (!a->t->clock.runs) {
        return false; /* no_clock knows more */
    }
    if (a->t->mode != TARGET_RUNNING) {
        return say(a, "no program runs in the target: it is %s", target_mode_name(a->t->mode));
    }
    if (strcmp(board_scenario(a->b)->board.target.uart.rx, "pd0")) {
        return false; /* no USART: its program counts bits */
    }
    if (!listens) {
        return say(
            a, "the target's program does not listen on its USART: no bootloader is there, or it has gone on to the "
               "application (reset it: board.target.uart.auto_reset)");
    }
    if (differ(speaks, listens)) {
        return say(
            a,
            "the host speaks at %u baud, the target's program listens at %u: another bootloader, or the application. Give the host that "
            "speed (avrdude's -b), or reset the target as the port is opened",
            nominal_baud(speaks), nominal_baud(listens));
    }
    return false;
}

bool bootloader_knows_no_fuses(const struct asked *a)
{
    return a->d->program.on_target && a->d->program.fuses &&
           say(a,
               "a bootloader can't write fuses, and most answer 0 where they are asked for them: fuses need a programmer on "
               "the ISP pins");
}
