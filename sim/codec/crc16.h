/* Checksums of 16 bits, both reflected, initial FFFF, sent low byte first.
 *
 * - polynomial 1021, final xor FFFF. IVY session messages and HDLC use it.
 * - Modbus: polynomial 8005, no final xor. LuxPower frames use it. */
#ifndef WP_CRC16_H
#define WP_CRC16_H

#include "sim/core/bytes.h"

/* "123456789" -> 906E */
uint16_t crc16_x25(struct wp_slice in);

/* The same in pieces: begin with CRC16_X25_START, add each piece, and take ~crc at any place. */
#define CRC16_X25_START UINT16_C(0xFFFF)
uint16_t crc16_x25_add(uint16_t crc, struct wp_slice in);

/* "123456789" -> 4B37 */
uint16_t crc16_modbus(struct wp_slice in);

#endif
