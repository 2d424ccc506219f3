#include "harness/keys.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { TEXT_MAX = 256, LINE_MAX = 1024, TITLE_BYTES = 8, WORDS_MAX = 4 };

static struct wp_keys given;
static struct wp_key *own; /* given.at */
static size_t own_cap;

/* What the options at hand name: bit i for enum keys_option KEYS_KEY + i. */
static unsigned named;

static const char *const option_name[] = {"--key", "--auth-key", "--broadcast-key", "--system-title",
                                          "--keys"};
static const char *const variable_name[] = {"WATTPROOF_KEY", "WATTPROOF_AUTH_KEY", "WATTPROOF_BROADCAST_KEY",
                                            "WATTPROOF_SYSTEM_TITLE", "WATTPROOF_KEYS"};

/* ---- one secret ------------------------------------------------------------------------------------- */

/* Secrets do not stay in memory that is used for something else. */
static void wipe(void *p, size_t n)
{
    explicit_bzero(p, n);
}

/* The text, or that of the file behind '@' without the blanks around it. `why`: a sentence without the value. */
static bool fetch(const char *value, char text[TEXT_MAX], struct wp_writer *why)
{
    size_t n, from = 0;
    FILE *f;

    if (*value != '@') {
        n = strlen(value);
        if (n < TEXT_MAX)
            memcpy(text, value, n + 1);
        else
            wp_put_text(why, "is too long for a key");
        return n < TEXT_MAX;
    }
    f = fopen(value + 1, "r");
    n = f ? fread(text, 1, TEXT_MAX - 1, f) : 0;
    if (!f || ferror(f) || n == TEXT_MAX - 1) {
        wp_put_text(why, "cannot be read from ");
        wp_put_text(why, value + 1);
        wp_put_text(why, ": ");
        wp_put_text(why, n == TEXT_MAX - 1 ? "too long for a key" : strerror(errno));
        if (f)
            fclose(f);
        return false;
    }
    fclose(f);
    while (n > 0 && isspace((unsigned char)text[n - 1]))
        n--;
    while (from < n && isspace((unsigned char)text[from]))
        from++;
    memmove(text, text + from, n - from);
    text[n - from] = 0;
    return true;
}

/* Octets as digits or as ascii:CHARACTERS. The number of octets, 0: they are none. */
static size_t read_octets(const char *text, uint8_t *out, size_t cap)
{
    static const char ascii[] = "ascii:";
    size_t n = 0, at = strlen(ascii);

    if (strncmp(text, ascii, at) != 0)
        return wp_hex_read(wp_text(text), out, cap, &n) ? n : 0;
    n = strlen(text + at);
    if (n > cap)
        return 0;
    memcpy(out, text + at, n);
    return n;
}

static bool read_title(const char *text, uint8_t out[TITLE_BYTES], struct wp_writer *why)
{
    if (read_octets(text, out, TITLE_BYTES) == TITLE_BYTES)
        return true;
    wp_put_text(why, "is no system title: 8 octets as 16 hexadecimal digits, or ascii: and 8 characters");
    return false;
}

static bool read_key(const char *text, uint8_t out[32], uint8_t *ret_n, struct wp_writer *why)
{
    size_t n = read_octets(text, out, 32);

    if (n == 16 || n == 32) {
        *ret_n = (uint8_t)n;
        return true;
    }
    wp_put_text(why,
                "is no key: 16 octets (suite 2: 32) as 32 or 64 hexadecimal digits, or ascii: and 16 or 32 "
                "characters");
    return false;
}

/* ---- the ring --------------------------------------------------------------------------------------- */

static struct wp_key *add_sender(void)
{
    if (given.n == own_cap) {
        size_t cap = own_cap ? 2 * own_cap : 16;
        struct wp_key *grown = calloc(cap, sizeof *grown);

        if (!grown) {
            fputs("wattproof: no memory for keys\n", stderr);
            abort();
        }
        if (own) {
            memcpy(grown, own, given.n * sizeof *own);
            wipe(own, given.n * sizeof *own);
        }
        free(own);
        own = grown;
        own_cap = cap;
        given.at = own;
    }
    return &own[given.n++];
}

