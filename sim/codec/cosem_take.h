/* Reading and putting the parts that APDUs are made of. Included by the cosem_*.c files only. */
#ifndef WP_COSEM_TAKE_H
#define WP_COSEM_TAKE_H

#include "sim/codec/axdr.h"
#include "sim/codec/cosem_apdu.h"
#include "sim/codec/cosem_time.h"

enum { COSEM_TITLE_OCTETS = 8 };

/* Sticky: what is missing or wrong first ends the reading, every take then gives nothing. */
struct cosem_reader {
    struct wp_slice in;
    size_t at;
    size_t need;         /* octets missing, at least; 0: nothing is */
    enum wp_fault fault; /* NONE: nothing is wrong */
    size_t fault_at;
    unsigned tolerance, quirks;
    bool is_whole; /* nothing comes behind `in` */
};

static inline bool reads_on(const struct cosem_reader *r)
{
    return !r->need && r->fault == WP_FAULT_NONE;
}

static inline size_t octets_left(const struct cosem_reader *r)
{
    return reads_on(r) ? r->in.n - r->at : 0;
}

static inline void refuse_at(struct cosem_reader *r, enum wp_fault fault, size_t at)
{
    if (!reads_on(r))
        return;
    r->fault = fault;
    r->fault_at = at;
}

/* For the octet that was taken last. */
static inline void refuse(struct cosem_reader *r, enum wp_fault fault)
{
    refuse_at(r, fault, r->at ? r->at - 1 : 0);
}

static inline bool has_octets(struct cosem_reader *r, size_t n)
{
    if (!reads_on(r))
        return false;
    if (r->in.n - r->at >= n)
        return true;
    r->need = n - (r->in.n - r->at);
    return false;
}

static inline uint8_t take_u8(struct cosem_reader *r)
{
    return has_octets(r, 1) ? r->in.p[r->at++] : 0;
}

static inline uint16_t take_u16(struct cosem_reader *r)
{
    const uint8_t *p;

    if (!has_octets(r, 2))
        return 0;
    p = r->in.p + r->at;
    r->at += 2;
    return (uint16_t)(p[0] << 8 | p[1]);
}

