/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Does each part's table hang together? The figures are compared with avrdude's in tests/part_avrdude_test.c. */
#include "sim/part.h"

#include <check.h>
#include <string.h>

#include "sim/clock_model.h"
#include "sim/fuse_model.h"
#include "tests/run_all.h"

static unsigned bits_for(uint32_t cells)
{
    unsigned n = 0;
    while (1u << n < cells) {
        n++;
    }
    return n;
}

static unsigned count(const char *pattern, char letter)
{
    unsigned n = 0;
    for (; *pattern; pattern++) {
        n += *pattern == letter;
    }
    return n;
}

/* address bits that an instruction must carry */
static unsigned address_bits(const struct part *p, enum isp_op op)
{
    switch (op) {
    case ISP_LOAD_FLASH_PAGE: return bits_for(p->flash_page_bytes / 2);
    case ISP_WRITE_FLASH_PAGE: return bits_for(p->flash_bytes / p->flash_page_bytes);
    case ISP_READ_FLASH: return bits_for(p->flash_bytes / 2);
    case ISP_LOAD_EEPROM_PAGE: return bits_for(p->eeprom_page_bytes);
    case ISP_WRITE_EEPROM_PAGE: return bits_for(p->eeprom_bytes / p->eeprom_page_bytes);
    case ISP_WRITE_EEPROM:
    case ISP_READ_EEPROM: return bits_for(p->eeprom_bytes);
    case ISP_READ_SIGNATURE: return 2;
    case ISP_READ_CALIBRATION: return bits_for(p->n_calibration);
    default: return 0;
    }
}

START_TEST(instructions_fit_the_memories)
{
    const struct part *p;
    for (unsigned i = 0; (p = part_at(i)) != NULL; i++) {
        for (unsigned r = 0; r < p->n_instructions; r++) {
            const struct isp_instruction *in = &p->instructions[r];
            unsigned letters = 0;
            for (const char *c = in->pattern; *c; c++) {
                ck_assert(strchr("01xhaio ", *c) != NULL);
                letters += *c != ' ';
            }
            ck_assert_msg(letters == 32, "%s row %u", p->name, r);
            ck_assert_msg(count(in->pattern, 'a') == address_bits(p, in->op), "%s row %u: %s", p->name, r, in->pattern);
            bool by_byte = in->op == ISP_LOAD_FLASH_PAGE || in->op == ISP_READ_FLASH;
            ck_assert_uint_eq(count(in->pattern, 'h'), by_byte);
            bool is_read = count(in->pattern, 'o') != 0;
            ck_assert_uint_eq(count(in->pattern, 'o'), is_read ? 8 : 0);
            ck_assert(!is_read || count(in->pattern, 'i') == 0);
        }
        bool has_page = false;
        for (unsigned r = 0; r < p->n_instructions; r++) {
            has_page |= p->instructions[r].op == ISP_WRITE_EEPROM_PAGE;
        }
        ck_assert_int_eq(has_page, p->eeprom_page_bytes != 0);
    }
}
END_TEST

/* No two rows match one instruction: where both want a fixed bit, they want different ones somewhere. */
START_TEST(rows_exclude_each_other)
{
    const struct part *p;
    for (unsigned i = 0; (p = part_at(i)) != NULL; i++) {
        for (unsigned r = 0; r < p->n_instructions; r++) {
            for (unsigned s = r + 1; s < p->n_instructions; s++) {
                const char *a = p->instructions[r].pattern, *b = p->instructions[s].pattern;
                bool differ = false;
                for (; *a && *b; a++, b++) {
                    while (*a == ' ') {
                        a++;
                    }
                    while (*b == ' ') {
                        b++;
                    }
                    differ |= (*a == '0' && *b == '1') || (*a == '1' && *b == '0');
                }
                ck_assert_msg(differ, "%s: %s | %s", p->name, p->instructions[r].pattern, p->instructions[s].pattern);
            }
        }
    }
}
END_TEST

