#include "harness/anonymise_form.h"

enum { OFFSET = 0x33 };

static int digit(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool is_hex(struct wp_slice text)
{
    for (size_t i = 0; i < text.n; i++)
        if (digit(text.p[i]) < 0)
            return false;
    return text.n > 0 && text.n % 2 == 0;
}

size_t form_size(unsigned form, struct wp_slice text)
{
    if (form & FORM_SPELLED)
        return !is_hex(text) ? 0 : form & FORM_SPACED ? text.n / 2 * 3 - 1 : text.n;
    if (form & FORM_PACKED)
        return is_hex(text) && !(form & FORM_PADDED) ? text.n / 2 : 0;
    return text.n;
}

/* The byte that stands at `i` of n, before it is put in order. */
static uint8_t plain(unsigned form, struct wp_slice text, size_t i)
{
    if (form & FORM_PACKED)
        return (uint8_t)(digit(text.p[2 * i]) << 4 | digit(text.p[2 * i + 1]));
    return text.p[i];
}

static uint8_t moved(unsigned form, uint8_t byte)
{
    return form & FORM_OFFSET ? (uint8_t)(byte + OFFSET) : byte;
}

/* The wire's byte number i, in the text's order, without the offset. */
static uint8_t said(unsigned form, struct wp_slice wire, size_t i)
{
    uint8_t byte = wire.p[form & FORM_REVERSED ? wire.n - 1 - i : i];

    return form & FORM_OFFSET ? (uint8_t)(byte - OFFSET) : byte;
}

static bool is_padding(uint8_t byte)
{
    return byte == 0 || byte == ' ';
}

/* What is no padding: *ret_from to *ret_to, in the text's order. */
static void find_inside(unsigned form, struct wp_slice wire, size_t *ret_from, size_t *ret_to)
{
    *ret_from = 0;
    *ret_to = wire.n;
    if (!(form & FORM_PADDED))
        return;
    while (*ret_from < *ret_to && is_padding(said(form, wire, *ret_from)))
        ++*ret_from;
    while (*ret_from < *ret_to && is_padding(said(form, wire, *ret_to - 1)))
        --*ret_to;
}

/* Pairs of digits in text, in their order or the other one. */
static void spell(unsigned form, struct wp_slice text, uint8_t *out)
{
    size_t pairs = text.n / 2, step = form & FORM_SPACED ? 3 : 2;

    for (size_t i = 0; i < pairs; i++) {
        memcpy(out + i * step, text.p + 2 * (form & FORM_REVERSED ? pairs - 1 - i : i), 2);
        if (step == 3 && i + 1 < pairs)
            out[i * step + 2] = ' ';
    }
}

bool form_encode(unsigned form, struct wp_slice text, uint8_t *out, size_t n)
{
    size_t size = form_size(form, text), from, to;

    if (form & FORM_SPELLED) {
        if (size == 0 || size != n)
            return false;
        spell(form, text, out);
        return true;
    }
    find_inside(form, wp_slice(out, n), &from, &to);
    if (size == 0 || size != to - from)
        return false;
    for (size_t i = 0; i < size; i++)
        out[form & FORM_REVERSED ? n - 1 - from - i : from + i] = moved(form, plain(form, text, i));
    return true;
}

static bool is_form(unsigned form, struct wp_slice text, struct wp_slice wire)
{
    size_t size = form_size(form, text), from, to;

    find_inside(form, wire, &from, &to);
    if (size == 0 || size != to - from || ((form & FORM_PADDED) && size == wire.n))
        return false;
    for (size_t i = 0; i < size; i++)
        if (said(form, wire, from + i) != plain(form, text, i))
            return false;
    return true;
}

unsigned form_find(struct wp_slice text, struct wp_slice wire)
{
    unsigned found = 0;

    for (unsigned form = 0; form < FORMS; form++)
        if (is_form(form, text, wire))
            found |= 1u << form;
    return found;
}

bool form_decode(unsigned form, struct wp_slice wire, struct wp_writer *out)
{
    size_t from, to;

    find_inside(form, wire, &from, &to);
    for (size_t i = from; i < to; i++) {
        uint8_t byte = said(form, wire, i);

        if (form & FORM_PACKED)
            wp_put_hex(out, wp_slice(&byte, 1));
        else
            wp_put_u8(out, byte);
    }
    return !out->full;
}
