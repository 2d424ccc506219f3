/* Where a capture's bytes come from: compressed ones, whole, cut and damaged; pipes and files that grow. */
#include "harness/capture.h"

#include <check.h>
#include <stdlib.h>
#include <unistd.h>
#include <zlib.h>

enum { PACKETS = 100, PACKET_BYTES = 50, RECORD = 16 + PACKET_BYTES, WHOLE = 24 + PACKETS * RECORD };

static char path[64], why_text[512];
static uint8_t whole[WHOLE], packed[WHOLE + 1024];
static size_t n_packed;

/* A classic capture: the bytes of each packet are its number. */
static void setup(void)
{
    static const uint32_t head[] = {0xA1B2C3D4, 0x00040002, 0, 0, 65535, 1};
    int fd;

    memcpy(whole, head, sizeof head);
    for (uint32_t i = 0; i < PACKETS; i++) {
        const uint32_t record[] = {1700000000 + i, 0, PACKET_BYTES, PACKET_BYTES};

        memcpy(whole + 24 + i * RECORD, record, sizeof record);
        memset(whole + 24 + i * RECORD + 16, (int)i + 1, PACKET_BYTES);
    }
    strcpy(path, "/tmp/wattproof-input-XXXXXX");
    fd = mkstemp(path);
    ck_assert_int_ge(fd, 0);
    close(fd);
    n_packed = 0;
}

static void teardown(void)
{
    unlink(path);
}

static void write_bytes(const char *mode, const void *p, size_t n)
{
    FILE *f = fopen(path, mode);

    ck_assert_ptr_nonnull(f);
    ck_assert_uint_eq(fwrite(p, 1, n, f), n);
    fclose(f);
}

/* Another member behind what there is in `packed`. */
static void pack(const uint8_t *p, size_t n)
{
    z_stream z = {.next_in = (Bytef *)(uintptr_t)p,
                  .avail_in = (uInt)n,
                  .next_out = packed + n_packed,
                  .avail_out = (uInt)(sizeof packed - n_packed)};

    ck_assert_int_eq(deflateInit2(&z, 6, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY), Z_OK);
    ck_assert_int_eq(deflate(&z, Z_FINISH), Z_STREAM_END);
    n_packed = sizeof packed - z.avail_out;
    deflateEnd(&z);
}

static struct capture *open_it(const struct capture_follow *follow)
{
    struct wp_writer why = wp_writer(why_text, sizeof why_text);
    struct capture *c = capture_open_follow(path, follow, &why);

    wp_put_end(&why);
    return c;
}

/* How many packets there are; each is what it should be. */
static unsigned count(struct capture *c, enum capture_status *ret_end)
{
    struct capture_packet p;
    unsigned n = 0;

    while ((*ret_end = capture_next(c, &p)) == CAPTURE_PACKET) {
        ck_assert_uint_eq(p.bytes.n, PACKET_BYTES);
        ck_assert_uint_eq(p.bytes.p[0], ++n);
        ck_assert_uint_eq(p.bytes.p[PACKET_BYTES - 1], n);
        ck_assert_int_eq(p.time_ns, (INT64_C(1699999999) + n) * 1000000000);
    }
    return n;
}

static void expect_all(void)
{
    struct capture *c = open_it(NULL);
    enum capture_status end;

    ck_assert_msg(c != NULL, "%s", why_text);
    ck_assert_uint_eq(count(c, &end), PACKETS);
    ck_assert_msg(end == CAPTURE_END, "%s", capture_error(c));
    capture_free(c);
}

/* Some packets, then a sentence that ends so. */
static void expect_broken(unsigned at_least, const char *sentence)
{
    struct capture *c = open_it(NULL);
    enum capture_status end;
    unsigned n;

    ck_assert_msg(c != NULL, "%s", why_text);
    n = count(c, &end);
    ck_assert_uint_ge(n, at_least);
    ck_assert_uint_lt(n, PACKETS);
    ck_assert_int_eq(end, CAPTURE_BROKEN);
    ck_assert_msg(strstr(capture_error(c), sentence) != NULL, "%s", capture_error(c));
    capture_free(c);
}

/* ---- compressed ------------------------------------------------------------------------------------- */

