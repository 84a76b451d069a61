/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The window without a window: what wheel, mouse and keys do to a view, and that no sequence of them upsets it. */
#include "wave/draw/viewer.h"

#include "sim/part.h"
#include "sim/rng.h"
#include "tests/test_files.h"
#include "wave/draw/canvas_cairo.h"
#include "wave/draw/viewer_parts.h"

#include <math.h>
#include <string.h>

static struct wave_doc d;
static struct isp_decoder decoder;
static struct viewer v;

/* SCK toggles every 10 us from 1 ms to 3 ms and from 97 ms to 99 ms; idle between; two steps, an instruction. */
static void make_doc(void)
{
    doc_init(&d);
    int sck = doc_add_signal(&d, "sck", DOC_LEVELS), vcc = doc_add_signal(&d, "vcc", DOC_VOLTS);
    for (unsigned burst = 0; burst < 2; burst++) {
        for (unsigned i = 0; i < 200; i++) {
            doc_add_level(&d, (unsigned)sck, (burst ? 97 : 1) * SIM_MS + i * 10 * SIM_US, i % 2 ? WAVE_1 : WAVE_0);
        }
    }
    doc_add_mv(&d, (unsigned)vcc, 0, 5000);
    doc_add_mv(&d, (unsigned)vcc, 50 * SIM_MS, 4500);
    int steps = doc_add_track(&d, "steps", DOC_TRACK_STEPS),
        took = doc_add_track(&d, "instructions", DOC_TRACK_INSTRUCTIONS);
    doc_add_span(&d, (unsigned)steps, 0, 50 * SIM_MS, "enter", "the first");
    doc_add_span(&d, (unsigned)steps, 50 * SIM_MS, 100 * SIM_MS, "read flash", NULL);
    struct doc_span *s = doc_add_span(&d, (unsigned)took, SIM_MS, 2 * SIM_MS, "Programming Enable, in step", NULL);
    s->value = 0xAC530000;
    s->answer = 0xFFFF5300;
    ck_assert(doc_finish(&d, 100 * SIM_MS));
    isp_decoder_init(&decoder, part_find("atmega328p"));
    viewer_init(&v, &d, &decoder);
}

static double row_middle(const char *name)
{
    for (unsigned i = 0; i < v.view.n_rows; i++) {
        if (strcmp(view_row_name(&v.view, i), name) == 0) {
            return view_row_y(&v.view, i) + v.view.rows[i].height / 2 + 18; /* below the minimap */
        }
    }
    ck_abort_msg("no row %s", name);
}

static void click(enum viewer_button b, double x, double y)
{
    viewer_motion(&v, x, y);
    viewer_press(&v, b, x, y, 0);
    viewer_release(&v, b, x, y);
}

START_TEST(wheel_zooms_at_the_pointer)
{
    make_doc();
    viewer_motion(&v, 700, 200);
    sim_time before = axis_t(&v.view.axis, 700);
    viewer_wheel(&v, 0, 3, 0);
    double span = (double)v.view.to_ps - (double)v.view.from_ps;
    ck_assert_double_lt(fabs(span / 100e9 - 0.512), 0.001);
    ck_assert_double_lt(fabs((double)axis_t(&v.view.axis, 700) - (double)before), 1e7);
    viewer_wheel(&v, 0, -1, VIEWER_SHIFT); /* pans: the span stays */
    ck_assert_double_lt(fabs((double)v.view.to_ps - (double)v.view.from_ps - span), 10);
    viewer_key(&v, 'f', 0);
    ck_assert_uint_eq(v.view.from_ps, 0);
    ck_assert_uint_eq(v.view.to_ps, 100 * SIM_MS);
    viewer_key(&v, 'z', 0); /* back */
    ck_assert_double_lt(fabs((double)v.view.to_ps - (double)v.view.from_ps - span), 10);
    viewer_key(&v, 'f', 0);
    viewer_wheel_pans(&v, true); /* as HDL people have it */
    viewer_wheel(&v, 0, 3, VIEWER_CTRL);
    ck_assert_uint_lt(v.view.to_ps - v.view.from_ps, 60 * SIM_MS);
    doc_free(&d);
}
END_TEST

