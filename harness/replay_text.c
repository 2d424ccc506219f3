/* Replay as text. A line for each event:
 *
 *     43 2026-11-20T18:37:49.289283Z 127.0.0.1:8899 > 127.0.0.1:48866 dlt645 address=... | answers 41 after 0.012167 s
 *     packet                         from             to              what                the conversation
 *
 * and a summary at the end. This form is that of goldens: who changes it raises REPLAY_PRINT_VERSION. */
#include "harness/fields.h"
#include "harness/replay_print.h"
#include "sim/catalog.h"

#include <inttypes.h>
#include <stdarg.h>

/* ---- events ----------------------------------------------------------------------------------------- */

static void put_frame(struct wp_writer *w, const struct replay_event *e)
{
    fields_put_line(w, e->codec, e->frame);
    if (e->exchange == EXCHANGE_UNASKED)
        wp_put_text(w, " | unasked");
    if (e->exchange != EXCHANGE_ANSWER)
        return;
    wp_put_text(w, " | answers ");
    wp_put_uint(w, e->question.number);
    wp_put_text(w, " after ");
    moment_put_span(w, e->when.ns - e->question.ns);
    wp_put_text(w, " s");
}

static void put_bad(struct wp_writer *w, const struct replay_event *e)
{
    wp_put_text(w, e->codec->name);
    wp_put_text(w, " bad ");
    wp_put_text(w, wp_fault_text(e->bad.fault));
    wp_put_text(w, " at=");
    wp_put_uint(w, e->bad.at);
    wp_put_text(w, " bytes=");
    wp_put_uint(w, e->n);
    wp_put_text(w, " hex=");
    wp_put_hex(w, wp_slice(e->wire.p, e->wire.n < STREAM_SHOWN_MAX ? e->wire.n : STREAM_SHOWN_MAX));
    if (e->n > STREAM_SHOWN_MAX)
        wp_put_text(w, "...");
}

static void put_event(struct replay_printer *p, struct wp_writer *w, const void *what)
{
    const struct replay_event *e = what;

    wp_put_uint(w, e->when.number);
    wp_put_char(w, ' ');
    moment_put(&p->clock, w, e->when.ns, 6);
    wp_put_char(w, ' ');
    replay_put_addr(p, w, e->from);
    wp_put_text(w, " > ");
    replay_put_addr(p, w, e->to);
    wp_put_char(w, ' ');
    switch (e->kind) {
    case REPLAY_FRAME: put_frame(w, e); break;
    case REPLAY_BAD: put_bad(w, e); break;
    case REPLAY_GAP:
        wp_put_text(w, "gap bytes=");
        wp_put_uint(w, e->n);
        break;
    case REPLAY_UNANSWERED:
        wp_put_text(w, e->codec->name);
        wp_put_text(w, " unanswered question=");
        wp_put_uint(w, e->question.number);
        break;
    }
}

static void on_event(struct replay_out *out, const struct replay_event *event)
{
    replay_print((struct replay_printer *)out, put_event, event);
}

/* ---- the summary ------------------------------------------------------------------------------------ */

static void say(const struct replay_printer *p, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void say(const struct replay_printer *p, const char *format, ...)
{
    char line[512];
    va_list arguments;
    int n;

    va_start(arguments, format);
    n = vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    p->lines->line(p->lines, wp_slice(line, (size_t)n < sizeof line ? (size_t)n : sizeof line - 1));
}

static void say_foreign(const struct replay_printer *p, const struct replay_foreign *f)
{
    char text[160];
    struct wp_writer w = wp_writer(text, sizeof text);

    if (f->kind == FLOW_BUS) {
        say(p, "foreign D-Bus: %" PRIu64 " bytes", f->bytes[0]);
        return;
    }
    packet_put_addr(&w, &f->from);
    wp_put_text(&w, " > ");
    packet_put_addr(&w, &f->to);
    say(p, "foreign %s %s: %" PRIu64 " bytes, %" PRIu64 " back", f->kind == FLOW_UDP ? "UDP" : "TCP",
        wp_put_end(&w), f->bytes[0], f->bytes[1]);
}

static void say_connections(const struct replay_printer *p, const struct replay_summary *s)
{
    say(p,
        "connections %" PRIu64 " TCP, %" PRIu64 " UDP: %" PRIu64 " ours, %" PRIu64 " foreign, %" PRIu64
        " without data",
        s->connections, s->exchanges, s->ours, s->foreign, s->silent);
    for (size_t i = 0; i < s->n_shown; i++)
        say_foreign(p, &s->shown[i]);
    if (s->foreign > s->n_shown)
        say(p, "foreign: %" PRIu64 " more", s->foreign - s->n_shown);
}

static void say_frames(const struct replay_printer *p, const struct replay_summary *s)
{
    for (size_t i = 0; i < wp_n_codecs; i++)
        if (s->frames[i])
            say(p, "frames %s %" PRIu64, wp_codecs[i]->name, s->frames[i]);
    if (s->questions + s->unasked)
        say(p,
            "questions %" PRIu64 ": %" PRIu64 " answered, %" PRIu64 " unanswered; %" PRIu64
            " answers unasked",
            s->questions, s->answered, s->unanswered, s->unasked);
}

/* What is seldom there has a line only when it is. */
static void say_seldom(const struct replay_printer *p, const struct replay_summary *s)
{
    const struct {
        uint64_t n;
        const char *what;
    } row[] = {
        {s->messages, "D-Bus messages"},
        {s->unknown_link, "packets of link types that cannot be taken apart"},
        {s->whole, "IP packets put together from their fragments"},
        {s->fragments_lost, "IP fragments not put together"},
        {s->fragment_conflicts, "bytes of IP fragments sent twice and not the same"},
        {s->malformed, "packets malformed"},
        {s->cut, "packets cut by the capture"},
        {s->overlaps, "segments overlap"},
        {s->conflicts, "bytes sent twice and not the same"},
        {s->given_up, "holes given up: too much waited behind them, or for too long"},
        {s->too_large, "unfinished frames given up because of their size"},
        {s->evicted, "connections ended because there were too many"},
        {s->late, "packets after the end of their connection"},
    };

    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++)
        if (row[i].n)
            say(p, "%" PRIu64 " %s", row[i].n, row[i].what);
}

