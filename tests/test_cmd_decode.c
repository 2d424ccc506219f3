/* wattproof decode: what it prints, and its exit code. */
#include "harness/cmd.h"

#include <cjson/cJSON.h>
#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define REQUEST "6834120000000068110433343435fb16"
#define REPLY   "683412000000006891063334343538550a16"
#define LOGIN   "00010001000100120a020c323130363030343032393431005a4c"

enum { OUTPUT_MAX = 65536 };

struct result {
    int code;
    char out[OUTPUT_MAX], err[OUTPUT_MAX];
};

static int redirect(int fd, const char *file)
{
    int saved = dup(fd), to = open(file, O_RDWR | O_CREAT | O_TRUNC, 0600);

    ck_assert_int_ge(saved, 0);
    ck_assert_int_ge(to, 0);
    dup2(to, fd);
    close(to);
    return saved;
}

static void read_back(const char *file, char *text)
{
    FILE *in = fopen(file, "r");

    ck_assert_ptr_nonnull(in);
    text[fread(text, 1, OUTPUT_MAX - 1, in)] = 0;
    fclose(in);
    unlink(file);
}

/* Run the command in this process, its streams going to files. */
static const struct result *decode(int argc, const char **argv)
{
    static struct result r;
    char out[64], err[64];
    int saved_out, saved_err;

    snprintf(out, sizeof out, "/tmp/wattproof-out-%d", getpid());
    snprintf(err, sizeof err, "/tmp/wattproof-err-%d", getpid());
    fflush(stdout);
    fflush(stderr);
    saved_out = redirect(1, out);
    saved_err = redirect(2, err);
    r.code = cmd_decode(argc, (char **)argv);
    fflush(stdout);
    fflush(stderr);
    dup2(saved_out, 1);
    dup2(saved_err, 2);
    close(saved_out);
    close(saved_err);
    read_back(out, r.out);
    read_back(err, r.err);
    return &r;
}

/* clang-format off */
#define RUN(...) decode((int)(sizeof (const char *[]){"decode", __VA_ARGS__} / sizeof(char *)), \
                        (const char *[]){"decode", __VA_ARGS__, NULL})
/* clang-format on */

/* Each line is an object of its own. */
static int count_objects(const char *out)
{
    int n = 0;

    for (const char *end; *out; out = end + 1, n++) {
        cJSON *object;

        end = strchr(out, '\n');
        ck_assert_ptr_nonnull(end);
        object = cJSON_ParseWithLength(out, (size_t)(end - out));
        ck_assert_msg(cJSON_IsObject(object), "%s", out);
        cJSON_Delete(object);
    }
    return n;
}

static const char REPLY_LINE[] =
    "dlt645 preamble=0 address=000000001234 control=91 direction=meter-to-master function=read "
    "abnormal=false "
    "followUp=false length=6 di=02010100 quantity=\"voltage A\" unit=V payload=0522 value=220.5 text=220.5 "
    "data=000101020522 checksum=0A\n";

START_TEST(a_frame_is_a_line)
{
    const struct result *r = RUN(REPLY);

    ck_assert_int_eq(r->code, 0);
    ck_assert_str_eq(r->out, REPLY_LINE);
    ck_assert_str_eq(r->err, "");
}
END_TEST

/* Blanks, colons and several arguments are one input. */
START_TEST(digits_may_stand_apart)
{
    ck_assert_str_eq(RUN("68 34 12 00 00 00 00 68", "91:06:33:34:34:35", "38-55-0a-16")->out, REPLY_LINE);
    ck_assert_str_eq(RUN("--codec", "dlt645", REPLY)->out, REPLY_LINE);
}
END_TEST

START_TEST(the_bytes_decide_the_codec)
{
    ck_assert_int_eq(strncmp(RUN(LOGIN)->out, "ivy ", 4), 0);
    ck_assert_int_eq(strncmp(RUN(REQUEST)->out, "dlt645 ", 7), 0);
    ck_assert_int_eq(strncmp(RUN("deadbeef", LOGIN, "68")->out, "skipped ", 8), 0);
    ck_assert_int_eq(RUN("--codec", "ivy", REQUEST)->code, 1);
}
END_TEST

