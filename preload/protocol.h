/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * protocol.h - what a program under `limpet exec` and the bench say to each other
 *
 *      program                                        bench
 *      thread --- socket: hello, device's fd, bell --- client
 *             --- struct exec_channel (shared) -------
 *
 * Each thread has a socket of its own (abstract Unix, SOCK_SEQPACKET, named by EXEC_ENV) and a channel, a page of shared
 * memory that the bench sends with its answer to the hello. A thread writes a row of records into `request` and gives
 * the turn away: all but the last are statements, which need no answer; the last is a question. The bench carries them
 * out one by one, each at its own simulated time, writes the answer of the last, and gives the turn back. So every
 * thread computes in no time, and simulated time runs while it waits for an answer.
 *
 * Time        exec_record.after_ps is simulated time that the thread let pass before it (looks at the clock).
 * Devices     a device that is open is a real descriptor, one end of a socket pair whose other end the bench holds: it
 *             survives dup, fork and exec, and the bench sees it hang up when the last copy is closed.
 * Trust       the bench copies a request before it looks at it, and believes no length in it.
 * Same build  both sides are built together; EXEC_VERSION is compared all the same.
 */
#ifndef PRELOAD_PROTOCOL_H
#define PRELOAD_PROTOCOL_H

#include <stdatomic.h>
#include <stdint.h>

#define EXEC_ENV "LIMPET_EXEC"
#define EXEC_ENV_SEPARATOR \
    ':' /* between the socket's name and the paths of devices: for when nobody answers any more */
#define EXEC_VERSION 6

enum {
    EXEC_DATA_BYTES = 1 << 16, /* of a request or an answer */
    EXEC_PEEK_BYTES = 1 << 12, /* of received bytes that come along with an answer */
    EXEC_AHEAD = 16,           /* answers that come before the last */
    EXEC_NAMES = 256,          /* paths of devices, files and folders */
    EXEC_PATH_BYTES = 64,
    EXEC_RESERVED_BYTES = 2048, /* of paths in EXEC_ENV */
    EXEC_IMAGE_BYTES = 200,     /* of a program's path, as messages have it */
    EXEC_NO_ROOM_STATUS = 126,  /* of a process that can't speak with the bench */
    EXEC_TRIES = 4,
    EXEC_TRY = 16,            /* spins after a time on one core: so often, so many times as long */
    EXEC_CORES_BYTES = 128,   /* a cpu_set_t */
    EXEC_PROCESS_TIMERS = 16, /* setitimer's and those of timer_create() */
    EXEC_LOOK_PS = 1000000,   /* what a look at the clock costs: a stated microsecond */
};

#define EXEC_EPOCH_S 946684800 /* the clock when simulated time begins: 2000-01-01 00:00:00 UTC */
#define EXEC_NEVER UINT64_MAX

enum exec_hello_kind { EXEC_PROCESS, EXEC_FORKED, EXEC_THREAD };

struct exec_hello { /* first message; the answer is the channel's descriptor */
    uint32_t version;
    int32_t pid, tid;
    uint32_t kind; /* enum exec_hello_kind */
};

enum exec_op {
    EXEC_NOTHING,   /* a question that only lets time pass */
    EXEC_SLEEP,     /* arg 0: ps, arg 1: 1: it is the time since the beginning */
    EXEC_OPEN,      /* data: path; arg 0: flags of open(), arg 1: inode of the program's end of the socket
                       pair, whose other end came before. Result: handle */
    EXEC_ADOPT,     /* arg 0: inode of a descriptor that was inherited. Result: handle, or -1 */
    EXEC_CLOSE,     /* of one descriptor of `handle`: the bench looks whether it was the last */
    EXEC_READ,      /* arg 0: bytes wanted, arg 1: 1: don't wait, EXEC_AT: from offset arg 1 >> 2 of a file (pread) */
    EXEC_TAKE,      /* statement: arg 0 bytes of what was shown (peek) have been read, of arg 1 that were wanted */
    EXEC_WRITE,     /* data; arg 0: 1: what did not fit before, of the same write(); arg 1: 1: don't wait. Result: bytes
                       taken */
    EXEC_IOCTL,     /* arg 0: request, arg 1: value; data: what the pointer pointed to (a terminal's settings as the
                       kernel's struct termios or termios2). Answer: the same */
    EXEC_POLL,      /* data: struct exec_poll; arg 0: ps from now, or EXEC_NEVER; arg 1: 1: the thread sleeps in
                       poll() with descriptors of the world, too, and rings when one is ready. Answer: the same with
                       revents */
    EXEC_OUTSIDE,   /* the thread is going to wait for something that is not the bench's */
    EXEC_TIMER,     /* of the process: handle: its number, 0: ITIMER_REAL; arg 0: ps to the first, 0 off, EXEC_NEVER:
                       only asks; arg 1: interval; data: int32_t signal, 0 none. Answer: uint64_t [2], what was */
    EXEC_FORKED_TO, /* arg 0: pid of a child that will say hello itself */
    EXEC_BYE,       /* the thread ends */
    EXEC_NAME,      /* Answer: the path of the device */
    EXEC_SEEK,      /* arg 0: offset, arg 1: whence, as lseek() */
    EXEC_ARMED,     /* Result: 1: one of the process's timers is on, 0: none */
    EXEC_SIGNALLED, /* the thread has sent a signal: answered once those that it wakes have said so */
    EXEC_LOCK,      /* of `handle`, as flock(); arg 0: its operation */
    EXEC_EXECS,     /* the process is going to be another program, data: its path; arg 0: 1: that has failed */
    EXEC_OPS,
};

