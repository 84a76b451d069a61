/* SPDX-License-Identifier: GPL-3.0-or-later */
/* leak_probe.c - leaks nothing: under the address sanitizer it fails where leaks can't be looked for */
#include <stdio.h>

int main(void)
{
    return fflush(stdout) != 0;
}
