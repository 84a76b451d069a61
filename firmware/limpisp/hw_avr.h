/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hw_avr.h - the Uno's side of hw.h that only main() needs */
#ifndef LIMPISP_HW_AVR_H
#define LIMPISP_HW_AVR_H

void hw_init(void);

#endif
