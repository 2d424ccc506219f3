/* The run as the views need it: scenarios with a play for each world, statements with what decided them. */
const model = (() => {
    function scenariosOf(run) {
        const all = new Map();

        run.plays.forEach((play, i) => {
            play.id = "play-" + i;
            if (!all.has(play.scenario))
                all.set(play.scenario, { name: play.scenario, api: play.api || "", purpose: play.purpose || "",
                                         plays: [], statements: new Set(), verdict: "none" });
            const s = all.get(play.scenario);

            s.plays.push(play);
            s.verdict = dom.worst(s.verdict, play.verdict);
            for (const f of play.findings)
                f.statements.forEach((id) => s.statements.add(id));
        });
        for (const d of run.disagreements) { /* an error of ours, whatever the verdicts are */
            const s = all.get(d.scenario);

            s.differs = "The worlds differ: " + d.text;
            s.verdict = "error";
        }
        for (const s of all.values()) {
            s.text = [s.name, s.purpose, s.differs || "", ...s.plays.flatMap((p) => [p.file, p.because || "",
                      ...p.findings.map((f) => f.text)])].join("\n").toLowerCase();
            s.order = -dom.order.indexOf(s.verdict);
        }
        return [...all.values()].sort((a, b) => badness(a) - badness(b));
    }

    /* What failed comes first, then the order of the run. */
    function badness(s) {
        return s.verdict === "pass" || s.verdict === "none" ? 0 : s.order;
    }

    function decide(statement, play, finding, strict) {
        const world = statement.worlds[play.world] || (statement.worlds[play.world] = { verdict: "none", evidence: [] });

        if (strict || !finding.undocumented)
            world.verdict = dom.worst(world.verdict, finding.verdict);
        world.evidence.push({ play, finding });
    }

    function whyNone(s) {
        if (s.status === "out-of-scope")
            return s.why || "out of scope";
        if (s.schemas.length + s.scenarios.length === 0)
            return "no check decides it yet";
        return "not decided in this run";
    }

    function statementsOf(run) {
        const known = new Map();

        for (const api of run.apis) {
            for (const s of api.statements) {
                s.api = api.api;
                s.worlds = {};
                known.set(s.id, s);
            }
        }
        for (const play of run.plays)
            for (const finding of play.findings)
                for (const id of finding.statements)
                    if (known.has(id))
                        decide(known.get(id), play, finding, run.strict);
        for (const s of known.values()) {
            s.verdict = Object.values(s.worlds).map((w) => w.verdict).reduce(dom.worst, "none");
            s.none = s.verdict === "none" ? whyNone(s) : "";
            s.text = [s.id, s.section, s.says, s.reading || "", s.why || ""].join("\n").toLowerCase();
        }
        return known;
    }

    /* What this run is about comes first. */
    function isDecided(api) {
        return api.statements.some((s) => s.verdict !== "none");
    }

    function build(run) {
        const statements = statementsOf(run), scenarios = scenariosOf(run);
        const worlds = ["virtual", "live"].filter((w) => run.plays.some((p) => p.world === w));

        run.apis.sort((a, b) => isDecided(b) - isDecided(a));
        return { run, scenarios, statements, worlds, byName: new Map(scenarios.map((s) => [s.name, s])) };
    }

    function isBad(verdict, strict) {
        return verdict === "fail" || verdict === "error" || (strict && verdict === "inconc");
    }

    function failures(play, strict) {
        return play.findings.filter((f) => (f.verdict !== "pass" && f.verdict !== "none") &&
                                           (strict || !f.undocumented) && !f.known);
    }

    return { build, isBad, failures };
})();
