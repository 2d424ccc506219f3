#include "sim/codec/crc16.h"

/* What one byte does to the remainder, for each value of its four low bits. */
static const uint16_t nibble[16] = {
    0x0000, 0x1081, 0x2102, 0x3183, 0x4204, 0x5285, 0x6306, 0x7387,
    0x8408, 0x9489, 0xA50A, 0xB58B, 0xC60C, 0xD68D, 0xE70E, 0xF78F,
};

uint16_t crc16_x25(struct wp_slice in)
{
    uint16_t crc = 0xFFFF;

    for (size_t i = 0; i < in.n; i++) {
        crc = (uint16_t)(crc >> 4 ^ nibble[(crc ^ in.p[i]) & 0xF]);
        crc = (uint16_t)(crc >> 4 ^ nibble[(crc ^ in.p[i] >> 4) & 0xF]);
    }
    return (uint16_t)~crc;
}