static bool is_sender(const struct wp_key *k, bool has_title, const uint8_t title[TITLE_BYTES])
{
    return k->has_title == has_title && (!has_title || memcmp(k->title, title, TITLE_BYTES) == 0);
}

static bool is_known(bool has_title, const uint8_t title[TITLE_BYTES])
{
    for (size_t i = 0; i < given.n; i++)
        if (is_sender(&given.at[i], has_title, title))
            return true;
    return false;
}

const struct wp_keys *keys_given(void)
{
    return &given;
}

void keys_add(const struct wp_key *key)
{
    named = 0;
    if (given.n < KEYS_MAX)
        *add_sender() = *key;
}

void keys_keep(size_t n)
{
    if (given.n > n)
        wipe(own + n, (given.n - n) * sizeof *own);
    given.n = given.n > n ? n : given.n;
    named = 0;
}

void keys_forget(void)
{
    if (own)
        wipe(own, own_cap * sizeof *own);
    free(own);
    own = NULL;
    own_cap = 0;
    given = (struct wp_keys){0};
    named = 0;
}

void keys_begin_state(const struct wp_codec *codec, void *state)
{
    memset(state, 0, codec->is_idle ? codec->idle_size : codec->state_size);
    if (codec->unlock)
        codec->unlock(state, &given);
}

/* ---- options ---------------------------------------------------------------------------------------- */

bool keys_is_option(int option)
{
    return option >= KEYS_KEY && option <= KEYS_FILE;
}

/* The sender that the options at hand speak of: a new one when they have said this of the last one. */
static struct wp_key *sender_for(enum keys_option option)
{
    unsigned bit = 1u << (option - KEYS_KEY);
    struct wp_key *k = named == 0 || named & bit ? add_sender() : &own[given.n - 1];

    if (named & bit)
        named = 0;
    named |= bit;
    return k;
}

static bool take_value(enum keys_option option, char *text, struct wp_writer *why);

/* TITLE=KEY goes on with that sender, or begins it. */
static bool take_title_before(char *text, struct wp_writer *why)
{
    uint8_t title[TITLE_BYTES];

    if (!read_title(text, title, why))
        return false;
    if (named != 0 && is_sender(&own[given.n - 1], true, title))
        return true;
    named = 0;
    return take_value(KEYS_SYSTEM_TITLE, text, why);
}

static bool take_value(enum keys_option option, char *text, struct wp_writer *why)
{
    char *equals = strchr(text, '=');
    struct wp_key *k;

    if (equals && option != KEYS_SYSTEM_TITLE) {
        *equals = 0;
        if (!take_title_before(text, why))
            return false;
        text = equals + 1;
    }
    k = sender_for(option);
    switch (option) {
    case KEYS_KEY: return read_key(text, k->key, &k->n_key, why);
    case KEYS_AUTH_KEY: return read_key(text, k->auth, &k->n_auth, why);
    case KEYS_BROADCAST_KEY: return read_key(text, k->broadcast, &k->n_broadcast, why);
    default: k->has_title = read_title(text, k->title, why); return k->has_title;
    }
}

static bool take(enum keys_option option, const char *value, struct wp_writer *why)
{
    char text[TEXT_MAX];
    bool good;

    if (option == KEYS_FILE)
        return keys_take_file(value, why);
    good = fetch(value, text, why) && take_value(option, text, why);
    wipe(text, sizeof text);
    return good;
}

static bool take_named(enum keys_option option, const char *name, const char *value)
{
    char sentence[LINE_MAX];
    struct wp_writer why = wp_writer(sentence, sizeof sentence);

    if (take(option, value, &why))
        return true;
    fprintf(stderr, option == KEYS_FILE ? "wattproof: %s: %s\n" : "wattproof: %s %s\n", name,
            wp_put_end(&why));
    return false;
}

bool keys_take(enum keys_option option, const char *value)
{
    return take_named(option, option_name[option - KEYS_KEY], value);
}

