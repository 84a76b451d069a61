/* SPDX-License-Identifier: GPL-3.0-or-later */
/* yaml_words.h - libyaml's complaints in words that say what to do, at the place of the cause */
#ifndef HARNESS_SCENARIO_YAML_WORDS_H
#define HARNESS_SCENARIO_YAML_WORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <yaml.h>

/* text[0..n-1]: the document that p failed on. False: nothing better is known than what p says itself. */
bool yaml_words(const yaml_parser_t *p, const char *text, size_t n, yaml_mark_t *mark, char *words, size_t size);

#endif
