/* The sequence diagram: a lane for each machine, time going down, an arrow for each frame and message. */
const timeline = (() => {
    const groups = [
        ["frame", "frames"], ["publish", "messages"], ["deliver", "deliveries"], ["session", "connections"],
        ["event", "faults and notes"], ["inside", "inside the gateway"], ["step", "steps and checks"],
    ];
    const SESSION_FOLD = 4, PAUSE_US = 1000000;
    const hidden = new Set(["inside"]);

    const clock = (us) => (us / 1e6).toFixed(4); /* the same decimals in all rows */
    const percent = (x) => (x * 100).toFixed(3) + "%";

    function arrow(row, lanes) {
        const index = (name) => lanes.findIndex((l) => l.name === name);
        const a = index(row.from), b = index(row.to);

        if (a < 0 || b < 0 || a === b)
            return marker(row, lanes, Math.max(a, b, 0));
        const n = lanes.length, left = (Math.min(a, b) + 0.5) / n, width = Math.abs(a - b) / n;
        const onRight = left + width / 2 > 0.5;

        return [h("span", { class: "label" + (onRight ? " on-right" : ""),
                            style: onRight ? "left: 0; right: " + percent(1 - left - width) : "left: " + percent(left) + "; right: 0" },
                  labelOf(row)),
                h("span", { class: "arrow " + (a < b ? "to-right" : "to-left"),
                            style: "left: " + percent(left) + "; width: " + percent(width) })];
    }

    function marker(row, lanes, i) {
        const x = (i + 0.5) / lanes.length;

        return [h("span", { class: "dot", style: "left: " + percent(x) }),
                h("span", { class: "label beside " + (x > 0.5 ? "before" : "behind"),
                            style: x > 0.5 ? "left: 0; right: " + percent(1 - x) : "left: " + percent(x) + "; right: 0" }, labelOf(row))];
    }

    function labelOf(row) {
        return [row.codec ? h("b", {}, row.codec) : "", row.codec ? " " : "", row.text,
                row.more ? h("i", {}, " " + row.more.slice(0, 200)) : ""];
    }

    function body(row, lanes) {
        if (row.group === "step" || row.group === "gap")
            return h("span", { class: "across" }, row.verdict ? dom.verdict(row.verdict) : "",
                     row.line ? h("b", {}, " line " + row.line + " ") : "", row.verdict ? " " : "", row.text);
        if (row.lane)
            return marker(row, lanes, Math.max(0, lanes.findIndex((l) => l.name === row.lane)));
        return arrow(row, lanes);
    }

    function describe(row) {
        const who = row.from ? " from " + row.from + " to " + row.to : row.lane ? " at " + row.lane : "";

        return dom.seconds(row.at) + " s: " + (row.verdict ? row.verdict + " check " : row.group) + who + ": " +
               (row.codec ? row.codec + " " : "") + row.text + (row.lost ? " (never arrived)" : "");
    }

    function rowElement(row, lanes) {
        const classes = ["row", row.group, row.verdict || "", row.lost ? "lost" : "", row.bad ? "bad" : ""];
        const content = [h("span", { class: "time" }, clock(row.at)), h("span", { class: "lane-area" }, body(row, lanes))];

        if (!row.record)
            return h("div", { class: classes.join(" ") }, content);
        const button = h("button", { type: "button", class: classes.join(" "), "aria-expanded": "false", tabindex: "-1",
                                     "aria-label": describe(row), "data-record": row.record.seq,
                                     onclick: () => toggle(button, row) }, content);
        return button;
    }

    function toggle(button, row, open = button.getAttribute("aria-expanded") !== "true") {
        if (open === (button.getAttribute("aria-expanded") === "true"))
            return;
        button.setAttribute("aria-expanded", String(open));
        if (open)
            button.after(inspector.panel(row));
        else
            button.nextElementSibling.remove();
    }

    /* Many connections in a row are one line until somebody wants them. */
    function fold(some, lanes) {
        const names = [...new Set(some.map((r) => r.record.record))].join(", ");
        const button = h("button", { type: "button", class: "row fold", "aria-expanded": "false", tabindex: "-1", onclick: unfold },
                         h("span", { class: "time" }, clock(some[0].at)),
                         h("span", { class: "lane-area" }, h("span", { class: "across" }, some.length + " × " + names)));

        function unfold() {
            const all = some.map((row) => rowElement(row, lanes));

            button.replaceWith(...all);
            all[0].tabIndex = 0;
            all[0].focus();
        }
        button.dataset.records = some.map((r) => r.record.seq).join(" ");
        return button;
    }

    function elements(shown, lanes) {
        const out = [];
        let before = null;

        for (let i = 0; i < shown.length; i++) {
            const row = shown[i];
            let end = i;

            if (before !== null && row.at - before >= PAUSE_US)
                out.push(h("div", { class: "row pause", "aria-hidden": "true" }, h("span", { class: "time" }),
                           h("span", { class: "lane-area" }, h("span", { class: "across" }, dom.seconds(row.at - before) + " s later"))));
            while (end < shown.length && shown[end].group === "session")
                end++;
            if (end - i >= SESSION_FOLD) {
                out.push(fold(shown.slice(i, end), lanes));
                i = end - 1;
            } else {
                out.push(rowElement(row, lanes));
            }
            before = shown[i].at;
        }
        return out;
    }

    /* One stop for the Tab key; inside, the arrow keys go from row to row. */
    function rove(box) {
        const all = () => [...box.querySelectorAll("button.row")];

        box.addEventListener("keydown", (e) => {
            const some = all(), i = some.indexOf(e.target.closest("button.row"));
            const to = { ArrowDown: i + 1, ArrowUp: i - 1, Home: 0, End: some.length - 1 }[e.key];

            if (i < 0 || to === undefined || !some[to] || !e.target.matches("button.row"))
                return;
            e.preventDefault();
            some[to].focus();
        });
        box.addEventListener("focusin", (e) => {
            const row = e.target.closest("button.row");

            if (row) {
                all().forEach((b) => { b.tabIndex = -1; });
                row.tabIndex = 0;
            }
        });
    }

    function diagram(shown, lanes, label) {
        const centres = lanes.map((l, i) => percent((i + 0.5) / lanes.length));
        const body = h("div", { class: "rows" },
                       h("div", { class: "lines", "aria-hidden": "true" }, centres.map((x) => h("span", { style: "left: " + x }))),
                       elements(shown, lanes));
        const box = h("div", { class: "diagram", role: "group", "aria-label": label, style: "--lanes: " + lanes.length },
                      h("div", { class: "heads" }, h("span", { class: "time" }, "s"),
                        h("div", { class: "lane-area" }, lanes.map((l) => h("span", { class: "head " + l.kind }, h("b", {}, l.name),
                                                                               h("small", {}, l.kind === l.name ? "" : l.kind))))),
                      body);
        const first = box.querySelector("button.row");

        if (first)
            first.tabIndex = 0;
        rove(box);
        return box;
    }

    function cutNote(t) {
        if (t.trouble)
            return h("p", { class: "muted" }, t.trouble + (t.unreadable ? ": " + t.unreadable : "") + ".");
        if (!t.left_out)
            return "";
        return h("p", { class: "muted" }, "This page has " + t.records.length + " of " + t.total + " records: the first " +
                 t.left_out.after + " and the last " + (t.records.length - t.left_out.after) +
                 ". All of them are in transcript.jsonl of the run.");
    }

    function view(t) {
        const made = rows.make(t), box = h("div", { class: "timeline" });

        function draw() {
            const shown = made.rows.filter((r) => !hidden.has(r.group));

            box.querySelector(".diagram").replaceWith(diagram(shown, made.lanes, "Timeline"));
        }

        function chip([group, title]) {
            const n = made.rows.filter((r) => r.group === group).length;
            const button = h("button", { type: "button", class: "chip kind " + group, "aria-pressed": String(!hidden.has(group)),
                                         disabled: n === 0, "data-group": group, onclick: () => {
                if (!hidden.delete(group))
                    hidden.add(group);
                button.setAttribute("aria-pressed", String(!hidden.has(group)));
                draw();
            } }, title + " ", h("small", {}, String(n)));

            return button;
        }
        dom.append(box, [h("div", { class: "kinds", role: "group", "aria-label": "Kinds of records" }, groups.map(chip)),
                         made.prefix ? h("p", { class: "muted prefix" }, "Topics are shown without their common beginning ", h("code", {}, made.prefix)) : "",
                         cutNote(t), h("div", { class: "diagram" })]);
        draw();
        return box;
    }

    /* The last arrows up to a record, for a failure's own small diagram. */
    function before(t, seq, n) {
        const made = rows.make(t);
        const arrows = made.rows.filter((r) => (r.group === "frame" || r.group === "publish" || r.group === "event") && r.seq <= seq);
        const shown = arrows.slice(-n), used = new Set(shown.flatMap((r) => [r.from, r.to, r.lane]));

        if (shown.length === 0)
            return null;
        return diagram(shown, made.lanes.filter((l) => used.has(l.name)), "What came before");
    }

    /* Opens the record's row and brings it into view. false: it is not shown. */
    function reveal(box, seq) {
        const fold = [...box.querySelectorAll("button.fold")].find((b) => b.dataset.records.split(" ").includes(String(seq)));

        if (fold)
            fold.click();
        const button = box.querySelector('button.row[data-record="' + Number(seq) + '"]');

        if (!button)
            return false;
        if (button.getAttribute("aria-expanded") !== "true")
            button.click();
        button.scrollIntoView({ block: "center" });
        button.focus({ preventScroll: true });
        return true;
    }

    return { view, before, reveal };
})();
