/* What the Victron south makes of a busy bus, alone on one core: signals of one item and of twenty taken in and told, the whole
 * mirror told on demand, and what it needs for that. Ten services of 264 items each, as large as real systems are. */
#define RIG_WITHOUT_CHECK
#include "tests/south_venus_rig.h"

#include <time.h>

enum { SERVICES = 10, ITEMS = 264, SIGNALS = 200000, MIRRORS = 200, BATCH = 20, SIGNAL_MAX = 4096 };

static struct rig r;
static size_t n_points;

static void count(struct wp_outbox *outbox, const struct wp_effect *e)
{
    (void)outbox;
    if (e->kind == WP_SEND)
        rig_put_sent(&r, e);
    if (e->kind == WP_READING)
        n_points += e->reading->n_points;
    rig_clear(&r);
}

static double seconds(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (double)ts.tv_sec + 1e-9 * (double)ts.tv_nsec;
}

static void put_items(char *text, size_t cap, int n)
{
    size_t at = (size_t)snprintf(text, cap, "/DeviceInstance Value 30");

    for (int i = 0; i < n; i++)
        at += (size_t)snprintf(text + at, cap - at, "; /Ac/L%d/Measured/Value%d Value %d.5", i % 3, i, i);
}

static void come(void)
{
    static char items[ITEMS * 64];
    char name[64], owner[16];

    put_items(items, sizeof items, ITEMS - 1);
    for (int i = 0; i < SERVICES; i++) {
        snprintf(name, sizeof name, "com.victronenergy.t%d.x", i);
        snprintf(owner, sizeof owner, ":1.%d", 10 + i);
        rig_come(&r, name, owner, items);
    }
}

/* One from each service in turn. */
static void signals(const char *what, struct wp_slice of[SERVICES])
{
    double began = seconds(), took;

    n_points = 0;
    for (int i = 0; i < SIGNALS; i++)
        rig_bytes(&r, of[i % SERVICES]);
    took = seconds() - began;
    printf("%-26s %8.0f signals/s %9.0f items/s\n", what, SIGNALS / took, (double)n_points / took);
}

/* A signal of that service, of one item or of twenty, kept in `memory`. */
static struct wp_slice made(uint8_t *memory, int service, bool is_batch)
{
    char owner[16], items[BATCH * 64];
    struct wp_slice whole;
    struct dbus_out out;
    struct wp_writer w;

    snprintf(owner, sizeof owner, ":1.%d", 10 + service);
    put_items(items, sizeof items, BATCH - 1);
    if (is_batch) {
        rig_begin_signal(&r, &out, &w, owner, "/", "ItemsChanged", "a{sa{sv}}");
        rig_put_items(&out, items);
    } else {
        rig_begin_signal(&r, &out, &w, owner, "/Ac/L1/Measured/Value1", "PropertiesChanged", "a{sv}");
        rig_put_values(&out, "Value 936.5; Text '936_W'");
    }
    ck_assert(dbus_end(&out));
    whole = wp_written(&w);
    ck_assert_uint_lt(whole.n, SIGNAL_MAX);
    memcpy(memory, whole.p, whole.n);
    return wp_slice(memory, whole.n);
}

static void mirrors(void)
{
    double began = seconds(), took;
    char device[16];

    n_points = 0;
    for (int i = 0; i < MIRRORS * SERVICES; i++) {
        snprintf(device, sizeof device, "t%d/30", i % SERVICES);
        rig_mirror(&r, 1, device);
    }
    took = seconds() - began;
    printf("%-26s %8.0f mirrors/s %9.0f items/s\n", "the whole mirror", MIRRORS / took,
           (double)n_points / took);
}

int main(void)
{
    static uint8_t memory[SERVICES][SIGNAL_MAX];
    struct wp_slice of[SERVICES];

    rig_start_open(&r, NULL);
    printf("%zu bytes for %s items\n", south_venus_class.size(&r.setup),
           wp_option_find(south_venus_class.options, south_venus_class.n_options, wp_text("venus.max_items"))
               ->fallback);
    r.outbox.emit = count;
    come();
    ck_assert(n_points == (size_t)SERVICES * ITEMS);
    for (int i = 0; i < SERVICES; i++)
        of[i] = made(memory[i], i, false);
    signals("PropertiesChanged", of);
    for (int i = 0; i < SERVICES; i++)
        of[i] = made(memory[i], i, true);
    signals("ItemsChanged of 20 items", of);
    mirrors();
    rig_end(&r);
    return 0;
}
