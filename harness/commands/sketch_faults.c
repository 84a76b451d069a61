/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/commands/sketch_faults.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

/* "sk.ino:3:5: error: ..." of the compilers, "sk.S:3: Error: ..." of the assembler */
static bool at_a_line(const char *line)
{
    static const char *const kinds[] = { ": error: ", ": fatal error: ", ": Error: " };

    for (unsigned i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        const char *at = strstr(line, kinds[i]), *digits = at;

        while (digits > line && isdigit((unsigned char)digits[-1])) {
            digits--;
        }
        if (digits < at && digits > line && digits[-1] == ':') { /* not "collect2: error: " */
            return true;
        }
    }
    return false;
}

static bool of_the_linker(const char *line)
{
    static const char *const texts[] = { "undefined reference to ", "multiple definition of ", "' overflowed by ",
                                         "' will not fit in region " };

    for (unsigned i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        if (strstr(line, texts[i])) {
            return true;
        }
    }
    return false;
}

/* "Arduino.h: Too many open files": at a line, too */
static bool ends_with_lack(const char *line)
{
    static const int lacks[] = { EMFILE, ENFILE, ENOMEM, ENOSPC, EDQUOT, EFBIG, EAGAIN, EIO };
    size_t n = strlen(line);

    for (unsigned i = 0; i < sizeof lacks / sizeof lacks[0]; i++) {
        const char *text = strerrordesc_np(lacks[i]);
        size_t len = strlen(text);

        if (n >= len && !strcmp(line + n - len, text)) {
            return true;
        }
    }
    return false;
}

void sketch_faults_take(struct sketch_faults *e, const char *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (bytes[i] != '\n') {
            e->line[e->n] = bytes[i] ? bytes[i] : ' ';
            e->n += e->n + 1 < sizeof e->line;
            continue;
        }
        e->line[e->n] = '\0';
        e->n = 0;
        /* what begins with a space is a line of the sketch */
        e->any |= e->line[0] != ' ' && ((at_a_line(e->line) && !ends_with_lack(e->line)) || of_the_linker(e->line));
    }
}
