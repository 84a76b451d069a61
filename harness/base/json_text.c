/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/base/json_text.h"

#include "harness/base/printable.h"

#include <stdlib.h>
#include <string.h>

json_t *json_any_text(const char *text)
{
    char *clean = malloc(3 * strlen(text) + 1), *to = clean;
    if (!clean) {
        return NULL;
    }
    for (const char *p = text; *p;) {
        unsigned n = utf8_sequence(p);
        memcpy(to, n ? p : "\uFFFD", n ? n : 3);
        to += n ? n : 3;
        p += n ? n : 1;
    }
    *to = '\0';
    json_t *value = json_string(clean);
    free(clean);
    return value;
}

void json_put(struct json_builder *b, json_t *object, const char *key, json_t *value)
{
    b->failed |= json_object_set_new(object, key, value) != 0;
}

void json_append(struct json_builder *b, json_t *list, json_t *value)
{
    b->failed |= json_array_append_new(list, value) != 0;
}

static bool says_the_same(const char *text, const json_t *root)
{
    json_t *back = json_loads(text, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, NULL);
    bool same = back && json_equal(back, root);
    json_decref(back);
    return same;
}

char *json_text(const struct json_builder *b, json_t *root, size_t jansson_flags)
{
    char *text = b->failed || !root ? NULL : json_dumps(root, jansson_flags);
    if (text && !says_the_same(text, root)) {
        free(text);
        text = NULL;
    }
    json_decref(root);
    return text;
}
