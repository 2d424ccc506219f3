/* The ids of a capture and what each becomes: another one of the same length and kind, by a secret key.
 *
 * - A digit becomes a digit (a leading one that is not 0 stays so), a letter a letter of the same case, hexadecimal
 *   digits with letters stay such; everything else stays. So checks of form still hold.
 * - An id that holds another one ("meter-202401010001") holds what that one becomes.
 * - No id becomes one that stood in the capture, and no two become the same.
 * - The same key and ids give the same result, in whatever order they were found. */
#ifndef WP_ANONYMISE_IDS_H
#define WP_ANONYMISE_IDS_H

#include "harness/needles.h"
#include "harness/texts.h"

#include <stdio.h>

enum { ANON_KEY_BYTES = 32, ANON_KINDS_MAX = 128, ANON_ID_MAX = 4096 };

/* Where ids come from: "dlt645 address". */
struct anon_kind {
    char name[96];
    unsigned forms;  /* bits: in which forms all of them could stand so far */
    uint64_t places; /* how many were replaced */
    uint64_t n_ids;  /* different ones among them */
};

struct anon_id {
    struct wp_slice text, becomes; /* as long as each other */
    size_t kind;                   /* where it was found first */
    bool is_strong;                /* so special that it is replaced wherever it stands */
    bool is_word;                  /* only its look says that it is one */
    bool is_fixed;                 /* `becomes` was given with it */
};

/* Zeroed, with a key: empty. */
struct anon_ids {
    uint8_t key[ANON_KEY_BYTES];
    struct anon_kind kind[ANON_KINDS_MAX];
    size_t n_kinds;
    struct texts pairs; /* each kind with each of its ids */
    struct texts texts; /* their numbers are the ids' */
    struct anon_id *id; /* n of texts; `becomes` and what follows from it after anon_ids_assign */
    size_t cap;
    struct needles strong; /* their texts */
    struct arena arena;
};

/* The key that a text stands for. */
void anon_ids_key(struct anon_ids *ids, struct wp_slice text);
/* The kind's number; the last one serves when there are too many. */
size_t anon_ids_kind(struct anon_ids *ids, const char *codec, const char *path);
/* Does it identify anybody? Not when it is empty, too long, or one character again and again (a broadcast address). */
bool anon_is_id(struct wp_slice text);
/* Is it special enough to be replaced wherever it stands? */
bool anon_is_strong(struct wp_slice text);
/* An id was found. */
void anon_ids_add(struct anon_ids *ids, struct wp_slice text, size_t kind);
/* One of which is known what it becomes: an address. It is strong. */
void anon_ids_fix(struct anon_ids *ids, struct wp_slice text, struct wp_slice becomes, size_t kind);
/* Does the strong id that stands at `at` of `in` stand there for itself, and is no piece of a longer number or
 * address? */
bool anon_ids_stands_alone(const struct anon_id *id, struct wp_slice in, size_t at);
/* All have been found: decides what each becomes. false: `why` says which cannot become anything. */
bool anon_ids_assign(struct anon_ids *ids, struct wp_writer *why);
/* NULL: it is none that was found. */
const struct anon_id *anon_ids_find(const struct anon_ids *ids, struct wp_slice text);
/* It was replaced in a place of that kind. */
void anon_ids_count(struct anon_ids *ids, const struct anon_id *id, size_t kind);
/* n bytes that follow from the key, the text and a number. */
void anon_ids_stream(const struct anon_ids *ids, struct wp_slice text, uint32_t number, uint8_t *out,
                     size_t n);
void anon_ids_free(struct anon_ids *ids);

#endif
