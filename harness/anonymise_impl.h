/* Private to the files of anonymise. */
#ifndef WP_ANONYMISE_IMPL_H
#define WP_ANONYMISE_IMPL_H

#include "harness/anonymise.h"
#include "harness/anonymise_address.h"
#include "harness/anonymise_bytes.h"
#include "harness/anonymise_find.h"
#include "harness/anonymise_ids.h"
#include "harness/capture_image.h"
#include "harness/replay.h"

/* Where a packet's payload stands in its stream; stream 0: nowhere. */
struct anon_at {
    uint64_t stream;
    int64_t at;
};

struct anon_counts {
    uint64_t foreign_bytes;            /* of payload, blanked because nobody decodes them */
    uint64_t bad_bytes, salvaged;      /* that are no frame; broken frames that could be read all the same */
    uint64_t blanked, kept;            /* payloads and ciphered contents that nobody can read */
    uint64_t addresses[ANON_FAMILIES]; /* replaced */
    uint64_t dropped;                  /* packets */
};

/* What the proof holds the result against: an entry for each event of the replay, and the sums. */
struct anon_expected {
    uint64_t *hash;
    size_t n, cap;
    struct replay_summary sum;
    enum replay_end end;
    struct anon_judged {
        char id[32];
        enum verdict verdict;
        uint64_t times;
    } * judged; /* statements of APIs */
    size_t n_judged;
};

struct anon {
    const struct anonymise_setup *setup;
    struct anon_finder finder;
    struct judge_contracts *judge;
    struct anon_ids ids;
    struct needles binary; /* how ids stand in bytes that are no text */
    struct anon_addresses addresses;
    struct anon_bytes bytes;
    const struct capture_image *in;
    struct capture_image out;
    struct anon_at *at; /* of each packet of `in`; of pieces the last one that came has that of the whole */
    struct anon_pieces *pieces;
    struct anon_expected expected;
    struct anon_counts counts;
    uint8_t *memory; /* of one frame, what it becomes, and which bytes of it are decided */
    size_t cap;
    bool is_changing; /* the second time through */
};

/* From 1. */
static inline uint64_t anon_stream(const struct flow *flow, unsigned direction)
{
    return (uint64_t)flow->number * 2 + direction;
}

/* Replays an image. false: `why`. */
bool anon_replay(struct anon *a, const struct capture_image *image, struct replay_out *out,
                 struct replay_summary *sum, enum replay_end *ret_end, struct wp_writer *why);

/* ---- anonymise_edit.c: frames ------------------------------------------------------------------------ */

/* First time: gathers the frame's ids. Second time: decides what its bytes become. */
void anon_take_frame(struct anon *a, uint64_t stream, const struct replay_event *e);
/* Bytes of a stream of ours that are no frame. */
void anon_take_bad(struct anon *a, uint64_t stream, const struct replay_event *e);
/* The known ids in bytes that nobody decodes, in place. */
void anon_replace_known(struct anon *a, uint8_t *bytes, size_t n);
/* The needles of ids in bytes: BCD, reversed, with the offset. Ids of too few digits that are not 0 are left out: such
 * bytes stand everywhere. */
void anon_add_binary(struct anon *a);

/* ---- anonymise_packet.c: packets --------------------------------------------------------------------- */

/* Gathers the addresses of all packets. */
void anon_collect_addresses(struct anon *a);
/* Writes all packets anew into `out`. */
void anon_change_packets(struct anon *a);
/* The payload of a TCP or UDP packet from its header on, and the checksum in it: `header` bytes of header, `n` captured
 * of `n_wire`. The ends are those of the input. */
void anon_change_transport(struct anon *a, const struct anon_at *at, const struct packet_addr ends[2],
                           bool is_udp, const uint8_t *was, uint8_t *becomes, size_t n, size_t n_wire);

/* ---- anonymise_pieces.c: pieces of IP packets --------------------------------------------------------- */

/* Puts together what can be, and decides what the wholes become. */
struct anon_pieces *anon_pieces_new(struct anon *a);
void anon_pieces_free(struct anon_pieces *p);
/* The piece's payload, of packet number i + 1, in place. false: it is of no whole TCP or UDP packet. */
bool anon_change_piece(const struct anon_pieces *p, size_t i, const struct packet *piece, uint8_t *payload);

/* ---- anonymise_proof.c -------------------------------------------------------------------------------- */

/* Notes what the event must be in the result. */
void anon_expect(struct anon *a, const struct replay_event *e);
/* Notes what its messages must come to. */
void anon_expect_judged(struct anon *a, const struct judged *j);
/* Is the result as expected, and nothing of old in it? */
bool anon_prove(struct anon *a, struct wp_writer *why);

/* ---- anonymise_say.c ---------------------------------------------------------------------------------- */

void anon_say(const struct anon *a);
bool anon_write_map(const struct anon *a, struct wp_writer *why);

#endif
