/* What `wattproof gateway` is told, and what it says of it: file, environment, secrets, rights.
 *                                                      covers: nearest broker_url service_parts */
#include "harness/broker_url.h"
#include "harness/nearest.h"
#include "harness/service_impl.h"
#include "sim/catalog.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static struct service_config config;
static char why_text[8192], file[64];
static struct wp_writer why;
static const char *set_variables[16];
static size_t n_set;

static void write_file(char path[64], const char *text)
{
    int fd;

    snprintf(path, 64, "/tmp/wattproof-test-XXXXXX");
    fd = mkstemp(path);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
}

static void set(const char *name, const char *value)
{
    setenv(name, value, 1);
    set_variables[n_set++] = name;
}

static void setup(void)
{
    why = wp_writer(why_text, sizeof why_text);
    file[0] = 0;
    n_set = 0;
    unsetenv("TMPDIR");
}

static void teardown(void)
{
    service_config_free(&config);
    if (file[0])
        unlink(file);
    while (n_set > 0)
        unsetenv(set_variables[--n_set]);
}

static bool reads(const char *yaml)
{
    write_file(file, yaml);
    return service_config_read(&config, file, &why);
}

static void good(const char *yaml)
{
    bool read = reads(yaml);

    ck_assert_msg(read, "%s", wp_put_end(&why));
}

/* `line`: what follows the file's name. */
static void bad(const char *yaml, const char *line)
{
    char whole[600];

    ck_assert(!reads(yaml));
    snprintf(whole, sizeof whole, "%s:%s\n", file, line);
    ck_assert_msg(strstr(wp_put_end(&why), whole), "no\n%sin\n%s", whole, why_text);
    service_config_free(&config);
    unlink(file);
    setup();
}

static struct wp_value value(const char *name)
{
    const struct wp_class *classes[SERVICE_CLASSES_MAX];
    size_t n = service_classes(&config.parts, classes);

    for (size_t i = 0; i < n; i++) {
        const struct wp_option *o = wp_option_find(classes[i]->options, classes[i]->n_options, wp_text(name));

        if (o)
            return wp_setup_value(&config.setup, o);
    }
    ck_abort_msg("no option %s", name);
}

static void expect_text(const char *name, const char *text)
{
    struct wp_value v = value(name);

    ck_assert_msg(v.kind == WP_TEXT && wp_slice_is(v.bytes, text), "%s is '%.*s'", name, WP_FMT(v.bytes));
}

static void expect_shown(const char *text)
{
    char shown[800];
    struct wp_writer w = wp_writer(shown, sizeof shown);

    service_config_put(&config, &w);
    ck_assert_str_eq(wp_put_end(&w), text);
}

/* ---- defaults and values ---------------------------------------------------------------------------- */

/* IVY-004, IVY-006: the documented ports; and nobody outside this machine, until the file says so. */
START_TEST(nothing_configured_is_as_documented)
{
    ck_assert(service_config_read(&config, NULL, &why));
    expect_shown("north ivy; meters on 127.0.0.1:8899; pushes on UDP 127.0.0.1:4059; MQTT on 127.0.0.1:1883; "
                 "WebSocket on 127.0.0.1:9001; "
                 "open to everybody who reaches it");
    ck_assert_ptr_null(config.broker.access);
    ck_assert_str_eq(config.run_dir, "/tmp");
    ck_assert_int_eq(config.level, SERVICE_INFO);
}
END_TEST

START_TEST(an_empty_map_is_nothing_configured)
{
    good("{}\n");
    ck_assert_uint_eq(config.broker.mqtt.port, 1883);
}
END_TEST

START_TEST(addresses_are_ports_or_both)
{
    good("bind: 0.0.0.0\nlisten: {meters: 127.0.0.7}\nbroker: {mqtt: 2883, websocket: 127.0.0.9:2901}\n");
    expect_shown("north ivy; meters on 127.0.0.7:8899; pushes on UDP 0.0.0.0:4059; MQTT on 0.0.0.0:2883; "
                 "WebSocket on 127.0.0.9:2901; open to "
                 "everybody who reaches it");
}
END_TEST

