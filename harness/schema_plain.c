/* Patterns like ^[0-9A-F]{8}$ or ^[0-9]{1,3}-[0-9]{1,3}:(?:\.[0-9]+){3}$: a row of runs, each of characters of one
 * class. Taken greedily from left to right they need no way back, if no run can end where the next one could have
 * begun; other patterns are left to PCRE2. */
#include "harness/schema_pattern.h"

#define COUNT_MAX UINT32_MAX

enum { RUNS_MAX = 40, UNIT_MAX = 1000 };

struct char_run {
    bool set[256];
    uint32_t min, max;
};

struct schema_plain {
    struct char_run *run;
    size_t n;
    /* A group at the end, repeated as often as it fits; its runs have one length each. */
    struct char_run *unit;
    size_t n_unit;
    uint32_t unit_min, unit_max;
    bool to_end;       /* $ */
    bool one_run;      /* from the first to the last character, as in ^[0-9]{12}$ and ^(?:[0-9A-F]{2})+$ */
    uint32_t multiple; /* of which its length must be one */
};

struct parsing {
    const uint8_t *p, *end;
    struct char_run runs[RUNS_MAX];
    size_t n;
};

static void add_range(struct char_run *r, uint8_t from, uint8_t to)
{
    for (unsigned c = from; c <= to; c++)
        r->set[c] = true;
}

/* A character or an escape of the few kinds that are worth it; `*ret_char` < 0: a whole set was added. */
static bool parse_atom(struct parsing *x, struct char_run *r, int *ret_char)
{
    uint8_t c = *x->p++;

    if (c == '\\') {
        if (x->p == x->end)
            return false;
        c = *x->p++;
        if (c == 'd') {
            add_range(r, '0', '9');
            *ret_char = -1;
            return true;
        }
        if (c >= 0x80 || !strchr("^$.|?*+()[]{}-/\\", c) || !c)
            return false;
    } else if (c >= 0x80 || c < ' ') {
        return false;
    }
    *ret_char = c;
    return true;
}

static bool parse_class(struct parsing *x, struct char_run *r)
{
    bool inverted = x->p < x->end && *x->p == '^';

    for (x->p += inverted; x->p < x->end && *x->p != ']';) {
        int from, to;

        if (*x->p == '[' || !parse_atom(x, r, &from))
            return false;
        to = from;
        if (x->end - x->p >= 2 && x->p[0] == '-' && x->p[1] != ']') {
            x->p++;
            if (from < 0 || *x->p == '[' || !parse_atom(x, r, &to) || to < from)
                return false;
        }
        if (from >= 0)
            add_range(r, (uint8_t)from, (uint8_t)to);
    }
    for (size_t c = 0; inverted && c < 256; c++)
        r->set[c] = !r->set[c];
    return x->p < x->end && *x->p++ == ']';
}

static bool parse_number(struct parsing *x, uint32_t *out)
{
    uint32_t v = 0;
    const uint8_t *first = x->p;

    for (; x->p < x->end && *x->p >= '0' && *x->p <= '9' && x->p - first < 6; x->p++)
        v = v * 10 + (uint32_t)(*x->p - '0');
    *out = v;
    return x->p > first;
}

static bool parse_braces(struct parsing *x, uint32_t *min, uint32_t *max)
{
    if (!parse_number(x, min))
        return false;
    *max = *min;
    if (x->p < x->end && *x->p == ',') {
        x->p++;
        if (!parse_number(x, max))
            *max = COUNT_MAX;
    }
    return x->p < x->end && *x->p++ == '}' && *max >= *min;
}

/* What stands behind an atom; lazy quantifiers are none of ours. */
static bool parse_quantifier(struct parsing *x, uint32_t *min, uint32_t *max)
{
    uint8_t c = x->p < x->end ? *x->p : 0;

    *min = *max = 1;
    if (c == '{') {
        x->p++;
        if (!parse_braces(x, min, max))
            return false;
    } else if (c == '*' || c == '+' || c == '?') {
        x->p++;
        *min = c == '+';
        *max = c == '?' ? 1 : COUNT_MAX;
    }
    return x->p == x->end || !strchr("?*+{", *x->p) || !*x->p;
}

static bool parse_run(struct parsing *x)
{
    struct char_run *r = &x->runs[x->n];
    uint8_t c = *x->p;
    int literal;

    if (x->n == RUNS_MAX || (c && strchr("^$.|?*+()]{}", c)))
        return false;
    memset(r->set, 0, sizeof r->set);
    if (c == '[') {
        x->p++;
        if (!parse_class(x, r))
            return false;
    } else {
        if (!parse_atom(x, r, &literal))
            return false;
        if (literal >= 0)
            r->set[literal] = true;
    }
    if (!parse_quantifier(x, &r->min, &r->max))
        return false;
    x->n++;
    /* Beyond ASCII a character is several bytes, so they cannot be counted. */
    return !r->set[0x80] || (r->min <= 1 && r->max == COUNT_MAX);
}

