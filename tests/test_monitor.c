/* A broker is watched: what a listener can decide, and what it cannot.
 *                                             covers: cmd_monitor monitor_take monitor_end monitor_screen watcher retained */
#include "harness/cmd.h"
#include "harness/home.h"
#include "harness/monitor.h"
#include "tests/service_rig.h"

#include <check.h>

static struct service_rig rig;
static struct contract_set *set;
static struct scenario_result result;
static struct monitor_setup watch;
static struct scenario_list list;

/* The other side: a process that reads what monitor says, does things at the broker, and ends it. */
struct actor {
    int from_monitor;
    char text[1 << 16];
    size_t n, read; /* `read`: everything before it has been waited for */
    struct mosquitto *m;
    bool is_in;
    int published; /* the message that the broker has taken last */
};

/* ---- the actor -------------------------------------------------------------------------------------- */

static void hears(struct actor *a, const char *text)
{
    int64_t until = rig_now_ms() + RIG_PATIENCE_MS;
    const char *at;

    while (!(at = strstr(a->text + a->read, text))) {
        struct pollfd p = {.fd = a->from_monitor, .events = POLLIN};
        int64_t left = until - rig_now_ms();
        ssize_t n;

        if (left <= 0 || poll(&p, 1, (int)left) <= 0)
            _exit(2);
        n = read(a->from_monitor, a->text + a->n, sizeof a->text - 1 - a->n);
        if (n <= 0)
            _exit(3);
        a->n += (size_t)n;
        a->text[a->n] = 0;
    }
    a->read = (size_t)(at - a->text) + strlen(text);
}

static void on_connect(struct mosquitto *m, void *ctx, int code)
{
    struct actor *a = ctx;

    (void)m;
    a->is_in = code == 0;
}

static void on_publish(struct mosquitto *m, void *ctx, int mid)
{
    struct actor *a = ctx;

    (void)m;
    a->published = mid;
}

static void loops(struct actor *a)
{
    if (mosquitto_loop(a->m, 100, 1) != MOSQ_ERR_SUCCESS)
        _exit(7);
}

static void connects(struct actor *a, const char *user, const char *password, const char *certificate)
{
    mosquitto_lib_init();
    a->m = mosquitto_new(NULL, true, a);
    mosquitto_connect_callback_set(a->m, on_connect);
    mosquitto_publish_callback_set(a->m, on_publish);
    if (user)
        mosquitto_username_pw_set(a->m, user, password);
    if (certificate)
        mosquitto_tls_set(a->m, certificate, NULL, NULL, NULL, NULL);
    if (mosquitto_connect(a->m, "127.0.0.1", rig.mqtt, 60) != MOSQ_ERR_SUCCESS)
        _exit(4);
    while (!a->is_in)
        loops(a);
}

static void logs_in(struct actor *a, const char *user, const char *password)
{
    connects(a, user, password, NULL);
}

static void publishes(struct actor *a, const char *topic, const char *payload, int qos, bool retain)
{
    int mid = 0;

    if (mosquitto_publish(a->m, &mid, topic, (int)strlen(payload), payload, qos, retain) != MOSQ_ERR_SUCCESS)
        _exit(5);
    while (a->published != mid)
        loops(a);
}

/* A last message that monitor must speak of: then it has seen everything before. */
static void is_done(struct actor *a)
{
    publishes(a, "ivy/v1/the-end", "{}", 1, false);
    hears(a, "ivy/v1/the-end");
    kill(getppid(), SIGINT);
}

/* ---- the watched ------------------------------------------------------------------------------------ */

static void setup(void)
{
    char why[1000];
    struct wp_writer w = wp_writer(why, sizeof why);

    memset(&rig, 0, sizeof rig);
    set = contracts_load(home_dir(), &w);
    ck_assert_msg(set != NULL, "%s", wp_put_end(&w));
    watch = (struct monitor_setup){.contracts = set, .how_long = WP_SEC(60)};
}

static void teardown(void)
{
    if (rig.pid)
        rig_stop(&rig);
    result_free(&result);
    scenario_list_free(&list);
    list = (struct scenario_list){0};
    contracts_free(set);
}

static void gateway_runs(const char *broker)
{
    char yaml[600];

    snprintf(yaml, sizeof yaml, "listen: {meters: 0}\nbroker: {mqtt: 0, websocket: 0%s}\n", broker);
    ck_assert_msg(rig_start(&rig, yaml), "%s", rig.text);
    watch.url.host = "127.0.0.1";
    watch.url.port = rig.mqtt;
}