START_TEST(options_come_from_the_file)
{
    good("north: [ivy]\nset:\n  polling.interval: 30s\n  ivy.prefix: site/7\n  ivy.max_meters: null\n");
    ck_assert_int_eq(value("polling.interval").num, WP_SEC(30));
    expect_text("ivy.prefix", "site/7");
    ck_assert_int_eq(value("ivy.max_meters").kind, WP_NULL);
}
END_TEST

START_TEST(the_environment_wins)
{
    set("WATTPROOF_POLLING_INTERVAL", "45s");
    set("WATTPROOF_BROKER_MQTT", "3883");
    set("WATTPROOF_LISTEN_METERS", "4899");
    set("WATTPROOF_NORTH", "ivy");
    set("WATTPROOF_LOG", "error");
    good("north: [nonesuch]\nbroker: {mqtt: 2883}\nset: {polling.interval: 30s}\n");
    ck_assert_int_eq(value("polling.interval").num, WP_SEC(45));
    ck_assert_uint_eq(config.broker.mqtt.port, 3883);
    ck_assert_uint_eq(config.setup.endpoints[0].addr.port, 4899);
    ck_assert_int_eq(config.level, SERVICE_ERROR);
}
END_TEST

START_TEST(a_wrong_variable_is_named)
{
    set("WATTPROOF_POLLING_INTERVAL", "soon");
    ck_assert(!service_config_read(&config, NULL, &why));
    ck_assert_str_eq(wp_put_end(&why),
                     "WATTPROOF_POLLING_INTERVAL: polling.interval takes a duration such as 250ms "
                     "from 1s to 1d, not 'soon'\n");
}
END_TEST

/* ---- what is wrong, and where ----------------------------------------------------------------------- */

START_TEST(every_fault_has_its_place)
{
    bad("nort: [ivy]\n", "1:1: unknown key 'nort' in the file: did you mean 'north'?");
    bad("north: [ivi]\n", "1:9: there is no API 'ivi': north takes a list of ivy, octolux, venus");
    bad("north: ivy\n", "1:8: north takes a list: [ivy], or none");
    bad("south: [dlt646]\n",
        "1:9: there is no protocol 'dlt646': south takes a list of dlt645, dlms, lxp, venus");
    bad("south: [dlms, dlms]\n", "1:15: south has 'dlms' already");
    bad("north: [ivy, ivy]\n", "1:14: north has 'ivy' already");
    bad("bind: host\n",
        "1:7: bind takes an IPv4 address such as 127.0.0.1, or 0.0.0.0 for every interface, not 'host'");
    bad("listen: {meter: 1}\n", "1:10: unknown key 'meter' in listen: did you mean 'meters'?");
    bad("listen: {meters: 70000}\n",
        "1:18: listen.meters takes a port, an IPv4 address or ADDRESS:PORT, not '70000'");
    bad("listen: 8899\n", "1:9: listen takes members: KEY: VALUE");
    bad("broker: {mqtt: [1]}\n", "1:16: mqtt takes one value");
    bad("set:\n  polling.group: everything\n",
        "2:18: polling.group takes one of energy|power|voltage|current|powerFactor|all, not 'everything'");
    bad("set: {ivy.prefix: a/#}\n",
        "1:19: ivy.prefix takes topic levels such as ivy/v1, without + and #, at most 64 characters");
    bad("set: {lxp.host: 127.0.2.1, lxp.serial: \"555555555\", lxp.datalog: BA55555555}\n",
        "1:40: lxp.serial takes exactly 10 characters, and has 9");
    bad("broker: {mqtt: 1883, websocket: 1883}\n", " port 1883 is asked for twice");
    bad("log: loud\n", "1:6: log takes one of error|warning|info|debug, not 'loud'");
    bad("- a\n", "1:1: the file takes members: KEY: VALUE");
    bad("a: &x 1\n", "1:4: anchors are not allowed here: write the value out");
}
END_TEST

START_TEST(all_faults_are_told_at_once)
{
    ck_assert(!reads("loog: info\nbrocker: {}\nset: {ivy.prefx: a}\n"));
    ck_assert_ptr_nonnull(strstr(wp_put_end(&why), "did you mean 'log'?"));
    ck_assert_ptr_nonnull(strstr(why_text, "did you mean 'broker'?"));
    ck_assert_ptr_nonnull(strstr(why_text, "did you mean 'ivy.prefix'?"));
}
END_TEST

