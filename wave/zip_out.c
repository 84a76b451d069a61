/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wave/zip_out.h"

#include <limits.h>
#include <minizip/zip.h>
#include <stdlib.h>
#include <string.h>

#include "wave/out_file.h"

struct zip_out {
    struct out_file file;
    zipFile zip;
    uint64_t written; /* to the file */
    char *tail;       /* what comes behind: minizip goes back to an entry's head as it ends */
    size_t n, cap, at;
    bool in_entry, failed;
};

/* ---- minizip's file: the tail ---- */

static voidpf open_tail(voidpf zip, const void *path, int mode)
{
    (void)path, (void)mode;
    return zip;
}

static uLong read_tail(voidpf zip, voidpf stream, void *to, uLong n)
{
    (void)zip, (void)stream, (void)to, (void)n;
    return 0;
}

static uLong write_tail(voidpf zip, voidpf stream, const void *from, uLong n)
{
    struct zip_out *z = zip;
    (void)stream;
    if (n > z->cap - z->at) {
        size_t cap = 2 * (z->at + n);
        char *more = realloc(z->tail, cap);
        if (!more) {
            return 0;
        }
        z->tail = more;
        z->cap = cap;
    }
    memcpy(z->tail + z->at, from, n);
    z->at += n;
    z->n = z->at > z->n ? z->at : z->n;
    return n;
}

static ZPOS64_T tell_tail(voidpf zip, voidpf stream)
{
    const struct zip_out *z = zip;
    (void)stream;
    return z->written + z->at;
}

static long seek_tail(voidpf zip, voidpf stream, ZPOS64_T offset, int origin)
{
    struct zip_out *z = zip;
    (void)stream;
    ZPOS64_T to = offset + (origin == ZLIB_FILEFUNC_SEEK_CUR   ? z->written + z->at
                            : origin == ZLIB_FILEFUNC_SEEK_END ? z->written + z->n
                                                               : 0);
    if (to < z->written || to - z->written > z->n) {
        return -1;
    }
    z->at = (size_t)(to - z->written);
    return 0;
}

static int nothing(voidpf zip, voidpf stream)
{
    (void)zip, (void)stream;
    return 0;
}

static void write_out(struct zip_out *z)
{
    if (z->n) {
        out_file_put(&z->file, z->tail, z->n);
    }
    z->written += z->n;
    z->n = z->at = 0;
}

/* ---- entries ---- */

struct zip_out *zip_out_open(const char *path, struct problem *err)
{
    struct zip_out *z = calloc(1, sizeof *z);
    if (!z) {
        problem_set(err, "%s: out of memory", path);
        return NULL;
    }
    zlib_filefunc64_def file = {
        .zopen64_file = open_tail,
        .zread_file = read_tail,
        .zwrite_file = write_tail,
        .ztell64_file = tell_tail,
        .zseek64_file = seek_tail,
        .zclose_file = nothing,
        .zerror_file = nothing,
        .opaque = z,
    };
    if (!out_file_open(&z->file, path, err)) {
        free(z);
        return NULL;
    }
    z->zip = zipOpen2_64(NULL, APPEND_STATUS_CREATE, NULL, &file);
    z->failed = !z->zip;
    return z;
}

static void end_entry(struct zip_out *z)
{
    if (z->in_entry && zipCloseFileInZip(z->zip) != ZIP_OK) {
        z->failed = true;
    }
    z->in_entry = false;
    write_out(z);
}

void zip_out_entry(struct zip_out *z, const char *name)
{
    const zip_fileinfo info = { .dosDate = 0x210000 }; /* 1980-01-01 */
    end_entry(z);
    z->in_entry = !z->failed && zipOpenNewFileInZip(z->zip, name, &info, NULL, 0, NULL, 0, NULL, Z_DEFLATED,
                                                    Z_DEFAULT_COMPRESSION) == ZIP_OK;
    z->failed = !z->in_entry;
}

void zip_out_put(struct zip_out *z, const void *bytes, size_t n)
{
    if (!z->failed && (n > UINT_MAX || zipWriteInFileInZip(z->zip, bytes, (unsigned)n) != ZIP_OK)) {
        z->failed = true;
    }
}

bool zip_out_close(struct zip_out *z, struct problem *err)
{
    end_entry(z);
    bool ok = (!z->zip || zipClose(z->zip, NULL) == ZIP_OK) && !z->failed;
    if (ok) {
        write_out(z);
        ok = out_file_close(&z->file, err);
    } else {
        problem_set(err, "%s: out of memory", z->file.path);
        out_file_abandon(&z->file);
    }
    free(z->tail);
    free(z);
    return ok;
}
