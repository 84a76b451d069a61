/* SPDX-License-Identifier: GPL-3.0-or-later */
/* standard_streams.h - descriptors 0 to 2 are open, and what was printed has arrived */
#ifndef HARNESS_COMMANDS_STANDARD_STREAMS_H
#define HARNESS_COMMANDS_STANDARD_STREAMS_H

#include <stdbool.h>

/*
 * Opens those of the three that are closed as /dev/null: the first file or port that is opened would take the place, and
 * get what we print. What is printed on stderr is shown without control characters. From then on the process ends with
 * status 2 and a message if anything that it printed got lost, whoever ends it (argp does after --help). A file over its
 * limit is a write that fails, not a signal, and our children's ends are ours to see, whatever our parent ignores. who:
 * the message's first word; not copied. False: /dev/null can't be opened.
 */
bool standard_streams_ready(const char *who);
/* Who reads what is printed may go (`| head`): that loses the output, and not what else there is to write. */
void standard_streams_outlive_reader(void);
/* From now on the message begins with this. */
void standard_streams_name(const char *who);

#endif
