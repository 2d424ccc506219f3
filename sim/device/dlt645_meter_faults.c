/* Faults: which are on, how often still, and what they do to a frame on its way out.
 *
 * A fault's value lies in the store (times, then the value), a bit in m->faults says that it is on: a meter without
 * faults pays one test for each. A fault acts on whole frames, in the order of the table; `times` counts frames. */
#include "sim/device/dlt645_meter_inside.h"

enum {
    TX_MAX = 2 * DLT645_FRAME_MAX + 3 * METER_FAULT_BYTES_MAX + 16,
    VALUE_AT = sizeof(uint32_t), /* behind the occasions left */
};

/* ---- on and off ------------------------------------------------------------------------------------------ */

static unsigned index_of(enum dlt645_meter_row row)
{
    return (unsigned)(row - METER_FIRST_FAULT);
}

static bool is_on(struct wp_value v)
{
    return v.kind != WP_NULL && !(v.kind == WP_BOOL && !v.yes);
}

/* occasions (0: until cleared), then 8 bytes of a number, or octets. */
size_t dlt645_meter_fault_bytes(enum dlt645_meter_row row, struct wp_value v, uint32_t times,
                                uint8_t out[METER_FAULT_VALUE_MAX])
{
    int64_t num = v.kind == WP_DECIMAL ? v.num : 1;
    size_t n = sizeof num;

    memcpy(out, &times, sizeof times);
    if (dlt645_meter_options[row].type == WP_OPT_HEX) {
        n = dlt645_meter_octets(v, out + VALUE_AT, METER_FAULT_BYTES_MAX);
    } else if (v.kind == WP_TEXT) {
        n = v.bytes.n < METER_FAULT_BYTES_MAX ? v.bytes.n : METER_FAULT_BYTES_MAX;
        if (n > 0)
            memcpy(out + VALUE_AT, v.bytes.p, n);
    } else {
        memcpy(out + VALUE_AT, &num, n);
    }
    return VALUE_AT + n;
}

/* Identifiers have 4 octets, an error or control byte 1, an address is one. */
bool dlt645_meter_fault_is_good(enum dlt645_meter_row row, struct wp_value v)
{
    uint8_t bytes[METER_FAULT_VALUE_MAX];
    size_t n = dlt645_meter_fault_bytes(row, v, 0, bytes) - VALUE_AT;
    uint64_t ignored;

    switch (row) {
    case METER_FAULT_ERROR:
    case METER_FAULT_FUNCTION: return n == 1;
    case METER_FAULT_FILL:
    case METER_FAULT_DIGITS:
    case METER_FAULT_DI:
    case METER_FAULT_MERGE: return n == 4;
    case METER_FAULT_ADDRESS: return n == 12 && dlt645_address_read(v.bytes, &ignored);
    default: return true;
    }
}

void dlt645_meter_set_fault(struct dlt645_meter *m, wp_us now, enum dlt645_meter_row row, struct wp_value v,
                            uint32_t times, struct wp_outbox *out)
{
    const char *name = dlt645_meter_options[row].name;
    uint32_t bit = UINT32_C(1) << index_of(row), key = METER_KEY_FAULT(index_of(row));
    uint8_t bytes[METER_FAULT_VALUE_MAX];

    if (row >= METER_FAULT_IDENTITY) {
        dlt645_meter_strike(m, now, row, is_on(v) ? v : wp_null(), out);
        return;
    }
    m->faults &= ~bit;
    dlt645_meter_forget(m, key);
    if (!is_on(v))
        return;
    if (!dlt645_meter_fault_is_good(row, v))
        wp_note(out, "value-refused", wp_text(name), 1);
    else if (dlt645_meter_keep(m, key, wp_slice(bytes, dlt645_meter_fault_bytes(row, v, times, bytes))))
        m->faults |= bit;
    else
        wp_note(out, "memory-full", wp_text(name), 1);
}

static bool look(const struct dlt645_meter *m, enum dlt645_meter_row row, uint32_t *times,
                 struct dlt645_meter_fault *out)
{
    struct wp_slice kept;

