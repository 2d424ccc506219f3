#include "sim/codec/crc16.h"

/* What one byte does to the remainder, with k more bytes behind it: after[k][byte]. Every value is the sum (xor) of
 * what its bits do alone, so each row is given by those eight. */
#define BIT(x, i, effect) ((x) >> (i)&1 ? (effect) : 0)
#define ONE(x, a, b, c, d, e, f, g, h)                                                                       \
    (uint16_t)(BIT(x, 0, a) ^ BIT(x, 1, b) ^ BIT(x, 2, c) ^ BIT(x, 3, d) ^ BIT(x, 4, e) ^ BIT(x, 5, f) ^     \
               BIT(x, 6, g) ^ BIT(x, 7, h))
#define FOUR(x, ...)                                                                                         \
    ONE(x, __VA_ARGS__), ONE(x + 1, __VA_ARGS__), ONE(x + 2, __VA_ARGS__), ONE(x + 3, __VA_ARGS__)
#define SIXTEEN(x, ...)                                                                                      \
    FOUR(x, __VA_ARGS__), FOUR(x + 4, __VA_ARGS__), FOUR(x + 8, __VA_ARGS__), FOUR(x + 12, __VA_ARGS__)
#define SIXTY_FOUR(x, ...)                                                                                   \
    SIXTEEN(x, __VA_ARGS__), SIXTEEN(x + 16, __VA_ARGS__), SIXTEEN(x + 32, __VA_ARGS__),                     \
        SIXTEEN(x + 48, __VA_ARGS__)
#define ALL(...)                                                                                             \
    {                                                                                                        \
        SIXTY_FOUR(0, __VA_ARGS__), SIXTY_FOUR(64, __VA_ARGS__), SIXTY_FOUR(128, __VA_ARGS__),               \
            SIXTY_FOUR(192, __VA_ARGS__)                                                                     \
    }

static const uint16_t x25[8][256] = {
    ALL(0x1189, 0x2312, 0x4624, 0x8C48, 0x1081, 0x2102, 0x4204, 0x8408),
    ALL(0x19D8, 0x33B0, 0x6760, 0xCEC0, 0x9591, 0x2333, 0x4666, 0x8CCC),
    ALL(0x5ADC, 0xB5B8, 0x6361, 0xC6C2, 0x8595, 0x033B, 0x0676, 0x0CEC),
    ALL(0x1CBB, 0x3976, 0x72EC, 0xE5D8, 0xC3A1, 0x8F53, 0x16B7, 0x2D6E),
    ALL(0x0B44, 0x1688, 0x2D10, 0x5A20, 0xB440, 0x6091, 0xC122, 0x8A55),
    ALL(0x042B, 0x0856, 0x10AC, 0x2158, 0x42B0, 0x8560, 0x02D1, 0x05A2),
    ALL(0x9FD5, 0x37BB, 0x6F76, 0xDEEC, 0xB5C9, 0x6383, 0xC706, 0x861D),
    ALL(0x81BF, 0x0B6F, 0x16DE, 0x2DBC, 0x5B78, 0xB6F0, 0x65F1, 0xCBE2),
};

static const uint16_t modbus[8][256] = {
    ALL(0xC0C1, 0xC181, 0xC301, 0xC601, 0xCC01, 0xD801, 0xF001, 0xA001),
    ALL(0x9001, 0x6001, 0xC002, 0xC007, 0xC00D, 0xC019, 0xC031, 0xC061),
    ALL(0xC051, 0xC0A1, 0xC141, 0xC281, 0xC501, 0xCA01, 0xD401, 0xE801),
    ALL(0xFC01, 0xB801, 0x3001, 0x6002, 0xC004, 0xC00B, 0xC015, 0xC029),
    ALL(0xC03D, 0xC079, 0xC0F1, 0xC1E1, 0xC3C1, 0xC781, 0xCF01, 0xDE01),
    ALL(0xD101, 0xE201, 0x8401, 0x4801, 0x9002, 0x6007, 0xC00E, 0xC01F),
    ALL(0xC010, 0xC023, 0xC045, 0xC089, 0xC111, 0xC221, 0xC441, 0xC881),
    ALL(0xCCC1, 0xD981, 0xF301, 0xA601, 0x0C01, 0x1802, 0x3004, 0x6008),
};

/* Eight bytes at a time: only the first two of them wait for the remainder of those before. */
static inline uint16_t add(const uint16_t after[8][256], uint16_t crc, struct wp_slice in)
{
    size_t i = 0;

    for (; in.n - i >= 8; i += 8) {
        const uint8_t *p = in.p + i;
        uint16_t rest = after[5][p[2]] ^ after[4][p[3]] ^ after[3][p[4]] ^ after[2][p[5]] ^ after[1][p[6]] ^
                        after[0][p[7]];

        crc = after[7][p[0] ^ (crc & 0xFF)] ^ after[6][p[1] ^ crc >> 8] ^ rest;
    }
    for (; i < in.n; i++)
        crc = (uint16_t)(crc >> 8 ^ after[0][(crc ^ in.p[i]) & 0xFF]);
    return crc;
}

uint16_t crc16_x25_add(uint16_t crc, struct wp_slice in)
{
    return add(x25, crc, in);
}

uint16_t crc16_x25(struct wp_slice in)
{
    return (uint16_t)~crc16_x25_add(CRC16_X25_START, in);
}

uint16_t crc16_modbus(struct wp_slice in)
{
    return add(modbus, 0xFFFF, in);
}
