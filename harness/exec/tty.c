/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/exec/tty.h"

#include "sim/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/serial.h>
#include <linux/termios.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

enum {
    BASE_BAUD = 115200,
    INPUT_BYTES = 65536,
    OUTPUT_BYTES = 4096,
    WAKEUP_BYTES = 256 /* of Linux: who writes on sleeps until so few wait */,
    BREAK_MS = 250
};

struct tty {
    struct sim *sim;
    const struct tty_line_type *type;
    void *line;
    struct termios2 t;
    uint8_t input[INPUT_BYTES]; /* what read() may have, then a line that is not yet whole */
    size_t n_input, n_whole;
    uint8_t eof_at_0; /* canonical: so many ends of file stand before all bytes */
    uint64_t sent, received;
    bool dtr, rts, is_break, exclusive;
    sim_time line_byte_ps; /* when the last byte came, for VTIME */
    struct serial_icounter_struct counts;
    struct serial_struct serial; /* of TIOCSSERIAL */
    unsigned inputs;             /* of the modem, as last counted */
};

static struct tty *tty_of(const struct device *d)
{
    return d->own;
}

/* ---- settings ---- */

static const struct {
    uint32_t code, baud;
} speeds[] = {
    { B0, 0 },
    { B50, 50 },
    { B75, 75 },
    { B110, 110 },
    { B134, 134 },
    { B150, 150 },
    { B200, 200 },
    { B300, 300 },
    { B600, 600 },
    { B1200, 1200 },
    { B1800, 1800 },
    { B2400, 2400 },
    { B4800, 4800 },
    { B9600, 9600 },
    { B19200, 19200 },
    { B38400, 38400 },
    { B57600, 57600 },
    { B115200, 115200 },
    { B230400, 230400 },
    { B460800, 460800 },
    { B500000, 500000 },
    { B576000, 576000 },
    { B921600, 921600 },
    { B1000000, 1000000 },
    { B1152000, 1152000 },
    { B1500000, 1500000 },
    { B2000000, 2000000 },
    { B2500000, 2500000 },
    { B3000000, 3000000 },
    { B3500000, 3500000 },
    { B4000000, 4000000 },
};

/* serial: how B38400 is to be taken, as setserial(8) says. */
static uint32_t baud_of(const struct termios2 *t, const struct serial_struct *serial)
{
    if ((t->c_cflag & CBAUD) == BOTHER) {
        return t->c_ospeed;
    }
    if ((t->c_cflag & CBAUD) == B38400 && (serial->flags & ASYNC_SPD_MASK) == ASYNC_SPD_CUST) {
        return BASE_BAUD / (uint32_t)serial->custom_divisor;
    }
    for (unsigned i = 0; i < sizeof speeds / sizeof speeds[0]; i++) {
        if (speeds[i].code == (t->c_cflag & CBAUD)) {
            return speeds[i].baud;
        }
    }
    return 9600;
}

/* The code of a speed; BOTHER: it has none. */
static uint32_t code_of(uint32_t baud)
{
    for (unsigned i = 0; i < sizeof speeds / sizeof speeds[0]; i++) {
        if (speeds[i].baud == baud && baud) {
            return speeds[i].code;
        }
    }
    return BOTHER;
}

static void set_modem(struct tty *y, bool dtr, bool rts)
{
    if (dtr != y->dtr || rts != y->rts) {
        y->dtr = dtr;
        y->rts = rts;
        y->type->modem(y->line, dtr, rts);
    }
}

static void set_line(struct tty *y)
{
    uint32_t baud = baud_of(&y->t, &y->serial), c = y->t.c_cflag;
    struct uart_format f = uart_8n1(baud ? baud : 9600);

    f.data_bits = (uint8_t)((c & CSIZE) == CS5 ? 5 : (c & CSIZE) == CS6 ? 6 : (c & CSIZE) == CS7 ? 7 : 8);
    f.parity = !(c & PARENB) ? UART_NO_PARITY
               : c & CMSPAR  ? (c & PARODD ? UART_MARK : UART_SPACE)
                             : (c & PARODD ? UART_ODD : UART_EVEN);
    f.stop_bits = c & CSTOPB ? 2 : 1;
    if (baud) {
        y->type->format(y->line, &f, baud);
    }
}

