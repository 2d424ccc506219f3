#include "sim/gateway/lxp_inverters.h"

#include "sim/gateway/gateway.h"
#include "sim/gateway/list_text.h"
#include "sim/gateway/text_series.h"

/* ---- an entry of lxp.more ------------------------------------------------------------------------- */

struct entry {
    struct wp_slice prefix, serial, datalog;
    struct wp_addr addr;
    uint64_t count;
};

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
    struct wp_slice text = list_cut(list, ','), place;
    bool is_counted;

    out->prefix = list_cut(&text, '=');
    out->serial = list_cut(&text, ':');
    out->datalog = list_cut(&text, '@');
    is_counted = text.n > 0 && memchr(text.p, '*', text.n);
    place = list_cut(&text, '*');
    out->count = 1;
    if (!wp_addr_read(place, &out->addr) || (is_counted && !read_count(list_trim(text), &out->count)))
        return false;
    if (out->addr.port == 0)
        out->addr.port = port;
    return true;
}

/* ---- walking --------------------------------------------------------------------------------------- */

static bool has_first(const struct wp_setup *setup)
{
    return gateway_given(setup, GATEWAY_LXP_HOST).kind == WP_TEXT;
}

static struct wp_slice further(const struct wp_setup *setup)
{
    struct wp_value more = gateway_given(setup, GATEWAY_LXP_MORE);

    return more.kind == WP_TEXT ? list_trim(more.bytes) : wp_slice(NULL, 0);
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
        walk->site.n_prefix = (uint8_t)text_series_next(walk->site.prefix, walk->site.n_prefix);
        (void)text_series_next(walk->site.serial, LXP_INVERTER_CHARS);
        (void)text_series_next(walk->site.datalog, LXP_INVERTER_CHARS);
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
    const struct text_series those = text_series(e->serial, e->count), this = text_series(serial, 1);

    return text_series_meet(&those, &this);
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
    const struct text_series serial = text_series(e->serial, e->count),
                             datalog = text_series(e->datalog, e->count),
                             prefix = text_series(e->prefix, e->count);

    if (!is_serial(e->serial))
        return fails_in_entry(why, number, "has a serial that is not exactly 10 characters");
    if (!is_serial(e->datalog))
        return fails_in_entry(why, number, "has a datalog that is not exactly 10 characters");
    if (!is_prefix(e->prefix))
        return fails_in_entry(
            why, number,
            "has a prefix that is no topic levels such as octolux, without + and #, at most "
            "64 bytes");
    if (!text_series_fits(&serial, LXP_INVERTER_CHARS) || !text_series_fits(&datalog, LXP_INVERTER_CHARS) ||
        !text_series_fits(&prefix, LXP_INVERTER_PREFIX_MAX))
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
    const struct text_series serial[] = {text_series(a->serial, a->count), text_series(b->serial, b->count)},
                             prefix[] = {text_series(a->prefix, a->count), text_series(b->prefix, b->count)},
                             ip[] = {{.first = a->addr.ip, .count = a->count},
                                     {.first = b->addr.ip, .count = b->count}};

    if (text_series_meet(&serial[0], &serial[1]))
        return fails_twice(why, "serial", b->serial);
    if (text_series_meet(&prefix[0], &prefix[1]))
        return fails_twice(why, "prefix", b->prefix);
    if (a->addr.port == b->addr.port && text_series_meet(&ip[0], &ip[1]))
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