START_TEST(keys_of_both_brokers_exclude_each_other)
{
    bad("broker: {url: \"mqtt://h\", mqtt: 1}\n",
        "1:33: broker.mqtt is of the own broker, but broker.url names an external one");
    bad("broker: {url: \"mqtt://h\", users: {a: b}}\n",
        "1:27: broker.users is of the own broker, but broker.url names an external one");
    bad("broker: {user: a}\n", "1:16: broker.user is of an external broker, but there is no broker.url");
}
END_TEST

START_TEST(a_file_that_is_not_there_is_named)
{
    ck_assert(!service_config_read(&config, "/nonexistent/file.yaml", &why));
    ck_assert_str_eq(wp_put_end(&why), "/nonexistent/file.yaml: No such file or directory\n");
}
END_TEST

START_TEST(near_words_are_found)
{
    static const char *const words[] = {"polling.interval", "polling.group", "log"};

    ck_assert_str_eq(nearest("poling.intervall", words, 3), "polling.interval");
    ck_assert_str_eq(nearest("lgo", words, 3), "log");
    ck_assert_ptr_null(nearest("temperature", words, 3));
    ck_assert_ptr_null(nearest("x", words, 0));
}
END_TEST

/* ---- secrets ---------------------------------------------------------------------------------------- */

START_TEST(a_password_may_stand_in_a_file)
{
    char secret[64], yaml[200];

    write_file(secret, "very secret\n");
    snprintf(yaml, sizeof yaml, "set: {ivy.user: me, ivy.password_file: %s}\n", secret);
    good(yaml);
    expect_text("ivy.password", "very secret");
    unlink(secret);
}
END_TEST

/* A relative path begins where the configuration stands. */
START_TEST(a_secret_is_found_beside_its_file)
{
    char secret[64], yaml[200];

    write_file(secret, "beside");
    snprintf(yaml, sizeof yaml, "set: {ivy.password_file: %s}\n", strrchr(secret, '/') + 1);
    good(yaml);
    expect_text("ivy.password", "beside");
    unlink(secret);
}
END_TEST

START_TEST(a_password_may_come_from_the_environment)
{
    char secret[64];

    write_file(secret, "from a file");
    set("WATTPROOF_IVY_PASSWORD_FILE", secret);
    set("WATTPROOF_BROKER_USERS_ADMIN", "from a variable");
    good("broker: {users: {admin: in the file}}\nset: {ivy.user: gw, ivy.password: in the file}\n");
    expect_text("ivy.password", "from a file");
    ck_assert(wp_access_login(config.broker.access, wp_text("admin"), wp_text("from a variable")));
    ck_assert(!wp_access_login(config.broker.access, wp_text("admin"), wp_text("in the file")));
    unlink(secret);
}
END_TEST

/* Keys and tables are long, so they may have files of their own; keys are in no message either. */
START_TEST(keys_and_tables_may_stand_in_files)
{
    char keys[64], tables[64], yaml[400];

    write_file(keys, "*=000102030405060708090A0B0C0D0E0F\n");
    write_file(tables, "profile acme like iskra\nscale voltage -1\n");
    snprintf(yaml, sizeof yaml, "set: {dlms.keys_file: %s, dlms.tables_file: %s, dlms.profile: acme}\n", keys,
             tables);
    good(yaml);
    expect_text("dlms.keys", "*=000102030405060708090A0B0C0D0E0F");
    expect_text("dlms.tables", "profile acme like iskra\nscale voltage -1");
    service_config_free(&config);
    ck_assert(!reads("set: {dlms.keys: [000102030405060708090A0B0C0D0E0F]}\n"));
    ck_assert_msg(!strstr(wp_put_end(&why), "0001"), "%s", why_text);
    service_config_free(&config);
    ck_assert(!reads("set: {dlms.keys: \"a=000102030405060708090A0B0C0D0E0F\"}\n"));
    ck_assert_msg(!strstr(wp_put_end(&why), "0001"), "%s", why_text);
    unlink(keys);
    unlink(tables);
}
END_TEST

