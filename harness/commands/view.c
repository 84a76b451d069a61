/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/commands/view.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "harness/commands/command.h"

int cmd_view(int argc, char **argv)
{
    static const char name[] = "limpet-view";
    char path[4096];
    (void)argc;
    ssize_t n = readlink("/proc/self/exe", path, sizeof path - sizeof name);
    char *slash = n > 0 ? memrchr(path, '/', (size_t)n) : NULL;
    if (!slash) {
        fprintf(stderr, "limpet view: /proc is not mounted, so that %s cannot be found\n", name);
        return EXIT_BAD_INPUT;
    }
    strcpy(slash + 1, name);
    execv(path, argv);
    fprintf(stderr, "%s: %s; it is built where SDL2 is (libsdl2-dev). `limpet plot` draws without a window\n", path,
            strerror(errno));
    return EXIT_BAD_INPUT;
}
