/* Replay as JSON Lines: an object for each event, the summary last. */
#include "harness/fields.h"
#include "harness/replay_print.h"
#include "sim/catalog.h"

static void put_addr_member(struct replay_printer *p, struct json_out *j, const char *key,
                            const struct packet_addr *addr)
{
    json_key(j, key);
    json_put_raw(j, wp_slice("\"", 1)); /* nothing in it needs an escape */
    replay_put_addr(p, j->w, addr);
    wp_put_char(j->w, '"');
}

static void put_time_member(struct replay_printer *p, struct json_out *j, const char *key, int64_t ns)
{
    json_key(j, key);
    json_put_raw(j, wp_slice("\"", 1));
    moment_put(&p->clock, j->w, ns, 9);
    wp_put_char(j->w, '"');
}

/* ---- events ----------------------------------------------------------------------------------------- */

static void put_frame(struct json_out *j, const struct replay_event *e)
{
    struct fields_json fields;

    json_key(j, "frame");
    json_put_raw(j, wp_slice("", 0)); /* which is written now */
    fields_json_begin(&fields, j->w);
    e->codec->fields(e->frame, fields_json_visit, &fields);
    fields_json_end(&fields);
    if (fields.n_secrets)
        fields_json_wire(&fields, j, e->wire);
    else
        json_hex_member(j, "wire", e->wire);
    json_uint_member(j, "offset", e->offset);
    if (e->exchange == EXCHANGE_ANSWER) {
        json_uint_member(j, "answers", e->question.number);
        json_value_member(j, "after", wp_decimal(e->when.ns - e->question.ns, -9));
    }
    if (e->exchange == EXCHANGE_UNASKED)
        json_bool_member(j, "unasked", true);
}

static void put_bad(struct json_out *j, const struct replay_event *e)
{
    json_text_member(j, "bad", wp_text(wp_fault_text(e->bad.fault)));
    json_uint_member(j, "at", e->bad.at);
    json_uint_member(j, "bytes", e->n);
    json_hex_member(j, "wire", e->wire);
    json_uint_member(j, "offset", e->offset);
}

static void put_event(struct replay_printer *p, struct wp_writer *w, const void *what)
{
    const struct replay_event *e = what;
    struct json_out j = json_out(w);

    json_open_object(&j);
    json_uint_member(&j, "packet", e->when.number);
    put_time_member(p, &j, "time", e->when.ns);
    put_addr_member(p, &j, "from", e->from);
    put_addr_member(p, &j, "to", e->to);
    if (e->codec)
        json_text_member(&j, "codec", wp_text(e->codec->name));
    switch (e->kind) {
    case REPLAY_FRAME: put_frame(&j, e); break;
    case REPLAY_BAD: put_bad(&j, e); break;
    case REPLAY_GAP: json_uint_member(&j, "gap", e->n); break;
    case REPLAY_UNANSWERED: json_uint_member(&j, "unanswered", e->question.number); break;
    }
    json_close_object(&j);
}

static void on_event(struct replay_out *out, const struct replay_event *event)
{
    replay_print((struct replay_printer *)out, put_event, event);
}

/* ---- the summary ------------------------------------------------------------------------------------ */

static void put_foreign(struct replay_printer *p, struct json_out *j, const struct replay_foreign *f)
{
    static const char *const transport[] = {"tcp", "udp", "dbus"};

    json_open_object(j);
    json_text_member(j, "transport", wp_text(transport[f->kind]));
    put_addr_member(p, j, "from", &f->from);
    put_addr_member(p, j, "to", &f->to);
    json_uint_member(j, "bytes", f->bytes[0]);
    json_uint_member(j, "back", f->bytes[1]);
    json_close_object(j);
}

/* A count of the summary under its name. */
struct member {
    const char *key;
    size_t at;
};

#define MEMBER(key, field)                                                                                   \
    {                                                                                                        \
        key, offsetof(struct replay_summary, field)                                                          \
    }

static const struct member packets[] = {
    MEMBER("all", packets),
    MEMBER("tcp", tcp),
    MEMBER("udp", udp),
    MEMBER("dbus", messages),
    MEMBER("malformed", malformed),
    MEMBER("cut", cut),
    MEMBER("unknownLink", unknown_link),
    {0},
};

static const struct member fragments[] = {
    MEMBER("all", fragments),
    MEMBER("putTogether", whole), /* packets */
    MEMBER("notPutTogether", fragments_lost),
    MEMBER("conflicts", fragment_conflicts),
    {0},
};

