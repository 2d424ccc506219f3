/* Modbus as others recorded it: the published vectors field for field, their captures with every ADU, and tshark's
 * second opinion on each of them.     covers: modbus */
#include "harness/fields.h"
#include "harness/frames.h"
#include "harness/packet.h"
#include "harness/replay.h"
#include "sim/catalog.h"
#include "sim/codec/modbus.h"

#include <cjson/cJSON.h>
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <unistd.h>

enum { INPUT_MAX = 1024, TEXT_MAX = 32768 };

static const char *shared(const char *name)
{
    static char path[1024];
    const char *folder = getenv("WATTPROOF_TESTDATA");

    snprintf(path, sizeof path, "%s/%s", folder ? folder : "../shared", name);
    if (access(path, R_OK) == 0)
        return path;
    printf("skipped: no test data at %s\n", path);
    return NULL;
}

/* ---- vectors ------------------------------------------------------------------------------------------ */

static cJSON *load(const char *path)
{
    FILE *in = fopen(path, "rb");
    char *text;
    long n;
    cJSON *entries;

    ck_assert_ptr_nonnull(in);
    fseek(in, 0, SEEK_END);
    n = ftell(in);
    rewind(in);
    text = malloc((size_t)n);
    ck_assert_ptr_nonnull(text);
    ck_assert_uint_eq(fread(text, 1, (size_t)n, in), (size_t)n);
    fclose(in);
    entries = cJSON_ParseWithLength(text, (size_t)n);
    free(text);
    ck_assert_msg(cJSON_IsArray(entries), "%s is no JSON array", path);
    return entries;
}

static const char *text_of(const cJSON *entry, const char *key)
{
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(entry, key));

    return text ? text : "";
}

struct entry {
    int number;
    const char *kind, *hex;
    const cJSON *expect;
    struct wp_slice in;
    enum wp_side from;
};

/* What the author told about the world around the ADU, not about the ADU. */
static bool is_about_others(const char *name)
{
    static const char *const about[] = {"ok", "request_hex", "match", "mismatch", "server_reply", "error"};

    for (size_t i = 0; i < sizeof about / sizeof about[0]; i++)
        if (strcmp(name, about[i]) == 0)
            return true;
    return false;
}

static bool agrees(const cJSON *is, const cJSON *expect)
{
    if (cJSON_IsString(expect))
        return cJSON_IsString(is) && strcasecmp(is->valuestring, expect->valuestring) == 0;
    return cJSON_Compare(is, expect, true);
}

static cJSON *object_of(const struct modbus_frame *f)
{
    static char text[TEXT_MAX];
    struct wp_writer w = wp_writer(text, sizeof text);
    cJSON *object;

    fields_put_json(&w, &modbus_codec, f);
    ck_assert(!w.full);
    object = cJSON_Parse(wp_put_end(&w));
    ck_assert_ptr_nonnull(object);
    return object;
}

/* Flags are there when, and only when, the author set them. */
static void check_flags(const struct entry *e, const cJSON *is)
{
    static const char *const flag[] = {"qty_out_of_range", "byte_count_mismatch"};

    for (size_t i = 0; i < sizeof flag / sizeof flag[0]; i++)
        ck_assert_msg(cJSON_HasObjectItem(is, flag[i]) == cJSON_HasObjectItem(e->expect, flag[i]),
                      "entry %d: %s, %s", e->number, flag[i], e->hex);
}

static const char *role_of(const struct entry *e)
{
    if (*text_of(e->expect, "role"))
        return text_of(e->expect, "role");
    if (strcmp(e->kind, "malformed") == 0)
        return "";
    return strcmp(e->kind, "request") == 0 ? "request" : "response";
}

