/* A capture made fit to be shared: ids and addresses become others, consistently and of the same length; what nobody can
 * decode is blanked; and the result is proven before it is written.
 *
 *     collect: decode everything, gather ids and addresses
 *     decide:  what each becomes, by the key
 *     change:  bytes of frames, wherever their segments, retransmissions and fragments stand in packets
 *     prove:   decode the result: the same but for what was changed; no id of old in it */
#ifndef WP_ANONYMISE_H
#define WP_ANONYMISE_H

#include "harness/capture_image.h"
#include "harness/contract.h"

struct anonymise_setup {
    const char *in, *out;
    struct wp_slice key;
    bool keeps_foreign; /* what cannot be decoded stays as it is */
    const char **ids; /* names of members that hold ids, or none, besides those that are known; NULL: none */
    size_t n_ids;
    const char **no_ids;
    size_t n_no_ids;
    const struct contract_set *contracts; /* NULL: those of the project are loaded */
    const char *map;                      /* a CSV file for the owner; NULL: none */
    FILE *said;                           /* counts; NULL: nowhere */
};

enum anonymise_end {
    ANONYMISE_DONE,
    ANONYMISE_UNREADABLE, /* the input, or a file that cannot be written: `why` */
    ANONYMISE_UNPROVEN,   /* `why` says what is not as it should be; no output was left */
};

enum anonymise_end anonymise(const struct anonymise_setup *setup, struct wp_writer *why);

/* The same in memory: `in` and `out` of the setup are not looked at. *out is written when it is done. */
enum anonymise_end anonymise_image(const struct anonymise_setup *setup, const struct capture_image *in,
                                   struct capture_image *out, struct wp_writer *why);

#endif
