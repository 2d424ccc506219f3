/* What a capture holds, on one screen: connections and who speaks in them, the ids that stand in it, what is missing,
 * and what to do next. */
#ifndef WP_CAPTURE_INFO_H
#define WP_CAPTURE_INFO_H

#include "harness/capture_format.h"
#include "harness/replay.h"
#include "harness/texts.h"

/* Prints it. The exit code is that of replay, except that findings are none here: 0 read, 2 unreadable (said to
 * `problems`), 4 nothing of ours in it. */
int capture_info(const char *path, bool as_json, FILE *out, FILE *problems);

/* ---- collected, for who prints it -------------------------------------------------------------------- */

enum { INFO_CONNECTIONS_MAX = 65536, INFO_KINDS_MAX = 64, INFO_KIND_TEXTS_MAX = 100000 };

struct info_connection {
    uint32_t number; /* of the flow; 0: none is kept here */
    enum flow_kind kind;
    bool is_ours;
    bool knows_client;
    struct packet_addr addr[2];
    uint64_t bytes[2], frames[2], gaps, gap_bytes, bad, unanswered;
    uint64_t asks[2], answers[2];         /* who of them asks, who answers */
    uint64_t by_codec[STREAM_CODECS_MAX]; /* frames, by the catalog's index */
    const struct wp_codec *speaks;        /* of the first turn; NULL: nobody asked */
    enum wp_side first; /* who sends in direction 0, by frames that one side alone may send */
};

/* Ids of one kind: a field of a codec. */
struct info_kind {
    char name[96]; /* "dlt645 address" */
    struct texts texts;
    uint64_t more; /* not kept, because there were too many */
};

struct info {
    const char *path;
    struct capture_format format;
    char link[64];
    enum replay_end end;
    struct replay_summary sum;
    char api[64];                       /* of the messages that were judged; "": none */
    uint64_t failed, held;              /* its statements */
    struct info_connection *connection; /* by number */
    size_t n_connections, cap;
    struct info_kind ids[INFO_KINDS_MAX];
    size_t n_ids;
};

/* "TCP", "UDP", "D-Bus" */
const char *capture_info_transport(enum flow_kind kind);

void capture_info_print(const struct info *info, FILE *out);
void capture_info_print_json(const struct info *info, FILE *out);

/* Sentences that say what to do next, each to `say`. */
void capture_info_hints(const struct info *info, void (*say)(void *ctx, const char *sentence), void *ctx);

#endif
