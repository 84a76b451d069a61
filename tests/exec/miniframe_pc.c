/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * usage: miniframe_pc PORT FILE   writes FILE's bytes to an ATmega328P's flash through the RS232 miniframe programmer
 *                                 (two 4001) and verifies them
 *
 * What a user of that programmer writes: termios, 6N1 at 115200 baud, RTS (supply), DTR (RESET). It knows nothing of
 * the bench. Two SPI bits a character: start, b, b, low | high, b, b, low (a UART bit 0 is high on the line); where an
 * answer is wanted the first cell of b stays low, so that MISO can be seen in it. Exit status: 0 verified, 1 not.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/select.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

enum { CHARACTERS = 16, PAGE = 128, MOST = 32768, TRIES = 8 };

static int port;

static void fail(const char *what)
{
    fprintf(stderr, "miniframe_pc: %s%s%s\n", what, errno ? ": " : "", errno ? strerror(errno) : "");
    exit(1);
}

static void sleep_ms(long ms)
{
    const struct timespec t = { ms / 1000, ms % 1000 * 1000000 };

    nanosleep(&t, NULL);
}

/* ---- one instruction ---- */

static uint8_t character(unsigned two_bits, bool duplex)
{
    uint8_t value = 0x3F & ~(1u << 3); /* the second frame's start cell */

    for (unsigned frame = 0; frame < 2; frame++) {
        bool one = two_bits >> (1 - frame) & 1;

        for (unsigned cell = duplex ? 2 : 1; !one && cell < 3; cell++) {
            value &= (uint8_t) ~(1u << (4 * frame + cell - 1));
        }
    }
    return value;
}

static void receive(uint8_t *bytes, size_t n)
{
    for (size_t got = 0; got < n;) {
        struct timeval limit = { .tv_usec = 20000 };
        fd_set in;

        FD_ZERO(&in);
        FD_SET(port, &in);
        if (select(port + 1, &in, NULL, NULL, &limit) <= 0) { /* what does not come back is idle: ones */
            memset(bytes + got, 0, n - got);
            return;
        }
        ssize_t more = read(port, bytes + got, n - got);

        if (more <= 0) {
            fail("read");
        }
        got += (size_t)more;
    }
}

static uint32_t exchange(uint32_t word)
{
    uint8_t out[CHARACTERS], in[CHARACTERS];
    uint32_t answer = 0;

    tcflush(port, TCIFLUSH);
    for (unsigned i = 0; i < CHARACTERS; i++) {
        out[i] = character(word >> (30 - 2 * i) & 3, i >= CHARACTERS / 2);
    }
    if (write(port, out, sizeof out) != sizeof out) {
        fail("write");
    }
    receive(in, sizeof in);
    for (unsigned i = 0; i < CHARACTERS; i++) { /* a cell that is high on the line (0) is MISO's 1 */
        answer = answer << 2 | (in[i] & 1 ? 0u : 2u) | (in[i] & 1 << 4 ? 0u : 1u);
    }
    return answer;
}

/* One that needs no answer: the next may follow. */
static void send_only(uint32_t word)
{
    uint8_t out[CHARACTERS];

    for (unsigned i = 0; i < CHARACTERS; i++) {
        out[i] = character(word >> (30 - 2 * i) & 3, false);
    }
    if (write(port, out, sizeof out) != sizeof out) {
        fail("write");
    }
}

/* ---- the session ---- */

static void set_lines(bool rts, bool dtr)
{
    int on = (rts ? TIOCM_RTS : 0) | (dtr ? TIOCM_DTR : 0);

    if (ioctl(port, TIOCMSET, &on) != 0) {
        fail("TIOCMSET");
    }
}

static void open_port(const char *path)
{
    struct termios t;

    port = open(path, O_RDWR | O_NOCTTY);
    if (port < 0 || tcgetattr(port, &t) != 0) {
        fail(path);
    }
    t.c_iflag = t.c_oflag = t.c_lflag = 0;
    t.c_cflag = CS6 | CREAD | CLOCAL | HUPCL;
    t.c_cc[VMIN] = 1;
    t.c_cc[VTIME] = 0;
    cfsetspeed(&t, B115200);
    if (tcsetattr(port, TCSANOW, &t) != 0) {
        fail("tcsetattr");
    }
}

/* Cold: both lines low until the supply is gone, RTS up, then DTR, which takes RESET low and sets the latch. */
static void enter(void)
{
    set_lines(false, false);
    sleep_ms(500);
    set_lines(true, false);
    sleep_ms(500);
    for (unsigned i = 0; i < TRIES; i++) {
        set_lines(true, true);
        sleep_ms(25);
        if ((exchange(0xAC530000) >> 8 & 0xFF) == 0x53) {
            return;
        }
        set_lines(true, false); /* RESET up for a moment */
        sleep_ms(1);
    }
    errno = 0;
    fail("no answer to Programming Enable");
}

static void write_page(const uint8_t *bytes, unsigned page)
{
    for (unsigned w = 0; w < PAGE / 2; w++) {
        send_only(0x40000000 | w << 8 | bytes[2 * w]);
        send_only(0x48000000 | w << 8 | bytes[2 * w + 1]);
    }
    send_only(0x4C000000 | page * (PAGE / 2) << 8);
    tcdrain(port);
    sleep_ms(5);
}

static unsigned read_byte(unsigned address)
{
    return exchange((address & 1 ? 0x28000000u : 0x20000000u) | address / 2 << 8) & 0xFF;
}

int main(int argc, char **argv)
{
    static uint8_t bytes[MOST];
    FILE *f = argc == 3 ? fopen(argv[2], "rb") : NULL;
    size_t n = f ? fread(bytes, 1, sizeof bytes, f) : 0, wrong = 0;

    if (!n || n % PAGE) {
        fail("usage: miniframe_pc PORT FILE, whole pages of 128 bytes");
    }
    fclose(f);
    open_port(argv[1]);
    enter();
    for (unsigned i = 0; i < 3; i++) {
        printf("%02x%s", exchange(0x30000000 | i << 8) & 0xFF, i < 2 ? " " : "\n");
    }
    exchange(0xAC800000);
    sleep_ms(10);
    for (unsigned page = 0; page < n / PAGE; page++) {
        write_page(bytes + page * PAGE, page);
    }
    for (unsigned i = 0; i < n; i++) {
        wrong += read_byte(i) != bytes[i];
    }
    printf("%zu bytes, %zu wrong\n", n, wrong);
    close(port);
    return wrong != 0;
}
