/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wave/draw/font.h"

#include <stdint.h>

enum { EM = 2048, FIRST = 32, LAST = 126 };

/* clang-format off */
static const uint16_t ascii[2][LAST - FIRST + 1] = { /* regular, bold */
    { 651, 821, 942, 1716, 1303, 1946, 1597, 563, 799, 799, 1024, 1716, 651, 739, 651, 690, 1303, 1303, 1303, 1303,
      1303, 1303, 1303, 1303, 1303, 1303, 690, 690, 1716, 1716, 1716, 1087, 2048, 1401, 1405, 1430, 1577, 1294, 1178,
      1587, 1540, 604, 604, 1343, 1141, 1767, 1532, 1612, 1235, 1612, 1423, 1300, 1251, 1499, 1401, 2025, 1403, 1251,
      1403, 799, 690, 799, 1716, 1024, 1024, 1255, 1300, 1126, 1300, 1260, 721, 1300, 1298, 569, 569, 1186, 569, 1995,
      1298, 1253, 1300, 1300, 842, 1067, 803, 1298, 1212, 1675, 1212, 1212, 1075, 1303, 690, 1303, 1716 },
    { 713, 934, 1067, 1716, 1425, 2052, 1786, 627, 936, 936, 1071, 1716, 778, 850, 778, 748, 1425, 1425, 1425, 1425,
      1425, 1425, 1425, 1425, 1425, 1425, 819, 819, 1716, 1716, 1716, 1188, 2048, 1585, 1561, 1503, 1700, 1399, 1399,
      1681, 1714, 762, 762, 1587, 1305, 2038, 1714, 1741, 1501, 1741, 1577, 1475, 1397, 1663, 1585, 2259, 1579, 1483,
      1485, 936, 748, 936, 1716, 1024, 1024, 1382, 1466, 1214, 1466, 1389, 891, 1466, 1458, 702, 702, 1362, 702, 2134,
      1458, 1407, 1466, 1466, 1010, 1219, 979, 1458, 1335, 1892, 1321, 1335, 1192, 1458, 748, 1458, 1716 },
};

static const struct { uint32_t code; uint16_t width[2]; } others[] = {
    { 0xB5, { 1303, 1507 } }, { 0xB7, { 651, 778 } }, { 0xB0, { 1024, 1024 } }, { 0xB1, { 1716, 1716 } },
    { 0xD7, { 1716, 1716 } }, { 0x394, { 1401, 1585 } }, { 0x3A9, { 1565, 1741 } }, { 0x2013, { 1024, 1024 } },
    { 0x2026, { 2048, 2048 } }, { 0x2190, { 1716, 1716 } }, { 0x2192, { 1716, 1716 } }, { 0x2264, { 1716, 1716 } },
    { 0x2265, { 1716, 1716 } },
};
/* clang-format on */

/* The next letter of UTF-8; a byte that begins none is itself, as 0xFFFD. */
static uint32_t letter(const char **p)
{
    const unsigned char *s = (const unsigned char *)*p;
    unsigned more = s[0] >= 0xF0 && s[0] < 0xF8 ? 3 : s[0] >= 0xE0 && s[0] < 0xF0 ? 2 : s[0] >= 0xC0 ? 1 : 0;
    uint32_t code = more == 3 ? s[0] & 7 : more == 2 ? s[0] & 15 : more ? s[0] & 31 : s[0];
    if ((!more && s[0] >= 0x80) || s[0] >= 0xF8) {
        (*p)++;
        return 0xFFFD;
    }
    for (unsigned i = 1; i <= more; i++) {
        if ((s[i] & 0xC0) != 0x80) {
            (*p)++;
            return 0xFFFD;
        }
        code = code << 6 | (s[i] & 63);
    }
    *p += 1 + more;
    return code;
}

/* 0: not in the table. */
static unsigned advance(uint32_t code, bool bold)
{
    if (code >= FIRST && code <= LAST) {
        return ascii[bold][code - FIRST];
    }
    for (unsigned i = 0; i < sizeof others / sizeof others[0]; i++) {
        if (others[i].code == code) {
            return others[i].width[bold];
        }
    }
    return 0;
}

static double width_of(uint32_t code, double size, bool bold)
{
    unsigned a = advance(code, bold);
    return (a ? a : EM) * size / EM;
}

double font_width(const char *text, double size, bool bold)
{
    double w = 0;
    while (*text) {
        w += width_of(letter(&text), size, bold);
    }
    return w;
}

size_t font_fit(const char *text, double size, bool bold, double width)
{
    const char *p = text;
    double w = 0;
    while (*p) {
        const char *next = p;
        w += width_of(letter(&next), size, bold);
        if (w > width) {
            break;
        }
        p = next;
    }
    return (size_t)(p - text);
}

bool font_is_plain(const char *text)
{
    while (*text) {
        if (!advance(letter(&text), false)) {
            return false;
        }
    }
    return true;
}
