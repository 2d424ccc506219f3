/* What an HDLC frame says, field by field, and its row of the catalog. */
#include "sim/codec/cosem_apdu.h"
#include "sim/codec/hdlc.h"

struct visitor {
    wp_visit *visit;
    void *ctx;
    size_t format; /* where the format field stands */
};

static void say(const struct visitor *v, const char *path, struct wp_value value, size_t at, size_t len,
                enum wp_role role)
{
    struct wp_field field = {path, value, "", len ? v->format + at : 0, len, role};

    v->visit(v->ctx, &field);
}

/* Upper and lower share the bytes in halves. */
static void say_address(const struct visitor *v, const char *path, const struct hdlc_address *a, size_t at)
{
    size_t half = a->n == 1 ? 1 : a->n / 2;

    say(v, path, wp_int(a->upper), at, half, WP_ROLE_ID);
    if (a->n > 1)
        say(v, path, wp_int(a->lower), at + half, half, WP_ROLE_ID);
}

static void say_control(const struct visitor *v, const struct hdlc_frame *f, size_t at)
{
    say(v, "ctrl", wp_bytes_value(wp_slice(&f->control, 1)), at, 1, WP_ROLE_KEY);
    say(v, "type", wp_text_value(wp_text(hdlc_type_text(f->type))), 0, 0, WP_ROLE_FIELD);
    say(v, "pf", wp_int(hdlc_is_poll_final(f->control)), 0, 0, WP_ROLE_FIELD);
    if (f->type == HDLC_I)
        say(v, "ns", wp_int(hdlc_ns(f->control)), 0, 0, WP_ROLE_FIELD);
    if (f->type == HDLC_I || f->type == HDLC_RR || f->type == HDLC_RNR)
        say(v, "nr", wp_int(hdlc_nr(f->control)), 0, 0, WP_ROLE_FIELD);
}

/* As it stands on the wire, low byte first. */
static void say_crc(const struct visitor *v, const char *path, uint16_t crc, size_t at)
{
    uint8_t bytes[2] = {(uint8_t)crc, (uint8_t)(crc >> 8)};

    say(v, path, wp_bytes_value(wp_slice(bytes, sizeof bytes)), at, sizeof bytes, WP_ROLE_CHECKSUM);
}

static void say_parameters(const struct visitor *v, const struct hdlc_frame *f, size_t at)
{
    struct hdlc_parameters p;

    if (!hdlc_parameters_read(f->info, &p)) {
        say(v, "info", wp_bytes_value(f->info), at, f->info.n, WP_ROLE_VALUE);
        return;
    }
    say(v, "parameters.infoTransmit", wp_int(p.info_transmit), 0, 0, WP_ROLE_FIELD);
    say(v, "parameters.infoReceive", wp_int(p.info_receive), 0, 0, WP_ROLE_FIELD);
    say(v, "parameters.windowTransmit", wp_int(p.window_transmit), 0, 0, WP_ROLE_FIELD);
    say(v, "parameters.windowReceive", wp_int(p.window_receive), 0, 0, WP_ROLE_FIELD);
}

/* Does the frame alone hold a whole APDU? */
static bool has_apdu(const struct hdlc_frame *f)
{
    return hdlc_is_data(f) && f->is_first && !f->more && f->payload.n > 0 && cosem_apdu_name(f->payload.p[0]);
}

static void say_info(const struct visitor *v, const struct hdlc_frame *f, size_t at)
{
    size_t llc = f->info.n - f->payload.n;

    if (f->type == HDLC_SNRM || f->type == HDLC_UA) {
        say_parameters(v, f, at);
        return;
    }
    if (llc)
        say(v, "llc", wp_bytes_value(wp_slice(f->info.p, llc)), at, llc, WP_ROLE_FIELD);
    if (has_apdu(f))
        cosem_apdu_fields(f->payload, v->format + at + llc, v->visit, v->ctx);
    else
        say(v, "info", wp_bytes_value(f->payload), at + llc, f->payload.n, WP_ROLE_VALUE);
}

static void fields(const void *frame, wp_visit *visit, void *ctx)
{
    const struct hdlc_frame *f = frame;
    struct visitor v = {visit, ctx, f->first};
    size_t at = 2;

    say(&v, "len", wp_int(f->length), 0, 2, WP_ROLE_LENGTH);
    say(&v, "seg", wp_int(f->more), 0, 0, WP_ROLE_FIELD);
    say_address(&v, "dst[]", &f->destination, at);
    at += f->destination.n;
    say_address(&v, "src[]", &f->source, at);
    at += f->source.n;
    say_control(&v, f, at++);
    say(&v, "info_len", wp_int((int64_t)f->info.n), 0, 0, WP_ROLE_FIELD);
    if (f->info.n > 0) {
        say_crc(&v, "hcs", f->hcs, at);
        say_info(&v, f, at + 2);
    }
    say_crc(&v, "fcs", f->fcs, f->length - 2U);
}

/* ---- conversations ---------------------------------------------------------------------------------- */

static uint64_t pair(const struct hdlc_address *client, const struct hdlc_address *server)
{
    return (uint64_t)client->upper << 42 | (uint64_t)client->lower << 28 | (uint64_t)server->upper << 14 |
           server->lower;
}

struct wp_turn hdlc_link_turn(const struct hdlc_frame *frame)
{
    switch (frame->type) {
    case HDLC_SNRM:
    case HDLC_DISC:
        return (struct wp_turn){WP_TURN_ASKS, pair(&frame->source, &frame->destination), HDLC_LINK_TURN};
    case HDLC_UA:
    case HDLC_DM:
        return (struct wp_turn){WP_TURN_ANSWERS, pair(&frame->destination, &frame->source), HDLC_LINK_TURN};
    default: return (struct wp_turn){.kind = WP_TURN_ALONE};
    }
}

bool hdlc_link_answers(const struct wp_turn *answer, const struct wp_turn *question)
{
    return answer->what == HDLC_LINK_TURN && question->what == HDLC_LINK_TURN && answer->who == question->who;
}

static struct wp_turn turn(const void *frame)
{
    return hdlc_link_turn(frame);
}

/* ---- the catalog row -------------------------------------------------------------------------------- */

/* One line for each direction. */
struct state {
    struct hdlc_line line[WP_SIDE_UNKNOWN_TOO + 1];
};

/* In a stream of several protocols what begins with no flag is no frame at all. */
static struct wp_decode decode(void *state, enum wp_side from, struct wp_slice in, void *frame)
{
    struct state *s = state;
    struct wp_decode d = hdlc_decode(&s->line[from], in, frame);

    if (d.status == WP_BAD && d.fault == WP_FAULT_HDLC_FLAG && d.at == 0)
        d.fault = WP_FAULT_START;
    return d;
}

/* Length, closing flag, two checksums: a whole good frame is nobody else's. */
static enum wp_probe probe(struct wp_slice in)
{
    struct hdlc_frame f;

    switch (hdlc_decode(NULL, in, &f).status) {
    case WP_MORE: return WP_PROBE_MORE;
    case WP_OK: return WP_PROBE_YES;
    default: return WP_PROBE_NO;
    }
}

const struct wp_codec hdlc_codec = {
    .name = "hdlc",
    .print_version = 1,
    .frame_size = sizeof(struct hdlc_frame),
    .state_size = sizeof(struct state),
    .probe = probe,
    .decode = decode,
    .fields = fields,
    .family = "meter",
    .turn = turn,
    .answers = hdlc_link_answers,
    .asker = "gateway",
    .answerer = "meter",
    .repair = hdlc_repair,
};