/* Fields lie on implemented bits, each bit belongs to one field and each implemented bit to some field. */
START_TEST(fuse_fields_tile_the_bytes)
{
    const struct part *p;
    for (unsigned i = 0; (p = part_at(i)) != NULL; i++) {
        uint8_t seen[4] = { 0, 0, 0, 0 };
        for (unsigned f = 0; f < FUSE_FIELDS; f++) {
            const struct fuse_place *at = &p->fuses->at[f];
            if (at->width == 0) {
                continue;
            }
            uint8_t mask = (uint8_t)(((1u << at->width) - 1) << at->shift);
            ck_assert_msg((seen[at->byte] & mask) == 0, "%s %s", p->name, fuse_field_name(f));
            seen[at->byte] |= mask;
        }
        for (unsigned b = 0; b < 3; b++) {
            ck_assert_uint_eq(seen[b], p->fuse_used[b]);
        }
        ck_assert_uint_eq(seen[3], p->lock_used);
        struct fuse_bytes preset, factory = fuse_factory(p);
        ck_assert(fuse_preset(p, "factory", &preset));
        ck_assert_msg(fuse_same(p, &preset, &factory), "%s", p->name);
        ck_assert_int_eq(fuse_isp_access(p, &factory), FUSE_ISP_OPEN);
    }
}
END_TEST

/* Every CKSEL and SUT gives an answer whose start-up indexes stay inside the tables; factory parts run at 1 MHz (1.2). */
START_TEST(clocks_answer_for_every_setting)
{
    const struct part *p;
    for (unsigned i = 0; (p = part_at(i)) != NULL; i++) {
        struct fuse_bytes b = fuse_factory(p);
        struct clock_board board = clock_board_default(p, &b);
        board.vcc_mv = p->clocks->rc_ref_mv;
        struct clock_result r = clock_model(p, &b, &board);
        ck_assert(r.runs);
        ck_assert_uint_eq(r.f_millihz / r.divide,
                          p->rc_nominal_hz == 9600000 ? UINT64_C(1200000000) : UINT64_C(1000000000));
        for (unsigned ckopt = 0; ckopt < (fuse_has(p, FUSE_CKOPT) ? 2 : 1); ckopt++) {
            if (fuse_has(p, FUSE_CKOPT)) {
                ck_assert(fuse_put(p, &b, FUSE_CKOPT, ckopt));
            }
            for (unsigned setting = 0; setting < 64; setting++) {
                ck_assert(fuse_put(p, &b, FUSE_CKSEL, setting & ((1u << p->fuses->at[FUSE_CKSEL].width) - 1)));
                ck_assert(fuse_put(p, &b, FUSE_SUT, setting >> 4));
                const struct clock_source *s = clock_source_of(p, &b);
                ck_assert_int_eq(s->startup == NULL, s->kind == CLOCK_RESERVED);
                ck_assert_uint_le(s->f_min_hz, s->f_max_hz);
                ck_assert_uint_lt(s->calibration, p->n_calibration);
                if (s->startup == NULL) {
                    continue;
                }
                board = clock_board_default(p, &b);
                board.wired = s->kind == CLOCK_EXTERNAL      ? WIRED_WAVE
                              : s->kind == CLOCK_EXTERNAL_RC ? WIRED_RC
                                                             : WIRED_CRYSTAL;
                board.f_millihz = (s->kind == CLOCK_EXTERNAL ? 1000000 : s->f_min_hz) * UINT64_C(1000);
                r = clock_model(p, &b, &board);
                ck_assert_msg(r.runs && r.state == CLOCK_FINE, "%s CKSEL %u", p->name, setting & 15);
                ck_assert_uint_ge(clock_startup_ps(&r, false), SIM_NS);
                ck_assert_uint_lt(clock_startup_ps(&r, true), 2 * SIM_S);
            }
        }
    }
}
END_TEST

