/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim/part.h"

#include <assert.h>
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

bool part_clko_is_xtal2(const struct part *part)
{
    return part->pin_clko && part->pin_xtal2 && !strcmp(part->pin_clko, part->pin_xtal2);
}

bool part_has_pin(const struct part *part, const char *name)
{
    if (toupper((unsigned char)name[0]) != 'P' || !name[1] || name[2] < '0' || name[2] > '7' || name[3]) {
        return false;
    }
    for (const struct part_port *p = part->ports; p->letter; p++) {
        if (p->letter == toupper((unsigned char)name[1])) {
            return p->pins >> (name[2] - '0') & 1;
        }
    }
    return false;
}

const char *part_pin_name(const struct part *part, unsigned i, char name[PART_PIN_NAME_SIZE])
{
    for (const struct part_port *p = part->ports; p->letter; p++) {
        for (unsigned bit = 0; bit < 8; bit++) {
            if ((p->pins >> bit & 1) && i-- == 0) {
                name[0] = 'P';
                name[1] = p->letter;
                name[2] = (char)('0' + bit);
                name[3] = '\0';
                return name;
            }
        }
    }
    return NULL;
}

const char *part_names(char buf[PART_NAMES_SIZE])
{
    const struct part *p;
    size_t len = 0;

    buf[0] = '\0';
    for (unsigned i = 0; (p = part_at(i)); i++) {
        int n = snprintf(buf + len, PART_NAMES_SIZE - len, "%s%s", i ? ", " : "", p->name);
        assert(n > 0 && (size_t)n < PART_NAMES_SIZE - len);
        len += (size_t)n;
    }
    return buf;
}

/* "ATmega328P-PU" -> "m328p", "mega88" -> "m88", "85" -> "85": avrdude's id, maybe without its first letter. */
static void plain_name(const char *name, char plain[16])
{
    static const struct {
        const char *prefix;
        char letter;
    } prefixes[] = { { "atmega", 'm' }, { "attiny", 't' }, { "mega", 'm' }, { "tiny", 't' } };
    size_t n = 0;

    for (unsigned i = 0; i < sizeof prefixes / sizeof prefixes[0]; i++) {
        size_t len = strlen(prefixes[i].prefix);
        if (!strncasecmp(name, prefixes[i].prefix, len)) {
            plain[n++] = prefixes[i].letter;
            name += len;
            break;
        }
    }
    for (; *name && *name != '-' && n < 15; name++) {
        if (*name != ' ' && *name != '_') {
            plain[n++] = (char)tolower((unsigned char)*name);
        }
    }
    plain[n] = '\0';
}

static const struct part *find_plain(const char *plain)
{
    const struct part *p, *found = NULL;
    bool bare = isdigit((unsigned char)plain[0]);

    for (unsigned i = 0; (p = part_at(i)); i++) {
        if (!strcmp(plain, p->avrdude_id + bare)) {
            if (found) {
                return NULL; /* a number that two families have */
            }
            found = p;
        }
    }
    return found;
}

const struct part *part_find(const char *name)
{
    char plain[16];

    plain_name(name, plain);
    const struct part *p = find_plain(plain);
    size_t n = strlen(plain);
    if (!p && n > 1 && (plain[n - 1] == 'v' || plain[n - 1] == 'l')) {
        plain[n - 1] = '\0';
        p = find_plain(plain);
    }
    return p;
}