static int watched_while(void (*act)(struct actor *a))
{
    int to_actor[2], code, status;
    pid_t pid;

    ck_assert_int_eq(pipe(to_actor), 0);
    fflush(NULL);
    pid = fork();
    if (pid == 0) {
        static struct actor a;

        prctl(PR_SET_PDEATHSIG, SIGKILL);
        close(to_actor[1]);
        a.from_monitor = to_actor[0];
        act(&a);
        while (read(a.from_monitor, a.text, sizeof a.text) > 0) /* until monitor has said everything */
            continue;
        _exit(0);
    }
    close(to_actor[0]);
    watch.out = fdopen(to_actor[1], "w");
    code = monitor_run(&watch, &result);
    fclose(watch.out);
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "the actor ended with %x", (unsigned)status);
    return code;
}

static const struct finding *finding_on(const char *id)
{
    for (const struct finding *f = result.findings; f; f = f->next)
        for (size_t i = 0; i < f->n_statements; i++)
            if (strcmp(f->statements[i], id) == 0)
                return f;
    return NULL;
}

static void expect(const char *id, enum verdict verdict, const char *text)
{
    const struct finding *f = finding_on(id);

    ck_assert_msg(f != NULL, "%s was not decided", id);
    ck_assert_msg(f->verdict == verdict, "%s is %s: %s", id, verdict_text(f->verdict), f->text);
    ck_assert_msg(strstr(f->text, text), "%s: %s", id, f->text);
}

/* ---- tests ------------------------------------------------------------------------------------------ */

static const char meter[] = "ivy/v1/meters/000000000001/status";
static const char online[] =
    "{\"meterId\":\"000000000001\",\"online\":true,\"timestamp\":1705320000000,\"ip\":\"127.0.2.1\"}";

static void seconds_for_milliseconds(struct actor *a)
{
    hears(a, "watching");
    logs_in(a, NULL, NULL);
    publishes(a, meter, "{\"meterId\":\"000000000001\",\"online\":false,\"timestamp\":1705320000}", 1, true);
    hears(a, "fail IVY-041 ivy/v1/meters/000000000001/status: /timestamp");
    publishes(a, "somebody/else", "x", 1, false);
    is_done(a);
}

START_TEST(a_listener_decides_what_it_can)
{
    gateway_runs("");
    ck_assert_int_eq(watched_while(seconds_for_milliseconds), EXIT_FAILED);
    expect("IVY-041", VERDICT_FAIL, "/timestamp");
    expect("IVY-013", VERDICT_PASS, "");                  /* the topic was used */
    expect("IVY-085", VERDICT_PASS, "");                  /* kept from before: the gateway's own status */
    expect("IVY-024", VERDICT_INCONC, "no such message"); /* no telemetry came */
    expect("IVY-072", VERDICT_INCONC, "needs stimulus");  /* nobody has asked anything */
    expect("IVY-011", VERDICT_INCONC, "");                /* who publishes cannot be seen */
    ck_assert_ptr_null(finding_on("IVY-002"));            /* out of scope */
}
END_TEST

static void status_that_is_kept(struct actor *a)
{
    hears(a, "watching");
    logs_in(a, NULL, NULL);
    publishes(a, meter, online, 1, true);
    is_done(a);
}

static void status_that_is_not_kept(struct actor *a)
{
    hears(a, "watching");
    logs_in(a, NULL, NULL);
    publishes(a, meter, online, 1, false);
    is_done(a);
}

START_TEST(the_retain_flag_shows_at_the_end)
{
    gateway_runs("");
    ck_assert_int_eq(watched_while(status_that_is_kept), EXIT_AS_EXPECTED);
    expect("IVY-B30", VERDICT_PASS, "");
}
END_TEST

START_TEST(a_missing_retain_flag_shows_at_the_end)
{
    gateway_runs("");
    ck_assert_int_eq(watched_while(status_that_is_not_kept), EXIT_FAILED);
    expect("IVY-B30", VERDICT_FAIL, "QoS 1, expected QoS 1 retained");
}
END_TEST

static void the_broker_dies(struct actor *a)
{
    hears(a, "watching");
    kill(rig_child(rig.pid, "mosquitto"), SIGKILL);
    hears(a, "the connection is lost");
    hears(a, "watching");
    logs_in(a, NULL, NULL);
    publishes(a, meter, online, 1, true);
    is_done(a);
}

START_TEST(it_comes_back_by_itself)
{
    gateway_runs(", restart_after: 100ms");
    ck_assert_int_eq(watched_while(the_broker_dies), EXIT_AS_EXPECTED);
    expect("IVY-013", VERDICT_PASS, "");
}
END_TEST