/* What the other parts do differently from the ATmega328P, from their own tables. */
START_TEST(atmega8a_clocks)
{
    const struct part *p = &part_atmega8a;
    struct fuse_bytes b = { { 0xE4, 0xD9, 0xFF }, 0xFF };
    struct clock_board board = clock_board_default(p, &b);
    struct clock_result r = clock_model(p, &b, &board);
    ck_assert_uint_eq(r.f_millihz, UINT64_C(8000000000));
    ck_assert_uint_eq(r.divide, 1); /* no CKDIV8 */
    ck_assert_uint_eq(r.delay_ck, 0);
    ck_assert_uint_eq(r.delay_us, 65000);
    /* memories are paced by the 1 MHz range */
    ck_assert_uint_eq(clock_rc_millihz(p, &board), UINT64_C(1000000000));
    /* the full amplitude of CKOPT is what takes 16 MHz */
    b = (struct fuse_bytes){ { 0xFF, 0xD9, 0xFF }, 0xFF };
    board = clock_board_default(p, &b);
    board.wired = WIRED_CRYSTAL;
    board.f_millihz = UINT64_C(16000000000);
    ck_assert_int_eq(clock_model(p, &b, &board).state, CLOCK_DEAD_WRONG_RANGE);
    b.fuse[1] = 0xC9;
    ck_assert(clock_model(p, &b, &board).runs);
    ck_assert_int_eq(clock_kind_of(p, &b), CLOCK_FULL_SWING);
    /* external RC without parts, then 10 kOhm and 22 pF: 1.5 MHz is the second range's */
    b.fuse[0] = 0xE6;
    ck_assert_int_eq(clock_model(p, &b, &board).state, CLOCK_DEAD_NO_RC_PARTS);
    board.wired = WIRED_RC;
    board.f_millihz = clock_external_rc_millihz(10000, 22);
    ck_assert(clock_model(p, &b, &board).runs);
    b.fuse[0] = 0xE5;
    ck_assert_int_eq(clock_model(p, &b, &board).state, CLOCK_DEAD_WRONG_RANGE);
    /* brown-out: BODEN switches on, BODLEVEL chooses */
    const struct fuse_bod_level *level;
    ck_assert_int_eq(fuse_bod(p, &b, &level), FUSE_BOD_OFF);
    b.fuse[0] = 0xA1;
    ck_assert_int_eq(fuse_bod(p, &b, &level), FUSE_BOD_ON);
    ck_assert_uint_eq(level->typ_mv, 2600);
    b.fuse[0] = 0x21;
    ck_assert_int_eq(fuse_bod(p, &b, &level), FUSE_BOD_ON);
    ck_assert_uint_eq(level->typ_mv, 4000);
    b = (struct fuse_bytes){ { 0xE1, 0xD8, 0xFF }, 0xFF };
    ck_assert_uint_eq(fuse_start_word(p, &b), 0xC00);
}
END_TEST

START_TEST(attiny85_clocks)
{
    const struct part *p = &part_attiny85;
    static const struct {
        uint8_t lfuse;
        enum clock_kind kind;
        uint64_t f_hz; /* system clock; 0 = dead with nothing wired */
        uint32_t startup_ck, delay_us, por_us;
    } row[] = {
        { 0x62, CLOCK_RC, 1000000, 6, 64000, 0 },
        { 0xE2, CLOCK_RC, 8000000, 6, 64000, 0 },
        { 0xC1, CLOCK_PLL, 16000000, 1024, 4000, 4000 },
        { 0x71, CLOCK_PLL, 2000000, 16384, 64000, 4000 },
        { 0xC3, CLOCK_RC, 1600000, 6, 64000, 0 },
        { 0x63, CLOCK_RC, 1600000, 6, 4000, 0 },
        { 0xF3, CLOCK_RC, 1600000, 1, 0, 0 },
        { 0x64, CLOCK_RC_128K, 16000, 6, 64000, 0 },
        { 0xE5, CLOCK_RESERVED, 0, 0, 0, 0 },
        { 0xE7, CLOCK_RESERVED, 0, 0, 0, 0 },
        { 0xE6, CLOCK_LF_CRYSTAL, 0, 0, 0, 0 },
        { 0xE0, CLOCK_EXTERNAL, 0, 0, 0, 0 },
    };
    for (unsigned i = 0; i < sizeof row / sizeof row[0]; i++) {
        struct fuse_bytes b = { { row[i].lfuse, 0xDF, 0xFF }, 0xFF };
        struct clock_board board = clock_board_default(p, &b);
        struct clock_result r = clock_model(p, &b, &board);
        ck_assert_int_eq(r.kind, row[i].kind);
        ck_assert_uint_eq(r.f_millihz / r.divide, row[i].f_hz * 1000);
        ck_assert_uint_eq(r.startup_ck, row[i].startup_ck);
        ck_assert_uint_eq(r.delay_us, row[i].delay_us);
        ck_assert_uint_eq(r.por_us, row[i].por_us);
        ck_assert_int_eq(r.prescaler_fixed, (row[i].lfuse & 15) == 3);
    }
    /* the PLL stops following the RC */
    struct fuse_bytes b = { { 0xC1, 0xDF, 0xFF }, 0xFF };
    struct clock_board board = clock_board_default(p, &b);
    board.osccal = 0xFF;
    ck_assert_uint_eq(clock_model(p, &b, &board).f_millihz, UINT64_C(21250000000));
}
END_TEST

