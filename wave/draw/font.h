/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * font.h - how wide text is, the same on every machine
 *
 * Pictures are laid out by the advance widths of DejaVu Sans 2.37 (2048 units per em, measured without hinting), not by
 * what happens to be installed: back ends squeeze or stretch another font's text to that width, so no label ever
 * runs into its neighbour. Letters that the table lacks count as one em, which no letter of a usual font exceeds.
 */
#ifndef WAVE_DRAW_FONT_H
#define WAVE_DRAW_FONT_H

#include <stdbool.h>
#include <stddef.h>

#define FONT_FAMILY "DejaVu Sans"

/* Of UTF-8 text at a size in px. Bytes that are no UTF-8 count one em each. */
double font_width(const char *text, double size, bool bold);
/* How many bytes of text fit into width, cut between letters. */
size_t font_fit(const char *text, double size, bool bold, double width);
/* Every letter is in the table: any back end's plain way to draw text will do. */
bool font_is_plain(const char *text);

#endif