/* Function, address, count, values, exception. */
START_TEST(a_modbus_adu_is_a_line)
{
    ck_assert_str_eq(
        RUN("00080000000dff100160000306022b00010064")->out,
        "modbus tid=8 length=13 unit=255 fc=16 function=write-multiple-registers role=request addr=352 qty=3 "
        "byte_count=6 values=555,1,100\n");
    ck_assert_str_eq(RUN("000f00000003ff8102")->out,
                     "modbus tid=15 length=3 unit=255 fc=1 function=read-coils role=response exception=2 "
                     "exception_name=illegal-data-address\n");
    ck_assert_str_eq(
        RUN("000100000006ff0301600001000100000005ff03021234")->out,
        "modbus tid=1 length=6 unit=255 fc=3 function=read-holding-registers role=request addr=352 qty=1\n"
        "modbus tid=1 length=5 unit=255 fc=3 function=read-holding-registers role=response byte_count=2 "
        "values=4660\n");
}
END_TEST

START_TEST(garbage_is_counted_and_shown)
{
    const struct result *r = RUN("000102", REPLY, "FFFF00", REPLY, "00");
    char expected[2048];

    ck_assert_int_eq(r->code, 0);
    snprintf(expected, sizeof expected,
             "skipped at=0 bytes=3 reason=no-start hex=000102\n%s"
             "skipped at=21 bytes=3 reason=no-start hex=FFFF00\n%s"
             "skipped at=42 bytes=1 reason=no-start hex=00\n",
             REPLY_LINE, REPLY_LINE);
    ck_assert_str_eq(r->out, expected);
    ck_assert_str_eq(r->err, "");
}
END_TEST

START_TEST(a_bad_frame_is_told_with_its_offset)
{
    const struct result *r = RUN(REPLY, "683412000000006891063334343538550016");

    ck_assert_int_eq(r->code, 1);
    ck_assert_str_eq(r->err, "decode: no dlt645 frame in 18 bytes at offset 18: checksum at offset 34\n");
    r = RUN("6834120000000068110433343435fb17");
    ck_assert_int_eq(r->code, 1);
    ck_assert_str_eq(r->out, "skipped at=0 bytes=16 reason=end hex=6834120000000068110433343435FB17\n");
    ck_assert_str_eq(r->err, "decode: no dlt645 frame in 16 bytes at offset 0: end at offset 15\n");
}
END_TEST

START_TEST(an_unfinished_frame_is_told_with_what_is_missing)
{
    const struct result *r = RUN("6834120000000068110433343435");

    ck_assert_int_eq(r->code, 1);
    ck_assert_str_eq(r->err, "decode: dlt645 frame at offset 0 is unfinished: at least 2 more bytes\n");
    r = RUN(REPLY, "fefe6834");
    ck_assert_int_eq(r->code, 1);
    ck_assert_str_eq(r->err, "decode: dlt645 frame at offset 18 is unfinished: at least 10 more bytes\n");
    r = RUN("00010001000100");
    ck_assert_int_eq(r->code, 1);
    ck_assert_str_eq(r->err, "decode: ivy frame at offset 0 is unfinished: at least 1 more byte\n");
}
END_TEST

/* Good frames that carry a part of something whose end is not there. The block: a push of a Landis+Gyr E450. */
#define SEGMENT  "7EA816CF02231314CEE6E7000F0000000700020209F8DC7E"
#define TELEGRAM "680F0F6853FF0001670F000000070002020906E316"
#define BLOCK                                                                                                \
    "7EA084CEFF0313128BE6E700E04000010000700F0021A4330C07E8021D04163032FF800000020E010E02041200280906000819" \
    "0"                                                                                                      \
    "900FF0F02120000020412002809060008190900FF0F01120000020412000109060000600100FF0F02120000020412000309060" \
    "1"                                                                                                      \
    "00010700FF0F02120000020412000309060100020700FF0F02120000CF157E"
#define SEGMENTS  SEGMENT "7EA810CF0223138CF506010001070019877E7EA010CF022313D4D4FF0600000123804F7E"
#define TELEGRAMS TELEGRAM "6810106853FF1101670100010700FF0600000123FD16"

static const char AWAITED[] =
    ": the input ends inside a chain of segments or blocks: at least 1 more is awaited\n";

