/* The statement matrix: every sentence of a document, our reading, who decides it, the verdict in each world and why. */
const statements = (() => {
    const EVIDENCE_SHOWN = 40, NAMES_SHOWN = 2;

    function evidenceItem({ play, finding }) {
        return h("li", {}, dom.verdict(finding.verdict, play.world), " ",
                 h("a", { href: state.href({ view: "", statement: "", play: play.scenario, world: play.world,
                                             record: finding.record ? String(finding.record) : "" }) }, play.scenario),
                 " ", h("span", { class: "muted" }, finding.kind + (finding.line ? " line " + finding.line : "") +
                        " at " + dom.seconds(finding.at_us) + " s"),
                 finding.known ? h("span", {}, ", expected of this system: " + finding.known) : "",
                 h("span", { class: "evidence-text" }, finding.text));
    }

    function deciders(s) {
        return h("dl", { class: "deciders" },
                 s.scenarios.length ? [h("dt", {}, "scenarios that prove it"), h("dd", {}, s.scenarios.map((name) =>
                     h("a", { class: "tag", href: state.href({ view: "", statement: "", play: name, world: "" }) }, name)))] : "",
                 s.schemas.length ? [h("dt", {}, "rules of the contract"), h("dd", {}, s.schemas.map((where) =>
                     h("span", { class: "tag" }, where)))] : "");
    }

    /* Failures first: who opens this wants to know why. */
    function evidence(s) {
        const all = Object.values(s.worlds).flatMap((w) => w.evidence)
            .sort((a, b) => dom.order.indexOf(b.finding.verdict) - dom.order.indexOf(a.finding.verdict));

        if (all.length === 0)
            return h("p", { class: "muted" }, s.none);
        return h("ul", { class: "evidence" }, all.slice(0, EVIDENCE_SHOWN).map(evidenceItem),
                 all.length > EVIDENCE_SHOWN ? h("li", { class: "muted" }, "and " + (all.length - EVIDENCE_SHOWN) + " more") : "");
    }

    function details(s) {
        return h("tr", { class: "details", id: "details-" + s.id },
                 h("td", { colspan: "6" }, s.why ? h("p", {}, h("strong", {}, "Why: "), s.why) : "", deciders(s),
                   h("h4", {}, "Evidence"), evidence(s)));
    }

    function scenariosOf(s) {
        const names = [...new Set(Object.values(s.worlds).flatMap((w) => w.evidence.map((e) => e.play.scenario)))];

        if (names.length === 0)
            return h("span", { class: "muted" }, s.none);
        return [names.slice(0, NAMES_SHOWN).map((name) =>
                    h("a", { class: "by", href: state.href({ view: "", statement: "", play: name, world: "" }) }, name)),
                names.length > NAMES_SHOWN ? h("span", { class: "muted" }, "and " + (names.length - NAMES_SHOWN) + " more") : ""];
    }

    function toggle(button, s) {
        const row = button.closest("tr"), open = button.getAttribute("aria-expanded") === "true";

        button.setAttribute("aria-expanded", String(!open));
        row.classList.toggle("open", !open);
        if (open)
            row.nextElementSibling.remove();
        else
            row.after(details(s));
    }

    function row(s, m) {
        const button = h("button", { type: "button", class: "id", "aria-expanded": "false", "aria-controls": "details-" + s.id,
                                     onclick: () => toggle(button, s) }, s.id);

        return h("tr", { class: "row " + s.verdict, "data-statement": s.id },
                 h("th", { scope: "row" }, button),
                 h("td", { class: "says" }, h("p", {}, s.says), s.reading ? h("p", { class: "reading" }, s.reading) : "",
                   h("p", { class: "section" }, s.section, s.beyond ? " · beyond the document" : "",
                     s.status !== "testable" ? " · " + s.status : "")),
                 m.worlds.map((w) => h("td", { class: "verdict-cell", "data-label": w },
                                       dom.verdict(s.worlds[w] ? s.worlds[w].verdict : "none"))),
                 h("td", { class: "decided-by", "data-label": "scenarios" }, scenariosOf(s)));
    }

    function table(api, shown, m) {
        return h("section", { class: "matrix" },
                 h("h2", {}, api.title, h("span", { class: "muted" }, " " + api.api)),
                 summary.bar(summary.tally(shown), api.api),
                 h("table", {},
                   h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "statement"), h("th", { scope: "col" }, "what it says, how we read it"),
                                    m.worlds.map((w) => h("th", { scope: "col" }, w)), h("th", { scope: "col" }, "scenarios"))),
                   h("tbody", {}, shown.map((s) => row(s, m)))));
    }

    function view(m, now) {
        const all = m.run.apis.map((api) => [api, api.statements.filter((s) => filter.statement(s, now))]);
        const n = all.reduce((sum, [, shown]) => sum + shown.length, 0);
        const element = h("div", { class: "statements" }, all.filter(([, shown]) => shown.length > 0)
            .map(([api, shown]) => table(api, shown, m)),
            n === 0 ? h("p", { class: "nothing" }, "No statement fits the filter.") : "");

        if (n > 0 && n <= 3) /* a link to one statement shows all of it */
            element.querySelectorAll("button.id").forEach((b) => b.click());
        return { shown: n + " of " + dom.count(m.statements.size, "statement"), element };
    }

    return { view };
})();
