/* What comes from a datalog: heartbeats go back, replies become readings whoever asked for them, what has nothing to
 * publish is counted. */
#include "sim/gateway/south_lxp_impl.h"

#include <assert.h>

/* ---- readings ------------------------------------------------------------------------------------- */

static bool is_news(struct lxp_told *told, uint16_t number, uint16_t value)
{
    uint8_t bit = (uint8_t)(1u << number % 8);

    if (number >= LXP_HOLDS)
        return true;
    if (told->value[number] == value && told->is_known[number / 8] & bit)
        return false;
    told->value[number] = value;
    told->is_known[number / 8] |= bit;
    return true;
}

/* Remembers what is told; of what nobody asked for only news stays. */
static size_t keep_news(struct lxp_told *told, const struct lxp_frame *f, enum wp_reason reason,
                        struct wp_point *points, size_t n)
{
    size_t kept = 0;

    for (size_t i = 0; i < n; i++)
        if (is_news(told, (uint16_t)(f->first + i), lxp_u16(f->values, i)) || reason == WP_ASKED)
            points[kept++] = points[i];
    return kept;
}

static void emit(struct lxp_south *so, const struct lxp_session *s, enum wp_reason reason,
                 const struct wp_point *points, size_t n)
{
    const struct wp_reading reading = {.device = lxp_session_serial(s),
                                       .protocol = south_lxp_class.name,
                                       .reason = reason,
                                       .at = so->now,
                                       .points = points,
                                       .n_points = n};
    const struct wp_effect effect = {.kind = WP_READING, .reading = &reading};

    if (n > 0)
        so->out->emit(so->out, &effect);
}

void south_lxp_tell(struct lxp_south *so, struct lxp_session *s, const struct lxp_frame *f,
                    enum wp_reason reason)
{
    struct wp_point points[LXP_INPUT_POINTS_MAX];
    char ids[LXP_HOLD_IDS_MAX];
    struct wp_writer w = wp_writer(ids, sizeof ids);
    size_t n;

    if (f->count > LXP_REPLY_REGISTERS) { /* only a reply without length byte can announce so many */
        south_lxp_count(so, LXP_N_LONG, s, 1);
        return;
    }
    if (lxp_device_function(f) == LXP_READ_INPUT) {
        n = lxp_input_points(f->first, f->values, so->input, points);
    } else {
        n = lxp_hold_points(f->first, f->values, &w, points);
        if (so->told)
            n = keep_news(&so->told[s - so->session], f, reason, points, n);
    }
    emit(so, s, reason, points, n);
}

/* ---- frames --------------------------------------------------------------------------------------- */

static void take_heartbeat(struct lxp_south *so, struct lxp_session *s, const struct lxp_frame *f)
{
    if (so->echoes && lxp_is_datalog(f, s->datalog))
        wp_send(so->out, s->port, f->whole);
}

/* What the wire has may be anything. */
static void put_serial(struct wp_writer *w, struct wp_slice serial)
{
    for (size_t i = 0; i < serial.n; i++)
        wp_put_char(w, serial.p[i] > ' ' && serial.p[i] < 0x7F ? (char)serial.p[i] : '?');
}

static void put_serials(struct wp_writer *w, struct wp_slice serial, struct wp_slice datalog)
{
    put_serial(w, serial);
    wp_put_text(w, " behind ");
    put_serial(w, datalog);
}

/* "5555555556 behind BA55555556, expected 5555555555 behind BA55555555": most often they were set up wrongly. */
static void note_foreign(struct lxp_south *so, struct lxp_session *s, const struct lxp_frame *f)
{
    char text[120];
    struct wp_writer w = wp_writer(text, sizeof text);

    so->count[LXP_N_FOREIGN]++;
    if (s->has_told_foreign)
        return;
    s->has_told_foreign = true;
    put_serials(&w, f->inverter, f->datalog);
    wp_put_text(&w, ", expected ");
    put_serials(&w, lxp_session_serial(s), wp_slice(s->datalog, sizeof s->datalog));
    south_lxp_count_text(so, LXP_N_FOREIGN, wp_slice(text, w.n), 0);
}

static void take_unasked(struct lxp_south *so, struct lxp_session *s, const struct lxp_frame *f)
{
    switch (f->shape) {
    case LXP_IS_READ_REPLY:
    case LXP_IS_WRITE_SINGLE: south_lxp_tell(so, s, f, WP_PUSHED); break;
    case LXP_IS_WRITE_MULTI_REPLY: south_lxp_read_back(so, s, f->first, f->count); break;
    case LXP_IS_EXCEPTION: south_lxp_count(so, LXP_N_EXCEPTION, s, 1); break;
    default: assert(false);
    }
}

static void take_reply(struct lxp_south *so, struct lxp_session *s, const struct lxp_frame *f)
{
    bool is_own = lxp_is_datalog(f, s->datalog) && lxp_is_inverter(f, s->serial);

    if (!is_own)
        note_foreign(so, s, f);
    if (is_own ? !south_lxp_take_reply(so, s, f) : so->accepts_any)
        take_unasked(so, s, f);
}

void south_lxp_take_frame(struct lxp_south *so, struct lxp_session *s, const struct lxp_frame *f)
{
    switch (f->shape) {
    case LXP_IS_HEARTBEAT: take_heartbeat(so, s, f); break;
    case LXP_IS_READ_REPLY:
    case LXP_IS_WRITE_SINGLE:
    case LXP_IS_WRITE_MULTI_REPLY:
    case LXP_IS_EXCEPTION: take_reply(so, s, f); break;
    default: so->count[LXP_N_IGNORED]++; break;
    }
}