START_TEST(an_unfinished_chain_is_told)
{
    static const struct {
        const char *codec, *digits;
    } cases[] = {{"hdlc", SEGMENT}, {"mbus", TELEGRAM}, {"hdlc", BLOCK}};

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct result *r = RUN(cases[i].digits);
        char expected[256];

        snprintf(expected, sizeof expected, "decode: %s%s", cases[i].codec, AWAITED);
        ck_assert_int_eq(r->code, 1);
        ck_assert_str_eq(r->err, expected);
        ck_assert_int_eq(strncmp(r->out, cases[i].codec, 4), 0);
        r = RUN("--json", "--codec", cases[i].codec, cases[i].digits);
        ck_assert_int_eq(r->code, 1);
        ck_assert_str_eq(r->err, expected);
        ck_assert_int_eq(count_objects(r->out), 1);
    }
    ck_assert_int_eq(RUN(SEGMENTS)->code, 0);
    ck_assert_str_eq(RUN(SEGMENTS)->err, "");
    ck_assert_int_eq(RUN(TELEGRAMS)->code, 0);
    ck_assert_str_eq(RUN(TELEGRAMS)->err, "");
}
END_TEST

/* The codec that has the beginning of a frame, not one that reads a few octets inside it. */
START_TEST(an_unfinished_beginning_names_its_codec)
{
    static const struct {
        const char *digits, *said;
    } cases[] = {
        {"DB084B464D102002C8F582015521002AA766A292",
         "cosem frame at offset 0 is unfinished: at least 334 more bytes"},
        {"601DA109060760857405080101", "cosem frame at offset 0 is unfinished: at least 18 more bytes"},
        {"7EA02A410883130413E6E7000F4000", "hdlc frame at offset 0 is unfinished: at least 29 more bytes"},
        /* All but the end: the APDU inside is whole. */
        {"7EA0130303FC303BE6E600C002C10000000151BE",
         "hdlc frame at offset 0 is unfinished: at least 1 more byte"},
        {"7EA02A410883130413E6E7000F40000000000101020309060100010700FF060000020002020F00161BC12C",
         "hdlc frame at offset 0 is unfinished: at least 1 more byte"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct result *r = RUN(cases[i].digits);
        char expected[256];

        snprintf(expected, sizeof expected, "decode: %s\n", cases[i].said);
        ck_assert_int_eq(r->code, 1);
        ck_assert_str_eq(r->err, expected);
        ck_assert_ptr_nonnull(strstr(r->out, "reason=truncated"));
    }
    ck_assert_str_eq(RUN("000102")->err,
                     "decode: no dlt645 frame in 3 bytes at offset 0: no-start at offset 0\n");
}
END_TEST

START_TEST(no_frame_is_a_failure)
{
    const struct result *r = RUN("000102");

    ck_assert_int_eq(r->code, 1);
    ck_assert_str_eq(r->out, "skipped at=0 bytes=3 reason=no-start hex=000102\n");
    ck_assert_int_eq(RUN("")->code, 1);
    ck_assert_str_eq(RUN("")->err, "decode: no bytes\n");
}
END_TEST

/* ---- JSON ------------------------------------------------------------------------------------------------ */

START_TEST(one_object_for_each_frame)
{
    const struct result *r = RUN("--json", REQUEST, REPLY);

    ck_assert_int_eq(r->code, 0);
    ck_assert_int_eq(count_objects(r->out), 2);
    ck_assert_str_eq(r->out, "{\"preamble\":0,\"address\":\"000000001234\",\"control\":\"11\","
                             "\"direction\":\"master-to-meter\",\"function\":\"read\",\"abnormal\":false,"
                             "\"followUp\":false,\"length\":4,\"di\":\"02010100\",\"data\":\"00010102\","
                             "\"checksum\":\"FB\"}\n"
                             "{\"preamble\":0,\"address\":\"000000001234\",\"control\":\"91\","
                             "\"direction\":\"meter-to-master\",\"function\":\"read\",\"abnormal\":false,"
                             "\"followUp\":false,\"length\":6,\"di\":\"02010100\",\"quantity\":\"voltage A\","
                             "\"unit\":\"V\",\"payload\":\"0522\",\"value\":220.5,\"text\":\"220.5\","
                             "\"data\":\"000101020522\",\"checksum\":\"0A\"}\n");
}
END_TEST

/* What the vectors call skipped, trailing and error is called so here. */
START_TEST(objects_tell_what_is_around_them)
{
    const struct result *r = RUN("--json", "deadbeef0001000100010005c401050104");

    ck_assert_int_eq(r->code, 0);
    ck_assert_msg(strncmp(r->out, "{\"skipped\":4,\"src\":1,", 21) == 0, "%s", r->out);
    r = RUN("--json", LOGIN, "680102");
    ck_assert_int_eq(r->code, 0);
    ck_assert_int_eq(count_objects(r->out), 1);
    ck_assert_msg(strstr(r->out, ",\"trailing\":\"680102\"}\n"), "%s", r->out);
    r = RUN("--json", "683412000000006891063334343538550016");
    ck_assert_int_eq(r->code, 1);
    ck_assert_str_eq(r->out, "{\"error\":\"checksum\"}\n");
    r = RUN("--json", REPLY, "6834");
    ck_assert_int_eq(r->code, 1);
    ck_assert_int_eq(count_objects(r->out), 2);
    ck_assert_msg(strstr(r->out, "\n{\"error\":\"truncated\"}\n"), "%s", r->out);
}
END_TEST

/* ---- usage ---------------------------------------------------------------------------------------------- */

START_TEST(usage_errors)
{
    ck_assert_int_eq(RUN("--codec", "none", REPLY)->code, 2);
    ck_assert_int_eq(RUN("--what", REPLY)->code, 2);
    ck_assert_int_eq(decode(1, (const char *[]){"decode", NULL})->code, 2);
    ck_assert_int_eq(RUN("68zz")->code, 2);
    ck_assert_str_eq(RUN("68zz")->err, "decode: not a byte at character 2: 'zz'\n");
    ck_assert_int_eq(RUN("683")->code, 2);
    ck_assert_str_eq(RUN("683")->err, "decode: not a byte at character 2: '3'\n");
    ck_assert_int_eq(RUN("--help")->code, 0);
    ck_assert_ptr_nonnull(strstr(RUN("--help")->out, "dlt645"));
}
END_TEST

/* Digits from standard input, and not more than the command holds. */
static const struct result *decode_stdin(const char *text, size_t n)
{
    char file[] = "/tmp/wattproof-in-XXXXXX";
    int fd = mkstemp(file), saved = dup(0);
    const struct result *r;

    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, text, n), (ssize_t)n);
    lseek(fd, 0, SEEK_SET);
    dup2(fd, 0);
    close(fd);
    unlink(file);
    rewind(stdin);
    r = RUN("-");
    dup2(saved, 0);
    close(saved);
    return r;
}

