#include "harness/play_golden.h"

#include "harness/fields.h"
#include "harness/golden.h"
#include "sim/catalog.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { LINE_MAX = 128 * 1024 };

struct play_golden {
    struct wp_sink sink; /* first */
    struct golden *golden;
    bool with_frames, update;
    uint64_t frames[STREAM_CODECS_MAX]; /* by the catalog's index */
    char line[LINE_MAX];
};

static void put_message(struct wp_writer *w, const struct wp_record *r)
{
    wp_put_char(w, ' ');
    wp_put_slice(w, r->message.topic);
    wp_put_text(w, " qos=");
    wp_put_uint(w, r->message.qos);
    wp_put_text(w, r->message.retain ? " retain=true" : "");
    wp_put_text(w, r->message.will ? " will=true" : "");
    wp_put_char(w, ' ');
    if (wp_slice_is_utf8(r->message.payload)) {
        wp_put_slice(w, r->message.payload);
    } else {
        wp_put_text(w, "hex=");
        wp_put_hex(w, r->message.payload);
    }
}

static void put_frame(struct wp_writer *w, const struct wp_record *r)
{
    wp_put_text(w, " > ");
    wp_put_text(w, r->peer ? r->peer : "?");
    wp_put_char(w, ' ');
    if (r->frame.frame) {
        fields_put_line(w, r->frame.codec, r->frame.frame);
        return;
    }
    wp_put_text(w, "bad ");
    wp_put_text(w, wp_fault_text(r->frame.bad.fault));
    wp_put_text(w, " hex=");
    wp_put_hex(w, r->frame.wire);
}

/* A payload may hold line ends: a line stays one. */
static void keep_one_line(struct wp_writer *w)
{
    for (size_t i = 0; i < w->n; i++)
        if (w->p[i] == '\n' || w->p[i] == '\r')
            w->p[i] = ' ';
}

void play_golden_put(struct wp_writer *w, const struct wp_record *r)
{
    char at[40];

    if (r->kind != WP_REC_PUBLISH && r->kind != WP_REC_FRAME)
        return;
    snprintf(at, sizeof at, "[%6lld.%06lld] ", (long long)(r->at / 1000000), (long long)(r->at % 1000000));
    wp_put_text(w, at);
    wp_put_text(w, wp_record_text(r->kind));
    wp_put_char(w, ' ');
    wp_put_text(w, r->machine);
    if (r->kind == WP_REC_PUBLISH)
        put_message(w, r);
    else
        put_frame(w, r);
    keep_one_line(w);
}

static void tell(struct play_golden *g, const struct wp_writer *w)
{
    struct replay_lines *lines = golden_lines(g->golden);

    lines->line(lines, wp_written(w));
}

static void take(struct wp_sink *sink, const struct wp_record *r)
{
    struct play_golden *g = (struct play_golden *)(void *)sink;
    struct wp_writer w = wp_writer(g->line, sizeof g->line);

    if (r->kind != WP_REC_PUBLISH && (r->kind != WP_REC_FRAME || !g->with_frames))
        return;
    for (size_t i = 0; i < wp_n_codecs; i++)
        g->frames[i] += r->kind == WP_REC_FRAME && r->frame.codec == wp_codecs[i];
    play_golden_put(&w, r);
    tell(g, &w);
}

struct play_golden *play_golden_new(const struct play_setup *setup, const char *path, bool with_frames,
                                    struct wp_writer *why)
{
    struct golden *golden = NULL;
    struct play_golden *g;
    struct wp_writer w;

    if (setup->update) {
        golden = golden_new(path);
    } else if (access(path, F_OK) == 0) {
        golden = golden_open(path, why);
    } else {
        wp_put_text(why, path);
        wp_put_text(why, ": there is no such golden yet; --update writes it");
    }
    if (!golden)
        return NULL;
    g = calloc(1, sizeof *g);
    if (!g)
        abort();
    g->sink.take = take;
    g->golden = golden;
    g->with_frames = with_frames;
    g->update = setup->update;
    w = wp_writer(g->line, sizeof g->line);
    wp_put_text(&w, "# seed ");
    wp_put_uint(&w, setup->seed);
    tell(g, &w);
    return g;
}

struct wp_sink *play_golden_sink(struct play_golden *g)
{
    return &g->sink;
}

bool play_golden_finish(struct play_golden *g, struct wp_writer *why)
{
    if (g->update)
        return golden_save(g->golden, "play", g->frames, why);
    return golden_compare(g->golden, why);
}

void play_golden_free(struct play_golden *g)
{
    if (g)
        golden_free(g->golden);
    free(g);
}