static void check_frame(const struct entry *e, const struct modbus_frame *f)
{
    cJSON *is = object_of(f);
    const cJSON *member;

    cJSON_ArrayForEach(member, e->expect)
    {
        const cJSON *ours = cJSON_GetObjectItemCaseSensitive(is, member->string);

        ck_assert_msg(is_about_others(member->string) || agrees(ours, member), "entry %d: %s, %s", e->number,
                      member->string, e->hex);
    }
    ck_assert_msg(!*role_of(e) || strcmp(text_of(is, "role"), role_of(e)) == 0, "entry %d: %s is a %s",
                  e->number, e->hex, text_of(is, "role"));
    check_flags(e, is);
    cJSON_Delete(is);
}

/* Every good ADU is read, and sent again as it came; only an identification request with a byte too many, which its
 * author let pass, is called by its name. */
static void check_good(const struct entry *e)
{
    struct modbus_frame f;
    struct wp_decode d = modbus_decode(NULL, e->from, e->in, &f);
    uint8_t memory[MODBUS_FRAME_MAX];
    struct wp_writer w = wp_writer(memory, sizeof memory);
    bool is_padded = strcmp(e->hex, "0001000000060a2b0e030100") == 0;

    ck_assert_msg(d.status == WP_OK && d.used == e->in.n, "entry %d: %s", e->number, e->hex);
    ck_assert_msg(f.error == (is_padded ? MODBUS_ERROR_TRAILING : MODBUS_ERROR_NONE), "entry %d: %s",
                  e->number, modbus_error_text(f.error));
    check_frame(e, &f);
    modbus_encode(&w, &f);
    ck_assert(wp_slice_eq(wp_written(&w), e->in));
    for (size_t have = 0; have < e->in.n; have++)
        ck_assert_int_eq(modbus_decode(NULL, e->from, wp_slice(e->in.p, have), &f).status, WP_MORE);
}

/* A wrong PDU in a whole ADU. */
static void check_misfit(const struct entry *e, const char *error)
{
    struct modbus_frame f;
    struct wp_decode d = modbus_decode(NULL, e->from, e->in, &f);

    ck_assert_msg(d.status == WP_OK && d.used == e->in.n, "entry %d: %s", e->number, e->hex);
    ck_assert_msg(strcmp(modbus_error_text(f.error), error) == 0, "entry %d: %s, expected %s", e->number,
                  modbus_error_text(f.error), error);
    ck_assert_msg(strcmp(role_of(e), f.role == MODBUS_REQUEST ? "request" : "response") == 0, "entry %d",
                  e->number);
}

static void check_bad(const struct entry *e)
{
    const char *error = text_of(e->expect, "error");
    struct modbus_frame f;
    struct wp_decode d = modbus_decode(NULL, e->from, e->in, &f);

    if (strcmp(error, "bad_protocol_id") == 0) {
        ck_assert_msg(d.status == WP_BAD && d.fault == WP_FAULT_START && d.at == 2, "entry %d", e->number);
    } else if (strcmp(error, "bad_length") == 0 || strcmp(e->hex, "000000000000") == 0) {
        /* "header without unit id": but its length, 0, is none before that */
        ck_assert_msg(d.status == WP_BAD && d.fault == WP_FAULT_LENGTH && d.at == 4, "entry %d", e->number);
    } else if (strcmp(error, "truncated") == 0) {
        ck_assert_msg(d.status == WP_MORE, "entry %d", e->number);
    } else if (strcmp(error, "trailing_bytes_after_adu") == 0) {
        ck_assert_msg(d.status == WP_OK && d.used < e->in.n, "entry %d", e->number);
    } else {
        check_misfit(e, error);
    }
}

/* Who sends: the kind tells for good ADUs, the role for wrong ones. */
static enum wp_side side_of(const char *kind, const cJSON *expect)
{
    if (strcmp(kind, "request") == 0 || strcmp(text_of(expect, "role"), "request") == 0)
        return WP_SIDE_CLIENT;
    return strcmp(kind, "malformed") == 0 && !*text_of(expect, "role") ? WP_SIDE_UNKNOWN : WP_SIDE_SERVER;
}

