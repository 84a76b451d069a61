/* SPDX-License-Identifier: GPL-3.0-or-later */
/* doc_merge.h - a second recording beside the first, on one screen */
#ifndef WAVE_DOC_MERGE_H
#define WAVE_DOC_MERGE_H

#include "wave/doc.h"

/*
 * Copies other's signals and tracks into d, names behind prefix, times shift_ps later (negative: earlier; what would come
 * before 0 is at 0). Both have been finished. False: out of memory, or too many signals; d is then still whole without.
 */
bool doc_merge(struct wave_doc *d, const struct wave_doc *other, const char *prefix, int64_t shift_ps);

#endif