static inline uint32_t take_u32(struct cosem_reader *r)
{
    const uint8_t *p;

    if (!has_octets(r, 4))
        return 0;
    p = r->in.p + r->at;
    r->at += 4;
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static inline struct wp_slice take_slice(struct cosem_reader *r, size_t n)
{
    struct wp_slice s = {NULL, 0};

    if (!has_octets(r, n))
        return s;
    s = wp_slice(r->in.p + r->at, n);
    r->at += n;
    return s;
}

/* One Data, looked through to its end. */
static inline struct wp_slice take_data(struct cosem_reader *r)
{
    struct wp_slice rest;
    struct wp_decode d;

    if (!reads_on(r))
        return (struct wp_slice){NULL, 0};
    rest = wp_slice(r->in.p + r->at, r->in.n - r->at);
    d = axdr_decode(rest, NULL);
    if (d.status == WP_OK) {
        r->at += d.used;
        return wp_slice(rest.p, d.used);
    }
    if (d.status == WP_MORE && r->is_whole)
        d = axdr_decode_whole(rest, NULL); /* which names what is announced beyond the end */
    if (d.status == WP_MORE)
        r->need = d.need;
    else
        refuse_at(r, d.fault, r->at + d.at);
    return (struct wp_slice){NULL, 0};
}

/* 00..7F, or 81..84 and as many octets. */
uint32_t take_length(struct cosem_reader *r);

/* A length and so many octets. */
struct wp_slice take_octets(struct cosem_reader *r);

/* A presence octet: 00 or 01. */
bool take_optional(struct cosem_reader *r);

/* class, OBIS, attribute or method; `take_attribute` also the access selection. */
struct cosem_attribute take_object(struct cosem_reader *r);
struct cosem_attribute take_attribute(struct cosem_reader *r);

/* A count and so many items, each of them passed over by `pass`. */
typedef void cosem_pass(struct cosem_reader *r);
struct cosem_list take_list(struct cosem_reader *r, cosem_pass *pass);
struct cosem_list take_items(struct cosem_reader *r, uint32_t n, cosem_pass *pass);
void pass_data(struct cosem_reader *r);
void pass_octet(struct cosem_reader *r);
void pass_attribute(struct cosem_reader *r);
void pass_method(struct cosem_reader *r);

struct cosem_result take_get_result(struct cosem_reader *r);    /* 00 Data, or 01 data-access-result */
struct cosem_result take_action_result(struct cosem_reader *r); /* result, and 00, or 01 and the above */

/* Not 0: the first block is 1. */
uint32_t take_block_number(struct cosem_reader *r);

/* last | number u32 | octet-string */
struct cosem_block take_block(struct cosem_reader *r);

/* A date-time in an octet-string: empty or of twelve. */
struct wp_slice take_time(struct cosem_reader *r);

void put_time(struct wp_writer *w, struct wp_slice time);
void put_list(struct wp_writer *w, struct cosem_list list);
void put_optional_data(struct wp_writer *w, struct wp_slice data);
void put_block(struct wp_writer *w, const struct cosem_block *block);

/* A reader over the first item of a list, and the list without it. */
struct cosem_reader open_item(const struct cosem_list *list);
bool close_item(struct cosem_list *list, const struct cosem_reader *r);

/* ---- kinds of APDU: behind the tag, and with the tag -------------------------------------------------- */

void take_get_request(struct cosem_reader *r, struct cosem_apdu *out);
void take_get_response(struct cosem_reader *r, struct cosem_apdu *out);
void take_set_request(struct cosem_reader *r, struct cosem_apdu *out);
void take_set_response(struct cosem_reader *r, struct cosem_apdu *out);
void take_action_request(struct cosem_reader *r, struct cosem_apdu *out);
void take_action_response(struct cosem_reader *r, struct cosem_apdu *out);
void take_notification(struct cosem_reader *r, struct cosem_apdu *out);
void take_event(struct cosem_reader *r, struct cosem_apdu *out);
void take_access(struct cosem_reader *r, struct cosem_apdu *out);
void take_association(struct cosem_reader *r, struct cosem_apdu *out);
void take_initiate(struct cosem_reader *r, uint8_t tag, struct cosem_initiate *out);
void take_service_error(struct cosem_reader *r, struct cosem_service_error *out);
void take_variables(struct cosem_reader *r, struct cosem_apdu *out);
void take_ciphered(struct cosem_reader *r, struct cosem_apdu *out);
void take_content(struct cosem_reader *r, struct cosem_ciphered *out); /* octet-string: SC, IC, content */
void take_titled(struct cosem_reader *r, struct cosem_ciphered *out);  /* a title in front of that */
void take_protection(struct cosem_reader *r, struct cosem_apdu *out);
void take_transfer(struct cosem_reader *r, struct cosem_apdu *out);
void take_routed(struct cosem_reader *r, struct cosem_apdu *out);

void put_get(struct wp_writer *w, enum cosem_form form, const struct cosem_service *service);
void put_set(struct wp_writer *w, enum cosem_form form, const struct cosem_service *service);
void put_action(struct wp_writer *w, enum cosem_form form, const struct cosem_service *service);
void put_notification(struct wp_writer *w, const struct cosem_apdu *apdu);
void put_event(struct wp_writer *w, const struct cosem_event *event);
void put_access(struct wp_writer *w, const struct cosem_apdu *apdu);
void put_association(struct wp_writer *w, const struct cosem_apdu *apdu);
void put_initiate(struct wp_writer *w, const struct cosem_initiate *initiate);
void put_service_error(struct wp_writer *w, const struct cosem_service_error *error);
void put_variables(struct wp_writer *w, const struct cosem_apdu *apdu);
void put_ciphered(struct wp_writer *w, const struct cosem_apdu *apdu);
void put_content(struct wp_writer *w, const struct cosem_ciphered *ciphered);
void put_protection(struct wp_writer *w, const struct cosem_apdu *apdu);
void put_transfer(struct wp_writer *w, const struct cosem_transfer *transfer);

#endif
