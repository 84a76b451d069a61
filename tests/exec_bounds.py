#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""limpet exec at its bounds: programs that can't be run, memory that is not there, limits of the system."""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from exec_cli import Exec  # noqa: E402
from limpet_session import LIMPET, TIMEOUT_S  # noqa: E402


class Bounds(Exec):
    def test_memory_that_is_not_there(self):
        """EFAULT, where the library's own copying was a SIGSEGV of the program; afterwards all is as before"""
        (self.dir / "t.py").write_text("""
import ctypes, errno, mmap, os, signal, time, tty
f = os.open('/dev/ttyACM0', os.O_RDWR | os.O_NOCTTY); tty.setraw(f)
time.sleep(3); signal.alarm(9)
libc = ctypes.CDLL(None, use_errno=True)
def call(name, *args):
    r = getattr(libc, name)(f, *args)
    return errno.errorcode[ctypes.get_errno()] if r < 0 else r
pages = mmap.mmap(-1, 3 * mmap.PAGESIZE); pages[:] = b'0' * len(pages)
begin = ctypes.addressof(ctypes.c_char.from_buffer(pages))
end, closed = begin + mmap.PAGESIZE, begin + 2 * mmap.PAGESIZE
at = ctypes.c_void_p
print(libc.mprotect(at(end), mmap.PAGESIZE, mmap.PROT_READ), libc.mprotect(at(closed), mmap.PAGESIZE, 0))
print([call('write', at(to), 2) for to in (8, closed, closed - 1)], call('writev', at(8), 1), call('pwrite', at(8), 1, 0))
def answered(): # to a sync
    os.write(f, b'0 '); time.sleep(.05)
for to in (8, closed, end, end - 1):
    answered(); print(call('read', at(to), 2), end=' ')
answered(); print(call('readv', at(8), 1), call('ioctl', 0x5415, at(8)), call('ioctl', 0x5418, at(closed)))
print(os.read(f, 9)); answered()
print(call('read', at(end - 2), 2), pages[mmap.PAGESIZE - 2:mmap.PAGESIZE + 1]); print(call('write', at(end - 1), 1))
""")
        text, _ = self.exec([sys.executable, "t.py"])
        self.assertEqual(text, "0 0\n" + "['EFAULT', 'EFAULT', 'EFAULT'] EFAULT EFAULT\n" + "EFAULT " * 4 + "EFAULT EFAULT EFAULT\n" +
                         "b'\\x14\\x10'\n2 b'\\x14\\x100'\n1\n")

    def test_memory_of_usb_packets_that_is_not_there(self):
        (self.dir / "s.yaml").write_text(self.BOARD_OF_ALL)
        (self.dir / "t.py").write_text("""
import ctypes, errno, mmap, os, struct
f = os.open('/dev/bus/usb/001/002', os.O_RDWR)
libc = ctypes.CDLL(None, use_errno=True)
pages = mmap.mmap(-1, 3 * mmap.PAGESIZE)
begin = ctypes.addressof(ctypes.c_char.from_buffer(pages))
end, closed = begin + mmap.PAGESIZE, begin + 2 * mmap.PAGESIZE
libc.mprotect(ctypes.c_void_p(end), mmap.PAGESIZE, mmap.PROT_READ)
libc.mprotect(ctypes.c_void_p(closed), mmap.PAGESIZE, 0)
CONTROL, BULK, SUBMIT, REAP, CLAIM = 0xC0185500, 0xC0185502, 0x8038550A, 0x4008550C, 0x8004550F
def ioctl(request, arg):
    r = libc.ioctl(f, ctypes.c_ulong(request), ctypes.c_void_p(arg))
    return errno.errorcode[ctypes.get_errno()] if r < 0 else r
def at(packet):
    pages[:len(packet)] = packet
    return begin
def control(to): return at(struct.pack('BBHHHIP', 0x80, 6, 0x100, 0, 18, 1000, to))
def bulk(ep, to): return at(struct.pack('IIIP', ep, 2, 1000, to))
def urb(to, ep, kind=3): return at(struct.pack('BBiIPiiiiiIP', kind, ep, 0, 0, to, 9, 0, 0, 0, 0, 0, 0))
print(ioctl(CLAIM, at(bytes(4))))
for bad in (8, closed):
    print(ioctl(CONTROL, bad), ioctl(CONTROL, control(bad)), ioctl(BULK, bad), ioctl(BULK, bulk(2, bad)),
          ioctl(SUBMIT, bad), ioctl(SUBMIT, urb(bad, 2)), ioctl(SUBMIT, urb(bad, 0, 2)))
print(ioctl(CONTROL, control(end)), ioctl(BULK, bulk(0x81, end)), ioctl(BULK, bulk(0x81, end - 1)))
for to, told in (end, begin + 100), (begin + 60, end), (begin + 60, begin + 100):
    print(ioctl(SUBMIT, urb(to, 0x81)), ioctl(REAP, told), end=' ')
print(ioctl(CONTROL, control(begin + 100)), pages[100:104])
""")
        text, _ = self.exec([sys.executable, "t.py"], ["s.yaml"])
        self.assertEqual(text, "0\n" + 2 * ("EFAULT " * 6 + "EFAULT\n") + "EFAULT EFAULT EFAULT\n" +
                         "0 EFAULT 0 EFAULT 0 0 18 b'\\x12\\x01\\x00\\x02'\n")

    def test_programs_that_cannot_be_run_say_so(self):
        source = self.dir / "x.c"
        source.write_text("int main(void) { return 0; }\n")
        subprocess.run(["gcc", "-static", source, "-o", self.dir / "static"], check=True)
        _, said = self.exec(["./static"], status=2)
        self.assertIn("./static is linked statically: its calls can't be answered in simulated time", said)
        foreign = bytearray(pathlib.Path("/bin/true").read_bytes())
        foreign[18] ^= 0x55  # e_machine
        (self.dir / "foreign").write_bytes(foreign)
        (self.dir / "foreign").chmod(0o755)
        _, said = self.exec(["./foreign"], status=2)
        self.assertIn("./foreign is built for another kind of machine", said)
        _, said = self.exec(["no-such-program"], status=2)
        self.assertIn("cannot start no-such-program: no program of that name in PATH", said)
        (self.dir / "script").write_text("#! ./static\n")
        (self.dir / "script").chmod(0o755)
        _, said = self.exec(["./script"], status=2)
        self.assertIn("./static is linked statically", said)
        outside = " ended without having spoken with the bench: it ran outside simulated time"
        _, said = self.exec(["sh", "-c", "./static; echo $?"])
        self.assertEqual(said.count("limpet exec: note:"), 1)
        self.assertRegex(said, r"note: \./static( is linked statically.*: it runs outside|" + outside + ")")
        # quick ones, which nobody has had the time to look at; a path that is tried in vain is no program
        self.assertIn("limpet exec: note: true" + outside, self.exec(["env", "-i", "true"])[1])
        _, said = self.exec([sys.executable, "-c", "import os\nos.posix_spawn('/bin/true', ['true'], {})\nos.wait()"])
        self.assertIn("limpet exec: note: a process" + outside, said)
        self.assertNotIn("note:", self.exec(["sh", "-c", "(exec ./none); ls none; :"])[1])
        # ... and the step that passed says so, too
        (self.dir / "e.yaml").write_text("board: {}\nsteps: [{exec: {program: env, args: -i true}}]\n")
        self.assertIn("note: true" + outside, self.run_limpet("run", "e.yaml"))

    def test_descriptors_for_the_bench_are_beyond_those_of_the_program(self):
        date = "Sat Jan  1 00:00:01 UTC 2000\n"
        for n in (4, 5, 7, 900):
            text, said = self.exec(["sh", "-c", f"ulimit -Sn {n}; sleep 1; date -u; ulimit -n"], env={**os.environ, "LC_ALL": "C"})
            self.assertEqual((text, "note:" in said), (f"{date}{n}\n", False))
        # where its hard limit leaves none it would be outside simulated time
        _, said = self.exec(["sh", "-c", "ulimit -n 4; sleep 1; echo slept"], status=2)
        self.assertIn("the program left no room for itself to speak with the bench: Too many open files (ulimit -n)", said)
        threads = ("import os, resource, threading\nresource.setrlimit(resource.RLIMIT_NOFILE, (%d, 20))\nn = 0\n"
                   "try:\n  while True: n = os.open('/', 0)\nexcept OSError: pass\n"
                   "t = threading.Thread(target=print, args=('ran',)); t.start(); t.join()")
        self.assertEqual(self.python(threads % 9), "ran\n")
        _, said = self.exec([sys.executable, "-c", threads % 20], status=2)
        self.assertIn("limpet exec: the program left no room for itself", said)

    def test_many_processes_at_a_time_cost_each_as_much(self):
        def looks(n):
            many = f"import os, time\nfor i in range({n}): os.fork() or time.sleep(.1) or os._exit(0)\n"
            _, said = self.exec([sys.executable, "-Sc", many + f"for i in range({n}): os.wait()"], ["--stats"])
            return int(re.search(r"program: .*, (\d+) looks whether a signal came", said)[1])

        self.assertLess(looks(60), 250)  # at all that sleep whenever one ended: more than 1800

    @unittest.skipUnless(os.geteuid() == 0 and shutil.which("setpriv"), "only root can make a program of another's")
    def test_setuid(self):
        shutil.copy("/bin/true", self.dir / "suid")
        os.chown(self.dir / "suid", 12345, -1)
        (self.dir / "suid").chmod(0o4755)
        _, said = self.exec(["./suid"], status=2)
        self.assertIn("./suid is setuid or setgid", said)

    def test_no_program(self):
        done = subprocess.run([LIMPET, "exec"], capture_output=True, text=True, timeout=TIMEOUT_S)
        self.assertEqual(done.returncode, 2)
        self.assertIn("which program? It comes after --", done.stderr)


if __name__ == "__main__":
    unittest.main()