START_TEST(every_entry_is_read_field_for_field)
{
    const char *path = shared("vectors/modbus.json");
    cJSON *entries = path ? load(path) : NULL, *entry;
    int number = 0, n_good = 0, n_bad = 0;

    cJSON_ArrayForEach(entry, entries)
    {
        static uint8_t bytes[INPUT_MAX];
        struct entry e = {number++, text_of(entry, "kind"), text_of(entry, "hex"),
                          cJSON_GetObjectItemCaseSensitive(entry, "expect"), .in = {bytes, 0}};

        if (strcmp(text_of(entry, "proto"), "modbus-tcp") != 0)
            continue;
        ck_assert(wp_hex_read(wp_text(e.hex), bytes, sizeof bytes, &e.in.n));
        e.from = side_of(e.kind, e.expect);
        if (strcmp(e.kind, "malformed") == 0)
            check_bad(&e), n_bad++;
        else
            check_good(&e), n_good++;
    }
    if (entries) {
        ck_assert_int_eq(n_good, 175);
        ck_assert_int_eq(n_bad, 18);
    }
    cJSON_Delete(entries);
}
END_TEST

/* ---- captures ----------------------------------------------------------------------------------------- */

struct counting {
    struct replay_out out;
    uint64_t not_modbus; /* frames of others */
    uint64_t off_port;   /* Modbus frames on connections that have no port 502 */
    FILE *fields;        /* what tshark has a field for; NULL: nobody asks */
    FILE *lines; /* frame number, tid, length, unit, function of each, for tshark; NULL: nobody asks */
};

static unsigned u16(const struct modbus_frame *f, size_t at)
{
    return (unsigned)(f->data.p[at] << 8 | f->data.p[at + 1]);
}

static bool has_address(const struct modbus_frame *f)
{
    if (f->error || modbus_is_exception(f))
        return false;
    if (f->role == MODBUS_REQUEST)
        return f->function <= 6 || f->function == 24 || f->function == 15 || f->function == 16 ||
               f->function == 22;
    return f->function == 5 || f->function == 6 || f->function == 15 || f->function == 16 ||
           f->function == 22;
}

/* "PACKET reference number" and its like, one line for each field. */
static void put_fields(FILE *out, uint64_t packet, const struct modbus_frame *f)
{
    unsigned long number = (unsigned long)packet;
    bool counts = f->function <= 4 || f->function == 15 || f->function == 16;

    if (modbus_is_exception(f) && !f->error)
        fprintf(out, "%lu exception %u\n", number, f->data.p[0]);
    if (has_address(f))
        fprintf(out, "%lu reference %u\n", number, u16(f, 0));
    if (has_address(f) && counts)
        fprintf(out, "%lu count %u\n", number, u16(f, 2));
    if (f->function == 24 && f->role == MODBUS_RESPONSE)
        fprintf(out, "%lu count %u\n", number, u16(f, 2));
    if ((f->function == 3 || f->function == 4) && f->role == MODBUS_RESPONSE && !f->error)
        for (size_t at = 1; at < f->data.n; at += 2)
            fprintf(out, "%lu register %u\n", number, u16(f, at));
}

static void count(struct replay_out *out, const struct replay_event *e)
{
    struct counting *c = (struct counting *)out;
    const struct modbus_frame *f = e->frame;

    if (e->kind != REPLAY_FRAME)
        return;
    if (e->codec != &modbus_codec) {
        c->not_modbus++;
        return;
    }
    c->off_port += e->from->port != 502 && e->to->port != 502;
    if (c->fields)
        put_fields(c->fields, e->when.number, f);
    if (c->lines)
        fprintf(c->lines, "%lu %u %zu %u %u\n", (unsigned long)e->when.number, f->tid, 2 + f->data.n, f->unit,
                modbus_function(f));
}

static void nothing(struct replay_out *out, const struct replay_summary *sum)
{
    (void)out;
    (void)sum;
}

static struct replay_summary replayed(const char *path, struct counting *c)
{
    struct replay_setup setup = {.out = {&c->out}};
    struct replay_summary sum;
    char text[256];
    struct wp_writer why = wp_writer(text, sizeof text);
    struct capture *capture = capture_open(path, &why);