START_TEST(one_member_several_and_a_padded_tape)
{
    pack(whole, WHOLE);
    write_bytes("w", packed, n_packed);
    expect_all();
    n_packed = 0;
    for (size_t at = 0; at < WHOLE; at += 777)
        pack(whole + at, WHOLE - at < 777 ? WHOLE - at : 777);
    memset(packed + n_packed, 0, 512);
    write_bytes("w", packed, n_packed + 512);
    expect_all();
}
END_TEST

START_TEST(cut_anywhere_what_there_was_comes_first)
{
    pack(whole, WHOLE / 2);
    pack(whole + WHOLE / 2, WHOLE - WHOLE / 2);
    for (size_t n = 400; n < n_packed; n += 13) {
        write_bytes("w", packed, n);
        if (n == n_packed / 2)
            continue; /* the end of the first member, perhaps */
        expect_broken(1, "the compressed data end too early");
    }
}
END_TEST

START_TEST(damage_is_named)
{
    size_t second;

    pack(whole, WHOLE / 2);
    second = n_packed;
    pack(whole + WHOLE / 2, WHOLE - WHOLE / 2);
    packed[n_packed - 8] ^= 1; /* of the last check sum, so everything was told */
    write_bytes("w", packed, n_packed);
    {
        struct capture *c = open_it(NULL);
        enum capture_status end;

        ck_assert_uint_eq(count(c, &end), PACKETS);
        ck_assert_int_eq(end, CAPTURE_BROKEN);
        ck_assert_ptr_nonnull(strstr(capture_error(c), "damaged: incorrect data check"));
        capture_free(c);
    }
    packed[second + 10] = 7; /* behind the header: a block of a type that does not exist */
    write_bytes("w", packed, n_packed);
    expect_broken(PACKETS / 2 - 1, "packet 50: the compressed data are damaged: invalid block type");
}
END_TEST

START_TEST(bytes_behind_the_compressed_ones_are_named)
{
    struct capture *c;
    enum capture_status end;

    pack(whole, WHOLE);
    memcpy(packed + n_packed, "and this", 8);
    write_bytes("w", packed, n_packed + 8);
    c = open_it(NULL);
    ck_assert_uint_eq(count(c, &end), PACKETS);
    ck_assert_int_eq(end, CAPTURE_BROKEN);
    ck_assert_ptr_nonnull(strstr(capture_error(c), "damaged: incorrect header check"));
    capture_free(c);
}
END_TEST

START_TEST(what_is_compressed_and_no_capture_is_refused)
{
    pack((const uint8_t *)"nothing of that kind", 20);
    write_bytes("w", packed, n_packed);
    ck_assert_ptr_null(open_it(NULL));
    ck_assert_ptr_nonnull(strstr(why_text, ": unknown file format"));
    write_bytes("w", packed, 5);
    ck_assert_ptr_null(open_it(NULL));
    ck_assert_msg(strstr(why_text, ": the compressed data end too early") != NULL, "%s", why_text);
    write_bytes("w", "\xFD\x37\x7A\x58\x5A\0", 6);
    ck_assert_ptr_null(open_it(NULL));
    ck_assert_ptr_nonnull(strstr(why_text, "xz -d"));
}
END_TEST

/* ---- what grows ------------------------------------------------------------------------------------- */

/* Who writes: a piece more whenever the reader waits, then it is enough. */
static struct {
    const uint8_t *p;
    size_t n, at, step, waits;
    int to; /* below 0: the file at `path` */
    int stop[2];
} writer;

static void write_more(void *ctx)
{
    size_t n = writer.n - writer.at < writer.step ? writer.n - writer.at : writer.step;

    (void)ctx;
    writer.waits++;
    if (n == 0 && writer.to >= 0)
        close(writer.to);
    if (n == 0)
        ck_assert_int_eq(write(writer.stop[1], "", 1), 1);
    else if (writer.to >= 0)
        ck_assert_int_eq(write(writer.to, writer.p + writer.at, n), (ssize_t)n);
    else
        write_bytes("a", writer.p + writer.at, n);
    writer.at += n;
}