START_TEST(atmega168p_fuses)
{
    const struct part *p = &part_atmega168p;
    static const uint32_t start[4] = { 0x1C00, 0x1E00, 0x1F00, 0x1F80 };
    for (unsigned sz = 0; sz < 4; sz++) {
        struct fuse_bytes b = { { 0xFF, 0xDD, (uint8_t)(0xF8 | sz << 1) }, 0xFF };
        const struct fuse_bod_level *level;
        ck_assert_uint_eq(fuse_start_word(p, &b), start[sz]);
        ck_assert_int_eq(fuse_bod(p, &b, &level), FUSE_BOD_ON);
        ck_assert_uint_eq(level->typ_mv, 2700);
    }
}
END_TEST

/* Ports in alphabetical order, and the pins that a part names are among them, each with one job. */
START_TEST(named_pins_are_port_pins)
{
    const struct part *p;
    for (unsigned i = 0; (p = part_at(i)) != NULL; i++) {
        const char *const named[] = { p->pin_mosi, p->pin_miso, p->pin_sck, p->pin_reset, p->pin_xtal1, p->pin_xtal2 };
        char name[PART_PIN_NAME_SIZE], before[PART_PIN_NAME_SIZE] = "";
        unsigned n = 0, ports = 0;
        for (; part_pin_name(p, n, name); n++) {
            ck_assert_msg(part_has_pin(p, name), "%s %s", p->name, name);
            ck_assert_msg(strcmp(before, name) < 0, "%s: %s before %s", p->name, before, name);
            memcpy(before, name, sizeof name);
        }
        for (unsigned k = 0; p->ports[k].letter; k++) {
            ports += (unsigned)__builtin_popcount(p->ports[k].pins);
        }
        ck_assert_uint_eq(n, ports);
        for (unsigned k = 0; k < sizeof named / sizeof named[0]; k++) {
            if (named[k] == NULL) { /* XTAL2 of an ATtiny13 */
                continue;
            }
            ck_assert_msg(part_has_pin(p, named[k]), "%s %s", p->name, named[k]);
            for (unsigned j = 0; j < k; j++) {
                ck_assert_msg(strcmp(named[j], named[k]) != 0, "%s %s", p->name, named[k]);
            }
        }
        ck_assert(p->pin_clko == NULL || part_has_pin(p, p->pin_clko));
    }
}
END_TEST

