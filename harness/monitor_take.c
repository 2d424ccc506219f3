/* What a listener hears, as what the judge and the contracts take. */
#include "harness/monitor_impl.h"
#include "sim/core/timers.h"

static void keep_evidence(struct monitor *m, const struct wp_record *r)
{
    if (r->seq == m->last_evidence && r->seq != 0) /* one message may fail several statements */
        return;
    m->last_evidence = r->seq;
    if (m->evidence)
        record_file_sink(m->evidence)->take(record_file_sink(m->evidence), r);
}

static void on_news(struct contract_news *news, const char *id, const char *sentence,
                    const struct wp_record *r)
{
    struct monitor *m = WP_OWNER(news, struct monitor, news);

    if (id)
        m->counts.failed++;
    else
        m->counts.remarks++;
    monitor_screen_news(&m->screen, r->at, id, sentence);
    keep_evidence(m, r);
}

/* A listener knows neither who published nor, of a live message, the retain flag. */
static struct wp_record published(const struct wp_record *deliver, uint8_t unseen)
{
    struct wp_record r = *deliver;

    r.kind = WP_REC_PUBLISH;
    r.machine = MONITOR_SUT;
    r.peer = "broker";
    r.message.unseen = unseen;
    return r;
}

static void take_message(struct monitor *m, const struct wp_record *deliver)
{
    struct wp_record r;

    if (!contract_owns(m->setup->contracts, m->setup->api, deliver->message.topic)) {
        m->counts.foreign++; /* others may use the same broker */
        return;
    }
    if (deliver->message.retain && m->asks_again) {
        m->last_kept = deliver->at;
        retained_kept(m->retained, deliver);
        return;
    }
    if (deliver->message.retain) { /* from before: the contract judges it, but it did not happen now */
        m->counts.kept++;
        r = published(deliver, WP_UNSEEN_SENDER);
        contract_take(m->setup->contracts, m->judge.tally, &r);
        return;
    }
    m->counts.messages++;
    retained_live(m->retained, deliver);
    r = published(deliver, WP_UNSEEN_SENDER | WP_UNSEEN_RETAIN);
    wp_transcript_write(&m->transcript, &r);
}

static void say(struct monitor *m, const struct wp_record *r, const char *sentence)
{
    monitor_screen_say(&m->screen, r->at, sentence);
    keep_evidence(m, r);
}

static void take_login(struct monitor *m, const struct wp_record *r)
{
    char text[80];

    if (r->connack.code != 0) {
        snprintf(text, sizeof text, "the broker refuses the login with code %u", r->connack.code);
        say(m, r, text);
        return;
    }
    m->counts.logins++;
    m->counts.is_on = true;
    m->n_granted = 0;
}

static void take_close(struct monitor *m, const struct wp_record *r)
{
    bool was_on = m->counts.is_on;

    m->counts.lost += was_on;
    m->counts.is_on = false;
    if (r->close.reason != WP_CLOSE_OWN)
        say(m, r, was_on ? "the connection is lost, coming back" : "no answer from the broker, trying again");
}

static void take_suback(struct monitor *m, const struct wp_record *r)
{
    const struct watcher_plan *plan = &m->plan;

    if (r->subscribe.qos == WP_SUBACK_REFUSED || m->asks_again)
        return;
    if (plan->wide.p && wp_slice_eq(plan->wide, r->subscribe.filter))
        m->granted[m->n_granted++] = plan->wide;
    for (size_t i = 0; i < plan->n_filters && m->n_granted <= WATCHER_FILTERS_MAX; i++)
        if (wp_slice_eq(plan->filters[i], r->subscribe.filter))
            m->granted[m->n_granted++] = plan->filters[i];
}

static void take_note(struct monitor *m, const struct wp_record *r)
{
    char text[300];

    if (strcmp(r->note.what, "watching") == 0) {
        m->refused = r->note.count == 0;
        say(m, r, m->refused ? "the broker refuses every subscription" : "watching");
    } else if (strcmp(r->note.what, "watch-refused") == 0) {
        snprintf(text, sizeof text, "the broker refuses the subscription %.*s", WP_FMT(r->note.text));
        say(m, r, text);
    } else if (strcmp(r->note.what, "broker-unresolved") == 0) {
        snprintf(text, sizeof text, "%s: %.*s", m->setup->url.host, WP_FMT(r->note.text));
        say(m, r, text);
    }
}

static void monitor_take(struct wp_sink *sink, const struct wp_record *r)
{
    struct monitor *m = (struct monitor *)(void *)sink;

    switch (r->kind) {
    case WP_REC_DELIVER: take_message(m, r); break;
    case WP_REC_CONNACK: take_login(m, r); break;
    case WP_REC_SUBACK: take_suback(m, r); break;
    case WP_REC_CLOSE: take_close(m, r); break;
    case WP_REC_NOTE: take_note(m, r); break;
    case WP_REC_CHECK: keep_evidence(m, r); break;
    default: break;
    }
}

void monitor_take_init(struct monitor *m)
{
    m->sink.take = monitor_take;
    m->news.tell = on_news;
}