struct exec_record { /* data follow, padded to 8 bytes */
    uint32_t op, n_data;
    int32_t handle, reserved;
    uint64_t after_ps;
    uint64_t arg[2];
};

#define EXEC_AT 2

struct exec_name { /* what stands under a path of the bench */
    char path[EXEC_PATH_BYTES];
    uint32_t major, minor;
    uint32_t mode; /* as stat() has it; S_IFDIR: a folder in which nothing of the machine is */
};

struct exec_poll {
    int32_t handle;
    int16_t events, revents; /* POLLIN ... */
};

/* A timerfd is a device without a path. */
enum { EXEC_TIMERS = 16, EXEC_TIMER_REALTIME = 1 << 30 /* among the flags of EXEC_OPEN */ };
#define EXEC_TIMER_PATH "timerfd%u"
#define EXEC_TIMER_SET 0x54494D01 /* requests of EXEC_IOCTL: struct exec_timer; the answer is what was */
#define EXEC_TIMER_GET 0x54494D02

struct exec_timer {
    uint64_t first_ps, every_ps; /* 0: off, once */
    uint64_t absolute;           /* first_ps is a time since the beginning ... */
    uint64_t realtime_ps;        /* ... and this where its clock is CLOCK_REALTIME */
};

/*
 * The answer of an EXEC_POLL on one device that the bench gave itself in the program's stead: n bytes had come. It
 * goes on to the next one if the program then reads them, by a read of `wanted`, and polls again: see harness/exec/ahead.h.
 */
struct exec_ahead {
    uint64_t now_ps;
    uint32_t n, wanted;
};

enum exec_turn { EXEC_PROGRAM, EXEC_BENCH };

enum exec_nap { EXEC_AWAKE, EXEC_ON_FUTEX, EXEC_ON_SOCKET }; /* on the futex that turn is; for a byte on its socket */
enum exec_interruption { EXEC_NOTHING_CAME, EXEC_SIGNAL, EXEC_WORLD };

struct exec_channel {
    _Atomic uint32_t turn;         /* enum exec_turn; the program sleeps on it (futex) */
    _Atomic uint32_t program_naps; /* enum exec_nap: the program sleeps, or is about to: wake it */
    _Atomic uint32_t bench_naps;   /* enum exec_nap: the same of the bench; on its socket: ring the bell */
    _Atomic uint32_t interrupted;  /* the program, enum exec_interruption: what came while it waited */
    _Atomic uint32_t slept; /* the bench: it has seen the thread asleep that had said nothing: its now_ps is old */
    _Atomic uint32_t over;  /* the bench: the session has ended, nobody answers any more */
    _Atomic uint32_t lack;  /* the program, an errno: it ends, since another thread or a child had no room for a link */
    uint32_t spins;         /* both may spin so often before they sleep; 0 on one core */
    _Atomic uint32_t on_one_core;  /* the bench keeps the thread on its own core; cores: those that it had */
    _Atomic uint32_t cores_chosen; /* the program has set its cores itself: they are its own business from then on */
    _Alignas(8) uint8_t cores[EXEC_CORES_BYTES];
    uint32_t n_request; /* bytes */
    uint32_t n_answer;
    int64_t result;      /* of the question */
    int32_t error;       /* errno; 0: it worked */
    int32_t signal;      /* to raise before the call returns; 0: none */
    uint32_t timer;      /* whose it is */
    uint64_t now_ps;     /* simulated time */
    int32_t peek_handle; /* whose received bytes are in peek; -1: nobody's */
    uint32_t n_peek;
    int32_t room_handle; /* who can take so many bytes without an answer; -1: nobody */
    uint32_t room;
    uint32_t n_ahead;    /* answers before this one, of ahead_handle */
    uint32_t n_followed; /* the program, with a request: so many of them it has gone on from */
    int32_t ahead_handle;
    struct exec_ahead ahead[EXEC_AHEAD];
    uint32_t n_names; /* changes with an answer only */
    struct exec_name names[EXEC_NAMES];
    _Alignas(8) uint8_t request[EXEC_DATA_BYTES];
    _Alignas(8) uint8_t answer[EXEC_DATA_BYTES];
    _Alignas(8) uint8_t peek[EXEC_PEEK_BYTES];
    _Alignas(8) uint8_t ahead_bytes[EXEC_PEEK_BYTES]; /* of ahead, one after another */
};

/* Between two looks at whose turn it is: the other core may go first. */
static inline void exec_pause(void)
{
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#else
    __asm__ volatile("" ::: "memory");
#endif
}

/* Messages of one byte on a thread's socket, program to bench. */
#define EXEC_BELL 'b'     /* look at the channel */
#define EXEC_DEVICE 'd'   /* with the bench's end of a device's socket pair, before EXEC_OPEN */
#define EXEC_NO_ROOM 0x80 /* with an errno in its other bits: the channel can't be taken, and the process ends */

#endif
