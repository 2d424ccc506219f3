#!/usr/bin/python3
"""LuxPower dongle streams read by somebody else: written from the protocol's description alone, with nothing of
wattproof's codec in it and nothing but integers between a register and its text.

    lxp_reader.py --vectors lxp.json      reads the published vectors and compares: is this reader to be trusted?
    lxp_reader.py CAPTURE ...             what is said in it, frame by frame, and what a gateway has to publish of it
"""
import json
import subprocess
import sys

DONGLE, CLIENT = "dongle", "client"
PARTIAL_SECONDS = 5
NEVER = 10**9
READ_HOLD, READ_INPUT, WRITE_SINGLE, WRITE_MULTI = 3, 4, 6, 16
FIRMWARE = (0x21, 0x22, 0x23)


# ---- frames -----------------------------------------------------------------------------------------------

class Bad(Exception):
    pass


def u16(b, at=0):
    return b[at] + 256 * b[at + 1]


def words(b):
    return [u16(b, i) for i in range(0, len(b), 2)]


def crc(b):
    """CRC-16/MODBUS, bit by bit."""
    register = 0xFFFF
    for byte in b:
        register ^= byte
        for _ in range(8):
            carry = register & 1
            register >>= 1
            if carry:
                register ^= 0xA001
    return register


def frame(b, side):
    """One frame that is there in whole; Bad says why it is none."""
    out = {"protocol": u16(b, 2), "function": b[7], "datalog": b[8:18].decode("latin-1"), "side": side, "bytes": len(b)}
    if b[6] != 1:
        raise Bad("address")
    if b[7] == 0xC1:
        if len(b) != 19:
            raise Bad("length")
        out["kind"] = "heartbeat"
    elif b[7] in (0xC3, 0xC4):
        parameter(b, out)
    elif b[7] == 0xC2:
        translated(b, out)
    else:
        raise Bad("tcp-function")
    return out


def parameter(b, out):
    """Settings of the dongle; nothing vouches for them but their lengths."""
    if len(b) < 20:
        raise Bad("length")
    out["param"] = u16(b, 18)
    if b[7] == 0xC4 and len(b) == 21:
        out.update(kind="reply", status=b[20])
    elif len(b) >= 22 and len(b) == 22 + u16(b, 20):
        out.update(kind="reply" if b[7] == 0xC3 else "request", value=b[22:].hex())
    elif b[7] == 0xC3:
        out["kind"] = "request"
    else:
        raise Bad("length")


def translated(b, out):
    """What the dongle hands on to the inverter, with a CRC."""
    if len(b) < 36 or u16(b, 18) not in (len(b) - 20, len(b) - 22):
        raise Bad("data-length")
    if crc(b[20:-2]) != u16(b, len(b) - 2):
        raise Bad("crc")
    device, payload = b[21], b[34:-2]
    n = len(payload)
    out.update(address=b[20], device=device, serial=b[22:32].decode("latin-1"), register=u16(b, 32))
    if device in (READ_HOLD, READ_INPUT):
        if n % 2:
            if payload[0] != n - 1 or n < 3:
                raise Bad("value-length")
            out.update(kind="reply", values=words(payload[1:]))
        elif n == 2 and not (out["protocol"] == 1 and out["side"] == DONGLE):
            out.update(kind="request", count=u16(payload))
        elif n >= 2 and out["protocol"] == 1:
            out.update(kind="reply", values=words(payload))
        else:
            raise Bad("value-length")
    elif device == WRITE_SINGLE:
        if n != 2:
            raise Bad("value-length")
        out.update(kind="reply" if out["side"] == DONGLE else "request", values=[u16(payload)])
    elif device == WRITE_MULTI:
        if n == 2:
            out.update(kind="reply", count=u16(payload))
        elif n >= 5 and payload[2] == n - 3 == 2 * u16(payload):
            out.update(kind="request", count=u16(payload), values=words(payload[3:]))
        else:
            raise Bad("value-length")
    elif device in (0x80 | READ_HOLD, 0x80 | READ_INPUT, 0x80 | WRITE_SINGLE, 0x80 | WRITE_MULTI):
        if n != 1:
            raise Bad("value-length")
        out.update(kind="exception", error=payload[0])
    else:
        out["kind"] = "firmware" if device in FIRMWARE else "unknown"


