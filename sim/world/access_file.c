#include "sim/world/access_file.h"

#include <assert.h>
#include <stdlib.h>

static const char *const right_word[] = {
    [WP_ACCESS_SUBSCRIBE] = "subscribe",
    [WP_ACCESS_PUBLISH] = "publish",
    [WP_ACCESS_SUBSCRIBE | WP_ACCESS_PUBLISH] = "both",
};

static void write_word(const char *word, FILE *file)
{
    fputs(*word ? " " : " %", file);
    for (; *word; word++) {
        unsigned c = (unsigned char)*word;

        fprintf(file, c > 0x20 && c < 0x7F && c != '%' && c != '*' ? "%c" : "%%%02X", c);
    }
}

static void write_vrm(const struct wp_vrm *v, FILE *file)
{
    fprintf(file, "vrm-monitor-only-may-read %s\n", v->monitor_only_may_read ? "yes" : "no");
    for (size_t i = 0; i < v->n_logins; i++) {
        fputs(v->logins[i].is_token ? "vrm-token" : "vrm-password", file);
        write_word(v->logins[i].user, file);
        write_word(v->logins[i].secret, file);
        fputc('\n', file);
    }
    for (size_t i = 0; i < v->n_sites; i++) {
        fputs("vrm-site", file);
        write_word(v->sites[i].user, file);
        fputs(v->sites[i].full_control ? " full" : " monitor", file);
        write_word(v->sites[i].portal, file);
        fputc('\n', file);
    }
}

/* In a filter + and # are what they are; * is an ordinary character there too, so it may be escaped everywhere. */
void access_file_write(const struct wp_access *a, FILE *file)
{
    fprintf(file, "wattproof-access 1\nopen %s\nanonymous %s\nclose-on-denied %s\n", a->open ? "yes" : "no",
            a->anonymous ? "yes" : "no", a->close_on_denied ? "yes" : "no");
    for (size_t i = 0; i < a->n_users; i++) {
        fputs("user", file);
        write_word(a->users[i].name, file);
        write_word(a->users[i].password, file);
        fputc('\n', file);
    }
    for (size_t i = 0; i < a->n_rules; i++) {
        const struct wp_access_rule *rule = &a->rules[i];

        fputs("rule", file);
        if (rule->user)
            write_word(rule->user, file);
        else
            fputs(" *", file);
        fprintf(file, " %s", right_word[rule->rights & 3]);
        write_word(rule->filter, file);
        fputc('\n', file);
    }
    write_vrm(&a->vrm, file);
}

/* The words of one line, unescaped where they stand. */
struct line {
    char *word[4];
    size_t n;
};

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static bool unescape(char *word)
{
    char *to = word;

    if (strcmp(word, "%") == 0) {
        *word = 0;
        return true;
    }
    for (; *word; word++) {
        if (*word != '%') {
            *to++ = *word;
            continue;
        }
        if (hex_digit(word[1]) < 0 || hex_digit(word[2]) < 0)
            return false;
        *to++ = (char)(hex_digit(word[1]) * 16 + hex_digit(word[2]));
        word += 2;
    }
    *to = 0;
    return true;
}

static bool split(char *text, struct line *out)
{
    char *rest = NULL;

    out->n = 0;
    for (char *w = strtok_r(text, " ", &rest); w; w = strtok_r(NULL, " ", &rest)) {
        if (out->n == sizeof out->word / sizeof out->word[0])
            return false;
        out->word[out->n++] = w;
    }
    return out->n >= 2;
}

static bool read_flag(const char *word, bool *out)
{
    *out = strcmp(word, "yes") == 0;
    return *out || strcmp(word, "no") == 0;
}

static bool read_user(struct line *line, struct wp_access_user *out)
{
    if (line->n != 3 || !unescape(line->word[1]) || !unescape(line->word[2]))
        return false;
    *out = (struct wp_access_user){.name = line->word[1], .password = line->word[2]};
    return true;
}

static bool read_rule(struct line *line, struct wp_access_rule *out)
{
    unsigned rights = 1;

    if (line->n != 4)
        return false;
    while (rights <= 3 && strcmp(line->word[2], right_word[rights]) != 0)
        rights++;
    out->user = strcmp(line->word[1], "*") == 0 ? NULL : line->word[1];
    out->rights = rights;
    out->filter = line->word[3];
    return rights <= 3 && (!out->user || unescape(line->word[1])) && unescape(line->word[3]);
}

