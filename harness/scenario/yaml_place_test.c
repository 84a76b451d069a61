/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/scenario/yaml_place.h"
#include "harness/scenario/yaml_schema.h"
#include "tests/run_all.h"

#include <check.h>
#include <string.h>

struct inner {
    char *low, *high;
};
struct entry {
    char *wait;
};
struct outer {
    char *name;
    struct inner *inner;
    struct entry *steps;
    unsigned steps_count;
};

static const cyaml_schema_field_t inner_fields[] = {
    CYAML_FIELD_STRING_PTR("low", CYAML_FLAG_POINTER, struct inner, low, 0, CYAML_UNLIMITED),
    CYAML_FIELD_STRING_PTR("high", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct inner, high, 0, CYAML_UNLIMITED),
    CYAML_FIELD_END,
};
static const cyaml_schema_field_t entry_fields[] = {
    CYAML_FIELD_STRING_PTR("wait", CYAML_FLAG_POINTER, struct entry, wait, 0, CYAML_UNLIMITED),
    CYAML_FIELD_END,
};
static const cyaml_schema_value_t entry_value = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct entry, entry_fields),
};
static const cyaml_schema_field_t outer_fields[] = {
    CYAML_FIELD_STRING_PTR("name", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct outer, name, 0, CYAML_UNLIMITED),
    CYAML_FIELD_MAPPING_PTR("inner", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct outer, inner, inner_fields),
    CYAML_FIELD_SEQUENCE("steps", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct outer, steps, &entry_value, 0, 5),
    CYAML_FIELD_END,
};
static const cyaml_schema_value_t outer_value = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct outer, outer_fields),
};

static bool parse(struct yaml_tree *t, const char *text, struct problem *err)
{
    return yaml_tree_parse(t, "f.yaml", text, strlen(text), err);
}

START_TEST(places)
{
    static const char text[] = "name: x\n"
                               "inner:\n"
                               "  low: 0x62\n"
                               "steps:\n"
                               "  - wait: 1 ms\n"
                               "  - { wait: \"2 ms\" }\n";
    struct yaml_tree t;
    struct problem err = { "" };
    struct yaml_node *n;

    ck_assert_msg(parse(&t, text, &err), "%s", err.text);
    n = yaml_find(&t, "inner.low");
    ck_assert(n && n->line == 3 && n->column == 8);
    ck_assert_str_eq(n->text, "0x62");
    n = yaml_find(&t, "steps[1].wait");
    ck_assert(n && n->line == 6 && n->column == 13);
    ck_assert_ptr_null(yaml_find(&t, "steps[2].wait"));
    ck_assert_ptr_eq(yaml_nearest(&t, "inner.high"), yaml_find(&t, "inner"));
    ck_assert_ptr_null(yaml_find(&t, "inner..low"));
    ck_assert_ptr_null(yaml_find(&t, "steps[x]"));
    yaml_problem(&t, n, &err, "no");
    ck_assert_str_eq(err.text, "f.yaml:6:13: no");
    yaml_tree_free(&t);
}
END_TEST

START_TEST(structs)
{
    static const char text[] = "name: \"a \\\"b\\\" \\\\ \\u20ac \\t\"\n"
                               "inner: &i {low: 1, high: on}\nsteps: [{wait: 3}]";
    struct yaml_tree t;
    struct problem err = { "" };
    struct outer *o;
    void *data;

    ck_assert_msg(parse(&t, text, &err), "%s", err.text);
    ck_assert_msg(yaml_load(&t, &outer_value, &data, &err), "%s", err.text);
    o = data;
    ck_assert_str_eq(o->name, "a \"b\" \\ \u20ac \t");
    ck_assert_str_eq(o->inner->high, "on");
    ck_assert_uint_eq(o->steps_count, 1);
    ck_assert_str_eq(o->steps[0].wait, "3");
    yaml_unload(&outer_value, data);
    yaml_tree_free(&t);
}
END_TEST

