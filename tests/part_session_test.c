/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * part_session_test - the serial programming algorithm of the datasheets, step by step, on every part of part_at()
 *
 * The instructions come out of the part's own table, the bytes go over the pins. Writes are awaited as the part
 * offers: RDY/BSY poll, else by value (a location that is being written reads FF), else the minimum wait. A part
 * added to part.c is tested here without a change.
 */
#include <check.h>
#include <string.h>

#include "sim/rng.h"
#include "tests/isp_rig.h"
#include "tests/run_all.h"

static const struct part *part;
static struct isp_rig rig;

static const struct isp_instruction *row_of(enum isp_op op)
{
    for (unsigned i = 0; i < part->n_instructions; i++) {
        if (part->instructions[i].op == op) {
            return &part->instructions[i];
        }
    }
    return NULL;
}

/* The four bytes; ignored bits are 0. */
static uint32_t encode(enum isp_op op, bool high, uint32_t address, uint8_t data)
{
    uint32_t frame = 0;
    unsigned bit = 0;

    if (!row_of(op)) {
        ck_abort_msg("no such instruction");
    }
    const char *pattern = row_of(op)->pattern;
    for (size_t k = strlen(pattern); k-- > 0;) {
        uint32_t b = 0;
        switch (pattern[k]) {
        case ' ': continue;
        case '1': b = 1; break;
        case 'h': b = high; break;
        case 'a':
            b = address & 1;
            address >>= 1;
            break;
        case 'i':
            b = data & 1;
            data >>= 1;
            break;
        default: break;
        }
        frame |= b << bit++;
    }
    if (address) {
        ck_abort_msg("the address did not fit");
    }
    return frame;
}

static uint8_t op(enum isp_op which, bool high, uint32_t address, uint8_t data)
{
    return isp_send(&rig, encode(which, high, address, data), NULL);
}

static void start(int which)
{
    part = part_at((unsigned)which);
    struct target_config cfg = target_config_default(part);
    isp_rig_init(&rig, &cfg, 7);
    isp_wait(&rig, SIM_MS);
    ck_assert(isp_enter(&rig));
}

static bool polls(void)
{
    return row_of(ISP_POLL_RDY_BSY) != NULL;
}

/* Flash is being written: any address in the page reads FF until it ends (ATmega8A), or the poll says busy. */
static void await_flash(uint32_t word, bool high, uint8_t data)
{
    if (polls()) {
        isp_wait_ready(&rig);
    } else if (data == 0xFF) {
        isp_wait(&rig, part->t_wd_flash_us * SIM_US);
    } else {
        while (op(ISP_READ_FLASH, high, word, 0) == 0xFF) {
        }
    }
}

static void await_eeprom(uint32_t at, uint8_t data)
{
    if (polls()) {
        isp_wait_ready(&rig);
    } else if (data == 0xFF) {
        isp_wait(&rig, part->t_wd_eeprom_us * SIM_US);
    } else {
        while (op(ISP_READ_EEPROM, false, at, 0) == 0xFF) {
        }
    }
}

static void await_us(uint32_t us)
{
    if (polls()) {
        isp_wait_ready(&rig);
    } else {
        isp_wait(&rig, us * SIM_US);
    }
}

START_TEST(identity)
{
    start(_i);
    for (unsigned i = 0; i < 3; i++) {
        ck_assert_uint_eq(op(ISP_READ_SIGNATURE, false, i, 0), part->signature[i]);
    }
    for (unsigned i = 0; i < part->n_calibration; i++) {
        ck_assert_uint_eq(op(ISP_READ_CALIBRATION, false, i, 0), rig.nvm.cells.calibration[i]);
    }
    for (unsigned i = 0; i < part->n_fuses; i++) {
        ck_assert_uint_eq(op(ISP_READ_LFUSE + i, false, 0, 0), part->fuse_default[i]);
    }
    ck_assert_uint_eq(op(ISP_READ_LOCK, false, 0, 0), 0xFF);
    isp_rig_free(&rig);
}
END_TEST

