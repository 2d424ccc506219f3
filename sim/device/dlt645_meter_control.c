/* Requests: what each control function does to the meter, and what it answers.
 *
 *     11 read           91 data | B1 first piece | D1 02 no such register     follow-up pieces by 12
 *     13 read address   93                        15 write address, only while programming: 95 or silence
 *     14 write          94 | D4                   18 change password  98 | D8
 *     16 freeze         96 | D6                   17 change speed     97 | D7 08
 *     19 clear demand   1A clear meter   1B clear events              done | abnormal
 *     1C relay          9C | DC                   1D terminal output  9D | DD
 *     03 security       C3: no keys in here       08 broadcast time   never answered
 *
 * A broadcast is executed and never answered. Passwords: dlt645_meter_access.c, the relay: dlt645_meter_relay.c. */
#include "sim/device/dlt645_meter_inside.h"

enum {
    ANSWER_MAX = METER_LONG_MAX,
    SECURITY_NO_KEYS = 0x0001,
};

enum dlt645_meter_call dlt645_meter_called(const struct dlt645_meter *m, const struct dlt645_frame *request)
{
    bool broadcast = request->address == DLT645_ADDRESS_BROADCAST;
    uint8_t function = dlt645_function(request);

    if (dlt645_is_from_meter(request) || dlt645_is_abnormal(request) || dlt645_is_1997(request))
        return METER_NOT_OURS;
    if (broadcast)
        return function == DLT645_BROADCAST_TIME || function == DLT645_FREEZE ? METER_UNANSWERED
                                                                              : METER_NOT_OURS;
    if (!dlt645_address_match(request->address, m->address))
        return METER_NOT_OURS;
    return function == DLT645_BROADCAST_TIME ? METER_UNANSWERED : METER_ANSWERED;
}

/* ---- reading --------------------------------------------------------------------------------------------- */

static uint8_t read_data(struct dlt645_meter *m, const struct dlt645_body *body, struct dlt645_frame *out)
{
    uint8_t answer[ANSWER_MAX];
    struct wp_writer w = wp_writer(answer, sizeof answer);
    unsigned count = body->has & DLT645_HAS_COUNT ? body->count : 1;
    bool found = body->di >> 24 == 0x06
                     ? dlt645_meter_read_profile(m, body->di, count,
                                                 body->has & DLT645_HAS_TIME ? &body->time : NULL, &w)
                     : dlt645_meter_read(m, body->di, &w);
    size_t piece = m->piece;

    if (!found)
        return DLT645_ERROR_NO_DATA;
    if (w.n > piece && w.n > m->long_cap)
        return DLT645_ERROR_OTHER;
    if (w.n > piece) {
        memcpy(dlt645_meter_long(m), answer, w.n);
        m->n_long = (uint16_t)w.n;
        m->long_di = body->di;
        m->seq = 0;
    }
    dlt645_reply_read(out, m->address, body->di, wp_slice(answer, w.n > piece ? piece : w.n), w.n > piece);
    return 0;
}

/* Piece SEQ begins at SEQ times the size of a piece: asked for again, it is the same. The next one or one that was
 * sent before; a gap is refused. */
static uint8_t read_follow(struct dlt645_meter *m, const struct dlt645_body *body, struct dlt645_frame *out)
{
    size_t piece = m->piece, at = body->seq * piece, n;

    if (m->n_long == 0 || body->di != m->long_di || body->seq == 0 || body->seq > m->seq + 1 ||
        at >= m->n_long)
        return DLT645_ERROR_NO_DATA;
    m->seq = body->seq > m->seq ? body->seq : m->seq;
    n = m->n_long - at < piece ? m->n_long - at : piece;
    dlt645_reply_follow(out, m->address, body->di, wp_slice(dlt645_meter_long(m) + at, n), body->seq,
                        at + n < m->n_long);
    return 0;
}

/* ---- writing and clearing ---------------------------------------------------------------------------------- */

