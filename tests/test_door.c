/* The door: who is let in, who is counted, and until when. Its limits: tests/test_limits.c. */
#include "tests/gateway_rig.h"

#include "sim/gateway/door.h"

static struct rig r;
static struct door door;
static void *memory;

static void open_door(const char *name, const char *value)
{
    struct wp_carve count = {NULL, 0}, room;
    char why[200];

    ck_assert(rig_check(&r, why, sizeof why, "meters.max_connections", "2", name, value, NULL));
    door_lay_out(&door, &count, &r.setup);
    memory = malloc(count.n);
    room = (struct wp_carve){memory, 0};
    door_lay_out(&door, &room, &r.setup);
    ck_assert_uint_eq(room.n, count.n);
    r.show = RIG_NOTES;
}

static void teardown(void)
{
    free(memory);
    memory = NULL;
}

static struct door_guest *enter(wp_port port, uint8_t last)
{
    const struct wp_event e = {.kind = WP_EV_OPEN,
                               .port = port,
                               .open = {.peer = {0x7F000200u + last, 40000}, .own = {0x7F000001u, 8899}}};

    return door_enter(&door, &e, &r.outbox);
}

START_TEST(a_guest_is_found_until_it_leaves)
{
    struct door_guest *g;

    open_door(NULL, NULL);
    g = enter(7, 1);
    ck_assert_ptr_nonnull(g);
    ck_assert_uint_eq(g->peer.ip, 0x7F000201u);
    ck_assert_uint_eq(g->peer.port, 40000);
    ck_assert_uint_eq(g->own.port, 8899);
    ck_assert_ptr_eq(door_find(&door, 7), g);
    ck_assert_ptr_null(door_find(&door, 8));
    door_leave(&door, 7);
    ck_assert_ptr_null(door_find(&door, 7));
    door_leave(&door, 7);
    rig_expect(&r, "");
}
END_TEST

START_TEST(one_too_many_is_refused_until_another_leaves)
{
    open_door(NULL, NULL);
    ck_assert_ptr_nonnull(enter(1, 1));
    ck_assert_ptr_nonnull(enter(2, 2));
    ck_assert_ptr_null(enter(3, 3));
    rig_expect(&r, "[     0.000] note too-many-connections: 127.0.2.3: no connection is left 1\n");
    door_leave(&door, 1);
    ck_assert_ptr_nonnull(enter(4, 3));
    rig_expect(&r, "");
}
END_TEST

/* Who finds no room does not count for its address. */
START_TEST(limits_count_who_is_inside)
{
    open_door("meters.rate_limit", "true");
    ck_assert_ptr_nonnull(enter(1, 1));
    ck_assert_ptr_nonnull(enter(2, 2));
    for (wp_port p = 3; p < 16; p++)
        ck_assert_ptr_null(enter(p, 3));
    rig_clear(&r);
    door_leave(&door, 1);
    ck_assert_ptr_nonnull(enter(20, 3));
    rig_expect(&r, "");
    for (wp_port p = 21; p < 41; p++)
        ck_assert_ptr_null(enter(p, 1));
    ck_assert_ptr_nonnull(
        strstr(rig_trace(&r), "note rate-limited: 127.0.2.1: Too many connection attempts 1\n"));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("door");
    TCase *tc = tcase_create("door");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_checked_fixture(tc, NULL, teardown);
    tcase_add_test(tc, a_guest_is_found_until_it_leaves);
    tcase_add_test(tc, one_too_many_is_refused_until_another_leaves);
    tcase_add_test(tc, limits_count_who_is_inside);
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