static void as_a_user(struct actor *a)
{
    hears(a, "watching");
    logs_in(a, "lab", "secret");
    publishes(a, "ivy/v1/meters/000000000001/command/request", "{\"requestId\":\"a\",\"command\":\"read\"}",
              1, false);
    hears(a, "ivy/v1/meters/000000000001/command/request");
    kill(getppid(), SIGINT);
}

/* The broker lets users see the API's topics alone: asking for everything is refused, asking for those is not. */
START_TEST(a_broker_may_refuse_the_wide_view)
{
    gateway_runs(", users: {lab: secret}");
    watch.url.user = "lab";
    watch.url.password = "secret";
    watched_while(as_a_user);
    expect("IVY-085", VERDICT_PASS, "");
}
END_TEST

static void only_listens(struct actor *a)
{
    hears(a, "login with code 5");
    kill(getppid(), SIGINT);
}

START_TEST(a_wrong_password_is_said)
{
    gateway_runs(", users: {lab: secret}");
    watch.url.user = "lab";
    watch.url.password = "wrong";
    ck_assert_int_eq(watched_while(only_listens), EXIT_HARNESS);
}
END_TEST

static void hears_no_answer(struct actor *a)
{
    hears(a, "no answer from the broker");
    kill(getppid(), SIGINT);
}

START_TEST(nobody_is_there)
{
    gateway_runs("");
    rig_stop(&rig);
    ck_assert_int_eq(watched_while(hears_no_answer), EXIT_HARNESS);
}
END_TEST

static const char watch_file[] = "scenario: watched\npurpose: What a listener is to see.\nsteps: []\nwatch:\n"
                                 "  - never: {topic: ivy/v1/meters/+/status, payload: {online: false}, "
                                 "control: {topic: ivy/v1/meters/+/status},\n"
                                 "            proves: [IVY-043]}\n";

START_TEST(a_watch_file_is_decided_too)
{
    char why[2000];
    struct wp_writer w = wp_writer(why, sizeof why);

    gateway_runs("");
    ck_assert_msg(scenario_load_text("watch.yaml", wp_text(watch_file), &list, &w), "%s", wp_put_end(&w));
    watch.watch = list.at[0];
    ck_assert_int_eq(watched_while(seconds_for_milliseconds), EXIT_FAILED);
    expect("IVY-043", VERDICT_FAIL, "must not come");
}
END_TEST

/* The command itself: options that are wrong say so, and nothing is dialled. */
/* ---- TLS: a broker of the test's own, with a certificate that it makes ---------------------------------- */

static char tls_dir[64];
static pid_t tls_broker;

static void tls_file(char path[100], const char *name)
{
    snprintf(path, 100, "%s/%s", tls_dir, name);
}

/* false: there is no openssl on this machine. */
static bool tls_certificates(void)
{
    char line[900];

    strcpy(tls_dir, "/tmp/wattproof-test-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(tls_dir));
    snprintf(
        line, sizeof line,
        "command -v openssl >/dev/null && cd %s && openssl req -x509 -newkey ec -pkeyopt "
        "ec_paramgen_curve:P-256 "
        "-nodes -days 2 -subj /CN=wattproof-test -addext 'subjectAltName=IP:127.0.0.1' -keyout key -out cert "
        "2>/dev/null && chmod 644 key",
        tls_dir);
    return system(line) == 0;
}

static uint16_t free_port(void)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof a;
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    ck_assert_int_eq(bind(fd, (struct sockaddr *)&a, sizeof a), 0);
    ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&a, &n), 0);
    close(fd);
    return ntohs(a.sin_port);
}

static void tls_broker_runs(void)
{
    int64_t until = rig_now_ms() + RIG_PATIENCE_MS;
    char path[100];
    int fd = -1;
    FILE *f;

    rig.mqtt = free_port();
    tls_file(path, "conf");
    f = fopen(path, "w");
    fprintf(f,
            "user root\nallow_anonymous true\nlistener %u 127.0.0.1\ncertfile %s/cert\nkeyfile %s/key\n"
            "log_dest none\n",
            rig.mqtt, tls_dir, tls_dir);
    fclose(f);
    tls_broker = fork();
    if (tls_broker == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        execl("/usr/sbin/mosquitto", "mosquitto", "-c", path, (char *)NULL);
        _exit(127);
    }
    while (fd < 0 && rig_now_ms() < until)
        if ((fd = rig_dial(rig.mqtt)) < 0)
            poll(NULL, 0, 10);
    ck_assert_int_ge(fd, 0);
    close(fd);
    watch.url = (struct broker_url){.host = "127.0.0.1", .port = rig.mqtt, .tls = true};
}