START_TEST(clicks_snap_and_cursors_measure)
{
    char text[300];
    make_doc();
    viewer_show(&v, 1 * SIM_MS, 1 * SIM_MS + 100 * SIM_US);
    double y = row_middle("sck"), x = axis_x(&v.view.axis, 1030 * SIM_US);
    click(VIEWER_PRIMARY, x + 5, y);
    ck_assert_uint_eq(v.view.cursor_ps[0], 1030 * SIM_US);
    click(VIEWER_MIDDLE, axis_x(&v.view.axis, 1070 * SIM_US) - 4, y);
    ck_assert_uint_eq(v.view.cursor_ps[1], 1070 * SIM_US);
    view_cursor_text(&v.view, text, sizeof text);
    ck_assert_msg(strstr(text, "40 \u00b5s = 25 kHz") && strstr(text, "4 edges of SCK"), "%s", text);
    click(VIEWER_PRIMARY, x + 40, y); /* far from any edge */
    ck_assert_uint_ne(v.view.cursor_ps[0], 1030 * SIM_US);
    ck_assert_uint_gt(v.view.cursor_ps[0], 1030 * SIM_US);
    viewer_key(&v, VIEWER_RIGHT, 0);
    ck_assert_uint_eq(v.view.cursor_ps[0], 1040 * SIM_US);
    viewer_key(&v, VIEWER_LEFT, 0);
    ck_assert_uint_eq(v.view.cursor_ps[0], 1030 * SIM_US);
    doc_free(&d);
}
END_TEST

START_TEST(right_drag_zooms_left_drag_moves)
{
    make_doc();
    double x0 = axis_x(&v.view.axis, 20 * SIM_MS), x1 = axis_x(&v.view.axis, 40 * SIM_MS);
    viewer_press(&v, VIEWER_SECONDARY, x0, 200, 0);
    viewer_motion(&v, x1, 210);
    viewer_release(&v, VIEWER_SECONDARY, x1, 210);
    ck_assert_double_lt(fabs((double)v.view.from_ps - 20e9), 1e6);
    ck_assert_double_lt(fabs((double)v.view.to_ps - 40e9), 1e6);
    viewer_press(&v, VIEWER_PRIMARY, 500, 200, 0);
    viewer_motion(&v, 600, 200);
    viewer_release(&v, VIEWER_PRIMARY, 600, 200);
    ck_assert_uint_lt(v.view.from_ps, 19 * SIM_MS);
    ck_assert_uint_eq(v.view.cursor_ps[0], SIM_NEVER); /* a drag is no click */
    viewer_key(&v, VIEWER_END, 0);
    ck_assert_uint_eq(v.view.to_ps, 100 * SIM_MS);
    viewer_key(&v, VIEWER_HOME, 0);
    ck_assert_uint_eq(v.view.from_ps, 0);
    doc_free(&d);
}
END_TEST

START_TEST(find_goes_to_texts)
{
    make_doc();
    viewer_key(&v, '/', 0);
    viewer_text(&v, "READ");
    viewer_text(&v, "x");
    viewer_key(&v, VIEWER_BACKSPACE, 0);
    viewer_key(&v, VIEWER_ENTER, 0);
    ck_assert_uint_eq(v.view.cursor_ps[0], 50 * SIM_MS);
    ck_assert_str_eq(v.status, "read flash");
    viewer_key(&v, 'n', 0);
    ck_assert_ptr_nonnull(strstr(v.status, "no more"));
    v.view.cursor_ps[0] = SIM_NEVER;
    strcpy(v.find, "enter"); /* at time 0 */
    viewer_key(&v, 'n', VIEWER_SHIFT);
    ck_assert_uint_eq(v.view.cursor_ps[0], 0);
    doc_free(&d);
}
END_TEST