static void reset_settings(struct tty *y, uint32_t baud)
{
    static const uint8_t cc[NCCS] = {
        [VINTR] = 3,  [VQUIT] = 28, [VERASE] = 127,  [VKILL] = 21,    [VEOF] = 4,     [VMIN] = 1,    [VSTART] = 17,
        [VSTOP] = 19, [VSUSP] = 26, [VREPRINT] = 18, [VDISCARD] = 15, [VWERASE] = 23, [VLNEXT] = 22,
    };

    y->t = (struct termios2){
        .c_iflag = ICRNL | IXON,
        .c_oflag = OPOST | ONLCR,
        .c_cflag = code_of(baud) | CS8 | CREAD | HUPCL | CLOCAL,
        .c_lflag = ISIG | ICANON | ECHO | ECHOE | ECHOK | ECHOCTL | ECHOKE | IEXTEN,
        .c_ispeed = baud,
        .c_ospeed = baud,
    };
    memcpy(y->t.c_cc, cc, sizeof cc);
}

static void take_settings(struct tty *y, const struct termios2 *t)
{
    bool was_on = baud_of(&y->t, &y->serial) != 0;
    bool canonical = y->t.c_lflag & ICANON;

    y->t = *t;
    y->t.c_ospeed = y->t.c_ispeed = baud_of(t, &y->serial);
    set_line(y);
    if (was_on != (baud_of(t, &y->serial) != 0)) { /* B0 hangs up */
        set_modem(y, !was_on, !was_on);
    }
    if (canonical && !(t->c_lflag & ICANON)) {
        y->n_whole = y->n_input;
    }
    sim_wake(y->sim);
}

/* ---- input ---- */

static void echo(struct tty *y, uint8_t byte)
{
    if (y->t.c_lflag & ECHO || (y->t.c_lflag & ECHONL && byte == '\n' && y->t.c_lflag & ICANON)) {
        if (byte == '\n' && y->t.c_oflag & OPOST && y->t.c_oflag & ONLCR) {
            y->type->send(y->line, (const uint8_t *)"\r\n", 2);
        } else {
            y->type->send(y->line, &byte, 1);
        }
    }
}

static void put(struct tty *y, uint8_t byte)
{
    if (y->n_input < INPUT_BYTES) {
        y->input[y->n_input++] = byte;
    } else { /* it is lost */
        y->counts.buf_overrun++;
    }
}

/* Erase, kill, end of file. False: an ordinary character. */
static bool edits(struct tty *y, uint8_t byte)
{
    if (byte == y->t.c_cc[VERASE] && byte) {
        y->n_input -= y->n_input > y->n_whole;
    } else if (byte == y->t.c_cc[VKILL] && byte) {
        y->n_input = y->n_whole;
    } else if (byte == y->t.c_cc[VEOF] && byte) {
        if (y->n_input == 0) {
            y->eof_at_0++;
        }
        y->n_whole = y->n_input;
    } else {
        return false;
    }
    return true;
}

/* Past what edits and translates. */
static void put_as_is(struct tty *y, uint8_t byte)
{
    put(y, byte);
    if (!(y->t.c_lflag & ICANON)) {
        y->n_whole = y->n_input;
    }
}

/* What is read of a break and of a byte that came with an error, as termios(3) has it. */
static void put_bad(struct tty *y, uint8_t byte, enum tty_reception how)
{
    bool is_break = how == TTY_BREAK;

    if (y->t.c_iflag & (is_break ? IGNBRK | BRKINT : IGNPAR)) {
        return;
    }
    if (y->t.c_iflag & PARMRK) {
        put_as_is(y, 0xFF);
        put_as_is(y, 0);
    }
    put_as_is(y, is_break || !(y->t.c_iflag & PARMRK) ? 0 : byte);
    sim_wake(y->sim);
}

