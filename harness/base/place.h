/* SPDX-License-Identifier: GPL-3.0-or-later */
/* place.h - where something stands in a scenario's file */
#ifndef HARNESS_BASE_PLACE_H
#define HARNESS_BASE_PLACE_H

struct scenario_place { /* line 0: none (a default, or set by --set) */
    unsigned line, column;
};

#endif
