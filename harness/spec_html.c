/* The annotated catalogue as a page: no script is needed to read it, one makes it searchable. */
#include "harness/spec.h"

/* The same names of colours as the page of a run has. */
static const char style[] =
    ":root{--page:#f6f7f9;--card:#fff;--raised:#f0f2f5;--line:#dfe3e8;--text:#1b2230;--muted:#5c6675;"
    "--link:#0b5cad;--pass:#16794a;--inconc:#96600a;--fail:#c2253a;--error:#7a3bbd;--none:#5f6978;"
    "--pass-soft:#e3f4ea;--inconc-soft:#fbf0d9;--fail-soft:#fdeaec;--error-soft:#f1e8fb;"
    "--none-soft:#eceff3;--mono:ui-monospace,\"Liberation Mono\",Menlo,Consolas,monospace;"
    "color-scheme:light}\n"
    "@media (prefers-color-scheme:dark){:root{--page:#11151b;--card:#191f28;--raised:#222a35;"
    "--line:#313b49;--text:#e4e9f0;--muted:#9aa7b8;--link:#7db7ff;--pass:#56d08b;--inconc:#e8b04a;"
    "--fail:#ff7f8d;--error:#c79bff;--none:#9aa7b8;--pass-soft:#15301f;--inconc-soft:#35290f;"
    "--fail-soft:#3b1a20;--error-soft:#2d2140;--none-soft:#262e39;color-scheme:dark}}\n"
    "*{box-sizing:border-box}html{-webkit-text-size-adjust:100%}\n"
    "body{margin:0 auto;padding:0 20px 60px;max-width:960px;background:var(--page);color:var(--text);"
    "font:15px/1.5 -apple-system,\"Segoe UI\",Roboto,\"Noto Sans\",\"Liberation Sans\",system-ui,"
    "sans-serif}\n"
    "a{color:var(--link);text-decoration:none}a:hover{text-decoration:underline}\n"
    ":focus-visible{outline:2px solid var(--link);outline-offset:2px}\n"
    "h1{font-size:24px;margin:24px 0 4px}h2{font-size:18px;margin:36px 0 10px}h3{font-size:15px;"
    "margin:24px 0 8px;color:var(--muted)}p{margin:0}.muted{color:var(--muted)}\n"
    "nav{columns:12em;margin:12px 0;font-size:14px}nav a{display:block;padding:2px 0}\n"
    ".find{position:sticky;top:0;z-index:1;display:flex;gap:8px;flex-wrap:wrap;padding:10px 0;"
    "background:var(--page)}\n"
    ".find input,.find select{font:inherit;color:inherit;background:var(--card);border:1px solid "
    "var(--line);border-radius:8px;padding:5px 10px}.find input{flex:1;min-width:10em}.find output{"
    "align-self:center}\n"
    "article{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:12px 16px;"
    "margin:10px 0;scroll-margin-top:64px;overflow-wrap:anywhere}\n"
    "article:target{border-color:var(--link);box-shadow:0 0 0 1px var(--link)}\n"
    "header{display:flex;flex-wrap:wrap;gap:4px 8px;align-items:baseline;margin-bottom:6px}\n"
    "header a{font:600 13px var(--mono);color:var(--text)}\n"
    ".chip{font-size:12px;font-weight:600;padding:1px 8px;border-radius:10px;background:var(--none-soft);"
    "color:var(--none);white-space:nowrap}\n"
    ".chip.pass{background:var(--pass-soft);color:var(--pass)}.chip.inconc{background:var(--inconc-soft);"
    "color:var(--inconc)}.chip.fail{background:var(--fail-soft);color:var(--fail)}.chip.error{"
    "background:var(--error-soft);color:var(--error)}\n"
    ".says{font-weight:600}dl{display:grid;grid-template-columns:76px 1fr;gap:3px 12px;margin:6px 0 0;"
    "font-size:14px}dt{color:var(--muted)}dd{margin:0;min-width:0}\n"
    "code{font:12.5px var(--mono)}ul{margin:0;padding:0;list-style:none}\n"
    ".tiles{display:flex;flex-wrap:wrap;gap:8px;margin:12px 0}.tiles li{background:var(--card);"
    "border:1px solid var(--line);border-radius:10px;padding:6px 14px;color:var(--muted);font-size:14px}\n"
    ".tiles b{font-size:18px;color:var(--text);font-variant-numeric:tabular-nums}\n"
    ".tiles .pass b{color:var(--pass)}.tiles .inconc b{color:var(--inconc)}.tiles .fail b{"
    "color:var(--fail)}.tiles .error b{color:var(--error)}\n"
    "@media (max-width:560px){body{padding:0 12px 40px}dl{grid-template-columns:1fr;gap:0}dt{"
    "margin-top:5px}}\n"
    "@media print{:root{--page:#fff;--card:#fff;--text:#000;--muted:#444;--line:#bbb;color-scheme:light}"
    ".find,nav{display:none}body{max-width:none;padding:0;font-size:11px}article{break-inside:avoid;"
    "border-radius:0;border-width:0 0 1px}}\n";

