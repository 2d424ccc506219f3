/* wattproof validate: JSON files against a schema. */
#include "harness/cmd.h"

#include "harness/schema.h"
#include "harness/yaml.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

enum { SENTENCE = 1500, CHUNK = 65536 };

static int usage(FILE *out)
{
    fputs("wattproof validate [OPTIONS] SCHEMA FILE...     - is standard input\n\n"
          "  --draft 7|2020-12  the draft of schemas without $schema; 2020-12 unless given\n"
          "  --format           `format` is an assertion\n"
          "  --remotes DIR      documents of http://localhost:1234/ lie in this folder\n\n"
          "SCHEMA is a file, or a place in it: file.json#/$defs/name. Schemas that it refers to are found "
          "beside it.\n"
          "A line for each error:  FILE: where in it: what is wrong (the keyword that says so)\n"
          "Exit: 0 all files are valid; 1 some are not; 2 a file or the schema cannot be read\n",
          out);
    return out == stdout ? EXIT_AS_EXPECTED : EXIT_USAGE;
}

struct request {
    struct schema_set *set;
    const struct schema *schema;
    const char *file; /* being checked */
};

/* false: the answer is `*ret_exit`. */
static bool read_options(struct request *r, int argc, char **argv, int *ret_exit)
{
    static const struct option options[] = {
        {"draft", required_argument, NULL, 'd'},
        {"format", no_argument, NULL, 'f'},
        {"remotes", required_argument, NULL, 'r'},
        {"help", no_argument, NULL, 'h'},
        {0},
    };
    int option;

    *ret_exit = EXIT_USAGE;
    optind = 0;
    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        switch (option) {
        case 'd':
            if (strcmp(optarg, "7") != 0 && strcmp(optarg, "2020-12") != 0) {
                fprintf(stderr, "validate: there is no draft '%s' here, only 7 and 2020-12\n", optarg);
                return false;
            }
            schema_set_draft(r->set, *optarg == '7' ? SCHEMA_DRAFT_7 : SCHEMA_2020_12);
            break;
        case 'f': schema_set_formats(r->set, true); break;
        case 'r': schema_set_remotes(r->set, "http://localhost:1234/", optarg); break;
        case 'h': *ret_exit = usage(stdout); return false;
        default: usage(stderr); return false;
        }
    }
    if (argc - optind >= 2)
        return true;
    usage(stderr);
    return false;
}

/* file.json, or file.json#/$defs/name */
static bool read_schema(struct request *r, const char *name)
{
    struct arena arena = {0};
    size_t n = strcspn(name, "#");
    char room[SENTENCE];
    struct wp_writer why = wp_writer(room, sizeof room);
    const char *uri;

    if (schema_set_load(r->set, arena_text(&arena, wp_slice(name, n)), &uri, &why))
        r->schema = schema_compile(r->set, arena_print(&arena, "%s%s", uri, name + n), &why);
    if (!r->schema)
        fprintf(stderr, "%s\n", wp_put_end(&why));
    arena_free(&arena);
    return r->schema != NULL;
}

static struct wp_slice read_input(struct arena *a)
{
    char *text = NULL, *copy;
    size_t n = 0, got = 1;

    for (; got > 0; n += got) {
        char *bigger = realloc(text, n + CHUNK);

        if (!bigger)
            abort();
        text = bigger;
        got = fread(text + n, 1, CHUNK, stdin);
    }
    copy = arena_text(a, wp_slice(text, n));
    free(text);
    return wp_slice(copy, n);
}

static bool print_error(void *ctx, const struct schema_error *e)
{
    const struct request *r = ctx;

    printf("%s: %s: %s (%s)\n", r->file, *e->instance_path ? e->instance_path : "(root)", e->reason,
           e->schema_path);
    return true;
}

static int check_text(struct request *r, struct arena *a, struct wp_slice text)
{
    struct json_tape tape = {.cap = (uint32_t)json_tokens_max(text.n)};
    size_t at;
    enum json_fault fault;

    tape.at = arena_get(a, tape.cap * sizeof *tape.at);
    fault = json_read(&tape, text, SCHEMA_DEPTH, &at);
    if (fault != JSON_FAULT_NONE) {
        fprintf(stderr, "%s: is no JSON: %s at byte %zu\n", r->file, json_fault_text(fault), at);
        return EXIT_USAGE;
    }
    if (tape.duplicate)
        fprintf(stderr, "%s: remark: a key stands twice in one object, at byte %u; its last value counts\n",
                r->file, tape.duplicate_at);
    return schema_check(r->schema, &tape, 0, NULL, print_error, r) ? EXIT_AS_EXPECTED : EXIT_FAILED;
}

static int check_file(struct request *r, const char *file)
{
    struct arena arena = {0};
    char room[SENTENCE];
    struct wp_writer why = wp_writer(room, sizeof room);
    bool input = strcmp(file, "-") == 0;
    struct wp_slice text = input ? read_input(&arena) : file_read(&arena, file, &why);
    int result = EXIT_USAGE;

    r->file = input ? "(standard input)" : file;
    if (text.p)
        result = check_text(r, &arena, text);
    else
        fprintf(stderr, "%s\n", wp_put_end(&why));
    arena_free(&arena);
    return result;
}

int cmd_validate(int argc, char **argv)
{
    struct request r = {.set = schema_set_new()};
    int result;

    if (read_options(&r, argc, argv, &result)) {
        result = read_schema(&r, argv[optind]) ? EXIT_AS_EXPECTED : EXIT_USAGE;
        for (int i = optind + 1; i < argc && r.schema; i++) {
            int one = check_file(&r, argv[i]);

            result = one > result ? one : result;
        }
    }
    schema_set_free(r.set);
    return result;
}
