/* A transcript's records as the rows of a sequence diagram: who speaks to whom, and what happens by itself.
 *
 * A frame is drawn from its sender to its receiver at the time of its last byte; the bytes before it (send, receipt)
 * belong to it and are no rows of their own, except those that never arrived or that nobody could read. */
const rows = (() => {
    /* Lanes from left to right: devices, gateway, broker, clients; found by what they do. */
    function lanesOf(records) {
        const seen = new Map();
        const of = (name) => {
            if (!seen.has(name))
                seen.set(name, { name, bytes: false, mqtt: false });
            return seen.get(name);
        };
        const mqtt = ["login", "connack", "subscribe", "suback", "unsubscribe", "publish", "deliver"];

        for (const r of records) {
            if (r.machine === "judge" || r.machine === "scenario" || !r.machine)
                continue;
            const lane = of(r.machine);

            lane.mqtt = lane.mqtt || mqtt.includes(r.record);
            lane.bytes = lane.bytes || ["send", "receipt", "frame"].includes(r.record);
            if (r.peer)
                of(r.peer).bytes = of(r.peer).bytes || r.record === "frame";
        }
        const rank = (l) => l.name === "broker" ? 2 : l.bytes && l.mqtt || l.name === "gateway" ? 1 : l.mqtt ? 3 : 0;
        const kind = ["device", "gateway", "broker", "client"];

        return [...seen.values()].map((l) => ({ name: l.name, rank: rank(l), kind: kind[rank(l)] }))
            .sort((a, b) => a.rank - b.rank || (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
    }

    /* ---- what a row says -------------------------------------------------------------------------- */

    function value(fields, ...paths) {
        const f = fields.find(([path]) => paths.includes(path));

        return f ? f[1] : "";
    }

    /* "register 0–39": those that a frame reads or writes in one go. */
    function registers(fields) {
        const first = value(fields, "register"), n = Number(value(fields, "count"));

        return first === "" ? [] : [n > 1 ? first + "–" + (Number(first) + n - 1) : String(first)];
    }

    /* "read 00010000 = 12345.67 kWh", "write-single 65 = 50 discharge_power", from fields alone: no codec is known
     * by name here. */
    function frameText(r) {
        if (r.fault)
            return r.fault;
        const f = r.fields || [];
        const what = value(f, "operation") || value(f, "function", "message", "packet", "type", "service");
        const keys = registers(f).concat(f.filter(([path, text, , , , role]) => role === "key" && text.length > 2 &&
            !/^(register|(tcp|device)_function)$/.test(path)).map(([, text]) => text));
        const settings = f.filter(([path]) => path.startsWith("settings.")).map(([path]) => path.slice(9));
        const which = keys.length ? keys : f.filter(([, , , , len, role]) => role === "id" && len > 0).map(([, text]) => text);
        const of = value(f, "topic", "quantity"), is = value(f, "value"), unit = value(f, "unit");

        return [what, ...which.slice(0, 2), of && of.length < 60 ? of : "",
                is !== "" ? "= " + is + (unit ? " " + unit : "") : "", settings.length === 1 ? settings[0] : "",
                value(f, "error_text"), value(f, "errors") && "error: " + value(f, "errors")]
            .filter(Boolean).join(" ") || (r.line || "").slice(0, 80);
    }

    /* All topics of a play begin alike; what they share is said once. */
    function commonPrefix(topics) {
        if (topics.length === 0)
            return "";
        let n = topics[0].lastIndexOf("/") + 1;

        for (const t of topics)
            while (n > 0 && !t.startsWith(topics[0].slice(0, n)))
                n = topics[0].lastIndexOf("/", n - 2) + 1;
        return topics[0].slice(0, n);
    }

    function insideText(r) {
        const point = (p) => p.id + (p.value !== null && p.value !== undefined ? " = " + p.value + (p.unit ? " " + p.unit : "")
                                                                             : " " + (p.fault || p.quality));

        switch (r.record) {
        case "reading": return r.reason + " " + (r.points || []).slice(0, 3).map(point).join(", ") +
                               ((r.points || []).length > 3 ? " and " + (r.points.length - 3) + " more" : "");
        case "command": return (r.poll ? "poll " : "ask ") + r.device + " " + (r.ids || []).slice(0, 3).join(", ");
        case "answer": return r.device + (r.ok ? " answered" : " failed: " + (r.fault || ""));
        case "presence": return r.device + (r.online ? " online" : " offline");
        case "set": return r.name + " = " + r.value + (r.times ? " ×" + r.times : "");
        case "open": return "open " + (r.own || "") + " – " + (r.peer_addr || "");
        case "close": return (r.peer_addr ? "dial to " + r.peer_addr : "close") + ": " + r.reason + (r.code ? " " + r.code : "");
        default: return (r.what || "") + (r.text ? ": " + r.text : "") + (r.record === "note" && r.count > 1 ? " ×" + r.count : "");
        }
    }

    function sessionText(r) {
        switch (r.record) {
        case "login": return "login " + r.client + (r.user ? " as " + r.user : "");
        case "connack": return r.code === 0 ? "connack" : "connack: refused, code " + r.code;
        case "suback": return "suback " + r.filter + (r.code > 2 ? ": refused" : "");
        default: return r.record + " " + r.filter;
        }
    }

    /* ---- bytes on their way ----------------------------------------------------------------------- */

    /* Sent and not yet received, for each direction, so that what never arrives can be told. */
    class Wires {
        constructor() {
            this.sent = new Map();
            this.received = new Map();
        }

        send(r) {
            const key = r.machine + "\n" + r.peer;

            if (!this.sent.has(key))
                this.sent.set(key, []);
            this.sent.get(key).push({ record: r, left: r.bytes });
        }

        /* TCP joins and cuts, so equal bytes are looked for first, then what begins alike. */
        receive(r) {
            const waiting = this.sent.get(r.peer + "\n" + r.machine) || [];
            const exact = waiting.findIndex((s) => s.left === r.bytes);
            let left = r.bytes, from = null;

            if (exact >= 0) {
                from = waiting.splice(exact, 1)[0].record;
                left = "";
            }
            while (left && waiting.length) {
                const first = waiting[0];

                from = from || first.record;
                if (first.left.startsWith(left)) {
                    first.left = first.left.slice(left.length);
                    left = "";
                } else if (left.startsWith(first.left)) {
                    left = left.slice(first.left.length);
                } else { /* changed on the way */
                    left = "";
                    first.left = "";
                }
                if (waiting[0].left === "" || left)
                    waiting.shift();
            }
            const list = this.received.get(r.port) || this.received.set(r.port, []).get(r.port);

            list.push({ record: r, from, left: r.bytes_bytes || r.bytes.length / 2 });
        }

        /* The receipts that the frame's bytes came in. */
        takeFrame(r) {
            const list = this.received.get(r.port) || [], parts = [];
            let n = r.wire_bytes || (r.wire || "").length / 2;

            while (n > 0 && list.length) {
                const taken = Math.min(n, list[0].left);

                parts.push(list[0]);
                list[0].left -= taken;
                n -= taken;
                if (list[0].left === 0)
                    list.shift();
            }
            return parts;
        }

        forget() {
            this.sent.clear();
            this.received.clear();
        }

        lost() {
            return [...this.sent.values()].flat().filter((s) => s.left !== "").map((s) => s.record);
        }

        unread() {
            return [...this.received.values()].flat().map((p) => p.record);
        }
    }

    /* ---- rows --------------------------------------------------------------------------------------- */

    const session = ["login", "connack", "subscribe", "suback", "unsubscribe", "open", "close"];
    const fromBroker = ["connack", "suback", "deliver"];

    function between(r, group, text) {
        const back = fromBroker.includes(r.record);

        return { group, record: r, at: r.at_us, from: back ? r.peer : r.machine, to: back ? r.machine : r.peer, text };
    }

    function one(r, prefix) {
        switch (r.record) {
        case "publish":
        case "deliver": return { ...between(r, r.record, r.topic.startsWith(prefix) ? r.topic.slice(prefix.length) : r.topic),
                                 more: r.payload !== undefined ? r.payload : r.payload_hex };
        case "open":
        case "close": return { group: "session", record: r, at: r.at_us, lane: r.machine, text: insideText(r) };
        case "step": return { group: "step", record: r, at: r.at_us,
                              text: "step " + r.count + ": " + r.what + (r.text ? " " + r.text : "") };
        case "check": return { group: "step", record: r, at: r.at_us, verdict: r.what, text: r.text || "", line: r.count };
        case "fault":
        case "set":
        case "note": return { group: "event", record: r, at: r.at_us, lane: r.machine, text: insideText(r) };
        default:
            return session.includes(r.record) ? between(r, "session", sessionText(r))
                : { group: "inside", record: r, at: r.at_us, lane: r.machine, text: insideText(r) };
        }
    }

    function make(transcript) {
        const records = transcript.records, wires = new Wires(), all = [];
        const prefix = commonPrefix(records.filter((r) => r.topic && r.topic[0] !== "$").map((r) => r.topic));

        records.forEach((r, i) => {
            if (transcript.left_out && i === transcript.left_out.after) {
                wires.forget(); /* what was on its way here arrived, or not, among what is left out */
                all.push({ group: "gap", at: r.at_us, seq: r.seq, text: dom.count(transcript.left_out.records, "record") + " left out here" });
            }
            if (r.record === "send" && r.peer)
                wires.send(r);
            else if (r.record === "receipt" && r.peer)
                wires.receive(r);
            else if (r.record === "frame")
                all.push({ group: "frame", record: r, at: r.at_us, from: r.machine, to: r.peer, codec: r.codec || "bytes",
                           text: frameText(r), bad: Boolean(r.fault), parts: wires.takeFrame(r) });
            else if (r.record !== "send" && r.record !== "receipt")
                all.push(one(r, prefix));
        });
        for (const r of wires.lost())
            all.push({ group: "frame", record: r, at: r.at_us, from: r.machine, to: r.peer, codec: "bytes", lost: true,
                       text: "did not arrive" });
        for (const r of wires.unread())
            all.push({ group: "frame", record: r, at: r.at_us, from: r.peer, to: r.machine, codec: "bytes", text: "no frame" });
        all.forEach((row) => { row.seq = row.record ? row.record.seq : row.seq - 0.5; });
        all.sort((a, b) => a.seq - b.seq);
        return { rows: all, lanes: lanesOf(records), prefix };
    }

    return { make };
})();