static bool has_bus(void)
{
    for (size_t i = 0; i < config.setup.n_endpoints; i++)
        if (config.setup.endpoints[i].transport == WP_BUS)
            return true;
    return false;
}

/* A gateway whose norths publish nothing of it has no connection to the message bus, and needs none. */
START_TEST(the_bus_is_there_for_its_north_alone)
{
    good("north: [ivy, octolux]\n");
    ck_assert_uint_eq(config.parts.n_souths, wp_n_souths);
    ck_assert(!has_bus());
    service_config_free(&config);
    good("north: [venus]\n");
    ck_assert(has_bus());
}
END_TEST

START_TEST(secrets_are_in_no_message)
{
    char secret[64], yaml[400];

    write_file(secret, "");
    snprintf(yaml, sizeof yaml,
             "broker: {url: \"http://user:hush@host\", password: hush, mqtt: 1}\n"
             "set: {ivy.password: [hush], ivy.password_file: %s, ivy.passwort: hush}\n",
             secret);
    ck_assert(!reads(yaml));
    ck_assert_msg(!strstr(wp_put_end(&why), "hush"), "%s", why_text);
    ck_assert_ptr_nonnull(strstr(why_text, "holds no password"));
    unlink(secret);
}
END_TEST

START_TEST(one_password_is_enough)
{
    bad("set: {ivy.password: a, ivy.password_file: b}\n",
        "1:43: ivy.password stands here too: one of the two is enough");
    bad("set: {ivy.password_file: /nonexistent/secret}\n",
        "1:26: /nonexistent/secret: No such file or directory");
}
END_TEST

/* ---- what it is made of --------------------------------------------------------------------------- */

START_TEST(parts_may_be_chosen)
{
    good("south: [dlms]\n");
    ck_assert_uint_eq(config.parts.n_souths, 1);
    ck_assert_str_eq(config.parts.souths[0]->name, "dlms");
    service_config_free(&config);
    good("north: none\n");
    ck_assert_uint_eq(config.parts.n_norths, 0);
    ck_assert_uint_eq(config.parts.n_souths, wp_n_souths);
    ck_assert(config.broker.none);
    expect_shown("north none; meters on 127.0.0.1:8899; pushes on UDP 127.0.0.1:4059");
}
END_TEST

/* ---- the broker's URL ------------------------------------------------------------------------------- */

START_TEST(a_url_is_taken_apart)
{
    good("broker: {url: \"mqtt://me:p%40ss%3A@broker.example:2883/\"}\n");
    ck_assert_str_eq(config.broker.host, "broker.example");
    ck_assert_uint_eq(config.broker.port, 2883);
    expect_text("ivy.user", "me");
    expect_text("ivy.password", "p@ss:");
    expect_shown(
        "north ivy; meters on 127.0.0.1:8899; pushes on UDP 127.0.0.1:4059; broker broker.example:2883");
}
END_TEST

START_TEST(urls_of_every_shape)
{
    static const struct {
        const char *text, *host, *user, *password;
        uint16_t port;
    } all[] = {
        {"mqtt://h", "h", NULL, NULL, 1883},        {"mqtt://10.0.0.1:1884", "10.0.0.1", NULL, NULL, 1884},
        {"mqtt://[::1]:99", "::1", NULL, NULL, 99}, {"mqtt://u@h", "h", "u", NULL, 1883},
        {"mqtt://u:@h", "h", "u", "", 1883},        {"mqtt://u:a:b@h/", "h", "u", "a:b", 1883},
        {"mqtts://h", "h", NULL, NULL, 8883},       {"mqtt://", NULL, NULL, NULL, 0},
        {"mqtt://h:0", NULL, NULL, NULL, 0},        {"mqtt://h:65536", NULL, NULL, NULL, 0},
        {"mqtt://h:1x", NULL, NULL, NULL, 0},       {"mqtt://h/topic?q=a:b@c#d", "h", NULL, NULL, 1883},
        {"mqtt://:p@h", NULL, NULL, NULL, 0},       {"mqtt://u%0@h", NULL, NULL, NULL, 0},
        {"mqtt://u%zz@h", NULL, NULL, NULL, 0},     {"mqtt://u%00@h", NULL, NULL, NULL, 0},
        {"mqtt://[::1", NULL, NULL, NULL, 0},       {"h:1883", NULL, NULL, NULL, 0},
    };
    struct arena a = {0};

    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        struct broker_url url;
        bool read = broker_url_read(&a, all[i].text, &url);

        ck_assert_msg(read == (all[i].host != NULL), "%s", all[i].text);
        if (!read)
            continue;
        ck_assert_str_eq(url.host, all[i].host);
        ck_assert_uint_eq(url.port, all[i].port);
        ck_assert_pstr_eq(url.user, all[i].user);
        ck_assert_pstr_eq(url.password, all[i].password);
    }
    arena_free(&a);
}
END_TEST

