#include "harness/capture_format.h"

#include <zlib.h>

static const uint32_t MICRO = 0xA1B2C3D4, NANO = 0xA1B23C4D, SECTION = 0x0A0D0D0A;

static bool is_magic(const uint8_t *p, uint32_t magic)
{
    uint32_t big = (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];

    return big == magic || big == __builtin_bswap32(magic); /* in the byte order of who wrote it */
}

struct capture_format capture_format_of(const char *path)
{
    struct capture_format format = {0};
    uint8_t first[4];
    gzFile file = strcmp(path, "-") == 0 ? NULL : gzopen(path, "rb");

    if (!file)
        return format;
    if (gzread(file, first, sizeof first) == sizeof first) {
        format.is_gz = !gzdirect(file);
        format.is_pcapng = is_magic(first, SECTION);
        format.is_nano = is_magic(first, NANO);
        format.is_known = format.is_pcapng || format.is_nano || is_magic(first, MICRO);
    }
    gzclose(file);
    return format;
}

void capture_put_format(struct wp_writer *w, const struct capture_format *format)
{
    if (!format->is_known)
        wp_put_text(w, "capture");
    else if (format->is_pcapng)
        wp_put_text(w, "pcapng");
    else
        wp_put_text(w, format->is_nano ? "classic pcap, nanoseconds" : "classic pcap, microseconds");
    if (format->is_gz)
        wp_put_text(w, ", in gzip");
}
