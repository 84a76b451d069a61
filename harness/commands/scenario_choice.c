/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/commands/scenario_choice.h"

#include "harness/commands/run_firmware.h"
#include "sim/memory.h"

#include <stdlib.h>
#include <string.h>

enum { OPT_TAG = 0x3000, OPT_NOT_TAG };

static const struct argp_option option_table[] = {
    { NULL, 0, NULL, 0, "Which scenarios:", 1 },
    { "tag", OPT_TAG, "TAG", 0, "Only scenarios with this tag; given again: with any of them", 1 },
    { "not-tag", OPT_NOT_TAG, "TAG", 0, "None with this tag", 1 },
    { 0 },
};

static void add(const char **list, unsigned *n, const char *tag, struct argp_state *state)
{
    if (*n == SCENARIO_CHOICE_MOST) {
        argp_error(state, "more than %d tags", SCENARIO_CHOICE_MOST);
    }
    list[(*n)++] = tag;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct scenario_choice *c = state->input;

    switch (key) {
    case OPT_TAG: add(c->tags, &c->n_tags, arg, state); return 0;
    case OPT_NOT_TAG: add(c->not_tags, &c->n_not_tags, arg, state); return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

const struct argp scenario_choice_argp = { .options = option_table, .parser = parse };

static bool has_tag(const char *tags, const char *tag)
{
    size_t n = strlen(tag);

    for (const char *at = tags; *at; at += strspn(at, ", ")) {
        size_t k = strcspn(at, ",");

        if (k == n && !strncmp(at, tag, n)) {
            return true;
        }
        at += k;
    }
    return false;
}

bool scenario_choice_takes(const struct scenario_choice *c, const char *tags)
{
    bool yes = !c->n_tags;

    for (unsigned i = 0; i < c->n_tags; i++) {
        yes |= has_tag(tags, c->tags[i]);
    }
    for (unsigned i = 0; i < c->n_not_tags; i++) {
        yes &= !has_tag(tags, c->not_tags[i]);
    }
    return yes;
}

bool scenario_choice_is_made(const struct scenario_choice *c)
{
    return c->n_tags || c->n_not_tags;
}

char *scenario_choice_tags(const struct scenario *s)
{
    char *every = run_firmware_tags(s);
    size_t size = strlen(every) + 1;

    for (unsigned i = 0; s->tags[i]; i++) {
        size += strlen(s->tags[i]) + 2;
    }
    char *text = memory_zeroed(size, 1);
    for (unsigned i = 0; s->tags[i]; i++) {
        strcat(strcat(text, s->tags[i]), ", ");
    }
    strcat(text, every);
    free(every);
    return text;
}