START_TEST(a_broker_with_tls)
{
    good("broker: {url: \"mqtts://h\"}\n");
    ck_assert(config.broker.tls && !config.broker.insecure && !config.broker.ca);
    ck_assert_uint_eq(config.broker.port, 8883);
    service_config_free(&config);
    good("broker: {url: \"mqtts://h\", ca_file: /dev/null}\n");
    ck_assert_str_eq(config.broker.ca, "/dev/null");
    service_config_free(&config);
    good("broker: {url: \"mqtts://h\", insecure: true}\n");
    ck_assert(config.broker.insecure);
    service_config_free(&config);
    good("north: [venus]\nbroker: {url: vrm, ca_file: /dev/null, user: anna@example.com, password: Token "
         "0123abcd}\n"
         "set: {venus.portal: c0619ab12345}\n");
    ck_assert_str_eq(config.broker.host, "mqtt117.victronenergy.com");
    ck_assert_uint_eq(config.broker.port, 8883);
    ck_assert(config.broker.tls && !config.broker.insecure);
    service_config_free(&config);
    good("north: [venus]\nbroker: {url: \"mqtts://127.0.0.1:443\"}\nset: {venus.portal: c0619ab12345}\n");
    ck_assert_str_eq(config.broker.host, "127.0.0.1"); /* VEN-128: a configured host wins */
    ck_assert_uint_eq(config.broker.port, 443);
    service_config_free(&config);
    bad("north: [venus]\nbroker: {url: vrm}\n",
        "2:15: broker.url: vrm is found by venus.portal, which is not set");
    bad("north: [ivy]\nbroker: {url: vrm}\n",
        "2:15: broker.url: vrm is found by venus.portal, and there is no north venus");
    bad("north: [venus]\nbroker: {url: vrm}\nset: {venus.portal: \"\\xE9\"}\n",
        "3:21: venus.portal: the portal ID has a character that is no visible ASCII; it is what stands "
        "behind N/ in a "
        "topic, such as c0619ab12345");
    bad("broker: {url: \"mqtt://h\", insecure: true}\n",
        "1:37: broker.insecure is of a broker with TLS: mqtts://");
    bad("broker: {ca_file: /dev/null}\n",
        "1:19: broker.ca_file is of an external broker, but there is no broker.url");
}
END_TEST

/* What `set` says of one API comes after what the URL says for all. */
START_TEST(an_api_may_have_other_credentials)
{
    good("broker: {url: \"mqtt://all:all@h\", password: better}\nset: {ivy.user: one}\n");
    expect_text("ivy.user", "one");
    expect_text("ivy.password", "better");
}
END_TEST

/* ---- rights ----------------------------------------------------------------------------------------- */

static bool may(unsigned right, const char *user, const char *filter)
{
    struct wp_slice u = user ? wp_text(user) : (struct wp_slice){NULL, 0};

    return right == WP_ACCESS_SUBSCRIBE ? wp_access_subscribe(config.broker.access, u, wp_text(filter))
                                        : wp_access_publish(config.broker.access, u, wp_text(filter));
}