/* (?:...) with a count: written out where the count is fixed, kept as the last unit where it is not. */
static bool parse_group(struct parsing *x, struct arena *a, struct schema_plain *p)
{
    size_t first = x->n, n;
    uint32_t min, max;

    if (x->end - x->p < 3 || memcmp(x->p, "(?:", 3) != 0)
        return false;
    for (x->p += 3; x->p < x->end && *x->p != ')';)
        if (!parse_run(x))
            return false;
    n = x->n - first;
    if (x->p == x->end || n == 0)
        return false;
    x->p++;
    if (!parse_quantifier(x, &min, &max))
        return false;
    if (min == max) {
        if (min == 0 || min > RUNS_MAX || x->n + (min - 1) * n > RUNS_MAX)
            return false;
        for (uint32_t k = 1; k < min; k++, x->n += n)
            memcpy(&x->runs[x->n], &x->runs[first], n * sizeof x->runs[0]);
        return true;
    }
    for (size_t k = first; k < x->n; k++)
        if (x->runs[k].min != x->runs[k].max || x->runs[k].min == 0)
            return false;
    p->unit = arena_get(a, n * sizeof *p->unit);
    memcpy(p->unit, &x->runs[first], n * sizeof *p->unit);
    p->n_unit = n;
    p->unit_min = min;
    p->unit_max = max;
    x->n = first;
    return true;
}

/* A unit of one class alone is a run of it whose length is a multiple. */
static void unit_as_run(struct arena *a, struct schema_plain *p)
{
    uint32_t length = 0;

    for (size_t k = 0; k < p->n_unit; k++) {
        if (memcmp(p->unit[k].set, p->unit[0].set, sizeof p->unit[k].set) != 0)
            return;
        length += p->unit[k].min;
    }
    if (length > UNIT_MAX || p->unit_min > UNIT_MAX)
        return;
    p->run = arena_get(a, sizeof *p->run);
    *p->run = p->unit[0];
    p->run->min = length * p->unit_min;
    p->run->max = p->unit_max < COUNT_MAX / length ? length * p->unit_max : COUNT_MAX;
    p->multiple = length;
    p->one_run = true;
}

static bool overlap(const struct char_run *a, const struct char_run *b)
{
    for (size_t c = 0; c < 256; c++)
        if (a->set[c] && b->set[c])
            return true;
    return false;
}

/* A run of variable length must not be able to take what a later one needs: none up to the first that must be. */
static bool needs_no_way_back(const struct schema_plain *p)
{
    for (size_t i = 0; i < p->n; i++) {
        size_t k = i + 1;

        if (p->run[i].min == p->run[i].max)
            continue;
        for (; k < p->n; k++) {
            if (overlap(&p->run[i], &p->run[k]))
                return false;
            if (p->run[k].min > 0)
                break;
        }
        if (k == p->n && p->n_unit > 0 && overlap(&p->run[i], &p->unit[0]))
            return false;
    }
    return true;
}

const struct schema_plain *schema_plain_new(struct arena *a, struct wp_slice text)
{
    struct parsing x = {.p = text.p, .end = text.p + text.n};
    struct schema_plain *p;

    if (text.n < 2 || text.p[0] != '^')
        return NULL;
    p = arena_get(a, sizeof *p);
    for (x.p++; x.p < x.end && *x.p != '$';) {
        if (p->n_unit > 0) /* nothing but the end comes behind the unit */
            return NULL;
        if (*x.p == '(' ? !parse_group(&x, a, p) : !parse_run(&x))
            return NULL;
    }
    p->to_end = x.p < x.end;
    if ((p->to_end && x.p + 1 != x.end) || (p->n_unit > 0 && !p->to_end))
        return NULL;
    p->n = x.n;
    p->run = arena_get(a, x.n * sizeof *p->run);
    if (x.n > 0)
        memcpy(p->run, x.runs, x.n * sizeof *p->run);
    p->one_run = p->to_end && p->n == 1 && p->n_unit == 0;
    if (p->n == 0 && p->n_unit > 0)
        unit_as_run(a, p);
    return needs_no_way_back(p) ? p : NULL;
}

/* NULL: the run does not stand there. */
static inline const uint8_t *take_run(const struct char_run *r, const uint8_t *p, const uint8_t *end)
{
    size_t left = (size_t)(end - p), most = left < r->max ? left : r->max, n = 0;

    while (n < most && r->set[p[n]])
        n++;
    return n >= r->min ? p + n : NULL;
}

static const uint8_t *take_runs(const struct char_run *r, size_t n, const uint8_t *p, const uint8_t *end)
{
    for (size_t i = 0; i < n && p; i++)
        p = take_run(&r[i], p, end);
    return p;
}

static bool units_to_end(const struct schema_plain *x, const uint8_t *p, const uint8_t *end)
{
    uint32_t n = 0;

    for (; p && p < end; n++)
        p = n < x->unit_max ? take_runs(x->unit, x->n_unit, p, end) : NULL;
    return p && n >= x->unit_min;
}

static bool is_one_run(const struct schema_plain *x, struct wp_slice text)
{
    const struct char_run *r = x->run;
    bool all = true;
    size_t i = 0;

    if (text.n < r->min || text.n > r->max || (x->multiple > 1 && text.n % x->multiple != 0))
        return false;
    for (; i + 4 <= text.n; i += 4)
        all &= r->set[text.p[i]] & r->set[text.p[i + 1]] & r->set[text.p[i + 2]] & r->set[text.p[i + 3]];
    for (; i < text.n; i++)
        all &= r->set[text.p[i]];
    return all;
}

bool schema_plain_matches(const struct schema_plain *x, struct wp_slice text)
{
    const uint8_t *p = text.p, *end = text.p + text.n;

    if (x->one_run)
        return is_one_run(x, text);

    if (!p)
        p = end = (const uint8_t *)"";
    p = take_runs(x->run, x->n, p, end);
    if (!p)
        return false;
    return x->n_unit > 0 ? units_to_end(x, p, end) : !x->to_end || p == end;
}
