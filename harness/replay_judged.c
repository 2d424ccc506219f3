/* What the contracts say of a capture's messages, as text and as JSON Lines.
 *
 *     contract ivy: 335 messages judged, 0 published and 335 delivered; 0 copies, 0 requests of clients
 *     fail IVY-024 164 times: Telemetry payload: meterId, timestamp, ...        the document's own sentence
 *       82 times, packets 41 41 41 48 52: ivy/v1/meters/000000001231/telemetry: the payload lacks "timestamp"
 *     undocumented 82 times, packets 41 41 41 48 52: ivy/v1/meters/000000001231/telemetry: /ts is not documented
 *     no message was about: IVY-061
 *     not visible from here: IVY-B30
 *     held: IVY-012 IVY-013
 *     statements of ivy: 2 held, 9 failed, 1 not visible from here, 1 without a message; undocumented 4 */
#include "harness/replay_print.h"

#include "sim/core/json_out.h"

#include <inttypes.h>

enum { STATEMENT_PLACES_MAX = 20 }; /* shown of one statement */

static void put_times(struct wp_writer *w, uint64_t times)
{
    wp_put_uint(w, times);
    wp_put_text(w, times == 1 ? " time" : " times");
}

static void put_place(struct wp_writer *w, const struct judged_place *place)
{
    put_times(w, place->times);
    wp_put_text(w, place->n_packets == 1 ? ", packet" : ", packets");
    for (size_t i = 0; i < place->n_packets; i++) {
        wp_put_char(w, ' ');
        wp_put_uint(w, place->packets[i]);
    }
    wp_put_text(w, ": ");
    wp_put_text(w, place->topic);
    wp_put_text(w, place->address[0] || place->id ? ": " : " ");
    wp_put_text(w, place->sentence);
}

/* ---- text ------------------------------------------------------------------------------------------- */

static void put_counts_line(struct replay_printer *p, struct wp_writer *w, const void *what)
{
    const struct judged *j = what;

    (void)p;
    wp_put_text(w, "contract ");
    wp_put_text(w, j->api);
    wp_put_text(w, ": ");
    wp_put_uint(w, j->published + j->delivered);
    wp_put_text(w, " messages judged, ");
    wp_put_uint(w, j->published);
    wp_put_text(w, " published and ");
    wp_put_uint(w, j->delivered);
    wp_put_text(w, " delivered; ");
    wp_put_uint(w, j->copies);
    wp_put_text(w, " copies, ");
    wp_put_uint(w, j->requests);
    wp_put_text(w, " requests of clients, ");
    wp_put_uint(w, j->foreign);
    wp_put_text(w, " on other topics");
}

static void put_failed_line(struct replay_printer *p, struct wp_writer *w, const void *what)
{
    const struct judged_statement *s = what;

    (void)p;
    wp_put_text(w, "fail ");
    wp_put_text(w, s->id);
    wp_put_char(w, ' ');
    put_times(w, s->times);
    wp_put_text(w, ": ");
    wp_put_text(w, s->says);
}

static void put_place_line(struct replay_printer *p, struct wp_writer *w, const void *what)
{
    (void)p;
    wp_put_text(w, "  ");
    put_place(w, what);
}

static void put_undocumented_line(struct replay_printer *p, struct wp_writer *w, const void *what)
{
    (void)p;
    wp_put_text(w, "undocumented ");
    put_place(w, what);
}

static void put_more_line(struct replay_printer *p, struct wp_writer *w, const void *what)
{
    (void)p;
    wp_put_text(w, "  and at ");
    wp_put_uint(w, *(const uint64_t *)what);
    wp_put_text(w, " more places");
}

static void print_statement(struct replay_printer *p, const struct judged *j,
                            const struct judged_statement *s)
{
    uint64_t n = 0;

    replay_print(p, put_failed_line, s);
    for (const struct judged_place *place = j->places; place; place = place->next)
        if (place->id && strcmp(place->id, s->id) == 0 && n++ < STATEMENT_PLACES_MAX)
            replay_print(p, put_place_line, place);
    n -= n < STATEMENT_PLACES_MAX ? n : STATEMENT_PLACES_MAX;
    if (n)
        replay_print(p, put_more_line, &n);
}

struct listed {
    const struct judged *judged;
    enum verdict verdict;
    const char *head;
};

static void put_list_line(struct replay_printer *p, struct wp_writer *w, const void *what)
{
    const struct listed *l = what;

    (void)p;
    wp_put_text(w, l->head);
    for (size_t i = 0; i < l->judged->n_statements; i++) {
        if (l->judged->statements[i].verdict != l->verdict)
            continue;
        wp_put_char(w, ' ');
        wp_put_text(w, l->judged->statements[i].id);
    }
}

