/*     AWAY --start, timer--> LOGIN --open--> ASKING --every subscription answered--> WATCHING
 *     LOGIN, ASKING, WATCHING --close--> AWAY, for 1 s, then twice as long each time up to 30 s; ASKING resets it
 *
 * It never gives up: a broker that is down is news for people, and no reason to end. */
#include "harness/watcher.h"

#define BACK_OFF_FIRST WP_SEC(1)
#define BACK_OFF_LAST  WP_SEC(30)

enum { BROKER = 0, QOS_AS_SENT = 2, TAG_WIDE = 1, TAG_FILTERS = 2 };

struct watcher {
    const struct watcher_plan *plan;
    wp_us again; /* AWAY: when it logs in; else WP_NEVER */
    wp_us back_off;
    size_t asked, granted; /* of this session's subscriptions: still to be answered; given */
};

static size_t watcher_size(const struct wp_setup *setup)
{
    (void)setup;
    return sizeof(struct watcher);
}

static void watcher_init(const struct wp_setup *setup, void *memory)
{
    struct watcher *m = memory;

    *m = (struct watcher){.plan = setup->plan, .again = WP_NEVER, .back_off = BACK_OFF_FIRST};
}

static void log_in(struct watcher *m, struct wp_outbox *out)
{
    const struct wp_effect login = {.kind = WP_LOGIN, .endpoint = BROKER, .login = &m->plan->login};

    m->again = WP_NEVER;
    m->asked = 0;
    m->granted = 0;
    out->emit(out, &login);
}

static void ask(struct watcher *m, wp_port port, struct wp_slice filter, uint32_t tag, struct wp_outbox *out)
{
    const struct wp_effect e = {
        .kind = WP_SUBSCRIBE, .port = port, .subscribe = {.filter = filter, .qos = QOS_AS_SENT, .tag = tag}};

    m->asked++;
    out->emit(out, &e);
}

static void ask_for_filters(struct watcher *m, wp_port port, struct wp_outbox *out)
{
    for (size_t i = 0; i < m->plan->n_filters; i++)
        ask(m, port, m->plan->filters[i], TAG_FILTERS + (uint32_t)i, out);
}

static void answered(struct watcher *m, const struct wp_event *e, struct wp_outbox *out)
{
    bool refused = e->subacked.code == WP_SUBACK_REFUSED;

    if (m->asked == 0) /* somebody asked in its name, once it stood */
        return;
    m->asked--;
    if (!refused)
        m->granted++;
    else if (e->subacked.tag == TAG_WIDE)
        ask_for_filters(m, e->port, out);
    else if (e->subacked.tag - TAG_FILTERS < m->plan->n_filters)
        wp_note(out, "watch-refused", m->plan->filters[e->subacked.tag - TAG_FILTERS], 1);
    if (m->asked == 0)
        wp_note(out, "watching", (struct wp_slice){NULL, 0}, (int64_t)m->granted);
}

static void away(struct watcher *m, wp_us now)
{
    m->again = now + m->back_off;
    m->back_off = m->back_off * 2 < BACK_OFF_LAST ? m->back_off * 2 : BACK_OFF_LAST;
}

static void watcher_step(void *machine, const struct wp_event *event, struct wp_outbox *out)
{
    struct watcher *m = machine;

    switch (event->kind) {
    case WP_EV_START: log_in(m, out); break;
    case WP_EV_TIMER:
        if (event->now >= m->again)
            log_in(m, out);
        break;
    case WP_EV_OPEN:
        m->back_off = BACK_OFF_FIRST;
        if (m->plan->wide.p)
            ask(m, event->port, m->plan->wide, TAG_WIDE, out);
        else
            ask_for_filters(m, event->port, out);
        break;
    case WP_EV_SUBACKED: answered(m, event, out); break;
    case WP_EV_CLOSE: away(m, event->now); break;
    default: break;
    }
}

static wp_us watcher_deadline(const void *machine)
{
    return ((const struct watcher *)machine)->again;
}

static const struct wp_endpoint watcher_endpoints[] = {{.name = "broker", .transport = WP_BROKER}};

const struct wp_class watcher_class = {
    .name = "watcher",
    .help = "an MQTT client that only listens",
    .endpoints = watcher_endpoints,
    .n_endpoints = 1,
    .size = watcher_size,
    .init = watcher_init,
    .step = watcher_step,
    .deadline = watcher_deadline,
};
