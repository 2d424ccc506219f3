#include "harness/scenario_keys.h"

#include "harness/keys.h"
#include "sim/catalog.h"

#include <ctype.h>

static void add(void *ctx, const struct wp_key *key)
{
    (void)ctx;
    keys_add(key);
}

/* A fleet's machines have an address, and so a title, each. */
static void add_fleet(const struct scenario_device *d)
{
    struct arena a = {0};

    for (uint32_t i = 0; i < d->count && keys_given()->n < KEYS_MAX; i++) {
        const struct wp_setup setup = {
            .name = d->name,
            .given = d->given,
            .n_given = d->n_given,
            .own = scenario_fleet_own(&a, d, i),
        };

        d->class->keys(&setup, add, NULL);
    }
    arena_free(&a);
}

static void add_gateway(const struct scenario *s)
{
    const struct wp_parts parts = {.souths = wp_souths, .n_souths = wp_n_souths};
    const struct wp_setup setup = {
        .name = wp_gateway_class.name, .given = s->given, .n_given = s->n_given, .parts = &parts};

    wp_gateway_class.keys(&setup, add, NULL);
}

size_t scenario_keys_add(const struct scenario *s)
{
    size_t before = keys_given()->n;

    for (size_t i = 0; i < s->n_devices; i++)
        if (s->devices[i].class->keys)
            add_fleet(&s->devices[i]);
    if (s->has_gateway)
        add_gateway(s);
    return before;
}

/* ---- hiding ----------------------------------------------------------------------------------------- */

struct text {
    char *p;
    size_t n;
};

static bool is_word(char c)
{
    return isalnum((unsigned char)c) || (c & 0x80);
}

static bool stands_alone(const struct text *t, size_t at, size_t n)
{
    return (at == 0 || !is_word(t->p[at - 1])) && (at + n == t->n || !is_word(t->p[at + n]));
}

static void hide_word(struct text *t, struct wp_slice word)
{
    char *from = t->p, *end = t->p + t->n, *at;

    while (word.n > 0 && (at = memmem(from, (size_t)(end - from), word.p, word.n))) {
        from = at + word.n;
        if (stands_alone(t, (size_t)(at - t->p), word.n))
            memset(at, '*', word.n);
    }
}

/* A list of WHO=SECRET may be folded in the text: it is hidden word by word, but for WHO. */
static void hide_list(struct text *t, struct wp_slice value)
{
    for (size_t at = 0, n; at < value.n; at += n + 1) {
        for (n = 0; at + n < value.n && is_word((char)value.p[at + n]); n++)
            ;
        if (n > 0 && !(at + n < value.n && value.p[at + n] == '='))
            hide_word(t, wp_slice(value.p + at, n));
    }
}

static void hide_value(struct text *t, struct wp_slice value)
{
    if (memchr(value.p, '=', value.n))
        hide_list(t, value);
    else
        hide_word(t, value);
}

static void hide_given(struct text *t, const struct wp_option_value *given, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (given[i].option->use == WP_USE_SECRET && given[i].value.kind == WP_TEXT)
            hide_value(t, given[i].value.bytes);
}

/* `password` wherever it stands: in the logins of clients and of steps, and of VRM users; theirs have tokens, too. */
static void hide_passwords(struct text *t, const struct node *parent)
{
    for (const struct node *n = parent->first; n; n = n->next) {
        if (n->kind != NODE_SCALAR)
            hide_passwords(t, n);
        else if (n->key && strcmp(n->key, "password") == 0)
            hide_word(t, n->text);
    }
}

static void hide_tokens(struct text *t, const struct node *tokens)
{
    for (const struct node *n = tokens ? tokens->first : NULL; n; n = n->next)
        if (n->kind == NODE_SCALAR)
            hide_word(t, n->text);
}

void scenario_keys_hide(const struct scenario *s, char *text, size_t n)
{
    struct text t = {text, n};
    const struct node *users = node_get(s->access, "users"),
                      *vrm_users = node_get(node_get(s->access, "vrm"), "users");

    hide_given(&t, s->given, s->n_given);
    for (size_t i = 0; i < s->n_devices; i++)
        hide_given(&t, s->devices[i].given, s->devices[i].n_given);
    for (const struct node *user = users ? users->first : NULL; user; user = user->next)
        hide_word(&t, user->text);
    hide_passwords(&t, s->root);
    for (const struct node *user = vrm_users ? vrm_users->first : NULL; user; user = user->next)
        hide_tokens(&t, node_get(user, "tokens"));
}