static bool read_vrm_login(struct line *line, bool is_token, struct wp_vrm_login *out)
{
    if (line->n != 3 || !unescape(line->word[1]) || !unescape(line->word[2]))
        return false;
    *out = (struct wp_vrm_login){.user = line->word[1], .secret = line->word[2], .is_token = is_token};
    return true;
}

static bool read_vrm_site(struct line *line, struct wp_vrm_site *out)
{
    if (line->n != 4 || !unescape(line->word[1]) || !unescape(line->word[3]))
        return false;
    *out = (struct wp_vrm_site){
        .user = line->word[1], .portal = line->word[3], .full_control = strcmp(line->word[2], "full") == 0};
    return (out->full_control || strcmp(line->word[2], "monitor") == 0) &&
           wp_vrm_is_portal(wp_text(out->portal));
}

/* The block that access_file_read returns: the table, its rows, and the text that they point into. */
struct block {
    struct wp_access access;
    struct wp_access_user *users;
    struct wp_access_rule *rules;
    struct wp_vrm_login *logins;
    struct wp_vrm_site *sites;
    char *text;
};

static bool read_line(char *text, struct block *b)
{
    struct wp_access *a = &b->access;
    struct line line;
    const char *key;

    if (!split(text, &line))
        return false;
    key = line.word[0];
    if (strcmp(key, "user") == 0)
        return read_user(&line, &b->users[a->n_users++]);
    if (strcmp(key, "rule") == 0)
        return read_rule(&line, &b->rules[a->n_rules++]);
    if (strcmp(key, "vrm-password") == 0 || strcmp(key, "vrm-token") == 0)
        return read_vrm_login(&line, key[4] == 't', &b->logins[a->vrm.n_logins++]);
    if (strcmp(key, "vrm-site") == 0)
        return read_vrm_site(&line, &b->sites[a->vrm.n_sites++]);
    if (strcmp(key, "vrm-monitor-only-may-read") == 0)
        return read_flag(line.word[1], &a->vrm.monitor_only_may_read);
    if (strcmp(key, "open") == 0)
        return read_flag(line.word[1], &a->open);
    if (strcmp(key, "anonymous") == 0)
        return read_flag(line.word[1], &a->anonymous);
    if (strcmp(key, "close-on-denied") == 0)
        return read_flag(line.word[1], &a->close_on_denied);
    return strcmp(key, "wattproof-access") == 0 && strcmp(line.word[1], "1") == 0;
}

/* Room for the file's bytes and for as many rows as it has lines. */
static struct block *new_block(FILE *file)
{
    size_t n, lines = 1;
    struct block *b;
    long end;

    if (fseek(file, 0, SEEK_END) != 0 || (end = ftell(file)) < 0)
        return NULL;
    rewind(file);
    for (int c = getc(file); c != EOF; c = getc(file))
        lines += c == '\n';
    rewind(file);
    n = (size_t)end;
    b = calloc(1, sizeof *b + n + 1 +
                      lines * (sizeof *b->users + sizeof *b->rules + sizeof *b->logins + sizeof *b->sites));
    if (!b)
        return NULL;
    b->users = (struct wp_access_user *)(void *)(b + 1);
    b->rules = (struct wp_access_rule *)(void *)(b->users + lines);
    b->logins = (struct wp_vrm_login *)(void *)(b->rules + lines);
    b->sites = (struct wp_vrm_site *)(void *)(b->logins + lines);
    b->text = (char *)(b->sites + lines);
    b->text[fread(b->text, 1, n, file)] = 0;
    return b;
}

struct wp_access *access_file_read(FILE *file, struct wp_writer *why)
{
    struct block *b = new_block(file);
    char *rest = NULL;
    uint64_t number = 1;

    if (!b) {
        wp_put_text(why, "the access file cannot be read");
        return NULL;
    }
    for (char *l = strtok_r(b->text, "\n", &rest); l; l = strtok_r(NULL, "\n", &rest), number++) {
        if (read_line(l, b))
            continue;
        wp_put_text(why, "line ");
        wp_put_uint(why, number);
        wp_put_text(why, " of the access file is wrong");
        free(b);
        return NULL;
    }
    b->access.users = b->users;
    b->access.rules = b->rules;
    b->access.vrm.logins = b->logins;
    b->access.vrm.sites = b->sites;
    return &b->access;
}
