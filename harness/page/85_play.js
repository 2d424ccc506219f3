/* One scenario in one world: what failed and why, every check, the timeline, and how to play it again. */
const playView = (() => {
    const BEFORE_SHOWN = 8, IDS_SHOWN = 8, LINES_BELOW = 12;

    function worlds(s, play) {
        return h("nav", { class: "worlds", "aria-label": "Worlds" }, s.plays.map((p) =>
            h("a", { class: "world " + p.verdict, href: state.href({ world: p.world }), "aria-current": p === play ? "page" : null },
              dom.playVerdict(p))));
    }

    function facts(play) {
        return h("p", { class: "facts" }, [play.file, "ended at " + dom.seconds(play.ended_us) + " s",
            dom.count(play.checks, "check"), dom.count(play.records, "record"),
            dom.count(play.publishes, "message"), dom.count(play.frames, "frame")].join(" · "));
    }

    function repeat(play) {
        return h("div", { class: "repeat" }, h("span", { class: "muted" }, "Again: "), h("code", {}, play.repeat), dom.copyButton(play.repeat));
    }

    /* ---- findings ----------------------------------------------------------------------------------- */

    function said(f, m) {
        return h("ul", { class: "said" }, f.statements.slice(0, 6).map((id) => {
            const s = m.statements.get(id);

            return h("li", {}, dom.statementLink(id, s), " ", s ? s.says : "");
        }), f.statements.length > 6 ? h("li", { class: "muted" }, "and " + (f.statements.length - 6) + " more statements") : "");
    }

    const signs = { " ": "same", "-": "expected", "+": "got", ".": "unasked" };

    function diffLine(l) {
        return h("span", { class: "diff-line " + signs[l.sign] }, h("span", { class: "sign" }, l.sign === "." ? " " : l.sign),
                 "  ".repeat(l.depth) + l.text, l.note ? h("em", {}, l.note) : "", "\n");
    }

    function difference(f) {
        if (!f.expected)
            return "";
        const unwanted = f.kind === "none" || f.kind === "never";
        const lines = diff.make(f.expected, f.got);
        const title = unwanted ? "Must not come, and came" : f.got ? "Expected (−) against what came nearest (+)"
                                                                   : "Expected, and nothing of the kind came";

        if (unwanted)
            lines.forEach((l) => { l.sign = l.sign === " " || l.sign === "." ? "+" : l.sign; });
        return h("figure", { class: "diff" + (unwanted ? " unwanted" : "") }, h("figcaption", {}, title), h("pre", {}, lines.map(diffLine)));
    }

    /* A rule of the contract names the message and the place in it: "topic: /register/id does not match". */
    function offender(f, t) {
        const record = f.record && !f.expected ? t.records.find((r) => r.seq === f.record) : null;

        if (!record || record.topic === undefined)
            return "";
        const m = /: \/(\S*) /.exec(f.text);
        const path = m ? m[1].split("/").map((p) => (/^\d+$/.test(p) ? "[" + p + "]" : "." + p)).join("").replace(/^\./, "") : "";

        return h("figure", { class: "diff" }, h("figcaption", {}, "The first message that broke it"),
                 h("p", { class: "topic" }, h("code", {}, record.topic)), inspector.payloadView(record, path));
    }

    function context(f, t) {
        const decided = t.records.find((r) => r.record === "check" && r.at_us === f.at_us && r.count === f.line && r.what === f.verdict);
        const seq = f.kind === "contract" || f.kind === "undocumented" ? f.record : decided ? decided.seq : 0;
        const small = seq ? timeline.before(t, seq, BEFORE_SHOWN) : null;

        return small ? h("div", { class: "before" }, h("h4", {}, "Frames and messages before it"), small) : "";
    }

    /* The lines that the finding speaks of: from its own to the next step. */
    function excerpt(f, t) {
        if (!t.source || !f.line)
            return "";
        const all = t.source.trimEnd().split("\n"), from = f.line - 1;
        let end = f.line;

        while (end < all.length && end < f.line + LINES_BELOW && !/^\s*-\s|^\S/.test(all[end]))
            end++;
        return h("figure", { class: "source" }, h("figcaption", {}, "The step"), source(all.slice(from, end), from, f.line, end));
    }

    function source(lines, from, first, end) {
        return h("pre", {}, lines.map((text, i) => {
            const n = from + i + 1;

            return h("span", { class: "source-line" + (n >= first && n <= end ? " here" : "") },
                     h("span", { class: "n" }, String(n)), text, "\n");
        }));
    }

    function wholeSource(play, t) {
        return t.source ? h("details", { class: "checks" }, h("summary", {}, "Scenario"),
                            h("figure", { class: "source" }, source(t.source.trimEnd().split("\n"), 0, 0, 0))) : "";
    }

    function failure(f, play, m, transcript) {
        const box = h("article", { class: "finding " + f.verdict },
            h("header", {}, dom.verdict(f.verdict), " ", h("strong", {}, f.kind), " ",
              h("span", { class: "muted" }, (f.line ? play.file + ":" + f.line + " " : "") + "at " + dom.seconds(f.at_us) + " s")),
            f.statements.length ? said(f, m) : "", h("p", { class: "sentence" }, f.text), difference(f));

        transcript.then((t) => dom.append(box, [excerpt(f, t), offender(f, t), context(f, t), f.record ? h("p", { class: "goto" },
            h("a", { href: state.href({ record: String(f.record) }) }, "Record " + f.record + " in the timeline")) : ""]));
        return box;
    }

    function ids(some, m) {
        return some.map((id) => [dom.statementLink(id, m.statements.get(id)), " "]);
    }

    function passRow(f, m) {
        return h("tr", {}, h("td", {}, dom.verdict(f.verdict)), h("td", {}, f.kind + (f.line ? " line " + f.line : "")),
                 h("td", { class: "evidence-text" }, f.record
                     ? h("a", { href: state.href({ record: String(f.record) }) }, f.text) : f.text,
                     f.known ? " (as expected: " + f.known + ")" : ""),
                 h("td", { class: "ids" }, ids(f.statements.slice(0, IDS_SHOWN), m), f.statements.length > IDS_SHOWN
                     ? h("details", {}, h("summary", {}, "and " + (f.statements.length - IDS_SHOWN) + " more"),
                         ids(f.statements.slice(IDS_SHOWN), m)) : ""));
    }

    function checks(play, m, strict) {
        const bad = new Set(model.failures(play, strict)), rest = play.findings.filter((f) => !bad.has(f));

        if (rest.length === 0)
            return "";
        return h("details", { class: "checks" },
                 h("summary", {}, bad.size ? dom.count(rest.length, "other finding") : dom.count(rest.length, "finding")),
                 h("table", {}, h("tbody", {}, rest.map((f) => passRow(f, m)))));
    }

    /* ---- the view ----------------------------------------------------------------------------------- */

    function goTo(box, seq) {
        const place = box.querySelector(".timeline-place");

        if (seq && place && !timeline.reveal(place, seq))
            place.before(h("p", { class: "muted", role: "status" },
                "Record " + seq + " is not shown: it is hidden, or left out of this page."));
    }

    function view(m, now) {
        const s = m.byName.get(now.play);

        if (!s)
            return h("article", { class: "play" }, h("p", { class: "back" }, h("a", { href: state.href({ play: "", world: "" }) }, "← All scenarios")),
                     h("h2", { tabindex: "-1" }, now.play), h("p", { class: "nothing" }, "This run has no scenario of this name."));
        const play = s.plays.find((p) => p.world === now.world) || list.worstPlay(s), transcript = data.open(play.id);
        const place = h("div", { class: "timeline-place", "aria-busy": "true" }), scenario = h("div", {});
        const box = h("article", { class: "play" },
            h("p", { class: "back" }, h("a", { href: state.href({ play: "", world: "" }) }, "← All scenarios")),
            h("h2", { tabindex: "-1" }, s.name), h("p", { class: "purpose" }, s.purpose), worlds(s, play), facts(play), repeat(play),
            s.differs ? h("p", { class: "because error" }, s.differs) : "",
            play.because ? h("p", { class: "because " + play.verdict }, play.because) : "",
            model.failures(play, m.run.strict).map((f) => failure(f, play, m, transcript)),
            checks(play, m, m.run.strict), scenario, h("h3", {}, "Timeline"), place);

        transcript.then((t) => {
            dom.fill(scenario, wholeSource(play, t));
            dom.fill(place, timeline.view(t));
            place.removeAttribute("aria-busy");
            requestAnimationFrame(() => goTo(box, now.record));
        }, (e) => dom.fill(place, h("p", { class: "because error" }, "The records cannot be opened: " + e.message)));
        return box;
    }

    return { view, goTo };
})();