/* Each page and byte, but under sanitizers, where it would take minutes in all, an eighth of them and the last. */
static bool is_tried(uint32_t i, uint32_t n)
{
#ifdef __SANITIZE_ADDRESS__
    return i % 8 == 0 || i + 1 == n;
#else
    return i < n;
#endif
}

/* Has an earlier part the same instructions and memories? Then its whole chip stands for this one's. */
static bool is_twin(unsigned which)
{
    for (unsigned i = 0; i < which; i++) {
        if (part_at(i)->instructions == part_at(which)->instructions) {
            return true;
        }
    }
    return false;
}

START_TEST(whole_chip_written_and_read_back)
{
    static uint8_t flash[65536], eeprom[2048];
    struct sim_rng rng = sim_rng_stream(3, "part_session_test");

    if (is_twin((unsigned)_i)) {
        return;
    }
    start(_i);
    for (uint32_t i = 0; i < part->flash_bytes; i++) {
        flash[i] = (uint8_t)sim_rng_below(&rng, 256);
    }
    for (uint32_t i = 0; i < part->eeprom_bytes; i++) {
        eeprom[i] = (uint8_t)sim_rng_below(&rng, 256);
    }

    op(ISP_CHIP_ERASE, false, 0, 0);
    await_us(part->t_wd_erase_us);
    uint32_t page_words = part->flash_page_bytes / 2, n_pages = part->flash_bytes / part->flash_page_bytes;
    for (uint32_t page = 0; page < n_pages; page++) {
        if (!is_tried(page, n_pages)) {
            continue;
        }
        for (uint32_t w = 0; w < page_words; w++) { /* low byte before high byte */
            op(ISP_LOAD_FLASH_PAGE, false, w, flash[2 * (page * page_words + w)]);
            op(ISP_LOAD_FLASH_PAGE, true, w, flash[2 * (page * page_words + w) + 1]);
        }
        op(ISP_WRITE_FLASH_PAGE, false, page, 0);
        await_flash(page * page_words, false, flash[2 * page * page_words]);
    }
    for (uint32_t at = 0; at < part->eeprom_bytes; at++) {
        if (is_tried(at, part->eeprom_bytes)) {
            op(ISP_WRITE_EEPROM, false, at, eeprom[at]);
            await_eeprom(at, eeprom[at]);
        }
    }
    for (uint32_t i = 0; i < part->flash_bytes; i++) {
        if (is_tried(i / part->flash_page_bytes, n_pages) &&
            op(ISP_READ_FLASH, i & 1, i / 2, 0) != flash[i]) { /* ck_assert writes to a file each time */
            ck_abort_msg("%s flash %u", part->name, i);
        }
    }
    for (uint32_t i = 0; i < part->eeprom_bytes; i++) {
        if (is_tried(i, part->eeprom_bytes) && op(ISP_READ_EEPROM, false, i, 0) != eeprom[i]) {
            ck_abort_msg("%s EEPROM %u", part->name, i);
        }
    }
    for (size_t i = 0; i < checker_count(&rig.checker); i++) {
        const struct checker_finding *f = checker_at(&rig.checker, i);
        if (f->rule == CHECK_REWRITE) { /* some random bytes are FF, as they are after an erase */
            continue;
        }
        ck_abort_msg("%s: %s at %llu ps: required %lld, measured %lld", part->name, checker_rule_info(f->rule)->id,
                     (unsigned long long)f->at_ps, (long long)f->required, (long long)f->measured);
    }
    isp_rig_free(&rig);
}
END_TEST

