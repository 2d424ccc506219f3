/* Expected against got: the pattern of an expectation and the record that came nearest, as the lines of one JSON text.
 *
 * A line is {sign, depth, text, note}: " " as expected, "-" expected and not there, "+" came instead, "." came and was
 * not asked for. A pattern asks for some members of a payload and lets the others be. */
const diff = (() => {
    const named = ["topic", "deliver", "connack", "suback", "open", "close", "frame", "point", "note", "presence"];

    /* The level of the topic that "{id}" of the pattern stands for. */
    function bound(pattern, record, text) {
        const levels = (pattern.topic || pattern.deliver || "").split("/");
        const i = levels.indexOf(text);

        return i >= 0 && record.topic ? record.topic.split("/")[i] : text;
    }

    function scalarFits(wanted, got, context) {
        if (wanted.kind === "string" && got.kind === "string")
            return bound(context.pattern, context.record, JSON.parse(wanted.text)) === JSON.parse(got.text);
        return json.equal(wanted, got);
    }

    function conditionsOf(pattern) {
        const all = new Map();
        const add = (path, text) => all.set(path, [...(all.get(path) || []), text]);

        for (const [path, range] of Object.entries(pattern.between || {}))
            add(path, "between " + range[0] + " and " + range[1]);
        for (const [path, range] of Object.entries(pattern.approx || {}))
            add(path, range[0] + " ± " + range[1]);
        for (const [path, expression] of Object.entries(pattern.matches || {}))
            add(path, "matches /" + expression + "/");
        for (const path of [].concat(pattern.absent || []))
            add(path, "absent");
        for (const path of Array.isArray(pattern.near_now) ? pattern.near_now : Object.keys(pattern.near_now || {}))
            add(path, "the time of the record");
        return all;
    }

    function holds(condition, node) {
        const number = node && node.kind === "number" ? Number(node.text) : NaN;
        let m;

        if (condition === "absent")
            return node === null;
        if ((m = /^between (\S+) and (\S+)$/.exec(condition)))
            return number >= Number(m[1]) && number <= Number(m[2]);
        if ((m = /^(\S+) ± (\S+)$/.exec(condition)))
            return Math.abs(number - Number(m[1])) <= Number(m[2]);
        if ((m = /^matches \/([^]*)\/$/.exec(condition)) && node) {
            try {
                return new RegExp(m[1], "u").test(node.kind === "string" ? JSON.parse(node.text) : node.text);
            } catch {
                return true; /* written for another engine: the sentence above says what it found */
            }
        }
        return node !== null;
    }

    function block(sign, node, depth, before, after) {
        return json.lines(node, "", depth, before, after).map((l) => (
            { sign, depth: l.depth, text: l.before + (l.node ? l.node.text : "") + l.after }));
    }

    function children(wanted, got) {
        if (got.kind === "array")
            return got.items.map((value, i) => ({ label: "", step: "[" + i + "]", got: value,
                                                  wanted: wanted && wanted.items ? wanted.items[i] || null : null }));
        const seen = got.members.map((m) => ({ label: JSON.stringify(m.key) + ": ", step: "." + m.key, got: m.value,
                                               wanted: json.member(wanted, m.key) }));
        const missing = (wanted && wanted.members || []).filter((m) => json.member(got, m.key) === null);

        return [...seen, ...missing.map((m) => ({ label: JSON.stringify(m.key) + ": ", step: "." + m.key, got: null,
                                                  wanted: m.value }))];
    }

    /* `wanted` null: nobody asked for this value, though a condition may. */
    function compare(context, wanted, got, path, depth, before, after) {
        const conditions = context.conditions.get(path) || [];
        const broken = conditions.filter((c) => !holds(c, got));
        const asked = broken.map((c) => ({ sign: "-", depth, text: before, note: c }));
        const isTree = got && (got.kind === "object" || got.kind === "array");

        if (got === null)
            return block("-", wanted, depth, before, after);
        if (isTree && (!wanted || wanted.kind === got.kind)) {
            const all = children(wanted, got);
            const sameLength = got.kind === "object" || !wanted || wanted.items.length === got.items.length;
            const [open, close] = got.kind === "object" ? "{}" : "[]";

            if (all.length === 0)
                return [...asked, { sign: wanted ? " " : ".", depth, text: before + got.text + after }];
            if (!sameLength)
                return [...block("-", wanted, depth, before, after), ...block("+", got, depth, before, after)];
            return [...asked, { sign: wanted || depth === 0 ? " " : ".", depth, text: before + open },
                    ...all.flatMap((c, i) => compare(context, c.wanted, c.got, (path + c.step).replace(/^\./, ""),
                                                     depth + 1, c.label, i < all.length - 1 ? "," : "")),
                    { sign: wanted || depth === 0 ? " " : ".", depth, text: close + after }];
        }
        if (wanted && (isTree || !["string", "number", "word"].includes(wanted.kind) ||
                       !scalarFits(wanted, got, context)))
            return [...block("-", wanted, depth, before, after), ...block("+", got, depth, before, after)];
        const sign = broken.length ? "+" : wanted || conditions.length ? " " : ".";

        return [...asked, { sign, depth, text: before + got.text + after,
                            note: !broken.length && conditions.length ? conditions.join(", ") : null }];
    }

    /* "dlt645 a=1 b="two words"" as an object's text. */
    function fieldsOf(line) {
        const pairs = [...line.matchAll(/ ([^ =]+)=("(?:[^"\\]|\\.)*"|[^ ]*)/g)];

        return "{" + pairs.map(([, key, value]) => JSON.stringify(key) + ":" +
            (value[0] === '"' || /^(-?(0|[1-9]\d*)(\.\d+)?|true|false)$/.test(value) ? value : JSON.stringify(value)))
            .join(",") + "}";
    }

    function headLine(name, wanted, got, fits) {
        const text = (value) => name + " " + value;

        if (wanted === undefined)
            return [];
        if (got === undefined)
            return [{ sign: "-", depth: 0, text: text(wanted) }];
        return fits ? [{ sign: " ", depth: 0, text: text(got) }]
                    : [{ sign: "-", depth: 0, text: text(wanted) }, { sign: "+", depth: 0, text: text(got) }];
    }

    function head(pattern, record) {
        const kind = named.find((n) => pattern[n] !== undefined);
        const came = kind === "frame" ? record.codec + " " + record.machine + " → " + record.peer
                                      : record.topic || record.filter || record.machine;
        const lines = headLine(kind, pattern[kind], came, true);

        for (const name of ["qos", "retain", "code", "reason", "online", "fault"])
            lines.push(...headLine(name, pattern[name], record[name], String(pattern[name]) === String(record[name])));
        return lines;
    }

    /* What the record says, and the pattern's part that asks for it, as JSON nodes. */
    function bodies(expected, got, pattern, record) {
        if (pattern.frame !== undefined)
            return [json.member(expected, "fields"), record.line ? json.parse(fieldsOf(record.line)) : null];
        return [json.member(expected, "payload"), record.payload !== undefined ? json.parse(record.payload) : null];
    }

    /* Hex digits and numbers of a frame's fields may be written in several ways. */
    function loosen(wanted, got) {
        for (const m of wanted ? wanted.members || [] : []) {
            const other = json.member(got, m.key);
            const plain = (n) => n.text.replace(/^"|"$/g, "").toUpperCase();

            if (other && plain(other) === plain(m.value))
                m.value = other;
        }
    }

    /* Both texts as they stand in the finding; `got` may be missing. */
    function make(expectedText, gotText) {
        const expected = json.parse(expectedText), pattern = JSON.parse(expectedText);

        if (!gotText) {
            const kind = named.find((n) => pattern[n] !== undefined);
            const body = json.member(expected, "payload") || json.member(expected, "fields");

            return [...headLine(kind, pattern[kind]), ...(body ? block("-", body, 0, "", "") : [])];
        }
        const record = JSON.parse(gotText), got = json.parse(gotText);
        const [wanted, came] = bodies(expected, got, pattern, record);
        const context = { pattern, record, conditions: conditionsOf(pattern) };
        const lines = head(pattern, record);

        if (pattern.frame !== undefined)
            loosen(wanted, came);
        if (came)
            lines.push(...compare(context, wanted, came, "", 0, "", ""));
        else if (wanted)
            lines.push(...block("-", wanted, 0, "", ""));
        if (!came && record.payload !== undefined)
            lines.push({ sign: "+", depth: 0, text: record.payload, note: "not JSON" });
        for (const path of context.conditions.keys()) /* on members that did not come at all */
            if (came && !json.at(came, path) && !context.conditions.get(path).includes("absent"))
                lines.push({ sign: "-", depth: 1, text: path + ": ", note: context.conditions.get(path).join(", ") });
        return lines;
    }

    return { make };
})();
