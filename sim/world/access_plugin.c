/* The plugin that mosquitto loads: it decides by the access rules, and tells the live world what it sees.
 *
 *     plugin_opt_rules PATH     the rules (access_file.h); without it everybody may do everything
 *     plugin_opt_ring FD        shared memory for reports (access_report.h), open in the broker
 *     plugin_opt_bell FD        eventfd that wakes the world
 *     plugin_opt_own PREFIX     clients from addresses that begin so are the world's own: it knows what they publish,
 *                               so only their wills are told
 *
 * The broker has one thread and calls these functions from it alone. Undefined symbols resolve in the broker. */
#include "sim/world/access_file.h"
#include "sim/world/access_report.h"

#include <mosquitto.h>
#include <mosquitto_broker.h>
#include <mosquitto_plugin.h>

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

/* The macro of mosquitto's headers is empty, and -fvisibility=hidden would hide what the broker looks for. */
#define EXPORT __attribute__((visibility("default")))

struct plugin {
    mosquitto_plugin_id_t *id;
    struct wp_access *access;
    struct report_ring *ring;
    int bell;
    const char *own;

    /* A will is published right after its client has gone, or after another has logged in with its id; by the broker,
     * so no other call comes between. */
    const struct mosquitto *gone, *newcomer;
    bool watching; /* for the signal that ends the broker, which publishes every will then */
    bool ending;   /* it has come, and the loop is over */
};

static struct wp_slice slice_of(const char *text)
{
    return text ? wp_text(text) : wp_slice("", 0);
}

/* NULL stays NULL: no user name is not an empty one. */
static struct wp_slice user_of(const char *text)
{
    return text ? wp_text(text) : (struct wp_slice){NULL, 0};
}

static void tell(const struct plugin *p, const struct mosquitto *client, struct report report)
{
    const uint64_t one = 1;

    if (!p->ring)
        return;
    report.client = slice_of(mosquitto_client_id(client));
    report.address = slice_of(mosquitto_client_address(client));
    if (report_put(p->ring, &report) && write(p->bell, &one, sizeof one) < 0 && errno != EAGAIN)
        mosquitto_log_printf(MOSQ_LOG_ERR, "wattproof: the bell is broken");
}

static bool is_own(const struct plugin *p, const struct mosquitto *client)
{
    const char *address = mosquitto_client_address(client);

    return p->own && address && strncmp(address, p->own, strlen(p->own)) == 0;
}

static bool same_id(const struct mosquitto *a, const struct mosquitto *b)
{
    const char *x = mosquitto_client_id(a), *y = mosquitto_client_id(b);

    return x && y && strcmp(x, y) == 0;
}

static bool is_will(const struct plugin *p, const struct mosquitto *client)
{
    return p->ending || client == p->gone ||
           (p->newcomer && p->newcomer != client && same_id(p->newcomer, client));
}

static int on_write(struct plugin *p, const struct mosquitto_evt_acl_check *e)
{
    struct report r = {
        .kind = REPORT_PUBLISH, .qos = e->qos, .retain = e->retain, .topic = wp_text(e->topic)};
    bool allowed = wp_access_publish(p->access, user_of(mosquitto_client_username(e->client)), r.topic);

    if (!allowed) {
        r.kind = REPORT_PUBLISH_DENIED;
        tell(p, e->client, r);
        /* Whatever else than a denial is returned here, the broker ends the connection. */
        return p->access->close_on_denied ? MOSQ_ERR_ADMINISTRATIVE_ACTION : MOSQ_ERR_ACL_DENIED;
    }
    r.payload = wp_slice(e->payload, e->payloadlen);
    if (is_will(p, e->client))
        r.kind = REPORT_WILL;
    if (r.kind == REPORT_WILL || !is_own(p, e->client))
        tell(p, e->client, r);
    return MOSQ_ERR_SUCCESS;
}

static int on_subscribe(struct plugin *p, const struct mosquitto_evt_acl_check *e)
{
    const struct report r = {.kind = REPORT_SUBSCRIBE_DENIED, .topic = wp_text(e->topic)};

    if (wp_access_subscribe(p->access, user_of(mosquitto_client_username(e->client)), r.topic))
        return MOSQ_ERR_SUCCESS;
    tell(p, e->client, r);
    return MOSQ_ERR_ACL_DENIED;
}

static int on_acl(int event, void *data, void *user_data)
{
    const struct mosquitto_evt_acl_check *e = data;
    struct plugin *p = user_data;
    int result = MOSQ_ERR_SUCCESS;

    (void)event;
    if (e->access == MOSQ_ACL_READ) /* of a subscription that was granted */
        return wp_access_receive(p->access, user_of(mosquitto_client_username(e->client)), wp_text(e->topic))
                   ? MOSQ_ERR_SUCCESS
                   : MOSQ_ERR_ACL_DENIED;
    if (e->access == MOSQ_ACL_WRITE)
        result = on_write(p, e);
    else if (e->access == MOSQ_ACL_SUBSCRIBE)
        result = on_subscribe(p, e);
    p->gone = p->newcomer = NULL;
    return result;
}

