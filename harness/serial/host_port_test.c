/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness/serial/host_port.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <termios.h>

#include "tests/test_files.h"

static struct host_port p;
static struct problem err;

static int user(void)
{
    int fd = open(p.address, O_RDWR | O_NOCTTY | O_NONBLOCK);
    ck_assert_int_ge(fd, 0);
    return fd;
}

static void say(const char *text)
{
    while (*text) {
        host_port_write(&p, (uint8_t)*text++);
    }
    host_port_flush(&p);
}

START_TEST(pty_carries_bytes_unchanged)
{
    static const uint8_t odd[] = { 0, 3, 4, 10, 13, 17, 19, 26, 28, 127, 255 };
    uint8_t got[100];
    ck_assert_msg(host_port_pty_open(&p, NULL, &err), "%s", err.text);
    ck_assert_uint_eq(host_port_events(&p), 0);
    ck_assert(!p.open);
    int fd = user();
    ck_assert_uint_eq(host_port_events(&p), HOST_PORT_OPENED);
    ck_assert(p.open);
    ck_assert_int_eq(write(fd, odd, sizeof odd), sizeof odd);
    ck_assert_uint_eq(host_port_read(&p, got, sizeof got), sizeof odd);
    ck_assert_mem_eq(got, odd, sizeof odd);
    for (size_t i = 0; i < sizeof odd; i++) {
        host_port_write(&p, odd[i]);
    }
    host_port_flush(&p);
    ck_assert_int_eq(read(fd, got, sizeof got), sizeof odd);
    ck_assert_mem_eq(got, odd, sizeof odd);
    ck_assert_uint_eq(host_port_read(&p, got, sizeof got), 0); /* nothing is echoed */
    close(fd);
    ck_assert_uint_eq(host_port_events(&p), HOST_PORT_CLOSED);
    ck_assert(!p.open);
    host_port_close(&p);
}
END_TEST

START_TEST(pty_counts_each_opening)
{
    ck_assert(host_port_pty_open(&p, NULL, &err));
    for (int i = 0; i < 5; i++) {
        int fd = user();
        ck_assert_uint_eq(host_port_events(&p), HOST_PORT_OPENED);
        ck_assert_uint_eq(host_port_events(&p), 0);
        close(fd);
        ck_assert_uint_eq(host_port_events(&p), HOST_PORT_CLOSED);
        ck_assert_uint_eq(host_port_events(&p), 0);
    }
    /* shorter than our looking */
    close(user());
    ck_assert_uint_eq(host_port_events(&p), HOST_PORT_OPENED | HOST_PORT_CLOSED);
    ck_assert(!p.open);
    /* a second user is no new opening, and the port stays open until both are gone */
    int a = user();
    ck_assert_uint_eq(host_port_events(&p), HOST_PORT_OPENED);
    int b = user();
    ck_assert_uint_eq(host_port_events(&p), 0);
    close(a);
    ck_assert_uint_eq(host_port_events(&p), 0);
    ck_assert(p.open);
    close(b);
    ck_assert_uint_eq(host_port_events(&p), HOST_PORT_CLOSED);
    host_port_close(&p);
}
END_TEST

START_TEST(pty_two_at_once_are_not_lost)
{
    ck_assert(host_port_pty_open(&p, NULL, &err));
    int a = user(), b = user(); /* the two events may come as one */
    ck_assert_uint_eq(host_port_events(&p), HOST_PORT_OPENED);
    close(a);
    for (int i = 0; i < 3; i++) {
        host_port_events(&p);
    }
    ck_assert(p.open);
    close(b);
    for (int i = 0; i < 3; i++) {
        host_port_events(&p);
    }
    ck_assert(!p.open);
    host_port_close(&p);
}
END_TEST

START_TEST(pty_next_user_does_not_get_the_leftovers)
{
    uint8_t got[100];
    ck_assert(host_port_pty_open(&p, NULL, &err));
    int fd = user();
    host_port_events(&p);
    say("stale");
    ck_assert_int_eq(write(fd, "last", 4), 4);
    close(fd);
    ck_assert_uint_eq(host_port_events(&p), HOST_PORT_CLOSED);
    ck_assert_uint_eq(host_port_read(&p, got, sizeof got), 4); /* what it wrote still arrives */
    say("nobody hears this");
    fd = user();
    ck_assert_uint_eq(host_port_events(&p), HOST_PORT_OPENED);
    say("new");
    ck_assert_int_eq(read(fd, got, sizeof got), 3);
    ck_assert_mem_eq(got, "new", 3);
    close(fd);
    host_port_close(&p);
}
END_TEST

START_TEST(pty_flood_of_the_last_user_is_not_the_next_ones)
{
    uint8_t got[100];
    char flood[3000];
    ck_assert(host_port_pty_open(&p, NULL, &err));
    int fd = user();
    host_port_events(&p);
    memset(flood, 'x', sizeof flood);
    ck_assert_int_eq(write(fd, flood, sizeof flood), sizeof flood);
    close(fd);
    host_port_events(&p);
    ck_assert_uint_eq(host_port_read(&p, got, sizeof got), sizeof got); /* a little has gone out */
    fd = user();
    ck_assert_int_eq(write(fd, "new", 3), 3);
    ck_assert_uint_eq(host_port_events(&p), HOST_PORT_OPENED);
    ck_assert_uint_eq(host_port_read(&p, got, sizeof got), 3);
    ck_assert_mem_eq(got, "new", 3);
    close(fd);
    host_port_close(&p);
}
END_TEST

