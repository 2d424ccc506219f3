/* The data field by control code, and every field of a frame once.       covers: dlt645_fields dlt645_reading */
#include "tests/dlt645_frames.h"

/* ---- bodies ------------------------------------------------------------------------------------------- */

/* What was built is decoded to the same frame, with a body of the same layout. */
START_TEST(every_frame_comes_back)
{
    static struct dlt645_frame sent[FRAMES_MAX];
    size_t n = every_frame(sent);

    for (size_t i = 0; i < n; i++) {
        struct wp_slice wire = encoded(&sent[i]);
        struct dlt645_frame back;
        struct dlt645_body body;
        struct wp_decode d = dlt645_decode(wire, &back);

        ck_assert_int_eq(d.status, WP_OK);
        ck_assert_uint_eq(d.used, wire.n);
        ck_assert_msg(same_frame(&sent[i], &back), "frame %zu", i);
        ck_assert_msg(dlt645_body(&back, &body), "frame %zu, control %02X", i, back.control);
        ck_assert_uint_eq(body.has == 0, back.n_data == 0);
        ck_assert(!dlt645_is_1997(&back));
    }
}
END_TEST

START_TEST(bodies_hold_what_was_asked)
{
    struct dlt645_frame f;
    struct dlt645_body b;

    dlt645_ask_relay(&f, METER, &AUTH, DLT645_ACTION_CLOSE_PERMIT, 3, &MOMENT);
    ck_assert(dlt645_body(&f, &b));
    ck_assert_uint_eq(b.has, DLT645_HAS_AUTH | DLT645_HAS_OPERATOR | DLT645_HAS_RELAY | DLT645_HAS_TIME);
    ck_assert_mem_eq(&b.auth, &AUTH, sizeof AUTH);
    ck_assert_mem_eq(&b.time, &MOMENT, sizeof MOMENT);
    ck_assert_uint_eq(b.n1, 0x1B);
    ck_assert_uint_eq(b.n2, 3);

    dlt645_ask_profile(&f, METER, 0x06010001, 7, &MOMENT);
    ck_assert(dlt645_body(&f, &b));
    ck_assert_uint_eq(b.di, 0x06010001);
    ck_assert_uint_eq(b.count, 7);
    ck_assert_uint_eq(b.time.minute, 30);
    ck_assert_uint_eq(b.time.year, 24);

    dlt645_ask_password(&f, METER, 0x04000C03, &AUTH, &NEW_AUTH);
    ck_assert(dlt645_body(&f, &b));
    ck_assert_mem_eq(b.auth.password, AUTH.password, 3);
    ck_assert_uint_eq(b.new_auth.level, 4);
    ck_assert_mem_eq(b.new_auth.password, NEW_AUTH.password, 3);

    dlt645_ask_clear_events(&f, METER, &AUTH, 0x03300DFF);
    ck_assert(dlt645_body(&f, &b));
    ck_assert_uint_eq(b.di, 0x03300DFF);
    ck_assert_mem_eq(b.auth.operator_code, AUTH.operator_code, 4);

    dlt645_ask_write_address(&f, 0x202401010001);
    ck_assert_uint_eq(f.address, DLT645_ADDRESS_ANY);
    ck_assert(dlt645_body(&f, &b));
    ck_assert_uint_eq(b.address, 0x202401010001);

    dlt645_reply_follow(&f, METER, 0x0001FF00, hex("112233"), 9, true);
    ck_assert(dlt645_body(&f, &b));
    ck_assert_uint_eq(b.seq, 9);
    ck_assert_uint_eq(b.payload.n, 3);
    ck_assert_uint_eq(b.payload.p[0], 0x11);

    dlt645_reply_security_error(&f, METER, DLT645_RELAY, 0x0102);
    ck_assert(dlt645_body(&f, &b));
    ck_assert_uint_eq(b.has, DLT645_HAS_SECURITY);
    ck_assert_uint_eq(b.security, 0x0102);
}
END_TEST

/* A length that no layout has leaves the data opaque; the frame stays good. */
START_TEST(odd_lengths_have_no_body)
{
    struct dlt645_body b;

    for (unsigned control = 0; control < 256; control++) {
        for (unsigned n = 0; n < 256; n++) {
            struct dlt645_frame f = {.control = (uint8_t)control, .n_data = (uint8_t)n};
            bool known = dlt645_body(&f, &b);

            if (!known)
                ck_assert_uint_eq(b.has, 0);
            if (control == 0x11)
                ck_assert_msg(known == (n == 4 || n == 5 || n == 10), "11 with L=%u", n);
            if (control == 0x1C)
                ck_assert_msg(known == (n == 16), "1C with L=%u", n);
            if (control == 0xD1)
                ck_assert_msg(known == (n == 1), "D1 with L=%u", n);
            if (control == 0x92 || control == 0xB2)
                ck_assert_msg(known == (n >= 5), "92 with L=%u", n);
        }
    }
}
END_TEST

