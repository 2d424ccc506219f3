/* JSON with everything that JSON.parse forgets: where each value stands in the bytes, and how its numbers were written.
 *
 * A node is {kind, text, first, len} (bytes of UTF-8), an array has `items`, an object `members` of {key, value}. */
const json = (() => {
    const encoder = new TextEncoder();

    function utf8Length(c) {
        const code = c.codePointAt(0);

        return code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    }

    /* null when the text is not JSON: a payload may be anything. */
    function parse(text) {
        let at = 0, byte = 0;

        try {
            JSON.parse(text);
        } catch {
            return null;
        }

        function skip(to) {
            while (at < to) {
                const c = String.fromCodePoint(text.codePointAt(at));

                byte += utf8Length(c);
                at += c.length;
            }
        }

        function blanks() {
            let to = at;

            while (" \t\r\n".includes(text[to]) && to < text.length)
                to++;
            skip(to);
        }

        function endOfString() {
            let to = at + 1;

            while (text[to] !== '"')
                to += text[to] === "\\" ? 2 : 1;
            return to + 1;
        }

        function list(node, close, one) {
            skip(at + 1);
            for (blanks(); text[at] !== close; blanks()) {
                one();
                blanks();
                if (text[at] === ",")
                    skip(at + 1);
            }
            skip(at + 1);
            return node;
        }

        function value() {
            blanks();
            const node = { first: byte };
            const begin = at;

            if (text[at] === "{") {
                node.kind = "object";
                node.members = [];
                list(node, "}", () => {
                    const end = endOfString(), key = JSON.parse(text.slice(at, end));

                    skip(end);
                    blanks();
                    skip(at + 1);
                    node.members.push({ key, value: value() });
                });
            } else if (text[at] === "[") {
                node.kind = "array";
                node.items = [];
                list(node, "]", () => node.items.push(value()));
            } else if (text[at] === '"') {
                node.kind = "string";
                skip(endOfString());
            } else {
                let to = at;

                while (to < text.length && !" \t\r\n,]}".includes(text[to]))
                    to++;
                skip(to);
                node.kind = "tfn".includes(text[begin]) ? "word" : "number";
            }
            node.text = text.slice(begin, at);
            node.len = byte - node.first;
            return node;
        }
        return value();
    }

    function member(node, key) {
        const all = node && node.kind === "object" ? node.members.filter((m) => m.key === key) : [];

        return all.length ? all[all.length - 1].value : null;
    }

    /* "data[0].unit" */
    function at(node, path) {
        for (const step of path.match(/[^.[\]]+|\[\d+\]/g) || []) {
            if (step[0] === "[")
                node = node && node.kind === "array" ? node.items[Number(step.slice(1, -1))] || null : null;
            else
                node = member(node, step);
        }
        return node;
    }

    /* 105.0, 1.05e2 and 105 are one number, however many digits there are. */
    function decimal(text) {
        const [, sign, whole, fraction = "", exponent = "0"] = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(text);
        let digits = (whole + fraction).replace(/^0+/, ""), exp = Number(exponent) - fraction.length;

        while (digits.endsWith("0")) {
            digits = digits.slice(0, -1);
            exp++;
        }
        return digits === "" ? "0" : sign + digits + "e" + exp;
    }

    function equal(a, b) {
        if (a.kind !== b.kind)
            return false;
        if (a.kind === "number")
            return decimal(a.text) === decimal(b.text);
        if (a.kind === "string")
            return JSON.parse(a.text) === JSON.parse(b.text);
        return a.text === b.text;
    }

    /* The value over several lines: [{depth, before, node, after, path}]; brackets stand in `before` and `after`. */
    function lines(node, path = "", depth = 0, before = "", after = "") {
        const children = node.kind === "object"
            ? node.members.map((m) => [m.value, (path ? path + "." : "") + m.key, JSON.stringify(m.key) + ": "])
            : node.kind === "array" ? node.items.map((v, i) => [v, path + "[" + i + "]", ""]) : null;

        if (!children || children.length === 0)
            return [{ depth, before, node, after, path }];
        const [open, close] = node.kind === "object" ? "{}" : "[]";

        return [{ depth, before: before + open, node: null, after: "", path },
                ...children.flatMap(([v, p, key], i) =>
                    lines(v, p, depth + 1, key, i < children.length - 1 ? "," : "")),
                { depth, before: close, node: null, after, path }];
    }

    return { parse, member, at, decimal, equal, lines, bytesOf: (text) => encoder.encode(text) };
})();
