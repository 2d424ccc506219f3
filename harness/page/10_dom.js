/* Elements, made without ever reading markup out of data: whatever a topic or a payload says stays text. */
const dom = (() => {
    /* h("a", {class: "x", href: "#", onclick: f}, "text", child, [more]); null and false are left out. */
    function h(name, attributes, ...children) {
        const e = document.createElement(name);

        for (const [key, value] of Object.entries(attributes || {})) {
            if (value === null || value === undefined || value === false)
                continue;
            if (key.startsWith("on"))
                e.addEventListener(key.slice(2), value);
            else
                e.setAttribute(key, value === true ? "" : value);
        }
        append(e, children);
        return e;
    }

    function append(e, children) {
        for (const child of children.flat(Infinity))
            if (child !== null && child !== undefined && child !== false)
                e.append(child);
    }

    function fill(e, ...children) {
        e.replaceChildren();
        append(e, children);
    }

    const marks = { pass: "✓", inconc: "?", fail: "✗", error: "!", none: "–" };
    const order = ["none", "pass", "inconc", "fail", "error"];

    function worst(a, b) {
        return order.indexOf(a) > order.indexOf(b) ? a : b;
    }

    /* A verdict as a coloured word with its mark, so that colour is never all that tells. */
    function verdict(v, before, word) {
        return h("span", { class: "verdict " + v }, h("span", { class: "mark", "aria-hidden": "true" }, marks[v]),
                 before ? before + " " : "", word || v);
    }

    /* Of a play: one that was not held has no verdict, but a reason. */
    function playVerdict(play) {
        return verdict(play.verdict, play.world, play.not_played ? "not played" : play.applicable ? null : "not applicable");
    }

    function seconds(us) {
        return (us / 1e6).toFixed(us % 1000 === 0 ? 3 : 4);
    }

    function count(n, one, many) {
        return n + " " + (n === 1 ? one : many || one + "s");
    }

    function copyButton(text) {
        const button = h("button", { type: "button", class: "copy", onclick: copy }, "Copy");

        async function copy() {
            try {
                await navigator.clipboard.writeText(text);
                button.textContent = "Copied";
            } catch {
                const range = document.createRange();

                range.selectNodeContents(button.previousElementSibling);
                getSelection().removeAllRanges();
                getSelection().addRange(range);
                button.textContent = document.execCommand("copy") ? "Copied" : "Selected";
            }
            setTimeout(() => { button.textContent = "Copy"; }, 1500);
        }
        return button;
    }

    function statementLink(id, known) {
        return h("a", { class: "statement", href: state.href({ view: "statements", statement: id, play: "" }),
                        title: known ? known.says : null }, id);
    }

    return { h, fill, append, marks, order, worst, verdict, playVerdict, seconds, count, copyButton, statementLink };
})();
const h = dom.h;
