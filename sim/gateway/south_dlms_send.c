/* One APDU to the meter, in its transport and as its association protects it. */
#include "sim/codec/cosem_name.h"
#include "sim/codec/wrapper.h"
#include "sim/gateway/south_dlms_talk.h"

enum { PORT_USUAL = 1, CLIENT_PUBLIC = 16, COUNTERS_A_SECOND = 8 };
enum { SUITE_2 = 2, KEY_SUITE_2 = 32 }; /* octets of a key; a shorter one is of suite 0 */

/* 2020-01-01T00:00:00Z: no counter of ours is from an earlier time. */
#define COUNTERS_FROM_S INT64_C(1577836800)

uint8_t south_dlms_next_invoke(struct dlms_session *s)
{
    s->invoke = (uint8_t)(s->invoke % DLMS_REQUESTS + 1);
    return 0xC0 | s->invoke;
}

/* ---- protection ------------------------------------------------------------------------------------- */

/* The meter's own key, else that of the title it is known by, else the one for everybody. */
static const struct wp_key *find_key(const struct dlms_south *so, const struct dlms_session *s)
{
    const struct wp_keys *keys = south_dlms_keys(so, s);
    const struct wp_key *any = NULL;

    for (size_t i = 0; i < keys->n; i++) {
        const struct wp_key *k = &keys->at[i];

        if (!k->has_title)
            any = any ? any : k;
        else if (s->unit && s->unit->has_title[COSEM_SERVER] &&
                 memcmp(s->unit->title[COSEM_SERVER], k->title, COSEM_TITLE) == 0)
            return k;
    }
    return any ? any : keys->n == 1 ? &keys->at[0] : NULL;
}

bool south_dlms_secret(struct dlms_south *so, struct dlms_session *s, struct cosem_secret *out)
{
    const struct wp_key *key = find_key(so, s);

    if (!key || key->n_key == 0 || key->n_auth != key->n_key)
        return false;
    *out = (struct cosem_secret){.key = wp_slice(key->key, key->n_key),
                                 .auth = wp_slice(key->auth, key->n_auth),
                                 .title = wp_slice(so->client_title, COSEM_TITLE)};
    return true;
}

/* It must never go back, also when the gateway or the connection is new: what the time of day says is the least. */
bool south_dlms_next_counter(struct dlms_south *so, struct dlms_session *s)
{
    int64_t age_s = (so->facts->epoch_us + so->now) / 1000000 - COUNTERS_FROM_S;
    int64_t least = age_s > 0 ? age_s * COUNTERS_A_SECOND : 0;

    if (least > s->counter && least < UINT32_MAX)
        s->counter = (uint32_t)least;
    return cosem_counter_next(&s->counter, &s->talk->counter);
}

bool south_dlms_seal(struct dlms_south *so, struct dlms_session *s, struct wp_slice plain,
                     struct wp_writer *w)
{
    struct cosem_secret secret;
    uint8_t sc = COSEM_SC_AUTHENTICATED | COSEM_SC_ENCRYPTED;

    if (!south_dlms_secret(so, s, &secret) || !south_dlms_next_counter(so, s))
        return false;
    if (secret.key.n == KEY_SUITE_2)
        sc |= SUITE_2;
    return cosem_seal(w, so->scratch.cipher, &secret, COSEM_GLO, sc, s->talk->counter, plain);
}

/* ---- transports ------------------------------------------------------------------------------------- */

static struct hdlc_frame hdlc_frame(const struct dlms_south *so, const struct dlms_session *s)
{
    struct hdlc_frame f = {.destination = s->link->hdlc.meter,
                           .source = {.upper = so->client ? so->client : CLIENT_PUBLIC, .n = 1}};

    if (so->server)
        f.destination.upper = so->server;
    if (f.destination.n == 1 && f.destination.upper > 0x7F)
        f.destination.n = 2;
    return f;
}

static void put_hdlc(struct dlms_south *so, struct dlms_session *s, struct wp_slice apdu)
{
    struct dlms_talk *t = s->talk;
    struct hdlc_split split = {.frame = hdlc_frame(so, s), .info_max = t->info_max};
    uint8_t wire[HDLC_FRAME_MAX];
    struct wp_writer w = wp_writer(wire, sizeof wire);

    split.frame.type = HDLC_I;
    split.frame.control = hdlc_control(HDLC_I, t->ns, t->nr, true);
    split.frame.llc = HDLC_LLC_COMMAND;
    split.frame.payload = apdu;
    while (hdlc_split_next(&split, &w)) {
        wp_send(so->out, s->port, wp_written(&w));
        t->ns = (uint8_t)((t->ns + 1) & 7);
        w.n = 0;
    }
}

static void put_wrapper(struct dlms_south *so, struct dlms_session *s, struct wp_slice apdu)
{
    uint8_t wire[WRAPPER_HEADER + DLMS_APDU_MAX];
    struct wp_writer w = wp_writer(wire, sizeof wire);
    const struct wrapper_frame f = {.source = so->client ? so->client : PORT_USUAL,
                                    .destination = so->server ? so->server : PORT_USUAL,
                                    .payload = apdu};

    wrapper_encode(&w, &f);
    wp_send(so->out, s->port, wp_written(&w));
}

/* A meter that never used a wrapper gets none. */
static void put(struct dlms_south *so, struct dlms_session *s, struct wp_slice apdu)
{
    if (s->transport == DLMS_HDLC)
        put_hdlc(so, s, apdu);
    else if (s->transport == DLMS_WRAPPED && !s->was_wrapped)
        wp_send(so->out, s->port, apdu);
    else
        put_wrapper(so, s, apdu);
}

/* Those of the association itself hold what is ciphered inside. */
static bool is_sealed(const struct dlms_talk *t, const struct cosem_apdu *apdu)
{
    return t->is_ciphered && apdu->form != COSEM_AARQ && apdu->form != COSEM_RLRQ;
}

void south_dlms_send(struct dlms_south *so, struct dlms_session *s, const struct cosem_apdu *apdu, wp_us wait)
{
    uint8_t plain[DLMS_APDU_MAX], sealed[DLMS_APDU_MAX];
    struct wp_writer w = wp_writer(plain, sizeof plain), out = wp_writer(sealed, sizeof sealed);

    s->talk->until = so->now + wait;
    cosem_apdu_encode(&w, apdu);
    if (!is_sealed(s->talk, apdu))
        put(so, s, wp_written(&w));
    else if (south_dlms_seal(so, s, wp_written(&w), &out))
        put(so, s, wp_written(&out));
}

void south_dlms_send_link(struct dlms_south *so, struct dlms_session *s, enum hdlc_type type, wp_us wait)
{
    struct hdlc_frame f = hdlc_frame(so, s);
    uint8_t wire[HDLC_FRAME_MAX];
    struct wp_writer w = wp_writer(wire, sizeof wire);

    f.type = type;
    f.control = hdlc_control(type, 0, type == HDLC_RR ? s->talk->nr : 0, true);
    hdlc_encode(&w, &f);
    s->talk->until = so->now + wait;
    wp_send(so->out, s->port, wp_written(&w));
}
