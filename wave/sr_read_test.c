/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <minizip/zip.h>

#include "sim/net.h"
#include "tests/test_files.h"
#include "wave/in_file.h"
#include "wave/wave_list.h"

static struct wave_list w;
static struct problem err;

struct entry {
    const char *name;
    const void *data;
    size_t n;
};

#define TEXT(name, text)             \
    {                                \
        name, text, sizeof(text) - 1 \
    }

static void make(const char *path, const struct entry *entries)
{
    zipFile z = zipOpen64(path, APPEND_STATUS_CREATE);
    ck_assert_ptr_nonnull(z);
    for (unsigned i = 0; entries->name; entries++, i++) {
        int method = i % 2 ? Z_DEFLATED : 0; /* stored too */
        ck_assert_int_eq(zipOpenNewFileInZip(z, entries->name, NULL, NULL, 0, NULL, 0, NULL, method, 6), ZIP_OK);
        ck_assert_int_eq(zipWriteInFileInZip(z, entries->data, (unsigned)entries->n), ZIP_OK);
        ck_assert_int_eq(zipCloseFileInZip(z), ZIP_OK);
    }
    ck_assert_int_eq(zipClose(z, NULL), ZIP_OK);
}

static bool load(const struct entry *entries)
{
    const char *path = test_path("s.sr");
    make(path, entries);
    bool ok = wave_list_load(&w, path, &err);
    unlink(path);
    return ok;
}

static void is_change(unsigned i, const char *signal, sim_time at_ps, int32_t value)
{
    ck_assert_uint_lt(i, w.n_changes);
    ck_assert_str_eq(w.signals[w.changes[i].signal].name, signal);
    ck_assert_uint_eq(w.changes[i].at_ps, at_ps);
    ck_assert_int_eq(w.changes[i].value, value);
}

#define HEAD "[global]\nsigrok version=0.5.2\n\n[device 1]\ncapturefile=logic-1\n"

START_TEST(chunks_names_and_a_channel_switched_off)
{
    const struct entry session[] = {
        TEXT("version", "2"),
        TEXT("metadata",
             HEAD "total probes=10\nsamplerate=4 MHz\ntotal analog=0\nprobe1=SCK\nprobe10=MISO\nunitsize=2\n"),
        TEXT("logic-1-1", "\0\0\1\0\1\0"),
        TEXT("logic-1-2", "\3\2\1\2"), /* probe 2 is not enabled */
        { 0 },
    };
    ck_assert_msg(load(session), "%s", err.text);
    ck_assert_uint_eq(w.n_signals, 2);
    is_change(0, "SCK", 0, NET_0);
    is_change(1, "MISO", 0, NET_0);
    is_change(2, "SCK", 250 * SIM_NS, NET_1);
    is_change(3, "MISO", 750 * SIM_NS, NET_1);
    ck_assert_uint_eq(w.n_changes, 4);
    ck_assert_uint_eq(w.end_ps, 1250 * SIM_NS);
    wave_list_free(&w);
}
END_TEST

START_TEST(analog_channels_in_millivolts)
{
    static const float volts[] = { 0.0f, 5.0f, 5.0f, -9.001f };
    const struct entry session[] = {
        TEXT("metadata",
             HEAD "total probes=1\nsamplerate=1000000\ntotal analog=1\nprobe1=SCK\nanalog2=VCC\nunitsize=1\n"),
        TEXT("logic-1", "\0\0\1\1"),
        { "analog-1-2-1", volts, sizeof volts },
        { 0 },
    };
    ck_assert_msg(load(session), "%s", err.text);
    is_change(0, "SCK", 0, NET_0);
    is_change(1, "VCC", 0, 0);
    is_change(2, "VCC", SIM_US, 5000);
    is_change(3, "SCK", 2 * SIM_US, NET_1);
    is_change(4, "VCC", 3 * SIM_US, -9001);
    ck_assert_int_eq(w.signals[1].kind, WAVE_MILLIVOLTS);
    wave_list_free(&w);
}
END_TEST

#define ONE_PROBE HEAD "samplerate=1 MHz\ntotal probes=1\nprobe1=A\nunitsize=1\n"