    ck_assert_msg(capture != NULL, "%s", wp_put_end(&why));
    c->out.event = count;
    c->out.summary = nothing;
    replay_capture(&setup, capture, &sum, &why);
    return sum;
}

static uint64_t modbus_frames(const struct replay_summary *sum)
{
    for (size_t i = 0; i < wp_n_codecs; i++)
        if (wp_codecs[i] == &modbus_codec)
            return sum->frames[i];
    return 0;
}

/* ADUs as INDEX.md counts them, which is tshark, and as we do. Where the two differ:
 * - mb2: tshark does not dissect segments that it calls retransmissions, but 1131, 3674 and 13176 are the first of their
 *   bytes to be seen (lost before the capture), with 4, 5 and 2 ADUs; the 4 of 3008, which repeats the end of 3674's,
 *   it does count. 3578 + 4 + 5 + 2 - 4.
 * - test_data_part1: segments 111 and 113 are the same 14 bytes: an ADU of length 5, so 11 bytes, and 3 more. tshark
 *   takes the 3 as the beginning of the next and loses 113's ADU.
 * - fuzz-72: of 36 packets 27 carry a whole ADU; 4 repeat one. tshark leaves out those that come behind a gap.
 * - modbusBig: 3150 comes after its own acknowledgement, so tshark calls it a retransmission; its 10 bytes are new. */
static const struct {
    const char *name;
    uint64_t index, ours;
} captures[] = {
    {"ITI__ModbusTCP", 15976, 15976},
    {"ITI__Modbus_modbus_test", 2258, 2258},
    {"ITI__Modbus_modbus_test_2", 3975, 3975},
    {"ITI__mb2", 3578, 3585},
    {"ITI__modbus_test_data_part1", 45, 46},
    {"ITI__modbus_test_data_part2", 281, 281},
    {"ITI__pcaps_bro_modbus_fuzz-1011", 4, 4},
    {"ITI__pcaps_bro_modbus_fuzz-72", 17, 23},
    {"ITI__pcaps_bro_modbus_modbusBig", 5548, 5549},
    {"ITI__pcaps_bro_modbus_modbusSmall", 32, 32},
    {"OISF__modbus_modbus", 39, 39},
    {"cisagov__testing_traces_modbus_example", 48, 48},
    {"zeek__modbus_4SICS-GeekLounge-151022-min", 2, 2},
    {"zeek__modbus_modbus-and-non-modbus-p502", 12, 12},
    {"zeek__modbus_modbus-eit", 4, 4},
};

static const char *capture_path(size_t i)
{
    char name[256];

    snprintf(name, sizeof name, "captures/modbus/%s.pcap", captures[i].name);
    return shared(name);
}

/* Also: nothing is claimed off port 502 (mb2 holds S7, EtherNet/IP and more; two others S7), and on port 502 nothing that
 * is none (RPC, TLS, HTTP and others in non-modbus-p502 would show as bad bytes). */
START_TEST(every_capture_has_its_adus)
{
    for (size_t i = 0; i < sizeof captures / sizeof captures[0]; i++) {
        const char *path = capture_path(i);
        struct counting c = {0};
        struct replay_summary sum;

        if (!path)
            return;
        sum = replayed(path, &c);
        ck_assert_msg(modbus_frames(&sum) == captures[i].ours, "%s: %lu ADUs", captures[i].name,
                      (unsigned long)modbus_frames(&sum));
        ck_assert_msg(c.not_modbus == 0 && c.off_port == 0, "%s: %lu and %lu", captures[i].name,
                      (unsigned long)c.not_modbus, (unsigned long)c.off_port);
        ck_assert_msg(sum.bad == 0 || strstr(captures[i].name, "part1") || strstr(captures[i].name, "fuzz"),
                      "%s: %lu bad places", captures[i].name, (unsigned long)sum.bad);
    }
}
END_TEST