START_TEST(what_was_looked_for_is_typed_over)
{
    make_doc();
    viewer_key(&v, '/', 0);
    viewer_text(&v, "read");
    viewer_key(&v, VIEWER_ENTER, 0);
    viewer_key(&v, '/', 0);
    viewer_key(&v, VIEWER_ENTER, 0); /* again */
    ck_assert_str_eq(v.find, "read");
    viewer_key(&v, '/', 0);
    viewer_text(&v, "f");
    viewer_text(&v, "l");
    ck_assert_str_eq(v.find, "fl");
    viewer_key(&v, VIEWER_ESCAPE, 0);
    viewer_key(&v, '/', 0);
    viewer_key(&v, VIEWER_BACKSPACE, 0); /* edited */
    viewer_text(&v, "u");
    ck_assert_str_eq(v.find, "fu");
    doc_free(&d);
}
END_TEST

START_TEST(find_goes_to_values_and_tracks)
{
    static const struct {
        const char *find;
        sim_time at_ps;
    } cases[] = {
        { "sck=1", 1010 * SIM_US },      { "SCK = 0", 1000 * SIM_US },
        { "vcc<4.6", 50 * SIM_MS },      { "vcc>4.9", 0 },
        { "steps: read", 50 * SIM_MS },  { "step:", 0 },
        { "instr: enable", 1 * SIM_MS }, { "vcc<4.4", SIM_NEVER },
        { "sck=x", SIM_NEVER },          { "steps: enable", SIM_NEVER },
        { "nobody=1", SIM_NEVER },       { "sck=7", SIM_NEVER },
    };
    make_doc();
    for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        v.view.cursor_ps[0] = SIM_NEVER;
        viewer_fit(&v);
        strcpy(v.find, cases[i].find);
        viewer_key(&v, 'n', cases[i].at_ps == 0 ? VIEWER_SHIFT : 0);
        if (cases[i].at_ps == 0 && i == 5) { /* from the end the last step comes first */
            viewer_key(&v, 'n', VIEWER_SHIFT);
        }
        ck_assert_msg(v.view.cursor_ps[0] == cases[i].at_ps, "%s", cases[i].find);
    }
    v.view.cursor_ps[0] = SIM_NEVER;
    v.view.selected = -1;
    viewer_key(&v, 's', 0); /* steps */
    viewer_key(&v, 's', 0);
    ck_assert_uint_eq(v.view.cursor_ps[0], 50 * SIM_MS);
    viewer_key(&v, 's', VIEWER_SHIFT);
    ck_assert_uint_eq(v.view.cursor_ps[0], 0);
    viewer_key(&v, 'w', 0);
    ck_assert_str_eq(v.status, "no further finding");
    doc_free(&d);
}
END_TEST

START_TEST(a_finding_is_shown_as_long_as_its_rule)
{
    char text[1000];
    make_doc();
    doc_add_limit(&d, &(struct doc_limit){ 0, WAVE_1, 0, 50 * SIM_MS, 15 * SIM_US, true, "tSHSL" });
    int track = doc_add_track(&d, "findings", DOC_TRACK_FINDINGS);
    struct doc_span *s = doc_add_span(&d, (unsigned)track, 1010 * SIM_US, 1020 * SIM_US, "tSHSL, 10 us",
                                      "SCK: too short");
    s->required_ps = 15 * SIM_US;
    s->answer = 1;
    ck_assert(doc_finish_tracks(&d));
    viewer_init(&v, &d, &decoder);
    viewer_key(&v, 'w', 0);
    ck_assert_uint_eq(v.view.cursor_ps[0], 1020 * SIM_US);
    ck_assert_uint_lt(v.view.to_ps - v.view.from_ps, SIM_MS);
    viewer_panel_text(&v, text, sizeof text);
    ck_assert_msg(strstr(text, "It took 10 \u00b5s and needs 15 \u00b5s") && strstr(text, "Programming Enable"), "%s",
                  text);
    viewer_explain(&v, axis_x(&v.view.axis, 1035 * SIM_US), row_middle("sck"), text, sizeof text);
    ck_assert_msg(strstr(text, "tSHSL asks for more than 15 \u00b5s: too short"), "%s", text);
    d.limits[0].required_ps = 9 * SIM_US;
    viewer_explain(&v, axis_x(&v.view.axis, 1035 * SIM_US), row_middle("sck"), text, sizeof text);
    ck_assert_msg(strstr(text, "tSHSL asks for more than 9 \u00b5s: kept"), "%s", text);
    doc_free(&d);
}
END_TEST