START_TEST(digits_from_standard_input)
{
    static char many[400000];

    ck_assert_str_eq(decode_stdin(REPLY "\n", sizeof REPLY)->out, REPLY_LINE);
    memset(many, '0', sizeof many);
    ck_assert_int_eq(decode_stdin(many, sizeof many)->code, 2);
    ck_assert_str_eq(decode_stdin(many, 140000)->err, "decode: more than 65536 bytes\n");
    ck_assert_int_eq(decode_stdin(many, 140000)->code, 2);
    ck_assert_int_eq(decode_stdin(many, 131072)->code, 1);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("cmd_decode");
    TCase *t = tcase_create("cmd_decode");
    SRunner *r;
    int failed;

    tcase_add_test(t, a_frame_is_a_line);
    tcase_add_test(t, digits_may_stand_apart);
    tcase_add_test(t, the_bytes_decide_the_codec);
    tcase_add_test(t, a_modbus_adu_is_a_line);
    tcase_add_test(t, garbage_is_counted_and_shown);
    tcase_add_test(t, a_bad_frame_is_told_with_its_offset);
    tcase_add_test(t, an_unfinished_frame_is_told_with_what_is_missing);
    tcase_add_test(t, an_unfinished_chain_is_told);
    tcase_add_test(t, an_unfinished_beginning_names_its_codec);
    tcase_add_test(t, no_frame_is_a_failure);
    tcase_add_test(t, one_object_for_each_frame);
    tcase_add_test(t, objects_tell_what_is_around_them);
    tcase_add_test(t, usage_errors);
    tcase_add_test(t, digits_from_standard_input);
    suite_add_tcase(s, t);
    r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
