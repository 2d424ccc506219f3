/*     OFF --enabled--> WAITING --next_cycle--> CYCLE --the last device had its turn--> WAITING
 *
 * A cycle starts every interval, whatever became of the one before. In a cycle the connected devices have
 * their turns in the order in which they came, `stagger` apart; when that would not fit, what is left of
 * the interval is shared out among those that still wait, so every one has its turn. A turn is one command;
 * what becomes of it (queue, time limit, retries) is the south's affair, so a device that does not answer
 * holds up nobody. */
#include "sim/gateway/polling.h"

#include <assert.h>

/* ---- what is polled ------------------------------------------------------------------------------- */

static const struct wp_option *find_permit(const struct wp_parts *parts, const char *name)
{
    const struct wp_option *o = NULL;

    for (size_t i = 0; i < parts->n_souths && !o; i++)
        o = wp_option_find(parts->souths[i]->options, parts->souths[i]->n_options, wp_text(name));
    return o;
}

void polling_use(struct polling *p, const struct wp_setup *setup, const struct polling_protocol *protocols,
                 size_t n)
{
    assert(n <= POLLING_PROTOCOLS_MAX);
    p->protocols = protocols;
    p->n_protocols = n;
    for (size_t i = 0; i < n; i++) {
        const char *name = protocols[i].permit;
        const struct wp_option *o = name ? find_permit(setup->parts, name) : NULL;

        p->permit[i].option = o;
        p->permit[i].yes = !name || (o && wp_setup_value(setup, o).yes);
    }
}

/* NULL: nobody polls such devices, or it is not permitted. */
static const struct polling_protocol *find_protocol(const struct polling *p, const char *name)
{
    for (size_t i = 0; i < p->n_protocols; i++)
        if (strcmp(p->protocols[i].name, name) == 0)
            return p->permit[i].yes ? &p->protocols[i] : NULL;
    return NULL;
}

/* What a device of this protocol is asked for; 0: nothing. */
static size_t choose_ids(const struct polling *p, const char *protocol, struct wp_slice *out)
{
    const struct polling_protocol *how = find_protocol(p, protocol);
    size_t n = 0;

    if (!how)
        return 0;
    if (p->n_own_ids == 0)
        return how->group_ids(p->group, out);
    for (size_t i = 0; i < p->n_own_ids; i++)
        if (how->is_id(p->own_ids[i]))
            out[n++] = p->own_ids[i];
    return n;
}

/* Cuts "00010000, 02010100" at its commas; false: empty, or too many. */
static bool split_ids(struct wp_slice text, struct wp_slice *out, size_t *ret_n)
{
    size_t n = 0, at = 0;

    while (at <= text.n) {
        const uint8_t *comma = at < text.n ? memchr(text.p + at, ',', text.n - at) : NULL;
        size_t end = comma ? (size_t)(comma - text.p) : text.n;
        struct wp_slice id = wp_slice(text.p + at, end - at);

        at = end + 1;
        while (id.n && id.p[0] == ' ')
            id = wp_slice_from(id, 1);
        while (id.n && id.p[id.n - 1] == ' ')
            id.n--;
        if (id.n == 0 || n == POLLING_IDS_MAX)
            return false;
        out[n++] = id;
    }
    *ret_n = n;
    return true;
}

bool polling_check(const struct wp_setup *setup, struct wp_writer *why)
{
    struct wp_value ids = gateway_given(setup, GATEWAY_POLLING_IDS);
    struct wp_slice out[POLLING_IDS_MAX];
    size_t n;

    if (ids.kind != WP_TEXT || split_ids(ids.bytes, out, &n))
        return true;
    wp_put_text(why, "polling.ids takes 1 to 32 identifiers with commas between them");
    return false;
}

void polling_init(struct polling *p, const struct wp_setup *setup, const struct roster *roster,
                  struct gateway_facts *facts)
{
    struct wp_value ids = gateway_given(setup, GATEWAY_POLLING_IDS);

