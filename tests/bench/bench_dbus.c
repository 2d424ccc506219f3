/* PropertiesChanged with a double, a string and an empty array (200 bytes): written, read whole, and gone through, beside
 * libdbus doing the same; and GetItems of 10 and of 200 paths. The contestants take turns in one run; medians of
 * processor time are printed. */
#include "sim/codec/dbus_out.h"

#include <assert.h>
#include <dbus/dbus.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { ROUNDS = 25, BYTES_A_ROUND = 1 << 20, MEMORY = 1 << 16 };

/* What is said: `n_paths` 0 is the signal, else so many items. */
struct says {
    const char *name;
    unsigned n_paths;
    uint8_t bytes[MEMORY];
    size_t n;
};

static struct says says[] = {{.name = "PropertiesChanged a{sv}"},
                             {.name = "GetItems a{sa{sv}} of 10", .n_paths = 10},
                             {.name = "GetItems a{sa{sv}} of 200", .n_paths = 200}};

static const struct says *at;
static uint64_t sink; /* so that nothing is left out */

static double nanoseconds(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
    return 1e9 * (double)ts.tv_sec + (double)ts.tv_nsec;
}

static const char *path_of(unsigned i)
{
    static char text[32];

    snprintf(text, sizeof text, "/Ac/L%u/Power", i);
    return text;
}

/* ---- ours ------------------------------------------------------------------------------------------- */

static void put_entry(struct dbus_out *out, const char *key, struct wp_value v)
{
    dbus_open(out);
    dbus_put_text(out, wp_text(key));
    dbus_put_variant(out, v);
    dbus_close(out);
}

static void put_item(struct dbus_out *out)
{
    dbus_open(out);
    put_entry(out, "Value", wp_real(936.0));
    put_entry(out, "Text", wp_text_value(wp_text("936W")));
    if (at->n_paths == 0)
        put_entry(out, "Max", wp_null());
    dbus_close(out);
}

static void put_items(struct dbus_out *out)
{
    dbus_open(out);
    for (unsigned i = 0; i < at->n_paths; i++) {
        dbus_open(out);
        dbus_put_text(out, wp_text(path_of(i)));
        put_item(out);
        dbus_close(out);
    }
    dbus_close(out);
}

static size_t put_message(struct wp_writer *w)
{
    struct dbus_out out;

    dbus_begin_signal(&out, w, 7, wp_text("/Ac/Power"), wp_text("com.victronenergy.BusItem"),
                      wp_text("PropertiesChanged"), at->n_paths ? "a{sa{sv}}" : "a{sv}");
    (at->n_paths ? put_items : put_item)(&out);
    assert(dbus_end(&out));
    return w->n;
}

static uint64_t write_ours(void)
{
    static uint8_t memory[MEMORY];
    struct wp_writer w = wp_writer(memory, sizeof memory);
    size_t n = put_message(&w);

    return n + memory[n - 1];
}

static uint64_t decode_ours(void)
{
    struct dbus_message m;
    struct wp_decode d = dbus_decode(wp_slice(at->bytes, at->n), &m);

    assert(d.status == WP_OK);
    return m.body.n;
}

static uint64_t read_values(struct dbus_iter *it)
{
    uint64_t n = 0;
    struct wp_value v;

    dbus_enter(it);
    while (dbus_next_type(it)) {
        dbus_enter(it);
        n += dbus_get_text(it).n;
        n += dbus_get_value(it, &v) && v.kind == WP_REAL;
        dbus_leave(it);
    }
    dbus_leave(it);
    return n;
}

static uint64_t read_ours(void)
{
    struct dbus_message m;
    struct dbus_iter it;
    uint64_t n = 0;

    dbus_decode(wp_slice(at->bytes, at->n), &m);
    dbus_iter(&it, &m);
    if (at->n_paths == 0)
        return read_values(&it);
    dbus_enter(&it);
    while (dbus_next_type(&it)) {
        dbus_enter(&it);
        n += dbus_get_text(&it).n + read_values(&it);
        dbus_leave(&it);
    }
    dbus_leave(&it);
    return n;
}

/* ---- libdbus ---------------------------------------------------------------------------------------- */

static void append_entry(DBusMessageIter *to, const char *key, const char *type, const void *value)
{
    DBusMessageIter entry, variant, array;

    dbus_message_iter_open_container(to, DBUS_TYPE_DICT_ENTRY, NULL, &entry);
    dbus_message_iter_append_basic(&entry, DBUS_TYPE_STRING, &key);
    dbus_message_iter_open_container(&entry, DBUS_TYPE_VARIANT, type, &variant);
    if (value) {
        dbus_message_iter_append_basic(&variant, type[0], value);
    } else {
        dbus_message_iter_open_container(&variant, DBUS_TYPE_ARRAY, "i", &array);
        dbus_message_iter_close_container(&variant, &array);
    }
    dbus_message_iter_close_container(&entry, &variant);
    dbus_message_iter_close_container(to, &entry);
}

