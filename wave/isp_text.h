/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * isp_text.h - an instruction of the serial programming port in words
 *
 * The first comma ends the short form that a narrow label shows: "Load flash page, low byte, word 0x12, 0x0C".
 */
#ifndef WAVE_ISP_TEXT_H
#define WAVE_ISP_TEXT_H

#include "sim/isp_code.h"
#include "wave/doc.h"

#define ISP_TEXT_BYTES 120
#define ISP_MORE_BYTES 500

/*
 * mosi, miso: the four bytes, the first on the wire in the highest. answered: miso was recorded. Returns what kind
 * it is, for colour: DOC_BAD when no such instruction exists, or Programming Enable got no echo.
 */
enum doc_tone isp_text(const struct isp_decoder *d, uint32_t mosi, uint32_t miso, bool answered, char *text,
                       size_t size);
/* One or two sentences for who asks what it does. */
void isp_more(const struct isp_decoder *d, uint32_t mosi, uint32_t miso, bool answered, char *text, size_t size);

#endif