static const struct member connections[] = {
    MEMBER("tcp", connections), MEMBER("udp", exchanges),
    MEMBER("dbus", buses),      MEMBER("ours", ours),
    MEMBER("foreign", foreign), MEMBER("withoutData", silent),
    MEMBER("evicted", evicted), {0},
};

static const struct member questions[] = {
    MEMBER("all", questions),
    MEMBER("answered", answered),
    MEMBER("unanswered", unanswered),
    MEMBER("unasked", unasked),
    {0},
};

static const struct member bytes[] = {
    MEMBER("bytes", bytes),
    MEMBER("bad", bad),
    MEMBER("badBytes", bad_bytes),
    MEMBER("gaps", gaps),
    MEMBER("gapBytes", gap_bytes),
    MEMBER("tooLarge", too_large),
    {0},
};

static const struct member segments[] = {
    MEMBER("retransmitted", retransmitted),
    MEMBER("reordered", reordered),
    MEMBER("overlaps", overlaps),
    MEMBER("conflicts", conflicts),
    MEMBER("givenUp", given_up),
    MEMBER("late", late),
    {0},
};

static void put_members(struct json_out *j, const struct member *m, const struct replay_summary *s)
{
    for (; m->key; m++)
        json_uint_member(j, m->key, *(const uint64_t *)(const void *)((const char *)s + m->at));
}

static void put_object(struct json_out *j, const char *key, const struct member *m,
                       const struct replay_summary *s)
{
    json_key(j, key);
    json_open_object(j);
    put_members(j, m, s);
    json_close_object(j);
}

static void put_all_foreign(struct replay_printer *p, struct json_out *j, const struct replay_summary *s)
{
    json_key(j, "foreign");
    json_open_array(j);
    for (size_t i = 0; i < s->n_shown; i++)
        put_foreign(p, j, &s->shown[i]);
    json_close_array(j);
}

static void put_frames(struct json_out *j, const struct replay_summary *s)
{
    json_key(j, "frames");
    json_open_object(j);
    for (size_t i = 0; i < wp_n_codecs; i++)
        if (s->frames[i])
            json_uint_member(j, wp_codecs[i]->name, s->frames[i]);
    json_close_object(j);
}

static void put_faults(struct json_out *j, const char *key, const uint64_t *of)
{
    json_key(j, key);
    json_open_object(j);
    for (int fault = 0; fault < WP_N_FAULTS; fault++)
        if (of[fault])
            json_uint_member(j, wp_fault_text((enum wp_fault)fault), of[fault]);
    json_close_object(j);
}

static void put_content(struct json_out *j, const struct replay_summary *s)
{
    json_key(j, "ciphered");
    json_open_object(j);
    json_uint_member(j, "all", s->ciphered);
    json_uint_member(j, "authenticated", s->verified);
    json_uint_member(j, "notAuthenticated", s->unchecked);
    put_faults(j, "notDeciphered", s->closed);
    json_close_object(j);
    put_faults(j, "refused", s->refused);
}

static void put_summary(struct replay_printer *p, struct wp_writer *w, const void *what)
{
    const struct replay_summary *s = what;
    struct json_out j = json_out(w);

    json_open_object(&j);
    json_key(&j, "summary");
    json_open_object(&j);
    put_object(&j, "packets", packets, s);
    put_object(&j, "fragments", fragments, s);
    if (s->packets) {
        put_time_member(p, &j, "first", s->first_ns);
        put_time_member(p, &j, "last", s->last_ns);
    }
    put_object(&j, "connections", connections, s);
    put_all_foreign(p, &j, s);
    put_frames(&j, s);
    put_content(&j, s);
    put_object(&j, "questions", questions, s);
    put_members(&j, bytes, s);
    put_object(&j, "segments", segments, s);
    json_uint_member(&j, "findings", replay_findings(s));
    json_close_object(&j);
    json_close_object(&j);
}

static void on_summary(struct replay_out *out, const struct replay_summary *summary)
{
    replay_print((struct replay_printer *)out, put_summary, summary);
}

static void on_judged(struct replay_out *out, const struct judged *judged)
{
    replay_print_judged_json((struct replay_printer *)out, judged);
}

struct replay_out *replay_json_new(struct replay_lines *lines)
{
    static const struct replay_out out = {.event = on_event, .summary = on_summary, .judged = on_judged};

    return &replay_printer_new(lines, &out)->out;
}

void replay_json_free(struct replay_out *out)
{
    replay_printer_free((struct replay_printer *)out);
}