START_TEST(empty_is_a_map)
{
    static const char *const texts[] = { "", "\n", "# nothing\n", "---\n", "{}" };
    struct problem err = { "" };
    struct yaml_tree t;
    void *data;

    for (unsigned i = 0; i < 5; i++) {
        ck_assert_msg(parse(&t, texts[i], &err), "%s", err.text);
        ck_assert_msg(yaml_load(&t, &outer_value, &data, &err), "%u %s", i, err.text);
        yaml_unload(&outer_value, data);
        yaml_tree_free(&t);
    }
}
END_TEST

START_TEST(aliases_are_copied)
{
    static const char text[] = "inner: {low: &v 7, high: *v}\n";
    struct problem err = { "" };
    struct yaml_tree t;

    ck_assert_msg(parse(&t, text, &err), "%s", err.text);
    ck_assert_str_eq(yaml_find(&t, "inner.high")->text, "7");
    ck_assert_uint_eq(yaml_find(&t, "inner.high")->column, 14); /* where the value stands */
    yaml_tree_free(&t);
}
END_TEST

static const struct {
    const char *text, *says;
} bad[] = {
    { "name: [x]", "f.yaml:1:7: expected one value here, for 'name'" },
    { "nam: x", "f.yaml:1:1: unknown key 'nam', did you mean 'name'?" },
    { "inner:\n  low: 1\n  other: 1", "f.yaml:3:3: unknown key 'other'; known here: low, high" },
    { "inner:\n  high: 1", "f.yaml:2:3: the key 'low' is missing" },
    { "inner: 5", "f.yaml:1:8: expected keys with values here, under 'inner'" },
    { "- 1", "f.yaml:1:1: expected keys with values here" },
    { "just text", "f.yaml:1:1: expected keys with values here" },
    { "steps: {a: 1}", "f.yaml:1:8: expected a list here, under 'steps'" },
    { "steps: [{wait: 1}, {wiat: 1}]", "f.yaml:1:21: unknown key 'wiat', did you mean 'wait'?" },
    { "steps: [1]", "f.yaml:1:9: expected keys with values here" },
    { "steps: [{wait: 1},{wait: 1},{wait: 1},{wait: 1},{wait: 1},{wait: 1}]",
      "f.yaml:1:8: the list has 6 entries, not 0 .. 5" },
    { "name: x\nname: y", "f.yaml:2:1: the key 'name' is there twice: remove one" },
    { "name: x\n  y: [", "f.yaml:2:4: a colon where none can be: the line is indented too far" },
    { "inner:\n  low: 1\n high: 2", "f.yaml:3:2: this line is neither beside nor under what began at 1:1" },
    { "steps:\n  - wait: 1\n   - wait: 2", "f.yaml:3:4: this line is neither beside nor under what began at 2:3" },
    { "name: \"x", "f.yaml:1:7: the quote that begins here is not closed" },
    { "name: 'x\n\tb", "f.yaml:1:7: the quote that begins here is not closed" },
    { "\tname: x", "f.yaml:1:1: a tab in the indentation: YAML takes blanks only there" },
    { "inner:\n  low: 1\n \t high: 2", "f.yaml:3:2: a tab in the indentation" },
    { "inner: {low: 1", "f.yaml:1:8: the { that begins here is not closed" },
    { "inner: {low: 1\nname: x", "f.yaml:2:5: a comma or } is missing: the { of line 1, column 8 goes on here" },
    { "inner: {low: 1,5 MHz}",
      "f.yaml:1:16: unknown key '5 MHz': if it belongs to the number before it, decimals follow" },
    { "inner:low: 1", "f.yaml:1:1: a blank is missing behind the colon: write 'inner: low'" },
    { "inner: low:1", "f.yaml:1:8: a blank is missing behind the colon: write '{low: 1}'" },
    { "inner: low 1", "f.yaml:1:8: a colon is missing behind 'low'" },
    { "steps:\n  -wait: 1", "f.yaml:2:3: a blank is missing behind the dash: write '- wait'" },
    { "\xFF\xFE"
      "a",
      "f.yaml: the text is in UTF-16: save it as UTF-8" },
    { "inner: {low:1}", "f.yaml:1:9: a blank is missing behind the colon: write 'low: 1'" },
    { "\xEF\xBB\xBFnam: x", "f.yaml:1:1: unknown key 'nam', did you mean 'name'?" },
    { "a: &a [*a]", "f.yaml:1:8: this alias stands inside its own anchor, it would never end" },
    { "a: *b", "f.yaml:1:4: this alias has no anchor before it" },
    { "{[a]: b}", "f.yaml:1:2: a key must be a plain word" },
    { "a: \"x\\0y\"", "f.yaml:1:4: there is a NUL character in this text" },
    { "a: !foo x", "f.yaml:1:4: tags (!...) are not used here" },
    { "a: 1\n---\nb: 2", "f.yaml:2:1: a second document begins here" },
    { "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[", "f.yaml:1:33: nested too deeply" },
    { "a: \xff\xfe", "f.yaml: byte 3: not YAML: invalid" },
    /* ten values, ten times, ten times ... */
    { "a: &a [1,1,1,1,1,1,1,1,1,1]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a]\n"
      "c: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c,*c]\n"
      "e: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d,*d]\nf: [*e,*e,*e,*e,*e,*e,*e,*e,*e,*e]\n",
      "too many values (aliases multiply them)" },
};