/* Pages of EEPROM where the part has them: loaded bytes change, the others stay. */
START_TEST(eeprom_pages)
{
    start(_i);
    if (row_of(ISP_WRITE_EEPROM_PAGE) != NULL) {
        uint32_t page = part->eeprom_bytes / part->eeprom_page_bytes - 1, base = page * part->eeprom_page_bytes;
        op(ISP_WRITE_EEPROM, false, base, 0x12);
        await_eeprom(base, 0x12);
        op(ISP_LOAD_EEPROM_PAGE, false, 1, 0x34);
        op(ISP_WRITE_EEPROM_PAGE, false, page, 0);
        await_us(part->t_wd_eeprom_us);
        ck_assert_uint_eq(op(ISP_READ_EEPROM, false, base, 0), 0x12);
        ck_assert_uint_eq(op(ISP_READ_EEPROM, false, base + 1, 0), 0x34);
        ck_assert_uint_eq(op(ISP_READ_EEPROM, false, base + 2, 0), 0xFF);
    } else { /* C1 and C2 mean nothing: byte 3 comes back as echo, and nothing changes */
        ck_assert_uint_eq(isp_send(&rig, 0xC1000134, NULL), 0x01);
        ck_assert_uint_eq(isp_send(&rig, 0xC2000400, NULL), 0x04);
        isp_wait(&rig, 20 * SIM_MS);
        for (uint32_t at = 0; at < 8; at++) {
            ck_assert_uint_eq(op(ISP_READ_EEPROM, false, at, 0), 0xFF);
        }
    }
    isp_rig_free(&rig);
}
END_TEST

/* Each write takes its minimum wait at a nominal RC, as the part's table says; polled finely, within 1 %. */
START_TEST(writes_take_their_time)
{
    start(_i);
    struct clock_board cb = rig.target.board;
    double scale = (double)part->rc_nominal_hz * 1000 / (double)clock_rc_millihz(part, &cb);
    const struct {
        enum isp_op what;
        uint32_t us;
    } row[] = {
        { ISP_WRITE_FLASH_PAGE, part->t_wd_flash_us }, { ISP_WRITE_EEPROM, part->t_wd_eeprom_us },
        { ISP_CHIP_ERASE, part->t_wd_erase_us },       { ISP_WRITE_HFUSE, part->t_wd_fuse_us },
        { ISP_WRITE_LOCK, part->t_wd_fuse_us },
    };
    for (unsigned i = 0; i < sizeof row / sizeof row[0]; i++) {
        op(ISP_LOAD_FLASH_PAGE, false, 0, 0x55);
        op(ISP_LOAD_FLASH_PAGE, true, 0, 0x55);
        op(row[i].what, false, 0, row[i].what == ISP_WRITE_HFUSE ? part->fuse_default[1] : 0xFF);
        sim_time begin = rig.sim.now_ps;
        double ms = (double)(nvm_busy_until(&rig.nvm, begin) - begin) / 1e9;
        ck_assert_double_eq_tol(ms, row[i].us * scale / 1000, 0.02 * row[i].us * scale / 1000);
        isp_wait(&rig, 20 * SIM_MS);
        ck_assert_uint_eq(nvm_busy_until(&rig.nvm, rig.sim.now_ps), 0);
    }
    isp_rig_free(&rig);
}
END_TEST

/* What a read shows during a write: everything FF, or on parts with value polling only what is being written. */
START_TEST(reads_while_busy)
{
    start(_i);
    uint32_t page_words = part->flash_page_bytes / 2;
    for (uint32_t page = 0; page < 2; page++) {
        op(ISP_LOAD_FLASH_PAGE, false, 0, 0x11);
        op(ISP_LOAD_FLASH_PAGE, true, 0, 0x22);
        op(ISP_WRITE_FLASH_PAGE, false, page, 0);
        if (page == 0) {
            isp_wait(&rig, 20 * SIM_MS);
        }
    }
    ck_assert_uint_eq(op(ISP_READ_FLASH, false, page_words, 0), 0xFF); /* the page being written */
    ck_assert_uint_eq(op(ISP_READ_FLASH, false, 0, 0), part->busy_reads_ff_everywhere ? 0xFF : 0x11);
    isp_wait(&rig, 20 * SIM_MS);
    ck_assert_uint_eq(op(ISP_READ_FLASH, false, page_words, 0), 0x11);
    isp_rig_free(&rig);
}
END_TEST

