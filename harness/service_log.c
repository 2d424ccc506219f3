#include "harness/service_log.h"

#include <stdarg.h>
#include <time.h>
#include <unistd.h>

enum { LINE_BYTES = 1200, LINES_A_SECOND = 10 };

static const char *const level_words[] = {"error", "warning", "info", "debug"};

/* Notes that ask for somebody's attention; all others are info. */
static const char *const warnings[] = {
    "broker-ended",      "broker-lost",          "broker-refused",  "broker-drops",
    "broker-unresolved", "subscription-refused", "outbox-full",     "publish-dropped",
    "payload-too-long",  "roster-full",          "meters-full",     "no-cell",
    "queue-full",        "too-many-connections", "rate-limited",    "garbage-limit",
    "hostile-address",   "send-queue-full",      "no-south",        "command-ignored",
    "command-doubtful",  "foreign-serial",       "dial-failed",     "reply-timeout",
    "silence",           "service-refused",      "request-ignored", "no-topic",
};

/* ---- lines ------------------------------------------------------------------------------------------ */

static void put_time(struct wp_writer *w)
{
    char text[40];
    struct timespec now;
    struct tm tm;

    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &tm);
    strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &tm);
    wp_put_text(w, text);
    snprintf(text, sizeof text, ".%03ldZ ", now.tv_nsec / 1000000);
    wp_put_text(w, text);
}

static void begin(struct wp_writer *w, enum service_level level)
{
    put_time(w);
    wp_put_text(w, level_words[level]);
    for (size_t n = strlen(level_words[level]); n < 8; n++)
        wp_put_char(w, ' ');
}

/* What comes from the network stays on its line. A log that cannot be written is no reason to stop. */
static void end(struct service_log *l, struct wp_writer *w)
{
    for (size_t i = 0; i < w->n; i++)
        if (w->p[i] < 0x20 || w->p[i] == 0x7F)
            w->p[i] = '?';
    w->p[w->n < w->cap ? w->n++ : w->n - 1] = '\n';
    if (write(l->fd, w->p, w->n) < 0)
        return;
}

void service_log_line(struct service_log *l, enum service_level level, const char *format, ...)
{
    char line[LINE_BYTES], text[LINE_BYTES - 40];
    struct wp_writer w = wp_writer(line, sizeof line);
    va_list args;

    if (level > l->level)
        return;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    begin(&w, level);
    wp_put_text(&w, text);
    end(l, &w);
}

/* ---- a flood of notes ------------------------------------------------------------------------------- */

static int64_t this_second(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec;
}

static struct service_word *word_of(struct service_log *l, const char *what)
{
    for (size_t i = 0; i < l->n_words; i++)
        if (strcmp(l->words[i].what, what) == 0)
            return &l->words[i];
    if (l->n_words == SERVICE_LOG_WORDS)
        return NULL;
    l->words[l->n_words] = (struct service_word){.what = what};
    return &l->words[l->n_words++];
}

/* true: there have been enough of these in this second. */
static bool is_flood(struct service_log *l, const char *what, unsigned *ret_left_out)
{
    struct service_word *word = word_of(l, what);
    int64_t second = this_second();

    *ret_left_out = 0;
    if (!word)
        return false;
    if (word->second != second) {
        word->second = second;
        word->lines = 0;
    }
    if (word->lines++ >= LINES_A_SECOND) {
        word->left_out++;
        return true;
    }
    *ret_left_out = word->left_out;
    word->left_out = 0;
    return false;
}

/* ---- records ---------------------------------------------------------------------------------------- */

static enum service_level level_of(const char *what)
{
    for (size_t i = 0; i < sizeof warnings / sizeof warnings[0]; i++)
        if (strcmp(warnings[i], what) == 0)
            return SERVICE_WARNING;
    return SERVICE_INFO;
}

static bool is_of_broker(const struct service_log *l, const struct wp_record *r)
{
    return l->broker_host && r->note.text.n == 0 && strncmp(r->note.what, "broker-", 7) == 0;
}

