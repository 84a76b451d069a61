/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cmd_serve.h - `limpet serve [SCENARIO]`: the bench on a pty or TCP port, for programs of this machine */
#ifndef HARNESS_CMD_SERVE_H
#define HARNESS_CMD_SERVE_H

int cmd_serve(int argc, char **argv);

#endif