static uint8_t write_data(struct dlt645_meter *m, wp_us now, const struct dlt645_body *body)
{
    uint8_t error;

    if (!dlt645_meter_may(m, DLT645_WRITE, body))
        return DLT645_ERROR_PASSWORD;
    error = dlt645_meter_write(m, now, body->di, body->payload);
    if (!error)
        dlt645_meter_count(m, 0x03300000);
    return error;
}

/* Nobody is told no: a meter that is not being programmed is silent. */
static bool write_address(struct dlt645_meter *m, const struct dlt645_body *body)
{
    if (!m->programming || !dlt645_address_is_own(body->address))
        return false;
    m->address = body->address;
    return true;
}

static uint8_t change_password(struct dlt645_meter *m, const struct dlt645_body *body)
{
    bool is_level = body->di >= 0x04000C01 && body->di <= 0x04000C0A;

    if (!is_level)
        return DLT645_ERROR_NO_DATA;
    if (!dlt645_meter_may(m, DLT645_CHANGE_PASSWORD, body) || body->new_auth.level != body->di - 0x04000C01)
        return DLT645_ERROR_PASSWORD;
    if (!dlt645_meter_keep(m, body->di, wp_slice(body->new_auth.password, sizeof body->new_auth.password)))
        return DLT645_ERROR_OTHER;
    return 0;
}

static uint8_t freeze(struct dlt645_meter *m, wp_us now, const struct dlt645_body *body)
{
    const uint8_t when[] = {body->time.minute, body->time.hour, body->time.day, body->time.month};
    bool every_month = when[3] == 99, every_day = when[2] == 99, every_hour = when[1] == 99;

    if (m->n_freezes == 0)
        return DLT645_ERROR_OTHER;
    if (every_month && every_day && every_hour && when[0] == 99) {
        dlt645_meter_settle(m, now);
        dlt645_meter_record(m, METER_INSTANT, m->settled_ms);
        return 0;
    }
    if (!every_month || when[0] > 59 || (!every_hour && when[1] > 23) || (every_hour && !every_day))
        return DLT645_ERROR_OTHER;
    if (!every_day && (when[2] < 1 || when[2] > 28))
        return DLT645_ERROR_OTHER;
    dlt645_meter_settle(m, now);
    return dlt645_meter_keep(m, METER_KEY_FREEZE, wp_slice(when, sizeof when)) ? 0 : DLT645_ERROR_OTHER;
}

static uint8_t change_baud(struct dlt645_meter *m, const struct dlt645_body *body)
{
    if (dlt645_baud(body->baud) == 0)
        return DLT645_ERROR_BAUD;
    return dlt645_meter_keep(m, 0x04000703, wp_slice(&body->baud, 1)) ? 0 : DLT645_ERROR_OTHER;
}

/* Counters, demand and events go to zero, what was set by hand among them too; that it was cleared stays. */
static void clear_meter(struct dlt645_meter *m, wp_us now)
{
    dlt645_meter_settle(m, now);
    dlt645_meter_clear_energy(m);
    dlt645_meter_clear_demand(m);
    memset(dlt645_meter_records(m), 0,
           dlt645_meter_n_records(m->n_settlements, m->n_freezes) * sizeof(struct dlt645_meter_record));
    dlt645_meter_forget_range(m, 0x00000000, 0x01FFFFFF);
    m->loaded_ms = m->settled_ms;
    dlt645_meter_count(m, 0x03300100);
}

/* FFFFFFFF: all; DI0 FF: that class; else that event. The count of meter clearings is never cleared. */
static uint8_t clear_events(struct dlt645_meter *m, uint32_t di)
{
    uint32_t last = (di & 0xFF) == 0xFF ? di : di | 0xFF, first = di & ~UINT32_C(0xFF);
    uint32_t cleared = 0x03300100;

    if (di == UINT32_MAX) {
        dlt645_meter_forget_range(m, 0x03000000, cleared - 1);
        dlt645_meter_forget_range(m, cleared + 1, 0x03FFFFFF);
        dlt645_meter_forget_range(m, 0x1D000000, 0x1EFFFFFF);
    } else if (!dlt645_di_find(di) && !dlt645_di_find(first) && !dlt645_di_find(first | 1)) {
        return DLT645_ERROR_NO_DATA;
    } else if (di >> 24 != 0x03 && di >> 24 != 0x1D && di >> 24 != 0x1E) {
        return DLT645_ERROR_NO_DATA;
    } else if (first != cleared) {
        dlt645_meter_forget_range(m, first, last);
    }
    dlt645_meter_count(m, 0x03300300);
    return 0;
}