void tty_received_as(struct device *d, uint8_t byte, enum tty_reception how)
{
    struct tty *y = tty_of(d);

    y->counts.brk += how == TTY_BREAK;
    y->counts.frame += how == TTY_BAD_STOP_BIT;
    y->counts.parity += how == TTY_BAD_PARITY;
    if (how == TTY_GOOD || (how != TTY_BREAK && !(y->t.c_iflag & (INPCK | IGNPAR)))) {
        tty_received(d, byte);
    } else if (d->opens && y->t.c_cflag & CREAD) {
        y->line_byte_ps = y->sim->now_ps;
        put_bad(y, byte, how);
    }
}

void tty_received(struct device *d, uint8_t byte)
{
    struct tty *y = tty_of(d);

    if (!d->opens || !(y->t.c_cflag & CREAD)) {
        return;
    }
    y->counts.rx++;
    y->line_byte_ps = y->sim->now_ps;
    if (byte == 0xFF && y->t.c_iflag & PARMRK && !(y->t.c_iflag & ISTRIP)) {
        put_as_is(y, byte);
    }
    if (y->t.c_iflag & ISTRIP) {
        byte &= 0x7F;
    }
    if (byte == '\r' && y->t.c_iflag & IGNCR) {
        return;
    }
    if (byte == '\r' && y->t.c_iflag & ICRNL) {
        byte = '\n';
    } else if (byte == '\n' && y->t.c_iflag & INLCR) {
        byte = '\r';
    }
    if (!(y->t.c_lflag & ICANON)) {
        put(y, byte);
        echo(y, byte);
        y->n_whole = y->n_input;
    } else if (!edits(y, byte)) {
        put(y, byte);
        echo(y, byte);
        if (byte == '\n' || (byte && (byte == y->t.c_cc[VEOL] || byte == y->t.c_cc[VEOL2]))) {
            y->n_whole = y->n_input;
        }
    }
    sim_wake(y->sim);
}

static void take(struct device *d, size_t n)
{
    struct tty *y = tty_of(d);

    n = n < y->n_whole ? n : y->n_whole;
    memmove(y->input, y->input + n, y->n_input - n);
    y->n_input -= n;
    y->n_whole -= n;
    y->received += n;
}

/* In front of what came since. Where there is no room for both, the newest is lost. */
static void give_back(struct device *d, const uint8_t *bytes, size_t n)
{
    struct tty *y = tty_of(d);
    size_t keep = y->n_input < INPUT_BYTES - n ? y->n_input : INPUT_BYTES - n;

    memmove(y->input + n, y->input, keep);
    memcpy(y->input, bytes, n);
    y->n_input = keep + n;
    y->n_whole = y->n_whole + n < y->n_input ? y->n_whole + n : y->n_input;
    y->received -= n;
}

/* Canonical: to the end of the line. */
static size_t readable(const struct tty *y, size_t n)
{
    n = n < y->n_whole ? n : y->n_whole;
    if (y->t.c_lflag & ICANON) {
        const uint8_t *end = memchr(y->input, '\n', n);

        n = end ? (size_t)(end - y->input) + 1 : n;
    }
    return n;
}

static bool is_raw(const struct tty *y)
{
    return !(y->t.c_lflag & ICANON);
}

/* Raw: how many bytes read() waits for, and until when. -EAGAIN: it goes on waiting. */
static int raw_wait(struct tty *y, size_t n, struct device_call *call)
{
    sim_time every_ps = y->t.c_cc[VTIME] * 100 * SIM_MS;
    size_t least = y->t.c_cc[VMIN] < n ? y->t.c_cc[VMIN] : n;
    sim_time from_ps;

    if (y->n_whole >= (least ? least : 1) || (!least && !every_ps)) {
        return 0;
    }
    if (!every_ps || (least && !y->n_whole)) { /* with VMIN the timer starts at the first byte */
        return -EAGAIN;
    }
    if (!call->memo) {
        call->memo = y->sim->now_ps + 1;
    }
    from_ps = least ? y->line_byte_ps : call->memo - 1;
    call->retry_ps = from_ps + every_ps;
    return y->sim->now_ps >= call->retry_ps ? 0 : -EAGAIN;
}

