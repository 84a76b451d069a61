/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What an option's or a key's value may be: any text, as each kind. */
#include "harness/base/printable.h"
#include "harness/base/quantity.h"
#include "tests/fuzz/input.h"
#include "wave/vcd_write.h"

static void as_quantity(const char *text, enum quantity_kind kind, int64_t min, int64_t max)
{
    struct problem err = { "" };
    int64_t value, again = 0;
    char words[64];

    if (!quantity_parse(kind, text, min, max, &value, &err)) {
        if (!err.text[0]) {
            abort(); /* a refusal says why */
        }
        return;
    }
    quantity_text(kind, value, words, sizeof words);
    /* within its limits, and what we would write is what we would read */
    if (value < min || value > max || !quantity_parse(kind, words, INT64_MIN, INT64_MAX, &again, &err) ||
        again != value) {
        fprintf(stderr, "'%s' is %lld, '%s', %lld: %s\n", text, (long long)value, words, (long long)again, err.text);
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    char *text = fuzz_text(bytes, n), shown[300];
    struct problem err = { "" };
    int hex[16];
    bool flag;

    for (unsigned kind = 0; kind <= QUANTITY_COUNT; kind++) {
        as_quantity(text, kind, INT64_MIN, INT64_MAX);
        as_quantity(text, kind, 0, UINT32_MAX);
        as_quantity(text, kind, -50, 1000000);
    }
    quantity_bool(text, &flag, &err);
    quantity_hex_bytes(text, hex, 16, n & 1, &err);
    vcd_tick_parse(text);
    printable(shown, sizeof shown, text, n & 1);
    for (const char *p = shown; *p; p++) {
        if ((unsigned char)*p < ' ' && *p != '\n' && *p != '\t') {
            abort();
        }
    }
    free(text);
    return 0;
}
