/* Asking a simulated DLMS/COSEM meter, and what it answers. */
#ifndef DLMS_METER_ASK_H
#define DLMS_METER_ASK_H

#include "sim/codec/cosem_unit.h"
#include "sim/codec/wrapper.h"
#include "tests/dlms_meter_rig.h"

/* The request of IVY gateways: context LN, no authentication, conformance 001E1D (protocol notes, c.5). */
#define AARQ   "601DA109060760857405080101BE10040E01000000065F1F0400001E1DFFFF"
#define GET(x) "C001C1" x "00"

/* ---- asking ----------------------------------------------------------------------------------------------------- */

static char heard[16384];

/* The answers that came within a second, as hex of their APDUs, blanks between them; "silence". */
static inline const char *listen_to(struct rig *r)
{
    struct wp_writer w = wp_writer(heard, sizeof heard);
    struct wrapper_frame f;

    rig_run(r, r->now + WP_SEC(1));
    for (size_t i = 0; i < r->n_sends; i++) {
        if (i > 0)
            wp_put_char(&w, ' ');
        if (r->sends[i].p[0] == 0 && wrapper_decode(r->sends[i], &f).status == WP_OK)
            wp_put_hex(&w, f.payload);
        else
            wp_put_hex(&w, r->sends[i]);
    }
    if (r->n_sends == 0)
        return "silence";
    return wp_put_end(&w);
}

static inline const char *ask_from(struct rig *r, uint16_t source, uint16_t destination, struct wp_slice apdu)
{
    uint8_t bytes[4096];
    struct wp_writer w = wp_writer(bytes, sizeof bytes);
    const struct wrapper_frame f = {.source = source, .destination = destination, .payload = apdu};

    rig_forget(r);
    wrapper_encode(&w, &f);
    rig_bytes(r, wp_written(&w));
    return listen_to(r);
}

static inline const char *ask(struct rig *r, const char *hex)
{
    uint8_t apdu[2048];
    size_t n;

    ck_assert(wp_hex_read(wp_text(hex), apdu, sizeof apdu, &n));
    return ask_from(r, 1, 1, wp_slice(apdu, n));
}

static inline struct wp_slice heard_octets(uint8_t *out, size_t cap)
{
    size_t n;

    ck_assert(wp_hex_read(wp_text(heard), out, cap, &n));
    return wp_slice(out, n);
}

#define ck_heard(text, expected) ck_assert_str_eq(text, expected)

#endif