static ssize_t read_tty(struct device *d, void *to, size_t n, struct device_call *call)
{
    struct tty *y = tty_of(d);

    if (is_raw(y)) {
        int wait = raw_wait(y, n, call);

        if (wait) {
            return wait;
        }
    } else if (y->eof_at_0) {
        y->eof_at_0--;
        return 0;
    } else if (!y->n_whole) {
        return -EAGAIN;
    }
    n = readable(y, n);
    memcpy(to, y->input, n);
    take(d, n);
    return (ssize_t)n;
}

static const uint8_t *peek(struct device *d, size_t *n)
{
    const struct tty *y = tty_of(d);

    *n = is_raw(y) && y->t.c_cc[VMIN] <= 1 ? y->n_whole : 0;
    return y->input;
}

/* ---- output ---- */

static size_t pending(const struct tty *y)
{
    return y->type->pending(y->line);
}

static size_t room(struct device *d)
{
    const struct tty *y = tty_of(d);
    size_t n = pending(y);

    return n < OUTPUT_BYTES ? OUTPUT_BYTES - n : 0;
}

static bool is_nearly_sent(const struct tty *y)
{
    return pending(y) < WAKEUP_BYTES;
}

static ssize_t write_tty(struct device *d, const void *bytes, size_t n, struct device_call *call)
{
    struct tty *y = tty_of(d);
    const uint8_t *b = bytes;
    size_t most = room(d);

    if (n && (call->memo ? !is_nearly_sent(y) : most < 2)) {
        call->memo = 1; /* it sleeps now */
        return -EAGAIN;
    }
    if (!(y->t.c_oflag & OPOST && y->t.c_oflag & ONLCR)) {
        n = n < most ? n : most;
        y->type->send(y->line, b, n);
        y->sent += n;
        return (ssize_t)n;
    }
    size_t done = 0;

    for (size_t used = 0; done < n && used + 2 <= most; done++) {
        if (b[done] == '\n') {
            y->type->send(y->line, (const uint8_t *)"\r", 1);
            used++;
        }
        y->type->send(y->line, &b[done], 1);
        used++;
    }
    y->sent += done;
    return (ssize_t)done;
}

static int drain(const struct tty *y)
{
    return pending(y) || y->type->busy(y->line) ? -EAGAIN : 0;
}

/* ---- ioctl ---- */

static int out(struct device_ioctl *i, const void *from, size_t n)
{
    if (n > i->room) {
        return -EINVAL;
    }
    memcpy(i->out, from, n);
    i->n_out = n;
    return 0;
}

static int out_int(struct device_ioctl *i, int value)
{
    return out(i, &value, sizeof value);
}

static void flush_input(struct tty *y)
{
    y->n_input = y->n_whole = 0;
    y->eof_at_0 = 0;
}

/* when: TCSETS's 0, W's 1, F's 2. */
static int set_settings(struct tty *y, const struct device_ioctl *i, unsigned when)
{
    struct termios2 t = y->t;

    if (i->n_in > sizeof t || i->n_in < sizeof(struct termios)) {
        return -EINVAL;
    }
    if (when && drain(y)) {
        return -EAGAIN;
    }
    memcpy(&t, i->in, i->n_in);
    if (i->n_in == sizeof(struct termios) && (t.c_cflag & CBAUD) == BOTHER) {
        t.c_ospeed = y->t.c_ospeed;
    }
    if (when == 2) {
        flush_input(y);
    }
    take_settings(y, &t);
    return 0;
}

static unsigned inputs(const struct tty *y)
{
    return y->type->inputs ? y->type->inputs(y->line) : 0;
}

