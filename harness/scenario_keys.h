/* The keys that a scenario gives its machines, for who decodes what they say: FRAME records, the report's fields. */
#ifndef WP_SCENARIO_KEYS_H
#define WP_SCENARIO_KEYS_H

#include "harness/scenario.h"

/* Adds them to keys_given(), devices before the gateway, which may be given wrong ones on purpose. Returns how many there
 * were before: keys_keep() of that number takes them back. */
size_t scenario_keys_add(const struct scenario *s);

/* Puts '*' in place of every letter and digit of what is a secret in the scenario's own text, in `text` of n bytes:
 * values of options that are secrets, passwords of users and logins. In a list of WHO=SECRET, WHO stays. */
void scenario_keys_hide(const struct scenario *s, char *text, size_t n);

#endif