/* Clean runs pair completely: what stays open has no answer in the capture. */
START_TEST(questions_find_their_answers)
{
    static const struct {
        const char *name;
        uint64_t questions, answered;
    } row[] = {
        {"captures/modbus/ITI__pcaps_bro_modbus_modbusBig.pcap", 2773, 2773},
        {"captures/modbus/ITI__pcaps_bro_modbus_modbusSmall.pcap", 16, 16},
        {"captures/modbus/cisagov__testing_traces_modbus_example.pcap", 24, 24},
        {"captures/modbus/zeek__modbus_modbus-and-non-modbus-p502.pcap", 6, 6},
        {"captures/modbus/ITI__modbus_test_data_part2.pcap", 141, 140},
    };

    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
        const char *path = shared(row[i].name);
        struct counting c = {0};
        struct replay_summary sum;

        if (!path)
            return;
        sum = replayed(path, &c);
        ck_assert_msg(sum.questions == row[i].questions && sum.answered == row[i].answered, "%s: %lu, %lu",
                      row[i].name, (unsigned long)sum.questions, (unsigned long)sum.answered);
    }
}
END_TEST

/* ---- what tshark says --------------------------------------------------------------------------------- */

/* tshark prints each packet's ADUs as comma-separated lists; the awk turns them into one line for each ADU. Exceptions
 * are counted without their bit, as here. */
static const char TSHARK[] =
    "tshark -n -r '%s' -Y mbtcp -T fields -E occurrence=a -e frame.number -e mbtcp.trans_id -e mbtcp.len -e "
    "mbtcp.unit_id "
    "-e modbus.func_code 2>/dev/null | awk -F'\\t' '{n=split($2,t,\",\");split($3,l,\",\");split($4,u,\",\");"
    "split($5,f,\",\");for(i=1;i<=n;i++)print $1,t[i],l[i],u[i],f[i]}' | cut -d' ' -f%d- | sort > '%s'";

static long lines_of(const char *command)
{
    FILE *pipe = popen(command, "r");
    long n = -1;

    ck_assert_ptr_nonnull(pipe);
    ck_assert_int_eq(fscanf(pipe, "%ld", &n), 1);
    pclose(pipe);
    return n;
}

/* Packet for packet the same transaction, length, unit and function; but for the ADUs that are told apart above. */
static void compare_with_tshark(size_t i, const char *dir)
{
    char ours[128], sorted[128], theirs[128], command[2048];
    const char *path = capture_path(i);
    struct counting c = {0};
    uint64_t may_differ = captures[i].ours - captures[i].index;
    /* What waited for a gap to be closed, or for a second frame, is told with a later packet. */
    bool waits = strstr(captures[i].name, "fuzz") || strstr(captures[i].name, "part1") ||
                 strstr(captures[i].name, "OISF");
    int from = waits ? 2 : 1;

    snprintf(ours, sizeof ours, "%s/ours", dir);
    snprintf(sorted, sizeof sorted, "%s/sorted", dir);
    snprintf(theirs, sizeof theirs, "%s/theirs", dir);
    c.lines = fopen(ours, "w");
    ck_assert_ptr_nonnull(c.lines);
    replayed(path, &c);
    fclose(c.lines);
    snprintf(command, sizeof command, TSHARK, path, from, theirs);
    ck_assert_int_eq(system(command), 0);
    snprintf(command, sizeof command, "cut -d' ' -f%d- '%s' | sort > '%s'", from, ours, sorted);
    ck_assert_int_eq(system(command), 0);
    snprintf(command, sizeof command, "comm -13 '%s' '%s' | wc -l", sorted, theirs);
    ck_assert_msg(lines_of(command) <= (strstr(captures[i].name, "mb2") ? 4 : 0),
                  "%s: ADUs that only tshark has", captures[i].name);
    snprintf(command, sizeof command, "comm -23 '%s' '%s' | wc -l", sorted, theirs);
    ck_assert_msg(lines_of(command) <= (long)may_differ + (strstr(captures[i].name, "mb2") ? 4 : 0),
                  "%s: ADUs that only we have", captures[i].name);
}