static void put_end_line(struct replay_printer *p, struct wp_writer *w, const void *what)
{
    const struct judged *j = what;

    (void)p;
    wp_put_text(w, "statements of ");
    wp_put_text(w, j->api);
    wp_put_text(w, ": ");
    wp_put_uint(w, j->n_held);
    wp_put_text(w, " held, ");
    wp_put_uint(w, j->n_failed);
    wp_put_text(w, " failed, ");
    wp_put_uint(w, j->n_unseen);
    wp_put_text(w, " not visible from here, ");
    wp_put_uint(w, j->n_undecided);
    wp_put_text(w, " without a message; undocumented ");
    wp_put_uint(w, j->n_undocumented);
    if (j->n_dropped) {
        wp_put_text(w, "; further faults not told apart ");
        wp_put_uint(w, j->n_dropped);
    }
}

void replay_print_judged(struct replay_printer *p, const struct judged *j)
{
    const struct listed unseen = {j, VERDICT_INCONC, "not visible from here:"},
                        held = {j, VERDICT_PASS, "held:"},
                        undecided = {j, VERDICT_NONE, "no message was about:"};

    replay_print(p, put_counts_line, j);
    for (size_t i = 0; i < j->n_statements; i++)
        if (j->statements[i].verdict == VERDICT_FAIL)
            print_statement(p, j, &j->statements[i]);
    for (const struct judged_place *place = j->places; place; place = place->next)
        if (!place->id)
            replay_print(p, put_undocumented_line, place);
    if (j->n_undecided)
        replay_print(p, put_list_line, &undecided);
    if (j->n_unseen)
        replay_print(p, put_list_line, &unseen);
    if (j->n_held)
        replay_print(p, put_list_line, &held);
    replay_print(p, put_end_line, j);
}

/* ---- JSON ------------------------------------------------------------------------------------------- */

static void put_uint_member(struct json_out *j, const char *key, uint64_t n)
{
    json_value_member(j, key, wp_uint(n));
}

static void put_place_members(struct json_out *j, const struct judged_place *place)
{
    put_uint_member(j, "times", place->times);
    json_key(j, "packets");
    json_open_array(j);
    for (size_t i = 0; i < place->n_packets; i++)
        json_put_value(j, wp_uint(place->packets[i]));
    json_close_array(j);
    json_text_member(j, "topic", wp_text(place->topic));
    json_text_member(j, "channel", wp_text(place->address));
    json_text_member(j, "place", wp_text(place->where));
    json_text_member(j, "rule", wp_text(place->rule));
    json_text_member(j, "says", wp_text(place->sentence));
}

struct told {
    const struct judged *judged;
    const struct judged_statement *statement;
};

/* {"statement":"IVY-024","verdict":"fail","times":164,"sentence":"...","places":[...]} */
static void put_statement(struct replay_printer *p, struct wp_writer *w, const void *what)
{
    const struct told *told = what;
    const struct judged_statement *s = told->statement;
    struct json_out j = json_out(w);

    (void)p;
    json_open_object(&j);
    json_text_member(&j, "statement", wp_text(s->id));
    json_text_member(&j, "verdict", wp_text(verdict_text(s->verdict)));
    json_text_member(&j, "sentence", wp_text(s->says));
    if (s->verdict == VERDICT_FAIL) {
        put_uint_member(&j, "times", s->times);
        json_key(&j, "places");
        json_open_array(&j);
        for (const struct judged_place *place = told->judged->places; place; place = place->next) {
            if (!place->id || strcmp(place->id, s->id) != 0)
                continue;
            json_open_object(&j);
            put_place_members(&j, place);
            json_close_object(&j);
        }
        json_close_array(&j);
    }
    json_close_object(&j);
}

static void put_undocumented(struct replay_printer *p, struct wp_writer *w, const void *what)
{
    struct json_out j = json_out(w);

    (void)p;
    json_open_object(&j);
    json_key(&j, "undocumented");
    json_open_object(&j);
    put_place_members(&j, what);
    json_close_object(&j);
    json_close_object(&j);
}

static void put_counts(struct replay_printer *p, struct wp_writer *w, const void *what)
{
    const struct judged *judged = what;
    struct json_out j = json_out(w);

    (void)p;
    json_open_object(&j);
    json_key(&j, "contract");
    json_open_object(&j);
    json_text_member(&j, "api", wp_text(judged->api));
    put_uint_member(&j, "published", judged->published);
    put_uint_member(&j, "delivered", judged->delivered);
    put_uint_member(&j, "copies", judged->copies);
    put_uint_member(&j, "requests", judged->requests);
    put_uint_member(&j, "foreign", judged->foreign);
    put_uint_member(&j, "held", judged->n_held);
    put_uint_member(&j, "failed", judged->n_failed);
    put_uint_member(&j, "notVisible", judged->n_unseen);
    put_uint_member(&j, "withoutMessage", judged->n_undecided);
    put_uint_member(&j, "undocumented", judged->n_undocumented);
    put_uint_member(&j, "notToldApart", judged->n_dropped);
    json_close_object(&j);
    json_close_object(&j);
}

void replay_print_judged_json(struct replay_printer *p, const struct judged *j)
{
    for (size_t i = 0; i < j->n_statements; i++) {
        const struct told told = {j, &j->statements[i]};

        replay_print(p, put_statement, &told);
    }
    for (const struct judged_place *place = j->places; place; place = place->next)
        if (!place->id)
            replay_print(p, put_undocumented, place);
    replay_print(p, put_counts, j);
}
