/* SPDX-License-Identifier: GPL-3.0-or-later */
/* viewer_parts.h - sizes that viewer.c and viewer_draw.c share; nobody else includes it */
#ifndef WAVE_DRAW_VIEWER_PARTS_H
#define WAVE_DRAW_VIEWER_PARTS_H

#define VIEWER_MINIMAP_H 18.0
#define VIEWER_PANEL_H 58.0

#endif
