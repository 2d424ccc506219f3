/* Any octets as the body of a push, read as every maker's: what is said of it lies within it, what counts adds up, and
 * twice the same body gives twice the same. The first octet chooses the profile and whether buffers are split; input
 * that begins with "profile" is read as a user's profiles. */
#include "sim/codec/cosem_push.h"

#include <assert.h>
#include <stdlib.h>

enum { POINTS = 64, TEXTS = 4096 };

static const uint8_t *begin, *end;

static void check_within(struct wp_slice s)
{
    assert(s.n == 0 || (s.p >= begin && s.p + s.n <= end));
}

static void check_point(const struct cosem_point *point)
{
    static char texts[TEXTS], printed[TEXTS];
    struct wp_writer t = wp_writer(texts, sizeof texts), w = wp_writer(printed, sizeof printed);

    check_within(point->raw);
    assert(point->raw.n > 0);
    assert(point->form <= COSEM_TREE);
    assert(point->scaler >= -12 && point->scaler <= 12);
    if (point->value.kind == WP_TEXT || point->value.kind == WP_BYTES || point->value.kind == WP_TREE)
        check_within(point->value.bytes);
    wp_put_value(&w, cosem_point_value(point, &t));
    assert(cosem_point_unit(point));
}

static void check(const struct cosem_push *push, const struct cosem_point *points)
{
    assert(push->n_points <= POINTS);
    assert(push->n_dropped == 0 || push->n_points > 0);
    assert(cosem_shape_text(push->shape));
    check_within(push->clock);
    check_within(push->list_id);
    check_within(push->meter_id);
    check_within(push->meter_type);
    check_within(push->serial);
    check_within(push->ldn);
    for (size_t i = 0; i < push->n_points; i++)
        check_point(&points[i]);
}

static void read_profiles(struct wp_slice text)
{
    size_t size = cosem_profile_size(text);
    void *memory = malloc(size ? size : 1);
    char error[1024];
    struct wp_writer w = wp_writer(error, sizeof error);
    struct cosem_profiles profiles;

    assert(memory);
    if (!cosem_profile_read(text, "fuzz", memory, &profiles, &w))
        assert(w.n > 0);
    free(memory);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct cosem_point points[POINTS], again[POINTS];
    struct cosem_push_setup setup = {0};
    struct cosem_push push, same;
    size_t n;
    const struct cosem_profile *known = cosem_profiles_known(&n);

    if (size > 7 && memcmp(data, "profile", 7) == 0)
        read_profiles(wp_slice(data, size));
    if (size == 0)
        return 0;
    setup.profile = &known[data[0] / 2 % n];
    setup.rows = data[0] % 2;
    begin = data + 1;
    end = data + size;
    cosem_push_map(wp_slice(begin, size - 1), &setup, points, POINTS, &push);
    check(&push, points);
    cosem_push_map(wp_slice(begin, size - 1), &setup, again, POINTS, &same);
    assert(push.n_points == same.n_points && push.shape == same.shape && push.n_unmapped == same.n_unmapped);
    if (size > 1 &&
        cosem_push_value(wp_slice(begin, size - 1), obis(1, 0, 32, 7, 0, 255), 3, 2, &setup, points))
        check_point(points);
    return 0;
}
