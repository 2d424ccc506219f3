/* A play's transcript as the page shows it: the first and the last records.
 *
 * The transcript is read twice, line by line: once to find where the last records begin, once to put them. */
#include "harness/report_html_impl.h"

#include <stdlib.h>

enum {
    LINE_FIRST = 64 * 1024,      /* grows for longer lines */
    LINE_LAST = 32 * 1024 * 1024 /* twice what a transcript has; a longer line is passed over */
};

struct records_reader {
    struct record_printer *printer;
    struct source *source;
    char *line; /* the one at hand, without its end */
    size_t n, cap;
    off_t at; /* where the next one begins */
};

static void *get(size_t n)
{
    void *p = calloc(1, n);

    if (!p)
        abort();
    return p;
}

struct records_reader *records_reader_new(void)
{
    struct records_reader *r = get(sizeof *r);

    r->printer = record_printer_new();
    r->source = source_new();
    r->cap = LINE_FIRST;
    r->line = get(r->cap);
    return r;
}

void records_reader_free(struct records_reader *r)
{
    record_printer_free(r->printer);
    source_free(r->source);
    free(r->line);
    free(r);
}

/* ---- lines ------------------------------------------------------------------------------------------ */

static bool grow_line(struct records_reader *r)
{
    char *more = r->cap < LINE_LAST ? realloc(r->line, 2 * r->cap) : NULL;

    if (!more)
        return false;
    r->line = more;
    r->cap *= 2;
    return true;
}

/* One line into r->line; of one that is too long nothing is kept. false: the file is at its end. */
static bool next_line(struct records_reader *r, FILE *f)
{
    off_t begin = r->at;
    bool whole = true;
    int c;

    for (r->n = 0; (c = getc_unlocked(f)) != EOF;) {
        r->at++;
        if (c == '\n')
            break;
        if (r->n < r->cap || grow_line(r))
            r->line[r->n++] = (char)c;
        else
            whole = false;
    }
    if (!whole)
        r->n = 0;
    return r->at > begin;
}

static void go_to(struct records_reader *r, FILE *f, off_t at)
{
    fseeko(f, at, SEEK_SET);
    r->at = at;
}

/* ---- one play --------------------------------------------------------------------------------------- */

struct layout {
    uint64_t total; /* records in the file */
    off_t *last;    /* where the last ones begin, a ring */
};

static struct layout find_last(struct records_reader *r, FILE *f, size_t n_last)
{
    struct layout l = {.last = get(n_last * sizeof *l.last)};

    for (;;) {
        off_t at = r->at;

        if (!next_line(r, f))
            return l;
        l.last[l.total++ % n_last] = at;
    }
}

struct putting {
    struct records_reader *reader;
    struct pack *pack;
    const struct records_limits *limits;
    uint8_t *room;
    uint64_t put, unreadable;
};

static void put_line(struct putting *p)
{
    struct wp_writer w = wp_writer(p->room, PACK_JSON_MAX);

    if (!record_print(p->reader->printer, wp_slice(p->reader->line, p->reader->n), p->limits->text_bytes,
                      &w)) {
        p->unreadable++;
        return;
    }
    pack_text(p->pack, p->put++ > 0 ? ",\n" : "");
    pack_put(p->pack, wp_written(&w));
}

static void put_number(struct pack *p, const char *before, uint64_t n)
{
    char text[24];
    struct wp_writer w = wp_writer(text, sizeof text);

    wp_put_uint(&w, n);
    pack_text(p, before);
    pack_put(p, wp_written(&w));
}

static void put_all(struct putting *p, FILE *f, off_t begin, const struct layout *l)
{
    const struct records_limits *limits = p->limits;
    uint64_t n = 0,
             gap = l->total > limits->first + limits->last ? l->total - limits->first - limits->last : 0;

    go_to(p->reader, f, begin);
    while (n < l->total && next_line(p->reader, f)) {
        put_line(p);
        if (++n != limits->first || gap == 0)
            continue;
        n += gap;
        record_printer_forget(p->reader->printer);
        go_to(p->reader, f, l->last[n % limits->last]);
    }
    pack_text(p->pack, "]");
    put_number(p->pack, ",\"total\":", l->total);
    if (gap > 0) {
        put_number(p->pack, ",\"left_out\":{\"after\":", limits->first);
        put_number(p->pack, ",\"records\":", gap);
        pack_text(p->pack, "}");
    }
    if (p->unreadable > 0)
        put_number(p->pack, ",\"trouble\":\"lines that are no records\",\"unreadable\":", p->unreadable);
}

/* The first line says what was played. */
static void put_header(struct putting *p, const struct scenario_result *play)
{
    struct wp_writer w = wp_writer(p->room, PACK_JSON_MAX);
    bool good =
        record_print(p->reader->printer, wp_slice(p->reader->line, p->reader->n), p->limits->text_bytes, &w);

    pack_put(p->pack, good ? wp_written(&w) : wp_text("null"));
    source_open(p->reader->source, play, good ? wp_written(&w) : wp_text(""));
    source_put(p->reader->source, p->pack);
    pack_text(p->pack, ",\"records\":[");
}

void records_put(struct records_reader *r, struct pack *pack, const char *dir,
                 const struct scenario_result *play, const struct records_limits *limits)
{
    struct putting p = {.reader = r, .pack = pack, .limits = limits};
    char path[1500];
    FILE *f;

    snprintf(path, sizeof path, "%s/transcript.jsonl", dir);
    f = fopen(path, "r");
    r->at = 0;
    pack_text(pack, "{\"header\":");
    if (f && next_line(r, f)) {
        off_t begin = r->at;
        struct layout l;

        p.room = get(PACK_JSON_MAX);
        put_header(&p, play);
        source_open_keys(r->source, play);
        l = find_last(r, f, limits->last);
        put_all(&p, f, begin, &l);
        record_printer_forget(r->printer);
        source_close_keys(r->source);
        free(p.room);
        free(l.last);
    } else {
        pack_text(pack, "null,\"records\":[],\"total\":0,\"trouble\":\"there is no transcript\"");
    }
    if (f)
        fclose(f);
    pack_text(pack, "}");
}
