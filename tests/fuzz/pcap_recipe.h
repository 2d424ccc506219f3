/* Bytes that say how a capture is to be: segments of two connections, in any order, so that fuzzers reach reassembly and
 * codecs at once. For each segment: direction and flags, two bytes of sequence number, two of acknowledgement, length,
 * payload. */
#ifndef WP_FUZZ_PCAP_RECIPE_H
#define WP_FUZZ_PCAP_RECIPE_H

#include "harness/packet.h"

enum { RECIPE_FILE_MAX = 1 << 16, RECIPE_SEGMENTS_MAX = 256 };

/* Of a classic capture of raw IP, little-endian, with nanoseconds. */
static const uint8_t recipe_head[24] = {0x4D, 0x3C, 0xB2, 0xA1, 2, 0, 4, 0, 0,   0, 0, 0,
                                        0,    0,    0,    0,    0, 0, 4, 0, 101, 0, 0, 0};

static inline void put_segment(struct wp_writer *w, uint8_t what, uint16_t seq, uint16_t ack,
                               struct wp_slice payload, uint32_t number, uint8_t cut)
{
    bool back = what & 0x80;
    uint32_t n = 40 + (uint32_t)payload.n, base = what & 0x40 ? UINT32_MAX - 300 : 1000;
    uint16_t client = what & 0x20 ? 40000 : 40001;

    wp_put_u32le(w, number * (what & 1 ? 3 : 0));
    wp_put_u32le(w, number);
    wp_put_u32le(w, n);
    wp_put_u32le(w, n + cut);
    wp_put_u16be(w, 0x4500);
    wp_put_u16be(w, (uint16_t)(n + cut));
    wp_put_u32be(w, 0);
    wp_put_u32be(w, 0x40060000);
    wp_put_u32be(w, back ? 0x7F000101 : 0x7F000201);
    wp_put_u32be(w, back ? 0x7F000201 : 0x7F000101);
    wp_put_u16be(w, back ? 8899 : client);
    wp_put_u16be(w, back ? client : 8899);
    wp_put_u32be(w, base + seq);
    wp_put_u32be(w, base + ack);
    wp_put_u8(w, 0x50);
    wp_put_u8(w, (uint8_t)((what & 0x07) | (what & 0x08 ? PACKET_ACK : 0)));
    wp_put_u16be(w, 0xFFFF);
    wp_put_u32be(w, 0);
    wp_put_slice(w, payload);
}

/* A capture file that follows the recipe; borrowed until the next call. */
static inline struct wp_slice cook(struct wp_slice recipe)
{
    static uint8_t file_bytes[RECIPE_FILE_MAX];
    struct wp_writer w = wp_writer(file_bytes, sizeof file_bytes);
    struct wp_reader r = wp_reader(recipe);

    wp_put_slice(&w, wp_slice(recipe_head, sizeof recipe_head));
    for (uint32_t i = 1; i < RECIPE_SEGMENTS_MAX && wp_left(&r) >= 6; i++) {
        uint8_t what = wp_get_u8(&r), n;
        uint16_t seq = wp_get_u16be(&r), ack = wp_get_u16be(&r);

        n = wp_get_u8(&r);
        put_segment(&w, what, seq % 1024, ack % 1024, wp_get_slice(&r, n < wp_left(&r) ? n : wp_left(&r)), i,
                    n == 0xFF ? 7 : 0);
    }
    return wp_slice(w.p, w.full ? w.n / 2 : w.n);
}

#endif
