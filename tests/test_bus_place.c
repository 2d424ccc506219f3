/* Where a message bus is, as people say it, and what stands in the way of reaching it. */
#include "sim/world/bus_place.h"
#include "tests/program_rig.h"

#include <pthread.h>

static char text[1024], path[100];

static const char *refused(const char *name)
{
    struct wp_writer why = wp_writer(text, sizeof text);
    struct bus_place place;

    ck_assert(!bus_place_read(name, &place, &why));
    return wp_put_end(&why);
}

static struct bus_place place_of(const char *name)
{
    struct wp_writer why = wp_writer(text, sizeof text);
    struct bus_place place;

    ck_assert_msg(bus_place_read(name, &place, &why), "%s", wp_put_end(&why));
    return place;
}

START_TEST(addresses)
{
    ck_assert_str_eq(place_of("unix:path=/run/bus").at.sun_path, "/run/bus");
    ck_assert_str_eq(place_of("unix:path=/run/my%20bus%2f,guid=0123").at.sun_path, "/run/my bus/");
    ck_assert_str_eq(place_of("tcp:host=localhost,port=78;unix:guid=1,path=/b;unix:path=/c").at.sun_path,
                     "/b");
    ck_assert_int_eq(place_of("unix:abstract=/tmp/x").at.sun_path[0], 0);
    ck_assert_str_eq(place_of("unix:abstract=/tmp/x").at.sun_path + 1, "/tmp/x");
    ck_assert_uint_eq(place_of("unix:abstract=abc").n_at, sizeof(sa_family_t) + 4);
}
END_TEST

START_TEST(what_is_no_address)
{
    char long_path[200] = "unix:path=/";

    memset(long_path + 11, 'x', 150);
    ck_assert_ptr_nonnull(
        strstr(refused("sysstem"), "'sysstem' is no address of a message bus on this machine"));
    refused("");
    refused("unix:");
    refused("unix:path=");
    refused("unix:path=%2");
    refused("unix:path=%zz");
    refused("unix:paths=/x");
    refused("unix:path");
    refused("tcp:host=192.0.2.1,port=78");
    refused(long_path);
    refused(";;;");
}
END_TEST

START_TEST(buses_with_a_name)
{
    setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/s", 1);
    setenv("DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/y", 1);
    ck_assert_str_eq(place_of("session").at.sun_path, "/s");
    ck_assert_str_eq(place_of("system").at.sun_path, "/y");
    unsetenv("DBUS_SESSION_BUS_ADDRESS");
    setenv("DBUS_SYSTEM_BUS_ADDRESS", "", 1);
    setenv("XDG_RUNTIME_DIR", "/run/user/7", 1);
    ck_assert_str_eq(place_of("session").at.sun_path, "/run/user/7/bus");
    ck_assert_str_eq(place_of("system").at.sun_path, "/var/run/dbus/system_bus_socket");
    unsetenv("XDG_RUNTIME_DIR");
    ck_assert_ptr_nonnull(strstr(refused("session"), "nobody says where the session bus is"));
}
END_TEST

/* ---- who is there ----------------------------------------------------------------------------------------- */

static int listener;
static const char *answer; /* "": hangs up */

static void *serve_one(void *unused)
{
    int fd = accept(listener, NULL, NULL);
    char line[200];

    (void)unused;
    ck_assert_int_gt(recv(fd, line, sizeof line, 0), 0);
    if (*answer)
        ck_assert_int_gt(send(fd, answer, strlen(answer), MSG_NOSIGNAL), 0);
    close(fd);
    return NULL;
}

static void listen_there(void)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};

    snprintf(at.sun_path, sizeof at.sun_path, "%s/bus", dir);
    snprintf(path, sizeof path, "unix:path=%s/bus", dir);
    listener = socket(AF_UNIX, SOCK_STREAM, 0);
    ck_assert_int_eq(bind(listener, (struct sockaddr *)&at, sizeof at), 0);
    ck_assert_int_eq(listen(listener, 5), 0);
}

/* The sentence; "in" when we were let in. */
static const char *tried(const char *says)
{
    struct wp_writer why = wp_writer(text, sizeof text);
    pthread_t thread;
    bool good;

    answer = says;
    ck_assert_int_eq(pthread_create(&thread, NULL, serve_one, NULL), 0);
    good = bus_place_try(path, &why);
    pthread_join(thread, NULL);
    return good ? "in" : wp_put_end(&why);
}

START_TEST(who_answers)
{
    folder_made();
    listen_there();
    ck_assert_str_eq(tried("OK 0123456789abcdef\r\n"), "in");
    ck_assert_ptr_nonnull(
        strstr(tried("REJECTED EXTERNAL\r\n"), "does not let this user in; it says: REJECTED EXTERNAL"));
    ck_assert_ptr_nonnull(
        strstr(tried("220 mail.example.com\r\n"), "is none; it says: 220 mail.example.com"));
    ck_assert_ptr_nonnull(strstr(tried(""), "does not answer: is it one?"));
    close(listener);
    folder_removed();
}
END_TEST

START_TEST(nobody_is_there)
{
    struct wp_writer why = wp_writer(text, sizeof text);

    folder_made();
    listen_there();
    close(listener);
    ck_assert(!bus_place_try(path, &why));
    ck_assert_ptr_nonnull(strstr(wp_put_end(&why), "nobody listens at its socket any more"));
    why = wp_writer(text, sizeof text);
    ck_assert(!bus_place_try("unix:path=/nowhere/bus", &why));
    ck_assert_str_eq(wp_put_end(&why),
                     "the message bus at unix:path=/nowhere/bus is not there: there is no such socket");
    folder_removed();
}
END_TEST

int main(void)
{
    Suite *s = suite_create("bus_place");
    TCase *t = tcase_create("bus_place");
    SRunner *r;
    int failed;

    tcase_set_timeout(t, 30);
    tcase_add_test(t, addresses);
    tcase_add_test(t, what_is_no_address);
    tcase_add_test(t, buses_with_a_name);
    tcase_add_test(t, who_answers);
    tcase_add_test(t, nobody_is_there);
    suite_add_tcase(s, t);
    r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
