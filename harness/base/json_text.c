/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/base/json_text.h"

#include <stdlib.h>
#include <string.h>

/* Length of the UTF-8 sequence at p, 0 if it is none (surrogates, overlong forms and above U+10FFFF are none). */
static unsigned sequence(const unsigned char *p)
{
    static const struct {
        unsigned char first, last, second_from, second_to;
        unsigned n;
    } forms[] = {
        { 0x01, 0x7F, 0, 0, 1 },       { 0xC2, 0xDF, 0x80, 0xBF, 2 }, { 0xE0, 0xE0, 0xA0, 0xBF, 3 },
        { 0xE1, 0xEC, 0x80, 0xBF, 3 }, { 0xED, 0xED, 0x80, 0x9F, 3 }, { 0xEE, 0xEF, 0x80, 0xBF, 3 },
        { 0xF0, 0xF0, 0x90, 0xBF, 4 }, { 0xF1, 0xF3, 0x80, 0xBF, 4 }, { 0xF4, 0xF4, 0x80, 0x8F, 4 },
    };
    for (unsigned i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        if (p[0] < forms[i].first || p[0] > forms[i].last) {
            continue;
        }
        if (forms[i].n > 1 && (p[1] < forms[i].second_from || p[1] > forms[i].second_to)) {
            return 0;
        }
        for (unsigned k = 2; k < forms[i].n; k++) {
            if (p[k] < 0x80 || p[k] > 0xBF) {
                return 0;
            }
        }
        return forms[i].n;
    }
    return 0;
}

json_t *json_any_text(const char *text)
{
    char *clean = malloc(3 * strlen(text) + 1), *to = clean;
    if (!clean) {
        return NULL;
    }
    for (const unsigned char *p = (const unsigned char *)text; *p;) {
        unsigned n = sequence(p);
        memcpy(to, n ? (const char *)p : "\uFFFD", n ? n : 3);
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
