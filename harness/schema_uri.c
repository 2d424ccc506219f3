#include "harness/schema_uri.h"

static const uint8_t *find_any(struct wp_slice s, const char *stops)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] && strchr(stops, s.p[i]))
            return s.p + i;
    return s.p + s.n;
}

/* Up to `end`, which `*rest` then begins behind. */
static struct wp_slice cut(struct wp_slice *rest, const uint8_t *end, size_t delimiter)
{
    struct wp_slice head = wp_slice(rest->p, (size_t)(end - rest->p));

    *rest = wp_slice(end + delimiter, rest->n - head.n - delimiter);
    return head;
}

/* The expression of RFC 3986, appendix B: every text is a reference of some form. */
struct uri uri_split(struct wp_slice text)
{
    struct uri u = {0};
    const uint8_t *end = text.p + text.n, *at = find_any(text, ":/?#");

    if (at < end && *at == ':' && at > text.p)
        u.scheme = cut(&text, at, 1);
    if (text.n >= 2 && text.p[0] == '/' && text.p[1] == '/') {
        text = wp_slice(text.p + 2, text.n - 2);
        u.authority = cut(&text, find_any(text, "/?#"), 0);
    }
    u.path = cut(&text, find_any(text, "?#"), 0);
    if (text.n > 0 && *text.p == '?') {
        text = wp_slice(text.p + 1, text.n - 1);
        u.query = cut(&text, find_any(text, "#"), 0);
    }
    if (text.n > 0)
        u.fragment = wp_slice(text.p + 1, text.n - 1);
    return u;
}

static bool begins(struct wp_slice s, const char *with)
{
    size_t n = strlen(with);

    return s.n >= n && memcmp(s.p, with, n) == 0;
}

/* Back to before the last segment that was written, but not before `root`. */
static void drop_segment(struct wp_writer *w, size_t root)
{
    while (w->n > root && w->p[--w->n] != '/')
        ;
}

/* RFC 3986, 5.2.4. */
static void put_path(struct wp_writer *w, struct wp_slice in)
{
    size_t root = w->n;

    while (in.n > 0) {
        if (begins(in, "../")) {
            in = wp_slice_from(in, 3);
        } else if (begins(in, "./")) {
            in = wp_slice_from(in, 2);
        } else if (begins(in, "/./")) {
            in = wp_slice_from(in, 2);
        } else if (wp_slice_is(in, "/.")) {
            in = wp_text("/");
        } else if (begins(in, "/../")) {
            in = wp_slice_from(in, 3);
            drop_segment(w, root);
        } else if (wp_slice_is(in, "/..")) {
            in = wp_text("/");
            drop_segment(w, root);
        } else if (wp_slice_is(in, ".") || wp_slice_is(in, "..")) {
            in.n = 0;
        } else {
            size_t n = 1;

            while (n < in.n && in.p[n] != '/')
                n++;
            wp_put_slice(w, wp_slice(in.p, n));
            in = wp_slice_from(in, n);
        }
    }
}

/* RFC 3986, 5.2.3. */
static struct wp_slice merge_paths(struct arena *a, struct uri base, struct wp_slice path)
{
    size_t room = base.path.n + path.n + 1, keep = base.path.n;
    struct wp_writer w = wp_writer(arena_get(a, room), room);

    if (base.authority.p && base.path.n == 0) {
        wp_put_char(&w, '/');
    } else {
        while (keep > 0 && base.path.p[keep - 1] != '/')
            keep--;
        wp_put_slice(&w, wp_slice(base.path.p, keep));
    }
    wp_put_slice(&w, path);
    return wp_written(&w);
}

/* RFC 3986, 5.2.2. */
const char *uri_resolve(struct arena *a, const char *base, struct wp_slice ref)
{
    struct uri b = uri_split(wp_text(base)), r = uri_split(ref), t = r;
    size_t room = strlen(base) + ref.n + 16;
    struct wp_writer w = wp_writer(arena_get(a, room), room);
    bool whole = r.scheme.p != NULL;

    if (!whole) {
        t.scheme = b.scheme;
        if (!r.authority.p) {
            t.authority = b.authority;
            if (r.path.n == 0) {
                t.path = b.path;
                t.query = r.query.p ? r.query : b.query;
            } else if (*r.path.p != '/') {
                t.path = merge_paths(a, b, r.path);
            }
        }
    }
    if (t.scheme.p) {
        wp_put_slice(&w, t.scheme);
        wp_put_char(&w, ':');
    }
    if (t.authority.p) {
        wp_put_text(&w, "//");
        wp_put_slice(&w, t.authority);
    }
    put_path(&w, t.path);
    if (t.query.p) {
        wp_put_char(&w, '?');
        wp_put_slice(&w, t.query);
    }
    if (t.fragment.p) {
        wp_put_char(&w, '#');
        wp_put_slice(&w, t.fragment);
    }
    return wp_put_end(&w);
}

bool uri_unescape(struct wp_slice text, struct wp_writer *w)
{
    for (size_t i = 0; i < text.n; i++) {
        uint8_t c = text.p[i];
        size_t n;

        if (c == '%') {
            if (text.n - i < 3 || !wp_hex_read(wp_slice(text.p + i + 1, 2), &c, 1, &n) || n != 1)
                return false;
            i += 2;
        }
        wp_put_u8(w, c);
    }
    return true;
}
