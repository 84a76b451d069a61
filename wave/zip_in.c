/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wave/zip_in.h"

#include <minizip/unzip.h>
#include <stdlib.h>
#include <string.h>

struct entry {
    char *name;
    unz64_file_pos pos;
};

struct zip_in {
    const char *bytes;
    size_t n, at;
    unzFile unz;
    struct entry *entries; /* by name */
    unsigned n_entries, cap_entries;
    uint64_t left; /* of the entry that is read */
    bool is_open;
};

/* ---- minizip's file: bytes in memory ---- */

static voidpf open_bytes(voidpf zip, const void *path, int mode)
{
    (void)path, (void)mode;
    return zip;
}

static uLong read_bytes(voidpf zip, voidpf stream, void *to, uLong n)
{
    struct zip_in *z = zip;
    (void)stream;
    n = n < z->n - z->at ? n : z->n - z->at;
    memcpy(to, z->bytes + z->at, n);
    z->at += n;
    return n;
}

static ZPOS64_T tell_bytes(voidpf zip, voidpf stream)
{
    (void)stream;
    return ((struct zip_in *)zip)->at;
}

static long seek_bytes(voidpf zip, voidpf stream, ZPOS64_T offset, int origin)
{
    struct zip_in *z = zip;
    (void)stream;
    size_t from = origin == ZLIB_FILEFUNC_SEEK_CUR ? z->at : origin == ZLIB_FILEFUNC_SEEK_END ? z->n : 0;
    if (offset > z->n - from) {
        return -1;
    }
    z->at = from + offset;
    return 0;
}

static int nothing(voidpf zip, voidpf stream)
{
    (void)zip, (void)stream;
    return 0;
}

/* ---- the directory ---- */

static int by_name(const void *a, const void *b)
{
    const struct entry *x = a, *y = b;
    int order = strcmp(x->name, y->name);
    return order ? order : x->pos.num_of_file < y->pos.num_of_file ? -1 : x->pos.num_of_file > y->pos.num_of_file;
}

static bool add_entry(struct zip_in *z, const char *name)
{
    if (z->n_entries == z->cap_entries) {
        unsigned cap = z->cap_entries ? 2 * z->cap_entries : 16;
        struct entry *more = realloc(z->entries, cap * sizeof *more);
        if (!more) {
            return false;
        }
        z->entries = more;
        z->cap_entries = cap;
    }
    struct entry *e = &z->entries[z->n_entries];
    e->name = strdup(name);
    if (!e->name) {
        return false;
    }
    z->n_entries++;
    return unzGetFilePos64(z->unz, &e->pos) == UNZ_OK;
}

/* All names once, since minizip looks for one by walking through the directory. */
static const char *read_directory(struct zip_in *z)
{
    unz_global_info64 all;
    if (unzGetGlobalInfo64(z->unz, &all) != UNZ_OK || all.number_entry > ZIP_IN_MAX_ENTRIES) {
        return "it has too many entries";
    }
    int at = all.number_entry ? unzGoToFirstFile(z->unz) : UNZ_END_OF_LIST_OF_FILE;
    for (; at == UNZ_OK; at = unzGoToNextFile(z->unz)) {
        char name[ZIP_IN_NAME_BYTES] = "";
        unz_file_info64 info;
        if (unzGetCurrentFileInfo64(z->unz, &info, name, sizeof name, NULL, 0, NULL, 0) != UNZ_OK) {
            break;
        }
        if (info.size_filename < sizeof name && !add_entry(z, name)) {
            return "out of memory";
        }
    }
    if (at != UNZ_END_OF_LIST_OF_FILE) {
        return "its directory is damaged";
    }
    if (z->n_entries) {
        qsort(z->entries, z->n_entries, sizeof *z->entries, by_name);
    }
    for (unsigned i = 1; i < z->n_entries; i++) {
        if (strcmp(z->entries[i - 1].name, z->entries[i].name) == 0) {
            return "two of its entries have one name";
        }
    }
    return NULL;
}

struct zip_in *zip_in_open(const char *bytes, size_t n, const char **why)
{
    struct zip_in *z = calloc(1, sizeof *z);
    if (!z) {
        *why = "out of memory";
        return NULL;
    }
    z->bytes = bytes;
    z->n = n;
    zlib_filefunc64_def file = {
        .zopen64_file = open_bytes,
        .zread_file = read_bytes,
        .ztell64_file = tell_bytes,
        .zseek64_file = seek_bytes,
        .zclose_file = nothing,
        .zerror_file = nothing,
        .opaque = z,
    };
    z->unz = unzOpen2_64(NULL, &file);
    *why = z->unz ? read_directory(z) : "it is no zip archive";
    if (*why) {
        zip_in_close(z);
        return NULL;
    }
    return z;
}

static int end_entry(struct zip_in *z)
{
    bool was_open = z->is_open;
    z->is_open = false;
    return was_open ? unzCloseCurrentFile(z->unz) : UNZ_OK;
}

void zip_in_close(struct zip_in *z)
{
    if (z->unz) {
        end_entry(z);
        unzClose(z->unz);
    }
    for (unsigned i = 0; i < z->n_entries; i++) {
        free(z->entries[i].name);
    }
    free(z->entries);
    free(z);
}

/* The first entry that is not before name; n_entries: none. */
static unsigned lower_bound(const struct zip_in *z, const char *name)
{
    unsigned low = 0, high = z->n_entries;
    while (low < high) {
        unsigned middle = low + (high - low) / 2;
        if (strcmp(z->entries[middle].name, name) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static const struct entry *find(const struct zip_in *z, const char *name)
{
    unsigned i = lower_bound(z, name);
    return i < z->n_entries && strcmp(z->entries[i].name, name) == 0 ? &z->entries[i] : NULL;
}

bool zip_in_has(const struct zip_in *z, const char *name)
{
    return find(z, name) != NULL;
}

unsigned zip_in_numbered(const struct zip_in *z, const char *stem)
{
    size_t len = strlen(stem);
    unsigned n = 0;
    for (unsigned i = lower_bound(z, stem); i < z->n_entries && strncmp(z->entries[i].name, stem, len) == 0; i++) {
        const char *rest = z->entries[i].name + len;
        n += rest[0] == '-' && rest[1] && rest[1 + strspn(rest + 1, "0123456789")] == '\0';
    }
    return n;
}

const char *zip_in_start(struct zip_in *z, const char *name)
{
    const struct entry *e = find(z, name);
    unz_file_info64 info;
    end_entry(z);
    if (!e) {
        return "is missing";
    }
    if (unzGoToFilePos64(z->unz, &e->pos) != UNZ_OK ||
        unzGetCurrentFileInfo64(z->unz, &info, NULL, 0, NULL, 0, NULL, 0) != UNZ_OK) {
        return "can't be found: the zip is damaged";
    }
    if (info.flag & 1) { /* minizip would hand out what it can't read */
        return "is encrypted";
    }
    if (info.compression_method != 0 && info.compression_method != Z_DEFLATED) {
        return "is packed by another method than deflate";
    }
    if (unzOpenCurrentFile(z->unz) != UNZ_OK) {
        return "can't be unpacked";
    }
    z->is_open = true;
    z->left = info.uncompressed_size;
    return NULL;
}

int zip_in_read(struct zip_in *z, void *to, unsigned n)
{
    int got = z->is_open ? unzReadCurrentFile(z->unz, to, n) : 0;
    if (got > 0) {
        z->left -= (unsigned)got;
        return got;
    }
    return got < 0 || end_entry(z) != UNZ_OK || z->left ? -1 : 0;
}
