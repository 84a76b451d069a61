/* SPDX-License-Identifier: GPL-3.0-or-later */
/* key_texts.h - what each key of a scenario means: the tables of docs/scenarios.md and docs/circuits.md, made by scripts/key-texts */
#ifndef HARNESS_LINT_KEY_TEXTS_H
#define HARNESS_LINT_KEY_TEXTS_H

struct key_text {
    const char *section; /* of the document: "board.target", "script", "step", "data" */
    const char *key;
    const char *text; /* plain */
};

extern const struct key_text key_texts[]; /* key NULL at the end */

#endif