static struct capture_follow follow_writer(const uint8_t *p, size_t n, size_t step)
{
    writer.p = p;
    writer.n = n;
    writer.at = writer.waits = 0;
    writer.step = step;
    writer.to = -1;
    ck_assert_int_eq(pipe(writer.stop), 0);
    return (struct capture_follow){.stop_fd = writer.stop[0], .idle = write_more};
}

static void expect_followed(struct capture *c)
{
    enum capture_status end;

    ck_assert_msg(c != NULL, "%s", why_text);
    ck_assert_uint_eq(count(c, &end), PACKETS);
    ck_assert_msg(end == CAPTURE_END, "%s", capture_error(c));
    capture_free(c);
    close(writer.stop[0]);
    close(writer.stop[1]);
}

START_TEST(a_growing_file_is_read_as_it_grows)
{
    struct capture_follow follow = follow_writer(whole, WHOLE, 777);

    write_bytes("w", "", 0);
    expect_followed(open_it(&follow));
    ck_assert_uint_ge(writer.waits, WHOLE / 777);
}
END_TEST

START_TEST(a_growing_compressed_file_too)
{
    struct capture_follow follow;

    pack(whole, WHOLE / 3);
    pack(whole + WHOLE / 3, WHOLE - WHOLE / 3);
    follow = follow_writer(packed, n_packed, 57);
    write_bytes("w", "", 0);
    expect_followed(open_it(&follow));
}
END_TEST

/* Through standard input, as from tcpdump -w -. */
START_TEST(a_pipe_is_read_as_it_is_written)
{
    struct capture_follow follow = follow_writer(whole, WHOLE, 111);
    int saved = dup(0), ends[2];
    char name[64];

    ck_assert_int_eq(pipe(ends), 0);
    dup2(ends[0], 0);
    close(ends[0]);
    writer.to = ends[1];
    strcpy(name, path);
    strcpy(path, "-");
    expect_followed(open_it(&follow));
    strcpy(path, name);
    dup2(saved, 0);
    close(saved);
    ck_assert_uint_ge(writer.waits, WHOLE / 111);
}
END_TEST

/* Asked to stop in the middle of a packet: that is no damage. */
START_TEST(a_stop_is_an_end)
{
    struct capture_follow follow = follow_writer(whole, 24 + 3 * RECORD + 20, 1000);
    struct capture *c;
    enum capture_status end;

    write_bytes("w", "", 0);
    c = open_it(&follow);
    ck_assert_uint_eq(count(c, &end), 3);
    ck_assert_int_eq(end, CAPTURE_END);
    capture_free(c);
    close(writer.stop[0]);
    close(writer.stop[1]);
}
END_TEST

static void shrink(void *ctx)
{
    (void)ctx;
    ck_assert_int_eq(truncate(path, 30), 0);
}

START_TEST(a_file_that_becomes_shorter_is_named)
{
    struct capture_follow follow = {.idle = shrink};
    struct capture *c;
    enum capture_status end;
    int stop[2];

    ck_assert_int_eq(pipe(stop), 0);
    follow.stop_fd = stop[0];
    write_bytes("w", whole, WHOLE);
    c = open_it(&follow);
    ck_assert_uint_eq(count(c, &end), PACKETS);
    ck_assert_int_eq(end, CAPTURE_BROKEN);
    ck_assert_ptr_nonnull(strstr(capture_error(c), "became shorter while it was followed"));
    capture_free(c);
    close(stop[0]);
    close(stop[1]);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("capture_input");
    TCase *t = tcase_create("capture_input");
    SRunner *r;
    int failed;

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_set_timeout(t, 60);
    tcase_add_test(t, one_member_several_and_a_padded_tape);
    tcase_add_test(t, cut_anywhere_what_there_was_comes_first);
    tcase_add_test(t, damage_is_named);
    tcase_add_test(t, bytes_behind_the_compressed_ones_are_named);
    tcase_add_test(t, what_is_compressed_and_no_capture_is_refused);
    tcase_add_test(t, a_growing_file_is_read_as_it_grows);
    tcase_add_test(t, a_growing_compressed_file_too);
    tcase_add_test(t, a_pipe_is_read_as_it_is_written);
    tcase_add_test(t, a_stop_is_an_end);
    tcase_add_test(t, a_file_that_becomes_shorter_is_named);
    suite_add_tcase(s, t);
    r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