class Stream:
    """One direction of one connection: bytes in, frames out, whatever the pieces are cut like."""

    def __init__(self, side):
        self.side, self.rest, self.since, self.skipped, self.refused = side, b"", 0, 0, []
        self.ends = []  # of the pieces: (octets from the beginning, place)
        self.n = 0

    def skip(self, n):
        self.rest, self.skipped = self.rest[n:], self.skipped + n

    def feed(self, piece, now=0, place=None):
        """Yields (place of the piece that ends it, frame). A frame begun more than 5 s ago is given up."""
        yield from self.pass_time(now)
        if not self.rest:
            self.since = now
        self.rest += piece
        self.n += len(piece)
        self.ends.append((self.n, place))
        yield from self.scan(now)

    def pass_time(self, now):
        """What nobody has finished for so long begins no frame; behind its first octet one may stand."""
        while self.rest and now - self.since > PARTIAL_SECONDS - 0.01:  # less what it takes to capture a packet
            self.skip(1)
            yield from self.scan(self.since)

    def place(self):
        at = self.n - len(self.rest)
        return next(place for end, place in self.ends if end >= at)

    def scan(self, now):
        while True:
            at = self.rest.find(b"\xa1\x1a")
            if at < 0:
                self.skip(len(self.rest) - (self.rest[-1:] == b"\xa1"))
                return
            self.skip(at)
            if len(self.rest) < 6:
                return
            length = u16(self.rest, 4)
            if not 13 <= length <= 4090:
                self.refused.append("length")
                self.skip(1)
                continue
            if len(self.rest) < length + 6:
                return
            try:
                found = frame(self.rest[: length + 6], self.side)
            except Bad as e:
                self.refused.append(str(e))
                self.skip(1)
                continue
            self.rest, self.since = self.rest[length + 6 :], now
            yield self.place(), found


# ---- registers and payloads ---------------------------------------------------------------------------------

def decimal(n, places):
    """A whole number of tenths or hundredths as the shortest text with at least one decimal."""
    whole, fraction = divmod(n, 10**places)
    digits = str(fraction).rjust(places, "0")
    while len(digits) > 1 and digits.endswith("0"):
        digits = digits[:-1]
    return "%d.%s" % (whole, digits)


def plain(*at):
    return lambda r: str(sum(r[i] for i in at))


def tenth(*at):
    return lambda r: decimal(sum(r[i] for i in at), 1)


def hundredth(at):
    return lambda r: decimal(r[at], 2)


def tenth32(*at):
    return lambda r: decimal(sum(r[i] + 65536 * r[i + 1] for i in at), 1)


def signed(at):
    return lambda r: str(r[at] - (65536 if r[at] > 32767 else 0))


def low(at):
    return lambda r: str(r[at] % 256)


SETS = {
    1: (0, [("status", plain(0)), ("v_bat", tenth(4)), ("soc", low(5)), ("p_pv", plain(7, 8, 9)), ("p_charge", plain(10)),
            ("p_discharge", plain(11)), ("v_acr", tenth(12)), ("f_ac", hundredth(15)), ("p_inv", plain(16)),
            ("p_rec", plain(17)), ("v_eps", tenth(20)), ("f_eps", hundredth(23)), ("p_to_grid", plain(26)),
            ("p_to_user", plain(27)), ("e_pv_day", tenth(28, 29, 30)), ("e_inv_day", tenth(31)), ("e_rec_day", tenth(32)),
            ("e_chg_day", tenth(33)), ("e_dischg_day", tenth(34)), ("e_eps_day", tenth(35)), ("e_to_grid_day", tenth(36)),
            ("e_to_user_day", tenth(37)), ("v_bus_1", tenth(38)), ("v_bus_2", tenth(39))]),
    2: (40, [("e_pv_all", tenth32(40, 42, 44)), ("e_inv_all", tenth32(46)), ("e_rec_all", tenth32(48)),
             ("e_chg_all", tenth32(50)), ("e_dischg_all", tenth32(52)), ("e_eps_all", tenth32(54)),
             ("e_to_grid_all", tenth32(56)), ("e_to_user_all", tenth32(58)), ("t_inner", signed(64)), ("t_rad_1", signed(65)),
             ("t_rad_2", signed(66))]),
    3: (80, [("max_chg_curr", hundredth(81)), ("max_dischg_curr", hundredth(82)), ("charge_volt_ref", tenth(83)),
             ("dischg_cut_volt", tenth(84)), *(("bat_status_%d" % i, low(85 + i)) for i in range(10)),
             ("bat_status_inv", low(95))]),
}


def payload(number, registers, other):
    return "{%s}" % ",".join('"%s":%s' % (key, other.get(key, text)(registers)) for key, text in SETS[number][1])


