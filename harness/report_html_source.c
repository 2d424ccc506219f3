/* The scenario that was played, as its file says it, so that a failure can show the lines that it speaks of. */
#include "harness/home.h"
#include "harness/report_html_impl.h"
#include "harness/yaml.h"
#include "sim/core/json_out.h"

enum { SOURCE_MAX = 32 * 1024, ESCAPED = 6, SHA256_HEX = 64 };

/* Results name files below the project's home without it, others as they were given. */
static struct wp_slice read_source(struct arena *a, const char *file)
{
    char ignored[300];
    struct wp_writer why = wp_writer(ignored, sizeof ignored);
    struct wp_slice text = file_read(a, arena_print(a, "%s/%s", home_dir(), file), &why);

    return text.p ? text : file_read(a, file, &why);
}

static bool is_source_of(struct wp_slice text, struct wp_slice header)
{
    char sum[SHA256_HEX + 1];

    if (!text.p || text.n > SOURCE_MAX || header.n == 0)
        return false;
    scenario_sha256(text, sum);
    return memmem(header.p, header.n, sum, SHA256_HEX) != NULL;
}

void source_put(struct pack *p, const char *file, struct wp_slice header)
{
    struct arena a = {0};
    struct wp_slice text = file[0] ? read_source(&a, file) : (struct wp_slice){NULL, 0};

    if (is_source_of(text, header)) {
        size_t room = ESCAPED * text.n + 2;
        struct wp_writer w = wp_writer(arena_get(&a, room), room);
        struct json_out j = json_out(&w);

        json_put_text(&j, text);
        pack_text(p, ",\"source\":");
        pack_put(p, wp_written(&w));
    }
    arena_free(&a);
}
