/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/commands/generate.h"

#include "harness/commands/command.h"
#include "harness/commands/option_walk.h"
#include "harness/lint/scenario_schema.h"
#include "harness/report/report_formats.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static error_t parse(int key, char *arg, struct argp_state *state)
{
    const char **what = state->input;

    switch (key) {
    case ARGP_KEY_ARG:
        if (*what) {
            argp_error(state, "one at a time: \"%s\"", arg);
        }
        *what = arg;
        return 0;
    case ARGP_KEY_NO_ARGS: argp_error(state, "what?"); return EINVAL;
    default: return ARGP_ERR_UNKNOWN;
    }
}

const struct argp generate_argp = {
    .parser = parse,
    .args_doc = "bash|zsh|fish|limpet.1|limpet-scenario.5|scenario-schema|sweep-schema|limits-schema",
    .doc = "Prints shell completion, a manual page or a schema, made from the tables that limpet itself reads by.",
};

/* ---- what an argument may be, by its name ---- */

enum values { VALUES_NONE, VALUES_WORDS, VALUES_FILES, VALUES_FOLDERS };

/* "auto|always|never", and words in capitals for what is free. words: separated by blanks. */
static enum values values_of(const struct argp_option *o, char *words, size_t size)
{
    words[0] = '\0';
    if (!o->arg) {
        return VALUES_NONE;
    }
    if (!strcmp(o->arg, "FORMAT=FILE")) {
        for (const struct report_format *f = report_formats; f->name; f++) {
            size_t n = strlen(words);
            snprintf(words + n, size - n, "%s%s=", n ? " " : "", f->name);
        }
        return VALUES_WORDS;
    }
    if (strchr(o->arg, '|') && o->arg[0] >= 'a' && o->arg[0] <= 'z') {
        snprintf(words, size, "%s", o->arg);
        for (char *p = words; *p; p++) {
            *p = *p == '|' ? ' ' : *p;
        }
        return VALUES_WORDS;
    }
    return strstr(o->arg, "DIR")                              ? VALUES_FOLDERS
           : strstr(o->arg, "FILE") || strstr(o->arg, "PATH") ? VALUES_FILES
                                                              : VALUES_NONE;
}

/* ---- bash ---- */

static void bash_name(void *ctx, const struct argp_option *o, const char *heading)
{
    (void)ctx;
    (void)heading;
    printf(" --%s", o->name);
    if (option_has_letter(o)) {
        printf(" -%c", o->key);
    }
}

static void bash_values(void *ctx, const struct argp_option *o, const char *heading)
{
    char words[300];
    enum values v = values_of(o, words, sizeof words);

    (void)heading;
    if (v == VALUES_NONE && !o->arg) {
        return;
    }
    printf("    '%s --%s'", (const char *)ctx, o->name);
    if (option_has_letter(o)) {
        printf("|'%s -%c'", (const char *)ctx, o->key);
    }
    if (v == VALUES_WORDS) {
        printf(") COMPREPLY=($(compgen -W '%s' -- \"$cur\")); return ;;\n", words);
    } else {
        printf(") %s return ;;\n", v == VALUES_FILES     ? "COMPREPLY=($(compgen -f -- \"$cur\"));"
                                   : v == VALUES_FOLDERS ? "COMPREPLY=($(compgen -d -- \"$cur\"));"
                                                         : "");
    }
}

static void bash(void)
{
    puts("# bash completion of limpet\n_limpet()\n{\n"
         "    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} command= options= i\n"
         "    for ((i = 1; i < COMP_CWORD; i++)); do\n"
         "        case ${COMP_WORDS[i]} in -*) ;; *) command=${COMP_WORDS[i]}; break ;; esac\n"
         "    done\n    COMPREPLY=()\n    case $command in");
    fputs("    '') COMPREPLY=($(compgen -W 'help", stdout);
    for (const struct command *c = commands; c->name; c++) {
        printf(c->hidden ? "" : " %s", c->name);
    }
    puts("' -- \"$cur\")); return ;;");
    for (const struct command *c = commands; c->name; c++) {
        if (c->argp && !c->hidden) {
            printf("    %s) options='", c->name);
            option_walk(c->argp, NULL, bash_name, NULL);
            puts(" --help' ;;");
        }
    }
    puts("    esac\n    case \"$command $prev\" in");
    for (const struct command *c = commands; c->name; c++) {
        if (c->argp && !c->hidden) {
            option_walk(c->argp, NULL, bash_values, (void *)c->name);
        }
    }
    fputs("    'help help') COMPREPLY=($(compgen -W '", stdout);
    for (const struct command *c = commands; c->name; c++) {
        printf(c->hidden ? "" : "%s ", c->name);
    }
    puts("' -- \"$cur\")); return ;;\n    esac\n"
         "    if [[ $cur == -* ]]; then\n        COMPREPLY=($(compgen -W \"$options\" -- \"$cur\"))\n    else\n"
         "        COMPREPLY=($(compgen -f -- \"$cur\"))\n    fi\n}\ncomplete -o filenames -F _limpet limpet");
}

/* ---- zsh ---- */

/* Within '...[...]': quotes and brackets mean something. */
static void zsh_text(const char *text)
{
    for (; text && *text; text++) {
        if (*text == '\'') {
            fputs("'\\''", stdout);
        } else if (strchr("[]:\\", *text)) {
            printf("\\%c", *text);
        } else {
            putchar(*text);
        }
    }
}