    if (!(m->faults & UINT32_C(1) << index_of(row)))
        return false;
    kept = dlt645_meter_recall(m, METER_KEY_FAULT(index_of(row)));
    assert(kept.n >= VALUE_AT);
    *out = (struct dlt645_meter_fault){.n_bytes = kept.n - VALUE_AT};
    memcpy(times, kept.p, sizeof *times);
    memcpy(out->bytes, kept.p + VALUE_AT, out->n_bytes);
    if (out->n_bytes == sizeof out->number)
        memcpy(&out->number, out->bytes, sizeof out->number);
    return true;
}

bool dlt645_meter_fault(struct dlt645_meter *m, enum dlt645_meter_row row, struct dlt645_meter_fault *out)
{
    uint32_t times, key = METER_KEY_FAULT(index_of(row));
    struct wp_slice kept;

    if (!look(m, row, &times, out))
        return false;
    if (times == 0)
        return true;
    kept = dlt645_meter_recall(m, key);
    times--;
    memcpy((uint8_t *)(uintptr_t)kept.p, &times, sizeof times);
    if (times == 0) {
        dlt645_meter_forget(m, key);
        m->faults &= ~(UINT32_C(1) << index_of(row));
    }
    return true;
}

/* ---- on a frame -------------------------------------------------------------------------------------------- */

static uint32_t di_of(const uint8_t bytes[4])
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static bool carries_data(const struct dlt645_frame *f)
{
    return !dlt645_is_abnormal(f) && f->n_data > 4 &&
           (dlt645_function(f) == DLT645_READ || dlt645_function(f) == DLT645_READ_FOLLOW);
}

/* A fault that names an identifier waits for a frame with it. */
static bool fault_of_di(struct dlt645_meter *m, enum dlt645_meter_row row, const struct dlt645_frame *f)
{
    struct dlt645_meter_fault fault;
    uint32_t times,
        di = f->data[0] | (uint32_t)f->data[1] << 8 | (uint32_t)f->data[2] << 16 | (uint32_t)f->data[3] << 24;

    if (!carries_data(f) || !look(m, row, &times, &fault))
        return false;
    if (di_of(fault.bytes) != UINT32_MAX && di_of(fault.bytes) != di)
        return false;
    return dlt645_meter_fault(m, row, &fault);
}

static void bend_data(struct dlt645_meter *m, struct dlt645_frame *f)
{
    bool follows = dlt645_function(f) == DLT645_READ_FOLLOW;
    struct dlt645_meter_fault fault;

    if (fault_of_di(m, METER_FAULT_FILL, f))
        memset(f->data + 4, 0xFF, f->n_data - 4u - follows);
    if (fault_of_di(m, METER_FAULT_DIGITS, f))
        f->data[4] = (uint8_t)((f->data[4] & 0xF0) | 0x0A);
    if (follows && carries_data(f) && dlt645_meter_fault(m, METER_FAULT_SEQ, &fault))
        f->data[f->n_data - 1] = (uint8_t)fault.number;
    if (carries_data(f) && dlt645_meter_fault(m, METER_FAULT_ENDLESS, &fault))
        f->control |= DLT645_MORE;
    if (carries_data(f) && dlt645_meter_fault(m, METER_FAULT_DI, &fault))
        for (unsigned i = 0; i < 4; i++)
            f->data[i] = fault.bytes[3 - i];
}

static void bend_head(struct dlt645_meter *m, struct dlt645_frame *f)
{
    struct dlt645_meter_fault fault;

    f->wakeup = m->preamble;
    if (dlt645_meter_fault(m, METER_FAULT_FUNCTION, &fault))
        f->control = fault.bytes[0];
    if (dlt645_meter_fault(m, METER_FAULT_ADDRESS, &fault))
        (void)dlt645_address_read(wp_slice(fault.bytes, fault.n_bytes), &f->address);
    if (dlt645_meter_fault(m, METER_FAULT_PREAMBLE, &fault))
        f->wakeup = (size_t)fault.number;
}