static void append_item(DBusMessageIter *to)
{
    const char *text = "936W";
    const double power = 936.0;
    DBusMessageIter dict;

    dbus_message_iter_open_container(to, DBUS_TYPE_ARRAY, "{sv}", &dict);
    append_entry(&dict, "Value", "d", &power);
    append_entry(&dict, "Text", "s", &text);
    if (at->n_paths == 0)
        append_entry(&dict, "Max", "ai", NULL);
    dbus_message_iter_close_container(to, &dict);
}

static void append_items(DBusMessageIter *to)
{
    DBusMessageIter items, entry;

    dbus_message_iter_open_container(to, DBUS_TYPE_ARRAY, "{sa{sv}}", &items);
    for (unsigned i = 0; i < at->n_paths; i++) {
        const char *path = path_of(i);

        dbus_message_iter_open_container(&items, DBUS_TYPE_DICT_ENTRY, NULL, &entry);
        dbus_message_iter_append_basic(&entry, DBUS_TYPE_STRING, &path);
        append_item(&entry);
        dbus_message_iter_close_container(&items, &entry);
    }
    dbus_message_iter_close_container(to, &items);
}

static uint64_t write_theirs(void)
{
    DBusMessage *d = dbus_message_new_signal("/Ac/Power", "com.victronenergy.BusItem", "PropertiesChanged");
    DBusMessageIter to;
    char *bytes;
    int n;

    dbus_message_set_serial(d, 7);
    dbus_message_iter_init_append(d, &to);
    (at->n_paths ? append_items : append_item)(&to);
    dbus_message_marshal(d, &bytes, &n);
    dbus_free(bytes);
    dbus_message_unref(d);
    return (uint64_t)n;
}

static DBusMessage *demarshal(void)
{
    DBusMessage *d = dbus_message_demarshal((const char *)at->bytes, (int)at->n, NULL);

    assert(d);
    return d;
}

static uint64_t decode_theirs(void)
{
    dbus_message_unref(demarshal());
    return at->n;
}

static uint64_t go_through(DBusMessageIter *from)
{
    DBusBasicValue value;
    uint64_t n = 0;
    int type;

    while ((type = dbus_message_iter_get_arg_type(from)) != DBUS_TYPE_INVALID) {
        if (dbus_type_is_basic(type)) {
            dbus_message_iter_get_basic(from, &value);
            n += type == DBUS_TYPE_STRING ? strlen(value.str) : value.u64;
        } else {
            DBusMessageIter inner;

            dbus_message_iter_recurse(from, &inner);
            n += go_through(&inner);
        }
        dbus_message_iter_next(from);
    }
    return n;
}

static uint64_t read_theirs(void)
{
    DBusMessage *d = demarshal();
    DBusMessageIter from;
    uint64_t n;

    dbus_message_iter_init(d, &from);
    n = go_through(&from);
    dbus_message_unref(d);
    return n;
}

/* ---- the race --------------------------------------------------------------------------------------- */

static const struct {
    const char *name;
    uint64_t (*run)(void);
} contestant[] = {
    {"written", write_ours},
    {"written by libdbus", write_theirs},
    {"decoded, every byte looked at", decode_ours},
    {"decoded by libdbus", decode_theirs},
    {"decoded and gone through", read_ours},
    {"decoded and gone through by libdbus", read_theirs},
};

enum { CONTESTANTS = sizeof contestant / sizeof contestant[0] };

static int by_value(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static void race(struct says *s)
{
    static double ns[CONTESTANTS][ROUNDS];
    struct wp_writer w = wp_writer(s->bytes, sizeof s->bytes);
    unsigned passes;

    at = s;
    s->n = put_message(&w);
    passes = (unsigned)(BYTES_A_ROUND / s->n);
    for (size_t round = 0; round < ROUNDS; round++)
        for (size_t i = 0; i < CONTESTANTS; i++) {
            double from = nanoseconds();

            for (unsigned pass = 0; pass < passes; pass++)
                sink += contestant[i].run();
            ns[i][round] = (nanoseconds() - from) / passes;
        }
    printf("%s, %zu bytes\n", s->name, s->n);
    for (size_t i = 0; i < CONTESTANTS; i++) {
        qsort(ns[i], ROUNDS, sizeof ns[i][0], by_value);
        printf("  %-38s %8.0f ns\n", contestant[i].name, ns[i][ROUNDS / 2]);
    }
}

int main(void)
{
    for (size_t i = 0; i < sizeof says / sizeof says[0]; i++)
        race(&says[i]);
    return sink == 0;
}