static uint8_t clear(struct dlt645_meter *m, wp_us now, uint8_t function, const struct dlt645_body *body)
{
    if (!dlt645_meter_may(m, function, body))
        return DLT645_ERROR_PASSWORD;
    if (function == DLT645_CLEAR_EVENTS)
        return clear_events(m, body->di);
    if (function == DLT645_CLEAR_METER) {
        clear_meter(m, now);
        return 0;
    }
    dlt645_meter_settle(m, now);
    dlt645_meter_clear_demand(m);
    dlt645_meter_count(m, 0x03300200);
    return 0;
}

/* ---- by function ------------------------------------------------------------------------------------------ */

/* 0, or the bits of an error byte. `out` says done already; what has more to say writes it anew. */
static uint8_t carry_out(struct dlt645_meter *m, wp_us now, uint8_t function, const struct dlt645_body *body,
                         struct dlt645_frame *out)
{
    switch (function) {
    case DLT645_READ: dlt645_meter_settle(m, now); return read_data(m, body, out);
    case DLT645_READ_FOLLOW: return read_follow(m, body, out);
    case DLT645_READ_ADDRESS: dlt645_reply_address(out, m->address); return 0;
    case DLT645_WRITE: return write_data(m, now, body);
    case DLT645_FREEZE: return freeze(m, now, body);
    case DLT645_CHANGE_BAUD: dlt645_reply_baud(out, m->address, body->baud); return change_baud(m, body);
    case DLT645_CHANGE_PASSWORD:
        dlt645_reply_password(out, m->address, &body->new_auth);
        return change_password(m, body);
    case DLT645_CLEAR_DEMAND:
    case DLT645_CLEAR_METER:
    case DLT645_CLEAR_EVENTS: return clear(m, now, function, body);
    case DLT645_RELAY: return dlt645_meter_relay(m, now, body);
    default:
        dlt645_reply_output(out, m->address, (enum dlt645_output)body->output);
        return body->output > DLT645_OUTPUT_ZONE_SWITCH ? DLT645_ERROR_OTHER : 0;
    }
}

/* Functions that this meter knows and that have an abnormal reply. */
static bool is_carried_out(uint8_t function)
{
    return function >= DLT645_READ && function <= DLT645_TERMINAL_OUTPUT && function != DLT645_WRITE_ADDRESS;
}

bool dlt645_meter_execute(struct dlt645_meter *m, wp_us now, const struct dlt645_frame *request,
                          struct dlt645_frame *out)
{
    uint8_t function = dlt645_function(request), error;
    struct dlt645_body body;
    bool readable = dlt645_body(request, &body);

    if (function == DLT645_BROADCAST_TIME && readable)
        (void)dlt645_meter_sync(m, now, &body.time);
    if (function == DLT645_SECURITY) {
        dlt645_reply_security_error(out, m->address, DLT645_SECURITY, SECURITY_NO_KEYS);
        return true;
    }
    if (function == DLT645_WRITE_ADDRESS && readable && write_address(m, &body)) {
        dlt645_reply_done(out, m->address, DLT645_WRITE_ADDRESS);
        return true;
    }
    if (!is_carried_out(function) || (function == DLT645_READ_ADDRESS && !readable))
        return false;
    dlt645_reply_done(out, m->address, (enum dlt645_function)function);
    error = readable ? carry_out(m, now, function, &body, out) : DLT645_ERROR_OTHER;
    if (error)
        dlt645_reply_error(out, m->address, (enum dlt645_function)function, error);
    return true;
}
