#include "harness/capture_image.h"

#include "harness/pcapng.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LINKS_MAX = 16, SNAPLEN = 262144, PCAP_RECORD = 16, PCAPNG_RECORD = 40, HEADERS = 1024 };

static void *get_memory(void *old, size_t n)
{
    void *p = realloc(old, n);

    if (!p) {
        fputs("wattproof: no memory for the packets of this capture\n", stderr);
        abort();
    }
    return p;
}

/* ---- what is held ----------------------------------------------------------------------------------- */

void capture_image_share(struct capture_image *image, const struct image_packet *p)
{
    if (image->n == image->cap) {
        image->cap = image->cap ? image->cap * 2 : 256;
        image->packet = get_memory(image->packet, image->cap * sizeof image->packet[0]);
    }
    image->packet[image->n++] = *p;
    image->n_bytes += p->n;
}

void capture_image_add(struct capture_image *image, const struct image_packet *p)
{
    struct image_packet own = *p;

    own.bytes = arena_get(&image->arena, p->n ? p->n : 1);
    if (p->n)
        memcpy(own.bytes, p->bytes, p->n);
    capture_image_share(image, &own);
}

void capture_image_copy(struct capture_image *to, const struct capture_image *from)
{
    *to = (struct capture_image){.format = from->format};
    for (size_t i = 0; i < from->n; i++)
        capture_image_add(to, &from->packet[i]);
}

void capture_image_free(struct capture_image *image)
{
    free(image->packet);
    arena_free(&image->arena);
    *image = (struct capture_image){0};
}

bool capture_image_read(struct capture_image *image, struct capture *capture, struct wp_writer *why)
{
    struct capture_packet packet;
    enum capture_status status;

    while ((status = capture_next(capture, &packet)) == CAPTURE_PACKET) {
        struct image_packet p = {
            .time_ns = packet.time_ns,
            .link = packet.link,
            .bytes = (uint8_t *)(uintptr_t)packet.bytes.p,
            .n = packet.bytes.n,
            .n_wire = packet.n_wire,
        };

        if (image->n_bytes + p.n > IMAGE_BYTES_MAX) {
            wp_put_text(why, capture_name(capture));
            wp_put_text(why, ": more than 1 GiB of packets: cut the file into pieces, for instance by time");
            break;
        }
        capture_image_add(image, &p);
    }
    if (status == CAPTURE_BROKEN)
        wp_put_text(why, capture_error(capture));
    capture_free(capture);
    return status == CAPTURE_END;
}

bool capture_image_load(struct capture_image *image, const char *path, struct wp_writer *why)
{
    struct capture *capture = capture_open(path, why);

    *image = (struct capture_image){.format = capture_format_of(path)};
    return capture && capture_image_read(image, capture, why);
}

/* ---- writing ---------------------------------------------------------------------------------------- */

static bool has_one_link(const struct capture_image *image)
{
    for (size_t i = 1; i < image->n; i++)
        if (image->packet[i].link != image->packet[0].link)
            return false;
    return true;
}

static void put_u32(FILE *file, uint32_t v)
{
    fwrite(&v, 1, sizeof v, file); /* in the byte order of this machine, as the magic tells */
}

static void put_classic(const struct capture_image *image, FILE *file)
{
    bool nano = image->format.is_nano;
    const uint16_t version[] = {2, 4};

    put_u32(file, nano ? 0xA1B23C4D : 0xA1B2C3D4);
    fwrite(version, sizeof version[0], 2, file);
    put_u32(file, 0);
    put_u32(file, 0);
    put_u32(file, SNAPLEN);
    put_u32(file, image->n ? (uint32_t)image->packet[0].link : PCAPNG_ETHERNET);
    for (size_t i = 0; i < image->n; i++) {
        const struct image_packet *p = &image->packet[i];
        int64_t second = p->time_ns / 1000000000, rest = p->time_ns % 1000000000;

        if (rest < 0) {
            rest += 1000000000;
            second--;
        }
        put_u32(file, (uint32_t)second);
        put_u32(file, (uint32_t)(nano ? rest : rest / 1000));
        put_u32(file, (uint32_t)p->n);
        put_u32(file, (uint32_t)p->n_wire);
        fwrite(p->bytes, 1, p->n, file);
    }
}

/* An interface for each link type, in the order in which they come first. */
static bool put_pcapng(const struct capture_image *image, FILE *file)
{
    struct pcapng *f = pcapng_to(file, NULL);
    int link[LINKS_MAX];
    uint32_t n_links = 0;

    for (size_t i = 0; i < image->n; i++) {
        const struct image_packet *p = &image->packet[i];
        uint32_t interface = 0;

        while (interface < n_links && link[interface] != p->link)
            interface++;
        if (interface == LINKS_MAX)
            return pcapng_close(f) && false;
        if (interface == n_links) {
            link[n_links++] = p->link;
            pcapng_interface(f, (uint16_t)p->link, NULL);
        }
        pcapng_cut_packet(f, interface, p->time_ns, wp_slice(p->bytes, p->n), p->n_wire, NULL);
    }
    if (n_links == 0)
        pcapng_interface(f, PCAPNG_ETHERNET, NULL);
    return pcapng_close(f);
}

bool capture_image_is_same_file(const char *in, const char *out, struct wp_writer *why)
{
    struct stat a, b;

    if (stat(in, &a) != 0 || stat(out, &b) != 0 || !S_ISREG(b.st_mode) || a.st_dev != b.st_dev ||
        a.st_ino != b.st_ino)
        return false;
    wp_put_text(why, out);
    wp_put_text(why, ": is the input, too; write to another file");
    return true;
}

void capture_image_drop(const char *path)
{
    struct stat what;

    if (stat(path, &what) == 0 &&
        S_ISREG(what.st_mode)) /* never a device, where a pipe or /dev/full was meant */
        unlink(path);
}

bool capture_image_save(const struct capture_image *image, const char *path, struct wp_writer *why)
{
    FILE *file = fopen(path, "wb");
    bool good = false;

    if (file && (image->format.is_pcapng || !has_one_link(image))) {
        good = put_pcapng(image, file);
    } else if (file) {
        put_classic(image, file);
        good = !ferror(file);
        good = fclose(file) == 0 && good;
    }
    if (good)
        return true;
    wp_put_text(why, path);
    wp_put_text(why, ": ");
    wp_put_text(why, file ? "could not be written whole" : strerror(errno));
    if (file)
        capture_image_drop(path);
    return false;
}

struct capture *capture_image_open(const struct capture_image *image, struct wp_writer *why)
{
    struct capture_image nano = *image;
    size_t size = HEADERS + (size_t)image->n_bytes + image->n * (PCAPNG_RECORD + PCAP_RECORD);
    char *bytes = NULL;
    size_t n = 0;
    FILE *file = open_memstream(&bytes, &n), *own = NULL;

    nano.format = (struct capture_format){.is_nano = true};
    if (file && has_one_link(image)) {
        put_classic(&nano, file);
        fclose(file);
    } else if (file) {
        put_pcapng(&nano, file);
    }
    own = fmemopen(NULL, size, "w+b"); /* it frees its memory itself */
    if (!own || fwrite(bytes, 1, n, own) != n || fflush(own) != 0) {
        wp_put_text(why, "no memory to replay the capture");
        if (own)
            fclose(own);
        free(bytes);
        return NULL;
    }
    free(bytes);
    rewind(own);
    return capture_open_file(own, "the capture", why);
}
