#include "sim/core/transcript.h"

#include <assert.h>

const char *wp_record_text(enum wp_record_kind kind)
{
    static const char *const text[] = {
#define X(name, text) text,
        WP_RECORDS(X)
#undef X
    };

    assert(kind < sizeof text / sizeof text[0]);
    return text[kind];
}

void wp_transcript_add(struct wp_transcript *t, struct wp_sink *sink)
{
    assert(t->n_sinks < WP_SINKS_MAX);
    t->sinks[t->n_sinks++] = sink;
}

void wp_transcript_write(struct wp_transcript *t, struct wp_record *record)
{
    record->seq = record->kind == WP_REC_WIRE ? t->seq : ++t->seq;
    for (size_t i = 0; i < t->n_sinks; i++)
        t->sinks[i]->take(t->sinks[i], record);
}