static const char script[] =
    "(function(){var "
    "q=document.getElementById('q'),v=document.getElementById('v'),o=document.getElementById('o');\n"
    "var all=[].slice.call(document.querySelectorAll('article'));\n"
    "document.querySelector('.find').hidden=false;\n"
    "function show(){var words=q.value.toLowerCase().split(/\\s+/),n=0;\n"
    "all.forEach(function(a){var text=a.textContent.toLowerCase();\n"
    "var fits=(!v.value||a.dataset.verdict===v.value||a.dataset.status===v.value)&&"
    "words.every(function(w){return text.indexOf(w)>=0});\n"
    "a.hidden=!fits;n+=fits});o.textContent=n+' of '+all.length;\n"
    "document.querySelectorAll('section').forEach(function(s){s.hidden=!s.querySelector('article:not([hidden]"
    ")')})}\n"
    "q.addEventListener('input',show);v.addEventListener('change',show);show()})();\n";

/* ---- text ------------------------------------------------------------------------------------------- */

static void put(FILE *f, const char *text)
{
    for (const char *p = text; *p; p++) {
        switch (*p) {
        case '&': fputs("&amp;", f); break;
        case '<': fputs("&lt;", f); break;
        case '>': fputs("&gt;", f); break;
        case '"': fputs("&quot;", f); break;
        default: fputc(*p, f);
        }
    }
}

static void put_chip(FILE *f, enum verdict v, const char *world)
{
    fprintf(f, "<span class=\"chip %s\">", verdict_text(v));
    if (world) {
        put(f, world);
        fputs(": ", f);
    }
    fprintf(f, "%s</span>", verdict_text(v));
}

static void put_row(FILE *f, const char *name, const char *text)
{
    if (!text || !*text)
        return;
    fprintf(f, "<dt>%s</dt><dd>", name);
    put(f, text);
    fputs("</dd>", f);
}

/* ---- a statement ------------------------------------------------------------------------------------ */

static void put_deciders(FILE *f, const struct spec *s, const struct statement *st)
{
    const struct decider *d;
    size_t n = deciders_of(s->deciders, st->id, &d);

    if (n == 0)
        return;
    fputs("<dt>decided by</dt><dd><ul>", f);
    for (size_t i = 0; i < n; i++) {
        fputs("<li>", f);
        if (d[i].scenario) {
            put(f, d[i].scenario);
            fputc(' ', f);
        }
        fputs("<code>", f);
        put(f, d[i].file);
        if (d[i].line > 0)
            fprintf(f, ":%d", d[i].line);
        fputs("</code></li>", f);
    }
    fputs("</ul></dd>", f);
}

/* What was seen where it was not as it should be. */
static void put_seen(FILE *f, const struct tally_entry *e)
{
    if (e->verdict < VERDICT_INCONC)
        return;
    fprintf(f, "<dt>%s</dt><dd>", verdict_text(e->verdict));
    put(f, e->result->name);
    fputs(" (", f);
    put(f, e->world);
    fputs("): ", f);
    put(f, e->finding->text);
    fputs("</dd>", f);
}

static void each_world(FILE *f, const struct spec *s, const char *id,
                       void (*one)(FILE *, const struct tally_entry *))
{
    for (size_t i = 0; i < s->tally.n; i++)
        if (strcmp(s->tally.at[i].id, id) == 0)
            one(f, &s->tally.at[i]);
}

static void put_world_chip(FILE *f, const struct tally_entry *e)
{
    put_chip(f, e->verdict, e->world);
}

static void put_statement(FILE *f, const struct spec *s, const struct statement *st)
{
    enum verdict v = spec_verdict(s, st);

    fputs("<article id=\"", f);
    put(f, st->id);
    fprintf(f, "\" data-verdict=\"%s\" data-status=\"", verdict_text(v));
    put(f, st->status);
    fputs("\"><header><a href=\"#", f);
    put(f, st->id);
    fputs("\">", f);
    put(f, st->id);
    fputs("</a><span class=\"chip\">", f);
    put(f, st->status);
    fputs("</span>", f);
    each_world(f, s, st->id, put_world_chip);
    if (v == VERDICT_NONE)
        put_chip(f, v, NULL);
    fputs("</header><p class=\"says\">", f);
    put(f, st->says);
    fputs("</p><dl>", f);
    put_row(f, "reading", st->reading);
    put_row(f, "why", st->why);
    each_world(f, s, st->id, put_seen);
    if (v == VERDICT_NONE)
        put_row(f, "no verdict", spec_why_none(s, st));
    put_deciders(f, s, st);
    fputs("</dl></article>\n", f);
}