START_TEST(refusals)
{
    static const struct {
        struct entry entries[4];
        const char *says;
    } bad[] = {
        { { TEXT("hello", "x"), { 0 } }, "a zip, but no PulseView session" },
        { { TEXT("meta.json", "{}"), { 0 } }, "Saleae's Logic 2: export its raw data as CSV" },
        { { TEXT("metadata", HEAD "total probes=1\nprobe1=A\nunitsize=1\n"), { 0 } }, "no sample rate" },
        { { TEXT("metadata", HEAD "samplerate=often\n"), { 0 } }, "\"often\" is no sample rate" },
        { { TEXT("metadata", HEAD "samplerate=1 MHz\ntotal probes=1000\n"), { 0 } }, "total probes=1000" },
        { { TEXT("metadata", HEAD "samplerate=1 MHz\ntotal probes=1\nprobe2=A\n"), { 0 } }, "probe2, but there are 1" },
        { { TEXT("metadata", HEAD "samplerate=1 MHz\ntotal probes=9\nprobe1=A\nunitsize=1\n"), { 0 } },
          "unitsize=1 does not fit 9 probes" },
        { { TEXT("metadata", HEAD "samplerate=1 MHz\ntotal probes=1\nprobe1=A\nunitsize=1\n"), { 0 } },
          "no samples in logic-1" },
        { { TEXT("metadata", HEAD "samplerate=1 MHz\ntotal probes=9\nprobe1=A\nunitsize=2\n"),
            TEXT("logic-1", "\0\0\1"),
            { 0 } },
          "ends in the middle of a sample" },
        { { TEXT("metadata", ONE_PROBE), TEXT("logic-1-1", "\0"), TEXT("logic-1-3", "\0"), { 0 } },
          "logic-1-2 is missing, though it has 2 such parts" },
        { { TEXT("metadata", ONE_PROBE), TEXT("logic-1-1", "\0"), TEXT("logic-1", "\0"), { 0 } },
          "both logic-1 and parts of it" },
        { { TEXT("metadata", ONE_PROBE), TEXT("logic-1", "\0"), TEXT("logic-1", "\1"), { 0 } },
          "two of its entries have one name" },
        { { TEXT("metadata", ONE_PROBE "\0probe2=B\n"), TEXT("logic-1", "\0"), { 0 } }, "metadata: a NUL byte" },
    };
    for (unsigned i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        ck_assert(!load(bad[i].entries));
        ck_assert_msg(strstr(err.text, bad[i].says) != NULL, "%u: %s", i, err.text);
        ck_assert_uint_eq(w.n_signals, 0);
    }
    const char *path = test_path("no.sr");
    write_text(path, "time_us,signal,level\n", 21);
    ck_assert(!wave_list_load(&w, path, &err));
    ck_assert_ptr_nonnull(strstr(err.text, "it is no zip archive"));
    unlink(path);
}
END_TEST

/* A bit of each entry in the directory and before its bytes. at: in the directory, they are two bytes later than there. */
static bool load_with_bit(const struct entry *entries, unsigned at, unsigned char bit)
{
    const char *path = test_path("bit.sr");
    char *bytes;
    size_t n;
    make(path, entries);
    ck_assert(in_file_read(path, 1 << 20, &bytes, &n, NULL, &err));
    unlink(path);
    for (size_t i = 0; i + at < n; i++) {
        bool in_directory = memcmp(bytes + i, "PK\1\2", 4) == 0;
        if (in_directory || memcmp(bytes + i, "PK\3\4", 4) == 0) {
            bytes[i + at - (in_directory ? 0 : 2)] |= (char)bit;
        }
    }
    bool ok = wave_list_parse(&w, NULL, path, bytes, n, &err);
    free(bytes);
    return ok;
}

START_TEST(what_can_not_be_unpacked_is_said)
{
    enum { FLAGS = 8, METHOD = 10 };
    const struct entry session[] = { TEXT("metadata", ONE_PROBE), TEXT("logic-1", "\0"), { 0 } };
    ck_assert_msg(load_with_bit(session, FLAGS, 0), "%s", err.text);
    wave_list_free(&w);
    ck_assert(!load_with_bit(session, FLAGS, 1)); /* was read as it stood */
    ck_assert_ptr_nonnull(strstr(err.text, "metadata is encrypted"));
    ck_assert(!load_with_bit(session, METHOD, 4)); /* 12: bzip2 */
    ck_assert_ptr_nonnull(strstr(err.text, "metadata is packed by another method than deflate"));
}
END_TEST

/* A session of sigrok's own gives what the VCD it came from gives. */
START_TEST(as_sigrok_writes_it)
{
    char vcd[300], sr[300], command[1200];
    if (system("sigrok-cli --version >/dev/null 2>&1") != 0) {
        return;
    }
    snprintf(vcd, sizeof vcd, "%s", test_path("s.vcd"));
    snprintf(sr, sizeof sr, "%s", test_path("s.sr"));
    const char *text = "$timescale 1 us $end\n$var wire 1 ! SCK $end\n$var wire 1 \" MOSI $end\n"
                       "$enddefinitions $end\n#0 0! 0\"\n#3 1!\n#5 1\"\n#8 0!\n#10\n";
    write_text(vcd, text, strlen(text));
    snprintf(command, sizeof command, "sigrok-cli -i %s -o %s", vcd, sr);
    ck_assert_int_eq(system(command), 0);
    ck_assert_msg(wave_list_load(&w, sr, &err), "%s", err.text);
    ck_assert_uint_eq(w.n_changes, 5);
    is_change(2, "SCK", 3 * SIM_US, NET_1);
    is_change(3, "MOSI", 5 * SIM_US, NET_1);
    is_change(4, "SCK", 8 * SIM_US, NET_0);
    wave_list_free(&w);
    unlink(vcd);
    unlink(sr);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("sr_read");
    tcase_add_test(tc, chunks_names_and_a_channel_switched_off);
    tcase_add_test(tc, analog_channels_in_millivolts);
    tcase_add_test(tc, refusals);
    tcase_add_test(tc, what_can_not_be_unpacked_is_said);
    tcase_add_test(tc, as_sigrok_writes_it);
    return run_suite("sr_read", tc);
}