START_TEST(reader_that_never_reads)
{
    uint8_t byte;
    ck_assert(host_port_pty_open(&p, NULL, &err));
    int fd = user();
    host_port_events(&p);
    for (int i = 0; i < 1 << 17; i++) {
        host_port_write(&p, 'x');
    }
    host_port_flush(&p);
    ck_assert_uint_gt(p.dropped, 90000);
    ck_assert_uint_eq(p.sent + p.len + p.dropped, 1 << 17);
    ck_assert_int_eq(write(fd, "!", 1), 1); /* the other way is still free */
    ck_assert_uint_eq(host_port_read(&p, &byte, 1), 1);
    close(fd);
    host_port_close(&p);
}
END_TEST

START_TEST(pty_tells_the_speed)
{
    struct termios t;
    ck_assert(host_port_pty_open(&p, NULL, &err));
    int fd = user();
    tcgetattr(fd, &t);
    cfsetspeed(&t, B115200);
    tcsetattr(fd, TCSANOW, &t);
    ck_assert_uint_eq(host_port_baud(&p), 115200);
    close(fd);
    host_port_close(&p);
}
END_TEST

START_TEST(link_is_made_replaced_and_removed)
{
    struct stat st;
    char *link = test_path("link");
    ck_assert_int_eq(symlink("/dev/pts/99999", link), 0); /* left by one that was killed */
    ck_assert_msg(host_port_pty_open(&p, link, &err), "%s", err.text);
    char to[100] = "";
    ck_assert_int_gt(readlink(link, to, sizeof to - 1), 0);
    ck_assert_str_eq(to, p.address);
    host_port_close(&p);
    ck_assert_int_ne(lstat(link, &st), 0);

    write_text(link, "precious", 8);
    ck_assert(!host_port_pty_open(&p, link, &err));
    ck_assert_ptr_nonnull(strstr(err.text, "exists and is no link to a pty"));
    unlink(link);
    ck_assert(!host_port_pty_open(&p, "/nowhere/link", &err));
    ck_assert_ptr_nonnull(strstr(err.text, "/nowhere/link: cannot make the link"));
}
END_TEST

START_TEST(link_of_another_stays)
{
    struct stat st;
    char *link = test_path("link2");
    ck_assert(host_port_pty_open(&p, link, &err));
    unlink(link);
    ck_assert_int_eq(symlink("/dev/pts/99999", link), 0);
    host_port_close(&p);
    ck_assert_int_eq(lstat(link, &st), 0);
    unlink(link);
}
END_TEST

static int tcp_client(void)
{
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    at.sin_port = htons((uint16_t)atoi(strrchr(p.address, ':') + 1));
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    ck_assert_int_eq(connect(fd, (struct sockaddr *)&at, sizeof at), 0);
    return fd;
}

static unsigned wait_events(void)
{
    for (int i = 0; i < 1000; i++) {
        uint8_t byte;
        unsigned e = host_port_events(&p);
        if (e) {
            return e;
        }
        host_port_read(&p, &byte, 1);
        usleep(1000);
    }
    return 0;
}

START_TEST(tcp_one_client_after_another)
{
    char got[10];
    ck_assert_msg(host_port_tcp_open(&p, 0, &err), "%s", err.text);
    ck_assert_int_eq(strncmp(p.address, "net:127.0.0.1:", 14), 0);
    for (int i = 0; i < 3; i++) {
        int fd = tcp_client();
        ck_assert_uint_eq(wait_events(), HOST_PORT_OPENED);
        say("hi");
        ck_assert_int_eq(read(fd, got, sizeof got), 2);
        close(fd);
        ck_assert_uint_eq(wait_events(), HOST_PORT_CLOSED);
    }
    host_port_close(&p);
}
END_TEST

START_TEST(tcp_port_in_use)
{
    static struct host_port other;
    ck_assert(host_port_tcp_open(&p, 0, &err));
    ck_assert(!host_port_tcp_open(&other, (uint16_t)atoi(strrchr(p.address, ':') + 1), &err));
    ck_assert_ptr_nonnull(strstr(err.text, "cannot listen on 127.0.0.1:"));
    host_port_close(&p);
}
END_TEST

START_TEST(tcp_reader_that_never_reads)
{
    ck_assert(host_port_tcp_open(&p, 0, &err));
    int fd = tcp_client();
    ck_assert_uint_eq(wait_events(), HOST_PORT_OPENED);
    for (int i = 0; i < 32 << 20 && !p.dropped; i++) { /* the system takes some megabytes first */
        host_port_write(&p, 'x');
    }
    ck_assert_uint_gt(p.dropped, 0);
    close(fd);
    host_port_close(&p);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("host_port");
    tcase_add_test(tc, pty_carries_bytes_unchanged);
    tcase_add_test(tc, pty_counts_each_opening);
    tcase_add_test(tc, pty_two_at_once_are_not_lost);
    tcase_add_test(tc, pty_next_user_does_not_get_the_leftovers);
    tcase_add_test(tc, pty_flood_of_the_last_user_is_not_the_next_ones);
    tcase_add_test(tc, reader_that_never_reads);
    tcase_add_test(tc, pty_tells_the_speed);
    tcase_add_test(tc, link_is_made_replaced_and_removed);
    tcase_add_test(tc, link_of_another_stays);
    tcase_add_test(tc, tcp_one_client_after_another);
    tcase_add_test(tc, tcp_port_in_use);
    tcase_add_test(tc, tcp_reader_that_never_reads);
    return run_suite("host_port", tc);
}