START_TEST(pins_by_name)
{
    char name[PART_PIN_NAME_SIZE];
    ck_assert(part_has_pin(&part_attiny85, "pb5"));
    ck_assert(!part_has_pin(&part_attiny85, "PB6"));
    ck_assert(!part_has_pin(&part_attiny85, "PD3"));
    ck_assert(part_has_pin(&part_atmega328p, "PC6"));
    ck_assert(!part_has_pin(&part_atmega328p, "PC7")); /* ADC7 is no port pin */
    ck_assert(!part_has_pin(&part_atmega328p, "PA0"));
    static const char *const no_names[] = { "", "P", "PB", "PB8", "PB12", "XB1", "sck", "P\0B" };
    for (unsigned i = 0; i < sizeof no_names / sizeof no_names[0]; i++) {
        ck_assert_msg(!part_has_pin(&part_atmega328p, no_names[i]), "%s", no_names[i]);
    }
    ck_assert_str_eq(part_pin_name(&part_atmega328p, 0, name), "PB0");
    ck_assert_str_eq(part_pin_name(&part_atmega328p, 8, name), "PC0");
    ck_assert_str_eq(part_pin_name(&part_atmega328p, 22, name), "PD7");
    ck_assert_ptr_null(part_pin_name(&part_atmega328p, 23, name));
}
END_TEST

START_TEST(parts_are_found_as_people_write_them)
{
    static const struct {
        const char *name, *is;
    } row[] = {
        { "atmega328p", "atmega328p" },
        { "m328p", "atmega328p" },
        { "ATmega328P-PU", "atmega328p" },
        { "mega328p", "atmega328p" },
        { "328P", "atmega328p" },
        { "ATMEGA328PB-AU", "atmega328pb" },
        { "ATmega8A", "atmega8a" },
        { "atmega8l", "atmega8" },
        { "m8", "atmega8" },
        { "ATmega8-16PU", "atmega8" },
        { "t85", "attiny85" },
        { "ATtiny85V-10SU", "attiny85" },
        { "tiny85", "attiny85" },
        { "85", "attiny85" },
        { "ATtiny 84A", "attiny84a" },
        { "84", "attiny84" },
        { "m168p", "atmega168p" },
        { "ATmega168PV", "atmega168p" },
        { "m168pa", "atmega168pa" },
        { "atmega88pa", "atmega88pa" },
        { "88PA-MU", "atmega88pa" },
        { "tiny2313", "attiny2313" },
        { "13A", "attiny13a" },
        { "ATmega48V", "atmega48" },
        { "ATtiny24", "attiny24" },
        { "ATmega_328p", "atmega328p" },
    };
    static const char *const unknown[] = {
        "",       "atmega",  "attiny",      "m",
        "v",      "328x",    "atmega328pc", "attiny328p",
        "mega85", "m328pl5", "atatmega8",   "atmega328pppppppppppppppppppppppp",
        "-",      "p",       "at90s2313",
    };
    const struct part *p;
    char names[PART_NAMES_SIZE];

    for (unsigned i = 0; i < sizeof row / sizeof row[0]; i++) {
        p = part_find(row[i].name);
        ck_assert_msg(p != NULL && strcmp(p->name, row[i].is) == 0, "%s", row[i].name);
    }
    for (unsigned i = 0; i < sizeof unknown / sizeof unknown[0]; i++) {
        p = part_find(unknown[i]);
        ck_assert_msg(p == NULL, "%s: %s", unknown[i], p ? p->name : "");
    }
    /* each by each of its names, and nobody twice */
    for (unsigned i = 0; (p = part_at(i)) != NULL; i++) {
        ck_assert_ptr_eq(part_find(p->name), p);
        ck_assert_ptr_eq(part_find(p->title), p);
        ck_assert_ptr_eq(part_find(p->avrdude_id), p);
        ck_assert_ptr_nonnull(strstr(part_names(names), p->name));
    }
    ck_assert_ptr_eq(part_find("m328p"), &part_atmega328p);
    ck_assert_ptr_eq(part_find("m168p"), &part_atmega168p);
    ck_assert_ptr_eq(part_find("m8a"), &part_atmega8a);
    ck_assert_ptr_eq(part_find("t85"), &part_attiny85);
}
END_TEST

