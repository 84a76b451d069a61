/* SPDX-License-Identifier: GPL-3.0-or-later */
/* view.h - `limpet view`: starts limpet-view, which stands beside limpet and has the window */
#ifndef HARNESS_COMMANDS_VIEW_H
#define HARNESS_COMMANDS_VIEW_H

int cmd_view(int argc, char **argv);

#endif
