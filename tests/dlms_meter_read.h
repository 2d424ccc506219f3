/* What a simulated DLMS/COSEM meter sent, read back by the codecs: frames, joined, deciphered, mapped. */
#ifndef DLMS_METER_READ_H
#define DLMS_METER_READ_H

#include "sim/codec/cosem_push.h"
#include "sim/codec/cosem_unit.h"
#include "sim/codec/mbus.h"
#include "sim/codec/wrapper.h"
#include "tests/dlms_meter_rig.h"

enum { POINTS_MAX = 64, ROOM = 4096 };

/* ---- reading back --------------------------------------------------------------------------------------------- */

static struct cosem_point points[POINTS_MAX];
static struct cosem_push said;
static struct cosem_plain plain;
static struct wp_slice last_payload;

static uint8_t room[ROOM], chain[2][ROOM], joined[ROOM];

struct reader {
    struct cosem_unit unit;
    struct wp_key key;
    struct wp_keys keys;
    struct cosem_scratch scratch;
};

static inline void reader_init(struct reader *r)
{
    size_t n;

    memset(r, 0, sizeof *r);
    r->key.n_key = r->key.n_auth = METER_KEY;
    ck_assert(wp_hex_read(wp_text("000102030405060708090A0B0C0D0E0F"), r->key.key, METER_KEY, &n));
    ck_assert(wp_hex_read(wp_text("D0D1D2D3D4D5D6D7D8D9DADBDCDDDEDF"), r->key.auth, METER_KEY, &n));
    r->keys = (struct wp_keys){&r->key, 1};
    r->unit.keys = &r->keys;
    r->unit.tolerance = COSEM_TOLERANT;
    r->scratch = (struct cosem_scratch){cosem_cipher_shared(), room, sizeof room, NULL};
    for (int i = 0; i < 2; i++)
        cosem_gbt_lend(&r->unit.chain[i], chain[i], sizeof chain[i]);
}

/* One frame of any transport to a whole payload; empty: not yet. */
static inline struct wp_slice payload_of(struct wp_slice frame, struct hdlc_join *hdlc,
                                         struct mbus_join *mbus)
{
    struct wp_slice payload = {NULL, 0};
    enum wp_fault fault;

    if (frame.p[0] == 0x7E) {
        struct hdlc_frame f;

        if (hdlc_decode(NULL, frame, &f).status != WP_OK)
            return payload;
        ck_assert_int_ne(hdlc_join_add(hdlc, &f, &payload, &fault), WP_BAD);
    } else if (frame.p[0] == 0x68) {
        struct mbus_frame f;

        if (mbus_decode(frame, &f).status != WP_OK)
            return payload;
        ck_assert_int_ne(mbus_join_add(mbus, &f, &payload, &fault), WP_BAD);
    } else {
        struct wrapper_frame f;

        ck_assert_int_eq(wrapper_decode(frame, &f).status, WP_OK);
        payload = f.payload;
    }
    return payload;
}

/* Everything that was sent since it was forgotten, to one plain APDU. */
static inline enum cosem_unit_result read_back(struct rig *r)
{
    struct reader reader;
    struct hdlc_join hdlc;
    struct mbus_join mbus;
    enum cosem_unit_result result = COSEM_UNIT_PART;

    reader_init(&reader);
    hdlc_join_init(&hdlc, joined, sizeof joined);
    mbus_join_init(&mbus, joined, sizeof joined);
    ck_assert_uint_gt(r->n_sends, 0);
    for (size_t i = 0; i < r->n_sends; i++) {
        struct wp_slice payload = payload_of(r->sends[i], &hdlc, &mbus);

        last_payload = payload;
        if (payload.n > 0)
            result = cosem_unit_feed(&reader.unit, &reader.scratch, WP_SIDE_UNKNOWN, payload, &plain);
    }
    return result;
}

/* The body of a data-notification; also of one that is no A-XDR, which only its maker's profile reads. */
static inline struct wp_slice body_of(struct rig *r)
{
    if (read_back(r) == COSEM_UNIT_PLAIN) {
        ck_assert_int_eq(plain.apdu.form, COSEM_NOTIFICATION);
        return plain.apdu.notification.data;
    }
    ck_assert_int_eq(plain.fault, WP_FAULT_TAG);
    ck_assert_uint_eq(last_payload.p[0], 0x0F);
    return wp_slice_from(last_payload, last_payload.p[5] == 0 ? 6 : 18);
}

static inline const char *shape_of(struct rig *r, const char *profile)
{
    const struct cosem_push_setup setup = {.profile = cosem_profile_find(NULL, wp_text(profile))};

    cosem_push_map(body_of(r), &setup, points, POINTS_MAX, &said);
    return cosem_shape_text(said.shape);
}

/* What it says of an object, as it is published; "none". */
static inline const char *value_of(struct obis ln, char text[160])
{
    char memory[160];
    struct wp_writer w = wp_writer(text, 160), texts = wp_writer(memory, sizeof memory);

    wp_put_text(&w, "none");
    for (size_t i = 0; i < said.n_points && w.n == 4; i++)
        if (obis_eq(obis_channel0(points[i].ln), ln) && points[i].attribute != 3) {
            w.n = 0;
            wp_put_value(&w, cosem_point_value(&points[i], &texts));
            return wp_put_end(&w);
        }
    return wp_put_end(&w);
}

#endif
