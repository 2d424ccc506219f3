/* Info as one JSON object: the same as the text, with every connection and id. */
#include "harness/capture_info.h"
#include "sim/catalog.h"

#include <cjson/cJSON.h>
#include <stdlib.h>

static void add_count(cJSON *object, const char *name, uint64_t n)
{
    cJSON_AddNumberToObject(object, name, (double)n);
}

static void add_addr(cJSON *object, const char *name, const struct packet_addr *addr)
{
    char text[64];
    struct wp_writer w = wp_writer(text, sizeof text);

    packet_put_addr(&w, addr);
    cJSON_AddStringToObject(object, name, wp_put_end(&w));
}

static void add_moment(cJSON *object, const char *name, int64_t ns)
{
    struct moment_cache cache = {0};
    char text[48];
    struct wp_writer w = wp_writer(text, sizeof text);

    moment_put(&cache, &w, ns, 9);
    cJSON_AddStringToObject(object, name, wp_put_end(&w));
}

static void add_pair(cJSON *object, const char *name, const uint64_t pair[2])
{
    cJSON *array = cJSON_AddArrayToObject(object, name);

    for (int i = 0; i < 2; i++)
        cJSON_AddItemToArray(array, cJSON_CreateNumber((double)pair[i]));
}

static cJSON *connection_json(const struct info_connection *c)
{
    cJSON *o = cJSON_CreateObject(), *frames;

    add_count(o, "number", c->number);
    cJSON_AddStringToObject(o, "transport", capture_info_transport(c->kind));
    add_addr(o, "from", &c->addr[0]);
    add_addr(o, "to", &c->addr[1]);
    cJSON_AddBoolToObject(o, "handshake", c->knows_client);
    cJSON_AddBoolToObject(o, "ours", c->is_ours);
    frames = cJSON_AddObjectToObject(o, "frames");
    for (size_t i = 0; i < wp_n_codecs; i++)
        if (c->by_codec[i])
            add_count(frames, wp_codecs[i]->name, c->by_codec[i]);
    add_pair(o, "bytes", c->bytes);
    add_pair(o, "questions", c->asks);
    add_pair(o, "answers", c->answers);
    if (c->speaks && c->speaks->asker) {
        cJSON_AddStringToObject(o, "asker", c->speaks->asker);
        cJSON_AddStringToObject(o, "answerer", c->speaks->answerer);
    }
    add_count(o, "unanswered", c->unanswered);
    add_count(o, "bad", c->bad);
    add_count(o, "gaps", c->gaps);
    add_count(o, "gapBytes", c->gap_bytes);
    return o;
}

static void add_ids(cJSON *o, const struct info *info)
{
    cJSON *ids = cJSON_AddObjectToObject(o, "ids");

    for (size_t i = 0; i < info->n_ids; i++) {
        const struct texts *texts = &info->ids[i].texts;
        cJSON *array = cJSON_AddArrayToObject(ids, info->ids[i].name);

        for (size_t k = 0; k < texts->n; k++) {
            cJSON *id = cJSON_CreateObject();
            char *plain = malloc(texts->entry[k].text.n + 1);

            if (!plain)
                abort();
            snprintf(plain, texts->entry[k].text.n + 1, "%.*s", WP_FMT(texts->entry[k].text));
            cJSON_AddStringToObject(id, "id", plain);
            add_count(id, "times", texts->entry[k].count);
            cJSON_AddItemToArray(array, id);
            free(plain);
        }
    }
}

static void add_replay(cJSON *o, const struct info *info)
{
    static const int exit_code[] = {0, 1, 4, 2};
    cJSON *r = cJSON_AddObjectToObject(o, "replay");

    cJSON_AddNumberToObject(r, "exit", exit_code[info->end]);
    add_count(r, "frames", info->sum.n_frames);
    add_count(r, "findings", replay_findings(&info->sum));
    add_count(r, "unanswered", info->sum.unanswered);
    add_count(r, "bad", info->sum.bad);
    add_count(r, "gaps", info->sum.gaps);
}

static void add_contract(cJSON *o, const struct info *info)
{
    cJSON *c = cJSON_AddObjectToObject(o, "contract");

    cJSON_AddStringToObject(c, "api", info->api);
    add_count(c, "judged", info->sum.judged);
    add_count(c, "held", info->held);
    add_count(c, "failed", info->failed);
    add_count(c, "undocumented", info->sum.undocumented);
}

static void add_hint(void *ctx, const char *sentence)
{
    cJSON_AddItemToArray(ctx, cJSON_CreateString(sentence));
}

void capture_info_print_json(const struct info *info, FILE *out)
{
    const struct replay_summary *s = &info->sum;
    cJSON *o = cJSON_CreateObject(), *connections;
    char kind[64], *text;
    struct wp_writer w = wp_writer(kind, sizeof kind);

    capture_put_format(&w, &info->format);
    cJSON_AddStringToObject(o, "file", info->path);
    cJSON_AddStringToObject(o, "kind", wp_put_end(&w));
    cJSON_AddStringToObject(o, "link", info->link);
    add_count(o, "packets", s->packets);
    add_count(o, "tcp", s->tcp);
    add_count(o, "udp", s->udp);
    add_count(o, "cut", s->cut);
    add_count(o, "malformed", s->malformed);
    if (s->packets) {
        add_moment(o, "first", s->first_ns);
        add_moment(o, "last", s->last_ns);
    }
    connections = cJSON_AddArrayToObject(o, "connections");
    for (size_t i = 0; i < info->n_connections; i++)
        if (info->connection[i].number)
            cJSON_AddItemToArray(connections, connection_json(&info->connection[i]));
    add_ids(o, info);
    add_replay(o, info);
    if (*info->api)
        add_contract(o, info);
    capture_info_hints(info, add_hint, cJSON_AddArrayToObject(o, "next"));
    text = cJSON_Print(o);
    fprintf(out, "%s\n", text);
    cJSON_free(text);
    cJSON_Delete(o);
}