static int row_named(const char *name)
{
    for (unsigned i = 0; i < v.view.n_rows; i++) {
        if (strcmp(view_row_name(&v.view, i), name) == 0) {
            return (int)i;
        }
    }
    return -1;
}

START_TEST(groups_close_carry_and_go)
{
    make_doc();
    unsigned rows = v.view.n_rows;
    v.view.selected = row_named("sck");
    viewer_key(&v, 'g', 0);
    viewer_text(&v, "wires");
    viewer_key(&v, VIEWER_ENTER, 0);
    int heading = row_named("wires");
    ck_assert_int_eq(heading + 1, row_named("sck"));
    ck_assert_uint_eq(v.view.n_rows, rows + 1);
    double y = view_row_y(&v.view, (unsigned)heading) + 28; /* in the window */
    click(VIEWER_PRIMARY, 12, y);
    ck_assert(v.view.rows[heading].closed && !v.view.rows[row_named("sck")].shown);
    ck_assert_double_eq(view_row_h(&v.view, (unsigned)row_named("sck")), 0);
    v.view.selected = heading;
    viewer_key(&v, VIEWER_UP, VIEWER_CTRL); /* with all that it hides */
    ck_assert_int_eq(row_named("wires"), heading - 1);
    ck_assert_int_eq(row_named("sck"), heading);
    viewer_key(&v, VIEWER_ENTER, 0);
    ck_assert(v.view.rows[row_named("sck")].shown);
    viewer_key(&v, 'x', 0); /* the heading alone */
    ck_assert_int_eq(row_named("wires"), -1);
    ck_assert_uint_eq(v.view.n_rows, rows);
    viewer_key(&v, 'a', 0);
    viewer_key(&v, 'a', 0); /* as before */
    doc_free(&d);
}
END_TEST

START_TEST(a_border_sizes_its_row)
{
    make_doc();
    unsigned row = (unsigned)row_named("vcc");
    double edge = view_row_y(&v.view, row) + view_row_h(&v.view, row) + 18, was = v.view.rows[row].height;
    viewer_motion(&v, 20, edge);
    ck_assert(viewer_on_border(&v));
    viewer_press(&v, VIEWER_PRIMARY, 20, edge, 0);
    viewer_motion(&v, 20, edge + 30);
    viewer_release(&v, VIEWER_PRIMARY, 20, edge + 30);
    ck_assert_double_lt(fabs(v.view.rows[row].height - was - 30), 1);
    viewer_motion(&v, 20, edge);
    ck_assert(!viewer_on_border(&v));
    doc_free(&d);
}
END_TEST

