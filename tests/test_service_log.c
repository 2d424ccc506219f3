/* What the service says while it runs, and of who stands in its way.        covers: service_port */
#include "harness/service_log.h"
#include "harness/service_port.h"

#include <arpa/inet.h>
#include <check.h>
#include <sys/socket.h>
#include <unistd.h>

/* ---- the log ---------------------------------------------------------------------------------------- */

static struct service_log service_log;
static int log_end;

static void open_log(enum service_level level)
{
    int fd[2];

    ck_assert_int_eq(pipe(fd), 0);
    log_end = fd[0];
    service_log_open(&service_log, fd[1], level);
}

static const char *logged(void)
{
    static char text[65536];
    size_t n = 0;
    ssize_t got;

    close(service_log.fd);
    while ((got = read(log_end, text + n, sizeof text - 1 - n)) > 0)
        n += (size_t)got;
    text[n] = 0;
    close(log_end);
    return text;
}

static void note(const char *what, const char *text, int64_t count)
{
    struct wp_record r = {.kind = WP_REC_NOTE, .machine = "gateway"};

    r.note.what = what;
    r.note.text = wp_text(text);
    r.note.count = count;
    service_log.sink.take(&service_log.sink, &r);
}

START_TEST(a_note_is_a_line)
{
    const char *text;

    open_log(SERVICE_INFO);
    note("broker-lost", "", 0);
    service_log.broker_host = "mqtt.example";
    service_log.broker_port = 1883;
    note("broker-lost", "", 0);
    note("says", "a client\nwith\x1B[31m colour", 3);
    text = logged();
    ck_assert_int_eq(text[4], '-');
    ck_assert_int_eq(text[23], 'Z');
    ck_assert_ptr_nonnull(strstr(text, "Z warning gateway broker-lost\n"));
    ck_assert_ptr_nonnull(strstr(text, "Z warning gateway broker-lost: mqtt.example:1883\n"));
    ck_assert_ptr_nonnull(strstr(text, "Z info    gateway says: a client?with?[31m colour (3)\n"));
}
END_TEST

START_TEST(a_level_silences_what_is_below)
{
    open_log(SERVICE_WARNING);
    note("says", "hello", 0);
    note("broker-lost", "", 0);
    service_log_line(&service_log, SERVICE_INFO, "info");
    service_log_line(&service_log, SERVICE_ERROR, "error");
    ck_assert_ptr_null(strstr(logged(), "info"));
}
END_TEST

START_TEST(a_failed_dial_says_where_it_went)
{
    struct wp_record r = {.kind = WP_REC_CLOSE,
                          .machine = "gateway",
                          .close = {.reason = WP_CLOSE_REFUSED, .peer = {0x7F000201, 8000}}};
    const char *text;

    open_log(SERVICE_DEBUG);
    service_log.sink.take(&service_log.sink, &r);
    r.close.reason = WP_CLOSE_TIMEOUT;
    service_log.sink.take(&service_log.sink, &r);
    text = logged();
    ck_assert_ptr_nonnull(strstr(text, "gateway dial to 127.0.2.1:8000 refused\n"));
    ck_assert_ptr_nonnull(strstr(text, "gateway dial to 127.0.2.1:8000 timed out\n"));
}
END_TEST

static size_t count_lines(const char *text)
{
    size_t n = 0;

    for (; *text; text++)
        n += *text == '\n';
    return n;
}

/* 1000 notes of a kind are some tens of lines, also when the second changes on the way. */
START_TEST(a_flood_is_cut_off)
{
    open_log(SERVICE_INFO);
    for (int i = 0; i < 1000; i++)
        note("garbage", "x", i);
    note("echo", "another word still comes", 1);
    ck_assert_uint_le(count_lines(logged()), 41);
}
END_TEST

/* ---- who holds a port -------------------------------------------------------------------------------- */

/* Also one that listens through IPv6. */
START_TEST(a_port_that_is_held_has_a_holder)
{
    struct sockaddr_in6 a = {.sin6_family = AF_INET6};
    socklen_t n = sizeof a;
    int fd = socket(AF_INET6, SOCK_STREAM, 0);
    char text[300], holder[64];
    struct wp_writer why = wp_writer(text, sizeof text);

    inet_pton(AF_INET6, "::ffff:127.0.0.1", &a.sin6_addr);
    if (fd < 0 || bind(fd, (struct sockaddr *)&a, sizeof a) < 0)
        return; /* a machine without IPv6 */
    ck_assert_int_eq(listen(fd, 1), 0);
    getsockname(fd, (struct sockaddr *)&a, &n);
    ck_assert(!service_port_is_free((struct wp_addr){INADDR_LOOPBACK, ntohs(a.sin6_port)}, false, &why));
    snprintf(holder, sizeof holder, "(pid %ld)", (long)getpid());
    ck_assert_msg(strstr(wp_put_end(&why), holder), "%s", text);
    close(fd);
}
END_TEST

/* A UDP port is in nobody's way who wants TCP. */
START_TEST(a_udp_port_that_is_held_has_a_holder)
{
    struct sockaddr_in a = {.sin_family = AF_INET};
    socklen_t n = sizeof a;
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    char text[300], holder[64];
    struct wp_writer why = wp_writer(text, sizeof text);
    struct wp_addr at;

    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ck_assert_int_eq(bind(fd, (struct sockaddr *)&a, sizeof a), 0);
    getsockname(fd, (struct sockaddr *)&a, &n);
    at = (struct wp_addr){INADDR_LOOPBACK, ntohs(a.sin_port)};
    ck_assert(service_port_is_free(at, false, &why));
    ck_assert(!service_port_is_free(at, true, &why));
    snprintf(holder, sizeof holder, "(pid %ld)", (long)getpid());
    ck_assert_msg(strstr(wp_put_end(&why), holder), "%s", text);
    ck_assert_msg(strncmp(text, "UDP port ", 9) == 0, "%s", text);
    close(fd);
    ck_assert(service_port_is_free(at, true, &why));
}
END_TEST

START_TEST(a_foreign_address_cannot_be_listened_on)
{
    char text[300];
    struct wp_writer why = wp_writer(text, sizeof text);

    ck_assert(!service_port_is_free((struct wp_addr){0xC0000201, 1}, false, &why));
    ck_assert_str_eq(wp_put_end(&why), "192.0.2.1:1 is no address of this machine");
}
END_TEST

START_TEST(a_free_port_is_free)
{
    struct wp_writer why = wp_writer(NULL, 0);

    ck_assert(service_port_is_free((struct wp_addr){INADDR_LOOPBACK, 0}, false, &why));
}
END_TEST

int main(void)
{
    Suite *s = suite_create("service_log");
    TCase *t = tcase_create("service_log");
    SRunner *runner = srunner_create(s);
    int failed;

    tcase_add_test(t, a_note_is_a_line);
    tcase_add_test(t, a_level_silences_what_is_below);
    tcase_add_test(t, a_failed_dial_says_where_it_went);
    tcase_add_test(t, a_flood_is_cut_off);
    tcase_add_test(t, a_port_that_is_held_has_a_holder);
    tcase_add_test(t, a_udp_port_that_is_held_has_a_holder);
    tcase_add_test(t, a_foreign_address_cannot_be_listened_on);
    tcase_add_test(t, a_free_port_is_free);
    suite_add_tcase(s, t);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
