#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""limpet exec: real programs in simulated time. Every case runs the programs as their users do."""
import hashlib
import os
import pathlib
import re
import shutil
import subprocess
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from limpet_session import LIMPET, SOURCE_ROOT, TIMEOUT_S, LimpetTest, random_image  # noqa: E402

PORT = "/dev/ttyACM0"
AVRDUDE = ["avrdude", "-c", "stk500v1", "-P", PORT, "-b", "19200", "-p", "m328p"]


class Exec(LimpetTest):
    """What the cases share."""

    BOARD_OF_ALL = """name: all
board:
  programmer: {script: {}}
  parts: {pi: {type: gpio_header}, ft: {type: ft232r}, pc: {type: rs232_port}}
"""

    def exec(self, program, options=(), status=0, stdin="", env=None):
        """(what the program printed, what limpet said at the end)"""
        done = subprocess.run([LIMPET, "exec", *map(str, options), "--", *map(str, program)], capture_output=True,
                              text=True, cwd=self.dir, input=stdin, timeout=TIMEOUT_S, env=env)
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        return done.stdout, done.stderr

    def shell(self, text, **more):
        return self.exec(["sh", "-c", text], **more)[0]

    def python(self, text, **more):
        return self.exec([sys.executable, "-c", text], **more)[0]