static void put_frame(struct dlt645_meter *m, const struct dlt645_frame *frame, struct wp_writer *w)
{
    struct dlt645_frame f = *frame;
    struct dlt645_meter_fault fault;

    bend_data(m, &f);
    bend_head(m, &f);
    if (dlt645_meter_fault(m, METER_FAULT_BEFORE, &fault))
        wp_put_slice(w, wp_slice(fault.bytes, fault.n_bytes));
    dlt645_encode(w, &f);
    if (dlt645_meter_fault(m, METER_FAULT_CHECKSUM, &fault))
        w->p[w->n - 2]++;
    if (dlt645_meter_fault(m, METER_FAULT_AFTER, &fault))
        wp_put_slice(w, wp_slice(fault.bytes, fault.n_bytes));
}

/* A further reading behind the reply; what the meter does not have is refused there too. */
static void merge(struct dlt645_meter *m, uint32_t di, struct wp_writer *w)
{
    uint8_t data[DLT645_READ_MAX - 4];
    struct wp_writer d = wp_writer(data, sizeof data);
    struct dlt645_frame f;

    if (dlt645_meter_read(m, di, &d))
        dlt645_reply_read(&f, m->address, di, wp_written(&d), false);
    else
        dlt645_reply_error(&f, m->address, DLT645_READ, DLT645_ERROR_NO_DATA);
    f.wakeup = m->preamble;
    dlt645_encode(w, &f);
}

/* ---- on the send --------------------------------------------------------------------------------------------- */

static struct wp_slice front(struct wp_slice bytes, int64_t n)
{
    return wp_slice(bytes.p, (size_t)n < bytes.n ? (size_t)n : bytes.n);
}

/* Two sends; with a pause when this answers a request, which then stays pending. */
static void split(struct dlt645_meter *m, wp_us now, struct wp_slice bytes, int64_t n, bool is_reply,
                  struct wp_outbox *out)
{
    struct wp_slice first = front(bytes, n), rest = wp_slice_from(bytes, (size_t)n);
    struct dlt645_meter_fault gap;

    wp_send(out, m->port, first);
    if (rest.n == 0)
        return;
    if (!is_reply || !dlt645_meter_fault(m, METER_FAULT_GAP, &gap)) {
        wp_send(out, m->port, rest);
    } else if (dlt645_meter_keep(m, METER_KEY_REST, rest)) {
        m->resting = true;
        m->due[METER_DUE_RX] = now + gap.number;
    } else {
        wp_note(out, "memory-full", wp_text("fault.split.gap"), 1);
        wp_send(out, m->port, rest);
    }
}

static void deliver(struct dlt645_meter *m, wp_us now, struct wp_slice bytes, bool is_reply,
                    struct wp_outbox *out)
{
    struct dlt645_meter_fault fault;
    int64_t copies = 1;

    if (dlt645_meter_fault(m, METER_FAULT_HALF, &fault)) {
        if (fault.number > 0)
            wp_send(out, m->port, front(bytes, fault.number));
        return;
    }
    if (dlt645_meter_fault(m, METER_FAULT_DROP, &fault)) {
        if (fault.number > 0)
            wp_send(out, m->port, front(bytes, fault.number));
        wp_hang_up(out, m->port);
        dlt645_meter_lost(m, now);
        return;
    }
    if (dlt645_meter_fault(m, METER_FAULT_SPLIT, &fault)) {
        split(m, now, bytes, fault.number, is_reply, out);
        return;
    }
    if (dlt645_meter_fault(m, METER_FAULT_DUPLICATE, &fault))
        copies += fault.number;
    for (; copies > 0; copies--)
        wp_send(out, m->port, bytes);
}

void dlt645_meter_send(struct dlt645_meter *m, wp_us now, const struct dlt645_frame *frame, bool is_reply,
                       struct wp_outbox *out)
{
    uint8_t bytes[TX_MAX];
    struct wp_writer w = wp_writer(bytes, sizeof bytes);
    struct dlt645_meter_fault fault;

    put_frame(m, frame, &w);
    if (is_reply && dlt645_meter_fault(m, METER_FAULT_MERGE, &fault))
        merge(m, di_of(fault.bytes), &w);
    assert(!w.full);
    if (is_reply && dlt645_meter_fault(m, METER_FAULT_ECHO, &fault))
        wp_send(out, m->port, wp_slice(dlt645_meter_rx(m), m->n_busy));
    deliver(m, now, wp_written(&w), is_reply, out);
}