static void zsh_option(void *ctx, const struct argp_option *o, const char *heading)
{
    char words[300];
    enum values v = values_of(o, words, sizeof words);

    (void)ctx;
    (void)heading;
    if (option_has_letter(o)) {
        printf("        '(-%c --%s)'{-%c%s,--%s%s}'[", o->key, o->name, o->key, o->arg ? "+" : "", o->name,
               o->arg ? "=" : "");
    } else {
        printf("        '--%s%s[", o->name, o->arg ? o->flags & OPTION_ARG_OPTIONAL ? "=-" : "=" : "");
    }
    zsh_text(o->doc);
    putchar(']');
    if (o->arg) {
        fputs(o->flags & OPTION_ARG_OPTIONAL ? "::" : ":", stdout);
        zsh_text(o->arg);
        printf(v == VALUES_WORDS     ? ":(%s)"
               : v == VALUES_FILES   ? ":_files"
               : v == VALUES_FOLDERS ? ":_files -/"
                                     : ":",
               words);
    }
    puts("' \\");
}

static void zsh(void)
{
    puts(
        "#compdef limpet\n# zsh completion of limpet\n_limpet() {\n  local state line\n  local -a commands\n  commands=(");
    for (const struct command *c = commands; c->name; c++) {
        if (!c->hidden) {
            printf("    '%s:", c->name);
            zsh_text(c->summary);
            puts("'");
        }
    }
    puts(
        "    'help:says what a command can do'\n  )\n"
        "  _arguments -C '--help[lists the commands]' '--version[says which version this is]' '1: :->command' '*:: :->args'\n"
        "  case $state in\n    command) _describe command commands ;;\n    args)\n      case $line[1] in");
    for (const struct command *c = commands; c->name; c++) {
        if (c->argp && !c->hidden) {
            printf("      %s) _arguments -s \\\n", c->name);
            option_walk(c->argp, NULL, zsh_option, NULL);
            puts("        '--help[says more]' '*:file:_files' ;;");
        }
    }
    puts("      help) _describe command commands ;;\n      *) _files ;;\n      esac ;;\n  esac\n}\n_limpet \"$@\"");
}

/* ---- fish ---- */

static void fish_text(const char *text)
{
    for (; text && *text; text++) {
        printf(strchr("'\\", *text) ? "\\%c" : "%c", *text);
    }
}

static void fish_option(void *ctx, const struct argp_option *o, const char *heading)
{
    char words[300];
    enum values v = values_of(o, words, sizeof words);

    (void)heading;
    printf("complete -c limpet -n '__fish_seen_subcommand_from %s' -l %s", (const char *)ctx, o->name);
    if (option_has_letter(o)) {
        printf(" -s %c", o->key);
    }
    if (o->arg && !(o->flags & OPTION_ARG_OPTIONAL)) {
        if (v == VALUES_WORDS) {
            printf(" -x -a '%s'", words);
        } else {
            fputs(v == VALUES_FILES     ? " -r -F"
                  : v == VALUES_FOLDERS ? " -x -a '(__fish_complete_directories)'"
                                        : " -x",
                  stdout);
        }
    }
    fputs(" -d '", stdout);
    fish_text(o->doc);
    puts("'");
}

static void fish(void)
{
    puts("# fish completion of limpet");
    for (const struct command *c = commands; c->name; c++) {
        if (!c->hidden) {
            printf("complete -c limpet -f -n __fish_use_subcommand -a %s -d '", c->name);
            fish_text(c->summary);
            puts("'");
        }
    }
    puts("complete -c limpet -f -n __fish_use_subcommand -a help -d 'says what a command can do'");
    fputs("complete -c limpet -f -n '__fish_seen_subcommand_from help' -a '", stdout);
    for (const struct command *c = commands; c->name; c++) {
        printf(c->hidden ? "" : "%s ", c->name);
    }
    puts("'");
    for (const struct command *c = commands; c->name; c++) {
        if (c->argp && !c->hidden) {
            option_walk(c->argp, NULL, fish_option, (void *)c->name);
        }
    }
}

/* ---- all ---- */

static bool print_schema(char *text)
{
    if (text) {
        puts(text);
    }
    free(text);
    return text != NULL;
}

int cmd_generate(int argc, char **argv)
{
    const char *what = NULL;

    argp_err_exit_status = EXIT_BAD_INPUT;
    argp_parse(&generate_argp, argc, argv, 0, NULL, &what);
    if (!strcmp(what, "bash")) {
        bash();
    } else if (!strcmp(what, "zsh")) {
        zsh();
    } else if (!strcmp(what, "fish")) {
        fish();
    } else if (!strcmp(what, "scenario-schema")) {
        return print_schema(scenario_schema_text()) ? EXIT_OK : EXIT_BAD_INPUT;
    } else if (!strcmp(what, "sweep-schema")) {
        return print_schema(sweep_schema_text()) ? EXIT_OK : EXIT_BAD_INPUT;
    } else if (!strcmp(what, "limits-schema")) {
        return print_schema(limits_schema_text()) ? EXIT_OK : EXIT_BAD_INPUT;
    } else if (!generate_man(what)) {
        fprintf(stderr, "limpet generate: no \"%s\"; there are %s\n", what, generate_argp.args_doc);
        return EXIT_BAD_INPUT;
    }
    return EXIT_OK;
}