/* Fuses: read back at once, in effect after the session; SPIEN is out of reach; lock bits only go down. */
START_TEST(fuses_and_lock)
{
    start(_i);
    struct fuse_bytes b = fuse_factory(part);
    ck_assert(fuse_put(part, &b, FUSE_EESAVE, 0));
    ck_assert(fuse_put(part, &b, FUSE_SPIEN, 1)); /* dropped by the chip */
    for (unsigned i = 0; i < part->n_fuses; i++) {
        op(ISP_WRITE_LFUSE + i, false, 0, b.fuse[i]);
        await_us(part->t_wd_fuse_us);
    }
    ck_assert(fuse_put(part, &b, FUSE_SPIEN, 0));
    for (unsigned i = 0; i < part->n_fuses; i++) {
        ck_assert_uint_eq(op(ISP_READ_LFUSE + i, false, 0, 0), b.fuse[i]);
    }
    /* EESAVE acts at once */
    op(ISP_WRITE_EEPROM, false, 3, 0x77);
    await_eeprom(3, 0x77);
    op(ISP_CHIP_ERASE, false, 0, 0);
    await_us(part->t_wd_erase_us);
    ck_assert_uint_eq(op(ISP_READ_EEPROM, false, 3, 0), 0x77);
    /* lock mode 3: memories closed, only a chip erase opens them */
    op(ISP_WRITE_LOCK, false, 0, 0xFC);
    await_us(part->t_wd_fuse_us);
    ck_assert_uint_eq(op(ISP_READ_LOCK, false, 0, 0), 0xFC);
    op(ISP_WRITE_LOCK, false, 0, 0xFF);
    await_us(part->t_wd_fuse_us);
    ck_assert_uint_eq(op(ISP_READ_LOCK, false, 0, 0), 0xFC);
    ck_assert_uint_eq(op(ISP_READ_EEPROM, false, 3, 0), 0x03); /* refused: byte 3 as echo */
    op(ISP_WRITE_HFUSE, false, 0, part->fuse_default[1]);
    await_us(part->t_wd_fuse_us);
    ck_assert_uint_eq(op(ISP_READ_HFUSE, false, 0, 0), b.fuse[1]);
    op(ISP_CHIP_ERASE, false, 0, 0);
    await_us(part->t_wd_erase_us);
    ck_assert_uint_eq(op(ISP_READ_LOCK, false, 0, 0), 0xFF);
    isp_rig_free(&rig);
}
END_TEST

/* An instruction that the part lacks does nothing and echoes byte 3. */
START_TEST(missing_instructions)
{
    static const struct {
        enum isp_op what;
        uint32_t frame;
    } row[] = {
        { ISP_POLL_RDY_BSY, 0xF000A500 },
        { ISP_LOAD_EXT_ADDRESS, 0x4D00A500 },
        { ISP_READ_EFUSE, 0x5008A500 },
        { ISP_WRITE_EFUSE, 0xACA4A500 },
    };
    start(_i);
    for (unsigned i = 0; i < sizeof row / sizeof row[0]; i++) {
        if (row_of(row[i].what) == NULL) {
            ck_assert_uint_eq(isp_send(&rig, row[i].frame, NULL), 0xA5);
            ck_assert_uint_eq(nvm_busy_until(&rig.nvm, rig.sim.now_ps), 0);
        }
    }
    isp_rig_free(&rig);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("part_session");
    TCase *tc = tcase_create("part_session");
    int parts = (int)part_count();

    tcase_set_timeout(tc, 60);
    tcase_add_loop_test(tc, identity, 0, parts);
    tcase_add_loop_test(tc, whole_chip_written_and_read_back, 0, parts);
    tcase_add_loop_test(tc, eeprom_pages, 0, parts);
    tcase_add_loop_test(tc, writes_take_their_time, 0, parts);
    tcase_add_loop_test(tc, reads_while_busy, 0, parts);
    tcase_add_loop_test(tc, fuses_and_lock, 0, parts);
    tcase_add_loop_test(tc, missing_instructions, 0, parts);
    suite_add_tcase(s, tc);
    return run_all(s);
}
