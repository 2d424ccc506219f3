/* Where in texts ids stand: levels of topics, members of JSON, words that look like a serial number. */
#ifndef WP_ANONYMISE_FIND_H
#define WP_ANONYMISE_FIND_H

#include "harness/contract.h"
#include "harness/texts.h"

/* What the user says of members' names, case ignored. */
struct anon_names {
    struct texts ids, no_ids; /* in lower case */
};

/* Each id that was found: its place in the text, and what it is called ("level", "member meterId", "word"). */
struct anon_found {
    void (*take)(void *ctx, struct wp_slice text, const char *what);
    void *ctx;
};

struct anon_finder {
    const struct contract_set *contracts; /* NULL: none */
    struct anon_names names;
};

void anon_name_add(struct texts *names, const char *name);
/* Do values of that name ("meterId", "serial_number", "mac") say who somebody is? */
bool anon_is_id_name(const struct anon_finder *f, struct wp_slice name);
/* The same for a member of an object that is itself called something: the `id` of a `register` is a registerId. */
bool anon_is_id_member(const struct anon_finder *f, struct wp_slice parent, struct wp_slice name);
/* Does a word by itself look like a number that was given to somebody? */
bool anon_is_id_word(struct wp_slice word);

/* A topic or filter: what a contract's parameter stands for, and levels that look like ids. */
void anon_find_in_topic(const struct anon_finder *f, struct wp_slice topic, const struct anon_found *found);
/* Text for people. */
void anon_find_in_text(struct wp_slice text, const struct anon_found *found);
/* JSON, strict; keys too. false: it is none. Numbers and strings are told without quotes. */
bool anon_find_in_json(const struct anon_finder *f, struct wp_slice text, const struct anon_found *found);

#endif