static unsigned modem_state(const struct tty *y)
{
    return (y->dtr ? TIOCM_DTR : 0) | (y->rts ? TIOCM_RTS : 0) | inputs(y);
}

static int change_modem(struct tty *y, const struct device_ioctl *i)
{
    unsigned now = (y->dtr ? TIOCM_DTR : 0) | (y->rts ? TIOCM_RTS : 0), bits;

    if (i->n_in != sizeof bits) {
        return -EINVAL;
    }
    memcpy(&bits, i->in, sizeof bits);
    now = i->request == TIOCMSET ? bits : i->request == TIOCMBIS ? now | bits : now & ~bits;
    set_modem(y, now & TIOCM_DTR, now & TIOCM_RTS);
    return 0;
}

void tty_inputs_changed(struct device *d)
{
    struct tty *y = tty_of(d);
    unsigned now = inputs(y), changed = now ^ y->inputs;

    y->inputs = now;
    y->counts.cts += (changed & TIOCM_CTS) != 0;
    y->counts.dsr += (changed & TIOCM_DSR) != 0;
    y->counts.dcd += (changed & TIOCM_CD) != 0;
    y->counts.rng += (changed & ~now & TIOCM_RI) != 0; /* its end, as a UART tells it */
    sim_wake(y->sim);
}

static int counts(struct tty *y, struct device_ioctl *i)
{
    y->counts.tx = (int)y->sent;
    return out(i, &y->counts, sizeof y->counts);
}

static int set_serial(struct tty *y, const struct device_ioctl *i)
{
    struct serial_struct s;

    if (i->n_in != sizeof s) {
        return -EINVAL;
    }
    memcpy(&s, i->in, sizeof s);
    if ((s.flags & ASYNC_SPD_MASK) == ASYNC_SPD_CUST && s.custom_divisor <= 0) {
        return -EINVAL;
    }
    y->serial.flags = s.flags;
    y->serial.custom_divisor = s.custom_divisor;
    set_line(y);
    return 0;
}

/* Until one of these inputs has changed. */
static int wait_modem(const struct tty *y, unsigned mask, struct device_call *call)
{
    const uint64_t known = UINT64_C(1) << 32;
    unsigned now = inputs(y) & mask;

    if (!call->memo) {
        call->memo = known | now;
    }
    return (unsigned)call->memo == now ? -EAGAIN : 0;
}

static void set_break(struct tty *y, bool on)
{
    if (y->is_break != on) {
        y->is_break = on;
        y->type->set_break(y->line, on);
    }
}

/* tcsendbreak() and tcdrain(): a break of a quarter of a second, or none. */
static int send_break(struct tty *y, bool none, struct device_call *call)
{
    if (none) {
        return drain(y);
    }
    if (!call->memo) {
        if (drain(y)) {
            return -EAGAIN;
        }
        set_break(y, true);
        call->memo = y->sim->now_ps + BREAK_MS * SIM_MS;
    }
    call->retry_ps = call->memo;
    if (y->sim->now_ps < call->memo) {
        return -EAGAIN;
    }
    set_break(y, false);
    return 0;
}

static int flush(struct tty *y, uint64_t which)
{
    if (which > TCIOFLUSH) {
        return -EINVAL;
    }
    if (which != TCOFLUSH) {
        flush_input(y);
    }
    if (which != TCIFLUSH) {
        y->type->discard(y->line);
    }
    return 0;
}

