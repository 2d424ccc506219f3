#!/usr/bin/python3
"""What wattproof and dlms_reader.py read of the same captures, APDU by APDU and value by value.

    dlms_compare.py WATTPROOF CAPTURE [KEY AUTH-KEY] [-- CAPTURE ...]
    dlms_compare.py WATTPROOF --mixed CAPTURE [KEY AUTH-KEY] [-- ...]     other protocols may stand in it, or nothing of this

tshark takes the packets apart, so that not even TCP is read by the same program twice. Compared are: which packet ends
the APDU, its kind, the object of a request, and every value of its data. Exit: 0 all agree, 1 they do not."""
import json
import re
import struct
import subprocess
import sys

from dlms_reader import Bad, Line, Octets, Reader, innermost

NAMES = {"bcd": "bcd", "integer": "i8", "long": "i16", "double-long": "i32", "long64": "i64", "unsigned": "u8",
         "long-unsigned": "u16", "double-long-unsigned": "u32", "long64-unsigned": "u64", "enum": "e", "delta-integer": "di8",
         "delta-long": "di16", "delta-double-long": "di32", "delta-unsigned": "du8", "delta-long-unsigned": "du16",
         "delta-double-long-unsigned": "du32", "boolean": "b"}
TEXTS = {"octet-string": "os", "visible-string": "vs", "utf8-string": "us", "date-time": "dt", "date": "d", "time": "t"}
KINDS = {"DataNotification": "data-notification", "EventNotification": "event-notification",
         "GET.request": "get-request", "GET.response": "get-response", "ACTION.request": "action-request",
         "ACTION.response": "action-response", "AARQ": "aarq", "AARE": "aare", "RLRQ": "rlrq", "RLRE": "rlre"}


# ---- a value of wattproof's against a canonical text --------------------------------------------------------

def leaves(text):
    return re.findall(r"[AS]\d+|[^\s\[\]]+", text)


def ours(value, out):
    """The same texts, in order; where wattproof shows characters for octets, both ways to write them."""
    for key, v in value.items():
        if key in ("structure", "array"):
            out.append([("S" if key == "structure" else "A") + str(v)])
            for i in range(v):
                ours(value[str(i)], out)
            return
        if key == "null-data" or key == "dont-care":
            out.append(["n" if key == "null-data" else "x"])
            return
        if key in NAMES:
            out.append(["%s:%d" % (NAMES[key], v)] + (["b:%d" % v] if key == "boolean" else []))
            return
        if key in ("float32", "float64"):
            name, form = ("f32", ">f") if key == "float32" else ("f64", ">d")
            out.append([name + ":" + struct.pack(form, float(v)).hex().upper()])
            return
        if key == "bit-string":
            out.append(["bs:%d:%s" % (value["bits"], v)])
            return
        if key == "compact-array":
            out.append(["ca"])
            return
        if key in TEXTS:
            out.append([TEXTS[key] + ":" + v, TEXTS[key] + ":" + v.encode().hex().upper()])
            return
    raise ValueError("a value of no known type: %s" % value)


def same_value(value, canonical):
    mine = []
    ours(value, mine)
    theirs = leaves(canonical)
    return len(mine) == len(theirs) and all(t in m or (m == ["ca"] and t.startswith("ca:")) for m, t in zip(mine, theirs))


# ---- both readings ------------------------------------------------------------------------------------------

def read_ours(program, capture, keys):
    options = ["--key", keys[0], "--auth-key", keys[1]] if keys else []
    said = subprocess.run([program, "replay", "--json", *options, capture], capture_output=True, text=True)
    # a text may hold U+2028, which ends no line of JSON Lines
    for line in filter(None, said.stdout.split("\n")):
        frame = json.loads(line)
        if frame.get("codec") not in ("hdlc", "wrapper", "mbus", "cosem") or "frame" not in frame:
            continue
        whole = frame["frame"].get("plain") or frame["frame"].get("joined") or frame["frame"].get("apdu")
        if whole and "apdu" not in whole:  # only its initiate was ciphered
            whole = frame["frame"].get("apdu")
        if whole and whole.get("apdu") in KINDS and "refused" not in frame["frame"]:
            yield frame["packet"], whole


