#include "harness/record_file.h"
#include "sim/catalog.h"
#include "sim/core/json_out.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    LINE_FIRST = 64 * 1024,       /* grows for larger records */
    LINE_LAST = 16 * 1024 * 1024, /* a record beyond that is an error of the play */
    TAIL = 500,                   /* records kept with KEEP_FAILED */
    TAIL_BYTES = 400,             /* of the bytes, or the topic and payload, of each */
};

/* A record as it is kept until the play's verdict is known: cheap to take, printed only after a failure. */
struct kept_record {
    struct wp_record record;
    size_t n_first, n_second; /* topic and payload, or bytes alone */
    uint8_t bytes[TAIL_BYTES];
};

struct record_file {
    struct wp_sink sink; /* first */
    enum play_keep keep;
    FILE *file;
    char *line;
    size_t cap;
    struct kept_record *tail; /* KEEP_FAILED: the last TAIL records, a ring */
    uint64_t n_tail;
    bool lost; /* a record was too large even for the largest line */
};

static bool is_kept(const struct record_file *f, const struct wp_record *r)
{
    if (r->kind == WP_REC_WIRE) /* the capture has it */
        return false;
    if (f->keep != KEEP_MESSAGES)
        return true;
    return r->kind != WP_REC_SEND && r->kind != WP_REC_RECEIPT && r->kind != WP_REC_FRAME;
}

/* The record as a line in f->line; the buffer grows until it fits. */
static size_t print(struct record_file *f, const struct wp_record *r)
{
    for (;;) {
        struct wp_writer w = wp_writer(f->line, f->cap);
        char *more;

        record_put_json(&w, r);
        wp_put_char(&w, '\n');
        if (!w.full)
            return w.n;
        more = f->cap < LINE_LAST ? realloc(f->line, 2 * f->cap) : NULL;
        if (!more)
            return 0;
        f->line = more;
        f->cap *= 2;
    }
}

static void keep_bytes(struct kept_record *k, struct wp_slice first, struct wp_slice second)
{
    k->n_first = first.n < TAIL_BYTES ? first.n : TAIL_BYTES;
    k->n_second = second.n < TAIL_BYTES - k->n_first ? second.n : TAIL_BYTES - k->n_first;
    if (k->n_first > 0)
        memcpy(k->bytes, first.p, k->n_first);
    if (k->n_second > 0)
        memcpy(k->bytes + k->n_first, second.p, k->n_second);
}

static void keep_in_tail(struct record_file *f, const struct wp_record *r)
{
    static const struct wp_slice none;
    struct kept_record *k = &f->tail[f->n_tail++ % TAIL];

    k->record = *r;
    switch (r->kind) {
    case WP_REC_SEND:
    case WP_REC_RECEIPT: keep_bytes(k, r->bytes, none); break;
    case WP_REC_PUBLISH:
    case WP_REC_DELIVER: keep_bytes(k, r->message.topic, r->message.payload); break;
    case WP_REC_FRAME: keep_bytes(k, r->frame.wire, none); break;
    case WP_REC_SUBSCRIBE:
    case WP_REC_SUBACK:
    case WP_REC_UNSUBSCRIBE: keep_bytes(k, r->subscribe.filter, none); break;
    case WP_REC_FAULT:
    case WP_REC_STEP:
    case WP_REC_NOTE:
    case WP_REC_CHECK: keep_bytes(k, r->note.text, none); break;
    case WP_REC_READING: keep_bytes(k, r->reading->device, none); break;
    case WP_REC_COMMAND: keep_bytes(k, r->command->device, none); break;
    case WP_REC_ANSWER: keep_bytes(k, r->answer->device, r->answer->fault); break;
    case WP_REC_PRESENCE: keep_bytes(k, r->presence->device, none); break;
    case WP_REC_LOGIN: keep_bytes(k, r->login->client_id, none); break;
    default: keep_bytes(k, none, none); break;
    }
}

/* The record that was kept, with what it borrowed replaced by what was copied. What a kept record cannot carry whole
 * (a login, a frame, a reading) becomes a note that names it. */
static struct wp_record kept(struct kept_record *k)
{
    struct wp_record r = k->record;
    struct wp_slice first = wp_slice(k->bytes, k->n_first),
                    second = wp_slice(k->bytes + k->n_first, k->n_second);