static void tls_ends(void)
{
    static const char *const names[] = {"conf", "cert", "key"};
    char path[100];

    kill(tls_broker, SIGTERM);
    waitpid(tls_broker, NULL, 0);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        tls_file(path, names[i]);
        unlink(path);
    }
    rmdir(tls_dir);
}

enum { OVER_TLS = 500 };

/* More than one read of the library's takes at once, so that nothing may stay behind in the TLS layer. */
static void many_over_tls(struct actor *a)
{
    char cert[100];

    hears(a, "watching");
    tls_file(cert, "cert");
    connects(a, NULL, NULL, cert);
    for (int i = 0; i < OVER_TLS; i++)
        publishes(a, meter, online, 1, true);
    is_done(a);
}

START_TEST(a_broker_behind_tls)
{
    char cert[100], told[100];

    if (!tls_certificates()) {
        puts("skipped: no openssl on this machine");
        return;
    }
    tls_broker_runs();
    tls_file(cert, "cert");
    watch.ca = cert;
    ck_assert_int_eq(watched_while(many_over_tls), EXIT_AS_EXPECTED);
    expect("IVY-013", VERDICT_PASS, "");
    snprintf(told, sizeof told, "%d messages held", OVER_TLS + 1); /* and the last one */
    expect("IVY-038", VERDICT_PASS, told);
    tls_ends();
}
END_TEST

START_TEST(a_certificate_that_nobody_trusts_is_refused)
{
    if (!tls_certificates())
        return;
    tls_broker_runs();
    ck_assert_int_eq(watched_while(hears_no_answer), EXIT_HARNESS);
    tls_ends();
}
END_TEST

START_TEST(wrong_arguments_are_refused)
{
    static const char *const lines[][5] = {
        {"monitor"},
        {"monitor", "http://h"},
        {"monitor", "mqtt://127.0.0.1", "--for", "soon"},
        {"monitor", "mqtt://127.0.0.1", "--api", "nobody"},
        {"monitor", "mqtt://127.0.0.1", "--watch", "/nowhere.yaml"},
        {"monitor", "mqtt://127.0.0.1", "mqtt://127.0.0.2"},
    };

    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        char words[5][32], *argv[6] = {NULL}; /* getopt moves them about */
        int argc = 0;

        for (; argc < 5 && lines[i][argc]; argc++) {
            snprintf(words[argc], sizeof words[argc], "%s", lines[i][argc]);
            argv[argc] = words[argc];
        }
        ck_assert_int_eq(cmd_monitor(argc, argv), EXIT_USAGE);
    }
    result_init(&result, "none", "", "live");
}
END_TEST

START_TEST(results_are_left_in_a_folder)
{
    char dir[] = "/tmp/wattproof-test-XXXXXX", path[100], line[4000];
    bool found = false;
    FILE *f;

    gateway_runs("");
    ck_assert_ptr_nonnull(mkdtemp(dir));
    watch.dir = dir;
    ck_assert_int_eq(watched_while(seconds_for_milliseconds), EXIT_FAILED);
    snprintf(path, sizeof path, "%s/transcript.jsonl", dir);
    f = fopen(path, "r");
    ck_assert_ptr_nonnull(f);
    while (fgets(line, sizeof line, f))
        found = found || (strstr(line, "\"publish\"") && strstr(line, "1705320000}"));
    fclose(f);
    ck_assert(found);
    unlink(path);
    snprintf(path, sizeof path, "%s/result.json", dir);
    ck_assert_int_eq(unlink(path), 0);
    snprintf(path, sizeof path, "%s/times.json", dir);
    unlink(path);
    ck_assert_int_eq(rmdir(dir), 0);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("monitor");
    TCase *t = tcase_create("all");
    SRunner *r = srunner_create(s);
    int failed;

    if (!rig_has_mosquitto()) {
        puts("skipped: no mosquitto on this machine");
        return 0;
    }
    suite_add_tcase(s, t);
    tcase_set_timeout(t, 120);
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, a_listener_decides_what_it_can);
    tcase_add_test(t, the_retain_flag_shows_at_the_end);
    tcase_add_test(t, a_missing_retain_flag_shows_at_the_end);
    tcase_add_test(t, it_comes_back_by_itself);
    tcase_add_test(t, a_broker_may_refuse_the_wide_view);
    tcase_add_test(t, a_wrong_password_is_said);
    tcase_add_test(t, nobody_is_there);
    tcase_add_test(t, a_watch_file_is_decided_too);
    tcase_add_test(t, a_broker_behind_tls);
    tcase_add_test(t, a_certificate_that_nobody_trusts_is_refused);
    tcase_add_test(t, wrong_arguments_are_refused);
    tcase_add_test(t, results_are_left_in_a_folder);
    srunner_run_all(r, CK_NORMAL);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed > 0;
}
