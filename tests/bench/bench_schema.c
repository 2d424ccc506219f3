/* The documented telemetry payload of a DL/T 645 meter: written, read, checked against two schemas: a plain one with
 * the types of the document's table, and the contract's, which knows every register and its statements. Beside it a
 * bare copy, cJSON, and Ajv where node and WATTPROOF_NODE_MODULES (a folder that has ajv) are there. The contestants
 * take turns; medians are printed: name, value, unit, ratio to cJSON's parsing. */
#include "harness/home.h"
#include "harness/schema.h"
#include "sim/core/json_out.h"

#include <assert.h>
#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum { PAYLOADS = 64, ROOM = 256, TOKENS = 64, ROUNDS = 15, PASSES = 500, PATH_LENGTH = 600 };

static const char plain_text[] =
    "{\"$id\":\"https://wattproof.example/bench/plain.schema.json\",\"type\":\"object\","
    "\"required\":[\"meterId\",\"timestamp\",\"register\",\"value\",\"unit\",\"raw\"],\"properties\":{"
    "\"meterId\":{\"type\":\"string\",\"pattern\":\"^[0-9]{12}$\"},\"timestamp\":{\"type\":\"integer\"},"
    "\"register\":{\"type\":\"object\",\"required\":[\"id\",\"name\",\"description\"],\"properties\":{"
    "\"id\":{\"type\":\"string\",\"pattern\":\"^[0-9A-F]{8}$\"},\"name\":{\"type\":\"string\"},"
    "\"description\":{\"type\":\"string\"}},\"additionalProperties\":false},"
    "\"value\":{\"type\":\"number\"},\"unit\":{\"type\":\"string\"},\"raw\":{\"type\":\"string\"}},"
    "\"additionalProperties\":false}";

static struct {
    char text[ROOM], copy[ROOM];
    size_t n;
    struct json_token tokens[TOKENS];
    struct json_tape tape;
} payload[PAYLOADS];

static const struct schema *plain, *contract;
static struct json_token tokens[TOKENS];
static volatile uint64_t kept; /* so that no loop is thought away */

static double seconds(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (double)ts.tv_sec + 1e-9 * (double)ts.tv_nsec;
}

/* ---- the payloads ----------------------------------------------------------------------------------- */

static size_t write_payload(char *room, size_t cap, int64_t i)
{
    struct wp_writer w = wp_writer(room, cap);
    struct json_out j = json_out(&w);
    char meter[13], raw[9];
    int64_t energy = 1234567 + i * 7919;

    snprintf(meter, sizeof meter, "%012d", (int)i + 1);
    snprintf(raw, sizeof raw, "%08d", (int)energy);
    json_open_object(&j);
    json_text_member(&j, "meterId", wp_slice(meter, 12));
    json_int_member(&j, "timestamp", 1705320000000 + i * 60000);
    json_key(&j, "register");
    json_open_object(&j);
    json_text_member(&j, "id", wp_text("00010000"));
    json_text_member(&j, "name", wp_text("totalActiveEnergy"));
    json_text_member(&j, "description", wp_text("Total Active Energy (Combined)"));
    json_close_object(&j);
    json_value_member(&j, "value", wp_decimal(energy, -2));
    json_text_member(&j, "unit", wp_text("kWh"));
    json_text_member(&j, "raw", wp_slice(raw, 8));
    json_close_object(&j);
    assert(!w.full);
    return w.n;
}

static void write_payloads(FILE *out)
{
    for (int i = 0; i < PAYLOADS; i++) {
        payload[i].n = write_payload(payload[i].text, ROOM - 1, i);
        payload[i].tape = (struct json_tape){.at = payload[i].tokens, .cap = TOKENS};
        json_read(&payload[i].tape, wp_slice(payload[i].text, payload[i].n), JSON_DEPTH, NULL);
        fprintf(out, "%s\n", payload[i].text);
    }
}

/* ---- the contestants: each takes one payload -------------------------------------------------------- */

static uint64_t copy_bytes(int i)
{
    memcpy(payload[i].copy, payload[i].text, payload[i].n);
    return (uint64_t)payload[i].copy[payload[i].n / 2];
}

static uint64_t cjson_parse(int i)
{
    cJSON *tree = cJSON_ParseWithLength(payload[i].text, payload[i].n);
    uint64_t type = (uint64_t)tree->type;

    cJSON_Delete(tree);
    return type;
}

static uint64_t out(int i)
{
    struct wp_writer w = wp_writer(payload[i].copy, ROOM);
    struct json_out j = json_out(&w);

    json_open_object(&j);
    json_text_member(&j, "meterId", json_text(&payload[i].tape, 2));
    json_int_member(&j, "timestamp", 1705320000000 + i);
    json_key(&j, "register");
    json_open_object(&j);
    json_text_member(&j, "id", json_text(&payload[i].tape, 8));
    json_text_member(&j, "name", json_text(&payload[i].tape, 10));
    json_text_member(&j, "description", json_text(&payload[i].tape, 12));
    json_close_object(&j);
    json_value_member(&j, "value", wp_decimal(1234567 + i, -2));
    json_text_member(&j, "unit", json_text(&payload[i].tape, 16));
    json_text_member(&j, "raw", json_text(&payload[i].tape, 18));
    json_close_object(&j);
    return w.n;
}

static struct json_tape read_tape(int i)
{
    struct json_tape tape = {.at = tokens, .cap = TOKENS};
    enum json_fault fault = json_read(&tape, wp_slice(payload[i].text, payload[i].n), JSON_DEPTH, NULL);

    assert(fault == JSON_FAULT_NONE);
    return tape;
}

static uint64_t in(int i)
{
    return read_tape(i).n;
}