/* A file of the environment is read when no option gave any key; single keys likewise. */
bool keys_take_environment(void)
{
    bool has_any = given.n > 0;

    named = 0;
    for (int option = KEYS_KEY; option <= KEYS_FILE && !has_any; option++) {
        const char *value = getenv(variable_name[option - KEYS_KEY]);

        if (value && *value && !take_named((enum keys_option)option, variable_name[option - KEYS_KEY], value))
            return false;
    }
    return true;
}

/* ---- files ------------------------------------------------------------------------------------------ */

static bool refuse(struct wp_writer *why, const char *path, unsigned line, const char *what,
                   const char *sentence)
{
    char own_words[LINE_MAX];

    snprintf(own_words, sizeof own_words, "%s:%u: %s %s", path, line, what, sentence);
    wp_put_text(why, own_words);
    return false;
}

static bool take_words(const char *path, unsigned line, char *word[WORDS_MAX], size_t n,
                       struct wp_writer *why)
{
    static const char *const what[] = {"the first word", "the key", "the authentication key",
                                       "the broadcast key"};
    char sentence[LINE_MAX];
    struct wp_writer wrong = wp_writer(sentence, sizeof sentence);
    struct wp_key k = {.has_title = strcmp(word[0], "*") != 0};
    uint8_t *const secret[] = {k.title, k.key, k.auth, k.broadcast};
    uint8_t *const length[] = {NULL, &k.n_key, &k.n_auth, &k.n_broadcast};
    bool good = true;

    if (k.has_title && !read_title(word[0], k.title, &wrong))
        return refuse(why, path, line, what[0], wp_put_end(&wrong));
    if (is_known(k.has_title, k.title))
        return refuse(why, path, line, "this sender", "has keys already");
    for (size_t i = 1; i < n && good; i++)
        if (strcmp(word[i], "-") != 0 && !read_key(word[i], secret[i], length[i], &wrong))
            good = refuse(why, path, line, what[i], wp_put_end(&wrong));
    if (good)
        *add_sender() = k;
    wipe(&k, sizeof k);
    return good;
}

static bool take_line(const char *path, unsigned line, char *text, struct wp_writer *why)
{
    static const char blanks[] = " \t\r\n";
    char *word[WORDS_MAX], *rest = NULL;
    size_t n = 0;

    for (char *w = strtok_r(text, blanks, &rest); w && *w != '#'; w = strtok_r(NULL, blanks, &rest)) {
        if (n == WORDS_MAX)
            return refuse(why, path, line, "a line has", "a title and at most three keys");
        word[n++] = w;
    }
    if (n == 0)
        return true;
    if (n == 1)
        return refuse(why, path, line, "a sender without a key:", "TITLE KEY [AUTH-KEY [BROADCAST-KEY]]");
    if (given.n >= KEYS_MAX)
        return refuse(why, path, line, "too many senders:", "at most 10000");
    return take_words(path, line, word, n, why);
}

bool keys_take_file(const char *path, struct wp_writer *why)
{
    char text[LINE_MAX];
    unsigned line = 0;
    bool good = true;
    FILE *f = fopen(path, "r");

    if (!f) {
        wp_put_text(why, path);
        wp_put_text(why, ": ");
        wp_put_text(why, strerror(errno));
        return false;
    }
    named = 0; /* what follows begins a sender of its own */
    while (good && fgets(text, sizeof text, f)) {
        line++;
        if (strlen(text) == sizeof text - 1)
            good = refuse(why, path, line, "the line", "is too long");
        else
            good = take_line(path, line, text, why);
    }
    if (good && ferror(f))
        good = refuse(why, path, line, "reading it failed:", strerror(errno));
    wipe(text, sizeof text);
    fclose(f);
    return good;
}

bool keys_take_beside(const char *capture, struct wp_writer *why)
{
    char name[4096];

    if (given.n > 0 || snprintf(name, sizeof name, "%s.keys", capture) >= (int)sizeof name ||
        access(name, F_OK) != 0)
        return false;
    return keys_take_file(name, why);
}
