/* A serial line as an address, tried on a pseudo-terminal. */
#include "harness/serial_hub.h"

#include <check.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <termios.h>
#include <unistd.h>

enum { PATIENCE_MS = 5000 };

static int far; /* the other end of the line */
static int own; /* keeps the line's end open */
static struct serial_line line;
static struct serial_hub hub;
static struct arena arena;
static char text[300];
static struct wp_writer why;

static void setup(void)
{
    char parameters[200];

    far = posix_openpt(O_RDWR | O_NOCTTY);
    ck_assert_int_ge(far, 0);
    ck_assert(grantpt(far) == 0 && unlockpt(far) == 0);
    own = open(ptsname(far), O_RDWR | O_NOCTTY);
    snprintf(parameters, sizeof parameters, "%s,2400,8E1", ptsname(far));
    ck_assert(serial_line_read(&arena, parameters, &line));
    why = wp_writer(text, sizeof text);
}

static void teardown(void)
{
    serial_hub_close(&hub);
    close(far);
    close(own);
    arena_free(&arena);
}

static int dial(struct wp_addr addr)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(addr.port)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    a.sin_addr.s_addr = htonl(addr.ip);
    ck_assert_int_eq(connect(fd, (struct sockaddr *)&a, sizeof a), 0);
    return fd;
}

/* Exactly these bytes come. */
static void comes(int fd, const char *bytes)
{
    char got[100] = "";
    size_t n = 0;

    while (n < strlen(bytes)) {
        struct pollfd p = {.fd = fd, .events = POLLIN};
        ssize_t r;

        ck_assert_msg(poll(&p, 1, PATIENCE_MS) == 1, "'%s' did not come, but '%s'", bytes, got);
        r = read(fd, got + n, sizeof got - 1 - n);
        ck_assert_int_gt(r, 0);
        n += (size_t)r;
    }
    ck_assert_str_eq(got, bytes);
}

static void put(int fd, const char *bytes)
{
    ck_assert_int_eq(write(fd, bytes, strlen(bytes)), (ssize_t)strlen(bytes));
}

START_TEST(parameters_are_read)
{
    ck_assert(serial_line_read(&arena, "/dev/ttyUSB0,9600,7O2", &line));
    ck_assert_str_eq(line.path, "/dev/ttyUSB0");
    ck_assert_uint_eq(line.baud, 9600);
    ck_assert_uint_eq(line.data_bits, 7);
    ck_assert_int_eq(line.parity, 'O');
    ck_assert_uint_eq(line.stop_bits, 2);
    ck_assert(!serial_line_read(&arena, "/dev/ttyUSB0", &line));
    ck_assert(!serial_line_read(&arena, "/dev/ttyUSB0,9601,8N1", &line));
    ck_assert(!serial_line_read(&arena, "/dev/ttyUSB0,9600,9N1", &line));
    ck_assert(!serial_line_read(&arena, "/dev/ttyUSB0,9600,8X1", &line));
    ck_assert(!serial_line_read(&arena, "/dev/ttyUSB0,9600,8N1,", &line));
    ck_assert(!serial_line_read(&arena, ",9600,8N1", &line));
}
END_TEST

/* Several devices share one line: all of them hear what is asked there. */
START_TEST(every_connection_is_on_the_line)
{
    struct termios t;
    int a, b;

    ck_assert_msg(serial_hub_listen(&hub, &line, &why), "%s", wp_put_end(&why));
    ck_assert_int_eq(tcgetattr(own, &t), 0);
    ck_assert_uint_eq(cfgetospeed(&t), B2400);
    a = dial(hub.addr);
    b = dial(hub.addr);
    put(a, "from a");
    comes(far, "from a");
    put(b, "from b");
    comes(far, "from b");
    put(far, "\x68 to all \r\n");
    comes(a, "\x68 to all \r\n"); /* raw: nothing is changed */
    comes(b, "\x68 to all \r\n");
    close(a);
    put(far, "still");
    comes(b, "still");
    close(b);
}
END_TEST

START_TEST(the_line_may_be_a_client)
{
    struct sockaddr_in a = {.sin_family = AF_INET};
    socklen_t n = sizeof a;
    int listener = socket(AF_INET, SOCK_STREAM, 0), fd;

    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ck_assert(bind(listener, (struct sockaddr *)&a, sizeof a) == 0 && listen(listener, 1) == 0);
    ck_assert_int_eq(getsockname(listener, (struct sockaddr *)&a, &n), 0);
    ck_assert(serial_hub_dial(&hub, &line, (struct wp_addr){0x7F000001u, ntohs(a.sin_port)}, &why));
    fd = accept(listener, NULL, NULL);
    put(fd, "ask");
    comes(far, "ask");
    put(far, "answer");
    comes(fd, "answer");
    close(fd);
    fd = accept(listener, NULL, NULL); /* it comes back */
    put(far, "again");
    comes(fd, "again");
    close(fd);
    close(listener);
}
END_TEST

/* One scenario after the other opens it. */
START_TEST(a_line_is_opened_again)
{
    for (int i = 0; i < 3; i++) {
        ck_assert_msg(serial_hub_listen(&hub, &line, &why), "%s", wp_put_end(&why));
        serial_hub_close(&hub);
    }
}
END_TEST

START_TEST(what_is_no_line_is_told)
{
    const struct serial_line none = {"/dev/no-such-line", 2400, 8, 1, 'E'},
                             null = {"/dev/null", 2400, 8, 1, 'E'};

    ck_assert(!serial_hub_listen(&hub, &none, &why));
    ck_assert_str_eq(wp_put_end(&why), "/dev/no-such-line: No such file or directory");
    why = wp_writer(text, sizeof text);
    ck_assert(!serial_hub_listen(&hub, &null, &why));
    ck_assert_str_eq(wp_put_end(&why), "/dev/null: is no serial line");
}
END_TEST

int main(void)
{
    Suite *s = suite_create("serial_hub");
    TCase *t = tcase_create("serial_hub");
    SRunner *r = srunner_create(s);
    int failed;

    tcase_set_timeout(t, 30);
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, parameters_are_read);
    tcase_add_test(t, every_connection_is_on_the_line);
    tcase_add_test(t, the_line_may_be_a_client);
    tcase_add_test(t, a_line_is_opened_again);
    tcase_add_test(t, what_is_no_line_is_told);
    suite_add_tcase(s, t);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed == 0 ? 0 : 1;
}