static uint64_t check(const struct schema *s, const struct json_tape *tape)
{
    static uint64_t reached[16];
    bool valid = schema_check(s, tape, 0, reached, NULL, NULL);

    assert(valid);
    return valid;
}

static uint64_t check_plain(int i)
{
    return check(plain, &payload[i].tape);
}

static uint64_t check_contract(int i)
{
    return check(contract, &payload[i].tape);
}

static uint64_t in_check_plain(int i)
{
    struct json_tape tape = read_tape(i);

    return check(plain, &tape);
}

static uint64_t in_check_contract(int i)
{
    struct json_tape tape = read_tape(i);

    return check(contract, &tape);
}

/* ---- the race --------------------------------------------------------------------------------------- */

struct entry {
    const char *name;
    uint64_t (*run)(int i);
    double took[ROUNDS]; /* ns for one payload */
};

static struct entry entry[] = {
    {"copy", copy_bytes, {0}},
    {"cJSON parse", cjson_parse, {0}},
    {"json_in", in, {0}},
    {"json_out", out, {0}},
    {"check, plain schema", check_plain, {0}},
    {"check, contract", check_contract, {0}},
    {"json_in + check, plain schema", in_check_plain, {0}},
    {"json_in + check, contract", in_check_contract, {0}},
};

enum { ENTRIES = sizeof entry / sizeof entry[0], CJSON = 1 };

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static void race(void)
{
    for (int round = 0; round < ROUNDS; round++)
        for (int e = 0; e < ENTRIES; e++) {
            double start = seconds();

            for (int pass = 0; pass < PASSES; pass++)
                for (int i = 0; i < PAYLOADS; i++)
                    kept += entry[e].run(i);
            entry[e].took[round] = 1e9 * (seconds() - start) / PASSES / PAYLOADS;
        }
    for (int e = 0; e < ENTRIES; e++)
        qsort(entry[e].took, ROUNDS, sizeof entry[e].took[0], by_size);
}

static void print_row(const char *name, double ns)
{
    printf("  %-32s %8.1f ns  %6.2f x cJSON parse\n", name, ns, ns / entry[CJSON].took[ROUNDS / 2]);
}

/* ---- Ajv -------------------------------------------------------------------------------------------- */

static void ajv(const char *what, const char *modules, const char *payloads, const char *schemas)
{
    char command[8 * PATH_LENGTH], name[100];
    double ns[3];
    FILE *node;
    bool good;

    snprintf(command, sizeof command, "node '%s/tests/bench/ajv.mjs' '%s' '%s' %s", home_dir(), modules,
             payloads, schemas);
    node = popen(command, "r");
    good = node && fscanf(node, "%lf %lf %lf", &ns[0], &ns[1], &ns[2]) == 3;
    if (node)
        pclose(node);
    if (!good) {
        printf("  ajv: not measured, it failed on the %s\n", what);
        return;
    }
    snprintf(name, sizeof name, "ajv check, %s", what);
    print_row(name, ns[1]);
    snprintf(name, sizeof name, "JSON.parse + ajv check, %s", what);
    print_row(name, ns[2]);
}

static void race_ajv(const char *payloads, const char *plain_file)
{
    const char *modules = getenv("WATTPROOF_NODE_MODULES");
    char folder[PATH_LENGTH], schemas[4 * PATH_LENGTH];

    if (!modules || system("node --version > /dev/null 2>&1") != 0) {
        printf("  ajv: not measured, no node modules\n");
        return;
    }
    snprintf(schemas, sizeof schemas, "'%s'", plain_file);
    ajv("plain schema", modules, payloads, schemas);
    snprintf(folder, sizeof folder, "%s/harness/contracts/ivy/schemas", home_dir());
    snprintf(schemas, sizeof schemas,
             "'%s/telemetry.schema.json' '%s/registers.schema.json' '%s/telemetry-dlms.schema.json'", folder,
             folder, folder);
    ajv("contract", modules, payloads, schemas);
}

/* ---- all of it -------------------------------------------------------------------------------------- */

static const struct schema *compile(struct schema_set *set, const char *file)
{
    char room[1000];
    struct wp_writer why = wp_writer(room, sizeof room);
    const struct schema *s = NULL;
    const char *uri;

    if (schema_set_load(set, file, &uri, &why))
        s = schema_compile(set, uri, &why);
    if (!s)
        fprintf(stderr, "%s\n", wp_put_end(&why));
    return s;
}

int main(void)
{
    char folder[] = "/tmp/wattproof-bench-XXXXXX", payloads[PATH_LENGTH], plain_file[PATH_LENGTH],
         contract_file[PATH_LENGTH];
    struct schema_set *set = schema_set_new();
    FILE *file;

    if (!mkdtemp(folder))
        return 3;
    snprintf(payloads, sizeof payloads, "%s/payloads", folder);
    snprintf(plain_file, sizeof plain_file, "%s/plain.schema.json", folder);
    snprintf(contract_file, sizeof contract_file, "%s/harness/contracts/ivy/schemas/telemetry.schema.json",
             home_dir());
    file = fopen(payloads, "w");
    write_payloads(file);
    fclose(file);
    file = fopen(plain_file, "w");
    fputs(plain_text, file);
    fclose(file);
    plain = compile(set, plain_file);
    contract = compile(set, contract_file);
    if (plain && contract) {
        race();
        printf("JSON, telemetry payload of %zu bytes (target 300 ns)\n", payload[0].n);
        for (int e = 0; e < ENTRIES; e++)
            print_row(entry[e].name, entry[e].took[ROUNDS / 2]);
        race_ajv(payloads, plain_file);
    }
    unlink(payloads);
    unlink(plain_file);
    rmdir(folder);
    schema_set_free(set);
    return plain && contract ? 0 : 3;
}
