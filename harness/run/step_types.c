/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/run/step.h"

const struct step_type *const step_types[] = {
    &step_power,        &step_wait,    &step_enter,  &step_leave, &step_signature,
    &step_erase,        &step_program, &step_verify, &step_read,  &step_write_fuses,
    &step_verify_fuses, &step_spi,     &step_rewire, &step_clock, &step_reset_programmer,
    &step_chip,         &step_avrdude, &step_exec,   &step_uart,  &step_mark,
    &step_plug,         &step_expect,  NULL,
};
