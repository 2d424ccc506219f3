/* The first look: how many of which verdict, each statement's too, and what changed since the run before. */
const summary = (() => {
    function tally(things) {
        const n = Object.fromEntries(dom.order.map((v) => [v, 0]));

        things.forEach((t) => n[t.verdict]++);
        return n;
    }

    function bar(n, label) {
        const shown = ["pass", "inconc", "fail", "error", "none"].filter((v) => n[v] > 0);
        const text = label + ": " + (shown.map((v) => n[v] + " " + v).join(", ") || "nothing");

        return h("div", { class: "bar", role: "img", "aria-label": text, title: text },
                 shown.map((v) => h("span", { class: v, style: "flex-grow: " + n[v] })));
    }

    function counts(n) {
        return h("ul", { class: "counts" }, ["fail", "error", "inconc", "pass", "none"].filter((v) => n[v] > 0).map((v) =>
            h("li", {}, h("a", { href: state.href({ view: "", verdict: v, play: "", api: "", q: "", statement: "" }) },
                          h("strong", {}, String(n[v])), " ", dom.verdict(v, "", v === "none" ? "not held" : null)))));
    }

    function headline(run, n) {
        const bad = run.plays.filter((p) => model.isBad(p.verdict, run.strict)).length;

        if (run.plays.length === 0)
            return h("h2", { class: "headline none" }, "Nothing was played");
        if (bad === 0 && run.disagreements.length > 0)
            return h("h2", { class: "headline fail" }, "The worlds differ on " + dom.count(run.disagreements.length, "scenario"));
        if (bad > 0)
            return h("h2", { class: "headline fail" }, bad + " of " + dom.count(run.plays.length, "play"),
                     " failed");
        return h("h2", { class: "headline pass" }, n.pass === run.plays.length
            ? "All " + dom.count(run.plays.length, "play") + " passed"
            : "None of " + dom.count(run.plays.length, "play") + " failed");
    }

    function plays(m) {
        const n = tally(m.run.plays);

        return h("div", { class: "card" }, headline(m.run, n), bar(n, "plays"), counts(n));
    }

    function statements(m) {
        return h("div", { class: "card" }, h("h2", {}, "Statements"), m.run.apis.map((api) => {
            const n = tally(api.statements), decided = api.statements.length - n.none;

            return h("a", { class: "api", href: state.href({ view: "statements", api: api.api, verdict: "", q: "",
                                                             statement: "", play: "" }) },
                     h("span", { class: "name" }, api.api), bar(n, api.api),
                     h("span", { class: "number" }, decided + " of " + api.statements.length + " decided"));
        }));
    }

    const titles = { failing: "newly failing", inconc: "newly inconclusive", fixed: "newly passing", changed: "changed otherwise",
                     added: "added", gone: "gone" };
    const always = ["failing", "fixed", "added", "gone"];
    const PLAYS_SHOWN = 6, STATEMENTS_SHOWN = 12;

    function more(all, shown) {
        return all.length > shown ? h("span", { class: "muted" }, " and " + (all.length - shown) + " more") : "";
    }

    function changedPlay(c) {
        const text = c.scenario + " (" + c.world + ")";

        return h("li", {}, c.is ? h("a", { href: state.href({ view: "", play: c.scenario, world: c.world }) }, text) : text,
                 c.was && c.was !== "pass" && c.is ? [" was ", dom.verdict(c.was)] : "");
    }

    function changeGroup(kind, all) {
        const some = all.filter((c) => c.kind === kind), plays = some.filter((c) => c.scenario);
        const ids = [...new Set(some.filter((c) => c.statement).map((c) => c.statement))];
        const count = [plays.length ? dom.count(plays.length, "play") : "", ids.length ? dom.count(ids.length, "statement") : ""];

        return h("details", { class: "change " + kind + (some.length ? "" : " empty"), open: kind === "failing" && some.length > 0 },
                 h("summary", {}, h("strong", {}, count.filter(Boolean).join(", ") || "0"), " " + titles[kind]),
                 some.length === 0 ? h("p", {}, "none") : "",
                 plays.length ? h("ul", {}, plays.slice(0, PLAYS_SHOWN).map(changedPlay), h("li", {}, more(plays, PLAYS_SHOWN))) : "",
                 ids.length ? h("p", {}, ids.slice(0, STATEMENTS_SHOWN).map((id) => [dom.statementLink(id), " "]), more(ids, STATEMENTS_SHOWN)) : "");
    }

    function changes(m) {
        return h("div", { class: "card changes" }, h("h2", {}, "Since the run before"),
                 m.run.changes ? Object.keys(titles)
                                   .filter((kind) => always.includes(kind) || m.run.changes.some((c) => c.kind === kind))
                                   .map((kind) => changeGroup(kind, m.run.changes))
                               : h("p", { class: "muted" }, "There is no earlier run to compare with."),
                 m.run.same_scope === false ? h("p", { class: "muted note" },
                     "The run before was asked for something else: only what both played is compared.") : "");
    }

    function capturesText(c) {
        return c ? dom.count(c.replayed, "capture") + (c.different + c.unreadable ? ", " + (c.different + c.unreadable) + " not as expected" : "") : "";
    }

    function facts(m) {
        const checks = m.run.plays.reduce((n, p) => n + p.checks, 0);

        return [m.run.sut ? "system under test: " + m.run.sut : "",
                dom.count(m.scenarios.length, "scenario"), m.worlds.join(" and ") || "no world",
                dom.count(checks, "check") + " decided", capturesText(m.run.captures), m.run.select ? "only " + m.run.select : "",
                "seed " + m.run.seed, m.run.strict ? "strict" : "",
                m.run.stale ? dom.count(m.run.stale, "expected deviation") + " did not occur" : "", m.run.interrupted ? "interrupted" : ""]
            .filter(Boolean).join(" · ");
    }

    function begin(m) {
        const failed = m.run.plays.filter((p) => model.isBad(p.verdict, m.run.strict)).length;

        document.getElementById("facts").textContent = facts(m);
        document.title = (failed || m.run.disagreements.length ? "✗ " + (failed ? failed + " failed" : "worlds differ") : "✓ " + m.run.plays.length + " plays") + " – wattproof report";
        dom.fill(document.getElementById("summary"), plays(m), statements(m), changes(m));
    }

    return { begin, bar, tally };
})();