/* IVY-B35 */
START_TEST(users_have_the_documented_rights)
{
    char gateway[64], password[64];
    struct wp_value v;

    good("broker: {users: {a: b}}\nset: {ivy.prefix: here}\n");
    ck_assert(!config.broker.access->anonymous);
    ck_assert(!config.broker.access->open);
    ck_assert(may(WP_ACCESS_SUBSCRIBE, "a", "here/#"));
    ck_assert(may(WP_ACCESS_SUBSCRIBE, "a", "here/meters/+/telemetry"));
    ck_assert(!may(WP_ACCESS_SUBSCRIBE, "a", "#"));
    ck_assert(!may(WP_ACCESS_SUBSCRIBE, "a", "$SYS/#"));
    ck_assert(may(WP_ACCESS_PUBLISH, "a", "here/meters/000000000001/command/request"));
    ck_assert(!may(WP_ACCESS_PUBLISH, "a", "here/meters/000000000001/telemetry"));
    v = value("ivy.user");
    snprintf(gateway, sizeof gateway, "%.*s", WP_FMT(v.bytes));
    v = value("ivy.password");
    snprintf(password, sizeof password, "%.*s", WP_FMT(v.bytes));
    ck_assert_uint_eq(strlen(password), 32);
    ck_assert(wp_access_login(config.broker.access, wp_text(gateway), wp_text(password)));
    ck_assert(may(WP_ACCESS_PUBLISH, gateway, "here/meters/000000000001/telemetry"));
    ck_assert(may(WP_ACCESS_SUBSCRIBE, gateway, "$SYS/broker/clients/connected"));
}
END_TEST

START_TEST(users_of_inverters_have_the_documented_rights)
{
    good("north: [octolux]\nbroker: {users: {a: b}}\nset: {lxp.host: 127.0.0.1, lxp.serial: \"5555555555\", "
         "lxp.datalog: BA55555555, octolux.prefix: site/roof}\n");
    ck_assert(may(WP_ACCESS_SUBSCRIBE, "a", "site/roof/inputs/+"));
    ck_assert(may(WP_ACCESS_SUBSCRIBE, "a", "garage/hold/+"));
    ck_assert(may(WP_ACCESS_PUBLISH, "a", "site/roof/cmd/ac_charge"));
    ck_assert(may(WP_ACCESS_PUBLISH, "a", "garage/cmd/ac_charge"));
    ck_assert(!may(WP_ACCESS_PUBLISH, "a", "site/roof/result/ac_charge"));
    ck_assert(!may(WP_ACCESS_SUBSCRIBE, "a", "$SYS/#"));
}
END_TEST

/* VEN-052, VEN-B32: everything may be heard, but what the gateway publishes only it may. */
START_TEST(users_of_venus_have_the_documented_rights)
{
    good("north: [venus]\nbroker: {users: {a: b}}\nset: {venus.portal: c0619ab12345}\n");
    ck_assert(may(WP_ACCESS_SUBSCRIBE, "a", "#"));
    ck_assert(may(WP_ACCESS_SUBSCRIBE, "a", "N/+/+/+/ProductId"));
    ck_assert(may(WP_ACCESS_PUBLISH, "a", "R/c0619ab12345/keepalive"));
    ck_assert(may(WP_ACCESS_PUBLISH, "a", "W/c0619ab12345/vebus/257/Mode"));
    ck_assert(!may(WP_ACCESS_PUBLISH, "a", "N/c0619ab12345/vebus/257/Mode"));
}
END_TEST

START_TEST(rules_replace_the_documented_rights)
{
    good("broker:\n  users: {reader: r, boss: b}\n  anonymous: true\n  close_on_denied: true\n  rules:\n"
         "    - {may: [subscribe], filter: \"ivy/v1/gateway/#\"}\n"
         "    - {user: boss, may: [subscribe, publish], filter: \"#\"}\n");
    ck_assert(config.broker.access->anonymous);
    ck_assert(config.broker.access->close_on_denied);
    ck_assert(may(WP_ACCESS_SUBSCRIBE, NULL, "ivy/v1/gateway/status"));
    ck_assert(!may(WP_ACCESS_SUBSCRIBE, "reader", "ivy/v1/#"));
    ck_assert(may(WP_ACCESS_PUBLISH, "boss", "anything"));
}
END_TEST