START_TEST(bad_text)
{
    struct problem err = { "" };
    struct yaml_tree t;
    void *data = NULL;
    bool ok = parse(&t, bad[_i].text, &err) && yaml_load(&t, &outer_value, &data, &err);

    ck_assert_msg(!ok, "%s", bad[_i].text);
    ck_assert_msg(strstr(err.text, bad[_i].says) != NULL, "%s\n%s", bad[_i].text, err.text);
    ck_assert_ptr_null(data);
    yaml_tree_free(&t);
}
END_TEST

START_TEST(set_values)
{
    struct problem err = { "" };
    struct yaml_tree t;

    ck_assert(parse(&t, "inner: {low: 1}\nsteps: [{wait: 1}]", &err));
    ck_assert(yaml_set(&t, "inner.low", "0x62", &err));
    ck_assert_str_eq(yaml_find(&t, "inner.low")->text, "0x62");
    ck_assert(yaml_set(&t, "steps[1]", "{wait: 5 ms}", &err));
    ck_assert_str_eq(yaml_find(&t, "steps[1].wait")->text, "5 ms");
    ck_assert(yaml_set(&t, "new.deep.value", "[a, b]", &err));
    ck_assert_str_eq(yaml_find(&t, "new.deep.value[1]")->text, "b");
    ck_assert(yaml_set(&t, "inner", "{high: 2}", &err));
    ck_assert_ptr_null(yaml_find(&t, "inner.low"));
    ck_assert(yaml_set(&t, "inner.high", "", &err));
    ck_assert_str_eq(yaml_find(&t, "inner.high")->text, "");

    ck_assert(!yaml_set(&t, "steps[7].wait", "1", &err));
    ck_assert_str_eq(err.text, "--set steps[7].wait: there is no such place in f.yaml");
    ck_assert(!yaml_set(&t, "", "1", &err));
    ck_assert(!yaml_set(&t, "a..b", "1", &err));
    ck_assert(!yaml_set(&t, "inner.high", "[", &err));
    ck_assert(strstr(err.text, "--set inner.high: not YAML"));
    ck_assert(yaml_set(&t, "inner.hihg", "1", &err));
    ck_assert(!yaml_check(&t, &outer_value, &err));
    yaml_tree_free(&t);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("yaml_place");
    TCase *t = tcase_create("yaml_place");

    tcase_add_test(t, places);
    tcase_add_test(t, structs);
    tcase_add_test(t, empty_is_a_map);
    tcase_add_test(t, aliases_are_copied);
    tcase_add_loop_test(t, bad_text, 0, sizeof bad / sizeof bad[0]);
    tcase_add_test(t, set_values);
    suite_add_tcase(s, t);
    return run_all(s);
}
