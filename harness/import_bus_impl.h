/* What import_bus.c (who is on the bus) and import_bus_items.c (what their items are) share. Included by them only. */
#ifndef WP_IMPORT_BUS_IMPL_H
#define WP_IMPORT_BUS_IMPL_H

#include "harness/import_bus.h"

enum {
    IMPORT_BUS_BUCKETS = 4096,
    IMPORT_BUS_CALLS = 1024, /* that may still be answered; a later one takes the place of an earlier one */
};

/* An item of a service and what it is now, as a scenario writes it. */
struct item {
    struct item *next; /* in the same bucket */
    struct import_service *service;
    struct wp_slice path;
    const char *words; /* "d 936.0" */
};

struct call {
    struct wp_slice sender, destination, path, member;
    int64_t serial;
};

/* Who has the unique name. */
struct owner {
    struct owner *next;
    struct wp_slice unique;
    struct import_service *service;
};

struct import_bus {
    struct import *im;
    struct owner *owners;
    struct item *items[IMPORT_BUS_BUCKETS];
    struct call calls[IMPORT_BUS_CALLS];
    size_t n_calls;
};

struct wp_slice import_bus_keep(struct import_bus *bus, struct wp_slice s);
void import_bus_change(struct import_bus *bus, struct import_service *s, enum import_change_kind kind,
                       const struct moment *when, const char *words);

/* Items of a reply or signal of the service; path: of the one item that it is about, else empty. depth: how many numbers
 * stand before a property of an item in the fields' paths: 3 for a{sa{sv}}, 2 for a{sv}, 1 for v. */
void import_bus_take_items(struct import_bus *bus, struct import_service *s, const struct replay_event *e,
                           struct wp_slice path, unsigned depth, bool is_signal);

#endif