/* "; auth-tag 3, no-key 2", with what to do about it. */
static void put_faults(struct wp_writer *w, const uint64_t *of)
{
    const char *before = ": ";

    for (int fault = 0; fault < WP_N_FAULTS; fault++) {
        if (of[fault] == 0)
            continue;
        wp_put_text(w, before);
        wp_put_text(w, wp_fault_text((enum wp_fault)fault));
        wp_put_char(w, ' ');
        wp_put_uint(w, of[fault]);
        if (fault == WP_FAULT_NO_KEY)
            wp_put_text(w, " (--key, --keys)");
        if (fault == WP_FAULT_SYSTEM_TITLE)
            wp_put_text(w, " (--system-title)");
        if (fault == WP_FAULT_AUTH_TAG || fault == WP_FAULT_DECIPHER)
            wp_put_text(w, " (a wrong key?)");
        before = ", ";
    }
}

static void say_content(const struct replay_printer *p, const struct replay_summary *s)
{
    char text[512];
    struct wp_writer w = wp_writer(text, sizeof text);
    uint64_t closed = s->ciphered - s->verified - s->unchecked, refused = 0;

    put_faults(&w, s->closed);
    if (s->ciphered)
        say(p,
            "ciphered %" PRIu64 ": %" PRIu64 " deciphered and authenticated, %" PRIu64
            " deciphered and not authenticated, %" PRIu64 " not deciphered%s",
            s->ciphered, s->verified, s->unchecked, closed, wp_put_end(&w));
    w.n = 0;
    put_faults(&w, s->refused);
    for (int fault = 0; fault < WP_N_FAULTS; fault++)
        refused += s->refused[fault];
    if (refused)
        say(p, "content refused in %" PRIu64 " frames%s", refused, wp_put_end(&w));
}

static void on_summary(struct replay_out *out, const struct replay_summary *s)
{
    struct replay_printer *p = (struct replay_printer *)out;
    char span[32];
    struct wp_writer w = wp_writer(span, sizeof span);

    moment_put_span(&w, s->last_ns - s->first_ns);
    say(p, "packets %" PRIu64 " in %s s: %" PRIu64 " TCP, %" PRIu64 " UDP, %" PRIu64 " other", s->packets,
        wp_put_end(&w), s->tcp, s->udp, s->packets - s->tcp - s->udp);
    say_connections(p, s);
    say_frames(p, s);
    say_content(p, s);
    say(p,
        "bad %" PRIu64 " bytes in %" PRIu64 " places, gaps %" PRIu64 " of %" PRIu64
        " bytes, retransmitted %" PRIu64 ", reordered %" PRIu64,
        s->bad_bytes, s->bad, s->gaps, s->gap_bytes, s->retransmitted, s->reordered);
    say_seldom(p, s);
    say(p, "findings %" PRIu64, replay_findings(s));
}

static void on_judged(struct replay_out *out, const struct judged *judged)
{
    replay_print_judged((struct replay_printer *)out, judged);
}

struct replay_out *replay_text_new(struct replay_lines *lines)
{
    static const struct replay_out out = {.event = on_event, .summary = on_summary, .judged = on_judged};

    return &replay_printer_new(lines, &out)->out;
}

void replay_text_free(struct replay_out *out)
{
    replay_printer_free((struct replay_printer *)out);
}