static void take_note(struct service_log *l, const struct wp_record *r)
{
    enum service_level level = level_of(r->note.what);
    char line[LINE_BYTES];
    struct wp_writer w = wp_writer(line, sizeof line);
    unsigned left_out;

    if (level > l->level || is_flood(l, r->note.what, &left_out))
        return;
    begin(&w, level);
    wp_put_text(&w, r->machine);
    wp_put_char(&w, ' ');
    wp_put_text(&w, r->note.what);
    if (r->note.text.n > 0) {
        wp_put_text(&w, ": ");
        wp_put_slice(&w, r->note.text);
    } else if (is_of_broker(l, r)) {
        wp_put_text(&w, ": ");
        wp_put_text(&w, l->broker_host);
        wp_put_char(&w, ':');
        wp_put_uint(&w, l->broker_port);
    }
    if (r->note.count > 0) {
        wp_put_text(&w, " (");
        wp_put_int(&w, r->note.count);
        wp_put_char(&w, ')');
    }
    if (left_out > 0) {
        wp_put_text(&w, ", and ");
        wp_put_uint(&w, left_out);
        wp_put_text(&w, " more before it");
    }
    end(l, &w);
}

static void take_presence(struct service_log *l, const struct wp_record *r)
{
    const struct wp_presence *p = r->presence;
    char from[24];
    struct wp_writer w = wp_writer(from, sizeof from);

    if (p->online && p->ip != 0) { /* on a bus nobody has an address */
        wp_put_text(&w, " from ");
        wp_put_ip(&w, p->ip);
    }
    service_log_line(l, SERVICE_INFO, "%s %s device %.*s is %s%s", r->machine, p->protocol, WP_FMT(p->device),
                     p->online ? "online" : "offline", wp_put_end(&w));
}

static void take_connection(struct service_log *l, const struct wp_record *r)
{
    char text[64];
    struct wp_writer w = wp_writer(text, sizeof text);

    if (r->kind == WP_REC_OPEN) {
        wp_put_addr(&w, r->open.peer);
        service_log_line(l, SERVICE_DEBUG, "%s port %u open from %s", r->machine, r->port, wp_put_end(&w));
    } else if (r->port == 0 && r->close.peer.port != 0) {
        wp_put_addr(&w, r->close.peer);
        service_log_line(l, SERVICE_DEBUG, "%s dial to %s %s", r->machine, wp_put_end(&w),
                         r->close.reason == WP_CLOSE_TIMEOUT ? "timed out" : "refused");
    } else {
        service_log_line(l, SERVICE_DEBUG, "%s port %u closed, reason %d", r->machine, r->port,
                         (int)r->close.reason);
    }
}

static void take_connack(struct service_log *l, const struct wp_record *r)
{
    static const char *const refusals[] = {
        "accepted",           "unacceptable protocol version", "identifier rejected",
        "server unavailable", "bad user name or password",     "not authorised"};

    if (r->connack.code == 0)
        service_log_line(l, SERVICE_INFO, "%s is logged in at the broker", r->machine);
    else
        service_log_line(l, SERVICE_WARNING, "%s is refused by the broker: code %u, %s", r->machine,
                         r->connack.code, r->connack.code < 6 ? refusals[r->connack.code] : "unknown");
}

static void take_command(struct service_log *l, const struct wp_record *r)
{
    if (r->kind == WP_REC_COMMAND)
        service_log_line(l, SERVICE_DEBUG, "%s command %u for %.*s", r->machine, r->command->tag,
                         WP_FMT(r->command->device));
    else
        service_log_line(l, SERVICE_DEBUG, "%s answer %u of %.*s: %.*s", r->machine, r->answer->tag,
                         WP_FMT(r->answer->device), WP_FMT(r->answer->ok ? wp_text("ok") : r->answer->fault));
}

static void take(struct wp_sink *sink, const struct wp_record *r)
{
    struct service_log *l = (struct service_log *)(void *)sink;

    switch (r->kind) {
    case WP_REC_NOTE: take_note(l, r); break;
    case WP_REC_PRESENCE: take_presence(l, r); break;
    case WP_REC_CONNACK: take_connack(l, r); break;
    case WP_REC_OPEN:
    case WP_REC_CLOSE:
        if (l->level >= SERVICE_DEBUG)
            take_connection(l, r);
        break;
    case WP_REC_COMMAND:
    case WP_REC_ANSWER:
        if (l->level >= SERVICE_DEBUG)
            take_command(l, r);
        break;
    default: break;
    }
}

void service_log_open(struct service_log *l, int fd, enum service_level level)
{
    *l = (struct service_log){.sink = {take}, .fd = fd, .level = level};
}
