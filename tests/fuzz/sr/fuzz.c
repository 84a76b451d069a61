/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A PulseView session: a zip of any bytes; and of what is no zip one is made, with the text before the first NUL as its
 * metadata and what follows as samples: else checksums and packing would keep all else from being reached.
 */
#include <zip.h>

#include "tests/fuzz/recording.h"

static bool add(zip_t *zip, const char *name, const void *bytes, size_t n)
{
    zip_source_t *s = zip_source_buffer(zip, bytes, n, 0);

    return s && zip_file_add(zip, name, s, ZIP_FL_OVERWRITE) >= 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    const uint8_t *nul = n ? memchr(bytes, 0, n) : NULL;
    char path[64];

    if (!nul || (n > 1 && bytes[0] == 'P' && bytes[1] == 'K')) {
        fuzz_recording(fuzz_file(bytes, n));
        return 0;
    }
    size_t n_text = (size_t)(nul - bytes), n_samples = n - n_text - 1;
    snprintf(path, sizeof path, "/tmp/limpet-fuzz-%ld.sr", (long)getpid());
    zip_t *zip = zip_open(path, ZIP_CREATE | ZIP_TRUNCATE, NULL);
    if (!zip || !add(zip, "version", "2", 1) || !add(zip, "metadata", bytes, n_text) ||
        !add(zip, "logic-1-1", nul + 1, n_samples / 2) ||
        !add(zip, "logic-1-2", nul + 1 + n_samples / 2, n_samples - n_samples / 2) ||
        !add(zip, "analog-1-3", nul + 1, n_samples / 4 * 4) || zip_close(zip) != 0) {
        abort();
    }
    fuzz_recording(path);
    unlink(path);
    return 0;
}
