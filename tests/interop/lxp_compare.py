#!/usr/bin/python3
"""What wattproof and lxp_reader.py read of the same LuxPower streams, frame by frame and value by value, and whether the
payloads that a gateway published are the ones that follow from the frames of its dongle.

    lxp_compare.py WATTPROOF CAPTURE ...              every frame of the two readings
    lxp_compare.py WATTPROOF --runs RUN.pcapng ...    plays: other protocols may stand in them, or frames that are broken on
                                                      purpose; and the gateway's publications, octet for octet

tshark takes the packets apart. Exit: 0 all agree, 1 they do not."""
import json
import os
import re
import subprocess
import sys

from lxp_reader import CLIENT, DONGLE, READ_HOLD, READ_INPUT, SETS, WRITE_SINGLE, conversations, decimal, publications, segments

KINDS = {"heartbeat": "heartbeat", "read-request": "request", "read-reply": "reply", "write-multi-request": "request",
         "write-multi-reply": "reply", "exception": "exception", "firmware": "firmware", "read-param-request": "request",
         "read-param-reply": "reply", "write-param-request": "request", "write-param-reply": "reply"}
NAMES = {"protocol": "protocol", "tcp_function": "function", "datalog": "datalog", "address": "address",
         "device_function": "device", "inverter": "serial", "register": "register", "param": "param"}
UNITS = [(r"v_|.*_volt", "V"), (r"p_", "W"), (r"f_", "Hz"), (r"e_", "kWh"), (r"t_", "°C"), (r"soc$", "%"), (r".*_curr$", "A")]
HOME = os.environ.get("WATTPROOF_HOME") or os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
TOLD_MAX = 12     # frames of a capture that decode is asked about, too
TAIL_SECONDS = 1  # of a capture: what comes then may have been cut off before it was published


# ---- frames -------------------------------------------------------------------------------------------------

def read_ours(program, capture):
    said = subprocess.run([program, "replay", "--json", capture], capture_output=True, text=True)
    for line in said.stdout.split("\n"):
        if '"codec":"lxp"' in line:
            event = json.loads(line, parse_float=str)
            if "frame" in event:
                yield event["packet"], event["from"], event["frame"], event["wire"]


def differ(mine, theirs):
    """A sentence's end for the first thing that is not alike; None: nothing."""
    for name, other in NAMES.items():
        if other in theirs and mine.get(name) != theirs[other]:
            return "has %s %s here and %s there" % (name, mine.get(name), theirs[other])
    if mine.get("direction") != ("dongle-to-gateway" if theirs["side"] == DONGLE else "gateway-to-dongle"):
        return "goes %s here and comes from the %s there" % (mine.get("direction"), theirs["side"])
    if KINDS.get(mine["shape"]) != theirs["kind"] and not (mine["shape"] == "write-single" and theirs.get("device") == WRITE_SINGLE):
        return "is a %s here and a %s there" % (mine["shape"], theirs["kind"])
    if theirs["kind"] == "exception" and mine.get("error_code", mine.get("error")) != theirs["error"]:
        return "has exception %s here and %s there" % (mine.get("error_code"), theirs["error"])
    if "status" in theirs and mine.get("status", mine.get("result")) != theirs["status"]:
        return "has status %s here and %s there" % (mine.get("status"), theirs["status"])
    if "count" in theirs and mine.get("count") != theirs["count"]:
        return "counts %s here and %s there" % (mine.get("count"), theirs["count"])
    if theirs.get("values") is not None:
        return differ_values(mine, theirs)
    return None


