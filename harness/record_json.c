/* One record as a JSON object: time, kind, machine, then what its kind carries. */
#include "harness/fields.h"
#include "harness/record_file.h"
#include "sim/core/json_out.h"

static const char *const reasons[] = {"peer", "reset", "own", "refused", "timeout"};

/* JSON payloads as text that reads well; what is no UTF-8 as hex digits. */
static void put_payload(struct json_out *j, struct wp_slice payload)
{
    if (wp_slice_is_utf8(payload))
        json_text_member(j, "payload", payload);
    else
        json_value_member(j, "payload_hex", wp_bytes_value(payload));
}

static void put_message(struct json_out *j, const struct wp_record *r)
{
    json_text_member(j, "topic", r->message.topic);
    json_int_member(j, "qos", r->message.qos);
    if (!(r->message.unseen & WP_UNSEEN_RETAIN))
        json_bool_member(j, "retain", r->message.retain);
    if (r->message.dup)
        json_bool_member(j, "dup", true);
    if (r->message.will)
        json_bool_member(j, "will", true);
    put_payload(j, r->message.payload);
}

static void put_addr(struct json_out *j, const char *key, struct wp_addr addr)
{
    char text[32];
    struct wp_writer w = wp_writer(text, sizeof text);

    wp_put_addr(&w, addr);
    json_text_member(j, key, wp_written(&w));
}

static void put_login(struct json_out *j, const struct wp_login *l)
{
    json_text_member(j, "client", l->client_id);
    if (l->user.p)
        json_text_member(j, "user", l->user); /* never the password */
    json_bool_member(j, "clean", l->clean);
    json_int_member(j, "keepalive_s", l->keepalive_s);
    if (!l->has_will)
        return;
    json_key(j, "will");
    json_open_object(j);
    json_text_member(j, "topic", l->will.topic);
    json_int_member(j, "qos", l->will.qos);
    json_bool_member(j, "retain", l->will.retain);
    put_payload(j, l->will.payload);
    json_close_object(j);
}

static void put_reading(struct json_out *j, const struct wp_reading *reading)
{
    static const char *const why[] = {"polled", "asked", "pushed"};
    static const char *const quality[] = {"good", "no-value", "invalid", "refused"};

    json_text_member(j, "device", reading->device);
    json_text_member(j, "reason", wp_text(why[reading->reason]));
    if (reading->event)
        json_text_member(j, "event", wp_text(reading->event));
    json_key(j, "points");
    json_open_array(j);
    for (size_t i = 0; i < reading->n_points; i++) {
        const struct wp_point *p = &reading->points[i];

        json_open_object(j);
        json_text_member(j, "id", p->id);
        json_value_member(j, "value", p->value);
        json_text_member(j, "unit", wp_text(p->unit));
        json_text_member(j, "quality", wp_text(quality[p->quality]));
        if (p->fault.n > 0)
            json_text_member(j, "fault", p->fault);
        json_close_object(j);
    }
    json_close_array(j);
}

static void put_command(struct json_out *j, const struct wp_command *c)
{
    json_int_member(j, "tag", c->tag);
    json_text_member(j, "device", c->device);
    json_bool_member(j, "poll", c->poll);
    json_key(j, "ids");
    json_open_array(j);
    for (size_t i = 0; i < c->n_ids; i++)
        json_put_text(j, c->ids[i]);
    json_close_array(j);
}

static void put_frame(struct json_out *j, const struct wp_record *r)
{
    char line[4096];
    struct wp_writer w = wp_writer(line, sizeof line);

    if (r->frame.codec)
        json_text_member(j, "codec", wp_text(r->frame.codec->name));
    if (r->frame.frame) {
        fields_put_line(&w, r->frame.codec, r->frame.frame);
        json_text_member(j, "line", wp_written(&w));
    } else {
        json_text_member(j, "fault", wp_text(wp_fault_text(r->frame.bad.fault)));
        json_int_member(j, "at", (int64_t)r->frame.bad.at);
    }
    json_value_member(j, "wire", wp_bytes_value(r->frame.wire));
}

static void put_note(struct json_out *j, const struct wp_record *r)
{
    json_text_member(j, "what", wp_text(r->note.what));
    if (r->note.text.n > 0)
        json_text_member(j, "text", r->note.text);
    json_int_member(j, "count", r->note.count);
}

static void put_body(struct json_out *j, const struct wp_record *r)
{
    switch (r->kind) {
    case WP_REC_OPEN:
        if (r->open.transport == WP_UDP)
            json_text_member(j, "transport", wp_text("udp"));
        put_addr(j, "own", r->open.own);
        put_addr(j, "peer_addr", r->open.peer);
        break;
    case WP_REC_CLOSE:
        json_text_member(j, "reason", wp_text(reasons[r->close.reason]));
        json_int_member(j, "code", r->close.code);
        if (r->close.peer.port != 0)
            put_addr(j, "peer_addr", r->close.peer);
        break;
    case WP_REC_SEND:
    case WP_REC_RECEIPT: json_value_member(j, "bytes", wp_bytes_value(r->bytes)); break;
    case WP_REC_FRAME: put_frame(j, r); break;
    case WP_REC_LOGIN: put_login(j, r->login); break;
    case WP_REC_CONNACK:
        json_int_member(j, "code", r->connack.code);
        json_bool_member(j, "session_present", r->connack.session_present);
        break;
    case WP_REC_SUBSCRIBE:
    case WP_REC_SUBACK:
    case WP_REC_UNSUBSCRIBE:
        json_text_member(j, "filter", r->subscribe.filter);
        json_int_member(j, r->kind == WP_REC_SUBACK ? "code" : "qos", r->subscribe.qos);
        break;
    case WP_REC_PUBLISH:
    case WP_REC_DELIVER: put_message(j, r); break;
    case WP_REC_READING: put_reading(j, r->reading); break;
    case WP_REC_COMMAND: put_command(j, r->command); break;
    case WP_REC_ANSWER:
        json_int_member(j, "tag", r->answer->tag);
        json_text_member(j, "device", r->answer->device);
        json_bool_member(j, "ok", r->answer->ok);
        if (r->answer->fault.n > 0)
            json_text_member(j, "fault", r->answer->fault);
        break;
    case WP_REC_PRESENCE:
        json_text_member(j, "device", r->presence->device);
        json_bool_member(j, "online", r->presence->online);
        break;
    case WP_REC_SET:
        json_text_member(j, "name", wp_text(r->set.name));
        json_value_member(j, "value", r->set.value);
        json_int_member(j, "times", r->set.times);
        break;
    case WP_REC_FAULT:
    case WP_REC_STEP:
    case WP_REC_NOTE:
    case WP_REC_CHECK: put_note(j, r); break;
    case WP_REC_WIRE: break; /* a capture's business */
    }
}

void record_put_json(struct wp_writer *w, const struct wp_record *r)
{
    struct json_out j = json_out(w);

    json_open_object(&j);
    json_int_member(&j, "seq", (int64_t)r->seq);
    json_int_member(&j, "at_us", r->at);
    json_text_member(&j, "record", wp_text(wp_record_text(r->kind)));
    json_text_member(&j, "machine", wp_text(r->machine));
    if (r->peer)
        json_text_member(&j, "peer", wp_text(r->peer));
    if (r->port != 0)
        json_int_member(&j, "port", r->port);
    put_body(&j, r);
    json_close_object(&j);
}