    *p = (struct polling){
        .facts = facts,
        .roster = roster,
        .stagger = gateway_given(setup, GATEWAY_POLLING_STAGGER).num,
        .group = ivy_group_find(gateway_given(setup, GATEWAY_POLLING_GROUP).bytes),
        .next_cycle = WP_NEVER,
        .next_turn = WP_NEVER,
    };
    facts->polling.enabled = gateway_given(setup, GATEWAY_POLLING_ENABLED).yes;
    facts->polling.interval = gateway_given(setup, GATEWAY_POLLING_INTERVAL).num;
    facts->polling.last_run = -1;
    if (ids.kind == WP_TEXT)
        (void)split_ids(ids.bytes, p->own_ids, &p->n_own_ids);
    polling_use(p, setup, polling_protocols, polling_n_protocols);
}

/* ---- when ----------------------------------------------------------------------------------------- */

static void wait_for_next_cycle(struct polling *p, wp_us from)
{
    p->next_cycle = p->facts->polling.enabled ? from + p->facts->polling.interval : WP_NEVER;
    p->next_turn = WP_NEVER;
    p->cursor = NULL;
}

void polling_start(struct polling *p, wp_us now)
{
    wait_for_next_cycle(p, now);
}

void polling_set(struct polling *p, const struct wp_option *option, struct wp_value value, wp_us now)
{
    wp_us *interval = &p->facts->polling.interval;

    for (size_t i = 0; i < p->n_protocols; i++)
        if (option == p->permit[i].option)
            p->permit[i].yes = value.yes;
    if (option == &gateway_options[GATEWAY_POLLING_GROUP]) {
        p->group = ivy_group_find(value.bytes);
    } else if (option == &gateway_options[GATEWAY_POLLING_ENABLED] &&
               value.yes != p->facts->polling.enabled) {
        p->facts->polling.enabled = value.yes;
        wait_for_next_cycle(p, now);
    } else if (option == &gateway_options[GATEWAY_POLLING_INTERVAL]) {
        *interval = value.num;
        if (p->facts->polling.enabled && p->next_cycle > now + *interval)
            p->next_cycle = now + *interval;
    }
}

void polling_forget(struct polling *p, const struct roster_device *d)
{
    if (p->cursor == d)
        p->cursor = d->next;
    if (p->n_done > 0 && d->cycle == p->cycle)
        p->n_done--;
}

wp_us polling_deadline(const struct polling *p)
{
    return p->next_cycle < p->next_turn ? p->next_cycle : p->next_turn;
}

/* ---- turns ---------------------------------------------------------------------------------------- */

/* Cycles that could not even start in time are left out. */
static void begin_cycle(struct polling *p, wp_us now)
{
    wp_us interval = p->facts->polling.interval;

    p->next_cycle += (now - p->next_cycle) / interval * interval;
    p->facts->polling.last_run = p->next_turn = p->next_cycle;
    p->next_cycle += interval;
    p->cursor = p->roster->first;
    p->n_done = 0;
    p->cycle++;
}

static wp_us gap_to_next_turn(const struct polling *p)
{
    size_t waiting = p->roster->by_name.n - p->n_done;
    wp_us share = (p->next_cycle - p->next_turn) / (wp_us)(waiting + 1);

    if (share < 0)
        return 0;
    return share < p->stagger ? share : p->stagger;
}

static void take_turn(struct polling *p, struct roster_device *d, polling_give *give, void *ctx)
{
    struct wp_slice ids[POLLING_IDS_MAX];
    size_t n = choose_ids(p, d->protocol, ids);

    d->cycle = p->cycle;
    p->n_done++;
    if (n > 0) {
        const struct wp_command command = {
            .poll = true, .device = roster_name(d), .operation = WP_READ, .ids = ids, .n_ids = n};

        give(ctx, d, &command);
    }
}

void polling_step(struct polling *p, wp_us now, polling_give *give, void *ctx)
{
    while (polling_deadline(p) <= now) {
        struct roster_device *d;

        if (p->next_cycle <= p->next_turn)
            begin_cycle(p, now);
        d = p->cursor;
        if (!d) {
            p->next_turn = WP_NEVER;
            continue;
        }
        p->cursor = d->next;
        take_turn(p, d, give, ctx);
        p->next_turn += gap_to_next_turn(p);
    }
}
