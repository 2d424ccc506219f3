/* One capture in every link type and file form, whole and in pieces, made fit to be shared; and Wireshark's opinion of
 * what came out.       covers: anonymise_packet, anonymise_pieces */
#include "tests/anonymise_rig.h"

#include <dirent.h>

/* The frames of a replay alone: without packet numbers and addresses, which links and pieces change. */
static char *frames_of(const char *in, bool mapped)
{
    char *all = told(in, mapped), *to = all;

    for (char *line = all; *line;) {
        size_t n = strcspn(line, "\n");
        char *codec = memmem(line, n, " dlt645 ", 8), *other = memmem(line, n, " ivy ", 5), *end;
        bool has_next = line[n] == '\n';

        codec = codec && codec < line + n ? codec : other;
        end = memmem(line, n, " | answers", 10);
        if (codec) {
            size_t length = (size_t)((end ? end : line + n) - codec);

            memmove(to, codec, length);
            to += length;
            *to++ = '\n';
        }
        line += n + has_next;
    }
    *to = 0;
    return all;
}

static char *expected;

/* Pieces that came twice and in disorder come out so again. */
static void check_file(const char *name)
{
    char in[512], *got;
    struct replay_summary before;

    snprintf(in, sizeof in, "%s/%s", dir, name);
    anonymise_it(in);
    replay((struct replay_file){.path = in});
    before = sum;
    replay((struct replay_file){.path = out_path});
    got = frames_of(text, false);
    ck_assert_msg(strcmp(got, expected) == 0, "%s became:\n%.900s", name, got);
    ck_assert_uint_eq(sum.packets, before.packets);
    ck_assert_uint_eq(sum.fragments, before.fragments);
    ck_assert_uint_eq(sum.whole, before.whole);
    ck_assert_int_eq((int)sum.fragment_conflicts, (int)before.fragment_conflicts);
    ck_assert_int_eq((int)(sum.first_ns % 1000), (int)(before.first_ns % 1000));
    free(got);
}

START_TEST(every_link_and_form_comes_out_the_same_but_for_its_ids)
{
    char command[1024];
    DIR *folder;
    unsigned n = 0;

    anonymise_it(own("own-live-run.pcap"));
    read_map();
    ck_assert_int_eq(replay((struct replay_file){.path = own("own-live-run.pcap")}), REPLAY_CLEAN);
    expected = frames_of(text, true);
    ck_assert_ptr_nonnull(strstr(expected, becomes("000000000001")));
    snprintf(command, sizeof command, "python3 %s/tests/captures/make.py %s %s", home_dir(),
             own("own-live-run.pcap"), dir);
    ck_assert_int_eq(system(command), 0);
    folder = opendir(dir);
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;)
        if (strchr(entry->d_name, '-') && strstr(entry->d_name, ".pcap")) {
            check_file(entry->d_name);
            n++;
        }
    closedir(folder);
    free(expected);
    ck_assert_uint_eq(n, 74);
}
END_TEST

/* ---- Wireshark -------------------------------------------------------------------------------------- */

static bool has_tshark(void)
{
    static int has = -1;

    if (has < 0)
        has = system("command -v tshark >/dev/null 2>&1") == 0;
    if (!has)
        puts("skipped: tshark is not installed");
    return has;
}

/* How many lines tshark prints. */
static unsigned tshark(const char *in, const char *arguments)
{
    char command[1024];
    unsigned n = 0;
    FILE *pipe;
    int c;

    snprintf(
        command, sizeof command,
        "tshark -r '%s' -o tcp.check_checksum:TRUE -o udp.check_checksum:TRUE -o ip.check_checksum:TRUE %s "
        "2>/dev/null",
        in, arguments);
    pipe = popen(command, "r");
    ck_assert_ptr_nonnull(pipe);
    while ((c = fgetc(pipe)) != EOF)
        n += c == '\n';
    ck_assert_int_eq(pclose(pipe), 0);
    return n;
}

static void expect_same_for_wireshark(const char *in)
{
    static const char *const questions[] = {
        "-Y 'tcp.len > 0'",
        "-q -z conv,tcp",
        "-Y 'tcp.checksum.status==0 || udp.checksum.status==0 || ip.checksum.status==0'",
        "-Y 'tcp.checksum.status==1'",
        "-Y tcp.analysis.flags",
        "-Y _ws.malformed",
        "-Y mqtt",
    };

    anonymise_it(in);
    for (size_t i = 0; i < sizeof questions / sizeof questions[0]; i++) {
        unsigned before = tshark(in, questions[i]), after = tshark(out_path, questions[i]);

        ck_assert_msg(before == after, "%s: tshark %s says %u lines before and %u after", in, questions[i],
                      before, after);
    }
}

/* Our own, with right checksums in every packet. */
static void write_own_capture(void)
{
    ask(UINT64_C(0x202401010007), VOLTAGE);
    tell(UINT64_C(0x202401010007), VOLTAGE);
    hang_up();
    end_capture();
}

START_TEST(wireshark_sees_the_same)
{
    const char *in;

    write_own_capture();
    if (!has_tshark())
        return;
    expect_same_for_wireshark(path);
    ck_assert_uint_eq(tshark(out_path, "-Y 'tcp.checksum.status==0 || ip.checksum.status==0'"), 0);
    ck_assert_uint_gt(tshark(out_path, "-Y 'tcp.checksum.status==1'"), 5);
    expect_same_for_wireshark(own("own-live-run.pcap"));
    if ((in = shared("dlt645/ivy-4g-gateway_5meters_dlt645_mqtt.pcap")))
        expect_same_for_wireshark(in);
    if ((in = shared("mqtt/OISF__mqtt5-pub-mosquittoprops.pcap")))
        expect_same_for_wireshark(in);
    if ((in = shared("modbus/ITI__pcaps_bro_modbus_modbusSmall.pcap")))
        expect_same_for_wireshark(in);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("anonymise_links");
    TCase *t = tcase_create("anonymise_links");
    SRunner *r;
    int failed;

    tcase_set_timeout(t, 240);
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, every_link_and_form_comes_out_the_same_but_for_its_ids);
    tcase_add_test(t, wireshark_sees_the_same);
    suite_add_tcase(s, t);
    r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