/* VRM users have what their installations give them, and of the documented rights none. */
START_TEST(vrm_users_see_their_installations_alone)
{
    setenv("WATTPROOF_BROKER_VRM_USERS_BEN_PASSWORD", "of the environment", 1);
    good("broker:\n  users: {a: b}\n  vrm:\n    users:\n"
         "      anna@example.com: {tokens: [0123abcd], installations: {c0619ab12345: monitor only}}\n"
         "      ben: {installations: [c0619ab12345]}\n");
    unsetenv("WATTPROOF_BROKER_VRM_USERS_BEN_PASSWORD");
    ck_assert(!config.broker.access->anonymous);
    ck_assert(wp_access_login(config.broker.access, wp_text("anna@example.com"), wp_text("Token 0123abcd")));
    ck_assert(wp_access_login(config.broker.access, wp_text("ben"), wp_text("of the environment")));
    ck_assert(may(WP_ACCESS_SUBSCRIBE, "anna@example.com", "N/c0619ab12345/#"));
    ck_assert(!may(WP_ACCESS_SUBSCRIBE, "anna@example.com", "ivy/v1/#"));
    ck_assert(may(WP_ACCESS_SUBSCRIBE, "a", "ivy/v1/#"));
    ck_assert(may(WP_ACCESS_PUBLISH, "anna@example.com", "R/c0619ab12345/keepalive"));
    ck_assert(!may(WP_ACCESS_PUBLISH, "anna@example.com", "W/c0619ab12345/hub4/0/AcPowerSetpoint"));
    ck_assert(may(WP_ACCESS_PUBLISH, "ben", "W/c0619ab12345/hub4/0/AcPowerSetpoint"));
}
END_TEST

START_TEST(vrm_users_alone_shut_the_broker_too)
{
    good("broker: {vrm: {users: {c: {password: d}}}}\n");
    ck_assert(!config.broker.access->anonymous);
}
END_TEST

START_TEST(faults_of_vrm_users_have_their_place)
{
    bad("broker: {users: {a: b}, vrm: {users: {a: {password: c}}}}\n",
        "1:42: 'a' is a user without VRM account already");
    bad("broker: {vrm: {users: {a: {token: [c], password: d}}}}\n",
        "1:28: unknown key 'token' in broker.vrm.users.a: did you mean 'tokens'?");
    bad("broker: {url: \"mqtt://h\", vrm: {users: {a: {password: d}}}}\n",
        "1:27: broker.vrm is of the own broker, but broker.url names an external one");
}
END_TEST

/* The gateway may be given a user of the list, and needs no second password then. */
START_TEST(the_gateway_may_be_one_of_the_users)
{
    good("broker: {users: {gw: secret}}\nset: {ivy.user: gw}\n");
    expect_text("ivy.password", "secret");
    ck_assert_uint_eq(config.broker.access->n_users, 1);
}
END_TEST

START_TEST(faults_of_users_and_rules_have_their_place)
{
    bad("broker: {users: [a]}\n", "1:17: broker.users takes members: NAME: PASSWORD");
    bad("broker: {users: {a: null}}\n", "1:18: user 'a' has no password");
    bad("broker: {users: {a: {passwort: b}}}\n",
        "1:22: unknown key 'passwort' in broker.users.a: did you mean 'password'?");
    bad("broker: {anonymous: false}\n",
        " nobody could log in: broker.anonymous is false and broker.users is empty");
    bad("broker: {users: {a: b}, rules: {may: x}}\n", "1:32: broker.rules is a list");
    bad("broker: {users: {a: b}, rules: [{may: [read], filter: a}]}\n",
        "1:40: may takes subscribe and publish, not 'read'");
    bad("broker: {users: {a: b}, rules: [{may: [publish], filter: a/#/b}]}\n",
        "1:58: a rule has a filter in MQTT's syntax, such as \"ivy/v1/#\"");
    bad("broker: {users: {anna: b}, rules: [{user: ana, may: [publish], filter: a}]}\n",
        "1:43: there is no user 'ana': did you mean 'anna'?");
    bad("broker: {users: {a: b}, rules: [{filter: a}]}\n", "1:33: a rule says may: [subscribe, publish]");
    bad("broker: {users: {gw: one}}\nset: {ivy.user: gw, ivy.password: two}\n",
        " ivy.password is not the password that broker.users has for 'gw'");
}
END_TEST

/* ---- the table of options --------------------------------------------------------------------------- */

static char *printed_options(const char *api)
{
    static char text[65536];
    FILE *f = tmpfile();
    size_t n;

    ck_assert(service_print_options(api, f));
    rewind(f);
    n = fread(text, 1, sizeof text - 1, f);
    text[n] = 0;
    fclose(f);
    return text;
}

