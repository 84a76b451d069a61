/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * sketch_to_cpp.c - an Arduino sketch as C++: what the IDE adds to it
 *
 * usage: sketch_to_cpp SKETCH.ino NAME    C++ on standard output; NAME is what messages and debug information call it
 *
 *      #include <Arduino.h>; the sketch up to its first function; a prototype of every function; the rest
 *
 * A function is a text at the outermost level that ends in ")" before "{". Left out, since they need no prototype or
 * can't have one: templates, members (A::b), operators, functions with default arguments, those in a namespace or class.
 */
#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_BYTES (8u << 20)

static char *text, *plain; /* the sketch; the same with blanks for comments, literals and preprocessor lines */
static size_t size;

static void blank(size_t from, size_t to)
{
    for (size_t i = from; i < to; i++) {
        if (plain[i] != '\n') {
            plain[i] = ' ';
        }
    }
}

/* From text[i], one behind what begins there and is no code; i: nothing does. */
static size_t skip(size_t i, bool at_line_start)
{
    size_t k = i;

    if (text[i] == '/' && text[i + 1] == '/') {
        while (k < size && text[k] != '\n') {
            k++;
        }
    } else if (text[i] == '/' && text[i + 1] == '*') {
        char *end = strstr(text + i + 2, "*/");

        k = end ? (size_t)(end - text) + 2 : size;
    } else if (text[i] == '"' || text[i] == '\'') {
        for (k++; k < size && text[k] != text[i] && text[k] != '\n'; k++) {
            k += text[k] == '\\';
        }
        k++;
    } else if (text[i] == '#' && at_line_start) {
        while (k < size &&
               (text[k] != '\n' || text[k - 1] == '\\' || (k > 1 && text[k - 1] == '\r' && text[k - 2] == '\\'))) {
            k++;
        }
    }
    return k < size ? k : size;
}

static void make_plain(void)
{
    bool at_line_start = true;

    for (size_t i = 0; i < size;) {
        size_t k = skip(i, at_line_start);

        if (k > i) {
            blank(i, k);
            i = k;
            continue;
        }
        at_line_start = text[i] == '\n' || (at_line_start && isspace((unsigned char)text[i]));
        i++;
    }
}

static bool has_word(const char *head, const char *word)
{
    size_t n = strlen(word);

    for (const char *p = head; (p = strstr(p, word)); p++) {
        bool before = p > head && (isalnum((unsigned char)p[-1]) || p[-1] == '_');

        if (!before && !isalnum((unsigned char)p[n]) && p[n] != '_') {
            return true;
        }
    }
    return false;
}

/* "uint8_t spi(int a)": what may stand before "{". */
static bool is_function(const char *head)
{
    static const char *const never[] = { "struct",    "class",    "enum",     "union",
                                         "namespace", "template", "operator", "extern" };
    size_t n = strlen(head);
    const char *paren = strchr(head, '(');

    if (!n || head[n - 1] != ')' || !paren || strchr(head, '=') || strstr(head, "::")) {
        return false;
    }
    for (size_t i = 0; i < sizeof never / sizeof never[0]; i++) {
        if (has_word(head, never[i]) && strcmp(never[i], "struct")) {
            return false;
        }
    }
    for (const char *p = head; p < paren; p++) { /* a type and a name: ISR(X) and other macros have one word */
        if (isspace((unsigned char)*p) && p > head) {
            return true;
        }
    }
    return false;
}

struct function {
    size_t from; /* of its head */
    char *head;  /* in one line */
};

static char *trimmed(size_t from, size_t to)
{
    char *head = calloc(to - from + 1, 1);
    size_t n = 0;

    for (size_t i = from; head && i < to; i++) {
        bool space = isspace((unsigned char)plain[i]);

        if (!space || (n && head[n - 1] != ' ')) {
            head[n++] = space ? ' ' : plain[i];
        }
    }
    while (head && n && head[n - 1] == ' ') {
        head[--n] = '\0';
    }
    return head;
}

static size_t find_functions(struct function *list, size_t most)
{
    size_t n = 0, from = 0;
    unsigned depth = 0;

    for (size_t i = 0; i < size; i++) {
        if (plain[i] == '{' && depth++ == 0 && n < most) {
            while (from < i && isspace((unsigned char)plain[from])) {
                from++;
            }
            list[n] = (struct function){ from, trimmed(from, i) };
            if (list[n].head && is_function(list[n].head)) {
                n++;
            } else {
                free(list[n].head);
            }
        } else if (plain[i] == '}' && depth && --depth == 0) {
            from = i + 1;
        } else if (plain[i] == ';' && depth == 0) {
            from = i + 1;
        }
    }
    return n;
}

static unsigned line_of(size_t at)
{
    unsigned line = 1;

    for (size_t i = 0; i < at; i++) {
        line += text[i] == '\n';
    }
    return line;
}

static bool read_file(const char *path)
{
    FILE *f = fopen(path, "rb");

    text = calloc(MAX_BYTES + 3, 1);
    if (f && text) {
        size = fread(text, 1, MAX_BYTES + 1, f);
    }
    if (!f || !text || ferror(f) || size > MAX_BYTES) {
        return false;
    }
    fclose(f);
    plain = malloc(size + 1);
    if (plain) {
        memcpy(plain, text, size + 1);
    }
    return plain != NULL;
}

int main(int argc, char **argv)
{
    static struct function functions[4096];
    size_t n, first;

    if (argc != 3 || !read_file(argv[1])) {
        fprintf(stderr, argc != 3 ? "usage: sketch_to_cpp SKETCH.ino NAME\n" : "%s: can't be read\n", argv[1]);
        return 2;
    }
    make_plain();
    n = find_functions(functions, 4096);
    first = n ? functions[0].from : size;
    while (first && text[first - 1] != '\n') {
        first--;
    }
    printf("#include <Arduino.h>\n#line 1 \"%s\"\n%.*s", argv[2], (int)first, text);
    if (first && text[first - 1] != '\n') {
        putchar('\n');
    }
    for (size_t i = 0; i < n; i++) {
        printf("#line %u \"%s\"\n%s;\n", line_of(functions[i].from), argv[2], functions[i].head);
    }
    printf("#line %u \"%s\"\n%s\n", line_of(first), argv[2], text + first);
    for (size_t i = 0; i < n; i++) {
        free(functions[i].head);
    }
    free(text);
    free(plain);
    return ferror(stdout) != 0;
}