def differ_values(mine, theirs):
    wanted = "".join("%02X%02X" % (v % 256, v // 256) for v in theirs["values"])
    if theirs["device"] == WRITE_SINGLE:
        return None if mine.get("value") == theirs["values"][0] else "writes %s here and %s there" % (mine.get("value"), theirs["values"])
    if mine.get("values") != wanted:
        return "has values %s here and %s there" % (mine.get("values"), wanted)
    registers = dict(enumerate(theirs["values"], theirs["register"]))
    if theirs["device"] == READ_HOLD:
        hold = {int(k): v for k, v in mine.get("hold", {}).items()}
        return None if hold == registers else "holds %s here and %s there" % (hold, registers)
    if theirs["device"] == READ_INPUT:
        for key, text in documented(registers):
            if str(mine.get("inputs", {}).get(key)) != text:
                return "has %s %s here and %s there" % (key, mine.get("inputs", {}).get(key), text)
    return None


def documented(registers):
    """(key, text) of each documented point whose set is there in whole."""
    for first, rows in SETS.values():
        if all(i in registers for i in range(first, first + 40)):
            yield from ((key, text(registers)) for key, text in rows)


def unit(key):
    return next((u for pattern, u in UNITS if re.match(pattern, key)), "")


def decoded(program, wires):
    """[{key: "value unit"}] as decode prints input replies, in the order of the frames."""
    if not wires:
        return []
    said = subprocess.run([program, "decode", "--codec", "lxp", *wires], capture_output=True, text=True).stdout
    blocks = re.findall(r"^  inputs\n((?:    .*\n)*)", said, re.M)
    return [dict(line.strip().split(" ", 1) for line in block.splitlines()) for block in blocks]


def compare(program, capture, traffic, is_mixed):
    """Each direction of each connection says the same frames in the same order; where nothing is broken, with the same packets
    ending them."""
    mine, theirs, wrong = {}, {}, []
    for stream in conversations(traffic).values():
        for number, _, f in (row for row in stream["frames"] if row[2]["kind"] != "unknown"):  # passed over by us
            theirs.setdefault(stream[f["side"]], []).append((number, f))
    for number, sender, f, wire in read_ours(program, capture):
        mine.setdefault(sender, []).append((number, f, wire))
    frames = values = named = 0
    told = {}
    for sender in sorted(set(mine) | set(theirs)):
        a, b = mine.get(sender, []), theirs.get(sender, [])
        if len(a) != len(b):
            wrong.append("%s says %d frames here and %d there" % (sender, len(a), len(b)))
        for (number, ours, wire), (place, other) in zip(a, b):
            problem = differ(ours, other)
            if not problem and number != place and not is_mixed:
                problem = "ends a frame here, and %d there" % place
            frames, values = frames + 1, values + len(other.get("values", []))
            if problem:
                wrong.append("packet %d %s" % (number, problem))
            if other.get("device") == READ_INPUT and other["kind"] == "reply" and len(told) < TOLD_MAX:
                told[wire] = dict(enumerate(other["values"], other["register"]))
    for inputs, registers in zip(decoded(program, list(told)), told.values()):
        for key, text in documented(registers):
            named += 1
            if inputs.get(key) != (text + " " + unit(key)).strip():
                wrong.append("decode says %s is %s, not %s %s" % (key, inputs.get(key), text, unit(key)))
    if frames or wrong or not is_mixed:
        print("%s: %d frames, %d registers, %d named values; %d not alike" % (capture, frames, values, named, len(wrong)))
    for line in wrong[:20]:
        print("%s: %s" % (capture, line[:600]))
    return frames, not wrong and (frames > 0 or is_mixed)


# ---- publications -------------------------------------------------------------------------------------------

def mqtt_packets(stream):
    """Whole MQTT packets of one direction: (time, first octet, body)."""
    rest = b""
    for time, piece in stream:
        rest += piece
        while len(rest) > 1:
            length = shift = 0
            at = 1
            while at < len(rest) and at < 5:
                length |= (rest[at] & 0x7F) << shift
                at, shift = at + 1, shift + 7
                if not rest[at - 1] & 0x80:
                    break
            else:
                break
            if len(rest) < at + length:
                break
            yield time, rest[0], rest[at : at + length]
            rest = rest[at + length :]


def topic_and_payload(head, body):
    n = 256 * body[0] + body[1]
    at = 2 + n
    return body[2 : 2 + n].decode(), body[at + (2 if head & 6 else 0) :].decode("utf-8", "replace")


def published(traffic, client_id):
    """(time, topic, payload) of what this client published, in order; repeats of a delivery once."""
    pieces = {}
    for _, time, stream, sender, _, piece in traffic:
        if piece:
            pieces.setdefault((stream, sender), []).append((time, piece))
    for stream in pieces.values():
        is_client = False
        for time, head, body in mqtt_packets(stream) if stream[0][1][:1] == b"\x10" else ():
            if head >> 4 == 1:  # CONNECT: name, level, flags, keep-alive, then the client id
                at = 2 + 256 * body[0] + body[1] + 4
                is_client = body[at + 2 : at + 2 + 256 * body[at] + body[at + 1]] == client_id.encode()
            if head >> 4 == 3 and is_client and not head & 8:
                yield (time, *topic_and_payload(head, body))


def settings(capture):
    """What the play's scenario gives its gateway: {option: text}."""
    beside = os.path.join(os.path.dirname(os.path.abspath(capture)), "result.json")
    file = os.path.join(HOME, json.load(open(beside, encoding="utf-8"))["file"])
    text = open(file, encoding="utf-8").read()
    found = re.search(r"^gateway:(.*\n(?:[ \t]+.*\n)*)", text, re.M)
    return {key: (quoted or bare).strip() for key, quoted, bare in
            re.findall(r'([a-z_]+\.[a-z_]+):\s*(?:"([^"]*)"|([^",}\n]*))', found.group(1) if found else "")}


def inverters(options):
    """{serial: (prefix, datalog)} of those that the gateway is configured for."""
    out = {}
    if "lxp.serial" in options:
        out[options["lxp.serial"]] = options.get("octolux.prefix", "octolux"), options["lxp.datalog"]
    for one in options.get("lxp.more", "").split(","):
        found = re.match(r"\s*([^=]+)=([^:]+):([^@]+)@[^*]*$", one)
        if found:
            out[found.group(2)] = found.group(1), found.group(3)
    return out


def expected(traffic, who, options):
    """{prefix: [(time, topic, payload)]} that follow from what the dongles said to their gateways."""
    out = {prefix: [] for prefix, _ in who.values()}
    known = {} if options.get("lxp.publish_hold") == "on_change" else None
    for stream in conversations(traffic).values():
        frames = stream["frames"]
        for i, (_, time, f) in enumerate(frames):
            prefix, datalog = who.get(f.get("serial"), any_other(f, who, options))
            if prefix and f["datalog"] == datalog and not is_read_for_write(frames, i):
                rows = [(time, "%s/%s" % (prefix, topic), text) for topic, text in publications(f, *formulas(options))]
                if known is not None:
                    rows = [row for row in rows if "/hold/" not in row[1] or known.get(row[1]) != row[2] or is_asked(frames, i)]
                    known.update({topic: text for _, topic, text in rows})
                out[prefix] += rows
    return {prefix: sorted(rows, key=lambda row: row[0]) for prefix, rows in out.items()}


def any_other(f, who, options):
    """Whose a frame of an inverter is that is not configured: by the option that of the connection, here the only one."""
    if options.get("lxp.accept_any_serial") != "true" or "serial" not in f or len(who) != 1:
        return None, None
    return next(iter(who.values()))[0], f["datalog"]


def formulas(options):
    """Keys that are read otherwise by the gateway's options."""
    strings = [int(n) for n in options.get("lxp.pv_sum", "1,2,3").split(",")]
    other = {}
    if len(strings) < 3:
        other["p_pv"] = lambda r: str(sum(r[6 + n] for n in strings))
        other["e_pv_day"] = lambda r: decimal(sum(r[27 + n] for n in strings), 1)
        other["e_pv_all"] = lambda r: decimal(sum(r[38 + 2 * n] + 65536 * r[39 + 2 * n] for n in strings), 1)
    if options.get("lxp.current_divisor") == "10":
        other["max_chg_curr"] = lambda r: decimal(r[81], 1)
        other["max_dischg_curr"] = lambda r: decimal(r[82], 1)
    return (other,)


def is_asked(frames, i):
    """Does it answer what the gateway asked last?"""
    asked = [f for _, _, f in frames[:i] if f["side"] == CLIENT and f["function"] == 0xC2]
    reply = frames[i][2]
    return bool(asked) and (asked[-1]["device"], asked[-1]["register"]) == (reply["device"], reply["register"])


def is_read_for_write(frames, i):
    """Is it the reply to a gateway's read of register 21 that it then writes? The bits' command publishes what was written."""
    if frames[i][2]["kind"] != "reply" or frames[i][2].get("device") != READ_HOLD or frames[i][2].get("values", [0])[1:]:
        return False
    asked = [f for _, _, f in frames[:i] if f["side"] == CLIENT and f["function"] == 0xC2]
    then = [f for _, _, f in frames[i + 1 :] if f["side"] == CLIENT and f["function"] == 0xC2]
    register = frames[i][2]["register"]
    return bool(asked and then and asked[-1]["device"] == READ_HOLD and asked[-1]["register"] == register == 21
                and then[0]["device"] == WRITE_SINGLE and then[0]["register"] == register)


def compare_published(capture, traffic):
    """The same payloads in the same order, each after its frame. What was said last may have been cut off before it was
    published."""
    options = settings(capture)
    who = inverters(options)
    wanted = expected(traffic, who, options)
    end = max((time for _, time, *_ in traffic), default=0)
    came = {prefix: [] for prefix in wanted}
    for time, topic, text in published(traffic, options.get("octolux.client_id", "octolux-gateway")):
        prefix, _, rest = topic.partition("/")
        if prefix in came and re.match(r"(inputs|hold)/", rest):
            came[prefix].append((time, topic, text))
    wrong, count = [], 0
    for prefix, rows in wanted.items():
        mine = sorted(came[prefix], key=lambda row: row[0])
        for k, row in enumerate(rows):
            if k == len(mine):
                if row[0] < end - TAIL_SECONDS:
                    wrong.append("%s %s was not published" % row[1:])
                break
            if mine[k][1:] != row[1:]:
                wrong.append("published was %s %s, and not %s %s" % (*mine[k][1:], *row[1:]))
                break
            if mine[k][0] < row[0] - 0.001:
                wrong.append("%s %s was published before its frame came" % row[1:])
            count += 1
        for row in mine[len(rows) :]:
            wrong.append("%s %s was published, and no frame says so" % row[1:])
    if count or wrong:
        print("%s: %d payloads published as the frames say; %d not" % (capture, count, len(wrong)))
    for line in wrong[:10]:
        print("%s: %s" % (capture, line[:600]))
    return count, not wrong


def main():
    words = sys.argv[1:]
    is_run = words[1:2] == ["--runs"]
    captures = words[2 if is_run else 1 :]
    if not captures or captures[0].startswith("-"):
        sys.exit(__doc__)
    good, frames, payloads = True, 0, 0
    for capture in captures:
        traffic = list(segments(capture))
        n, is_good = compare(words[0], capture, traffic, is_run)
        frames, good = frames + n, good and is_good
        if is_run:
            n, is_good = compare_published(capture, traffic)
            payloads, good = payloads + n, good and is_good
    print("%d captures, %d frames and %d payloads compared" % (len(captures), frames, payloads))
    sys.exit(0 if good and frames > 0 and (payloads > 0 or not is_run) else 1)


if __name__ == "__main__":
    main()
