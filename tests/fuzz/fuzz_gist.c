/* Any two lines as records of two transcripts: hashed, compared and printed. A record says the same as itself. */
#include "harness/gist.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static const char VIRTUAL[] = "{\"transcript\":1,\"world\":\"virtual\",\"epoch_us\":1705320000000000}";
static const char LIVE[] = "{\"transcript\":1,\"world\":\"live\"}";

static void print(struct gist_reader *r, struct wp_slice line)
{
    static char text[8192];
    struct wp_writer w = wp_writer(text, sizeof text);

    gist_put_line(&w, r, line, 300);
    assert(w.n <= 304);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static char text[4096];
    const uint8_t *end = n > 0 ? memchr(data, '\n', n) : NULL;
    struct wp_slice first = wp_slice(data, end ? (size_t)(end - data) : n);
    struct wp_slice second = end ? wp_slice(end + 1, n - first.n - 1) : first;
    struct gist_reader *a = gist_reader_new(wp_text(VIRTUAL)), *b = gist_reader_new(wp_text(LIVE)),
                       *c = gist_reader_new(wp_text(VIRTUAL));
    struct wp_writer w = wp_writer(text, sizeof text);
    struct gist x, y, again;

    gist_reader_free(gist_reader_new(first));
    if (gist_of(a, first, &x) == GIST_RECORD) {
        assert(gist_of(c, first, &again) == GIST_RECORD);
        assert(x.key == again.key);
        assert(x.content == again.content);
        print(a, first);
        if (gist_of(b, second, &y) == GIST_RECORD) {
            gist_put_difference(&w, a, first, b, second);
            print(b, second);
        }
    }
    gist_reader_free(a);
    gist_reader_free(b);
    gist_reader_free(c);
    return 0;
}
