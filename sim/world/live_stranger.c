/* The session of a client that is not ours, told in records: login, connack, subscribe, suback, publish, deliver, close,
 * as true as those of our own. A packet that is malformed is a note, and passes unchanged for its receiver to judge. */
#include "sim/world/live_tap.h"
#include "sim/world/mqtt_login.h"

#include <assert.h>
#include <stdlib.h>

enum { ASKED_MAX = 64, ALIASES_MAX = 64 };

/* Filters that wait for their codes. */
struct asked {
    uint16_t packet_id;
    struct live_bytes list;
};

/* MQTT 5: a number in place of a topic that was said before. */
struct alias {
    uint32_t number; /* 0: free */
    struct live_bytes topic;
};

struct live_stranger {
    struct live_relay *relay;
    struct wp_addr client, broker;
    struct mqtt_state state;
    bool is_known, has_left; /* it has logged in; said DISCONNECT */
    struct asked asked[ASKED_MAX];
    size_t n_asked;
    struct alias alias[2][ALIASES_MAX]; /* up, down */
    struct {
        bool is_due; /* when the connection ends without goodbye, and no plugin tells of it */
        uint8_t qos;
        bool retain;
        struct live_bytes topic, payload;
    } will;
};

struct live_stranger *live_stranger_new(struct live_relay *relay, struct wp_addr client,
                                        struct wp_addr broker)
{
    struct live_stranger *s = calloc(1, sizeof *s);

    assert(s);
    s->relay = relay;
    s->client = client;
    s->broker = broker;
    return s;
}

void live_stranger_free(struct live_stranger *s)
{
    if (!s)
        return;
    for (size_t i = 0; i < ASKED_MAX; i++)
        free(s->asked[i].list.p);
    for (size_t i = 0; i < ALIASES_MAX; i++) {
        free(s->alias[0][i].topic.p);
        free(s->alias[1][i].topic.p);
    }
    free(s->will.topic.p);
    free(s->will.payload.p);
    free(s);
}

static void record(const struct live_tap *tap, struct wp_record r)
{
    r.machine = tap->machine;
    r.peer = "broker";
    r.port = tap->port;
    live_write(tap->world, &r);
}

void live_stranger_note(struct live_tap *tap, const char *what, const char *text, size_t count)
{
    struct wp_record r = {.kind = WP_REC_NOTE, .machine = tap->machine ? tap->machine : "foreign"};

    r.port = tap->port;
    r.note.what = what;
    r.note.text = wp_text(text);
    r.note.count = (int64_t)count;
    live_write(tap->world, &r);
}

static void keep(struct live_bytes *to, struct wp_slice s)
{
    live_bytes_drop(to, to->n);
    if (s.n > 0)
        live_bytes_add(to, s);
}

static struct wp_slice kept(const struct live_bytes *b)
{
    return wp_slice(b->n > 0 ? (const void *)b->p : "", b->n);
}

/* ---- login ----------------------------------------------------------------------------------------- */

static void keep_will(struct live_stranger *s, const struct mqtt_connect *c)
{
    if (!c->has_will || s->relay->is_own)
        return;
    s->will.is_due = true;
    s->will.qos = c->will.qos;
    s->will.retain = c->will.retain;
    keep(&s->will.topic, c->will.topic);
    keep(&s->will.payload, c->will.payload);
}

static void take_connect(struct live_tap *tap, const struct mqtt_frame *f)
{
    struct live_stranger *s = tap->stranger;
    struct wp_login login = mqtt_login_of(&f->connect);

    if (s->is_known)
        return;           /* a second one: the broker's to refuse */
    if (login.password.p) /* a secret stays out of the transcript */
        login.password = wp_text("***");
    s->is_known = true;
    tap->machine = live_name_client(tap->world, login.client_id, s->relay->machine);
    record(tap, (struct wp_record){.kind = WP_REC_OPEN, .open = {s->client, s->broker, WP_BROKER}});
    record(tap, (struct wp_record){.kind = WP_REC_LOGIN, .login = &login});
    keep_will(s, &f->connect);
}

static void take_connack(struct live_tap *tap, const struct mqtt_frame *f)
{
    record(tap, (struct wp_record){.kind = WP_REC_CONNACK,
                                   .connack = {.code = f->reason, .session_present = f->session_present}});
}

/* ---- subscriptions --------------------------------------------------------------------------------- */

static void remember(struct live_stranger *s, const struct mqtt_frame *f)
{
    struct asked first = s->asked[0];

    if (s->n_asked == ASKED_MAX) { /* the oldest is never answered */
        memmove(s->asked, s->asked + 1, (ASKED_MAX - 1) * sizeof s->asked[0]);
        s->asked[--s->n_asked] = first;
    }
    s->asked[s->n_asked].packet_id = f->packet_id;
    keep(&s->asked[s->n_asked++].list, f->list);
}

static void take_filters(struct live_tap *tap, const struct mqtt_frame *f)
{
    enum wp_record_kind kind = f->type == MQTT_SUBSCRIBE ? WP_REC_SUBSCRIBE : WP_REC_UNSUBSCRIBE;
    struct wp_slice list = f->list;
    struct mqtt_filter one;

    while (mqtt_filter_next(f->type, &list, &one))
        record(tap, (struct wp_record){.kind = kind, .subscribe = {.filter = one.filter, .qos = one.qos}});
    if (f->type == MQTT_SUBSCRIBE)
        remember(tap->stranger, f);
}