/* What a sibling has of its own, from its datasheet. */
START_TEST(siblings_differ_where_they_should)
{
    static const struct {
        const char *name;
        uint16_t boot_sizes[4]; /* words, by BOOTSZ; 0: none */
        uint32_t erase_us, flash_us;
        bool full_swing, port_e;
        unsigned delay_ck;
        uint8_t factory_ext;
    } row[] = {
        { "atmega48", { 0 }, 9000, 4500, true, false, 14, 0xFF },
        { "atmega48pb", { 0 }, 10500, 2600, false, true, 19, 0xFF },
        { "atmega88", { 1024, 512, 256, 128 }, 9000, 4500, true, false, 14, 0xF9 },
        { "atmega88pa", { 1024, 512, 256, 128 }, 9000, 4500, true, false, 14, 0xF9 },
        { "atmega168pb", { 1024, 512, 256, 128 }, 10500, 2600, false, true, 19, 0xF9 },
        { "atmega328", { 2048, 1024, 512, 256 }, 9000, 4500, true, false, 14, 0xFF },
        { "atmega328pb", { 2048, 1024, 512, 256 }, 10500, 2600, false, true, 19, 0xF7 },
    };
    for (unsigned i = 0; i < sizeof row / sizeof row[0]; i++) {
        const struct part *p = part_find(row[i].name);
        struct fuse_bytes b = fuse_factory(p);
        struct clock_board board = clock_board_default(p, &b);
        ck_assert_uint_eq(b.fuse[2], row[i].factory_ext);
        ck_assert_uint_eq(clock_model(p, &b, &board).delay_ck, row[i].delay_ck);
        ck_assert_uint_eq(p->t_wd_erase_us, row[i].erase_us);
        ck_assert_uint_eq(p->t_wd_flash_us, row[i].flash_us);
        ck_assert_int_eq(part_has_pin(p, "PE3"), row[i].port_e);
        for (unsigned sz = 0; sz < 4; sz++) {
            fuse_put(p, &b, FUSE_BOOTSZ, sz);
            ck_assert_uint_eq(fuse_boot_words(p, &b), row[i].boot_sizes[sz]);
        }
        fuse_put(p, &b, FUSE_CKSEL, 7);
        ck_assert_int_eq(clock_kind_of(p, &b), row[i].full_swing ? CLOCK_FULL_SWING : CLOCK_RESERVED);
    }
}
END_TEST

/* ATtiny24/44/84: the ATtiny25/45/85's clocks without PLL and ATtiny15 mode, on other pins. */
START_TEST(attiny84_clocks)
{
    const struct part *p = part_find("attiny84");
    for (unsigned cksel = 0; cksel < 16; cksel++) {
        struct fuse_bytes b = fuse_factory(p), c = fuse_factory(&part_attiny85);
        fuse_put(p, &b, FUSE_CKSEL, cksel);
        fuse_put(&part_attiny85, &c, FUSE_CKSEL, cksel);
        ck_assert_int_eq(clock_kind_of(p, &b),
                         cksel == 1 || cksel == 3 ? CLOCK_RESERVED : clock_kind_of(&part_attiny85, &c));
    }
    ck_assert_str_eq(p->pin_mosi, "PA6");
    ck_assert(part_has_pin(p, "PA0"));
    ck_assert(!part_has_pin(p, "PB4"));
}
END_TEST