START_TEST(every_option_is_printed)
{
    const struct wp_class *classes[SERVICE_CLASSES_MAX];
    const struct wp_parts all = {wp_souths, wp_n_souths, wp_norths, wp_n_norths};
    size_t n = service_classes(&all, classes);
    const char *text = printed_options(NULL);

    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < classes[i]->n_options; k++) {
            ck_assert_msg(strstr(text, classes[i]->options[k].name), "%s", classes[i]->options[k].name);
            ck_assert_msg(strstr(text, classes[i]->options[k].help), "%s", classes[i]->options[k].name);
        }
    for (size_t i = 0; i < SERVICE_N_OPTIONS; i++)
        ck_assert_msg(strstr(text, service_options[i].help), "%s", service_options[i].name);
    ck_assert_ptr_nonnull(strstr(text, "polling.interval            duration 1s..1d, default 60s\n"));
    ck_assert_ptr_nonnull(strstr(text, "ivy.voltage_high            number 0..10000 V, default 250\n"));
    ck_assert(!service_print_options("nonesuch", stderr));
    ck_assert_ptr_nonnull(strstr(printed_options("ivy"), "ivy.prefix"));
}
END_TEST

/* The page about the gateway has the very text. */
START_TEST(the_page_shows_what_is_printed)
{
    static char page[131072];
    FILE *f = fopen("sim/gateway/README.md", "r");
    size_t n;

    ck_assert_ptr_nonnull(f);
    n = fread(page, 1, sizeof page - 1, f);
    page[n] = 0;
    fclose(f);
    ck_assert_msg(strstr(page, printed_options(NULL)),
                  "put `wattproof gateway --options` into sim/gateway/README.md");
}
END_TEST

int main(void)
{
    Suite *s = suite_create("service_config");
    TCase *t = tcase_create("service_config");
    SRunner *runner = srunner_create(s);
    int failed;

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, nothing_configured_is_as_documented);
    tcase_add_test(t, an_empty_map_is_nothing_configured);
    tcase_add_test(t, addresses_are_ports_or_both);
    tcase_add_test(t, options_come_from_the_file);
    tcase_add_test(t, the_environment_wins);
    tcase_add_test(t, a_wrong_variable_is_named);
    tcase_add_test(t, every_fault_has_its_place);
    tcase_add_test(t, all_faults_are_told_at_once);
    tcase_add_test(t, keys_of_both_brokers_exclude_each_other);
    tcase_add_test(t, a_file_that_is_not_there_is_named);
    tcase_add_test(t, near_words_are_found);
    tcase_add_test(t, a_password_may_stand_in_a_file);
    tcase_add_test(t, a_secret_is_found_beside_its_file);
    tcase_add_test(t, a_password_may_come_from_the_environment);
    tcase_add_test(t, keys_and_tables_may_stand_in_files);
    tcase_add_test(t, the_bus_is_there_for_its_north_alone);
    tcase_add_test(t, secrets_are_in_no_message);
    tcase_add_test(t, one_password_is_enough);
    tcase_add_test(t, parts_may_be_chosen);
    tcase_add_test(t, a_broker_with_tls);
    tcase_add_test(t, a_url_is_taken_apart);
    tcase_add_test(t, urls_of_every_shape);
    tcase_add_test(t, an_api_may_have_other_credentials);
    tcase_add_test(t, users_have_the_documented_rights);
    tcase_add_test(t, users_of_inverters_have_the_documented_rights);
    tcase_add_test(t, users_of_venus_have_the_documented_rights);
    tcase_add_test(t, rules_replace_the_documented_rights);
    tcase_add_test(t, vrm_users_see_their_installations_alone);
    tcase_add_test(t, vrm_users_alone_shut_the_broker_too);
    tcase_add_test(t, faults_of_vrm_users_have_their_place);
    tcase_add_test(t, the_gateway_may_be_one_of_the_users);
    tcase_add_test(t, faults_of_users_and_rules_have_their_place);
    tcase_add_test(t, every_option_is_printed);
    tcase_add_test(t, the_page_shows_what_is_printed);
    suite_add_tcase(s, t);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
