/* HDLC frames on their way out: one frame, the segments of an APDU, the parameters of a link. */
#include "sim/codec/crc16.h"
#include "sim/codec/hdlc.h"

#include <assert.h>

enum {
    PARAMETERS_FORMAT = 0x81,
    PARAMETERS_GROUP = 0x80,
    INFO_TRANSMIT = 5,
    INFO_RECEIVE,
    WINDOW_TRANSMIT,
    WINDOW_RECEIVE,
};

/* ---- one frame -------------------------------------------------------------------------------------- */

static void put_address(struct wp_writer *w, const struct hdlc_address *a)
{
    if (a->n == 4) {
        assert(a->upper < 1 << 14);
        assert(a->lower < 1 << 14);
        wp_put_u8(w, (uint8_t)(a->upper >> 7 << 1));
        wp_put_u8(w, (uint8_t)(a->upper << 1));
        wp_put_u8(w, (uint8_t)(a->lower >> 7 << 1));
        wp_put_u8(w, (uint8_t)(a->lower << 1 | 1));
        return;
    }
    assert(a->n == 1 || a->n == 2);
    assert(a->upper < 1 << 7);
    wp_put_u8(w, (uint8_t)(a->upper << 1 | (a->n == 1)));
    if (a->n == 1)
        return;
    assert(a->lower < 1 << 7);
    wp_put_u8(w, (uint8_t)(a->lower << 1 | 1));
}

/* Of all that was written from `from` on. */
static void put_crc(struct wp_writer *w, size_t from)
{
    wp_put_u16le(w, crc16_x25(wp_slice_from(wp_written(w), from)));
}

static void put_frame(struct wp_writer *w, const struct hdlc_frame *f, struct wp_slice payload, bool more)
{
    size_t llc = f->llc != HDLC_LLC_NONE ? HDLC_LLC : 0, from;
    size_t length = (size_t)(HDLC_LENGTH_MIN - 2) + f->destination.n + f->source.n + llc + payload.n;

    if (llc + payload.n > 0)
        length += 2; /* HCS */
    assert(length <= HDLC_LENGTH_MAX);
    wp_put_u8(w, HDLC_FLAG);
    from = w->n;
    wp_put_u16be(w, (uint16_t)(0xA000 | (more ? 0x0800 : 0) | length));
    put_address(w, &f->destination);
    put_address(w, &f->source);
    wp_put_u8(w, f->control);
    if (llc + payload.n > 0)
        put_crc(w, from);
    if (llc) {
        wp_put_u8(w, HDLC_LLC_COMMAND);
        wp_put_u8(w, (uint8_t)f->llc);
        wp_put_u8(w, 0);
    }
    wp_put_slice(w, payload);
    put_crc(w, from);
    wp_put_u8(w, HDLC_FLAG);
}

void hdlc_encode(struct wp_writer *w, const struct hdlc_frame *frame)
{
    put_frame(w, frame, frame->payload, frame->more);
}

/* ---- segments --------------------------------------------------------------------------------------- */

bool hdlc_split_next(struct hdlc_split *split, struct wp_writer *w)
{
    struct hdlc_frame *f = &split->frame;
    size_t room = split->info_max - (f->llc != HDLC_LLC_NONE ? HDLC_LLC : 0), n = f->payload.n;
    bool more = n > room;
    uint8_t last_control = f->control;

    assert(split->info_max > HDLC_LLC);
    if (split->is_done)
        return false;
    if (hdlc_control_type(f->control, &f->type) && f->type == HDLC_UI && more)
        f->control = HDLC_UI;
    put_frame(w, f, wp_slice(f->payload.p, more ? room : n), more);
    f->payload = wp_slice_from(f->payload, room);
    f->llc = HDLC_LLC_NONE;
    f->control = last_control;
    if (f->type == HDLC_I)
        f->control = hdlc_control(HDLC_I, hdlc_ns(last_control) + 1, hdlc_nr(last_control),
                                  hdlc_is_poll_final(last_control));
    split->is_done = !more;
    return true;
}

/* ---- parameters ------------------------------------------------------------------------------------- */

static uint32_t get_number(struct wp_slice s)
{
    uint32_t number = 0;

    for (size_t i = 0; i < s.n; i++)
        number = number << 8 | s.p[i];
    return number;
}

/* One parameter. false: its size is none that it may have. */
static bool take_parameter(struct hdlc_parameters *out, uint8_t id, struct wp_slice value)
{
    uint32_t number = get_number(value);

    if (value.n < 1 || value.n > 4)
        return id < INFO_TRANSMIT || id > WINDOW_RECEIVE;
    switch (id) {
    case INFO_TRANSMIT: out->info_transmit = (uint16_t)number; return value.n <= 2;
    case INFO_RECEIVE: out->info_receive = (uint16_t)number; return value.n <= 2;
    case WINDOW_TRANSMIT: out->window_transmit = number; return true;
    case WINDOW_RECEIVE: out->window_receive = number; return true;
    default: return true;
    }
}

bool hdlc_parameters_read(struct wp_slice info, struct hdlc_parameters *out)
{
    struct hdlc_parameters p = {HDLC_INFO_DEFAULT, HDLC_INFO_DEFAULT, HDLC_WINDOW_DEFAULT,
                                HDLC_WINDOW_DEFAULT};
    struct wp_reader r = wp_reader(info);
    bool is_good = true;

    if (info.n > 0) {
        is_good = wp_get_u8(&r) == PARAMETERS_FORMAT && wp_get_u8(&r) == PARAMETERS_GROUP;
        is_good = is_good && wp_get_u8(&r) == wp_left(&r);
    }
    while (is_good && wp_left(&r) > 0) {
        uint8_t id = wp_get_u8(&r);
        size_t n = wp_get_u8(&r);

        is_good = take_parameter(&p, id, wp_get_slice(&r, n)) && !r.ran_out;
    }
    if (!is_good || r.ran_out)
        return false;
    *out = p;
    return true;
}

static void put_size(struct wp_writer *w, uint8_t id, uint16_t size)
{
    wp_put_u8(w, id);
    wp_put_u8(w, size > 127 ? 2 : 1);
    if (size > 127)
        wp_put_u16be(w, size);
    else
        wp_put_u8(w, (uint8_t)size);
}

static void put_window(struct wp_writer *w, uint8_t id, uint32_t window)
{
    wp_put_u8(w, id);
    wp_put_u8(w, 4);
    wp_put_u32be(w, window);
}

void hdlc_put_parameters(struct wp_writer *w, const struct hdlc_parameters *parameters)
{
    uint8_t memory[2 * 4 + 2 * 6];
    struct wp_writer body = wp_writer(memory, sizeof memory);

    put_size(&body, INFO_TRANSMIT, parameters->info_transmit);
    put_size(&body, INFO_RECEIVE, parameters->info_receive);
    put_window(&body, WINDOW_TRANSMIT, parameters->window_transmit);
    put_window(&body, WINDOW_RECEIVE, parameters->window_receive);
    wp_put_u8(w, PARAMETERS_FORMAT);
    wp_put_u8(w, PARAMETERS_GROUP);
    wp_put_u8(w, (uint8_t)body.n);
    wp_put_slice(w, wp_written(&body));
}
