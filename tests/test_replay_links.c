/* One capture in every link type and file form, written by others (tests/captures/make.py, and Wireshark's tools where
 * they are): the same frames come out. covers: packet_link */
#include "harness/home.h"
#include "tests/replay_rig.h"

#include <dirent.h>
#include <stdarg.h>

static char source[512], expected[1 << 16];

static void read_source(void)
{
    snprintf(source, sizeof source, "%s/captures/dlt645/own-live-run.pcap", home_dir());
    ck_assert_int_eq(replay((struct replay_file){.path = source}), REPLAY_CLEAN);
    ck_assert_uint_eq(sum.n_frames, 67);
    snprintf(expected, sizeof expected, "%s", text);
}

static int run(const char *format, ...) __attribute__((format(printf, 1, 2)));

static int run(const char *format, ...)
{
    char command[2048];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(command, sizeof command, format, arguments);
    va_end(arguments);
    return system(command);
}

/* What is left of each frame's line when packets have other numbers and addresses: its time, its ports, its fields. */
static void put_alike(struct wp_writer *w, const char *line, size_t n)
{
    const char *end = memmem(line, n, " | answers", 10), *codec;

    end = end ? end : line + n;
    line += strcspn(line, " ") + 1;
    codec = memmem(line, (size_t)(end - line), " > ", 3);
    codec = codec ? memchr(codec + 3, ' ', (size_t)(end - (codec + 3))) : NULL;
    if (!codec || (strncmp(codec, " dlt645 ", 8) != 0 && strncmp(codec, " ivy ", 5) != 0))
        return;
    wp_put_slice(w, wp_slice(line, strcspn(line, " ")));
    wp_put_slice(w, wp_slice(codec, (size_t)(end - codec)));
    wp_put_char(w, '\n');
}

static const char *alike(char *out, size_t cap, const char *lines)
{
    struct wp_writer w = wp_writer(out, cap);

    while (*lines) {
        size_t n = strcspn(lines, "\n");

        put_alike(&w, lines, n);
        lines += n + 1;
    }
    ck_assert(!w.full);
    return wp_put_end(&w);
}

static bool begins(const char *name, const char *with)
{
    return strncmp(name, with, strlen(with)) == 0;
}

/* By its name it is the same, alike, or alike with IPv6 addresses. */
static void check_file(const char *name)
{
    static char here[1 << 16], there[1 << 16];
    char file_name[512];

    snprintf(file_name, sizeof file_name, "%s/%s", dir, name);
    replay((struct replay_file){.path = file_name});
    ck_assert_msg(problems[0] == 0, "%s", problems);
    if (begins(name, "same-")) {
        ck_assert_msg(strcmp(text, expected) == 0, "%s is told otherwise:\n%.600s", name, text);
        return;
    }
    ck_assert_msg(strcmp(alike(here, sizeof here, text), alike(there, sizeof there, expected)) == 0,
                  "%s is told otherwise:\n%.600s", name, text);
    if (begins(name, "six-"))
        ck_assert_ptr_nonnull(strstr(text, " [fd00::7f00:201]:33093 > [fd00::7f00:101]:45937 ivy "));
    ck_assert_uint_eq(replay_findings(&sum), 0);
    ck_assert_uint_eq(sum.fragments_lost, 0);
}

static unsigned check_folder(void)
{
    DIR *folder = opendir(dir);
    unsigned n = 0;

    ck_assert_ptr_nonnull(folder);
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        if (begins(entry->d_name, "same-") || begins(entry->d_name, "alike-") ||
            begins(entry->d_name, "six-")) {
            check_file(entry->d_name);
            n++;
        }
    }
    closedir(folder);
    return n;
}

START_TEST(every_link_and_form_gives_the_same_frames)
{
    read_source();
    ck_assert_int_eq(run("python3 %s/tests/captures/make.py %s %s", home_dir(), source, dir), 0);
    ck_assert_uint_eq(check_folder(), 74);
}
END_TEST

static bool have_wiresharks_tools(void)
{
    if (run("command -v editcap mergecap text2pcap tshark >/dev/null") == 0)
        return true;
    printf("skipped: editcap, mergecap, text2pcap and tshark are not installed\n");
    return false;
}

/* editcap writes each form that it knows; mergecap puts two link types into one file; text2pcap makes the headers. */
START_TEST(wiresharks_tools_write_what_we_read)
{
    static const char *const forms[] = {"pcap", "nsecpcap", "modpcap", "pcapng"};

    if (!have_wiresharks_tools())
        return;
    read_source();
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++)
        ck_assert_int_eq(run("editcap -F %s %s %s/same-editcap-%zu.pcap", forms[i], source, dir, i), 0);
    ck_assert_int_eq(run("gzip -k %s/same-editcap-*.pcap", dir), 0);
    ck_assert_int_eq(
        run("editcap -r %s %s/first.pcap 1-60 && editcap %s %s/rest.pcap 1-60", source, dir, source, dir), 0);
    ck_assert_int_eq(run("editcap -C 14 -L -T rawip %s/rest.pcap %s/raw.pcap", dir, dir), 0);
    ck_assert_int_eq(run("mergecap -a -w %s/same-merged.pcapng %s/first.pcap %s/raw.pcap", dir, dir, dir), 0);
    ck_assert_uint_eq(check_folder(), 9);
}
END_TEST

/* A snapshot length cuts packets: what is missing is a gap that is told, and nothing is made up. */
START_TEST(cut_packets_are_gaps)
{
    char name[512];

    if (!have_wiresharks_tools())
        return;
    read_source();
    snprintf(name, sizeof name, "%s/cut.pcap", dir);
    ck_assert_int_eq(run("editcap -s 86 %s %s", source, name), 0);
    ck_assert_int_eq(replay((struct replay_file){.path = name}), REPLAY_FINDINGS);
    ck_assert_uint_gt(sum.cut, 0);
    ck_assert_uint_gt(sum.gaps, 0);
    ck_assert_uint_lt(sum.n_frames, 67);
    ck_assert_uint_eq(sum.bad, 0);
}
END_TEST

/* Two messages as libdbus marshals them; nobody here speaks D-Bus yet, so they are counted. */
START_TEST(messages_of_a_bus_are_counted)
{
    static const uint8_t hello[] = "l\1\0\1\0\0\0\0\1\0\0\0\0\0\0";
    uint32_t bus;

    hang_up();
    bus = pcapng_interface(file, PCAPNG_DBUS, "bus");
    pcapng_packet(file, bus, now_ns, wp_slice(hello, sizeof hello), NULL);
    pcapng_packet(file, bus, now_ns, wp_slice(hello, sizeof hello), NULL);
    ck_assert_int_eq(replay_it(), REPLAY_NOTHING);
    ck_assert_uint_eq(sum.messages, 2);
    ck_assert_uint_eq(sum.buses, 1);
    ck_assert_str_eq(lines_with("D-Bus"), "foreign D-Bus: 32 bytes\n2 D-Bus messages\n");
}
END_TEST

int main(void)
{
    Suite *s = suite_create("replay_links");
    TCase *t = tcase_create("replay_links");
    SRunner *r;
    int failed;

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_set_timeout(t, 60);
    tcase_add_test(t, every_link_and_form_gives_the_same_frames);
    tcase_add_test(t, wiresharks_tools_write_what_we_read);
    tcase_add_test(t, cut_packets_are_gaps);
    tcase_add_test(t, messages_of_a_bus_are_counted);
    suite_add_tcase(s, t);
    r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
