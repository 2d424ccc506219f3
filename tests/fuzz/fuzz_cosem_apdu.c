/* Any bytes as an APDU: strict and tolerant, whole and as the front of a stream. What reads reads the same from any
 * split, is shown and told within its bytes, and what is built from it means the same. */
#include "harness/fields.h"
#include "sim/codec/cosem_apdu.h"

#include <assert.h>
#include <stdlib.h>

enum { INPUT_MAX = 2048, TEXT_MAX = 1 << 18 };

static char before[TEXT_MAX], after[TEXT_MAX];

static const char *text_of(char *memory, const struct cosem_apdu *apdu)
{
    struct wp_writer w = wp_writer(memory, TEXT_MAX);

    cosem_apdu_text(&w, apdu);
    assert(!w.full);
    return wp_put_end(&w);
}

static void within(void *ctx, const struct wp_field *field)
{
    assert(field->first + field->len <= *(const size_t *)ctx);
}

/* Lengths become minimal, what is passed over goes: the meaning stays. */
static void check_built(const struct cosem_apdu *apdu, unsigned tolerance)
{
    static uint8_t memory[INPUT_MAX * 2];
    struct wp_writer w = wp_writer(memory, sizeof memory);
    struct cosem_apdu again;

    cosem_apdu_encode(&w, apdu);
    assert(!w.full);
    if (cosem_apdu_read(wp_written(&w), tolerance, &again).status != WP_OK)
        abort();
    assert(strcmp(text_of(before, apdu), text_of(after, &again)) == 0);
}

static void check_shown(struct wp_slice in)
{
    static char text[TEXT_MAX];
    struct wp_writer w = wp_writer(text, sizeof text);
    struct fields_json json;
    size_t n = in.n;

    cosem_apdu_fields(in, 0, within, &n);
    fields_json_begin(&json, &w);
    cosem_apdu_fields(in, 0, fields_json_visit, &json);
    fields_json_end(&json);
}

/* A stream says MORE until the APDU is there, and then what it said at once. */
static void check_stream(struct wp_slice in)
{
    struct cosem_apdu apdu;
    struct wp_decode whole = cosem_apdu_decode(in, COSEM_TOLERANT, &apdu), part;
    size_t step = 1 + in.n / 64;

    if (whole.status != WP_OK)
        return;
    assert(whole.used >= 1 && whole.used <= in.n);
    for (size_t n = 0; n < whole.used; n += step) {
        uint8_t *exact = malloc(n ? n : 1);

        assert(exact);
        memcpy(exact, in.p, n);
        part = cosem_apdu_decode(wp_slice(exact, n), COSEM_TOLERANT, &apdu);
        assert(part.status == WP_MORE && part.need >= 1 && n + part.need <= whole.used);
        free(exact);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct wp_slice in = wp_slice(data, size);
    struct cosem_apdu apdu;
    struct wp_decode d;

    if (size > INPUT_MAX)
        return 0;
    if (cosem_apdu_read(in, COSEM_STRICT, &apdu).status == WP_OK)
        check_built(&apdu, COSEM_STRICT);
    d = cosem_apdu_read(in, COSEM_TOLERANT, &apdu);
    assert(d.status != WP_MORE);
    assert(d.status != WP_BAD || (d.at <= size && d.used >= 1));
    if (d.status == WP_OK)
        check_built(&apdu, COSEM_TOLERANT);
    if (size > 0)
        check_shown(in);
    check_stream(in);
    return 0;
}