/* A time with a digit above 9 is no time. */
START_TEST(odd_times_have_no_body)
{
    struct dlt645_frame f;
    struct dlt645_body b;

    dlt645_ask_time(&f, DLT645_ADDRESS_BROADCAST, &MOMENT);
    f.data[2] = 0x1A;
    ck_assert(!dlt645_body(&f, &b));
    f.data[2] = 0xA1;
    ck_assert(!dlt645_body(&f, &b));
}
END_TEST

/* 1997 has the same link layer and two-byte identifiers; nothing of it passes as 2007. */
START_TEST(frames_of_1997_are_labelled)
{
    struct dlt645_frame f;
    struct dlt645_body b;

    ck_assert_int_eq(dlt645_decode(hex("6812907856341268810643c333333433e016"), &f).status, WP_OK);
    ck_assert(dlt645_is_1997(&f));
    ck_assert_str_eq(dlt645_function_text(&f), "read");
    ck_assert(dlt645_body(&f, &b));
    ck_assert_uint_eq(b.has, DLT645_HAS_DI2 | DLT645_HAS_PAYLOAD);
    ck_assert_uint_eq(b.di2, 0x9010);
    ck_assert_uint_eq(b.payload.n, 4);
}
END_TEST

START_TEST(speeds)
{
    ck_assert_uint_eq(dlt645_baud(0x02), 600);
    ck_assert_uint_eq(dlt645_baud(0x40), 19200);
    ck_assert_uint_eq(dlt645_baud(0x01), 0);
    ck_assert_uint_eq(dlt645_baud(0x06), 0);
    ck_assert_uint_eq(dlt645_baud(0x80), 0);
    ck_assert_uint_eq(dlt645_baud_z(9600), 0x20);
    ck_assert_uint_eq(dlt645_baud_z(300), 0);
}
END_TEST

/* ---- fields ------------------------------------------------------------------------------------------ */

struct cover {
    uint8_t times[DLT645_FRAME_MAX + 64];
    size_t n;
};

static void cover_field(void *ctx, const struct wp_field *field)
{
    struct cover *c = ctx;

    ck_assert_msg(field->first + field->len <= c->n, "%s ends behind the frame", field->path);
    for (size_t i = 0; i < field->len; i++)
        c->times[field->first + i]++;
}

/* Every byte but the two 68 and the 16 belongs to exactly one field. */
START_TEST(fields_cover_the_wire_once)
{
    static struct dlt645_frame frames[FRAMES_MAX];
    size_t n = every_frame(frames);

    frames[n] = (struct dlt645_frame){.control = 0x1F, .n_data = 5};     /* the vendor's own */
    frames[n + 1] = (struct dlt645_frame){.control = 0x05, .n_data = 3}; /* reserved */
    frames[n + 2] = (struct dlt645_frame){.control = 0x81, .n_data = 9}; /* 1997 */
    frames[n + 3] = (struct dlt645_frame){.control = 0xC1, .n_data = 1}; /* 1997, refused */
    frames[n + 4] = (struct dlt645_frame){.control = 0x1C, .n_data = 1}; /* too short */
    frames[n + 5] = (struct dlt645_frame){.control = 0x91, .n_data = 4}; /* no payload */
    n += 6;
    dlt645_reply_read(&frames[n++], METER, 0x00000000, hex("00"), false); /* too short for its register */
    dlt645_reply_read(&frames[n++], METER, 0x0201FF00, hex("052300222122"), false);
    dlt645_reply_read(&frames[n++], METER, 0x0201FF00, hex("0523002221"), false); /* a piece too many */
    dlt645_reply_read(&frames[n++], METER, 0x01010000, hex("5634120030101501 24"), false);
    dlt645_reply_read(&frames[n++], METER, 0x02010200, hex("FFFF"), false);
    dlt645_reply_read(&frames[n++], METER, 0x04000102, hex("555321"), false);
    dlt645_reply_read(&frames[n++], METER, 0x05060101, hex("1100000022000000 33"), false);
    for (size_t i = 0; i < n; i++) {
        struct cover c = {0};

        frames[i].wakeup = i % 3;
        c.n = frames[i].wakeup + DLT645_OVERHEAD + frames[i].n_data;
        dlt645_codec.fields(&frames[i], cover_field, &c);
        for (size_t at = 0; at < c.n; at++) {
            bool constant = at == frames[i].wakeup || at == frames[i].wakeup + 7 || at == c.n - 1;

            ck_assert_msg(c.times[at] == !constant, "frame %zu (control %02X), byte %zu: %u fields", i,
                          frames[i].control, at, c.times[at]);
        }
    }
}
END_TEST

int main(void)
{
    Suite *s = suite_create("dlt645_body");
    TCase *t = tcase_create("layout");
    SRunner *r;
    int failed;

    tcase_add_test(t, every_frame_comes_back);
    tcase_add_test(t, bodies_hold_what_was_asked);
    tcase_add_test(t, odd_lengths_have_no_body);
    tcase_add_test(t, odd_times_have_no_body);
    tcase_add_test(t, frames_of_1997_are_labelled);
    tcase_add_test(t, speeds);
    tcase_add_test(t, fields_cover_the_wire_once);
    suite_add_tcase(s, t);
    r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
