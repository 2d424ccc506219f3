/* One record opened: its fields beside its bytes. Pointing at a field lights up its bytes, and the other way round; a
 * click keeps it lit. */
const inspector = (() => {
    const PER_LINE = 16;

    function bytesOfHex(hex) {
        return Uint8Array.from((hex || "").match(/../g) || [], (two) => parseInt(two, 16));
    }

    /* ---- bytes -------------------------------------------------------------------------------------- */

    function printable(b) {
        return b >= 0x20 && b < 0x7f ? String.fromCharCode(b) : "·";
    }

    function hexDump(bytes, whole) {
        const lines = [];

        for (let i = 0; i < bytes.length; i += PER_LINE) {
            const some = [...bytes.slice(i, i + PER_LINE)];

            lines.push(h("div", { class: "hex-line" }, h("span", { class: "offset" }, i.toString(16).padStart(4, "0")),
                         h("span", { class: "octets" }, some.map((b, k) =>
                             h("span", { class: "byte", "data-at": i + k }, b.toString(16).toUpperCase().padStart(2, "0")))),
                         h("span", { class: "ascii", "aria-hidden": "true" }, some.map((b, k) =>
                             h("span", { class: "byte", "data-at": i + k }, printable(b))))));
        }
        return h("div", { class: "bytes", "aria-label": "Bytes" }, h("h5", {}, dom.count(whole || bytes.length, "byte") +
                 (whole && whole > bytes.length ? ", the first " + bytes.length + " shown" : "")), lines);
    }

    /* ---- lighting up -------------------------------------------------------------------------------- */

    /* `spans` are elements with data-first and data-len; the smallest one that holds a byte is its field. */
    function connect(panel) {
        const bytes = [...panel.querySelectorAll(".byte")];
        const spans = [...panel.querySelectorAll("[data-len]")].filter((s) => Number(s.dataset.len) > 0);
        let pinned = null;

        function light(span) {
            const first = span ? Number(span.dataset.first) : 0, end = span ? first + Number(span.dataset.len) : 0;

            for (const b of bytes)
                b.classList.toggle("lit", Number(b.dataset.at) >= first && Number(b.dataset.at) < end);
            for (const s of spans)
                s.classList.toggle("lit", s === span);
        }

        function spanAt(at) {
            return spans.filter((s) => at >= Number(s.dataset.first) && at < Number(s.dataset.first) + Number(s.dataset.len))
                .sort((a, b) => Number(a.dataset.len) - Number(b.dataset.len))[0] || null;
        }

        function under(target) {
            const span = target.closest("[data-len]"), byte = target.closest(".byte");

            return span && Number(span.dataset.len) > 0 ? span : byte ? spanAt(Number(byte.dataset.at)) : null;
        }

        panel.addEventListener("pointerover", (e) => light(under(e.target) || pinned));
        panel.addEventListener("pointerleave", () => light(pinned));
        panel.addEventListener("focusin", (e) => light(under(e.target) || pinned));
        panel.addEventListener("click", (e) => {
            const span = under(e.target);

            if (!span)
                return;
            pinned = pinned === span ? null : span;
            spans.forEach((s) => s.setAttribute("aria-pressed", String(s === pinned)));
            light(pinned);
        });
    }

    /* ---- a frame ------------------------------------------------------------------------------------ */

    function fieldRow([path, text, unit, first, len, role]) {
        const where = len > 0 ? (len > 1 ? first + "–" + (first + len - 1) : String(first)) : "";
        const name = len > 0
            ? h("button", { type: "button", class: "field", "data-first": first, "data-len": len, "aria-pressed": "false" }, path)
            : h("span", { class: "derived" }, path);

        return h("tr", { class: "role-" + role }, h("th", { scope: "row" }, name),
                 h("td", {}, text, unit ? h("span", { class: "muted" }, " " + unit) : ""),
                 h("td", { class: "where" }, where));
    }

    function fieldTable(record) {
        if (record.fault)
            return h("p", {}, "No frame: ", h("strong", {}, record.fault), " at byte " + record.at + ".");
        if (!record.fields)
            return h("p", { class: "line" }, record.line || "These bytes belong to no frame.");
        return h("table", { class: "fields" }, h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "field"),
                 h("th", { scope: "col" }, "value"), h("th", { scope: "col", title: "offset on the wire" }, "bytes"))),
                 h("tbody", {}, record.fields.map(fieldRow)));
    }

    /* ---- a message ---------------------------------------------------------------------------------- */

    function jsonView(node, marked) {
        return h("pre", { class: "json" }, json.lines(node).map((l) =>
            h("span", { class: "json-line" + (marked !== undefined && l.path === marked ? " marked" : "") }, "  ".repeat(l.depth), l.before,
              l.node ? h("button", { type: "button", class: "value " + l.node.kind, "data-first": l.node.first,
                                     "data-len": l.node.len, "aria-pressed": "false" }, l.node.text) : "", l.after, "\n")));
    }

    function payloadView(record, marked) {
        const whole = record.payload !== undefined && record.payload_bytes === undefined ? json.parse(record.payload) : null;

        if (whole)
            return jsonView(whole, marked);
        return h("pre", { class: "text" }, record.payload !== undefined ? record.payload : "(no UTF-8: see the bytes)");
    }

    function messageHead(record) {
        const flags = ["QoS " + record.qos, record.retain ? "retained" : "", record.dup ? "duplicate" : "", record.will ? "last will" : ""];

        return h("p", { class: "topic" }, h("code", {}, record.topic), " ", h("span", { class: "muted" }, flags.filter(Boolean).join(" · ")));
    }

    /* ---- the panel ---------------------------------------------------------------------------------- */

    function facts(row) {
        const r = row.record, sent = row.parts && row.parts.length && row.parts[0].from;
        const out = ["record " + r.seq, dom.seconds(r.at_us) + " s"];

        if (row.from)
            out.push(row.from + " → " + row.to);
        if (sent)
            out.push("sent at " + dom.seconds(sent.at_us) + " s");
        if (row.parts && row.parts.length > 1)
            out.push("came in " + row.parts.length + " pieces");
        if (row.lost)
            out.push("never arrived");
        return h("p", { class: "facts" }, out.join(" · "), " ",
                 h("a", { href: state.href({ record: String(r.seq) }), class: "link" }, "link to this"));
    }

    function plainTable(record) {
        const left = Object.entries(record).filter(([key]) => !["seq", "at_us", "record", "port"].includes(key));

        return h("table", { class: "fields" }, h("tbody", {}, left.map(([key, value]) =>
            h("tr", {}, h("th", { scope: "row" }, key),
              h("td", {}, typeof value === "object" ? h("pre", {}, JSON.stringify(value, null, 1)) : String(value))))));
    }

    function panel(row) {
        const r = row.record;
        let left, bytes = null, whole = 0;

        if (r.record === "frame" || r.record === "send" || r.record === "receipt") {
            left = fieldTable(r);
            bytes = bytesOfHex(r.wire || r.bytes);
            whole = (r.wire_bytes || r.bytes_bytes || 0) / 2;
        } else if (r.record === "publish" || r.record === "deliver") {
            left = [messageHead(r), payloadView(r)];
            bytes = r.payload !== undefined ? json.bytesOf(r.payload) : bytesOfHex(r.payload_hex);
            whole = r.payload_bytes || (r.payload_hex_bytes || 0) / 2;
        } else {
            left = plainTable(r);
        }
        const box = h("div", { class: "panel", role: "region", "aria-label": "Record " + r.seq }, facts(row),
                      h("div", { class: "sides" }, h("div", { class: "decoded" }, left), bytes ? hexDump(bytes, whole) : ""));

        connect(box);
        return box;
    }

    return { panel, payloadView };
})();