/* A code for each filter, in their order. */
static void take_suback(struct live_tap *tap, const struct mqtt_frame *f)
{
    struct live_stranger *s = tap->stranger;
    struct mqtt_filter one;
    struct asked asked;
    size_t i = 0, n = 0;

    while (i < s->n_asked && s->asked[i].packet_id != f->packet_id)
        i++;
    if (i == s->n_asked)
        return;
    asked = s->asked[i];
    memmove(s->asked + i, s->asked + i + 1, (s->n_asked - i - 1) * sizeof asked);
    s->asked[--s->n_asked] = asked;
    for (struct wp_slice list = kept(&asked.list); mqtt_filter_next(MQTT_SUBSCRIBE, &list, &one); n++)
        record(tap,
               (struct wp_record){.kind = WP_REC_SUBACK,
                                  .subscribe = {.filter = one.filter,
                                                .qos = n < f->list.n ? f->list.p[n] : WP_SUBACK_REFUSED}});
}

/* ---- messages -------------------------------------------------------------------------------------- */

static uint32_t alias_number(const struct mqtt_frame *f)
{
    struct wp_slice properties = f->properties;
    struct mqtt_property p;

    while (mqtt_property_next(&properties, &p))
        if (p.id == MQTT_PROPERTY_TOPIC_ALIAS)
            return p.number;
    return 0;
}

/* The topic, in its words, whether it was said now or before. */
static struct wp_slice topic_of(struct live_stranger *s, bool down, const struct mqtt_frame *f)
{
    uint32_t number = f->version == MQTT_V5 ? alias_number(f) : 0;
    struct alias *a = &s->alias[down][number % ALIASES_MAX];

    if (number == 0)
        return f->topic;
    if (f->topic.n > 0) {
        a->number = number;
        keep(&a->topic, f->topic);
    }
    return a->number == number ? kept(&a->topic) : f->topic;
}

static void take_publish(struct live_tap *tap, bool down, const struct mqtt_frame *f)
{
    struct wp_record r = {.kind = down ? WP_REC_DELIVER : WP_REC_PUBLISH};

    r.message.topic = topic_of(tap->stranger, down, f);
    r.message.payload = f->payload;
    r.message.qos = f->qos;
    r.message.retain = f->retain;
    r.message.dup = f->dup;
    record(tap, r);
}

/* ---- packets --------------------------------------------------------------------------------------- */

static void take_frame(struct live_tap *tap, bool down, const struct mqtt_frame *f)
{
    switch (f->type) {
    case MQTT_CONNECT: take_connect(tap, f); break;
    case MQTT_CONNACK: take_connack(tap, f); break;
    case MQTT_PUBLISH: take_publish(tap, down, f); break;
    case MQTT_SUBSCRIBE:
    case MQTT_UNSUBSCRIBE: take_filters(tap, f); break;
    case MQTT_SUBACK: take_suback(tap, f); break;
    case MQTT_DISCONNECT: /* 4: of version 5, with the will */
        tap->stranger->has_left |= !down && f->reason != 4;
        break;
    default: break;
    }
}

static void take_malformed(struct live_tap *tap, struct wp_slice packet, struct wp_decode d)
{
    char text[80];
    struct wp_writer w = wp_writer(text, sizeof text);
    const char *type = mqtt_type_text(packet.p[0] >> 4);

    wp_put_text(&w, type ? type : "type 0");
    wp_put_text(&w, ": ");
    wp_put_text(&w, wp_fault_text(d.fault));
    wp_put_text(&w, " at ");
    wp_put_uint(&w, d.at);
    live_stranger_note(tap, "malformed-packet", wp_put_end(&w), packet.n);
}

void live_stranger_packet(struct live_tap *tap, bool down, struct wp_slice packet)
{
    struct live_stranger *s = tap->stranger;
    struct mqtt_frame f;
    struct wp_decode d = mqtt_decode(&s->state, down ? WP_SIDE_SERVER : WP_SIDE_CLIENT, packet, &f);

    if (d.status != WP_OK)
        take_malformed(tap, packet, d);
    else if (s->is_known || f.type == MQTT_CONNECT)
        take_frame(tap, down, &f);
}

/* ---- the end --------------------------------------------------------------------------------------- */

/* The broker publishes it now. */
static void tell_will(struct live_tap *tap)
{
    const struct live_stranger *s = tap->stranger;
    struct wp_record r = {.kind = WP_REC_PUBLISH};

    r.message.topic = kept(&s->will.topic);
    r.message.payload = kept(&s->will.payload);
    r.message.qos = s->will.qos;
    r.message.retain = s->will.retain;
    r.message.will = true;
    record(tap, r);
}

/* After a goodbye the broker may be the first to close. */
static enum wp_close_reason reason_of(const struct live_stranger *s, bool down, bool reset)
{
    if (!down || s->has_left)
        return WP_CLOSE_OWN;
    return reset ? WP_CLOSE_RESET : WP_CLOSE_PEER;
}

void live_stranger_end(struct live_tap *tap, bool down, bool reset)
{
    struct live_stranger *s = tap->stranger;

    if (!s->is_known)
        return;
    record(tap, (struct wp_record){.kind = WP_REC_CLOSE, .close = {.reason = reason_of(s, down, reset)}});
    if (s->will.is_due && !s->has_left)
        tell_will(tap);
    s->will.is_due = false;
}
