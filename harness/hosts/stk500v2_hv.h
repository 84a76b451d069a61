/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * stk500v2_hv.h - the PC's side of a high-voltage programmer: STK500v2 as avrdude 7.1 speaks it with -c stk500pp and
 * -c stk500hvsp (which of them: as the target's high voltage is)
 *
 * Models      order and bodies of the commands: sign-on, control stack, entering, a LOAD_ADDRESS before every page, chip
 *             erase followed by entering again without leaving
 * Leaves out  what avrdude does between commands; pages that are filled only in part are read first, as there
 * Source      AVR068; avrdude 7.1 against a scripted programmer, and its configuration
 */
#ifndef HARNESS_HOSTS_STK500V2_HV_H
#define HARNESS_HOSTS_STK500V2_HV_H

#include "harness/hosts/host.h"
#include "harness/hosts/programmer.h"

/* host is copied. */
struct programmer host_stk500v2_hv_new(const struct host *host, const struct host_settings *settings);

#endif
