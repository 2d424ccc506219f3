#include "sim/gateway/lxp_inverters.h"

#include "sim/gateway/gateway.h"

/* ---- an entry of lxp.more ------------------------------------------------------------------------- */

struct entry {
    struct wp_slice prefix, serial, datalog;
    struct wp_addr addr;
    uint64_t count;
};

static struct wp_slice without_blanks(struct wp_slice s)
{
    while (s.n && (s.p[0] == ' ' || s.p[0] == '\n'))
        s = wp_slice_from(s, 1);
    while (s.n && (s.p[s.n - 1] == ' ' || s.p[s.n - 1] == '\n'))
        s.n--;
    return s;
}

/* What stands before the first `c`, which is taken off *in with it; all of it when there is none. */
static struct wp_slice cut(struct wp_slice *in, char c)
{
    const uint8_t *at = in->n > 0 ? memchr(in->p, c, in->n) : NULL;
    size_t n = at ? (size_t)(at - in->p) : in->n;
    struct wp_slice front = wp_slice(in->p, n);

    *in = wp_slice_from(*in, at ? n + 1 : n);
    return without_blanks(front);
}

/* Digits alone, at most six of them. */
static bool read_count(struct wp_slice text, uint64_t *out)
{
    uint64_t n = 0;

    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] < '0' || text.p[i] > '9')
            return false;
        n = 10 * n + (uint64_t)(text.p[i] - '0');
    }
    *out = n;
    return text.n > 0 && text.n <= 6 && n > 0;
}

/* Cuts the first entry off the list. false: it has not the form of one. */
static bool cut_entry(struct wp_slice *list, uint16_t port, struct entry *out)
{
    struct wp_slice text = cut(list, ','), place;
    bool is_counted;

    out->prefix = cut(&text, '=');
    out->serial = cut(&text, ':');
    out->datalog = cut(&text, '@');
    is_counted = text.n > 0 && memchr(text.p, '*', text.n);
    place = cut(&text, '*');
    out->count = 1;
    if (!wp_addr_read(place, &out->addr) || (is_counted && !read_count(without_blanks(text), &out->count)))
        return false;
    if (out->addr.port == 0)
        out->addr.port = port;
    return true;
}

/* ---- texts that count up --------------------------------------------------------------------------- */

enum { DIGITS_MAX = 15 };

/* The texts from one on that count up at their end: "house" and 1, 2, 3. */
struct series {
    struct wp_slice stem;
    uint64_t first, count;
    size_t width; /* digits of the first one; 0: it has none, or too many to count */
};

static size_t digits_at_end(struct wp_slice text)
{
    size_t n = 0;

    while (n < text.n && text.p[text.n - n - 1] >= '0' && text.p[text.n - n - 1] <= '9')
        n++;
    return n <= DIGITS_MAX ? n : 0;
}

static struct series series(struct wp_slice text, uint64_t count)
{
    struct series s = {.width = digits_at_end(text), .count = count};

    s.stem = wp_slice(text.p, text.n - s.width);
    for (size_t i = s.stem.n; i < text.n; i++)
        s.first = 10 * s.first + (uint64_t)(text.p[i] - '0');
    return s;
}

static uint64_t last(const struct series *s)
{
    return s->first + s->count - 1;
}

static size_t printed_digits(uint64_t n)
{
    size_t digits = 1;

    for (; n > 9; n /= 10)
        digits++;
    return digits;
}

/* Of the last one. */
static size_t longest(const struct series *s)
{
    size_t digits = s->width > 0 ? printed_digits(last(s)) : 0;

    return s->stem.n + (digits > s->width ? digits : s->width);
}

static bool can_count(const struct series *s, size_t max)
{
    return s->count == 1 || (s->width > 0 && last(s) < (uint64_t)wp_pow10(DIGITS_MAX) && longest(s) <= max);
}

/* Have two series a text in common? Numbers of another width differ while they have leading zeros. */
static bool meet(const struct series *a, const struct series *b)
{
    size_t width = a->width > b->width ? a->width : b->width;
    uint64_t from = a->first > b->first ? a->first : b->first, to = last(a) < last(b) ? last(a) : last(b);

    if (!wp_slice_eq(a->stem, b->stem))
        return false;
    if (a->width != b->width && from < (uint64_t)wp_pow10((unsigned)width - 1))
        from = (uint64_t)wp_pow10((unsigned)width - 1);
    return from <= to;
}

/* The next text of the series, in its place; there is room for one more digit. */
static size_t count_up(char *text, size_t n)
{
    size_t i = n;

    while (i > 0 && text[i - 1] == '9')
        text[--i] = '0';
    if (i > 0 && text[i - 1] >= '0' && text[i - 1] <= '8') {
        text[i - 1]++;
        return n;
    }
    memmove(text + i + 1, text + i, n - i);
    text[i] = '1';
    return n + 1;
}

/* ---- walking --------------------------------------------------------------------------------------- */

static bool has_first(const struct wp_setup *setup)
{
    return gateway_given(setup, GATEWAY_LXP_HOST).kind == WP_TEXT;
}