class Programs(Exec):
    # ---- avrdude ----

    def test_avrdude_writes_and_the_chip_keeps_it(self):
        (self.dir / "in.bin").write_bytes(bytes(range(256)) * 4)
        _, said = self.exec([*AVRDUDE, "-U", "flash:w:in.bin:r"], ["--chip", "a.chip", "--vcd", "a.vcd"])
        self.assertIn("1024 bytes of flash verified", said)
        self.assertRegex(said, r"findings: 0, notes: [0-9]+\n +sck_high +ok, worst tSHSL")
        self.exec([*AVRDUDE, "-U", "flash:r:out.bin:r"], ["--chip", "a.chip", "-q"])
        self.assertEqual((self.dir / "out.bin").read_bytes()[:1024], (self.dir / "in.bin").read_bytes())
        self.assertIn("$var wire 1", (self.dir / "a.vcd").read_text())

    def test_arduino_opens_without_a_complaint_and_resets_the_uno(self):
        command = [a.replace("stk500v1", "arduino") for a in AVRDUDE]
        _, said = self.exec([*command, "-q"])
        self.assertIn("device signature = 0x1e950f", said)
        self.assertNotIn("ioctl", said)
        self.assertNotIn("warning", said.lower())

    def test_the_same_to_the_byte_beside_a_busy_loop(self):
        def once(name):
            said = self.exec([*AVRDUDE, "-U", "lock:w:0x3F:m", "-U", "hfuse:r:-:h"], ["--vcd", name])
            return said, (self.dir / name).read_bytes()

        quiet = once("a.vcd")
        busy = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(3)]
        try:
            self.assertEqual(once("b.vcd"), quiet)
        finally:
            for b in busy:
                b.kill()
                b.wait()

    def test_a_wrong_part_is_avrdudes_failure(self):
        _, said = self.exec([*AVRDUDE[:-1], "m8"], status=1)
        self.assertIn("probably m328p", said)

    def test_a_board_of_a_scenario_with_a_value_set(self):
        (self.dir / "s.yaml").write_text("name: s\nboard: {programmer: {firmware: arduinoisp}}\n"
                                         "steps: [{wait: 1 ms}]\n")
        _, said = self.exec([*AVRDUDE, "-q", "-U", "lfuse:r:-:h"], ["--set", "board.target.fuses.low=0xE2", "s.yaml"])
        self.assertIn("wait 1 ms", said)
        self.assertIn("(probably m328p)", said)
        self.exec(["true"], ["--set", "board.target.fuses.low=0xE2"], status=2)

    # ---- time ----

    def test_sleeping_takes_no_time_and_the_clock_is_the_bench_s(self):
        begin = time.monotonic()
        text = self.python("import time\nt = time.time(); m = time.monotonic()\ntime.sleep(100)\n"
                           "print(round(time.time() - t, 3), round(time.monotonic() - m, 3), time.gmtime().tm_year)")
        self.assertEqual(text, "100.0 100.0 2000\n")
        self.assertLess(time.monotonic() - begin, 50)

    def test_a_loop_that_looks_at_the_clock_moves_on(self):
        text = self.python("import time\nt = time.time()\nn = 0\nwhile time.time() < t + 0.01: n += 1\nprint(n)")
        self.assertAlmostEqual(int(text), 10000, delta=2)

    def test_alarms_come(self):
        text = self.python("import signal, time\nhits = []\n"
                           "signal.signal(signal.SIGALRM, lambda *a: hits.append(round(time.time() - t, 2)))\n"
                           "t = time.time()\nsignal.setitimer(signal.ITIMER_REAL, 0.5, 0.25)\n"
                           "for _ in range(3): signal.pause() if False else time.sleep(0.3)\n"
                           "signal.setitimer(signal.ITIMER_REAL, 0)\nprint(hits)")
        self.assertEqual(text, "[0.5, 0.75]\n")

    def test_a_loop_without_calls_gets_its_alarm(self):
        text = self.python("import signal\nhit = []\nsignal.signal(signal.SIGALRM, lambda *a: hit.append(1))\n"
                           "signal.setitimer(signal.ITIMER_REAL, 0.1)\nwhile not hit: pass\nprint('out')")
        self.assertEqual(text, "out\n")

    def test_a_loop_without_calls_and_without_alarm_is_given_up(self):
        _, said = self.exec([sys.executable, "-c", "while True: pass"], ["--patience", "1"], status=2)
        self.assertRegex(said, "process [0-9]+ has computed for 1 s of processor time without a call that the bench can see")

    def test_one_that_slept_in_an_unseen_call_and_computes_then(self):
        """it is given up, too, or has its alarm: a barrier is one that nobody tells the bench of"""
        (self.dir / "t.c").write_text("""
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>
static pthread_barrier_t both;
static volatile int hit;
static void on_alarm(int number) { hit = number; }
static void *late(void *unused) { sleep(1); pthread_barrier_wait(&both); sleep(1000); return unused; }
int main(int n, char **argv)
{
    pthread_t t;
    (void)argv;
    pthread_barrier_init(&both, 0, 2);
    pthread_create(&t, 0, late, 0);
    if (n > 1) { signal(SIGALRM, on_alarm); alarm(2); }
    pthread_barrier_wait(&both);
    while (!hit) {}
    puts("out");
    return 0;
}
""")
        subprocess.run(["gcc", "-O1", "-pthread", self.dir / "t.c", "-o", self.dir / "t"], check=True)
        self.assertEqual(self.exec(["./t", "alarm"])[0], "out\n")
        _, said = self.exec(["./t"], ["--patience", "1"], status=2)
        self.assertIn("for 1 s of processor time without a call", said)

    def test_one_under_real_time_scheduling_is_ended_by_the_system(self):
        limits = "import os, resource, signal, sys\nprint([n / 1e6 for n in resource.getrlimit(15)])\n"  # RLIMIT_RTTIME
        text, said = self.exec([sys.executable, "-c", limits + "sys.stdout.flush(); os.kill(os.getpid(), signal.SIGXCPU)"],
                               ["--patience", "7"], status=128 + 24)
        self.assertEqual(text, "[7.0, 8.0]\n")
        self.assertIn("real-time priority (SCHED_FIFO, SCHED_RR) has computed for 7 s", said)

    def test_one_that_computes_holds_time_for_all(self):
        text = self.python("""
import threading, time
def compute(s):
    end = time.process_time() + s
    while time.process_time() < end: pass
late = []
def wait():
    for _ in range(5): time.sleep(0.001)
    late.append(time.time())
t = threading.Thread(target=wait); t.start()
start = time.time()
compute(0.3)
print(round(time.time() - start, 5), late)
t.join(); print(0.004 < late[0] - start < 0.006)
""")
        self.assertEqual(text, "0.0 []\nTrue\n")

    def test_one_that_spins_for_another_thread_is_told(self):
        _, said = self.exec([sys.executable, "-c", "import threading, time\ndone = []\n"
                             "threading.Thread(target=lambda: (time.sleep(1), done.append(1)), daemon=True).start()\n"
                             "while not done: pass"], ["--patience", "1"], status=2)
        self.assertIn("for 1 s of processor time without a call", said)

    def test_threads_and_what_they_wait_for(self):
        text = self.python("""
import os, queue, selectors, termios, threading, time, tty
log, done, start = [], [], time.time()
def since(): return round(time.time() - start, 2)
def beat(n):
    for i in range(3):
        time.sleep(0.1 * n); log.append((n, since()))
e = threading.Event()
threads = [threading.Thread(target=beat, args=(n,)) for n in (1, 2, 3)]
for t in threads: t.start()
print(e.wait(0.25), since())
for t in threads: t.join()
print(log)
q = queue.Queue()
threading.Thread(target=lambda: (time.sleep(1), q.put(5))).start()
print(q.get(timeout=5), since() == 1.9)
try: q.get(timeout=2)
except queue.Empty: print('empty', since() == 3.9)
s = selectors.EpollSelector(); s.register(os.pipe()[0], selectors.EVENT_READ)
print(s.select(0.5), since() == 4.4)
f = os.open('/dev/ttyACM0', os.O_RDWR); tty.setraw(f)
a = termios.tcgetattr(f); a[4] = a[5] = termios.B19200; termios.tcsetattr(f, 0, a)
s = selectors.EpollSelector(); s.register(f, selectors.EVENT_READ)
time.sleep(2); os.write(f, b'0 ')
print(len(s.select()), os.read(f, 9), len(s.select(1)), since() > 7.4)
threading.Thread(target=lambda: (time.sleep(0.02), done.append(1))).start()
while not done: time.sleep(0)
print(7.4 < since() < 7.5, since() > 7.42)
""")
        self.assertEqual(text.split("\n"), [
            "False 0.25", "[(1, 0.1), (1, 0.2), (2, 0.2), (1, 0.3), (3, 0.3), (2, 0.4), (2, 0.6), (3, 0.6), (3, 0.9)]",
            "5 True", "empty True", "[] True", r"1 b'\x14\x10' 0 True", "True True", ""])

    def test_timerfd(self):
        source = self.dir / "t.c"
        source.write_text(r"""
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>
static double now(void) { struct timespec t; clock_gettime(CLOCK_MONOTONIC, &t); return t.tv_sec + t.tv_nsec / 1e9; }
int main(void)
{
    int fd = timerfd_create(CLOCK_MONOTONIC, 0);
    const struct itimerspec every = { { 0, 500000000 }, { 2, 0 } };
    struct pollfd p = { fd, POLLIN, 0 };
    uint64_t n;
    double t = now();
    timerfd_settime(fd, 0, &every, NULL);
    printf("%d ", poll(&p, 1, 1000));
    printf("%d", poll(&p, 1, -1));
    printf(" %.2f\n", now() - t);
    if (read(fd, &n, 8) == 8) printf("%d\n", (int)n);
    sleep(2);
    if (read(fd, &n, 8) == 8) printf("%d %.2f\n", (int)n, now() - t);
    return 0;
}
""")
        subprocess.run(["gcc", "-O2", "-D_FORTIFY_SOURCE=2", source, "-o", self.dir / "t"], check=True)
        self.assertEqual(self.exec(["./t"])[0], "0 1 2.00\n1\n4 4.00\n")

    def test_posix_timers_c11_threads_modem_waits_and_lines_of_gpiochip_v2(self):
        (self.dir / "s.yaml").write_text("""name: loops
board:
  programmer: {script: {}}
  parts: {pi: {type: gpio_header}, pc: {type: rs232_port}}
  wires: {a: [pc.RTS, pc.CTS], b: [pi.GPIO2, pi.GPIO3]}
""")
        subprocess.run(["gcc", "-O2", "-D_FORTIFY_SOURCE=2", "-D_GNU_SOURCE", "-pthread", SOURCE_ROOT / "tests/exec/waits.c", "-o",
                        self.dir / "waits"], check=True)
        self.assertEqual(self.exec(["./waits"], ["s.yaml"])[0], (SOURCE_ROOT / "tests/exec/waits.txt").read_text())

    def test_cancelled_threads_and_signals_between_processes(self):
        self.check_program("signals")

    def test_futexes_of_other_libraries_and_waits_that_nobody_told_of(self):
        self.check_program("futexes")

    def check_program(self, name):
        """tests/exec/NAME.c prints NAME.txt"""
        source = SOURCE_ROOT / f"tests/exec/{name}.c"
        subprocess.run(["gcc", "-O1", "-D_GNU_SOURCE", "-pthread", source, "-o", self.dir / name], check=True)
        self.assertEqual(self.exec(["./" + name])[0], source.with_suffix(".txt").read_text())

    # ---- what stands under /dev and /sys ----

    def test_names_and_listings(self):
        (self.dir / "s.yaml").write_text(self.BOARD_OF_ALL + "  devices: {pc: /dev/ttyS7, pi.spi: /dev/spidev1.0}\n")
        text, _ = self.exec(["sh", "-c", """
cd /dev; ls -d ttyS7 spidev1.0 gpiochip0 bus/usb/001/*; test -e /dev/spidev0.0 || echo renamed
g=/sys/class/gpio; p=$g/gpio25; ls $g; echo 25 >$g/export; echo 25 >$g/export; cat $p/direction; echo out >$p/direction
cat $p/value; echo 1 >$p/value; cat $p/value; echo 77 >$g/export; ls -d $p/*; exec 4<$p/value; echo 25 >$g/unexport; cat <&4
test -d $p || echo gone; stat -c '%F %a' $g/export /dev/gpiochip0; find /sys/bus/usb/devices -name id* | sort
cat /sys/bus/usb/devices/1-1/idVendor /sys/bus/usb/devices/1-1/product; ls /dev/bus/usb/001 /dev/bus
"""], ["s.yaml"])
        self.assertEqual(text.split("\n"), [
            "bus/usb/001/002", "gpiochip0", "spidev1.0", "ttyS7", "renamed", "export", "gpiochip0", "unexport", "in", "0",
            "1", *("/sys/class/gpio/gpio25/" + f for f in ("active_low", "direction", "edge", "value")), "gone",
            "regular file 200", "character special file 660", "/sys/bus/usb/devices/1-1/idProduct",
            "/sys/bus/usb/devices/1-1/idVendor", "0403", "FT232R USB UART", "/dev/bus:", "usb", "", "/dev/bus/usb/001:",
            "002", ""])

    def test_the_gpiochip_is_one_to_libgpiod(self):
        """1 looks at the bus' folder, 2 where the subsystem of its numbers leads: realpath() of libc"""
        (self.dir / "s.yaml").write_text(self.BOARD_OF_ALL + "  devices: {pi.gpiochip: /dev/gpiochip4}\n")
        text, _ = self.exec([sys.executable, "-c", """
import ctypes, os
n = os.stat('/dev/gpiochip4').st_rdev
print(open('/sys/bus/gpio/devices/gpiochip4/dev').read() == f'{os.major(n)}:{os.minor(n)}\\n')
realpath = ctypes.CDLL(None).realpath
realpath.restype = ctypes.c_char_p
print(realpath(b'/sys/dev/char/%d:%d/subsystem' % (os.major(n), os.minor(n)), None))
print(realpath(b'/sys/dev/char/%d:%d/subsystem' % (os.major(n), os.minor(n) + 1), None))
"""], ["s.yaml"])
        self.assertEqual(text, "True\nb'/sys/bus/gpio'\nNone\n")

    def test_spi_messages_and_modes(self):
        """transfers in one message with the chip let go between them, half duplex, and what a controller has not"""
        (self.dir / "s.yaml").write_text("board:\n  programmer: {script: {}}\n  parts: {pi: {type: gpio_header}}\n"
                                         "  wires: {back: [pi.GPIO10, pi.GPIO9], cs: [pi.GPIO8], clock: [pi.GPIO11]}\n")
        (self.dir / "t.py").write_text("""
import ctypes, fcntl, os, struct, time
f = os.open('/dev/spidev0.0', os.O_RDWR)
def number(request, value):
    try: fcntl.ioctl(f, request, struct.pack('I', value)); return 'done'
    except OSError as e: return e.strerror
def message(*transfers):
    rooms = [(ctypes.create_string_buffer(out, len(out)), ctypes.create_string_buffer(len(out))) for out, _, _ in transfers]
    packed = b''.join(struct.pack('QQIIHBBI', ctypes.addressof(o), ctypes.addressof(i), len(out), 100000, 0, bits, change, 0)
                      for (o, i), (out, bits, change) in zip(rooms, transfers))
    begin = time.time()
    try: fcntl.ioctl(f, 0x40006B00 | len(packed) << 16, packed)
    except OSError as e: return e.strerror
    return [i.raw for o, i in rooms], round((time.time() - begin) * 1e6)
for mode in range(4): print(number(0x40046B05, mode), message((bytes([1, 0x80 + mode]), 8, 0)))
print(message((b'ab', 0, 1), (b'c', 0, 0), (b'd', 8, 1)), message((b'a', 9, 0)))
print([number(0x40046B05, m) for m in (0x10, 0x20, 0x40 | 8 | 4, 1 << 30, 0)])  # 3-wire, loop, no CS etc., unknown
begin = time.time(); number(0x40046B04, 100000); print(os.write(f, b'12345'), os.read(f, 3), round((time.time() - begin) * 1e3, 1))
""")
        text, _ = self.exec([sys.executable, "t.py"], ["--vcd", "s.vcd", "s.yaml"])
        each = "done ([b'\\x01\\x8%d'], 166)\n"
        self.assertEqual(text, "".join(each % mode for mode in range(4)) + "([b'ab', b'c', b'd'], 336) Invalid argument\n"
                         "['Invalid argument', 'Invalid argument', 'done', 'Invalid argument', 'done']\n5 b'\\x00\\x00\\x00' 0.7\n")
        vcd = (self.dir / "s.vcd").read_text()
        mark = re.search(r"var wire 1 (\S+) cs ", vcd)[1]
        self.assertEqual(vcd.split("\n").count("0" + mark), 4 + 2 + 2)  # one more in the message with cs_change

    def test_glob_and_scandir_of_libc(self):
        source = self.dir / "g.c"
        source.write_text(r"""
#include <dirent.h>
#include <glob.h>
#include <stdio.h>
int main(void)
{
    glob_t g;
    struct dirent **list;
    glob("/dev/ttyACM*", 0, NULL, &g);
    printf("%d %s ", (int)g.gl_pathc, g.gl_pathv[0]);
    int n = scandir("/dev/bus/usb", &list, NULL, alphasort);
    printf("%d %s\n", n, list[n - 1]->d_name);
    return 0;
}
""")
        subprocess.run(["gcc", source, "-o", self.dir / "g"], check=True)
        self.assertEqual(self.exec(["./g"])[0], "1 /dev/ttyACM0 3 001\n")

    def test_names_that_make_no_sense(self):
        for devices, said in (("{pi: /dev/x}", "'pi' is no device for programs on this board; there are: programmer, "
                               "target, pi.spi, pi.gpiochip, pc"),
                              ("{pc: /tmp/x}", "expected a path such as /dev/ttyUSB0"),
                              ("{pc: /dev/x, programmer: /dev/x}", "two devices have the path /dev/x")):
            (self.dir / "s.yaml").write_text(self.BOARD_OF_ALL + f"  devices: {devices}\n")
            self.assertIn(said, self.exec(["true"], ["s.yaml"], status=2)[1])

    # ---- USB ----

    def test_libusb_finds_opens_and_talks(self):
        (self.dir / "s.yaml").write_text(self.BOARD_OF_ALL)
        program = SOURCE_ROOT / "tests" / "exec" / "usb.py"
        text = self.exec([sys.executable, program], ["s.yaml"])[0]
        self.assertEqual(text, (SOURCE_ROOT / "tests" / "exec" / "usb.txt").read_text())
        self.assertEqual(self.exec([sys.executable, program])[0], "0 devices\n")  # and without one: none

    def test_usb_with_threads_is_the_same_to_the_byte_beside_a_busy_loop(self):
        (self.dir / "s.yaml").write_text(self.BOARD_OF_ALL + "  wires: {sck: [ft.TXD, target.SCK]}\n")

        def once(name):
            said = self.exec([sys.executable, SOURCE_ROOT / "tests" / "exec" / "usb.py"], ["--vcd", name, "s.yaml"])
            return said, (self.dir / name).read_bytes()

        quiet = once("a.vcd")
        busy = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(3)]
        try:
            self.assertEqual(once("b.vcd"), quiet)
        finally:
            for b in busy:
                b.kill()
                b.wait()

    # ---- a long reply in pieces ----

    PAGES = """
import fcntl, hashlib, os, select, signal, struct, sys, termios, time
f = os.open('/dev/ttyACM0', os.O_RDWR | os.O_NOCTTY)
a = termios.tcgetattr(f); a[0] = a[1] = a[3] = 0; a[4] = a[5] = termios.B19200; termios.tcsetattr(f, 0, a)
if sys.argv[1] == 'timer': signal.setitimer(signal.ITIMER_REAL, 9999)
pieces = 0
def read(n, act=lambda got: None):
    global pieces
    got = b''
    while len(got) < n:
        select.select([f], [], [])
        got += os.read(f, n - len(got))
        pieces += 1
        if 20 < len(got) < 60: act(got)
    return got
def ask(text, n, act=lambda got: None):
    os.write(f, text + b' ')
    read(1); reply = read(n, act); read(1)
    return reply
def leave(got):  # another program reads the rest
    os.set_inheritable(f, True)
    select.select([f], [], [])
    os.execv(sys.executable, [sys.executable, '-c', sys.argv[2], str(f), got.hex()])
def here(got):
    count = struct.unpack('i', fcntl.ioctl(f, termios.FIONREAD, b'0000'))[0]
    if sys.argv[1] == 'acts': time.sleep(0.02)
    seen.append((count, select.select([f], [], [], 0)[0] == [f]))
seen, flash, acts = [], b'', {'looks': here, 'acts': here, 'leaves': leave}
time.sleep(2); ask(b'P', 0)
for page in range(8):
    ask(b'U' + struct.pack('<H', page * 64), 0)
    flash += ask(b't\\0\\x80F', 128, acts.get(sys.argv[1], lambda got: None) if page == 5 else lambda got: None)
print(time.time(), pieces, hashlib.sha256(flash).hexdigest(), seen)
"""

    REST = """
import os, sys
got = bytes.fromhex(sys.argv[2])
while len(got) < 128: got += os.read(int(sys.argv[1]), 128 - len(got))
print(got.hex())
"""

    def pages(self, how, *options):
        image = random_image(1024, 7)
        lines = [bytes([16, i >> 8, i & 255, 0]) + image[i:i + 16] for i in range(0, 1024, 16)]
        text = "".join(f":{(line + bytes([-sum(line) & 255])).hex()}\n" for line in lines) + ":00000001FF\n"
        (self.dir / "in.hex").write_text(text.upper())
        (self.dir / "b.yaml").write_text("board: {target: {flash: {file: in.hex}}, programmer: {firmware: arduinoisp}}\n")
        text, said = self.exec([sys.executable, "-c", self.PAGES, how, self.REST], ["--stats", "--vcd", "a.vcd", *options, "b.yaml"])
        if how == "leaves":
            return self.assertEqual(bytes.fromhex(text), image[640:768])
        end, pieces, digest, seen = text.split(" ", 3)
        self.assertEqual(digest, hashlib.sha256(image).hexdigest())
        calls, turns = map(int, re.search(r"program: (\d+) calls in (\d+) turns", said).groups())
        return (end, pieces, calls, (self.dir / "a.vcd").read_bytes()), turns, seen

    def test_pieces_of_a_reply_come_in_one_turn_at_their_own_times(self):
        several, turns, _ = self.pages("plain")
        one_by_one, more_turns, _ = self.pages("timer")  # which is one more call
        self.assertEqual(several[:2] + several[3:], one_by_one[:2] + one_by_one[3:])
        self.assertLess(turns + 70, more_turns)

    def test_who_does_something_else_in_the_middle_has_lost_nothing(self):
        _, more_turns, _ = self.pages("timer")
        for how in ("looks", "acts"):
            _, turns, seen = self.pages(how)
            self.assertRegex(seen, r"^\[\((8|16|24), True\)")  # of what came in up to 16 ms
            self.assertLess(turns, more_turns)  # it was made ahead before
        self.pages("leaves")

    # ---- the serial port ----

    def test_a_shell_with_stty(self):
        text = self.shell(f"exec 3<>{PORT}; stty 19200 raw -echo <&3; sleep 2; printf '0 ' >&3; "
                          "head -c 2 <&3 | od -An -tx1; stty -a <&3 | head -n 1; test -c /dev/ttyACM0 && echo there; "
                          "ls /dev | grep -c ttyACM0; readlink -f /dev/./ttyACM0; [ -t 3 ] && echo tty")
        self.assertRegex(text, r"\A 14 10\nspeed 19200 baud; rows 0; columns 0; line = 0;\nthere\n1\n/dev/ttyACM0\ntty\n\Z")

    def test_settings_modem_lines_and_counts(self):
        text = self.python(f"""
import array, fcntl, os, struct, termios, time
f = os.open('{PORT}', os.O_RDWR | os.O_NOCTTY)
def get(request):
    a = array.array('i', [0]); fcntl.ioctl(f, request, a); return a[0]
def put(request, value): fcntl.ioctl(f, request, struct.pack('i', value))
print(hex(get(termios.TIOCMGET)))
put(termios.TIOCMBIC, termios.TIOCM_DTR); print(hex(get(termios.TIOCMGET)))
put(termios.TIOCMSET, termios.TIOCM_DTR); print(hex(get(termios.TIOCMGET)))
a = termios.tcgetattr(f)
a[0] = a[1] = a[3] = 0
a[2] = termios.CS6 | termios.CREAD | termios.PARENB | termios.PARODD | termios.CSTOPB
a[4] = a[5] = termios.B300
termios.tcsetattr(f, termios.TCSANOW, a)
b = termios.tcgetattr(f); print(b[2] == (a[2] | termios.B300), b[4] == termios.B300)
t = time.time(); os.write(f, b'x' * 10); print(get(termios.TIOCOUTQ) in (9, 10))
termios.tcdrain(f); print(round((time.time() - t) * 300))        # bits: 10 x (1 + 6 + 1 + 2)
t2 = bytearray(44); fcntl.ioctl(f, 0x802C542A, t2)               # TCGETS2
v = list(struct.unpack('IIIIB19sII', t2)); v[2] = v[2] & ~0o10017 | 0o10000; v[6] = v[7] = 12345
fcntl.ioctl(f, 0x402C542B, struct.pack('IIIIB19sII', *v))        # TCSETS2 with BOTHER
fcntl.ioctl(f, 0x802C542A, t2); print(struct.unpack('IIIIB19sII', t2)[7])
fcntl.ioctl(f, termios.TIOCEXCL)
try: os.open('{PORT}', os.O_RDWR)
except OSError as e: print(e.strerror)
t = time.time(); termios.tcsendbreak(f, 0); print(round(time.time() - t, 2))
print(get(termios.FIONREAD), os.path.realpath('{PORT}'), os.ttyname(f), os.isatty(f))
""")
        self.assertEqual(text.split("\n"), ["0x6", "0x4", "0x2", "True True", "True", "100", "12345",
                                            "Device or resource busy", "0.25", "0 /dev/ttyACM0 /dev/ttyACM0 True", ""])

    LOOP = ("name: loop\nboard:\n  programmer: {script: {}}\n  parts: {pc: {type: rs232_port}, far: {type: rs232_port}}\n"
            "  wires: {c: [pc.RTS, pc.RI], d: [pc.DTR, pc.DSR], x: [pc.TXD, pc.RXD, far.RXD]}\n")

    def test_what_else_a_port_has(self):
        """what was written is given up, breaks and bad parity, counts, old ways to a speed, locks, its number in /proc"""
        (self.dir / "s.yaml").write_text(self.LOOP)
        (self.dir / "t.py").write_text("""
import fcntl, os, struct, subprocess, termios, time
f, far = (os.open(f'/dev/ttyS{i}', os.O_RDWR | os.O_NOCTTY) for i in range(2))
def setup(fd, iflag=0, cflag=0, speed=termios.B9600):
    a = termios.tcgetattr(fd); a[:4] = [iflag, 0, termios.CS8 | termios.CREAD | cflag, 0]; a[4] = a[5] = speed
    a[6][termios.VMIN] = a[6][termios.VTIME] = 0; termios.tcsetattr(fd, termios.TCSANOW, a)
def number(request): return struct.unpack('i', fcntl.ioctl(f, request, bytes(4)))[0]
def read(fd): time.sleep(0.1); return os.read(fd, 99)
setup(f)
fcntl.ioctl(f, 0x5421, struct.pack('i', 1)); print('FIONBIO', os.get_blocking(f)); os.set_blocking(f, True)
os.write(f, b'x' * 500); before = number(termios.TIOCOUTQ)
termios.tcflush(f, termios.TCOFLUSH); print(before, number(termios.TIOCOUTQ), read(f))
for iflag in 0, termios.PARMRK, termios.IGNBRK: setup(f, iflag); termios.tcsendbreak(f, 0); print(read(f))
PARITY = {'N': 0, 'E': termios.PARENB, 'O': termios.PARENB | termios.PARODD}
PARITY |= {'S': PARITY['E'] | 0o10000000000, 'M': PARITY['O'] | 0o10000000000}  # CMSPAR
for ours, its in 'EE', 'EO', 'MM', 'MS', 'SS', 'SM':
    setup(f, 0, PARITY[ours]); setup(far, termios.INPCK, PARITY[its]); termios.tcflush(far, termios.TCIFLUSH)
    os.write(f, bytes([1, 3])); print(ours + its, read(far))
for bits in (termios.TIOCM_DTR | termios.TIOCM_RTS).to_bytes(4, 'little'), bytes(4), bytes([6, 0, 0, 0]):
    fcntl.ioctl(f, termios.TIOCMSET, bits)
print(struct.unpack('11i', fcntl.ioctl(f, 0x545D, bytes(80))[:44])[1:4])  # TIOCGICOUNT: DSR, RI's ends, CD
s = bytearray(fcntl.ioctl(f, 0x541E, bytes(72)))
struct.pack_into('i', s, 16, 0x30); struct.pack_into('i', s, 24, 24); fcntl.ioctl(f, 0x541F, bytes(s))  # ASYNC_SPD_CUST
setup(f, speed=termios.B38400); t = time.time(); os.write(f, bytes(48)); termios.tcdrain(f); print(round(time.time() - t, 2))
fcntl.flock(f, fcntl.LOCK_EX); other = os.open('/dev/ttyS0', os.O_RDWR)
try: fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
except OSError as e: print(e.strerror)
try: os.open('/dev/ttyS0', os.O_RDWR | os.O_CREAT | os.O_EXCL)
except OSError as e: print(e.strerror)
print(os.readlink(f'/proc/self/fd/{f}'), oct(os.stat(f'/dev/fd/{f}').st_mode), oct(os.lstat(f'/dev/fd/{f}').st_mode))
termios.tcflush(f, termios.TCIOFLUSH)
sh = 'printf Y >/dev/fd/3; stty -F /dev/stdin speed <&3; ln -s /dev d; stty -F d/ttyS0 speed; chmod 666 d/ttyS0; test -h d; echo $?'
print(subprocess.run(['sh', '-c', 'exec 3<&0; ' + sh], stdin=f, capture_output=True, text=True).stdout.split(), read(f))
""")
        self.assertEqual(self.exec([sys.executable, "t.py"], ["s.yaml"])[0], r"""FIONBIO False
499 0 b'x'
b'\x00'
b'\xff\x00\x00'
b''
EE b'\x01\x03'
EO b'\x00\x00'
MM b'\x01\x03'
MS b'\x00\x00'
SS b'\x01\x03'
SM b'\x00\x00'
(3, 1, 0)
0.1
Resource temporarily unavailable
File exists
/dev/ttyS0 0o20660 0o120700
['38400', '38400', '0'] b'Y'
""")

    def test_what_calls_cost_can_be_set(self):
        look = [sys.executable, "-c", f"import fcntl, os, termios, time\nf = os.open('{PORT}', os.O_RDWR)\n"
                "t = time.time()\nfor i in range(10): fcntl.ioctl(f, termios.TIOCMGET, b'0000')\n"
                "print(round(time.time() - t, 4))"]
        self.assertEqual(self.exec(look)[0], "0.01\n")
        self.assertEqual(self.exec(look, ["--modem-time", "20 ms"])[0], "0.2\n")
        self.exec(look, ["--modem-time", "fast"], status=2)
        self.exec(look, ["--call-time", "slow"], status=2)

    def test_what_calls_cost_at_a_port_of_the_mainboard(self):
        (self.dir / "s.yaml").write_text("board:\n  programmer: {script: {}}\n  parts: {pc: {type: rs232_port}}\n"
                                         "  wires: {miso: [pc.CTS, target.MISO]}\n")
        look = [sys.executable, "-c", "import fcntl, os, termios, time\nf = os.open('/dev/ttyS0', os.O_RDWR)\n"
                "for what in termios.TIOCMGET, termios.FIONREAD:\n t = time.time_ns()\n"
                " for i in range(10): fcntl.ioctl(f, what, b'0000')\n print((time.time_ns() - t) // 1000)"]
        self.assertEqual(self.exec(look, ["s.yaml"])[0], "31\n51\n")  # ten of 3 and 5 us, and the clock's own
        self.assertEqual(self.exec(look, ["--call-time", "50 us", "s.yaml"])[0], "31\n501\n")

    def test_a_device_wakes_who_waits_for_it_soon(self):
        (self.dir / "s.yaml").write_text("board: {programmer: {firmware: arduinoisp, adapter: none}}\n")
        ask = (f"import os, termios, time, tty\nf = os.open('{PORT}', os.O_RDWR)\ntty.setraw(f)\na = termios.tcgetattr(f)\n"
               "a[4] = a[5] = termios.B19200\na[6][termios.VMIN] = 2\ntermios.tcsetattr(f, termios.TCSANOW, a)\n"
               "time.sleep(2)\nfor i in range(3):\n t = time.time_ns()\n os.write(f, b'0 ')\n"
               " print(os.read(f, 2) == b'\\x14\\x10', (time.time_ns() - t) // 1000)")
        for line in self.exec([sys.executable, "-c", ask], ["s.yaml"])[0].splitlines():
            came, took_us = line.split()
            self.assertEqual(came, "True")  # four characters of 521 us each, and what the firmware does
            self.assertTrue(2083 <= int(took_us) <= 2083 + 100 + 60, took_us)

    def test_a_megabyte_at_once_and_nobody_reads(self):
        (self.dir / "s.yaml").write_text("name: s\nboard:\n  power: off\n  target: {uart: {baud: 115200}}\n"
                                         "  programmer: {script: {sck: 100 kHz}}\n")
        text, _ = self.exec([sys.executable, "-c", """
import os, termios, time
f = os.open('/dev/ttyUSB0', os.O_RDWR)
a = termios.tcgetattr(f); a[4] = a[5] = termios.B2000000; a[1] = a[3] = 0; termios.tcsetattr(f, termios.TCSANOW, a)
t = time.time(); print(os.write(f, bytes(1 << 20))); print(time.time() - t > 5)
g = os.open('/dev/ttyUSB0', os.O_RDWR | os.O_NONBLOCK)
print(0 < os.write(g, bytes(1 << 20)) <= 4096)
os.close(f); os.close(g); h = os.open('/dev/ttyUSB0', os.O_RDWR); print('again')
"""], ["s.yaml"])
        self.assertEqual(text, f"{1 << 20}\nTrue\nTrue\nagain\n")

    def test_who_writes_much_sleeps_until_little_is_left(self):
        (self.dir / "s.yaml").write_text(self.LOOP)
        text, said = self.exec(["sh", "-c", "stty -F /dev/ttyS1 4000000 raw -echo; head -c 200000 /dev/zero >/dev/ttyS1; date +%S.%2N"],
                               ["--stats", "s.yaml"])
        self.assertEqual(text, "00.50\n")
        self.assertLess(int(re.search("([0-9]+) calls", said)[1]), 400)
        text, _ = self.exec([sys.executable, "-c", """
import os, select, termios, time
f = os.open('/dev/ttyS0', os.O_RDWR | os.O_NOCTTY); a = termios.tcgetattr(f); a[:2] = [0, 0]; a[3] = 0
a[4] = a[5] = termios.B9600; termios.tcsetattr(f, termios.TCSANOW, a); t = time.time(); os.write(f, bytes(500))
print(select.select([os.pipe()[0]], [f], [])[1] == [f], round(time.time() - t, 3))  # a pipe besides and no end, as pyserial
"""], ["s.yaml"])
        self.assertEqual(text, "True 0.254\n")

    def test_a_bench_that_ends_first_hangs_up(self):
        (self.dir / "s.yaml").write_text(self.LOOP)
        text, said = self.exec([sys.executable, "-c", """
import os, select, time
f = os.open('/dev/ttyS0', os.O_RDWR)
for call in (lambda: time.sleep(100) or os.write(f, b'x'), lambda: os.read(f, 1), lambda: os.open('/dev/ttyS0', os.O_RDWR)):
    try: print('?', call())
    except OSError as e: print(e.strerror)
p = select.poll(); p.register(f); print(p.poll(1000)[0][1] & select.POLLHUP != 0, flush=True)
"""], ["--max-time", "2 s", "s.yaml"], status=2)
        self.assertEqual(text, "Input/output error\nInput/output error\nInput/output error\nTrue\n")
        self.assertIn("the run's 2 s of simulated time are used up", said)

    def test_who_waits_long_for_a_port_and_a_person_sleeps(self):
        (self.dir / "s.yaml").write_text(self.LOOP)
        waits = ("import os, select, time\nf = os.open('/dev/ttyS0', os.O_RDWR)\nbefore = time.process_time()\n"
                 "print(select.select([0, f], [], [])[0], time.process_time() - before < 0.05)")
        program = subprocess.Popen([LIMPET, "exec", "-q", "s.yaml", "--", sys.executable, "-c", waits], cwd=self.dir, text=True,
                                   stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        time.sleep(2.5)  # of the world: the second second must not differ from the first
        self.assertEqual(program.communicate("x", timeout=TIMEOUT_S)[0], "[0] True\n")

    def test_streams_of_libc_lead_to_the_port(self):
        text = self.shell(f"exec 3<>{PORT}; stty 19200 raw -echo <&3; sleep 2; printf '0 ' | dd bs=1 2>err >&3; "
                          "head -c 2 <&3 | od -An -tx1; printf '0 ' | sed -n p >&3; sleep 1; od -An -tx1 -N 2 <&3")
        self.assertEqual(text, " 14 10\n 14 10\n")

    # ---- processes ----

    def test_children_live_in_simulated_time_too(self):
        text = self.shell("(sleep 3; date +%S.3) & (sleep 2; date +%S.2) & (sleep 1; date +%S.1) & wait; date +%S.0")
        self.assertEqual(text, "01.1\n02.2\n03.3\n03.0\n")

    def test_a_program_has_the_cores_that_it_had(self):
        """also while the bench keeps it on one of them, and what it chooses itself stays"""
        text = self.python(f"""
import os, subprocess, sys, termios
f = os.open('{PORT}', os.O_RDWR)
for i in range(300): os.write(f, b'0'); termios.tcdrain(f)
cores = os.sched_getaffinity(0)
print(sorted(cores) == {sorted(os.sched_getaffinity(0))})
print(subprocess.run(['nproc'], capture_output=True, text=True).stdout.strip() == str(len(cores)))
os.sched_setaffinity(0, [min(cores)])
for i in range(300): os.write(f, b'0'); termios.tcdrain(f)
print(os.sched_getaffinity(0) == set([min(cores)]))
""")
        self.assertEqual(text, "True\nTrue\nTrue\n")

    def test_exit_status_and_signals(self):
        self.exec(["sh", "-c", "exit 7"], status=7)
        _, said = self.exec(["sh", "-c", "kill -9 $$"], status=128 + 9)
        self.assertIn("sh was ended by signal 9 (Killed)", said)

    def test_one_that_stays_behind_gets_a_hang_up(self):
        text = self.shell(f"exec 3<>{PORT}; (cat <&3; echo cat $? >late) 2>err & sleep 1; echo gone")
        self.assertEqual(text, "gone\n")
        for _ in range(100):
            if (self.dir / "late").exists():
                break
            time.sleep(0.05)
        self.assertEqual((self.dir / "late").read_text(), "cat 1\n")
        self.assertIn("Input/output error", (self.dir / "err").read_text())

    def test_who_is_left_behind_is_not_let_at_the_machine_s_own_device(self):
        (self.dir / "s.yaml").write_text(self.LOOP + "  devices: {pc: /dev/ttyS77}\n")
        left = "(cat <&3; for i in 1 2; do sh -c 'echo x >/dev/ttyS77'; done; echo done >late) 2>err & sleep 1"
        self.exec(["sh", "-c", "exec 3<>/dev/ttyS77; " + left], ["s.yaml"])
        for _ in range(100):
            if (self.dir / "late").exists():
                break
            time.sleep(0.05)
        self.assertEqual((self.dir / "err").read_text().count("cannot create /dev/ttyS77: Input/output error"), 2)
        self.assertFalse(os.path.exists("/dev/ttyS77"))

    def test_input_and_output_are_the_program_s_own(self):
        self.assertEqual(self.shell("cat; echo to >&2", stdin="from\n"), "from\n")


class Miniframe(Exec):
    """A PC program written for the RS232 miniframe programmer, on the lines of the two-4001 circuit."""

    BOARD = "name: m\nboard:\n  programmer: {miniframe: {circuit: two_4001}}\n  pull_ups: {reset: 10 kOhm}\n"
    PROGRAM = os.environ.get("MINIFRAME_PC", str(SOURCE_ROOT / "build/tests/exec/miniframe_pc"))

    def write_and_verify(self, n):
        (self.dir / "m.yaml").write_text(self.BOARD)
        (self.dir / "data").write_bytes(random_image(n, 21))
        text, said = self.exec([self.PROGRAM, "/dev/ttyS0", "data"], ["--chip", "m.chip", "m.yaml"])
        self.assertEqual(text, f"1e 95 0f\n{n} bytes, 0 wrong\n")
        self.assertIn("findings: 0", said)
        self.exec([*AVRDUDE, "-U", "flash:v:data:r"], ["--chip", "m.chip", "-q"])  # and by another way in


class MiniframeQuick(Miniframe):
    def test_2_pages(self):
        self.write_and_verify(256)

    def test_a_shell_with_stty(self):
        (self.dir / "m.yaml").write_text(self.BOARD)
        text, _ = self.exec(["sh", "-c", "exec 3<>/dev/ttyS0; stty 115200 cs6 raw -echo <&3; stty -a <&3 | "
                             "grep -ow 'speed 115200\\|cs6'; printf '\\25' >&3; sleep 0.1"],
                            ["--vcd", "m.vcd", "m.yaml"])
        self.assertEqual(text, "speed 115200\ncs6\n")
        self.assertIn("$var", (self.dir / "m.vcd").read_text())

    def test_an_open_wire_is_told(self):
        (self.dir / "m.yaml").write_text(self.BOARD + "  wiring: {mosi: open}\n")
        (self.dir / "data").write_bytes(bytes(128))
        _, said = self.exec([self.PROGRAM, "/dev/ttyS0", "data"], ["m.yaml"], status=1)
        self.assertIn("no answer to Programming Enable", said)


class MiniframeWhole(Miniframe):
    def test_4_kib(self):
        self.write_and_verify(4096)


if __name__ == "__main__":
    unittest.main()
