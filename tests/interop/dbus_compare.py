#!/usr/bin/python3
"""D-Bus captures read by tshark and by us: every header field and every value of every body must be the same.

    dbus_compare.py WATTPROOF CAPTURE..."""
import json
import math
import subprocess
import sys

HEADER = {"serial": "serial", "reply_serial": "reply_serial", "path": "path", "interface": "interface", "member": "member",
          "error_name": "error_name", "destination": "destination", "sender": "sender", "signature": "signature"}
TYPES = ["byte", "boolean", "int16", "uint16", "int32", "uint32", "int64", "uint64", "double", "string", "object_path",
         "signature"]
KINDS = {"1": "method_call", "2": "method_return", "3": "error", "4": "signal"}
BETWEEN = "\x1f"


def of_tshark(capture):
    fields = ["dbus.message_type"] + ["dbus." + name for name in HEADER.values()] + ["dbus.type." + t for t in TYPES]
    command = ["tshark", "-r", capture, "-T", "fields", "-E", "aggregator=" + BETWEEN, "-E", "separator=\x1e"]
    for field in fields:
        command += ["-e", field]
    lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split("\n")[:-1]
    for line in lines:
        yield dict(zip(fields, line.split("\x1e")))


def leaves(tree, found):
    """The basic values of a body, by type, in their order; keys and arrays of bytes as tshark has them."""
    for name, value in tree.items():
        if isinstance(value, dict):
            leaves(value, found)
        elif name == "key":
            found.append(("string" if isinstance(value, str) else "key", value))
        elif name == "bytes":
            found.extend(("byte", octet) for octet in bytes.fromhex(value))
        elif name in TYPES:
            found.append((name, value))


def same(kind, ours, theirs):
    if kind == "double":  # of which tshark prints six digits
        theirs = float(theirs.replace("inf", "Infinity").replace("-nan", "nan"))
        ours = float(ours)
        return ours == theirs or abs(ours - theirs) <= 1e-5 * abs(theirs) or (math.isnan(ours) and math.isnan(theirs))
    if kind == "boolean":
        return bool(ours) == (theirs in ("1", "True"))
    return str(ours) == theirs.replace("\\n", "\n")


def compare(number, ours, theirs):
    kind = KINDS.get(theirs["dbus.message_type"], theirs["dbus.message_type"])
    wrong = [] if str(ours["type"]) == kind else [f"type {ours['type']}, {kind}"]
    for mine, their in HEADER.items():
        say = str(ours.get(mine, ""))
        if say != theirs["dbus." + their]:
            wrong.append(f"{mine} {say!r}, {theirs['dbus.' + their]!r}")
    found = []
    leaves(ours.get("body", {}), found)
    for kind in TYPES:
        mine = [value for t, value in found if t == kind]
        they = theirs["dbus.type." + kind].split(BETWEEN) if theirs["dbus.type." + kind] else []
        if kind == "string":  # an empty one shows as nothing at all between two
            mine, they = [v for v in mine if v], [v for v in they if v]
        if len(mine) != len(they) or not all(same(kind, a, b) for a, b in zip(mine, they)):
            wrong.append(f"{kind} {mine}, {they}")
    for sentence in wrong:
        print(f"packet {number}: ours and tshark's differ: {sentence}")
    return len(found), not wrong


def main(wattproof, captures):
    bad = 0
    for capture in captures:
        said = subprocess.run([wattproof, "replay", "--json", capture], capture_output=True, text=True).stdout.split("\n")
        frames = [event for event in map(json.loads, filter(None, said)) if event.get("codec") == "dbus"]
        theirs = list(of_tshark(capture))
        if len(frames) != len(theirs):
            sys.exit(f"{capture}: {len(frames)} frames, {len(theirs)} packets")
        values = 0
        for number, (frame, packet) in enumerate(zip(frames, theirs), 1):
            if frame["frame"]["serial"] == 0:  # what the monitor's library told it at the end; tshark does not read it
                continue
            n, is_good = compare(number, frame["frame"], packet)
            values += n
            bad += not is_good
        print(f"{capture}: {len(frames)} messages, {values} values compared with tshark")
    sys.exit(1 if bad else 0)


main(sys.argv[1], sys.argv[2:])
