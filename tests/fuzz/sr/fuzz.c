/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A PulseView session: a zip of any bytes; and of what is no zip one is made, with the text before the first NUL as its
 * metadata and what follows as samples: else checksums and packing would keep all else from being reached. One in eight is
 * decoded and drawn, which the targets csv and vcd do with each of theirs: reading is what is a .sr's own.
 */
#include <minizip/zip.h>

#include "tests/fuzz/recording.h"

/* Not packed, in memory. */
static void add(zipFile zip, const char *name, const void *bytes, size_t n)
{
    if (zipOpenNewFileInZip(zip, name, NULL, NULL, 0, NULL, 0, NULL, 0, 0) != ZIP_OK ||
        zipWriteInFileInZip(zip, bytes, (unsigned)n) != ZIP_OK || zipCloseFileInZip(zip) != ZIP_OK) {
        abort();
    }
}

static void read_only(const char *path)
{
    struct wave_doc d;
    struct problem err = { "" };

    if (doc_load(&d, path, &err)) {
        doc_free(&d);
    } else if (!err.text[0]) {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    const uint8_t *nul = n ? memchr(bytes, 0, n) : NULL;
    bool is_zip = n > 1 && bytes[0] == 'P' && bytes[1] == 'K';
    const char *path = fuzz_file(bytes, !nul || is_zip ? n : 0);

    if (nul && !is_zip) {
        size_t n_text = (size_t)(nul - bytes), n_samples = n - n_text - 1;
        zipFile zip = zipOpen64(path, APPEND_STATUS_CREATE);
        if (!zip) {
            abort();
        }
        add(zip, "version", "2", 1);
        add(zip, "metadata", bytes, n_text);
        add(zip, "logic-1-1", nul + 1, n_samples / 2);
        add(zip, "logic-1-2", nul + 1 + n_samples / 2, n_samples - n_samples / 2);
        add(zip, "analog-1-3", nul + 1, n_samples / 4 * 4);
        if (zipClose(zip, NULL) != ZIP_OK) {
            abort();
        }
    }
    if (n && bytes[n - 1] % 8 == 0) {
        fuzz_recording(path);
    } else {
        read_only(path);
    }
    return 0;
}
