#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""libusb-1.0, loaded at run time, with an FT232R of the bench: found, opened, talked to, while a thread handles events"""
import ctypes
import struct
import threading
import time

LIBUSB = ctypes.CDLL("libusb-1.0.so.0")
OUT, IN = 0x02, 0x81


class Interval(ctypes.Structure):
    _fields_ = [("s", ctypes.c_long), ("us", ctypes.c_long)]


def check(result):
    if result < 0:
        raise SystemExit(f"libusb: {result}")
    return result


context, devices, handle = ctypes.c_void_p(), ctypes.POINTER(ctypes.c_void_p)(), ctypes.c_void_p()
check(LIBUSB.libusb_init(ctypes.byref(context)))
n = check(LIBUSB.libusb_get_device_list(context, ctypes.byref(devices)))
print(n, "devices" if n != 1 else "device")
if n:
    device = ctypes.c_void_p(devices[0])
    descriptor = ctypes.create_string_buffer(18)
    check(LIBUSB.libusb_get_device_descriptor(device, descriptor))
    print("%04x:%04x %04x" % struct.unpack("<HHH", descriptor.raw[8:14]), LIBUSB.libusb_get_bus_number(device),
          LIBUSB.libusb_get_device_address(device))
    check(LIBUSB.libusb_open(device, ctypes.byref(handle)))
    text = ctypes.create_string_buffer(100)
    for i in (1, 2, 3):
        check(LIBUSB.libusb_get_string_descriptor_ascii(handle, i, text, 100))
        print(text.value.decode())
    check(LIBUSB.libusb_claim_interface(handle, 0))
    other = ctypes.c_void_p()
    check(LIBUSB.libusb_open(device, ctypes.byref(other)))
    print("a second claim:", LIBUSB.libusb_claim_interface(other, 0))
    LIBUSB.libusb_close(other)

    stop = []

    def handle_events():
        while not stop:
            LIBUSB.libusb_handle_events_timeout(context, ctypes.byref(Interval(3600, 0)))

    events = threading.Thread(target=handle_events)
    events.start()

    def control(request, value, kind=0x40, data=None, size=0):
        return LIBUSB.libusb_control_transfer(handle, kind, request, value, 0, data, size, 1000)

    moved = ctypes.c_int()
    control(0x09, 1)       # latency timer: 1 ms
    control(0x03, 30)      # 3 MHz / 30: a byte every 10 us
    control(0x0B, 0x04FF)  # synchronous bit bang, all outputs
    start = time.monotonic()
    check(LIBUSB.libusb_bulk_transfer(handle, OUT, bytes([0, 255] * 192), 384, ctypes.byref(moved), 1000))
    print("written:", moved.value, "in ms:", round((time.monotonic() - start) * 1000, 1))
    stuck = LIBUSB.libusb_bulk_transfer(handle, OUT, bytes(64), 64, ctypes.byref(moved), 20)
    print("and more, with 256 to be read and 128 to be put out:", stuck)
    got, packet = b"", ctypes.create_string_buffer(512)
    while len(got) < 384:
        check(LIBUSB.libusb_bulk_transfer(handle, IN, packet, 512, ctypes.byref(moved), 1000))
        for at in range(0, moved.value, 64):
            got += packet.raw[at + 2:min(at + 64, moved.value)]
    print("read:", len(got), got[1:7].hex())
    control(0x09, 255)
    start = time.monotonic()
    print("nothing comes:", LIBUSB.libusb_bulk_transfer(handle, IN, packet, 512, ctypes.byref(moved), 50), "after ms:",
          round((time.monotonic() - start) * 1000))
    print("no such request:", control(0x77, 0, 0xC0, packet, 8))
    stop.append(1)
    LIBUSB.libusb_interrupt_event_handler(context)
    events.join()
    LIBUSB.libusb_release_interface(handle, 0)
    LIBUSB.libusb_close(handle)
LIBUSB.libusb_free_device_list(devices, 1)
LIBUSB.libusb_exit(context)
