/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/parts/pc_side.h"

#include "harness/parts/part.h"

/*
 * What a call costs. A system call takes some microseconds with the driver's work; the modem lines of a USB adapter
 * are a control transfer, which waits for a frame of the bus; those of a 16550 behind the chipset a read and a write of
 * a register. All assumed: docs/fidelity.md.
 */
#define SYSTEM_CALL_PS (5 * SIM_US)
#define USB_CONTROL_PS SIM_MS
#define UART_REGISTER_PS (3 * SIM_US)

static bool has_rs232(const struct part_type *type)
{
    return type->rs232 != NULL;
}

static bool has_uart(const struct part_type *type)
{
    return type->pc_uart != NULL;
}

static bool has_pins(const struct part_type *type)
{
    return type->pc_pins != NULL;
}

static bool has_usb(const struct part_type *type)
{
    return type->pc_usb != NULL;
}

const struct pc_device_row pc_devices[PC_KINDS] = {
    [PC_PROGRAMMER] = { "/dev/ttyACM%u", 0, "", 166, 0, SYSTEM_CALL_PS, USB_CONTROL_PS, NULL,
                        "the programmer's serial port" },
    [PC_TARGET] = { "/dev/ttyUSB%u", 0, "uart", 188, 0, SYSTEM_CALL_PS, USB_CONTROL_PS, NULL, "the target's UART" },
    [PC_RS232] = { "/dev/ttyS%u", 0, "", 4, 64, SYSTEM_CALL_PS, UART_REGISTER_PS, has_rs232, "RS232 lines" },
    [PC_UART] = { "/dev/ttyUSB%u", 1, "", 188, 0, SYSTEM_CALL_PS, USB_CONTROL_PS, has_uart, "a USB serial adapter" },
    [PC_SPI] = { "/dev/spidev%u.0", 0, "spi", 153, 0, SYSTEM_CALL_PS, 0, has_pins, "SPI, chip select 0" },
    [PC_GPIOCHIP] = { "/dev/gpiochip%u", 0, "gpiochip", 254, 0, SYSTEM_CALL_PS, 0, has_pins, "GPIO lines" },
    [PC_SYSFS_GPIO] = { "/sys/class/gpio", 0, NULL, 0, 0, SYSTEM_CALL_PS, 0, has_pins, "GPIO lines by sysfs" },
    [PC_USB] = { "/dev/bus/usb/001/%03u", 2, NULL, 189, 0, SYSTEM_CALL_PS, USB_CONTROL_PS, has_usb, "a USB device" },
};

bool pc_side_has(const struct part_type *type, enum pc_device_kind kind)
{
    return pc_devices[kind].on && pc_devices[kind].on(type);
}
