#!/usr/bin/python3
"""DLMS/COSEM read by somebody else: written from the standards (IEC 62056-46, -47, -5-3, EN 13757-2), with nothing of
wattproof's codecs in it and python3-cryptography for AES-GCM. It knows the ways of real meters only as far as the
published vectors have them.

    dlms_reader.py --vectors dlms.json      reads the published vectors and compares: is this reader to be trusted?

A value is one text, as in the vectors: "S2[os:0100010700FF u32:291]"."""
import json
import struct
import sys

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM


class Bad(Exception):
    pass


class Octets:
    def __init__(self, data):
        self.data, self.at = bytes(data), 0

    def take(self, n):
        if n > len(self.data) - self.at:
            raise Bad("truncated")
        self.at += n
        return self.data[self.at - n : self.at]

    def u(self, n):
        return int.from_bytes(self.take(n), "big")

    def length(self):
        first = self.u(1)
        if first < 0x80:
            return first
        if first == 0x80 or first > 0x84:
            raise Bad("length-form")
        return self.u(first - 0x80)

    def string(self):
        return self.take(self.length())

    def left(self):
        return len(self.data) - self.at


# ---- A-XDR ------------------------------------------------------------------------------------------------

INTEGERS = {5: ("i32", 4, True), 6: ("u32", 4, False), 0x0D: ("bcd", 1, True), 0x0F: ("i8", 1, True),
            0x10: ("i16", 2, True), 0x11: ("u8", 1, False), 0x12: ("u16", 2, False), 0x14: ("i64", 8, True),
            0x15: ("u64", 8, False), 0x16: ("e", 1, False), 0x1C: ("di8", 1, True), 0x1D: ("di16", 2, True),
            0x1E: ("di32", 4, True), 0x1F: ("du8", 1, False), 0x20: ("du16", 2, False), 0x21: ("du32", 4, False),
            3: ("b", 1, False)}
PLAIN = {0x17: ("f32", 4), 0x18: ("f64", 8), 0x19: ("dt", 12), 0x1A: ("d", 5), 0x1B: ("t", 4)}
STRINGS = {9: "os", 0x0A: "vs", 0x0C: "us"}


def hexes(b):
    return b.hex().upper()


def description(o, depth=0):
    start, tag = o.at, o.u(1)
    if depth > 16:
        raise Bad("depth")
    if tag == 1:
        o.take(2)
        description(o, depth + 1)
    elif tag == 2:
        for _ in range(o.length()):
            description(o, depth + 1)
    elif tag == 0x13 or not (tag in INTEGERS or tag in PLAIN or tag in STRINGS or tag in (0, 4, 0xFF)):
        raise Bad("tag")
    return o.data[start : o.at]