START_TEST(presets_are_what_their_users_know)
{
    enum viewer_preset p;
    make_doc();
    ck_assert(viewer_preset_named("GTKWave", &p) && p == VIEWER_GTKWAVE && !viewer_preset_named("vi", &p));
    viewer_use_preset(&v, VIEWER_GTKWAVE);
    viewer_wheel(&v, 0, -1, 0); /* pans; nothing to pan in the whole */
    ck_assert_uint_eq(v.view.to_ps - v.view.from_ps, 100 * SIM_MS);
    viewer_wheel(&v, 0, 2, VIEWER_CTRL);
    ck_assert_uint_lt(v.view.to_ps - v.view.from_ps, 70 * SIM_MS);
    viewer_key(&v, 'f', VIEWER_ALT);
    ck_assert_uint_eq(v.view.to_ps - v.view.from_ps, 100 * SIM_MS);
    viewer_press(&v, VIEWER_PRIMARY, 500, row_middle("sck"), 0); /* a drag carries the marker */
    viewer_motion(&v, 600, row_middle("sck"));
    viewer_release(&v, VIEWER_PRIMARY, 600, row_middle("sck"));
    ck_assert_uint_ne(v.view.cursor_ps[0], SIM_NEVER);
    ck_assert_uint_eq(v.view.from_ps, 0);
    viewer_use_preset(&v, VIEWER_PULSEVIEW);
    viewer_key(&v, VIEWER_UP, 0);
    ck_assert_uint_lt(v.view.to_ps - v.view.from_ps, 60 * SIM_MS);
    viewer_use_preset(&v, VIEWER_SURFER);
    viewer_key(&v, 'e', 0);
    ck_assert_uint_eq(v.view.to_ps, 100 * SIM_MS);
    viewer_key(&v, 's', 0);
    ck_assert_uint_eq(v.view.from_ps, 0);
    viewer_key(&v, '3', 0);
    ck_assert_ptr_nonnull(strstr(v.status, "nothing is under 3"));
    viewer_key(&v, '3', VIEWER_CTRL);
    v.view.cursor_ps[0] = 0;
    viewer_key(&v, '3', 0);
    ck_assert_uint_eq(v.view.cursor_ps[0], v.marks[3]);
    doc_free(&d);
}
END_TEST

/* In the middle of everything, where each command can do something. */
static void in_the_middle(enum viewer_preset preset, bool on_heading)
{
    make_doc();
    unsigned findings = (unsigned)doc_add_track(&d, "findings", DOC_TRACK_FINDINGS);
    doc_add_span(&d, findings, 10 * SIM_MS, 11 * SIM_MS, "before", NULL);
    doc_add_span(&d, findings, 50 * SIM_MS, 51 * SIM_MS, "behind", NULL)->value = 1;
    ck_assert(doc_finish_tracks(&d));
    viewer_init(&v, &d, &decoder);
    viewer_use_preset(&v, preset);
    v.view.selected = row_named("sck");
    viewer_key(&v, 'g', 0);
    viewer_key(&v, VIEWER_ESCAPE, 0);
    v.view.selected = row_named(on_heading ? "group 1" : "mosi");
    v.view.rows[row_named("vcc")].hidden = true;
    viewer_show(&v, 20 * SIM_MS, 60 * SIM_MS);
    viewer_zoom_at(&v, 600, 0.9); /* to be undone */
    v.view.cursor_ps[0] = 40 * SIM_MS;
    v.view.cursor_ps[1] = 45 * SIM_MS;
    strcpy(v.find, "e");
    viewer_motion(&v, 700, 200);
    viewer_resize(&v, v.width, 160);
    v.view.scroll_y = 20;
    v.status[0] = 0;
    v.dirty = true;
}

/* More than a message. */
static bool key_does_something(enum viewer_preset preset, unsigned key, unsigned mods)
{
    static struct viewer before;
    bool does = false;
    for (unsigned on_heading = 0; on_heading < 2; on_heading++) {
        in_the_middle(preset, on_heading);
        before = v;
        viewer_key(&v, key, mods);
        memcpy(v.status, before.status, sizeof v.status);
        does |= memcmp(&v, &before, sizeof v) != 0;
        doc_free(&d);
    }
    return does;
}

START_TEST(every_key_of_every_preset_does_something)
{
    static const char signs[] = "abcdefghijklmnopqrstuvwxyz0123456789+-=/?[] ";
    for (unsigned preset = 0; preset < VIEWER_PRESETS; preset++) {
        viewer_use_preset(&v, preset);
        unsigned bound = 0;
        for (unsigned i = 0; i < sizeof signs - 1 + VIEWER_F2 - VIEWER_LEFT + 1; i++) {
            unsigned key = i < sizeof signs - 1 ? (unsigned char)signs[i] : VIEWER_LEFT + i - (sizeof signs - 1);
            for (unsigned mods = 0; mods < 8; mods++) {
                if (!viewer_has_key(&v, key, mods)) {
                    continue;
                }
                bound++;
                if (!key_does_something(preset, key, mods)) {
                    ck_abort_msg("%s: key %c (%x) with %u", viewer_preset_names[preset], (char)key, key, mods);
                }
            }
        }
        ck_assert_uint_gt(bound, 55);
        ck_assert(!viewer_has_key(&v, VIEWER_BACKSPACE, 0));
    }
}
END_TEST

