/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mcu/source_lines.h"

#include <dwarf.h>
#include <elfutils/libdw.h>
#include <gelf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mcu/image.h"
#include "mcu/source_name.h"
#include "sim/memory.h"

#define WIDE_PC_ARCHITECTURE 6 /* avr6: return addresses of three bytes */
#define DATA_SPACE 0x800000u
#define MOST_SCOPES 16

struct function { /* of the symbol table */
    uint32_t from, to;
    char *name;
};

struct known { /* an address that was asked for before */
    uint32_t pc;
    unsigned n;
    struct source_place *places;
};

struct source_lines {
    struct known *known;
    size_t n_known;
    char *bytes;
    Elf *elf;
    Dwarf *dwarf;
    struct function *functions; /* by address */
    size_t n_functions;
    uint8_t *flash;
    uint32_t flash_bytes;
    unsigned pc_bytes;
};

/* ---- opening ---- */

static int by_address(const void *a, const void *b)
{
    const struct function *x = a, *y = b;

    return x->from != y->from ? (x->from < y->from ? -1 : 1) : strcmp(x->name, y->name);
}

static void add_functions(struct source_lines *s, Elf_Scn *scn, const GElf_Shdr *sh)
{
    Elf_Data *data = elf_getdata(scn, NULL);
    GElf_Sym sym;

    for (int i = 0; data && gelf_getsym(data, i, &sym); i++) {
        const char *name = elf_strptr(s->elf, sh->sh_link, sym.st_name);

        if (GELF_ST_TYPE(sym.st_info) != STT_FUNC || !name || !*name || sym.st_value >= DATA_SPACE || !sym.st_size) {
            continue;
        }
        s->functions = memory_grown(s->functions, s->n_functions + 1, sizeof *s->functions);
        s->functions[s->n_functions++] = (struct function){
            .from = (uint32_t)sym.st_value,
            .to = (uint32_t)(sym.st_value + sym.st_size),
            .name = memory_text(name),
        };
    }
}

static void read_functions(struct source_lines *s)
{
    GElf_Shdr sh;

    for (Elf_Scn *scn = elf_nextscn(s->elf, NULL); scn; scn = elf_nextscn(s->elf, scn)) {
        if (gelf_getshdr(scn, &sh) && sh.sh_type == SHT_SYMTAB) {
            add_functions(s, scn, &sh);
        }
    }
    if (s->n_functions) {
        qsort(s->functions, s->n_functions, sizeof *s->functions, by_address);
    }
}

/* image_parse() has looked at the file: a linked program for the AVR. */
static bool read_code(struct source_lines *s, const char *name, size_t n, struct problem *err)
{
    struct image img;

    if (!image_parse(&img, name, (const uint8_t *)s->bytes, n, IMAGE_FLASH, err)) {
        return false;
    }
    s->pc_bytes = img.architecture == WIDE_PC_ARCHITECTURE ? 3 : 2;
    s->flash_bytes = (image_end(&img, IMAGE_FLASH) + 1) & ~1u;
    s->flash = memory_zeroed(s->flash_bytes + 2, 1);
    bool ok = image_place(&img, IMAGE_FLASH, s->flash, s->flash_bytes, NULL, err);
    image_free(&img);
    return ok;
}

static bool has_lines(Dwarf *d)
{
    Dwarf_CU *cu = NULL;

    return d && dwarf_get_units(d, cu, &cu, NULL, NULL, NULL, NULL) == 0;
}

static bool read_all(struct source_lines *s, const char *name, size_t n, struct problem *err)
{
    if (n < SELFMAG || memcmp(s->bytes, ELFMAG, SELFMAG) != 0) {
        return problem_set(err, "%.300s: no ELF file, so functions and lines are not known", name);
    }
    if (!read_code(s, name, n, err)) {
        return false;
    }
    elf_version(EV_CURRENT);
    s->elf = elf_memory(s->bytes, n);
    s->dwarf = s->elf ? dwarf_begin_elf(s->elf, DWARF_C_READ, NULL) : NULL;
    if (!has_lines(s->dwarf)) {
        return problem_set(
            err, "%.300s: no line numbers that can be read; build it with -gdwarf-4 (avr-gcc's -g may write stabs)",
            name);
    }
    read_functions(s);
    return true;
}

