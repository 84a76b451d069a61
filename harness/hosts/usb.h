/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * usb.h - the PC at the USB test-mode programmer: ISP instructions as states of a hub's port
 *
 *      bit 1: K J     bit 0: SE0 J     end: SE0     (K: data line high, J: clock line high)
 *
 * Every state is one control transfer: SetPortFeature(PORT_TEST) with selector << 8 | port in wIndex (USB 2.0,
 * 11.24.2.13, table 11-25). Nothing comes back: the port drives in J and K, in SE0_NAK it does not report its
 * lines, and MISO leads nowhere. What this host returns as an answer is 0, whatever the target said.
 */
#ifndef HARNESS_HOSTS_USB_H
#define HARNESS_HOSTS_USB_H

#include "harness/hosts/isp_algorithm.h"
#include "harness/hosts/programmer.h"
#include "sim/vline.h"

enum usb_state { USB_SE0, USB_J, USB_K };

struct host_usb_config {
    sim_time t_state_ps;  /* from one state to the next */
    sim_time t_jitter_ps; /* up to so much more, drawn from the seed */
    int32_t high_mv;      /* 800 open, 400 with the far end terminated */
    bool clk_is_dm;       /* K is the clock then */
    sim_time t_enter_ps;  /* power-up to Programming Enable */
    struct isp_waits waits;
};

extern const struct host_usb_config host_usb_default;

/* False and err: what can't be. */
bool host_usb_check(const struct host_usb_config *cfg, struct problem *err);

/* The setup packet that puts a hub's port into a state. */
void usb_port_test_request(enum usb_state state, uint8_t port, uint8_t setup[8]);

/* States of a four-byte instruction, two per bit. Returns how many: 64. */
#define USB_STATES 64
unsigned usb_encode(const uint8_t send[4], bool clk_is_dm, enum usb_state states[USB_STATES]);

/* Free it through its ops; sim, lines and part must outlive it. */
struct programmer host_usb_new(struct sim *sim, const struct part *part, struct vline *dp, struct vline *dm,
                               const struct host_usb_config *cfg);

#endif
