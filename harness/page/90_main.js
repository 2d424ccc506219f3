/* Opens the data, then draws what the address asks for. */
(async () => {
    const main = document.getElementById("main"), shown = document.getElementById("shown");
    let m, last = {}, place = 0;

    function tabs(now) {
        const statementsShown = now.view === "statements";
        const [first, second] = [document.getElementById("tab-scenarios"), document.getElementById("tab-statements")];

        first.href = state.href({ view: "", play: "", world: "" });
        second.href = state.href({ view: "statements", play: "", world: "" });
        first.textContent = "Scenarios (" + m.scenarios.length + ")";
        second.textContent = "Statements (" + m.statements.size + ")";
        (statementsShown ? second : first).setAttribute("aria-current", "page");
        (statementsShown ? first : second).removeAttribute("aria-current");
    }

    function same(now, ...keys) {
        return keys.every((key) => now[key] === last[key]);
    }

    /* Only another record of the play that is open: nothing is drawn anew. */
    function onlyRecordChanged(now) {
        return now.play && now.view !== "statements" && same(now, "view", "play", "world") && now.record !== last.record;
    }

    function draw(now) {
        const open = now.play && now.view !== "statements";

        tabs(now);
        if (onlyRecordChanged(now)) {
            playView.goTo(main.querySelector(".play"), now.record);
            last = now;
            return;
        }
        if (open && same(now, "view", "play", "world")) { /* the filter changed behind an open play */
            last = now;
            return;
        }
        if (!open && last.play)
            requestAnimationFrame(() => scrollTo(0, place));
        if (open && !last.play)
            place = scrollY;
        document.body.classList.toggle("open", Boolean(open));
        if (open) {
            shown.textContent = "";
            dom.fill(main, playView.view(m, now));
            requestAnimationFrame(() => {
                main.querySelector("h2").focus({ preventScroll: true });
                scrollTo(0, Math.min(scrollY, document.querySelector(".tabs").offsetTop));
            });
        } else {
            const view = now.view === "statements" ? statements.view(m, now) : list.view(m, now);

            shown.textContent = view.shown + " shown";
            dom.fill(main, view.element);
        }
        last = now;
    }

    function openAllForPaper() {
        document.querySelectorAll("main details:not([open])").forEach((d) => {
            d.open = true;
            d.dataset.paper = "yes";
        });
    }

    function closeAgain() {
        document.querySelectorAll("details[data-paper]").forEach((d) => {
            d.open = false;
            delete d.dataset.paper;
        });
    }

    function ready() {
        document.body.classList.remove("loading");
        main.removeAttribute("aria-busy");
    }

    try {
        m = model.build(await data.open("run"));
    } catch (e) {
        dom.fill(main, h("p", { class: "because error" }, "This page cannot be opened here: " + e.message +
                         ". It needs a browser with DecompressionStream (2023 or later)."));
        ready();
        return;
    }
    summary.begin(m);
    filter.begin(m);
    state.onChange(draw);
    addEventListener("keydown", (e) => {
        if (e.key === "Escape" && state.read().play && !e.target.matches("input, select"))
            state.set({ play: "", world: "" });
    });
    addEventListener("beforeprint", openAllForPaper);
    addEventListener("afterprint", closeAgain);
    state.tell();
    ready();
})();