struct source_lines *source_lines_new(const char *name, const void *bytes, size_t n, struct problem *err)
{
    struct source_lines *s = memory_zeroed(1, sizeof *s);

    s->bytes = memory_zeroed(n + 1, 1); /* libelf may write into it */
    memcpy(s->bytes, bytes, n);
    if (!read_all(s, name, n, err)) {
        source_lines_free(s);
        return NULL;
    }
    return s;
}

void source_lines_free(struct source_lines *s)
{
    if (!s) {
        return;
    }
    if (s->dwarf) {
        dwarf_end(s->dwarf);
    }
    elf_end(s->elf);
    for (size_t i = 0; i < s->n_functions; i++) {
        free(s->functions[i].name);
    }
    free(s->functions);
    for (size_t i = 0; i < s->n_known; i++) {
        free(s->known[i].places);
    }
    free(s->known);
    free(s->flash);
    free(s->bytes);
    free(s);
}

/* ---- lines ---- */

static const struct function *function_at(const struct source_lines *s, uint32_t pc)
{
    for (size_t i = 0; i < s->n_functions && s->functions[i].from <= pc; i++) {
        if (pc < s->functions[i].to) {
            return &s->functions[i];
        }
    }
    return NULL;
}

static bool unit_has(Dwarf_Die *unit, const char *function)
{
    Dwarf_Die child;

    for (int more = dwarf_child(unit, &child); more == 0; more = dwarf_siblingof(&child, &child)) {
        const char *name = dwarf_tag(&child) == DW_TAG_subprogram ? dwarf_diename(&child) : NULL;

        if (name && !strcmp(name, function)) {
            return true;
        }
    }
    return false;
}

bool source_lines_has(const struct source_lines *s, const char *function)
{
    Dwarf_CU *cu = NULL;
    Dwarf_Die unit;

    while (dwarf_get_units(s->dwarf, cu, &cu, NULL, NULL, &unit, NULL) == 0) {
        if (unit_has(&unit, function)) {
            return true;
        }
    }
    return false;
}

static bool unit_at(struct source_lines *s, uint32_t pc, Dwarf_Die *unit)
{
    Dwarf_CU *cu = NULL;
    Dwarf_Die die;

    while (dwarf_get_units(s->dwarf, cu, &cu, NULL, NULL, &die, NULL) == 0) {
        if (dwarf_haspc(&die, pc) > 0) {
            *unit = die;
            return true;
        }
    }
    return false;
}

static bool file_is_own(const char *path)
{
    static const char *const foreign[] = { "/cores/arduino/", "/libraries/", "/usr/lib/",
                                           "/usr/include/",   "/gcc-avr",    "../libgcc" };

    for (unsigned i = 0; i < sizeof foreign / sizeof foreign[0]; i++) {
        if (strstr(path, foreign[i])) {
            return false;
        }
    }
    return true;
}

static void set_file(struct source_place *p, const char *path)
{
    const char *slash = path ? strrchr(path, '/') : NULL;

    snprintf(p->file, sizeof p->file, "%s", !path ? "" : slash ? slash + 1 : path);
    p->is_own = path && file_is_own(path);
}

static unsigned attribute(Dwarf_Die *die, unsigned name)
{
    Dwarf_Attribute a;
    Dwarf_Word value = 0;

    return dwarf_attr(die, name, &a) && dwarf_formudata(&a, &value) == 0 ? (unsigned)value : 0;
}

static void set_name(struct source_place *p, Dwarf_Die *die)
{
    Dwarf_Attribute a;
    const char *name = dwarf_attr_integrate(die, DW_AT_name, &a) ? dwarf_formstring(&a) : NULL;

    if (name) {
        source_name(name, p->function, sizeof p->function);
    }
}

/* Where an inlined function is called: the file by its number in the unit's table. */
static void set_call(struct source_place *p, Dwarf_Die *inlined, Dwarf_Die *unit)
{
    Dwarf_Files *files;
    size_t n;
    unsigned file = attribute(inlined, DW_AT_call_file);

    p->line = attribute(inlined, DW_AT_call_line);
    if (dwarf_getsrcfiles(unit, &files, &n) == 0 && file < n) {
        set_file(p, dwarf_filesrc(files, file, NULL, NULL));
    }
}