static struct wp_slice further(const struct wp_setup *setup)
{
    struct wp_value more = gateway_given(setup, GATEWAY_LXP_MORE);

    return more.kind == WP_TEXT ? without_blanks(more.bytes) : wp_slice(NULL, 0);
}

static struct wp_slice text_of(const struct wp_setup *setup, enum gateway_option id)
{
    struct wp_value v = gateway_given(setup, id);

    return v.kind == WP_TEXT ? v.bytes : wp_slice(NULL, 0);
}

/* What the options of the first one say; false: its address is none. */
static bool first_entry(const struct wp_setup *setup, struct entry *out)
{
    *out = (struct entry){
        .prefix = text_of(setup, GATEWAY_OCTOLUX_PREFIX),
        .serial = text_of(setup, GATEWAY_LXP_SERIAL),
        .datalog = text_of(setup, GATEWAY_LXP_DATALOG),
        .count = 1,
    };
    if (!wp_addr_read(text_of(setup, GATEWAY_LXP_HOST), &out->addr) || out->addr.port != 0)
        return false;
    out->addr.port = (uint16_t)gateway_given(setup, GATEWAY_LXP_PORT).num;
    return true;
}

static void begin(struct lxp_inverter_walk *walk, const struct entry *e)
{
    walk->left = (size_t)e->count;
    walk->site = (struct lxp_inverter_site){.addr = e->addr, .n_prefix = (uint8_t)e->prefix.n};
    memcpy(walk->site.prefix, e->prefix.p, e->prefix.n);
    memcpy(walk->site.serial, e->serial.p, LXP_INVERTER_CHARS);
    memcpy(walk->site.datalog, e->datalog.p, LXP_INVERTER_CHARS);
}

struct lxp_inverter_walk lxp_inverters_walk(const struct wp_setup *setup)
{
    struct lxp_inverter_walk walk = {.rest = further(setup),
                                     .port = (uint16_t)gateway_given(setup, GATEWAY_LXP_PORT).num};
    struct entry e;

    if (has_first(setup) && first_entry(setup, &e))
        begin(&walk, &e);
    return walk;
}

bool lxp_inverters_next(struct lxp_inverter_walk *walk, struct lxp_inverter_site *out)
{
    struct entry e;

    if (walk->left == 0) {
        if (walk->rest.n == 0 || !cut_entry(&walk->rest, walk->port, &e))
            return false;
        begin(walk, &e);
    }
    *out = walk->site;
    if (--walk->left > 0) {
        walk->site.n_prefix = (uint8_t)count_up(walk->site.prefix, walk->site.n_prefix);
        (void)count_up(walk->site.serial, LXP_INVERTER_CHARS);
        (void)count_up(walk->site.datalog, LXP_INVERTER_CHARS);
        walk->site.addr.ip++;
    }
    return true;
}

size_t lxp_inverters_count(const struct wp_setup *setup)
{
    struct wp_slice rest = further(setup);
    size_t n = has_first(setup) ? 1 : 0;
    struct entry e;

    while (rest.n > 0 && cut_entry(&rest, 1, &e))
        n += (size_t)e.count;
    return n;
}

static bool has(const struct entry *e, struct wp_slice serial)
{
    const struct series those = series(e->serial, e->count), this = series(serial, 1);

    return meet(&those, &this);
}

bool lxp_inverters_have(const struct wp_setup *setup, struct wp_slice serial)
{
    struct wp_slice rest = further(setup);
    struct entry e;

    if (has_first(setup) && first_entry(setup, &e) && has(&e, serial))
        return true;
    while (rest.n > 0)
        if (!cut_entry(&rest, 1, &e))
            return false;
        else if (has(&e, serial))
            return true;
    return false;
}

/* ---- the check ------------------------------------------------------------------------------------- */

static bool say(struct wp_writer *why, const char *sentence)
{
    wp_put_text(why, sentence);
    return false;
}

static bool is_serial(struct wp_slice text)
{
    return text.n == LXP_INVERTER_CHARS && wp_slice_is_printable(text);
}

/* Levels of plain text, neither the first nor the last one empty. */
static bool is_prefix(struct wp_slice text)
{
    if (text.n == 0 || text.n > LXP_INVERTER_PREFIX_MAX || !wp_slice_is_utf8(text))
        return false;
    if (text.p[0] == '/' || text.p[0] == '$' || text.p[text.n - 1] == '/')
        return false;
    for (size_t i = 0; i < text.n; i++)
        if (text.p[i] < ' ' || text.p[i] == 0x7F || text.p[i] == '+' || text.p[i] == '#')
            return false;
    return true;
}

/* A serial that is given is looked at whether there is an inverter or not. */
static bool check_serial(const struct wp_setup *setup, enum gateway_option id, struct wp_writer *why)
{
    struct wp_value v = gateway_given(setup, id);

    if (v.kind != WP_TEXT && !has_first(setup))
        return true;
    if (v.kind == WP_TEXT && is_serial(v.bytes))
        return true;
    wp_put_text(why, gateway_options[id].name);
    wp_put_text(why, " takes exactly 10 characters");
    if (v.kind != WP_TEXT)
        return say(why, ", and is needed with lxp.host");
    wp_put_text(why, ", and has ");
    wp_put_uint(why, v.bytes.n);
    return false;
}

