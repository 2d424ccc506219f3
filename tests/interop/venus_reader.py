#!/usr/bin/python3
"""A Victron system's message bus read by somebody else: D-Bus messages taken apart and followed with nothing of wattproof's
codec or gateway in it, and what a gateway may publish of each item at each time.

    venus_reader.py --vectors venus-recordings.json   payloads of a real gateway written anew: is this reader to be trusted?
    venus_reader.py BUS.pcapng ...                    what stands at which topic when, as far as a gateway on that bus knows
"""
import json
import math
import re
import struct
import sys

ITEM, BUS = "com.victronenergy.BusItem", "org.freedesktop.DBus"
DBUS_LINK = 231
CALL, RETURN, ERROR, SIGNAL = 1, 2, 3, 4
MASKED = ("settings/0/Settings/Services/AccessPointPassword", "settings/0/Settings/Ble/Service/Pincode")
WITHHELD = (("vebus", "/Interfaces/Mk2/Tunnel"), ("paygo", "/LVD/Threshold"))
EARLY_SECONDS = 30
ESCAPES = {'"': '\\"', "\\": "\\\\", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t"}


# ---- payloads -----------------------------------------------------------------------------------------------

class Opaque:
    """A struct, object path or signature."""


class Whole(int):
    """A number of an integer type."""


def digits_of(number):
    """(digits without zeros at either end, place of the point behind the first of them counted in digits)."""
    mantissa, _, exponent = ("%r" % abs(number)).partition("e")
    before, _, behind = mantissa.partition(".")
    digits = before + behind
    point = len(before) + int(exponent or 0)
    point -= len(digits) - len(digits.lstrip("0"))
    return digits.strip("0") if digits.strip("0") else "", point


def real_text(number):
    if math.isnan(number) or math.isinf(number):
        return "null"
    sign = "-" if math.copysign(1, number) < 0 else ""
    digits, n = digits_of(number)
    k = len(digits)
    if k == 0:
        return sign + "0.0"
    if k <= n <= 15:
        return sign + digits + "0" * (n - k) + ".0"
    if 0 < n <= 15:
        return sign + digits[:n] + "." + digits[n:]
    if -4 < n <= 0:
        return sign + "0." + "0" * -n + digits
    return "%s%s%s%se%s%02d" % (sign, digits[0], "." if k > 1 else "", digits[1:], "+" if n > 0 else "-", abs(n - 1))


def string_text(s):
    return '"%s"' % "".join(ESCAPES.get(c) or ("\\u%04x" % ord(c) if c < " " else c) for c in s)


def json_text(v):
    if isinstance(v, Opaque):
        return '"unknown_type"'
    if v is None or isinstance(v, (list, dict)) and not v:
        return "null"
    if v is True or v is False:
        return "true" if v else "false"
    if isinstance(v, float):
        return real_text(v)
    if isinstance(v, int):
        return "%d" % v
    if isinstance(v, str):
        return string_text(v)
    if isinstance(v, list):
        return "[%s]" % ",".join(map(json_text, v))
    return "{%s}" % ",".join("%s:%s" % (string_text(str(k)), json_text(v[k])) for k in sorted(v, key=lambda k: str(k).encode()))


# ---- messages -----------------------------------------------------------------------------------------------

ALIGNMENT = dict(zip("ynqiuxtdbsogva({h", (1, 2, 2, 4, 4, 8, 8, 8, 4, 4, 4, 1, 1, 4, 8, 8, 4)))
FIXED = {"y": "B", "n": "h", "q": "H", "i": "i", "u": "I", "x": "q", "t": "Q", "d": "d", "b": "I", "h": "I"}


class Cursor:
    def __init__(self, octets, order):
        self.b, self.order, self.at = octets, order, 0

    def align(self, n):
        self.at += -self.at % n

    def number(self, kind):
        layout = self.order + FIXED[kind]
        self.align(ALIGNMENT[kind])
        value = struct.unpack_from(layout, self.b, self.at)[0]
        self.at += struct.calcsize(layout)
        return value

    def text(self, length):
        value = self.b[self.at : self.at + length].decode("utf-8")
        self.at += length + 1
        return value


def split(signature):
    """The complete types that stand one after the other."""
    out, at = [], 0
    while at < len(signature):
        end = at
        while signature[end] == "a":
            end += 1
        depth = 0
        while True:
            depth += (signature[end] in "({") - (signature[end] in ")}")
            end += 1
            if depth == 0:
                break
        out.append(signature[at:end])
        at = end
    return out


def take(c, kind):
    """One value of a complete type; variants are what is in them."""
    head = kind[0]
    if head == "v":
        return take(c, c.text(c.number("y")))
    if head in "so":
        value = c.text(c.number("u"))
        return value if head == "s" else Opaque()
    if head == "g":
        c.text(c.number("y"))
        return Opaque()
    if head == "(":
        c.align(8)
        for member in split(kind[1:-1]):
            take(c, member)
        return Opaque()
    if head == "a":
        return take_array(c, kind[1:])
    value = c.number(head)
    return value != 0 if head == "b" else value


def take_array(c, element):
    end = c.number("u")
    c.align(ALIGNMENT[element[0]])
    end += c.at
    out = {} if element[0] == "{" else []
    while c.at < end:
        if element[0] == "{":
            c.align(8)
            key, value = (take(c, k) for k in split(element[1:-1]))
            out[key] = value
        else:
            out.append(take(c, element))
    return out


FIELDS = {1: "path", 2: "interface", 3: "member", 4: "error", 5: "reply", 6: "destination", 7: "sender", 8: "signature"}


def message(octets):
    """One message: its header fields, and `body`, a list."""
    c = Cursor(octets, "<" if octets[:1] == b"l" else ">")
    c.at = 1
    out = dict.fromkeys(FIELDS.values(), "")
    out["type"] = c.number("y")
    c.at = 4
    length, out["serial"] = c.number("u"), c.number("u")
    end = c.number("u")
    end += c.at
    while c.at < end:
        c.align(8)
        code, kind = c.number("y"), c.text(c.number("y"))
        value = c.text(c.number("u")) if kind in "so" else c.text(c.number("y")) if kind == "g" else c.number(kind)
        if code in FIELDS:
            out[FIELDS[code]] = value
    c.align(8)
    body = Cursor(octets[c.at : c.at + length], c.order)
    out["body"] = [take(body, kind) for kind in split(out["signature"])]
    return out


def packets(file):
    """(seconds, octets) of each packet of a capture of D-Bus messages, classic or pcapng."""
    b = open(file, "rb").read()
    if b[:4] == b"\x0a\x0d\x0d\x0a":
        yield from blocks(b)
        return
    order = "<" if b[:4] in (b"\xd4\xc3\xb2\xa1", b"\x4d\x3c\xb2\xa1") else ">"
    unit = 1e9 if b[:4] in (b"\x4d\x3c\xb2\xa1", b"\xa1\xb2\x3c\x4d") else 1e6
    at = 24
    while at + 16 <= len(b):
        seconds, fraction, n = struct.unpack_from(order + "III", b, at)
        yield seconds + fraction / unit, b[at + 16 : at + 16 + n]
        at += 16 + n


def blocks(b):
    order = "<" if b[8:12] == b"\x4d\x3c\x2b\x1a" else ">"
    links, units, at = [], [], 0
    while at + 12 <= len(b):
        kind, length = struct.unpack_from(order + "II", b, at)
        if kind == 1:
            links.append(struct.unpack_from(order + "H", b, at + 8)[0])
            units.append(resolution(b[at + 16 : at + length - 4], order))
        elif kind == 6:
            interface, high, low, n = struct.unpack_from(order + "IIII", b, at + 8)
            if links[interface] == DBUS_LINK:
                yield (high << 32 | low) / units[interface], b[at + 28 : at + 28 + n]
        at += length


def resolution(options, order):
    at = 0
    while at + 4 <= len(options):
        code, n = struct.unpack_from(order + "HH", options, at)
        if code == 9:
            return float(2 ** (options[at + 4] & 127) if options[at + 4] & 128 else 10 ** options[at + 4])
        at += 4 + n + -n % 4
    return 1e6


# ---- what a gateway knows -----------------------------------------------------------------------------------

class Item:
    def __init__(self):
        self.row = {}

    def payload(self):
        keys = {"Max": "max", "Min": "min", "Value": "value"}
        return "{%s}" % ",".join('"%s":%s' % (keys[k], json_text(self.row[k])) for k in sorted(keys) if k in self.row)


class Service:
    def __init__(self, name):
        self.name, self.type, self.items, self.early = name, name.split(".")[2], {}, []
        self.instance, self.is_scanned = "0", False

    def fix_instance(self):
        number = self.items.get("/DeviceInstance")
        if number:
            value = number.row.get("Value")
            is_number = isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
            self.instance = "%d" % value if is_number else "0"
        elif isinstance(self.items["/Identifier"].row.get("Value") if "/Identifier" in self.items else None, str):
            self.instance = self.items["/Identifier"].row["Value"]

    def topic(self, path):
        return "%s/%s%s" % (self.type, self.instance, path)


class Follower:
    """Goes through the messages of a bus as the gateway with that unique name does.

    history   {topic behind N/<id>/: [(time, service, payload)]}; "": the service has left; None: nobody may see it
    changes   [(time, topic, payload)] that are to be published if anybody keeps the gateway alive
    answers   [(time, topic, payload)] to its own reads
    left      [(time, topic)] that are to be published without payload
    joins     times at which the gateway came to the bus"""

    def __init__(self):
        self.services, self.owners, self.calls = {}, {}, {}
        self.history, self.changes, self.answers, self.left = {}, [], [], []
        self.gateway, self.last, self.joins = None, 0, []

    def feed(self, time, m):
        is_heard = m["interface"] == ITEM and m["type"] == SIGNAL or m["destination"] == self.gateway and m["reply"] in self.calls
        if m["type"] == CALL and m["member"] == "AddMatch" and ITEM in m["body"][0]:
            self.joined(time, m["sender"])
        if m["type"] == CALL and m["member"] == "RequestName" and m["sender"] == self.gateway:
            self.gateway = "nobody"  # a new bus gives its name to a service
        if m["type"] == CALL and m["sender"] == self.gateway:
            self.calls[m["serial"]] = m
        elif m["type"] in (RETURN, ERROR) and m["destination"] == self.gateway:
            call = self.calls.pop(m["reply"], None)
            if call and m["type"] == RETURN and m["body"]:
                self.answered(time, call, m)
        elif m["type"] == SIGNAL and m["sender"] == BUS and m["member"] == "NameOwnerChanged":
            self.owner_changed(time, *m["body"])
        elif m["type"] == SIGNAL and m["interface"] == ITEM:
            self.signalled(time, m)
        if is_heard:
            self.last = time

    def joined(self, time, unique):
        """The gateway's connection is a new one: what it knew is no more, with the end of the bus or its own. Nobody says
        when that was, so since the last word to it each item may have been as it was or gone."""
        self.joins.append(time)
        for name, service in self.services.items():
            for path in service.items:
                rows = self.history.get(service.topic(path), [])
                rows += [(self.last, name + "?", ""), (time, name, None), (time, name + "?", None)]
        self.services, self.calls, self.owners = {}, {}, {}
        self.gateway = unique

    def owner_changed(self, time, name, _old, new):
        if not re.match(r"com\.victronenergy\.", name):
            return
        if new:
            self.own(name, new)
            self.services[name].is_scanned = False
        else:
            self.leave(time, name)

    def own(self, name, unique):
        """Whoever had the name before is not heard any more."""
        self.services.setdefault(name, Service(name))
        self.owners = {u: n for u, n in self.owners.items() if n != name}
        self.owners[unique] = name

    def leave(self, time, name):
        service = self.services.pop(name, None)
        self.owners = {u: n for u, n in self.owners.items() if n != name}
        for path in service.items if service else ():
            topic = service.topic(path)
            if topic == "system/0/Serial" or (service.type, path) in WITHHELD or not service.is_scanned:
                continue
            self.history.setdefault(topic, []).append((time, name, ""))
            self.left.append((time, topic))

    def answered(self, time, call, reply):
        value = reply["body"][0]
        if call["member"] == "GetNameOwner" and call["body"][0].startswith("com.victronenergy"):
            self.own(call["body"][0], value)
            return
        name = self.owners.get(reply["sender"])
        service = self.services.get(name)
        if service is None:
            return
        if call["member"] == "GetItems":
            self.scanned(time, service, value)
        elif call["member"] == "GetValue" and not service.is_scanned and call["path"] == "/":
            self.scanned(time, service, {"/" + path: {"Value": v} for path, v in value.items()} if isinstance(value, dict) else {})
        elif call["member"] == "GetValue":
            rows = {call["path"]: value}
            if isinstance(value, dict) and call["path"] not in service.items:
                rows = {call["path"].rstrip("/") + "/" + key: v for key, v in value.items()}
            for path, v in rows.items():
                self.merge(service, path, {"Value": v})
                self.answers.append((time, *self.note(time, service, path)))

    def scanned(self, time, service, rows):
        for path, row in rows.items():
            self.merge(service, path, row)
        service.is_scanned = True
        service.fix_instance()
        early, service.early = service.early, []
        for path in service.items:
            self.note(time, service, path)
        for at, path, row in early:
            if time - at < EARLY_SECONDS:
                self.merge(service, path, row)
                self.note(time, service, path)
        # What only an owner before this one had stays, and is not told again.
        told = [path for path in service.items if path in rows or any(path == e[1] for e in early)]
        self.changes += [(time, *self.note(time, service, path)) for path in told]

    def signalled(self, time, m):
        service = self.services.get(self.owners.get(m["sender"]))
        if service is None or not m["body"] or not isinstance(m["body"][0], dict):
            return
        if m["member"] == "ItemsChanged":
            rows = {"/" + path.lstrip("/"): row for path, row in m["body"][0].items() if isinstance(row, dict)}
        elif m["member"] == "PropertiesChanged" and "Value" in m["body"][0]:
            rows = {m["path"]: {"Value": m["body"][0]["Value"]}}
        else:
            return
        for path, row in rows.items():
            if service.is_scanned:
                self.merge(service, path, row)
                self.changes.append((time, *self.note(time, service, path)))
            else:
                service.early.append((time, path, row))

    def merge(self, service, path, row):
        item = service.items.setdefault(path, Item())
        item.row.update((key, row[key]) for key in ("Value", "Min", "Max") if key in row)

    def note(self, time, service, path):
        topic, payload = service.topic(path), service.items[path].payload()
        if topic in MASKED and isinstance(service.items[path].row.get("Value"), str):
            payload = '{"value":"******"}'
        if (service.type, path) in WITHHELD:
            payload = None
        self.history.setdefault(topic, []).append((time, service.name, payload))
        return topic, payload

    def may_be(self, topic, since, until):
        """The payloads that the topic had at some moment between the two."""
        now, out = {}, set()
        for time, name, payload in self.history.get(topic, ()):
            if time > until:
                break
            if time >= since:
                out.update(now.values())
            now[name] = payload
        out.update(now.values())
        return out - {None}


def follow(file):
    follower = Follower()
    count = 0
    for time, octets in packets(file):
        follower.feed(time, message(octets))
        count += 1
    return follower, count


# ---- on its own ---------------------------------------------------------------------------------------------

def from_json(text):
    """As it may have stood on the bus: a token with a point or an exponent was a double."""
    return json.loads(text, parse_int=Whole, parse_float=float)


def vectors(file):
    wrong = other = 0
    rows = [row["payload"] for row in json.load(open(file, encoding="utf-8")) if row["payload"]]
    for payload in rows:
        mine = json_text(from_json(payload))
        if mine == payload:
            continue
        if from_json(mine) == from_json(payload):
            other += 1  # the reference does not always find the shortest digits
        else:
            wrong += 1
            print("%s was written as %s" % (payload, mine))
    print("%d payloads written anew, %d with other digits of the same number, %d wrong" % (len(rows), other, wrong))
    return wrong == 0 and other <= len(rows) // 500


def show(file):
    follower, count = follow(file)
    for topic in sorted(follower.history):
        for time, _, payload in follower.history[topic]:
            print("%.6f %s %s" % (time, topic, payload or "left"))
    print("%s: %d messages, %d topics" % (file, count, len(follower.history)))
    return True


def main():
    words = sys.argv[1:]
    if not words or words[0].startswith("-") and words[:1] != ["--vectors"]:
        sys.exit(__doc__)
    good = [vectors(file) for file in words[1:]] if words[0] == "--vectors" else [show(file) for file in words]
    sys.exit(0 if good and all(good) else 1)


if __name__ == "__main__":
    main()
