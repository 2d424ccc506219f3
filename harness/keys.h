/* The keys of ciphered frames, as the user gave them: options, files, the environment. They are the program's own, like
 * its home: whoever makes a codec's state gets them with it, and nobody prints them.
 *
 *     --system-title 4D4D4D0000BC614E --key 000102030405060708090A0B0C0D0E0F --auth-key @auth.txt
 *     --keys meters.keys
 *
 *     # meters.keys: a line for each sender; * is every sender without a line of its own, - is no such key
 *     # title           key                              authentication key               broadcast key
 *     4D4D4D0000BC614E  000102030405060708090A0B0C0D0E0F D0D1D2D3D4D5D6D7D8D9DADBDCDDDEDF
 *     *                 ascii:0123456789abcdef
 *
 * - A title is 8 octets, a key 16 (security suites 0 and 1) or 32 (suite 2): hexadecimal digits, or ascii: before
 *   characters. Which of the two it is is never guessed.
 * - @FILE is the text in that file, so that a secret need not stand in a list of processes.
 * - Options name a sender together: --system-title, --key, --auth-key, --broadcast-key in any order; one that comes
 *   again begins the next sender. TITLE=KEY is both in one.
 * - WATTPROOF_KEY, _AUTH_KEY, _BROADCAST_KEY, _SYSTEM_TITLE and WATTPROOF_KEYS mean the same; options come before them.
 */
#ifndef WP_KEYS_H
#define WP_KEYS_H

#include "sim/core/decode.h"

enum { KEYS_MAX = 10000 };

enum keys_option {
    KEYS_KEY = 0x4B00,
    KEYS_AUTH_KEY,
    KEYS_BROADCAST_KEY,
    KEYS_SYSTEM_TITLE,
    KEYS_FILE,
};

/* Rows of a getopt_long table. */
#define KEYS_FILE_OPTION                                                                                     \
    {                                                                                                        \
        "keys", required_argument, NULL, KEYS_FILE                                                           \
    }
#define KEYS_OPTIONS                                                                                         \
    {"key", required_argument, NULL, KEYS_KEY}, {"auth-key", required_argument, NULL, KEYS_AUTH_KEY},        \
        {"broadcast-key", required_argument, NULL, KEYS_BROADCAST_KEY},                                      \
        {"system-title", required_argument, NULL, KEYS_SYSTEM_TITLE}, KEYS_FILE_OPTION

/* Their lines in --help. */
#define KEYS_FILE_HELP                                                                                       \
    "  --keys FILE      keys of ciphered frames, a line a sender: TITLE KEY [AUTH-KEY [BROADCAST-KEY]]\n"
#define KEYS_HELP                                                                                            \
    "  --key HEX        the key of ciphered frames: of all senders, or of the one of --system-title\n"       \
    "  --auth-key HEX, --broadcast-key HEX\n"                                                                \
    "                   its authentication key and its broadcast key; @FILE instead of HEX reads it "        \
    "there,\n"                                                                                               \
    "                   ascii:TEXT is a key of characters; an option again begins the next sender\n"         \
    "  --system-title HEX  whose keys these are; frames that name no sender are taken for its "              \
    "own\n" KEYS_FILE_HELP                                                                                   \
    "                   (WATTPROOF_KEY, _AUTH_KEY, _BROADCAST_KEY, _SYSTEM_TITLE and "                       \
    "WATTPROOF_KEYS mean the same)\n"

/* Takes an option. false: a sentence without the value went to stderr, or `option` is none of them, which is told
 * by keys_is_option. */
bool keys_take(enum keys_option option, const char *value);
bool keys_is_option(int option);

/* Takes a file. false: `why` has "FILE:LINE: sentence". */
bool keys_take_file(const char *path, struct wp_writer *why);

/* Takes "CAPTURE.keys", if it is there and nobody gave keys: a capture that is shared has them with it. true: it did, and
 * they are for this capture alone: keys_forget(). false: no, or `why` says what is wrong with them. */
bool keys_take_beside(const char *capture, struct wp_writer *why);

/* Takes what the environment has and no option gave. To be called when all options have been taken, before anything
 * is decoded; false: a sentence went to stderr. */
bool keys_take_environment(void);

/* One more, behind all others: of two entries for a sender the first counts. With KEYS_MAX of them it is left out. */
void keys_add(const struct wp_key *key);
/* Forgets all but the first n. */
void keys_keep(size_t n);

/* All of them; they stay where they are until keys_forget. */
const struct wp_keys *keys_given(void);
void keys_forget(void);

/* Makes the state of a codec that a stream begins with, in state_size bytes: zeroed as far as it counts, with the keys. */
void keys_begin_state(const struct wp_codec *codec, void *state);

#endif