def packets(capture):
    fields = ["frame.number", "tcp.stream", "udp.stream", "tcp.srcport", "udp.srcport", "ip.src", "tcp.payload", "udp.payload"]
    options = [x for f in fields for x in ("-e", f)]
    said = subprocess.run(["tshark", "-r", capture, "-T", "fields", *options], capture_output=True, text=True, check=True)
    for line in said.stdout.splitlines():
        number, tcp, udp, tcp_port, udp_port, ip, tcp_bytes, udp_bytes = (line.split("\t") + [""] * 8)[:8]
        payload = bytes.fromhex((tcp_bytes or udp_bytes).replace(":", "").split(",")[0])
        if payload:
            yield int(number), ("tcp", tcp) if tcp else ("udp", udp), ip + ":" + (tcp_port or udp_port), payload


def read_theirs(capture, keys):
    ring = {None: (bytes.fromhex(keys[0]), bytes.fromhex(keys[1]))} if keys else {}
    flows = {}
    for number, flow, side, payload in packets(capture):
        reader, lines = flows.setdefault(flow, (Reader(ring), {}))
        line, rest = lines.get(side, (None, b""))
        line = line or Line()
        o = Octets(rest + payload if flow[0] == "tcp" else payload)
        while o.left():
            at = o.at
            try:
                _, whole = line.next(o)
                apdu = innermost(reader.apdu(whole, side)) if whole else None
                if apdu and apdu["apdu"] == "event-notification" and 255 < apdu["class"] < 8192:
                    continue  # laid out as before the standard, which this reader does not know
                if apdu and apdu["apdu"] != "general-block-transfer":  # a block ends nothing
                    yield number, apdu
            except Bad as e:
                if str(e) == "truncated" and flow[0] == "tcp":
                    o.at = at
                    break
                if o.at == at or flow[0] == "udp":
                    break
        lines[side] = (line, o.data[o.at :] if flow[0] == "tcp" else b"")


# ---- side by side -------------------------------------------------------------------------------------------

def differ(mine, theirs):
    if not theirs["apdu"].startswith(KINDS[mine["apdu"]]):
        return "is %s here and %s there" % (mine["apdu"], theirs["apdu"])
    if "obis" in theirs and (mine.get("classId"), mine.get("obis")) != (theirs["class"], theirs["obis"]):
        return "names another object: %s %s and %s" % (mine.get("classId"), mine.get("obis"), theirs)
    canonical = theirs.get("body", theirs.get("data"))
    if canonical is None:
        return None
    value = mine.get("data", mine.get("parameters"))
    if value is None:
        return "has no data here"
    return None if same_value(value, canonical) else "holds %s here and %s there" % (json.dumps(value)[:300], canonical[:300])


def compare(program, capture, keys, is_mixed=False):
    theirs = {}
    for number, apdu in read_theirs(capture, keys):
        theirs.setdefault(number, []).append(apdu)
    mine = {}
    for number, apdu in read_ours(program, capture, keys):
        mine.setdefault(number, []).append(apdu)
    values = wrong = apdus = uneven = 0
    for number in sorted(set(mine) & set(theirs)):
        if len(mine[number]) != len(theirs[number]) and is_mixed:
            uneven += 1  # broken frames in it: the two begin again at different places
            continue
        if len(mine[number]) != len(theirs[number]):
            print("%s: packet %d ends %d APDUs here and %d there" % (capture, number, len(mine[number]), len(theirs[number])))
            wrong += 1
        for a, b in zip(mine[number], theirs[number]):
            problem = differ(a, b)
            apdus += 1
            values += len(leaves(b.get("body") or b.get("data") or ""))
            if problem:
                wrong += 1
                print("%s: packet %d %s" % (capture, number, problem))
    only = [] if is_mixed else sorted(set(theirs) - set(mine))
    for number in only:
        print("%s: packet %d ends an APDU there alone: %s" % (capture, number, theirs[number][0]["apdu"]))
    if apdus or not is_mixed:
        print("%s: %d APDUs, %d values alike; %d not" % (capture, apdus - wrong, values, wrong + len(only)))
    if uneven:
        print("%s: %d packets are cut differently and not compared" % (capture, uneven))
    return (apdus > 0 or is_mixed) and wrong + len(only) == 0


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    jobs, good = [[]], True
    for word in sys.argv[2:]:
        if word == "--":
            jobs.append([])
        else:
            jobs[-1].append(word)
    for job in jobs:
        is_mixed = job[0] == "--mixed"
        job = job[is_mixed:]
        good = compare(sys.argv[1], job[0], job[1:3], is_mixed) and good
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