/* ATtiny13 and ATtiny2313: own places of the fuses, RC of two frequencies. */
START_TEST(attiny13_and_2313_clocks)
{
    static const struct {
        const char *part;
        uint8_t lfuse;
        enum clock_kind kind;
        uint64_t f_hz;
        uint32_t delay_us;
    } row[] = {
        { "attiny13", 0x6A, CLOCK_RC, 1200000, 64000 },       { "attiny13", 0x7A, CLOCK_RC, 9600000, 64000 },
        { "attiny13", 0x75, CLOCK_RC, 4800000, 4000 },        { "attiny13a", 0x6B, CLOCK_RC_128K, 16000, 64000 },
        { "attiny13", 0x78, CLOCK_EXTERNAL, 0, 0 },           { "attiny2313", 0x64, CLOCK_RC, 1000000, 69000 },
        { "attiny2313", 0xE2, CLOCK_RC, 4000000, 69000 },     { "attiny2313a", 0xD4, CLOCK_RC, 8000000, 4000 },
        { "attiny4313", 0xE6, CLOCK_RC_128K, 128000, 64000 }, { "attiny2313", 0xE3, CLOCK_RESERVED, 0, 0 },
        { "attiny4313", 0xFF, CLOCK_CRYSTAL, 0, 0 },
    };
    for (unsigned i = 0; i < sizeof row / sizeof row[0]; i++) {
        const struct part *p = part_find(row[i].part);
        struct fuse_bytes b = fuse_factory(p);
        b.fuse[0] = row[i].lfuse;
        struct clock_board board = clock_board_default(p, &b);
        board.vcc_mv = p->clocks->rc_ref_mv;
        struct clock_result r = clock_model(p, &b, &board);
        ck_assert_msg(r.kind == row[i].kind && r.f_millihz / r.divide == row[i].f_hz * 1000, "%s %02X", row[i].part,
                      row[i].lfuse);
        ck_assert_uint_eq(r.delay_us, row[i].delay_us);
    }
    struct fuse_bytes b = { { 0x6A, 0xFF, 0xFF }, 0xFF };
    const struct part *p = part_find("attiny13");
    ck_assert_int_eq(fuse_isp_access(p, &b), FUSE_ISP_OPEN);
    b.fuse[0] |= 0x80;
    ck_assert_int_eq(fuse_isp_access(p, &b), FUSE_ISP_SPIEN);
    b = (struct fuse_bytes){ { 0x6A, 0xFE, 0xFF }, 0xFF };
    ck_assert_int_eq(fuse_isp_access(p, &b), FUSE_ISP_RSTDISBL);
}
END_TEST

/* ATmega328PB: with clock failure detection a missing crystal or external clock leaves 1 MHz of the RC. */
START_TEST(clock_failure_detection)
{
    static const struct {
        uint8_t lfuse;
        bool saved;
    } row[] = { { 0xE0, true }, { 0xFF, true }, { 0xF8, true }, { 0xE4, false }, { 0xE7, false }, { 0xE1, false } };
    const struct part *p = part_find("atmega328pb");
    for (unsigned i = 0; i < sizeof row / sizeof row[0]; i++) {
        struct fuse_bytes b = { { row[i].lfuse, 0xD9, 0xF7 }, 0xFF };
        struct clock_board board = clock_board_default(p, &b);
        board.vcc_mv = p->clocks->rc_ref_mv;
        ck_assert(!clock_model(p, &b, &board).runs);
        b.fuse[2] = 0xFF;
        struct clock_result r = clock_model(p, &b, &board);
        ck_assert_msg(r.runs == row[i].saved && r.fell_back == row[i].saved, "%02X", row[i].lfuse);
        ck_assert(!r.runs || (r.kind == CLOCK_RC && r.f_millihz / r.divide == UINT64_C(1000000000)));
        board.wired = WIRED_CRYSTAL;
        board.f_millihz = UINT64_C(16000000000);
        r = clock_model(p, &b, &board);
        ck_assert(row[i].lfuse != 0xFF || (r.runs && !r.fell_back && r.f_millihz == board.f_millihz));
    }
}
END_TEST

int main(void)
{
    Suite *s = suite_create("part");
    TCase *tc = tcase_create("part");
    tcase_add_test(tc, instructions_fit_the_memories);
    tcase_add_test(tc, rows_exclude_each_other);
    tcase_add_test(tc, fuse_fields_tile_the_bytes);
    tcase_add_test(tc, clocks_answer_for_every_setting);
    tcase_add_test(tc, atmega8a_clocks);
    tcase_add_test(tc, attiny85_clocks);
    tcase_add_test(tc, atmega168p_fuses);
    tcase_add_test(tc, named_pins_are_port_pins);
    tcase_add_test(tc, pins_by_name);
    tcase_add_test(tc, parts_are_found_as_people_write_them);
    tcase_add_test(tc, siblings_differ_where_they_should);
    tcase_add_test(tc, attiny84_clocks);
    tcase_add_test(tc, attiny13_and_2313_clocks);
    tcase_add_test(tc, clock_failure_detection);
    suite_add_tcase(s, tc);
    return run_all(s);
}
