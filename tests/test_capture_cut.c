/* Bytes cut out of streams: what is left closes up, in every link type. */
#include "harness/capture_cut.h"
#include "harness/home.h"
#include "tests/replay_rig.h"

static struct {
    struct replay_out out; /* first */
    struct capture_cut *cut;
    struct cut_range frame[256];
    size_t n;
} known;

static void on_event(struct replay_out *out, const struct replay_event *e)
{
    (void)out;
    if (e->kind == REPLAY_FRAME && known.n < 256)
        known.frame[known.n++] =
            (struct cut_range){(uint64_t)e->flow->number * 2 + e->direction, e->offset, e->wire.n};
}

static void on_segment(struct replay_out *out, const struct flow *flow, unsigned direction, int64_t at,
                       const struct packet *p, const struct moment *when)
{
    (void)out;
    capture_cut_learn(known.cut, flow, direction, at, p, when->number);
}

static void on_summary(struct replay_out *out, const struct replay_summary *s)
{
    (void)out;
    sum = *s;
}

static struct capture_image image;

static void replay_image(const struct capture_image *of, bool learns)
{
    char why_text[512];
    struct wp_writer why = wp_writer(why_text, sizeof why_text);
    struct replay_setup setup_ = {.out = {&known.out}};
    struct capture *capture = capture_image_open(of, &why);

    known.out =
        (struct replay_out){.event = on_event, .summary = on_summary, .segment = learns ? on_segment : NULL};
    known.n = 0;
    ck_assert_msg(capture != NULL, "%s", wp_put_end(&why));
    ck_assert_int_ne(replay_capture(&setup_, capture, NULL, &why), REPLAY_UNREADABLE);
}

static void load(const char *name)
{
    char why_text[512];
    struct wp_writer why = wp_writer(why_text, sizeof why_text);

    ck_assert_msg(capture_image_load(&image, name, &why), "%s", wp_put_end(&why));
    known.cut = capture_cut_new(&image);
    replay_image(&image, true);
    capture_cut_learned(known.cut);
}

static void unload(void)
{
    capture_cut_free(known.cut);
    capture_image_free(&image);
}

/* Without the frames of these numbers (from 0, in the order of the replay). */
static bool cut_frames(const size_t *number, size_t n, struct capture_image *out)
{
    struct cut_range range[16];

    for (size_t i = 0; i < n; i++) {
        size_t k = i;

        for (; k > 0 && (range[k - 1].stream > known.frame[number[i]].stream ||
                         (range[k - 1].stream == known.frame[number[i]].stream &&
                          range[k - 1].at > known.frame[number[i]].at));
             k--)
            range[k] = range[k - 1];
        range[k] = known.frame[number[i]];
    }
    return capture_cut_make(known.cut, NULL, range, n, out);
}

/* Question and answer in the middle: nothing seems to be missing, on neither side. */
START_TEST(what_is_left_closes_up)
{
    static const size_t middle[] = {2, 3, 6};
    struct capture_image out;

    for (int i = 0; i < 5; i++) {
        ask(METER, VOLTAGE);
        tell(METER, VOLTAGE);
    }
    hang_up();
    end_capture();
    load(path);
    ck_assert_uint_eq(known.n, 10);
    ck_assert(cut_frames(middle, 3, &out));
    replay_image(&out, false);
    ck_assert_uint_eq(sum.n_frames, 7);
    ck_assert_uint_eq(sum.gaps, 0);
    ck_assert_uint_eq(sum.retransmitted, 0);
    ck_assert_uint_eq(sum.answered, 3);
    ck_assert_uint_eq(out.n,
                      image.n - 3); /* what carried them is gone, acknowledgements and the end are not */
    capture_image_free(&out);
    unload();
}
END_TEST

/* Two frames in one segment, and the segment again: both copies become shorter. */
START_TEST(copies_are_cut_alike)
{
    uint8_t memory[2 * DLT645_FRAME_MAX];
    struct wp_writer w = wp_writer(memory, sizeof memory);
    struct dlt645_frame frame;
    struct capture_image out;
    static const size_t first[] = {0};

    dlt645_ask_read(&frame, METER, VOLTAGE);
    dlt645_encode(&w, &frame);
    dlt645_ask_read(&frame, METER, CURRENT);
    dlt645_encode(&w, &frame);
    send_bytes(1, wp_written(&w));
    pcap_tcp_segment(&tcp, 1, now_ns, PACKET_ACK, tcp.seq[1] - (uint32_t)w.n, tcp.seq[0], wp_written(&w),
                     NULL);
    tell(METER, CURRENT);
    end_capture();
    load(path);
    ck_assert(cut_frames(first, 1, &out));
    replay_image(&out, false);
    ck_assert_uint_eq(sum.n_frames, 2);
    ck_assert_uint_eq(sum.retransmitted, 1);
    ck_assert_uint_eq(sum.overlaps + sum.conflicts + sum.gaps, 0);
    ck_assert_uint_eq(out.n, image.n);
    ck_assert_uint_eq(out.n_bytes, image.n_bytes - w.n);
    capture_image_free(&out);
    unload();
}
END_TEST

