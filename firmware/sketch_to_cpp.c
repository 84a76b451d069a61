/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * sketch_to_cpp.c - an Arduino sketch as C++: what the IDE adds to it
 *
 * usage: sketch_to_cpp SKETCH.ino NAME    C++ on standard output; NAME is what messages and debug information call it
 *
 *      #include <Arduino.h>; the sketch up to its first function; a prototype of every function; the rest
 *
 * A function is a text at the outermost level that ends in ")" before "{"; a template's prototype has its "template <...>".
 * Default arguments go from the definition to the prototype. Left out, since they need no prototype or can't have one:
 * members (A::b), operators, specialisations, those in a namespace, a class or extern "C" {}.
 */
#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_BYTES (8u << 20)

/* The sketch; the same with blanks for comments and preprocessor lines; and for literals, too. */
static char *text, *code, *plain;
static size_t size;

static void blank(char *in, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++) {
        if (in[i] != '\n') {
            in[i] = ' ';
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
            blank(plain, i, k);
            if (text[i] != '"' && text[i] != '\'') {
                blank(code, i, k);
            }
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

/* Where the "(" of the last ")" is, -1: nowhere. */
static long parameters(const char *head)
{
    long i = (long)strlen(head) - 1;
    unsigned depth = 0;

    for (; i >= 0; i--) {
        if (head[i] == ')') {
            depth++;
        } else if (head[i] == '(' && --depth == 0) {
            return i;
        }
    }
    return -1;
}

/* "uint8_t spi(int a)": what may stand before "{". */
static bool is_function(const char *head)
{
    static const char *const never[] = { "class", "enum", "union", "namespace", "operator", "extern" };
    size_t n = strlen(head);
    long paren = n && head[n - 1] == ')' ? parameters(head) : -1;
    char name[400]; /* what is before the parameters */

    if (paren <= 0 || (size_t)paren >= sizeof name) {
        return false;
    }
    snprintf(name, sizeof name, "%.*s", (int)paren, head);
    bool is_template = has_word(name, "template");
    for (size_t i = 0; i < sizeof never / sizeof never[0]; i++) {
        if (has_word(name, never[i]) && !(is_template && i == 0)) {
            return false;
        }
    }
    if (strchr(name, '=') || strstr(name, "::") || strstr(name, "template <>") || strstr(name, "template<>")) {
        return false;
    }
    for (const char *p = name; *p; p++) { /* a type and a name: ISR(X) and other macros have one word */
        if (isspace((unsigned char)*p) && p > name) {
            return true;
        }
    }
    return false;
}

struct function {
    size_t from, to; /* of its head */
    char *head;      /* in one line, literals too */
};

static char *trimmed(const char *in, size_t from, size_t to)
{
    char *head = calloc(to - from + 1, 1);
    size_t n = 0;

    for (size_t i = from; head && i < to; i++) {
        bool space = isspace((unsigned char)in[i]);

        if (!space || (n && head[n - 1] != ' ')) {
            head[n++] = space ? ' ' : in[i];
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
    unsigned depth = 0, within = 0; /* braces; parentheses: those of parameters may hold "{ }" */

    for (size_t i = 0; i < size; i++) {
        within += !depth && plain[i] == '(';
        within -= !depth && within && plain[i] == ')';
        if (within) {
            continue;
        }
        if (plain[i] == '{' && depth++ == 0 && n < most) {
            while (from < i && isspace((unsigned char)plain[from])) {
                from++;
            }
            char *head = trimmed(plain, from, i);
            if (head && is_function(head)) {
                list[n++] = (struct function){ from, i, trimmed(code, from, i) };
            }
            free(head);
        } else if (plain[i] == '}' && depth && --depth == 0) {
            from = i + 1;
        } else if (plain[i] == ';' && depth == 0) {
            from = i + 1;
        }
    }
    return n;
}

/* The prototype has them now: from each "=" of the parameters to the "," or ")" that ends it. Raw strings are not seen. */
static void take_defaults(const struct function *f)
{
    unsigned depth = 0; /* of ( [ { : 1 within the parameters */
    size_t from = 0;

    for (size_t i = f->from; i < f->to; i++) {
        bool opens = strchr("([{", plain[i]) != NULL, closes = strchr(")]}", plain[i]) != NULL;

        if (from && depth == 1 && (plain[i] == ',' || closes)) {
            blank(text, from, i);
            from = 0;
        } else if (!from && depth == 1 && plain[i] == '=') {
            from = i;
        }
        depth += opens;
        depth -= closes && depth;
    }
}

/* "12 "sketch.ino"" of a place in what may be several tabs, each behind a #line of its own. */
static void put_place(size_t at, const char *name)
{
    unsigned line = 1;
    char file[4096];

    snprintf(file, sizeof file, "%s", name);
    for (size_t i = 0; i < at; i++) {
        if (text[i] != '\n') {
            continue;
        }
        line++;
        if (!strncmp(text + i + 1, "#line ", 6) && sscanf(text + i + 7, "%u \"%4095[^\"\n]", &line, file) == 2) {
            line--; /* of the next one */
        }
    }
    printf("#line %u \"%s\"\n", line, file);
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
    if (!strncmp(text, "\xEF\xBB\xBF", 3)) { /* what editors put before UTF-8 */
        memcpy(text, "   ", 3);
    }
    plain = malloc(size + 1);
    code = malloc(size + 1);
    if (plain && code) {
        memcpy(plain, text, size + 1);
        memcpy(code, text, size + 1);
    }
    return plain && code;
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
        put_place(functions[i].from, argv[2]);
        printf("%s;\n", functions[i].head);
    }
    for (size_t i = 0; i < n; i++) {
        take_defaults(&functions[i]);
        free(functions[i].head);
    }
    put_place(first, argv[2]);
    printf("%s\n", text + first);
    free(text);
    free(plain);
    free(code);
    return ferror(stdout) != 0;
}