START_TEST(every_command_has_a_key)
{
    char keys[80];
    const char *what;
    for (unsigned preset = 0; preset < VIEWER_PRESETS; preset++) {
        viewer_use_preset(&v, preset);
        for (unsigned i = 0; viewer_sheet_line(&v, i, keys, sizeof keys, &what); i++) {
            ck_assert_msg(strcmp(keys, "-") != 0, "%s: %s", viewer_preset_names[preset], what);
        }
    }
}
END_TEST

START_TEST(explains_what_is_under_the_pointer)
{
    char text[1000];
    make_doc();
    viewer_explain(&v, axis_x(&v.view.axis, 3 * SIM_MS / 2), row_middle("instructions"), text, sizeof text);
    ck_assert_msg(strstr(text, "Programming Enable, in step") && strstr(text, "AC 53 00 00"), "%s", text);
    viewer_show(&v, SIM_MS, SIM_MS + 100 * SIM_US);
    viewer_explain(&v, axis_x(&v.view.axis, 1035 * SIM_US), row_middle("sck"), text, sizeof text);
    ck_assert_msg(strstr(text, "sck = 1, for 10 \u00b5s") && strstr(text, "50 % of it"), "%s", text);
    viewer_explain(&v, 600, 5, text, sizeof text);
    ck_assert_str_eq(text, "");
    doc_free(&d);
}
END_TEST

START_TEST(folds_leave_cursors_true)
{
    make_doc();
    viewer_key(&v, 'o', 0);
    ck_assert_uint_gt(v.view.axis.n, 1);
    double gap = axis_x(&v.view.axis, 96 * SIM_MS) - axis_x(&v.view.axis, 51 * SIM_MS);
    ck_assert_double_lt(gap, AXIS_FOLD_PX);
    for (double x = v.view.names_w; x < v.width - 8; x += 7) { /* x to time and back, but within folds */
        sim_time t = axis_t(&v.view.axis, x);
        ck_assert_double_lt(fabs(axis_x(&v.view.axis, t) - x), 0.6);
    }
    doc_free(&d);
}
END_TEST

START_TEST(session_comes_back_and_names_what_is_missing)
{
    struct problem err = { "" };
    make_doc();
    char *path = strdup(test_path("session"));
    viewer_show(&v, 2 * SIM_MS, 3 * SIM_MS);
    v.view.cursor_ps[0] = 2500 * SIM_US;
    v.view.theme = THEME_DARK;
    v.view.fold = true;
    v.view.selected = 0;
    viewer_key(&v, VIEWER_DOWN, VIEWER_CTRL); /* carried down */
    viewer_key(&v, 'x', 0);
    viewer_key(&v, 'g', 0); /* a heading */
    viewer_key(&v, VIEWER_ENTER, 0);
    viewer_key(&v, '4', VIEWER_CTRL);
    strcpy(v.missing, "gone away\n");
    struct wave_view saved = v.view;
    ck_assert_msg(viewer_session_save(&v, path, &err), "%s", err.text);
    viewer_init(&v, &d, &decoder);
    ck_assert_msg(viewer_session_load(&v, path, &err), "%s", err.text);
    ck_assert_uint_eq(v.view.from_ps, saved.from_ps);
    ck_assert_uint_eq(v.view.to_ps, saved.to_ps);
    ck_assert_uint_eq(v.view.cursor_ps[0], saved.cursor_ps[0]);
    ck_assert_int_eq(v.view.theme, THEME_DARK);
    ck_assert(v.view.fold);
    ck_assert_uint_eq(v.view.n_rows, saved.n_rows);
    ck_assert_uint_eq(v.marks[4], 2500 * SIM_US);
    for (unsigned i = 0; i < saved.n_rows; i++) {
        ck_assert_str_eq(view_row_name(&v.view, i), view_row_name(&saved, i));
        ck_assert_int_eq(v.view.rows[i].hidden, saved.rows[i].hidden);
    }
    ck_assert_str_eq(v.missing, "gone away\n");
    write_text(path, "row 26 shown sck\nnonsense\n", 26);
    ck_assert(!viewer_session_load(&v, path, &err));
    ck_assert_ptr_nonnull(strstr(err.text, ":2: "));
    unlink(path);
    ck_assert(viewer_session_load(&v, path, &err)); /* none: nothing happens */
    free(path);
    doc_free(&d);
}
END_TEST