def data(o, depth=0):
    tag = o.u(1)
    if tag in (0, 0xFF):
        return "n" if tag == 0 else "x"
    if tag in (1, 2):
        n = o.length()
        if n > o.left():
            raise Bad("count")
        if depth == 16:
            raise Bad("depth")
        return "%s%d[%s]" % ("AS"[tag - 1], n, " ".join(data(o, depth + 1) for _ in range(n)))
    if tag in INTEGERS:
        name, n, signed = INTEGERS[tag]
        return "%s:%d" % (name, int.from_bytes(o.take(n), "big", signed=signed))
    if tag in PLAIN:
        name, n = PLAIN[tag]
        return name + ":" + hexes(o.take(n))
    if tag in STRINGS:
        return STRINGS[tag] + ":" + hexes(o.string())
    if tag == 4:
        bits = o.length()
        return "bs:%d:%s" % (bits, hexes(o.take((bits + 7) // 8)))
    if tag == 0x13:
        types = description(o)
        return "ca:%s:%s" % (hexes(types), hexes(o.string()))
    raise Bad("tag")


def obis(b):
    return "%d-%d:%d.%d.%d.%d" % tuple(b)


# ---- transports -------------------------------------------------------------------------------------------

def x25(b):
    crc = 0xFFFF
    for byte in b:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x8408 if crc & 1 else 0)
    return crc ^ 0xFFFF


class Line:
    """One direction: payloads of whatever transport, one after the other."""

    def __init__(self):
        self.chain = b""

    def hdlc(self, o):
        """The payload of a frame that ends one, else None. Between frames stand flags."""
        while o.left() and o.data[o.at] == 0x7E:
            o.at += 1
        begin, form = o.at, o.u(2)
        if form >> 12 != 10:
            raise Bad("hdlc-format")
        o.at = begin
        frame = o.take(form & 0x7FF)
        if o.u(1) != 0x7E:
            raise Bad("hdlc-length")
        o.at -= 1  # it may open the next frame
        if x25(frame[:-2]) != frame[-2] | frame[-1] << 8:
            raise Bad("fcs")
        at = 2
        for _ in range(2):
            while not frame[at] & 1:
                at += 1
            at += 1
        control, info = frame[at], frame[at + 3 : -2]
        if len(frame) > at + 3 and x25(frame[: at + 1]) != frame[at + 1] | frame[at + 2] << 8:
            raise Bad("hcs")
        if control & 1 and control & 0xEF != 3:  # neither I nor UI: no payload
            return None
        self.chain += info
        if form & 0x800:
            return None
        whole, self.chain = self.chain, b""
        return without_llc(whole)

    def mbus(self, o):
        head = o.take(4)
        n = head[1] + (256 if head[1] < 5 else 0)
        if head[0] != 0x68 or head[3] != 0x68 or head[1] != head[2]:
            raise Bad("mbus-start")
        body, check, stop = o.take(n), o.u(1), o.u(1)
        if sum(body) & 0xFF != check or stop != 0x16:
            raise Bad("mbus-checksum")
        self.chain = (self.chain if body[2] & 0x0F else b"") + body[5:]
        if not body[2] & 0x10:
            return None
        whole, self.chain = self.chain, b""
        return whole

    def wrapper(self, o):
        version, _, _, n = struct.unpack(">4H", o.take(8))
        if version != 1:
            raise Bad("wrapper-version")
        return o.take(n)

    def next(self, o):
        """Takes what is there: (transport, payload or None)."""
        rest = o.data[o.at :]
        if (rest[0] == 0x68 and len(rest) < 4) or rest == b"\0":
            raise Bad("truncated")
        if rest[0] == 0x7E:
            return "hdlc", self.hdlc(o)
        if rest[0] == 0x68 and len(rest) > 3 and rest[3] == 0x68:
            return "mbus", self.mbus(o)
        if rest[:2] == b"\0\1":
            return "wrapper", self.wrapper(o)
        return "apdu", without_llc(o.take(o.left()))


def without_llc(b):
    return b[3:] if b[:3] in (b"\xe6\xe7\0", b"\xe6\xe6\0", b"\x90\1\1") else b


# ---- ciphering --------------------------------------------------------------------------------------------

def decipher(content, title, keys):
    """keys: {title or None: (key, authentication key)}. (plain text, "ok" | "unchecked" | "none")"""
    if len(content) < 5:
        raise Bad("cipher-length")
    sc, ic, text = content[0], content[1:5], content[5:]
    key, auth = keys.get(title) or keys.get(None) or (None, None)
    tag = text[-12:] if sc & 0x10 else b""
    text = text[: len(text) - len(tag)]
    if not sc & 0x30:
        return text, "none"
    if not key or len(title) != 8:
        raise Bad("no-key" if not key else "system-title")
    iv = title + ic
    if tag and auth:
        aad = bytes([sc]) + auth + (b"" if sc & 0x20 else text)
        made = AESGCM(key).encrypt(iv, b"", aad)[:12] if not sc & 0x20 else None
        if made is not None:
            if made != tag:
                raise Bad("auth-tag")
            return text, "ok"
        plain = counter_mode(key, iv, text)
        if AESGCM(key).encrypt(iv, plain, aad)[-16:-4] != tag:
            raise Bad("auth-tag")
        return plain, "ok"
    plain = counter_mode(key, iv, text) if sc & 0x20 else text
    return plain, "unchecked" if tag else "none"


def counter_mode(key, iv, text):
    made = Cipher(algorithms.AES(key), modes.CTR(iv + b"\0\0\0\2")).decryptor()
    return made.update(text) + made.finalize()


# ---- APDUs ------------------------------------------------------------------------------------------------

GLO = set(range(0xC8, 0xD0)) - {0xCE} | set(range(0xD0, 0xD8)) - {0xD6} | {0x21, 0x25, 0x26, 0x28, 0x2C, 0x2D}


def selection(o):
    flag = o.u(1)
    if flag > 1:
        raise Bad("optional")
    return (o.u(1), data(o)) if flag else None


def attribute(o):
    return {"class": o.u(2), "obis": obis(o.take(6)), "attr": int.from_bytes(o.take(1), "big", signed=True)}


def result(o):
    choice = o.u(1)
    if choice > 1:
        raise Bad("choice")
    return {"error": o.u(1)} if choice else {"data": data(o)}


class Reader:
    """One connection: what is said in it, in both directions."""

    def __init__(self, keys):
        self.keys, self.title, self.blocks = keys, {}, {}

    def apdu(self, b, side):
        o = Octets(b)
        out = self.one(o, side)
        if o.left():
            raise Bad("trailing")
        return out

    def one(self, o, side):
        tag = o.u(1)
        if tag == 0x0F:
            out = {"apdu": "data-notification", "invoke": "%08X" % o.u(4)}
            n = o.length()
            if n == 9 and o.data[o.at] == 12:  # the date-time has a tag of its own
                o.at += 1
                n = 12
            if n not in (0, 12):
                raise Bad("date-time-length")
            out["time"] = hexes(o.take(n))
            out["body"] = data(o)
            return out
        if tag == 0xC2:
            if o.u(1):
                o.string()
            return {"apdu": "event-notification", **attribute(o), "body": data(o)}
        if tag == 0xC0:
            choice, invoke = o.u(1), "%02X" % o.u(1)
            if choice == 1:
                out = {"apdu": "get-request-normal", "invoke": invoke, **attribute(o)}
                selection(o)
                return out
            if choice == 2:
                return {"apdu": "get-request-next", "invoke": invoke, "block": o.u(4)}
        if tag == 0xC4:
            choice, invoke = o.u(1), "%02X" % o.u(1)
            if choice == 1:
                return {"apdu": "get-response-normal", "invoke": invoke, **result(o)}
            if choice == 2:
                out = {"apdu": "get-response-with-datablock", "invoke": invoke, "last": bool(o.u(1)), "block": o.u(4)}
                return {**out, "error": o.u(1)} if o.u(1) else {**out, "raw": hexes(o.string())}
        if tag in (0x60, 0x61, 0x62, 0x63):
            body = o.string()
            own = 0xA6 if tag == 0x60 else 0xA4
            for name, value in ber(body):
                if name == own and value[:2] == b"\4\x08":
                    self.title[side] = value[2:]
            return {"apdu": {0x60: "aarq", 0x61: "aare", 0x62: "rlrq", 0x63: "rlre"}[tag]}
        if tag == 0xC3 and o.u(1) == 1:
            out = {"apdu": "action-request-normal", "invoke": "%02X" % o.u(1), **attribute(o)}
            out["data"] = data(o) if o.u(1) else None
            return out
        if tag == 0xC7 and o.u(1) == 1:
            out = {"apdu": "action-response-normal", "invoke": "%02X" % o.u(1), "result": o.u(1)}
            if o.u(1):
                out.update(result(o))
            return out
        if tag == 0xDB:
            title = o.string()
            return self.ciphered("general-glo-ciphering", title or self.title.get(side, b""), o.string(), side)
        if tag in GLO:
            return self.ciphered("glo" if tag < 0xD0 else "ded", self.title.get(side, b""), o.string(), side)
        if tag == 0xE0:
            control, number = o.u(1), o.u(2)
            o.take(2)
            return self.block(control, number, o.string(), side)
        raise Bad("apdu-tag")

    def ciphered(self, name, title, content, side):
        plain, tag = decipher(content, title, self.keys)
        return {"apdu": name, "tag": tag, "plain": self.apdu(plain, side)}

    def block(self, control, number, raw, side):
        out = {"apdu": "general-block-transfer", "block": number}
        joined, next_number = self.blocks.get(side, (b"", 1))
        if number == 1:
            joined, next_number = b"", 1
        if number != next_number:
            self.blocks[side] = (b"", -1)
            return out
        self.blocks[side] = (joined + raw, number + 1)
        if control & 0x80:
            self.blocks[side] = (b"", -1)
            out["assembled"] = self.apdu(joined + raw, side)
        return out


def ber(b):
    o = Octets(b)
    while o.left():
        tag = o.u(1)
        yield tag, o.string()


# ---- the published vectors ----------------------------------------------------------------------------------

def payloads(proto, b):
    line, o = Line(), Octets(b)
    if proto == "dlms-apdu":
        yield without_llc(b)
        return
    while o.left():
        if proto == "hdlc" and not o.data[o.at :].strip(b"\x7e"):
            return
        payload = getattr(line, {"dlms-wrapper": "wrapper"}.get(proto, proto))(o)
        if payload:
            yield payload


def innermost(out):
    for inner in ("assembled", "plain"):
        if isinstance(out, dict) and inner in out:
            return innermost(out[inner])
    return out


def check_vectors(path):
    """What both know must agree; and the reader must know most of them."""
    compared = unknown = 0
    wrong = []
    for v in json.load(open(path)):
        if v["kind"] != "valid":
            continue
        b = bytes.fromhex(v["hex"])
        if v["proto"] == "axdr":
            expected, found = v["expect"]["value"], data(Octets(b))
        else:
            last = v["expect"].get("assembled") or (v["expect"].get("apdus") or [{}])[-1]
            expected = innermost(last)
            expected = expected.get("body", expected.get("data"))
            if not isinstance(expected, str):
                continue
            key, aad = bytes.fromhex(v.get("key", "")), bytes.fromhex(v.get("aad", ""))
            reader = Reader({None: (key, aad)} if key else {})
            reader.title["meter"] = bytes.fromhex(v.get("system_title", ""))
            try:
                out = [innermost(reader.apdu(p, "meter")) for p in payloads(v["proto"], b)][-1]
            except Bad as e:
                if str(e) == "apdu-tag":
                    unknown += 1
                    continue
                raise
            found = out.get("body", out.get("data"))
        compared += 1
        if found != expected:
            wrong.append("%s: %s instead of %s" % (v["id"], found, expected))
    print("%d values as published, %d of APDUs that are not read here, %d others" % (compared - len(wrong), unknown, len(wrong)))
    for line in wrong:
        print(line)
    return not wrong and compared > 170


if __name__ == "__main__":
    if len(sys.argv) != 3 or sys.argv[1] != "--vectors":
        sys.exit(__doc__)
    sys.exit(0 if check_vectors(sys.argv[2]) else 1)
