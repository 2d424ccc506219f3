/* General block transfer.                                         source: Green Book, 9.4.6.13; vectors with E0
 *
 *     E0 | control | block number 2 | block number acknowledged 2 | length | data
 *
 * - control: 80 the last block, 40 streaming (no answer is waited for), 3F window: how many blocks the sender of
 *   this one takes without answering.
 * - Blocks count from 1. Joined, their data is one APDU, which is no block transfer itself.
 *
 * The joiner has the memory of its caller, lent for as long as a chain is unfinished:
 *
 *     IDLE --block 1--> JOINING --next block--> JOINING --last block--> IDLE, joined
 *     JOINING --block 1--> JOINING, from the front
 *     JOINING --the same block again--> JOINING, nothing new
 *     JOINING --any other number--> IDLE, the chain is lost: BLOCK         --too much data--> IDLE: TOO_LARGE
 *     IDLE --any block but 1--> IDLE: BLOCK, but for the last block once more: nothing new
 *
 * In a confirmed exchange (window above 0) a chain outlives a lost block: what came too early is not taken, what came
 * before is known, and the acknowledgement tells the last block in order, behind which the sender goes on. */
#ifndef WP_COSEM_GBT_H
#define WP_COSEM_GBT_H

#include "sim/codec/cosem_apdu.h"

enum cosem_join {
    COSEM_JOIN_WHOLE,     /* the last block: the joined APDU is cosem_gbt_joined() */
    COSEM_JOIN_MORE,      /* taken; the chain goes on */
    COSEM_JOIN_AGAIN,     /* this very block was taken before */
    COSEM_JOIN_EARLY,     /* confirmed: one before it is missing, so it was not taken */
    COSEM_JOIN_ACK,       /* no data: the other side acknowledges blocks of ours */
    COSEM_JOIN_GAP,       /* neither the next one nor 1: the chain is lost */
    COSEM_JOIN_TOO_LARGE, /* more than the memory holds, or none was lent: the chain is lost */
};

/* Zeroed: idle, without memory, nothing is confirmed.
 * window  how many blocks the other side was told that it may send at once; 0: blocks are pushed */
struct cosem_gbt {
    uint8_t *room;
    uint32_t cap, n; /* octets joined so far */
    uint32_t n_last; /* of them: of the last block taken */
    uint16_t number; /* of the last block taken; 0: none yet */
    uint16_t since;  /* blocks taken since the last acknowledgement that was made */
    uint8_t window;
    bool is_open;
};

/* Memory for the next chains; the joined APDU stands in it. Lend it to an idle joiner only (asserted). */
void cosem_gbt_lend(struct cosem_gbt *gbt, void *room, size_t n);
/* The memory back, NULL if there is none; an unfinished chain is lost. */
void *cosem_gbt_take_back(struct cosem_gbt *gbt);

enum cosem_join cosem_gbt_join(struct cosem_gbt *gbt, const struct cosem_transfer *block);
/* Valid after COSEM_JOIN_WHOLE until the next join or take_back. */
struct wp_slice cosem_gbt_joined(const struct cosem_gbt *gbt);

/* Is an acknowledgement due, now that `came` was given to the joiner? After a block that is not streamed, after a window
 * of them, and after the last one if the chain is not whole. Never of pushes; a chain that is whole is answered by what
 * its APDU asks for.
 * true: *out is the block to send, with `own` as its number. */
bool cosem_gbt_acknowledge(struct cosem_gbt *gbt, const struct cosem_transfer *came, uint16_t own,
                           struct cosem_transfer *out);

/* How many blocks `n` octets make, `per_block` > 0 each: at least 1. */
size_t cosem_gbt_blocks(size_t n, size_t per_block);
/* Block `number` (1..cosem_gbt_blocks) of an APDU that is sent as blocks. After an acknowledgement of block k the sender
 * goes on with k + 1. data borrows from `apdu`; streaming, window and acknowledged are the caller's to fill in. */
struct cosem_transfer cosem_gbt_cut(struct wp_slice apdu, size_t per_block, uint16_t number);

#endif