static uint64_t bytes_of(Dwarf_Die *die)
{
    Dwarf_Addr base, from, to;
    uint64_t n = 0;

    for (ptrdiff_t at = 0; (at = dwarf_ranges(die, at, &base, &from, &to)) > 0;) {
        n += to - from;
    }
    return n;
}

static bool is_function(Dwarf_Die *die)
{
    return dwarf_tag(die) == DW_TAG_inlined_subroutine || dwarf_tag(die) == DW_TAG_subprogram;
}

/* The narrowest scope within die that has the address: avr-gcc's inlined ones overlap by an instruction. */
static bool scope_within(Dwarf_Die *die, uint32_t pc, Dwarf_Die *scope)
{
    Dwarf_Die child;
    uint64_t best = UINT64_MAX;

    for (int more = dwarf_child(die, &child); more == 0; more = dwarf_siblingof(&child, &child)) {
        if ((is_function(&child) || dwarf_tag(&child) == DW_TAG_lexical_block) && dwarf_haspc(&child, pc) > 0 &&
            bytes_of(&child) < best) {
            best = bytes_of(&child);
            *scope = child;
        }
    }
    return best != UINT64_MAX;
}

/* The scopes that are functions, innermost first. */
static unsigned functions_at(Dwarf_Die *unit, uint32_t pc, Dwarf_Die *to)
{
    Dwarf_Die scope = *unit, next;
    unsigned n = 0;

    while (scope_within(&scope, pc, &next)) {
        scope = next;
        if (is_function(&scope) && n < MOST_SCOPES) {
            memmove(to + 1, to, n++ * sizeof *to);
            to[0] = scope;
        }
    }
    return n;
}

static unsigned look_up(struct source_lines *s, uint32_t pc, struct source_place *to, unsigned most)
{
    Dwarf_Die unit, scope[MOST_SCOPES];
    const struct function *f = function_at(s, pc);
    unsigned n = 0;

    memset(to, 0, sizeof *to);
    if (f) {
        source_name(f->name, to->function, sizeof to->function);
    }
    if (!unit_at(s, pc, &unit)) {
        return f ? 1 : 0;
    }
    Dwarf_Line *line = dwarf_getsrc_die(&unit, pc);
    int number = 0;
    if (line) {
        dwarf_lineno(line, &number);
        set_file(to, dwarf_linesrc(line, NULL, NULL));
        to->line = number > 0 ? (unsigned)number : 0;
    }
    unsigned scopes = functions_at(&unit, pc, scope);
    for (unsigned i = 0; i < scopes; i++) {
        set_name(&to[n], &scope[i]);
        n++;
        if (dwarf_tag(&scope[i]) != DW_TAG_inlined_subroutine || n == most) {
            break;
        }
        memset(&to[n], 0, sizeof to[n]);
        set_call(&to[n], &scope[i], &unit);
    }
    return n ? n : 1;
}

/* The places of one address: the statement, then the callers that it was inlined into. */
static unsigned places_at(struct source_lines *s, uint32_t pc, struct source_place *to, unsigned most)
{
    struct source_place places[MOST_SCOPES + 1];
    size_t i = 0;

    while (i < s->n_known && s->known[i].pc != pc) {
        i++;
    }
    if (i == s->n_known) {
        unsigned n = look_up(s, pc, places, MOST_SCOPES + 1);

        s->known = memory_grown(s->known, s->n_known + 1, sizeof *s->known);
        s->known[i] = (struct known){ pc, n, memory_zeroed(n + 1, sizeof *places) };
        memcpy(s->known[i].places, places, n * sizeof *places);
        s->n_known++;
    }
    unsigned n = s->known[i].n < most ? s->known[i].n : most;
    memcpy(to, s->known[i].places, n * sizeof *to);
    return n;
}

/* ---- the stack ---- */

static unsigned code_word(const struct source_lines *s, uint32_t byte)
{
    return byte + 1 < s->flash_bytes ? s->flash[byte] | (unsigned)s->flash[byte + 1] << 8 : 0;
}

static bool is_absolute(unsigned op, unsigned form)
{
    return (op & 0xFE0E) == form;
}