def publications(f, other={}):
    """(topic below the prefix, payload) of what a frame of the dongle makes a gateway publish, in order.
    other: {key: its text of the registers} where a gateway is told to read it otherwise"""
    if f["side"] != DONGLE or f["kind"] != "reply" or "values" not in f:
        return
    registers = dict(enumerate(f["values"], f["register"]))
    if f["device"] == READ_INPUT:
        for number, (first, _) in SETS.items():
            if all(i in registers for i in range(first, first + 40)):
                yield "inputs/%d" % number, payload(number, registers, other)
    elif f["device"] in (READ_HOLD, WRITE_SINGLE):
        for register, value in registers.items():
            yield "hold/%d" % register, str(value)


# ---- captures -----------------------------------------------------------------------------------------------

def segments(capture):
    """(packet, time, stream, "address:port" of the sender and of the receiver, octets) of each TCP segment with octets, in
    order: what is sent again is left out. A SYN has b"" for octets, and its answer None."""
    fields = ["frame.number", "frame.time_epoch", "tcp.stream", "ip.src", "tcp.srcport", "ip.dst", "tcp.dstport", "tcp.flags.syn",
              "tcp.flags.ack", "tcp.seq", "tcp.payload"]
    options = [x for f in fields for x in ("-e", f)]
    said = subprocess.run(["tshark", "-r", capture, "-Y", "tcp", "-T", "fields", *options], capture_output=True, text=True, check=True)
    expected = {}
    for line in said.stdout.splitlines():
        number, time, stream, source, source_port, target, target_port, syn, ack, seq, data = (line.split("\t") + [""] * 11)[:11]
        sender, receiver = source + ":" + source_port, target + ":" + target_port
        if syn in ("1", "True"):
            yield int(number), float(time), stream, sender, receiver, None if ack in ("1", "True") else b""
            continue
        piece = bytes.fromhex(data.replace(":", "").split(",")[0])
        again = expected.get((stream, sender), int(seq)) - int(seq)
        if piece and again < len(piece):
            piece = piece[max(again, 0) :]
            expected[stream, sender] = int(seq) + max(again, 0) + len(piece)
            yield int(number), float(time), stream, sender, receiver, piece


def frames_of(b):
    """Of one direction's octets, whoever sent them and whenever."""
    stream = Stream(CLIENT)
    return [f for _, f in (*stream.feed(b), *stream.pass_time(NEVER))]


def says_dongle(b):
    """How much a direction's octets look like a dongle's: replies with values, exceptions, acknowledgements count."""
    points = 0
    for f in frames_of(b):
        is_reply = f["kind"] in ("reply", "exception")
        points += 1 if is_reply else -1 if f["kind"] == "request" and f["function"] == 0xC2 and f["device"] != WRITE_SINGLE else 0
    return points


def conversations(traffic):
    """{stream: {"dongle", "client": "address:port", "frames": [(packet, frame)]}} of the streams that speak LuxPower.

    Who is the dongle is told by what the two say; when they say nothing that tells, it is the server, but the client
    of a connection to port 4346, where the vendor's cloud listens."""
    streams, last = {}, 0
    for number, time, stream, sender, receiver, piece in traffic:
        s = streams.setdefault(stream, {"opened": None, "pieces": [], "sides": (sender, receiver)})
        last = time
        if piece == b"" and not s["opened"]:
            s["opened"] = sender
        if piece:
            s["pieces"].append((number, time, sender, piece))
    found = {}
    for stream, s in streams.items():
        a, b = s["sides"]
        said = {side: b"".join(p for _, _, who, p in s["pieces"] if who == side) for side in (a, b)}
        if not any(frames_of(said[side]) for side in said):
            continue
        caller = s["opened"] or (a if int(a.rsplit(":", 1)[1]) > int(b.rsplit(":", 1)[1]) else b)
        called = b if caller == a else a
        server = caller if called.endswith(":4346") else called
        likely = {side: says_dongle(said[side]) for side in (a, b)}
        dongle = server if likely[a] == likely[b] else max(likely, key=likely.get)
        lines = {side: Stream(DONGLE if side == dongle else CLIENT) for side in (a, b)}
        frames = [(*place, f) for number, time, side, piece in s["pieces"]
                  for place, f in lines[side].feed(piece, time, (number, time))]
        frames += [(*place, f) for line in lines.values() for place, f in line.pass_time(last + NEVER)]  # nothing more comes
        found[stream] = {"dongle": dongle, "client": b if dongle == a else a, "frames": frames,
                         "skipped": sum(line.skipped for line in lines.values())}
    return found


