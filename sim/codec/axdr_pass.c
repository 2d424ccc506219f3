/* Passing over elements that nobody asks for. Most Data of a push is looked through this way before it is read. */
#include "sim/codec/axdr.h"

enum { ROW_MIN = 8, ROW_MAX = 64, SHORT = 0x80 };

static inline bool is_string(uint8_t tag)
{
    return tag == AXDR_OCTET_STRING || tag == AXDR_VISIBLE_STRING || tag == AXDR_UTF8_STRING;
}

/* ---- rows ------------------------------------------------------------------------------------------- */

/* One row of an array: a container with all in it. */
struct row {
    size_t n;
    uint32_t nodes;         /* elements in it */
    uint8_t shape[ROW_MAX]; /* FF at tags, counts and lengths: rows that are equal there are alike */
};

/* The row at p: short, with nothing in it that is long or odd, and no more than so many containers.
 * false: it is another one, or not whole. */
static bool read_row(const uint8_t *p, size_t rest, unsigned containers, struct row *out)
{
    const size_t end = rest < ROW_MAX ? rest : ROW_MAX;
    size_t at = 0, size;

    if (rest == 0 || !axdr_is_container(p[0]))
        return false;
    *out = (struct row){0};
    for (uint32_t left = 1; left > 0; left--, at += size) {
        if (at + 2 > end)
            return false;
        out->shape[at] = 0xFF;
        size = axdr_fixed_size[p[at]];
        if (size > 0)
            continue;
        out->shape[at + 1] = 0xFF;
        if (axdr_is_container(p[at]) && p[at + 1] < SHORT && containers > 0) {
            containers--;
            left += p[at + 1];
            out->nodes += p[at + 1];
            size = 2;
        } else if (is_string(p[at]) && p[at + 1] < SHORT) {
            size = 2u + p[at + 1];
        } else {
            return false;
        }
    }
    out->n = at;
    return at >= ROW_MIN && at <= end;
}

/* Eight octets of two rows, where the shape says that they matter. */
static inline uint64_t difference(const struct row *row, const uint8_t *a, const uint8_t *b, size_t at)
{
    uint64_t left, right, shape;

    memcpy(&left, a + at, 8);
    memcpy(&right, b + at, 8);
    memcpy(&shape, row->shape + at, 8);
    return (left ^ right) & shape;
}

static inline bool is_alike(const struct row *row, const uint8_t *a, const uint8_t *b)
{
    uint64_t sum = difference(row, a, b, row->n - 8);

    for (size_t at = 0; at + 8 < row->n; at += 8)
        sum |= difference(row, a, b, at);
    return sum == 0;
}

/* The entries of an object list, and most lists of registers, are alike: the first is read octet by octet, the others are
 * compared with it. Stops before the first row that cannot be passed so. */
static void pass_rows(struct axdr_cursor *c)
{
    struct row row;

    while (c->here > 0 && read_row(c->in.p + c->at, c->in.n - c->at, c->depth_max - c->depth, &row)) {
        const uint8_t *first = c->in.p + c->at;

        do {
            if (row.nodes > c->nodes)
                return;
            c->nodes -= row.nodes;
            c->here--;
            c->at += row.n;
        } while (c->here > 0 && c->in.n - c->at >= row.n && is_alike(&row, first, c->in.p + c->at));
    }
}

/* ---- elements --------------------------------------------------------------------------------------- */

/* Numbers and short strings, as many as come one behind the other. */
static void pass_simple(struct axdr_cursor *c)
{
    const uint8_t *p = c->in.p;
    const size_t n = c->in.n;
    size_t at = c->at, size;
    uint32_t here = c->here;

    for (; here > 0 && at < n; here--, at += size) {
        size = axdr_fixed_size[p[at]];
        if (size == 0 && is_string(p[at]) && n - at >= 2 && p[at + 1] < SHORT)
            size = 2u + p[at + 1];
        if (size == 0 || size > n - at)
            break;
    }
    c->at = at;
    c->here = here;
}

/* Opens a short container. false: something else comes, or nothing. */
static bool pass_into(struct axdr_cursor *c)
{
    const uint8_t *p = c->in.p + c->at;
    const size_t rest = c->in.n - c->at;

    if (rest < 2 || !axdr_is_container(p[0]) || p[1] >= SHORT || p[1] > rest - 2 || p[1] > c->nodes ||
        c->depth == c->depth_max)
        return false;
    c->left[c->depth++] = c->here - 1;
    c->here = p[1];
    c->nodes -= p[1];
    c->at += 2;
    if (p[0] == AXDR_ARRAY)
        pass_rows(c);
    return true;
}

void axdr_pass_over(struct axdr_cursor *c, unsigned depth)
{
    do {
        axdr_leave(c, depth);
        pass_simple(c);
    } while (c->here > 0 ? pass_into(c) : c->depth > depth);
}
