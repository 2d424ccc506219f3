/* Captures anonymised, and the results looked at with code of the tests' own. */
#ifndef WP_TESTS_ANONYMISE_RIG_H
#define WP_TESTS_ANONYMISE_RIG_H

#include "harness/anonymise.h"
#include "harness/home.h"
#include "tests/replay_rig.h"

enum { TEXT_MAX = 4 << 20, PAIRS_MAX = 512 };

static char out_path[160], map_path[160], said[8192], why[1024];

static inline void set_paths(void)
{
    snprintf(out_path, sizeof out_path, "%s/out", dir);
    snprintf(map_path, sizeof map_path, "%s/map.csv", dir);
}

/* Loaded once: most of what a small capture costs. */
static inline const struct contract_set *loaded_contracts(void)
{
    static const struct contract_set *set;
    char text_of_why[512];
    struct wp_writer w = wp_writer(text_of_why, sizeof text_of_why);

    if (!set)
        set = contracts_load(home_dir(), &w);
    ck_assert_msg(set != NULL, "%s", wp_put_end(&w));
    return set;
}

/* `more` may set what a test needs besides. */
static inline enum anonymise_end anonymise_with(const char *in, struct anonymise_setup more)
{
    struct wp_writer w = wp_writer(why, sizeof why);
    enum anonymise_end end;

    set_paths();
    more.in = in;
    more.out = out_path;
    more.map = map_path;
    more.contracts = loaded_contracts();
    if (more.key.n == 0)
        more.key = wp_text("a key");
    memset(said, 0, sizeof said);
    more.said = fmemopen(said, sizeof said - 1, "w");
    end = anonymise(&more, &w);
    fclose(more.said);
    wp_put_end(&w);
    return end;
}

static inline void anonymise_it(const char *in)
{
    enum anonymise_end end = anonymise_with(in, (struct anonymise_setup){0});

    ck_assert_msg(end == ANONYMISE_DONE, "%s: %s", in, why);
}

/* ---- files ------------------------------------------------------------------------------------------ */

static inline size_t read_bytes(const char *name, char **out)
{
    FILE *f = fopen(name, "rb");
    size_t n;

    ck_assert_msg(f != NULL, "%s", name);
    *out = malloc(TEXT_MAX);
    ck_assert_ptr_nonnull(*out);
    n = fread(*out, 1, TEXT_MAX - 1, f);
    (*out)[n] = 0;
    fclose(f);
    return n;
}

static inline bool holds(const char *bytes, size_t n, const void *what, size_t n_what)
{
    return memmem(bytes, n, what, n_what) != NULL;
}

/* The digits as bytes of two: in their order or the other one, each with something added. */
static inline void pack(const char *digits, bool backwards, uint8_t add, uint8_t out[6])
{
    for (int i = 0; i < 6; i++) {
        unsigned byte;

        sscanf(digits + 2 * i, "%2x", &byte);
        out[backwards ? 5 - i : i] = (uint8_t)(byte + add);
    }
}

/* Is the meter's address nowhere in the file: as text, and, when asked for, as BCD in any of its ways? */
static inline void expect_gone(const char *address, bool packed)
{
    char *bytes;
    size_t n = read_bytes(out_path, &bytes);

    ck_assert_msg(!holds(bytes, n, address, strlen(address)), "%s is still there as text", address);
    for (int way = 0; packed && way < 4; way++) {
        uint8_t bcd[6];

        pack(address, way & 1, way & 2 ? 0x33 : 0, bcd);
        ck_assert_msg(!holds(bytes, n, bcd, sizeof bcd), "%s is still there, way %d", address, way);
    }
    free(bytes);
}

/* ---- the owner's list ------------------------------------------------------------------------------- */

static struct pair {
    char kind[128], was[128], becomes[128];
} pairs[PAIRS_MAX];
static size_t n_pairs;

static inline void read_map(void)
{
    FILE *f = fopen(map_path, "r");
    char line[512];

    n_pairs = 0;
    ck_assert_ptr_nonnull(f);
    ck_assert_ptr_nonnull(fgets(line, sizeof line, f));
    ck_assert_str_eq(line, "kind,was,becomes\n");
    while (n_pairs < PAIRS_MAX && fgets(line, sizeof line, f)) {
        struct pair *p = &pairs[n_pairs++];

        ck_assert_int_eq(
            sscanf(line, "\"%127[^\"]\",\"%127[^\"]\",\"%127[^\"]\"", p->kind, p->was, p->becomes), 3);
        ck_assert_uint_eq(strlen(p->was), strlen(p->becomes));
        ck_assert_str_ne(p->was, p->becomes);
    }
    fclose(f);
}

static inline const char *becomes(const char *was)
{
    for (size_t i = 0; i < n_pairs; i++)
        if (strcmp(pairs[i].was, was) == 0)
            return pairs[i].becomes;
    ck_abort_msg("%s became nothing", was);
}

/* The longest one that stands here. */
static inline const struct pair *pair_at(const char *in)
{
    const struct pair *best = NULL;

    for (size_t i = 0; i < n_pairs; i++)
        if (strncmp(in, pairs[i].was, strlen(pairs[i].was)) == 0 &&
            (!best || strlen(pairs[i].was) > strlen(best->was)))
            best = &pairs[i];
    return best;
}

/* ---- what must be the same -------------------------------------------------------------------------- */

/* Fields that follow from others. */
static inline bool is_derived(const char *token)
{
    static const char *const names[] = {" checksum=", " crc=", " crcExpected=", " data=", " hex="};

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strncmp(token, names[i], strlen(names[i])) == 0)
            return true;
    return false;
}

/* The lines of a replay without those; with `mapped` each id as it must have become. */
static inline char *told(const char *in, bool mapped)
{
    char *copy = malloc(2 * strlen(in) + 1), *to = copy;

    while (*in) {
        const struct pair *p = mapped ? pair_at(in) : NULL;

        if (is_derived(in)) {
            in += 1 + strcspn(in + 1, " \n");
        } else if (p) {
            to = stpcpy(to, p->becomes);
            in += strlen(p->was);
        } else {
            *to++ = *in++;
        }
    }
    *to = 0;
    return copy;
}

/* The result, replayed, is the input, replayed, with every id of the owner's list replaced, and nothing else. */
static inline void expect_same(const char *in)
{
    char *expected;
    enum replay_end end = replay((struct replay_file){.path = in}), end_out;
    char *got;

    read_map();
    expected = told(text, true);
    end_out = replay((struct replay_file){.path = out_path});
    got = told(text, false);
    ck_assert_int_eq(end, end_out);
    for (const char *x = expected, *y = got; *x || *y;) {
        int n = (int)strcspn(x, "\n"), m = (int)strcspn(y, "\n");

        ck_assert_msg(n == m && strncmp(x, y, (size_t)n) == 0, "expected\n'%.*s', got\n'%.*s'", n, x, m, y);
        x += n + (x[n] == '\n');
        y += m + (y[m] == '\n');
    }
    free(expected);
    free(got);
}

static inline const char *own(const char *name)
{
    static char full[512];

    snprintf(full, sizeof full, "%s/captures/dlt645/%s", home_dir(), name);
    return full;
}

#endif