static uint32_t absolute_target(const struct source_lines *s, uint32_t at)
{
    unsigned op = code_word(s, at);

    return ((((op & 0x01F0) >> 3 | (op & 1)) << 16) | code_word(s, at + 2)) * 2;
}

static uint32_t relative_target(const struct source_lines *s, uint32_t at)
{
    int k = (int)(code_word(s, at) & 0xFFF);

    return (uint32_t)((int)at + 2 + 2 * (k >= 0x800 ? k - 0x1000 : k));
}

enum call_form { CALL_FORM = 0x940E, JMP_FORM = 0x940C, RCALL_FORM = 0xD000, RJMP_FORM = 0xC000, ICALL = 0x9509 };

/* Does a tail of g jump to f's start? */
static bool jumps_to(const struct source_lines *s, const struct function *g, uint32_t f)
{
    for (uint32_t at = g->from; at < g->to; at += 2) {
        unsigned op = code_word(s, at);

        if ((is_absolute(op, JMP_FORM) && absolute_target(s, at) == f) ||
            ((op & 0xF000) == RJMP_FORM && relative_target(s, at) == f)) {
            return true;
        }
    }
    return false;
}

/* Does the instruction that ends at `back` call f, or a function that ends in a jump to it? */
static bool calls(const struct source_lines *s, uint32_t back, const struct function *f)
{
    uint32_t target;

    if (back >= 4 && is_absolute(code_word(s, back - 4), CALL_FORM)) {
        target = absolute_target(s, back - 4);
    } else if (back >= 2 && (code_word(s, back - 2) & 0xF000) == RCALL_FORM) {
        target = relative_target(s, back - 2);
    } else {
        return back >= 2 && code_word(s, back - 2) == ICALL;
    }
    if (target == f->from) {
        return true;
    }
    const struct function *g = function_at(s, target);
    return g && g != f && g->from == target && jumps_to(s, g, f->from);
}

/* The next return address on the stack from *at on, or 0. */
static uint32_t next_return(const struct source_lines *s, const struct checker_where *w, unsigned *at,
                            const struct function *in)
{
    for (; *at + s->pc_bytes <= w->n_stack; (*at)++) {
        uint32_t word = 0;

        for (unsigned i = 0; i < s->pc_bytes; i++) {
            word = word << 8 | w->stack[*at + i];
        }
        if (word * 2 < s->flash_bytes && function_at(s, word * 2 - 1) && calls(s, word * 2, in)) {
            *at += s->pc_bytes;
            return word * 2;
        }
    }
    return 0;
}

unsigned source_lines_find(struct source_lines *s, const struct checker_where *w, struct source_place *to,
                           unsigned most)
{
    unsigned n, at = 0;
    const struct function *f = function_at(s, w->pc);

    if (!w->has_pc || !most) {
        return 0;
    }
    n = places_at(s, w->pc, to, most);
    while (n && n < most && f) {
        uint32_t back = next_return(s, w, &at, f);

        if (!back) {
            break;
        }
        n += places_at(s, back - 2, to + n, most - n);
        f = function_at(s, back - 2);
    }
    return n;
}

static bool follows_call(const struct source_lines *s, uint32_t back)
{
    return (back >= 4 && is_absolute(code_word(s, back - 4), CALL_FORM)) ||
           (back >= 2 && ((code_word(s, back - 2) & 0xF000) == RCALL_FORM || code_word(s, back - 2) == ICALL));
}

/* FNV-1a over the program counter and whatever on the stack may be a return address: saved registers seldom are. */
uint64_t source_lines_key(const struct source_lines *s, const struct checker_where *w)
{
    uint64_t key = UINT64_C(0xcbf29ce484222325);

    key = (key ^ w->pc) * UINT64_C(0x100000001b3);
    for (unsigned at = 0; at + s->pc_bytes <= w->n_stack; at++) {
        uint32_t word = 0;

        for (unsigned i = 0; i < s->pc_bytes; i++) {
            word = word << 8 | w->stack[at + i];
        }
        if (word && word * 2 < s->flash_bytes && follows_call(s, word * 2)) {
            key = (key ^ word) * UINT64_C(0x100000001b3);
        }
    }
    return key;
}

unsigned source_lines_own(const struct source_place *p, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        if (p[i].is_own && p[i].line) {
            return i;
        }
    }
    return 0;
}
