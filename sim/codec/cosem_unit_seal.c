/* Protecting an APDU: the way back of cosem_unit_open.c. */
#include "sim/codec/cosem_unit.h"

#include "sim/codec/axdr.h"

uint8_t cosem_shell_tag(enum cosem_form shell, uint8_t plain_tag)
{
    const bool is_ded = shell == COSEM_DED;

    switch (plain_tag) {
    case 0x01:
    case 0x05:
    case 0x06:
    case 0x08:
    case 0x0C:
    case 0x0D:
    case 0x0E:
    case 0x16:
    case 0x18: return (uint8_t)(plain_tag + (is_ded ? 0x40 : 0x20));
    case 0xC0:
    case 0xC1:
    case 0xC2:
    case 0xC3:
    case 0xC4:
    case 0xC5:
    case 0xC7: return (uint8_t)(plain_tag + (is_ded ? 0x10 : 0x08));
    default: return 0;
    }
}

static uint8_t tag_of(enum cosem_form shell, struct wp_slice plain)
{
    switch (shell) {
    case COSEM_GENERAL_GLO: return 0xDB;
    case COSEM_GENERAL_DED: return 0xDC;
    case COSEM_GLO:
    case COSEM_DED: return plain.n > 0 ? cosem_shell_tag(shell, plain.p[0]) : 0;
    default: return 0;
    }
}

bool cosem_seal(struct wp_writer *w, struct cosem_cipher *cipher, const struct cosem_secret *secret,
                enum cosem_form shell, uint8_t sc, uint32_t ic, struct wp_slice plain)
{
    const size_t n_tag = sc & COSEM_SC_AUTHENTICATED ? COSEM_TAG : 0;
    const uint8_t tag = tag_of(shell, plain);

    if (tag == 0)
        return false;
    wp_put_u8(w, tag);
    if (shell == COSEM_GENERAL_GLO || shell == COSEM_GENERAL_DED)
        cosem_put_octets(w, secret->title);
    axdr_put_length(w, (uint32_t)(COSEM_CONTENT_HEAD + plain.n + n_tag));
    return cosem_encipher(cipher, secret, sc, ic, plain, w);
}
