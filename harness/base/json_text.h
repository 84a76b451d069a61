/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * json_text.h - a JSON value built and written so that a failed allocation can't leave a hole in it
 *
 * jansson answers a failed allocation with NULL or -1 while one builds; json_put() and json_append() keep that in a
 * flag that is looked at once, by json_text(). While it writes, jansson 2.14 can lose the name of a member without a
 * word: json_text() reads its own text back and compares.
 */
#ifndef HARNESS_BASE_JSON_TEXT_H
#define HARNESS_BASE_JSON_TEXT_H

#include <jansson.h>
#include <stdbool.h>

struct json_builder {
    bool failed;
};

/* A text that may hold anything (a path, a message): bytes that are not UTF-8 stand there as U+FFFD. */
json_t *json_any_text(const char *text);

/* Both take the reference to value, which may be NULL (then the builder has failed). */
void json_put(struct json_builder *b, json_t *object, const char *key, json_t *value);
void json_append(struct json_builder *b, json_t *list, json_t *value);

/* The text of root, to free(). NULL: out of memory, or not UTF-8. Takes the reference to root. */
char *json_text(const struct json_builder *b, json_t *root, size_t jansson_flags);

#endif