static int ioctl_tty(struct device *d, struct device_ioctl *i, struct device_call *call)
{
    struct tty *y = tty_of(d);

    switch (i->request) {
    case TCGETS: return out(i, &y->t, sizeof(struct termios));
    case TCGETS2: return out(i, &y->t, sizeof y->t);
    case TCSETS:
    case TCSETS2: return set_settings(y, i, 0);
    case TCSETSW:
    case TCSETSW2: return set_settings(y, i, 1);
    case TCSETSF:
    case TCSETSF2: return set_settings(y, i, 2);
    case TCSBRK: return send_break(y, i->value != 0, call);
    case TCSBRKP: return send_break(y, false, call);
    case TCXONC: return i->value <= TCION ? 0 : -EINVAL;
    case TCFLSH: return flush(y, i->value);
    case TIOCEXCL: y->exclusive = true; return 0;
    case TIOCNXCL: y->exclusive = false; return 0;
    case TIOCGEXCL: return out_int(i, y->exclusive);
    case TIOCOUTQ: return out_int(i, (int)pending(y));
    case FIONREAD: return out_int(i, (int)y->n_whole);
    case TIOCMGET: return out_int(i, (int)modem_state(y));
    case TIOCMSET:
    case TIOCMBIS:
    case TIOCMBIC: return change_modem(y, i);
    case TIOCGICOUNT: return counts(y, i);
    case TIOCGSERIAL: return out(i, &y->serial, sizeof y->serial);
    case TIOCSSERIAL: return set_serial(y, i);
    case TIOCMIWAIT: return wait_modem(y, (unsigned)i->value, call);
    case TIOCSBRK: set_break(y, true); return 0;
    case TIOCCBRK: set_break(y, false); return 0;
    case TIOCGWINSZ: return out(i, &(struct winsize){ 0 }, sizeof(struct winsize));
    default: return -ENOTTY;
    }
}

static sim_time ioctl_cost(const struct device *d, uint32_t request)
{
    switch (request) {
    case TIOCMGET:
    case TIOCMSET:
    case TIOCMBIS:
    case TIOCMBIC:
    case TIOCSBRK:
    case TIOCCBRK: return d->modem_ps;
    default: return d->call_ps;
    }
}

/* ---- open and close ---- */

static int open_tty(struct device *d, int flags)
{
    struct tty *y = tty_of(d);

    (void)flags;
    if (y->exclusive && d->opens) {
        return -EBUSY;
    }
    if (d->opens == 0) {
        flush_input(y);
        y->type->open(y->line);
        set_line(y);
        y->inputs = inputs(y);
        if (baud_of(&y->t, &y->serial)) {
            set_modem(y, true, true);
        }
    }
    return 0;
}

static void close_tty(struct device *d, int handle)
{
    struct tty *y = tty_of(d);

    (void)handle;
    if (d->opens) {
        return;
    }
    y->exclusive = false;
    set_break(y, false);
    if (y->t.c_cflag & HUPCL) {
        set_modem(y, false, false);
    }
    y->type->close(y->line);
}

static bool lingers(struct device *d)
{
    return drain(tty_of(d)) != 0;
}

static short ready(struct device *d, int handle)
{
    const struct tty *y = tty_of(d);
    bool in = y->n_whole || (!is_raw(y) && y->eof_at_0);

    (void)handle;
    return (short)((in ? POLLIN | POLLRDNORM : 0) | (is_nearly_sent(y) ? POLLOUT | POLLWRNORM : 0));
}

static void free_tty(struct device *d)
{
    free(d->own);
    d->own = NULL;
}

static const struct device_type tty_type = {
    .name = "serial port",
    .open = open_tty,
    .close = close_tty,
    .lingers = lingers,
    .read = read_tty,
    .write = write_tty,
    .ioctl = ioctl_tty,
    .ready = ready,
    .peek = peek,
    .take = take,
    .give_back = give_back,
    .room = room,
    .ioctl_cost = ioctl_cost,
    .free = free_tty,
};

void tty_init(struct device *d, struct sim *sim, const struct tty_line_type *type, void *line, uint32_t baud)
{
    struct tty *y = memory_zeroed(1, sizeof *y);

    y->sim = sim;
    y->type = type;
    y->line = line;
    y->serial = (struct serial_struct){ .type = PORT_16550A, .baud_base = BASE_BAUD, .custom_divisor = 1 };
    reset_settings(y, baud);
    d->type = &tty_type;
    d->own = y;
}

void tty_counts(const struct device *d, uint64_t *sent, uint64_t *received)
{
    *sent = tty_of(d)->sent;
    *received = tty_of(d)->received;
}