static int on_login(int event, void *data, void *user_data)
{
    const struct mosquitto_evt_basic_auth *e = data;
    struct plugin *p = user_data;
    bool allowed = wp_access_login(p->access, user_of(e->username), user_of(e->password));

    (void)event;
    if (!is_own(p, e->client))
        tell(p, e->client,
             (struct report){.kind = allowed ? REPORT_LOGIN : REPORT_LOGIN_DENIED,
                             .topic = slice_of(e->username)});
    if (wp_vrm_is_password(&p->access->vrm, user_of(e->username), user_of(e->password)))
        mosquitto_log_printf(MOSQ_LOG_NOTICE, "wattproof: %s logs in by password: an access token is better",
                             e->username);
    p->gone = NULL;
    p->newcomer = allowed ? e->client : NULL;
    return allowed ? MOSQ_ERR_SUCCESS : MOSQ_ERR_AUTH;
}

static int on_disconnect(int event, void *data, void *user_data)
{
    const struct mosquitto_evt_disconnect *e = data;
    struct plugin *p = user_data;

    (void)event;
    if (!mosquitto_client_id(e->client)) /* turned down at login */
        return MOSQ_ERR_SUCCESS;
    if (!is_own(p, e->client))
        tell(p, e->client, (struct report){.kind = REPORT_GONE});
    p->gone = e->client;
    p->newcomer = NULL;
    return MOSQ_ERR_SUCCESS;
}

static volatile sig_atomic_t terminated;
static struct sigaction brokers_own;

static void on_terminate(int signal)
{
    terminated = 1;
    brokers_own.sa_handler(signal);
}

/* The broker sets its handlers after it has loaded us, so ours goes before it at the first tick. A tick ends each turn
 * of its loop: at the one after the signal the loop is over. */
static int on_tick(int event, void *data, void *user_data)
{
    struct sigaction mine = {.sa_handler = on_terminate};
    struct plugin *p = user_data;

    (void)event;
    (void)data;
    if (!p->watching)
        p->watching = sigaction(SIGTERM, &mine, &brokers_own) == 0;
    p->ending = terminated;
    return MOSQ_ERR_SUCCESS;
}

static struct wp_access *load_rules(const char *path)
{
    char text[128];
    struct wp_writer why = wp_writer(text, sizeof text);
    FILE *file = fopen(path, "r");
    struct wp_access *access;

    if (!file) {
        mosquitto_log_printf(MOSQ_LOG_ERR, "wattproof: cannot open %s", path);
        return NULL;
    }
    access = access_file_read(file, &why);
    fclose(file);
    if (!access)
        mosquitto_log_printf(MOSQ_LOG_ERR, "wattproof: %s: %s", path, wp_put_end(&why));
    return access;
}

static bool map_ring(struct plugin *p, int fd)
{
    void *memory = mmap(NULL, sizeof *p->ring, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

    if (memory == MAP_FAILED) {
        mosquitto_log_printf(MOSQ_LOG_ERR, "wattproof: descriptor %d is no ring", fd);
        return false;
    }
    p->ring = memory;
    return true;
}

static bool take_option(struct plugin *p, const struct mosquitto_opt *opt)
{
    if (strcmp(opt->key, "rules") == 0)
        return (p->access = load_rules(opt->value)) != NULL;
    if (strcmp(opt->key, "ring") == 0)
        return map_ring(p, atoi(opt->value));
    if (strcmp(opt->key, "bell") == 0)
        p->bell = atoi(opt->value);
    else if (strcmp(opt->key, "own") == 0)
        p->own = opt->value;
    else
        return false;
    return true;
}

static const struct {
    int event;
    MOSQ_FUNC_generic_callback call;
} hooks[] = {
    {MOSQ_EVT_ACL_CHECK, on_acl},
    {MOSQ_EVT_BASIC_AUTH, on_login},
    {MOSQ_EVT_DISCONNECT, on_disconnect},
    {MOSQ_EVT_TICK, on_tick},
};

EXPORT int mosquitto_plugin_version(int n, const int *versions)
{
    for (int i = 0; i < n; i++)
        if (versions[i] == 5)
            return 5;
    return -1;
}

EXPORT int mosquitto_plugin_init(mosquitto_plugin_id_t *id, void **user_data, struct mosquitto_opt *options,
                                 int n)
{
    struct plugin *p = calloc(1, sizeof *p);

    if (!p)
        return MOSQ_ERR_NOMEM;
    *user_data = p;
    p->id = id;
    for (int i = 0; i < n; i++)
        if (!take_option(p, &options[i]))
            return MOSQ_ERR_INVAL;
    if (!p->access) {
        p->access = calloc(1, sizeof *p->access);
        if (!p->access)
            return MOSQ_ERR_NOMEM;
        p->access->open = true;
    }
    for (size_t i = 0; i < sizeof hooks / sizeof hooks[0]; i++)
        if (mosquitto_callback_register(id, hooks[i].event, hooks[i].call, NULL, p) != MOSQ_ERR_SUCCESS)
            return MOSQ_ERR_UNKNOWN;
    return MOSQ_ERR_SUCCESS;
}

EXPORT int mosquitto_plugin_cleanup(void *user_data, struct mosquitto_opt *options, int n)
{
    struct plugin *p = user_data;

    (void)options;
    (void)n;
    for (size_t i = 0; i < sizeof hooks / sizeof hooks[0]; i++)
        mosquitto_callback_unregister(p->id, hooks[i].event, hooks[i].call, NULL);
    if (p->ring)
        munmap(p->ring, sizeof *p->ring);
    free(p->access);
    free(p);
    return MOSQ_ERR_SUCCESS;
}
