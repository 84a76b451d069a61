/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/judge/shard.h"

#include "harness/base/input_file.h"
#include "harness/base/json_text.h"
#include "sim/memory.h"
#include "wave/in_file.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define FORMAT "limpet-judge-shard-1"
#define MOST_BYTES ((size_t)256 << 20)
#define MOST_NAMED 20

/* ---- bytes as text: zeros, of which there are many, are told by their number ---- */

/* "0f3a", and "z12." for twelve bytes of 0 */
static char *bytes_text(const char *bytes, size_t n)
{
    char *text = memory_zeroed(n * 2 + 24, 1);
    size_t at = 0;

    for (size_t i = 0; i < n;) {
        size_t zeros = 0;

        while (i + zeros < n && bytes[i + zeros] == 0) {
            zeros++;
        }
        if (zeros > 10) { /* longer than it is as digits */
            at += (size_t)sprintf(text + at, "z%zu.", zeros);
            i += zeros;
        } else {
            at += (size_t)sprintf(text + at, "%02x", (unsigned char)bytes[i++]);
        }
    }
    return text;
}

static int digit(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* False: it is not the text of n bytes. */
static bool bytes_of(const char *text, char *bytes, size_t n)
{
    size_t at = 0;

    while (*text) {
        if (*text == 'z') {
            char *end;
            unsigned long zeros = strtoul(text + 1, &end, 10);

            if (*end != '.' || zeros > n - at) {
                return false;
            }
            memset(bytes + at, 0, zeros);
            at += zeros;
            text = end + 1;
        } else {
            int high = digit(text[0]), low = high < 0 ? -1 : digit(text[1]);

            if (low < 0 || at == n) {
                return false;
            }
            bytes[at++] = (char)(high << 4 | low);
            text += 2;
        }
    }
    return at == n;
}

/* ---- writing ---- */

char *shard_text(const struct shard_results *r, unsigned shard, unsigned shards)
{
    struct json_builder b = { false };
    json_t *root = json_object(), *results = json_array();
    char digest[INPUT_FILE_DIGEST_CHARS + 1];

    json_put(&b, root, "format", json_string(FORMAT));
    json_put(&b, root, "plan", json_any_text(r->plan));
    json_put(&b, root, "shard", json_integer(shard));
    json_put(&b, root, "shards", json_integer(shards));
    json_put(&b, root, "jobs", json_integer(r->n));
    for (unsigned i = 0; i < r->n; i++) {
        if (!r->have[i]) {
            continue;
        }
        json_t *one = json_object();
        char *text = bytes_text(r->bytes + i * r->size, r->size);

        input_bytes_digest(r->bytes + i * r->size, r->size, digest);
        json_put(&b, one, "job", json_integer(i));
        json_put(&b, one, "sha256", json_string(digest));
        json_put(&b, one, "bytes", json_string(text));
        json_append(&b, results, one);
        free(text);
    }
    json_put(&b, root, "results", results);
    return json_text(&b, root, JSON_INDENT(1) | JSON_PRESERVE_ORDER);
}

/* ---- reading ---- */

static const char *text_at(const json_t *o, const char *key)
{
    const char *text = json_string_value(json_object_get(o, key));

    return text ? text : "";
}

static bool read_result(const json_t *one, struct shard_results *r)
{
    const json_t *job = json_object_get(one, "job");
    char digest[INPUT_FILE_DIGEST_CHARS + 1], *bytes = memory_zeroed(r->size, 1);
    bool ok = json_is_integer(job) && json_integer_value(job) >= 0 && json_integer_value(job) < (json_int_t)r->n &&
              bytes_of(text_at(one, "bytes"), bytes, r->size);

    if (ok) {
        size_t i = (size_t)json_integer_value(job);

        input_bytes_digest(bytes, r->size, digest);
        ok = !strcmp(digest, text_at(one, "sha256")) &&
             (!r->have[i] || !memcmp(bytes, r->bytes + i * r->size, r->size));
        if (ok) {
            memcpy(r->bytes + i * r->size, bytes, r->size);
            r->have[i] = true;
        }
    }
    free(bytes);
    return ok;
}

/* The first line in which the plans differ. */
static bool other_plan(const char *path, const char *here, const char *there, struct problem *err)
{
    while (*here && *there) {
        size_t n = strcspn(here, "\n"), m = strcspn(there, "\n");

        if (n != m || memcmp(here, there, n)) {
            break;
        }
        here += n + (here[n] == '\n');
        there += m + (there[m] == '\n');
    }
    return problem_set(err, "%s: of another plan: it has \"%.*s\", here it is \"%.*s\"", path,
                       (int)strcspn(there, "\n"), there, (int)strcspn(here, "\n"), here);
}

bool shard_read(const char *path, struct shard_results *r, struct problem *err)
{
    json_error_t why;
    char *text;
    size_t n, i;
    bool ok;

    if (!in_file_read(path, MOST_BYTES, &text, &n, NULL, err)) {
        return false;
    }
    json_t *root = json_loadb(text, n, JSON_REJECT_DUPLICATES, &why), *one;
    const json_t *results = json_object_get(root, "results");
    free(text);
    if (!root) {
        return problem_set(err, "%s:%d:%d: %s", path, why.line, why.column, why.text);
    }
    if (strcmp(text_at(root, "format"), FORMAT) || !json_is_array(results)) {
        ok = problem_set(err, "%s: this is no result of `limpet judge --shard`", path);
    } else if (strcmp(text_at(root, "plan"), r->plan)) {
        ok = other_plan(path, r->plan, text_at(root, "plan"), err);
    } else {
        ok = true;
        json_array_foreach(results, i, one)
        {
            if (ok && !read_result(one, r)) {
                ok = problem_set(err, "%s: result %zu is damaged, or another one than in a file before", path, i);
            }
        }
    }
    json_decref(root);
    return ok;
}

/* Is it just whole shards of so many that are missing? */
static bool is_split_by(const struct shard_results *r, unsigned shards)
{
    for (unsigned i = shards; i < r->n; i++) {
        if (r->have[i] != r->have[i % shards]) {
            return false;
        }
    }
    return true;
}

bool shard_complete(const struct shard_results *r, struct problem *err)
{
    unsigned missing = 0, shards = 1, named = 0;

    for (unsigned i = 0; i < r->n; i++) {
        missing += !r->have[i];
    }
    if (!missing) {
        return true;
    }
    while (shards < r->n && !is_split_by(r, shards)) {
        shards++;
    }
    problem_set(err, "%u of %u results are missing; lost:", missing, r->n);
    for (unsigned i = 0; i < shards && named < MOST_NAMED; i++) {
        if (!r->have[i]) {
            problem_append(err, "%s --shard %u/%u", named++ ? "," : "", i + 1, shards);
        }
    }
    return false;
}
