/* The scenarios, one row each, what failed first. */
const list = (() => {
    function worldLink(s, play) {
        return h("a", { class: "world " + play.verdict, href: state.href({ play: s.name, world: play.world }),
                        "aria-label": play.scenario + ", " + play.world + ": " + play.verdict }, dom.playVerdict(play));
    }

    function firstFailure(s, run) {
        if (s.differs)
            return s.differs;
        for (const play of s.plays) {
            if (play.because && play.verdict !== "pass")
                return play.because;
            const f = model.isBad(play.verdict, run.strict) && model.failures(play, run.strict)[0];

            if (f)
                return (f.statements.length ? f.statements.join(" ") + ": " : "") + f.text;
        }
        return "";
    }

    function row(s, run) {
        const failure = firstFailure(s, run);

        return h("li", { class: "scenario " + s.verdict, "data-scenario": s.name },
                 h("a", { class: "name", href: state.href({ play: s.name, world: worstPlay(s).world }) }, s.name),
                 h("span", { class: "purpose" }, s.purpose),
                 h("span", { class: "worlds" }, s.plays.map((p) => worldLink(s, p))),
                 failure ? h("span", { class: "failure" }, failure) : "");
    }

    function worstPlay(s) {
        return s.plays.reduce((a, b) => (dom.worst(a.verdict, b.verdict) === a.verdict ? a : b));
    }

    function view(m, now) {
        const shown = m.scenarios.filter((s) => filter.scenario(s, now));

        return { shown: shown.length + " of " + dom.count(m.scenarios.length, "scenario"),
                 element: h("ul", { class: "scenarios", "aria-label": "Scenarios" },
                            shown.map((s) => row(s, m.run)),
                            shown.length === 0 ? h("li", { class: "nothing" }, "No scenario fits the filter.") : "") };
    }

    return { view, worstPlay };
})();
