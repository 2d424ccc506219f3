/* Private to the files of the HTML report. */
#ifndef WP_REPORT_HTML_IMPL_H
#define WP_REPORT_HTML_IMPL_H

#include "harness/report_html.h"
#include "harness/run_file.h"

#include <stdio.h>
#define ZLIB_CONST /* next_in is only read from */
#include <zlib.h>

/* ---- the page's own text, put together by harness/page/embed.cmake ---------------------------------- */

extern const unsigned char report_page_head[], report_page_tail[]; /* the data goes between them */
extern const size_t report_page_head_n, report_page_tail_n;

/* ---- data in the page ------------------------------------------------------------------------------- */

enum { PACK_BLOCK = 48 * 1024 }; /* a multiple of 3, so that base64 has no rest but the last */

/* One piece of data: a <script> that no browser runs, its text the base64 of a zlib stream. Whatever the data says,
 * nothing in it can end the element. */
struct pack {
    FILE *file;
    uint64_t written; /* characters of base64 so far, in all pieces */
    z_stream z;
    uint8_t out[PACK_BLOCK];
};

void pack_begin(struct pack *p, FILE *file, const char *id);
void pack_put(struct pack *p, struct wp_slice bytes);
void pack_text(struct pack *p, const char *text);
void pack_end(struct pack *p);

/* A piece of JSON that is made in memory first is no larger. */
enum { PACK_JSON_MAX = 4 * 1024 * 1024 };

/* ---- records ---------------------------------------------------------------------------------------- */

struct record_printer;

struct record_printer *record_printer_new(void);
void record_printer_free(struct record_printer *r);

/* One line of a transcript: a member of more than `text_bytes` bytes of text (or of octets in hex) is cut, and
 * "<member>_bytes" says how long it was; a frame gets "fields": [[path, value, unit, first byte, bytes, role]]. false:
 * the line is no record, or `w` is full. */
bool record_print(struct record_printer *r, struct wp_slice line, size_t text_bytes, struct wp_writer *w);
/* Another play: what was said on connections so far is none of its. */
void record_printer_forget(struct record_printer *r);

/* How much of a play goes into the page: the first and the last records, and so much of each text. */
struct records_limits {
    size_t first, last, text_bytes;
};

struct records_reader;

struct records_reader *records_reader_new(void);
void records_reader_free(struct records_reader *r);

/* {"header":{...},"source":"...","records":[...],"total":63,"left_out":{"after":100,"records":1390}} of the transcript
 * in `dir`; one that is not there, or has lines that are none of ours, says so in "trouble". `play` says whose it is. */
void records_put(struct records_reader *r, struct pack *p, const char *dir,
                 const struct scenario_result *play, const struct records_limits *limits);

/* A scenario's file, as long as it is the one whose sum a transcript's first line has. */
struct source;

struct source *source_new(void);
void source_free(struct source *s);

/* Reads it for a play; plays of one file read it once. */
void source_open(struct source *s, const struct scenario_result *play, struct wp_slice header);
/* ,"source":"scenario: ..." without its secrets; nothing when it is not known. */
void source_put(const struct source *s, struct pack *p);
/* From here on what the play's machines say is deciphered with the keys that they have; until source_close_keys. */
void source_open_keys(const struct source *s, const struct scenario_result *play);
void source_close_keys(const struct source *s);

/* ---- everything else --------------------------------------------------------------------------------- */

/* Totals, changes, statements and plays as one JSON text. `before` may be NULL. */
void index_put(struct pack *p, const struct report_html *setup, const struct run_file *run,
               const struct run_file *before);

#endif
