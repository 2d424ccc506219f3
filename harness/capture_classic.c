/* Classic pcap.                                          source: draft-ietf-opsawg-pcap; libpcap's savefile.c
 *
 *     magic | major u16, minor u16 | zone | accuracy | longest packet | link type       4 bytes each
 *     then for each packet: seconds | fraction | n captured | n on the wire | n bytes
 *
 * - The magic's byte order is that of all numbers. A1B2C3D4: microseconds. A1B23C4D: nanoseconds. A1B2CD34: 8 more
 *   bytes before each packet, as kernels of the nineties wrote them.
 * - Before version 2.3 the two lengths stand the other way round; some writers of 2.3 did so, too. */
#include "harness/capture_impl.h"

enum { HEAD_BYTES = 24, RECORD_BYTES = 16, LONG_RECORD_BYTES = 24 };

static enum capture_status next_record(struct capture *c, struct capture_packet *out)
{
    size_t head = c->classic.head_bytes, n, n_wire;
    const uint8_t *p = capture_input_peek(&c->in, head);

    if (!p)
        return capture_ends(c, head);
    n = capture_u32(c, p + (c->classic.wire_first ? 12 : 8));
    n_wire = capture_u32(c, p + (c->classic.wire_first ? 8 : 12));
    if (capture_is_too_long(c->link, n))
        return capture_broken(c, "a length of %zu bytes cannot be: the file is damaged", n);
    p = capture_input_peek(&c->in, head + n);
    if (!p)
        return capture_ends(c, head + n);
    out->time_ns =
        (int64_t)capture_u32(c, p) * 1000000000 + (int64_t)capture_u32(c, p + 4) * c->classic.fraction_ns;
    out->bytes = wp_slice(p + head, n);
    out->n_wire = n_wire;
    out->link = c->link;
    capture_input_take(&c->in, head + n);
    return CAPTURE_PACKET;
}

/* Sets byte order and form. */
static bool read_magic(struct capture *c, const uint8_t *p)
{
    for (int i = 0; i < 2; i++) {
        c->swapped = i == 1;
        c->classic.head_bytes = RECORD_BYTES;
        c->classic.fraction_ns = 1000;
        switch (capture_u32(c, p)) {
        case 0xA1B2C3D4: return true;
        case 0xA1B23C4D: c->classic.fraction_ns = 1; return true;
        case 0xA1B2CD34: c->classic.head_bytes = LONG_RECORD_BYTES; return true;
        }
    }
    return false;
}

/* Of version 2.3 the first packet tells: it was not captured longer than it was. */
static bool has_wire_first(struct capture *c, unsigned minor)
{
    const uint8_t *p = minor == 3 ? capture_input_peek(&c->in, HEAD_BYTES + RECORD_BYTES) : NULL;

    return minor < 3 || (p && capture_u32(c, p + HEAD_BYTES + 8) > capture_u32(c, p + HEAD_BYTES + 12));
}

bool capture_classic_begin(struct capture *c)
{
    const uint8_t *p = capture_input_peek(&c->in, 4);

    if (!p || !read_magic(c, p))
        return false;
    p = capture_input_peek(&c->in, HEAD_BYTES);
    if (!p) {
        capture_ends(c, HEAD_BYTES);
        return false;
    }
    if (capture_u16(c, p + 4) != 2) {
        capture_broken(c, "version %u.%u of the format is not known", capture_u16(c, p + 4),
                       capture_u16(c, p + 6));
        return false;
    }
    c->link =
        (int)(capture_u32(c, p + 20) & 0x03FFFFFF); /* above it: how long Ethernet's check sequence is */
    c->classic.wire_first = has_wire_first(c, capture_u16(c, p + 6));
    c->next = next_record;
    capture_input_take(&c->in, HEAD_BYTES);
    return true;
}
