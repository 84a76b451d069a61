/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * room.h - descriptors for the bench beyond those that the program may have (ulimit -n), as far as its hard limit goes
 *
 * So a program finds as many free as it would without us. Another thread may take one too many at that moment.
 */
#ifndef PRELOAD_ROOM_H
#define PRELOAD_ROOM_H

#include <stdbool.h>

/* What failed with this error would work after room_make(). */
bool room_can_be_made(int error);
/* False: it can't. Else to be followed by room_give_back(), which leaves errno. */
bool room_make(void);
void room_give_back(void);
/* In a child: whoever was between the two is not here. */
void room_forked(void);

#endif