static bool check_first(const struct wp_setup *setup, struct wp_writer *why)
{
    struct entry e;

    if (!check_serial(setup, GATEWAY_LXP_SERIAL, why) || !check_serial(setup, GATEWAY_LXP_DATALOG, why))
        return false;
    if (!is_prefix(text_of(setup, GATEWAY_OCTOLUX_PREFIX)))
        return say(why,
                   "octolux.prefix takes topic levels such as octolux, without + and #, at most 64 bytes");
    if (has_first(setup) && !first_entry(setup, &e))
        return say(why, "lxp.host takes an IPv4 address; its port is lxp.port");
    return true;
}

static bool fails_in_entry(struct wp_writer *why, size_t number, const char *what)
{
    wp_put_text(why, "lxp.more: entry ");
    wp_put_uint(why, number);
    wp_put_char(why, ' ');
    wp_put_text(why, what);
    return false;
}

static bool check_entry(const struct entry *e, size_t number, struct wp_writer *why)
{
    const struct series serial = series(e->serial, e->count), datalog = series(e->datalog, e->count),
                        prefix = series(e->prefix, e->count);

    if (!is_serial(e->serial))
        return fails_in_entry(why, number, "has a serial that is not exactly 10 characters");
    if (!is_serial(e->datalog))
        return fails_in_entry(why, number, "has a datalog that is not exactly 10 characters");
    if (!is_prefix(e->prefix))
        return fails_in_entry(
            why, number,
            "has a prefix that is no topic levels such as octolux, without + and #, at most "
            "64 bytes");
    if (!can_count(&serial, LXP_INVERTER_CHARS) || !can_count(&datalog, LXP_INVERTER_CHARS) ||
        !can_count(&prefix, LXP_INVERTER_PREFIX_MAX))
        return fails_in_entry(why, number, "cannot count up: too few digits at the end of a name");
    if (e->addr.ip > UINT32_MAX - (e->count - 1))
        return fails_in_entry(why, number, "counts beyond 255.255.255.255");
    return true;
}

static bool check_further(const struct wp_setup *setup, struct wp_writer *why)
{
    struct wp_slice rest = further(setup);
    size_t number = 1, n = has_first(setup) ? 1 : 0;
    struct entry e;

    for (; rest.n > 0; number++) {
        if (number > LXP_INVERTER_ENTRIES_MAX)
            return say(why, "lxp.more takes at most 1000 entries; *N makes many of one");
        if (!cut_entry(&rest, 1, &e))
            return fails_in_entry(why, number,
                                  "is not PREFIX=SERIAL:DATALOG@IP:PORT, or that with *N behind it");
        if (!check_entry(&e, number, why))
            return false;
        n += (size_t)e.count;
    }
    return n <= LXP_INVERTERS_MAX || say(why, "lxp.more makes more than 100000 inverters");
}

static bool fails_twice(struct wp_writer *why, const char *what, struct wp_slice name)
{
    wp_put_text(why, "lxp: two inverters have the same ");
    wp_put_text(why, what);
    wp_put_text(why, ": one of those from ");
    wp_put_slice(why, name);
    wp_put_text(why, " on");
    return false;
}

static bool differ(const struct entry *a, const struct entry *b, struct wp_writer *why)
{
    const struct series serial[] = {series(a->serial, a->count), series(b->serial, b->count)},
                        prefix[] = {series(a->prefix, a->count), series(b->prefix, b->count)},
                        ip[] = {{.first = a->addr.ip, .count = a->count},
                                {.first = b->addr.ip, .count = b->count}};

    if (meet(&serial[0], &serial[1]))
        return fails_twice(why, "serial", b->serial);
    if (meet(&prefix[0], &prefix[1]))
        return fails_twice(why, "prefix", b->prefix);
    if (a->addr.port == b->addr.port && meet(&ip[0], &ip[1]))
        return fails_twice(why, "address", b->serial);
    return true;
}

/* Entries are few and stand for many inverters, so each is held against each. */
static bool check_twice(const struct wp_setup *setup, struct wp_writer *why)
{
    const uint16_t port = (uint16_t)gateway_given(setup, GATEWAY_LXP_PORT).num;
    struct wp_slice rest = further(setup), others;
    struct entry e, other;

    if (has_first(setup) && first_entry(setup, &e))
        for (others = rest; others.n > 0;)
            if (!cut_entry(&others, port, &other) || !differ(&e, &other, why))
                return false;
    while (rest.n > 0) {
        if (!cut_entry(&rest, port, &e))
            return false;
        for (others = rest; others.n > 0;)
            if (!cut_entry(&others, port, &other) || !differ(&e, &other, why))
                return false;
    }
    return true;
}

bool lxp_inverters_check(const struct wp_setup *setup, struct wp_writer *why)
{
    return check_first(setup, why) && check_further(setup, why) && check_twice(setup, why);
}
