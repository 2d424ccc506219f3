/* The filter bar and what it lets through. */
const filter = (() => {
    const el = (id) => document.getElementById(id);

    function verdicts(now) {
        return new Set(now.verdict ? now.verdict.split(",") : []);
    }

    function passes(thing, ids, now) {
        const wanted = verdicts(now);

        return (!now.api || thing.api === now.api) && (wanted.size === 0 || wanted.has(thing.verdict)) &&
               (!now.statement || ids.has(now.statement.toUpperCase())) &&
               now.q.toLowerCase().split(/\s+/).every((word) => thing.text.includes(word));
    }

    function scenario(s, now) {
        return passes(s, s.statements, now);
    }

    function statement(s, now) {
        return passes(s, new Set([s.id]), now);
    }

    function toggle(verdict) {
        const chosen = verdicts(state.read());

        if (!chosen.delete(verdict))
            chosen.add(verdict);
        state.set({ verdict: [...chosen].join(",") }, true);
    }

    function verdictButton(v) {
        return h("button", { type: "button", class: "chip " + v, "data-verdict": v, "aria-pressed": "false",
                             onclick: () => toggle(v) },
                 h("span", { class: "mark", "aria-hidden": "true" }, dom.marks[v]), v);
    }

    function show(now) {
        const chosen = verdicts(now);

        for (const key of ["q", "api", "statement"])
            if (document.activeElement !== el("filter-" + key))
                el("filter-" + key).value = now[key];
        for (const b of document.querySelectorAll("#filter-verdict button"))
            b.setAttribute("aria-pressed", String(chosen.has(b.dataset.verdict)));
        el("filter-clear").disabled = !(now.q || now.api || now.statement || now.verdict);
    }

    function begin(m) {
        el("filter-api").append(...m.run.apis.map((a) => h("option", { value: a.api }, a.api)));
        el("statement-ids").append(...[...m.statements.keys()].map((id) => h("option", { value: id })));
        el("filter-verdict").append(...["pass", "inconc", "fail", "error", "none"].map(verdictButton));
        for (const key of ["q", "api", "statement"])
            el("filter-" + key).addEventListener("input", (e) => state.set({ [key]: e.target.value.trim() }, true));
        el("filter").addEventListener("submit", (e) => e.preventDefault());
        el("filter-clear").addEventListener("click", () => {
            for (const key of ["q", "api", "statement"])
                el("filter-" + key).value = "";
            state.set({ q: "", api: "", statement: "", verdict: "" }, true);
        });
        addEventListener("keydown", (e) => {
            if (e.key === "/" && !e.target.matches("input, select, textarea")) {
                e.preventDefault();
                el("filter-q").focus();
            }
        });
        state.onChange(show);
    }

    return { begin, scenario, statement, toggle };
})();