    switch (r.kind) {
    case WP_REC_SEND:
    case WP_REC_RECEIPT: r.bytes = first; break;
    case WP_REC_PUBLISH:
    case WP_REC_DELIVER:
        r.message.topic = first;
        r.message.payload = second;
        break;
    case WP_REC_SUBSCRIBE:
    case WP_REC_SUBACK:
    case WP_REC_UNSUBSCRIBE: r.subscribe.filter = first; break;
    case WP_REC_FAULT:
    case WP_REC_STEP:
    case WP_REC_NOTE:
    case WP_REC_CHECK: r.note.text = first; break;
    case WP_REC_FRAME:
    case WP_REC_READING:
    case WP_REC_COMMAND:
    case WP_REC_ANSWER:
    case WP_REC_PRESENCE:
    case WP_REC_LOGIN:
        r.note.what = wp_record_text(r.kind);
        r.note.text = k->record.kind == WP_REC_FRAME ? (struct wp_slice){NULL, 0} : first;
        r.note.count = 0;
        r.kind = WP_REC_NOTE;
        break;
    default: break;
    }
    return r;
}

static void take(struct wp_sink *sink, const struct wp_record *r)
{
    struct record_file *f = (struct record_file *)(void *)sink;
    size_t n;

    if (!is_kept(f, r))
        return;
    if (f->keep == KEEP_FAILED) {
        keep_in_tail(f, r);
        return;
    }
    n = print(f, r);
    f->lost = f->lost || n == 0;
    fwrite(f->line, 1, n, f->file); /* the stream's error flag is looked at once, at the end */
}

static void put_prints(struct json_out *j)
{
    json_key(j, "print");
    json_open_object(j);
    for (size_t i = 0; i < wp_n_codecs; i++)
        json_int_member(j, wp_codecs[i]->name, wp_codecs[i]->print_version);
    json_close_object(j);
}

static void put_header(const struct record_file *f, const struct play_setup *setup)
{
    struct wp_writer w = wp_writer(f->line, f->cap);
    struct json_out j = json_out(&w);

    json_open_object(&j);
    json_int_member(&j, "transcript", 1);
    put_prints(&j);
    json_text_member(&j, "scenario", wp_text(setup->scenario->name));
    json_text_member(&j, "sha256", wp_text(setup->scenario->sha256));
    json_text_member(&j, "world", wp_text(setup->world == PLAY_VIRTUAL ? "virtual" : "live"));
    json_int_member(&j, "seed", (int64_t)setup->seed);
    json_int_member(&j, "epoch_us", setup->scenario->epoch_us);
    json_close_object(&j);
    wp_put_char(&w, '\n');
    fwrite(f->line, 1, w.n, f->file);
}

struct record_file *record_file_new(const struct play_setup *setup, struct wp_writer *why)
{
    struct record_file *f = calloc(1, sizeof *f);
    char path[1024];

    if (!f)
        abort();
    f->sink.take = take;
    f->keep = setup->keep;
    f->cap = LINE_FIRST;
    f->line = malloc(f->cap);
    if (f->keep == KEEP_FAILED)
        f->tail = calloc(TAIL, sizeof *f->tail);
    snprintf(path, sizeof path, "%s/transcript.jsonl", setup->dir);
    f->file = fopen(path, "w");
    if (!f->file || !f->line || (f->keep == KEEP_FAILED && !f->tail)) {
        wp_put_text(why, path);
        wp_put_text(why, ": ");
        wp_put_text(why, strerror(errno));
        free(f->line);
        free(f->tail);
        free(f);
        return NULL;
    }
    put_header(f, setup);
    return f;
}

struct wp_sink *record_file_sink(struct record_file *f)
{
    return &f->sink;
}

static void write_tail(struct record_file *f)
{
    uint64_t first = f->n_tail > TAIL ? f->n_tail - TAIL : 0;

    for (uint64_t i = first; i < f->n_tail; i++) {
        struct wp_record r = kept(&f->tail[i % TAIL]);

        fwrite(f->line, 1, print(f, &r), f->file);
    }
}

bool record_file_close(struct record_file *f, bool failed)
{
    bool good;

    if (f->keep == KEEP_FAILED && failed)
        write_tail(f);
    good = !ferror(f->file) && !f->lost;
    good = fclose(f->file) == 0 && good;
    free(f->line);
    free(f->tail);
    free(f);
    return good;
}