START_TEST(a_longer_recording_keeps_the_rows)
{
    make_doc();
    struct wave_doc old = d;
    v.view.selected = 0;
    viewer_key(&v, 'x', 0);
    const char *hidden = strdup(view_row_name(&v.view, 0));
    viewer_show(&v, 60 * SIM_MS, 100 * SIM_MS);
    struct viewer keep = v;
    make_doc();
    struct wave_doc longer = d;
    longer.end_ps = 200 * SIM_MS;
    v = keep;
    v.view.doc = &old;
    viewer_replace(&v, &longer);
    ck_assert_uint_eq(v.view.to_ps, 200 * SIM_MS); /* it was at the end: it follows */
    ck_assert_uint_eq(v.view.from_ps, 160 * SIM_MS);
    ck_assert_str_eq(view_row_name(&v.view, 0), hidden);
    ck_assert(v.view.rows[0].hidden);
    free((char *)hidden);
    doc_free(&old);
    doc_free(&longer);
}
END_TEST

static cairo_surface_t *paint(void)
{
    cairo_surface_t *s = cairo_image_surface_create(CAIRO_FORMAT_RGB24, (int)v.width, (int)v.height);
    cairo_t *cr = cairo_create(s);
    struct canvas_cairo c;
    canvas_cairo_start(&c, cr, v.view.theme, 1, false);
    viewer_draw(&v, &c.canvas);
    canvas_cairo_end(&c);
    ck_assert_int_eq(cairo_status(cr), CAIRO_STATUS_SUCCESS);
    cairo_destroy(cr);
    cairo_surface_flush(s);
    return s;
}

static uint32_t pixel(cairo_surface_t *s, int x, int y)
{
    return *(uint32_t *)(cairo_image_surface_get_data(s) + y * cairo_image_surface_get_stride(s) + 4 * x) & 0xFFFFFF;
}

START_TEST(pixels_are_where_levels_are)
{
    make_doc();
    viewer_show(&v, SIM_MS, SIM_MS + 100 * SIM_US);
    double y = row_middle("sck");
    int x1 = (int)axis_x(&v.view.axis, 1035 * SIM_US), x0 = (int)axis_x(&v.view.axis, 1045 * SIM_US);
    cairo_surface_t *s = paint();
    ck_assert_uint_eq(pixel(s, x1, (int)y), theme_colours[THEME_LIGHT][INK_HIGH]);
    ck_assert_uint_eq(pixel(s, x0, (int)y), theme_colours[THEME_LIGHT][INK_PAPER]);
    ck_assert_uint_eq(pixel(s, x1, (int)(y - 8)), theme_colours[THEME_LIGHT][INK_LEVEL]);
    cairo_surface_destroy(s);
    viewer_key(&v, 't', 0);
    s = paint();
    ck_assert_uint_eq(pixel(s, x0, (int)y), theme_colours[THEME_DARK][INK_PAPER]);
    cairo_surface_destroy(s);
    doc_free(&d);
}
END_TEST

