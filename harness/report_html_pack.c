/* Data for the page: deflated as it comes, in base64, block by block. */
#include "harness/report_html_impl.h"

#include <stdlib.h>

static void put_base64(struct pack *p, const uint8_t *in, size_t n)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    char text[4 * 1024];
    size_t at = 0;

    for (size_t i = 0; i < n; i += 3) {
        size_t left = n - i;
        uint32_t v =
            (uint32_t)in[i] << 16 | (left > 1 ? (uint32_t)in[i + 1] << 8 : 0) | (left > 2 ? in[i + 2] : 0);

        text[at++] = digits[v >> 18];
        text[at++] = digits[v >> 12 & 63];
        text[at++] = left > 1 ? digits[v >> 6 & 63] : '=';
        text[at++] = left > 2 ? digits[v & 63] : '=';
        if (at == sizeof text || left <= 3) {
            fwrite(text, 1, at, p->file); /* the stream's error flag is looked at once, at the end */
            p->written += at;
            at = 0;
        }
    }
}

/* Runs until zlib wants more input, or, at the end, has said everything. */
static void deflate_on(struct pack *p, int flush)
{
    int done;

    do {
        done = deflate(&p->z, flush);
        if (p->z.avail_out > 0)
            continue;
        put_base64(p, p->out, PACK_BLOCK);
        p->z.next_out = p->out;
        p->z.avail_out = PACK_BLOCK;
    } while (p->z.avail_in > 0 || (flush == Z_FINISH && done != Z_STREAM_END));
}

void pack_begin(struct pack *p, FILE *file, const char *id)
{
    p->file = file;
    p->z = (z_stream){.next_out = p->out, .avail_out = PACK_BLOCK};
    if (deflateInit(&p->z, Z_BEST_COMPRESSION) != Z_OK)
        abort(); /* no memory, or another zlib than the one that was compiled for */
    fprintf(file, "<script type=\"application/octet-stream\" id=\"%s\">", id);
}

void pack_put(struct pack *p, struct wp_slice bytes)
{
    while (bytes.n > 0) {
        size_t n = bytes.n > UINT32_MAX / 2 ? UINT32_MAX / 2 : bytes.n;

        p->z.next_in = bytes.p;
        p->z.avail_in = (uInt)n;
        deflate_on(p, Z_NO_FLUSH);
        bytes = wp_slice_from(bytes, n);
    }
}

void pack_text(struct pack *p, const char *text)
{
    pack_put(p, wp_text(text));
}

void pack_end(struct pack *p)
{
    p->z.next_in = NULL;
    p->z.avail_in = 0;
    deflate_on(p, Z_FINISH);
    put_base64(p, p->out, PACK_BLOCK - p->z.avail_out);
    deflateEnd(&p->z);
    fputs("</script>\n", p->file);
}