# ---- the published vectors ----------------------------------------------------------------------------------

FACTS = {"protocol": "protocol", "tcp_function": "function", "datalog": "datalog", "address": "address",
         "device_function": "device", "inverter": "serial", "register": "register", "error_code": "error", "param": "param",
         "count": "count", "result": "status"}


def check_vector(v):
    """Yields a text for each fact of a published entry that this reader sees differently, and counts (facts, payloads)."""
    b, expect = bytes.fromhex(v["hex"]), v["expect"]
    side = CLIENT if v["kind"] == "valid" and ("count" in expect or not expect.get("address", 1)) and "values" not in expect else DONGLE
    whole, single = Stream(side), Stream(side)
    frames = [f for _, f in whole.feed(b)]
    if frames != [f for i in range(len(b)) for _, f in single.feed(b[i : i + 1])]:
        yield "is read differently octet by octet"
    frames = [f for f in frames if f["kind"] != "unknown"]
    if v["kind"] == "invalid" or v["stream"]:
        wanted = expect.get("frames_after_resync", 0) if v["kind"] == "invalid" else expect["frames"]
        if len(frames) != wanted:
            yield "%d frames, not %d" % (len(frames), wanted)
        if "junk_bytes" in expect and whole.skipped != expect["junk_bytes"]:
            yield "%d bytes skipped, not %d" % (whole.skipped, expect["junk_bytes"])
        if "pending_bytes" in expect and len(whole.rest) != expect["pending_bytes"]:
            yield "%d bytes pending" % len(whole.rest)
        if "frame_lengths" in expect and [f["bytes"] for f in frames] != expect["frame_lengths"]:
            yield "lengths %s" % [f["bytes"] for f in frames]
        return
    if len(frames) != 1 or frames[0]["bytes"] != len(b):
        yield "%d frames, %s" % (len(frames), whole.refused)
        return
    f = frames[0]
    for name, mine in FACTS.items():
        if name in expect and name != "count" and f.get(mine) != expect[name]:
            yield "%s is %s here" % (name, f.get(mine))
    if "count" in expect and f.get("count", len(f.get("values", []))) != expect["count"]:
        yield "count is %s here" % f.get("count")
    if "values" in expect and words(bytes.fromhex(expect["values"])) != f.get("values"):
        yield "values are %s here" % f.get("values")
    if "value" in expect:
        mine = u16(bytes.fromhex(f["value"])) if "value" in f else f.get("values", [None])[0]
        if mine != expect["value"]:
            yield "value is %s here" % mine
    published = list(publications(f))
    if "hold" in expect and {"hold/" + k: str(x) for k, x in expect["hold"].items()} != dict(published):
        yield "hold values are %s here" % published
    if "seed_json" in expect and (expect["seed_topic"], expect["seed_json"]) != ("octolux/" + published[0][0], published[0][1]):
        yield "publishes %s" % published
    for n in (1, 2, 3):
        if "seed_json_%d" % n in expect and published[n - 1] != ("inputs/%d" % n, expect["seed_json_%d" % n]):
            yield "publishes %s" % published


def check_vectors(path):
    vectors = json.load(open(path))
    wrong = ["%s: %s" % (v["id"], problem) for v in vectors for problem in check_vector(v)]
    payloads = sum(key.startswith("seed_json") for v in vectors for key in v["expect"])
    holds = sum(len(v["expect"].get("hold", {})) for v in vectors)
    print("%d published entries, %d payloads and %d hold values among them; %d otherwise" % (len(vectors), payloads, holds, len(wrong)))
    for line in wrong:
        print(line)
    return not wrong and len(vectors) >= 123 and payloads >= 26


def tell(capture):
    for stream, c in conversations(segments(capture)).items():
        print("%s: stream %s, dongle %s, client %s, %d bytes skipped" % (capture, stream, c["dongle"], c["client"], c["skipped"]))
        for number, _, f in c["frames"]:
            print("  %d %s" % (number, " ".join("%s=%s" % item for item in f.items())))
            for topic, text in publications(f):
                print("    %s %s" % (topic, text))


if __name__ == "__main__":
    if len(sys.argv) == 3 and sys.argv[1] == "--vectors":
        sys.exit(0 if check_vectors(sys.argv[2]) else 1)
    if len(sys.argv) < 2 or sys.argv[1].startswith("-"):
        sys.exit(__doc__)
    for name in sys.argv[1:]:
        tell(name)