/* ---- a catalogue ------------------------------------------------------------------------------------ */

/* What we demand beyond the document stands behind it, as one section. */
static bool is_new_section(const struct catalogue *c, size_t i)
{
    if (i == 0 || c->at[i].is_beyond != c->at[i - 1].is_beyond)
        return true;
    return !c->at[i].is_beyond && strcmp(c->at[i].section, c->at[i - 1].section) != 0;
}

static const char *section_name(const struct statement *s)
{
    return s->is_beyond ? "Beyond the document" : s->section[0] ? s->section : "Without a section";
}

static void put_tile(FILE *f, size_t n, const char *class, const char *name)
{
    fprintf(f, "<li class=\"%s\"><b>%zu</b> %s</li>", class, n, name);
}

static void put_counts(FILE *f, const struct spec *s, const struct catalogue *c)
{
    struct spec_counts counts = spec_count(s, c);

    fputs("<ul class=\"tiles\">", f);
    put_tile(f, counts.statements, "", "statements");
    put_tile(f, counts.testable, "", "testable");
    if (counts.without_check > 0)
        put_tile(f, counts.without_check, "", "of these without a check");
    for (int v = VERDICT_PASS; v <= VERDICT_ERROR; v++)
        if (counts.by_verdict[v] > 0)
            put_tile(f, counts.by_verdict[v], verdict_text((enum verdict)v), verdict_text((enum verdict)v));
    put_tile(f, counts.by_verdict[VERDICT_NONE], "", "without a verdict");
    fputs("</ul>\n", f);
}

static void put_contents(FILE *f, const struct catalogue *c)
{
    fputs("<nav aria-label=\"Sections\">", f);
    for (size_t i = 0; i < c->n; i++) {
        if (!is_new_section(c, i))
            continue;
        fputs("<a href=\"#", f);
        put(f, c->at[i].id);
        fputs("\">", f);
        put(f, section_name(&c->at[i]));
        fputs("</a>", f);
    }
    fputs("</nav>\n", f);
}

static void put_catalogue(FILE *f, const struct spec *s, const struct catalogue *c, bool is_only)
{
    if (!is_only) {
        fputs("<h2 id=\"api-", f);
        put(f, c->api);
        fputs("\">", f);
        put(f, c->title);
        fputs("</h2>\n", f);
    }
    put_counts(f, s, c);
    put_contents(f, c);
    for (size_t i = 0; i < c->n; i++) {
        if (is_new_section(c, i)) {
            fputs(i > 0 ? "</section>\n<section><h3>" : "<section><h3>", f);
            put(f, section_name(&c->at[i]));
            fputs("</h3>\n", f);
        }
        put_statement(f, s, &c->at[i]);
    }
    if (c->n > 0)
        fputs("</section>\n", f);
}

/* ---- the page --------------------------------------------------------------------------------------- */

static void put_head(FILE *f, const char *title)
{
    fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
          "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>",
          f);
    put(f, title);
    fprintf(f, ": statements</title>\n<style>\n%s</style>\n</head>\n<body>\n<h1>", style);
    put(f, title);
    fputs("</h1>\n<p class=\"muted\">Every statement of the document: its sentence, how wattproof reads it, "
          "what "
          "decides it, and what the last run said.</p>\n"
          "<div class=\"find\" role=\"search\" hidden><input id=\"q\" type=\"search\" "
          "placeholder=\"Find in statements\" aria-label=\"Find in statements\"> "
          "<select id=\"v\" aria-label=\"Verdict or status\"><option value=\"\">all</option>",
          f);
    for (int v = VERDICT_NONE; v <= VERDICT_ERROR; v++)
        fprintf(f, "<option>%s</option>", verdict_text((enum verdict)v));
    fputs("<option>testable</option><option>ambiguous</option><option>contradicted</option>"
          "<option>out-of-scope</option></select> <output id=\"o\" class=\"muted\"></output></div>\n<main>\n",
          f);
}

bool spec_html(const struct spec *s, const char *api, const char *file)
{
    FILE *f = report_open(file);
    const char *title = "wattproof";

    if (!f)
        return false;
    for (const struct catalogue *c = spec_catalogues(s); c && api; c = c->next)
        if (strcmp(c->api, api) == 0)
            title = c->title;
    put_head(f, title);
    for (const struct catalogue *c = spec_catalogues(s); c; c = c->next)
        if (!api || strcmp(c->api, api) == 0)
            put_catalogue(f, s, c, api != NULL);
    fprintf(f, "</main>\n<script>\n%s</script>\n</body>\n</html>\n", script);
    return report_close(f, file);
}
