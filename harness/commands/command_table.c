/* SPDX-License-Identifier: GPL-3.0-or-later */
/* command_table.c - the subcommands of `limpet`, in order of their names */
#include "harness/commands/build_sketch.h"
#include "harness/commands/command.h"
#include "harness/commands/decode.h"
#include "harness/commands/exec.h"
#include "harness/commands/export.h"
#include "harness/commands/fuses.h"
#include "harness/commands/generate.h"
#include "harness/commands/init.h"
#include "harness/commands/judge.h"
#include "harness/commands/lint.h"
#include "harness/commands/plot.h"
#include "harness/commands/run.h"
#include "harness/commands/serve.h"
#include "harness/commands/sweep.h"
#include "harness/commands/view.h"

#include <stddef.h>

const struct command commands[] = {
    { "build-sketch", "makes an Arduino sketch an image that a scenario can run",
      "  limpet build-sketch mine.ino -o mine.elf    then: limpet run --firmware ./mine.elf factory_session",
      cmd_build_sketch, &build_sketch_argp, false },
    { "decode", "says what happened on the programming wires of a recording",
      "  limpet decode session.vcd --summary         which instructions, how often", cmd_decode, &decode_argp, false },
    { "exec", "runs a real program, such as avrdude, against the board in simulated time",
      "  limpet exec -- avrdude -c stk500v1 -P /dev/ttyACM0 -b 19200 -p m328p -v", cmd_exec, &exec_argp, false },
    { "export", "writes a recording or a scenario for another viewer",
      "  limpet export session.vcd --around 'instruction:write flash page' -o page.sr", cmd_export, &export_argp,
      false },
    { "fuses", "says what fuse bytes mean, and whether ISP survives them",
      "  limpet fuses --lfuse 0xE0 --board nothing   external clock selected, none there", cmd_fuses, &fuses_argp,
      false },
    { "generate", "completion, manual pages and schemas, for who installs it", NULL, cmd_generate, &generate_argp,
      true },
    { "init", "writes a commented scenario for a firmware",
      "  limpet init --firmware mine.elf             mine.yaml, ready for limpet run", cmd_init, &init_argp, false },
    { "judge", "says what is wrong with a programmer, where, and how close to the edge it is",
      "  limpet judge mine.elf                       your own programmer firmware", cmd_judge, &judge_argp, false },
    { "lint", "says every mistake of scenario files, with a caret",
      "  limpet lint scenarios                       a folder, or files", cmd_lint, &lint_argp, false },
    { "plot", "draws a recording or a scenario as PNG, SVG or PDF",
      "  limpet plot scenarios/factory_session.yaml --fold -o session.svg", cmd_plot, &plot_argp, false },
    { "run", "runs scenarios and says pass or fail",
      "  limpet run scenarios/*.yaml                 all that are shipped\n"
      "  limpet run --firmware mine.elf s.yaml       against your own programmer firmware",
      cmd_run, &run_argp, false },
    { "serve", "puts the bench on a pty or TCP port, for avrdude and others",
      "  limpet serve --link /tmp/bench              then, in another shell:\n"
      "  avrdude -c stk500v1 -P /tmp/bench -b 19200 -p m328p -v",
      cmd_serve, &serve_argp, false },
    { "sweep", "varies values of a scenario and runs every combination",
      "  limpet sweep scenarios/write_polled.yaml --vary 'board.programmer.script.sck=100 kHz..400 kHz step 20 kHz'\n"
      "                                              where does SCK become too fast?",
      cmd_sweep, &sweep_argp, false },
    { "view", "shows a recording or a scenario in a window",
      "  limpet view scenarios/factory_session.yaml  ? lists the keys", cmd_view, NULL, false },
    { NULL, NULL, NULL, NULL, NULL, false }, /* end */
};