START_TEST(tshark_has_the_same_adus)
{
    char dir[] = "/tmp/wattproof-modbus-XXXXXX", command[128];

    if (system("command -v tshark >/dev/null") != 0) {
        puts("skipped: tshark is not installed");
        return;
    }
    ck_assert_ptr_nonnull(mkdtemp(dir));
    for (size_t i = 0; i < sizeof captures / sizeof captures[0] && capture_path(i); i++)
        compare_with_tshark(i, dir);
    snprintf(command, sizeof command, "rm -rf %s", dir);
    ck_assert_int_eq(system(command), 0);
}
END_TEST

/* The same for what stands in the PDU, of the captures in which each packet has one ADU at most. */
static const char FIELDS[] = "tshark -n -r '%s' -Y 'mbtcp && modbus.func_code' -T fields -E occurrence=a -e "
                             "frame.number -e modbus.reference_num -e "
                             "modbus.word_cnt -e modbus.bit_cnt -e modbus.exception_code -e modbus.func_code "
                             "-e modbus.regval_uint16 2>/dev/null | awk "
                             "-F'\\t' '{if($5!=\"\")print $1,\"exception\",$5; else {if($2!=\"\")print "
                             "$1,\"reference\",$2; if($3!=\"\")print "
                             "$1,\"count\",$3; if($4!=\"\")print $1,\"count\",$4; "
                             "if($6==3||$6==4){n=split($7,r,\",\");for(i=1;i<=n;i++)print "
                             "$1,\"register\",r[i]}}}' > '%s'";

START_TEST(tshark_reads_the_same_fields)
{
    static const char *const name[] = {"cisagov__testing_traces_modbus_example",
                                       "zeek__modbus_modbus-and-non-modbus-p502", "ITI__Modbus_modbus_test_2",
                                       "ITI__pcaps_bro_modbus_modbusSmall"};
    char dir[] = "/tmp/wattproof-modbus-XXXXXX", command[2048], text[128];

    if (system("command -v tshark >/dev/null") != 0) {
        puts("skipped: tshark is not installed");
        return;
    }
    ck_assert_ptr_nonnull(mkdtemp(dir));
    for (size_t i = 0; i < sizeof name / sizeof name[0]; i++) {
        struct counting c = {0};
        char file[128];
        const char *path;

        snprintf(file, sizeof file, "captures/modbus/%s.pcap", name[i]);
        path = shared(file);
        if (!path)
            break;
        snprintf(text, sizeof text, "%s/ours", dir);
        c.fields = fopen(text, "w");
        ck_assert_ptr_nonnull(c.fields);
        replayed(path, &c);
        fclose(c.fields);
        snprintf(text, sizeof text, "%s/theirs", dir);
        snprintf(command, sizeof command, FIELDS, path, text);
        ck_assert_int_eq(system(command), 0);
        snprintf(command, sizeof command, "wc -l < '%s/theirs'", dir);
        ck_assert_int_ge(lines_of(command), 10);
        snprintf(command, sizeof command,
                 "sort %s/ours > %s/a; sort %s/theirs > %s/b; diff %s/a %s/b | head -5", dir, dir, dir, dir,
                 dir, dir);
        ck_assert_int_eq(system(command), 0);
        snprintf(command, sizeof command, "diff %s/a %s/b | wc -l", dir, dir);
        ck_assert_msg(lines_of(command) == 0, "%s", name[i]);
    }
    snprintf(command, sizeof command, "rm -rf %s", dir);
    ck_assert_int_eq(system(command), 0);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("modbus_published");
    TCase *t = tcase_create("vectors");
    SRunner *r;
    int failed;

    tcase_set_timeout(t, 240);
    tcase_add_test(t, every_entry_is_read_field_for_field);
    tcase_add_test(t, every_capture_has_its_adus);
    tcase_add_test(t, questions_find_their_answers);
    tcase_add_test(t, tshark_has_the_same_adus);
    tcase_add_test(t, tshark_reads_the_same_fields);
    suite_add_tcase(s, t);
    r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
