/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wave/draw/canvas.h"

#include <string.h>

/*
 * Two sets after Okabe and Ito's colours, tuned for contrast on each ground. No meaning hangs on colour alone: X is
 * hatched, Z stands at half height, weak levels are dashed, bad spans carry a thick edge.
 * Order: paper, text, faint text, grid, rule, level, dense, high, Z, X, X fill, weak, volts, clock, fold, selected, kept, cursors A B,
 * fills (plain, read, write, control, bad, note, quiet), their edges.
 */
const char *const theme_names[THEMES] = { "light", "dark", "print" };

bool theme_named(const char *name, enum theme *theme)
{
    for (unsigned i = 0; i < THEMES; i++) {
        if (strcmp(name, theme_names[i]) == 0) {
            *theme = (enum theme)i;
            return true;
        }
    }
    return false;
}

const uint32_t theme_colours[THEMES][INKS] = {
    [THEME_LIGHT] = { 0xFFFFFF, 0x1F2328, 0x656D76, 0xE4E8EC, 0xD8DEE4, 0x00674C, 0x66AD98, 0xDDF1EA, 0xB87A00,
                      0xB33A00, 0xF6D5C3, 0x7B8794, 0x0062A3, 0x5B6B7B, 0xF1F3F5, 0xDCE9F5, 0x2F8F6A, 0x8E2C6E,
                      0x00608F, 0xE6ECF2, 0xD5E8F7, 0xFBE3C8, 0xDCEFE4, 0xF8D0C2, 0xFFF0C4, 0xEFF1F3, 0x8795A3,
                      0x3F88BF, 0xCB7A1C, 0x3F9C74, 0xB33A00, 0xC79A18, 0xB4BCC4 },
    [THEME_DARK] = { 0x181A1F, 0xE6EAF0, 0x98A2AF, 0x2A2F37, 0x343A44, 0x2FC79B, 0x1F7F65, 0x1B332C, 0xF0C34A,
                     0xFF7A3D, 0x5A2A14, 0x8E99A8, 0x64B8F0, 0x93A4B8, 0x23272E, 0x2B3A4B, 0x2FC79B, 0xF08CC8,
                     0x6CC6F5, 0x2C333D, 0x1D3A52, 0x4A341A, 0x1D3D31, 0x5A2416, 0x4A4118, 0x24292F, 0x77869A,
                     0x58A9E0, 0xE59A3F, 0x3FB489, 0xFF7A3D, 0xE0BC40, 0x4C5663 },
    [THEME_PRINT] = { 0xFFFFFF, 0x000000, 0x333333, 0xDDDDDD, 0xBBBBBB, 0x000000, 0x777777, 0xEEEEEE, 0x8A5A00,
                      0xA03000, 0xF0D0C0, 0x666666, 0x003F70, 0x444444, 0xEEEEEE, 0xDDDDDD, 0x26704F, 0x7A1E5C,
                      0x003F70, 0xF2F2F2, 0xE2ECF5, 0xF7E6D2, 0xE4F0E9, 0xF3CFC2, 0xF8EFC9, 0xF7F7F7, 0x555555,
                      0x1F5F94, 0x9A5A10, 0x26704F, 0xA03000, 0x8F6C08, 0x999999 },
};