START_TEST(no_sequence_of_events_upsets_it)
{
    static const char keys[] = "+-=fznwNbotexa[]/?pr0123sgcu ";
    struct sim_rng r = sim_rng_stream(3, "viewer");
    make_doc();
    for (unsigned i = 0; i < 6000; i++) {
        double x = (double)(sim_rng_next(&r) % 1500) - 100, y = (double)(sim_rng_next(&r) % 900) - 50;
        unsigned mods = (unsigned)sim_rng_next(&r) & 7;
        if (i % 1000 == 0) {
            viewer_use_preset(&v, (enum viewer_preset)(i / 1000 % VIEWER_PRESETS));
        }
        switch (sim_rng_next(&r) % 9) {
        case 0: viewer_key(&v, (unsigned)keys[sim_rng_next(&r) % (sizeof keys - 1)], mods); break;
        case 1: viewer_key(&v, VIEWER_LEFT + (unsigned)(sim_rng_next(&r) % 13), mods); break;
        case 2: viewer_wheel(&v, (double)(sim_rng_next(&r) % 5) - 2, (double)(sim_rng_next(&r) % 9) - 4, mods); break;
        case 3: viewer_press(&v, 1 + (enum viewer_button)(sim_rng_next(&r) % 3), x, y, mods); break;
        case 4: viewer_release(&v, 1 + (enum viewer_button)(sim_rng_next(&r) % 3), x, y); break;
        case 5: viewer_motion(&v, x, y); break;
        case 6: viewer_text(&v, "e"); break;
        case 7:
            if (i % 16 == 0) {
                viewer_resize(&v, (double)(sim_rng_next(&r) % 1400), (double)(sim_rng_next(&r) % 800));
            }
            break;
        default:
            if (i % 40 == 0) {
                cairo_surface_destroy(paint());
            }
        }
        ck_assert_uint_lt(v.view.from_ps, v.view.to_ps);
        ck_assert_uint_le(v.view.to_ps, 100 * SIM_MS);
    }
    doc_free(&d);
}
END_TEST

START_TEST(an_empty_recording)
{
    doc_init(&d);
    ck_assert(doc_finish(&d, 0));
    viewer_init(&v, &d, NULL);
    for (unsigned key = ' '; key < 127; key++) {
        viewer_key(&v, key, 0);
        viewer_key(&v, VIEWER_ESCAPE, 0);
    }
    viewer_key(&v, VIEWER_LEFT, 0);
    viewer_key(&v, VIEWER_DOWN, 0);
    viewer_wheel(&v, 0, 5, 0);
    click(VIEWER_PRIMARY, 300, 100);
    cairo_surface_destroy(paint());
    doc_free(&d);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("viewer");
    tcase_add_test(tc, wheel_zooms_at_the_pointer);
    tcase_add_test(tc, clicks_snap_and_cursors_measure);
    tcase_add_test(tc, right_drag_zooms_left_drag_moves);
    tcase_add_test(tc, find_goes_to_texts);
    tcase_add_test(tc, what_was_looked_for_is_typed_over);
    tcase_add_test(tc, find_goes_to_values_and_tracks);
    tcase_add_test(tc, a_finding_is_shown_as_long_as_its_rule);
    tcase_add_test(tc, groups_close_carry_and_go);
    tcase_add_test(tc, a_border_sizes_its_row);
    tcase_add_test(tc, presets_are_what_their_users_know);
    tcase_add_test(tc, every_key_of_every_preset_does_something);
    tcase_add_test(tc, every_command_has_a_key);
    tcase_add_test(tc, explains_what_is_under_the_pointer);
    tcase_add_test(tc, folds_leave_cursors_true);
    tcase_add_test(tc, session_comes_back_and_names_what_is_missing);
    tcase_add_test(tc, a_longer_recording_keeps_the_rows);
    tcase_add_test(tc, pixels_are_where_levels_are);
    tcase_add_test(tc, no_sequence_of_events_upsets_it);
    tcase_add_test(tc, an_empty_recording);
    return run_suite("viewer", tc);
}
