/* `requires`: claims joined by &&, || and !, with parentheses.
 *
 *     either = all { "||" all }     all = one { "&&" one }     one = "!" one | "(" either ")" | claim */
#include "harness/sut_fit.h"

#include <ctype.h>

enum { DEPTH_MAX = 32 };

struct reader {
    const struct sut *sut;
    struct arena *arena;
    const char *at;
    const char *lack; /* the first claim that is not made */
    bool bad;
    int depth;
};

static bool read_either(struct reader *r);

static bool take(struct reader *r, const char *sign)
{
    size_t n = strlen(sign);

    while (isspace((unsigned char)*r->at))
        r->at++;
    if (strncmp(r->at, sign, n) != 0)
        return false;
    r->at += n;
    return true;
}

static bool read_claim(struct reader *r)
{
    size_t n = strspn(r->at, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-");
    struct wp_slice claim = wp_slice(r->at, n);
    bool holds = n > 0 && sut_claims(r->sut, claim);

    r->bad = r->bad || n == 0;
    if (!holds && !r->lack)
        r->lack = arena_text(r->arena, claim);
    r->at += n;
    return holds;
}

static bool read_one(struct reader *r)
{
    bool holds;

    if (++r->depth > DEPTH_MAX) {
        r->bad = true;
        return false;
    }
    if (take(r, "!")) {
        holds = !read_one(r);
    } else if (take(r, "(")) {
        holds = read_either(r);
        r->bad = !take(r, ")") || r->bad;
    } else {
        holds = read_claim(r);
    }
    r->depth--;
    return holds;
}

static bool read_all(struct reader *r)
{
    bool holds = read_one(r);

    while (!r->bad && take(r, "&&"))
        holds = read_one(r) && holds;
    return holds;
}

static bool read_either(struct reader *r)
{
    bool holds = read_all(r);

    while (!r->bad && take(r, "||"))
        holds = read_all(r) || holds;
    return holds;
}

bool pics_hold(const struct sut *sut, const struct node *requires, struct arena *a, const char **ret_lack)
{
    struct reader r = {.sut = sut, .arena = a, .at = node_text(requires, "")};
    bool holds = !requires || read_either(&r);

    *ret_lack = r.lack ? r.lack : node_text(requires, "");
    take(&r, "");
    if (r.bad || (requires && *r.at)) {
        *ret_lack = arena_print(a, "%s (no expression of claims)", node_text(requires, ""));
        return false;
    }
    return holds;
}