START_TEST(bytes_are_written_over_in_all_copies)
{
    static const uint8_t other[] = {0x21, 0x43};
    struct cut_range where;
    struct capture_image out;

    ask(METER, VOLTAGE);
    pcap_tcp_segment(&tcp, 1, now_ns, PACKET_ACK, tcp.seq[1] - 4, tcp.seq[0], wp_slice("\x01\x02\x03\x04", 4),
                     NULL);
    end_capture();
    load(path);
    where = (struct cut_range){known.frame[0].stream, known.frame[0].n - 3, 2};
    capture_image_copy(&out, &image);
    capture_cut_write(known.cut, &out, &where, other);
    for (size_t i = 0, seen = 0; i < out.n; i++) {
        const struct image_packet *p = &out.packet[i];

        seen += memmem(p->bytes, p->n, other, 2) != NULL;
        ck_assert(i + 1 < out.n || seen == 2);
    }
    capture_image_free(&out);
    unload();
}
END_TEST

/* Which bytes go with packets that are left out: those that nobody else carries. */
START_TEST(what_is_lost_with_packets)
{
    struct cut_range *lost;
    bool *keep;
    size_t n;

    ask(METER, VOLTAGE); /* packet 4, 16 bytes */
    pcap_tcp_segment(&tcp, 1, now_ns, PACKET_ACK, tcp.seq[1] - 16, tcp.seq[0], wp_text("0123"), NULL);
    pcap_tcp_segment(&tcp, 1, now_ns, PACKET_ACK, tcp.seq[1] - 8, tcp.seq[0], wp_text("89"), NULL);
    end_capture();
    load(path);
    keep = calloc(image.n, sizeof keep[0]);
    for (size_t i = 0; i < image.n; i++)
        keep[i] = i != 3;
    n = capture_cut_lost(known.cut, keep, &lost);
    ck_assert_uint_eq(n, 2);
    ck_assert_uint_eq(lost[0].at, 4);
    ck_assert_uint_eq(lost[0].n, 4);
    ck_assert_uint_eq(lost[1].at, 10);
    ck_assert_uint_eq(lost[1].n, 6);
    free(lost);
    free(keep);
    unload();
}
END_TEST

/* Of one capture in many link types: without one question in the middle of the third connection. */
START_TEST(every_link_type)
{
    static const char *const names[] = {"same-ethernet.pcap", "same-qinq.pcap", "same-cooked.pcap",
                                        "same-cooked-2.pcap", "same-raw.pcap",  "same-pppoe.pcap",
                                        "six-ethernet.pcap"};
    char command[1024], name[256];

    snprintf(command, sizeof command,
             "python3 %s/tests/captures/make.py %s/captures/dlt645/own-live-run.pcap %s", home_dir(),
             home_dir(), dir);
    ck_assert_int_eq(system(command), 0);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        static const size_t one[] = {40, 41};
        struct capture_image out;

        snprintf(name, sizeof name, "%s/%s", dir, names[i]);
        load(name);
        ck_assert_uint_eq(known.n, 67);
        ck_assert(cut_frames(one, 2, &out));
        replay_image(&out, false);
        ck_assert_msg(sum.n_frames == 65 && sum.gaps == 0 && sum.bad == 0, "%s: %d frames, %d gaps", names[i],
                      (int)sum.n_frames, (int)sum.gaps);
        capture_image_free(&out);
        unload();
    }
}
END_TEST

/* Pieces of IP packets are left as they are. */
START_TEST(pieces_are_not_cut)
{
    static const size_t one[] = {5};
    char command[1024], name[256];
    struct capture_image out;

    snprintf(command, sizeof command,
             "python3 %s/tests/captures/make.py %s/captures/dlt645/own-live-run.pcap %s", home_dir(),
             home_dir(), dir);
    ck_assert_int_eq(system(command), 0);
    snprintf(name, sizeof name, "%s/alike-pieces-24.pcap", dir);
    load(name);
    ck_assert(!cut_frames(one, 1, &out));
    capture_image_free(&out);
    unload();
}
END_TEST

int main(void)
{
    Suite *s = suite_create("capture_cut");
    TCase *t = tcase_create("capture_cut");
    SRunner *r;
    int failed;

    tcase_set_timeout(t, 60);
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, what_is_left_closes_up);
    tcase_add_test(t, copies_are_cut_alike);
    tcase_add_test(t, bytes_are_written_over_in_all_copies);
    tcase_add_test(t, what_is_lost_with_packets);
    tcase_add_test(t, every_link_type);
    tcase_add_test(t, pieces_are_not_cut);
    suite_add_tcase(s, t);
    r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
