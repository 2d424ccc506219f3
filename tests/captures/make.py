"""Writes a capture anew in every link type and file form, with struct alone: a second opinion on what replay reads.

    make.py SOURCE.pcap FOLDER

SOURCE is a classic capture of Ethernet with IPv4 and TCP. Each file's name says what to expect of it:
    same-*   the same frames at the same times in the same packets
    alike-*  the same frames, in other packets
    six-*    the same frames between IPv6 addresses, in other packets
"""
import gzip
import os
import random
import struct
import sys

ETHER, NULL, PPP, RAW_BSD, RAW_OPENBSD, PPP_HDLC, PPP_ETHER, RAW, CHDLC = 1, 0, 9, 12, 14, 50, 51, 101, 104
LOOP, SLL, PPPD, PPP_DIR, IPV4, IPV6, SLL2 = 108, 113, 166, 204, 228, 229, 276
MACS = bytes(6) + bytes([2, 0, 0, 0, 0, 1])


def read_classic(path):
    data = open(path, "rb").read()
    assert data[:4] == bytes.fromhex("d4c3b2a1"), "little-endian microseconds"
    at, packets = 24, []
    while at < len(data):
        s, us, n, wire = struct.unpack_from("<IIII", data, at)
        packets.append((s * 10**9 + us * 1000, data[at + 16:at + 16 + n]))
        at += 16 + n
    return packets


# ---- links ------------------------------------------------------------------------------------------------

def ether(kind, payload):
    return MACS + struct.pack("!H", kind) + payload


def pppoe(ppp):
    return struct.pack("!BBHH", 0x11, 0, 7, len(ppp)) + ppp


def snap(payload):
    return bytes([0xAA, 0xAA, 3, 0, 0, 0, 8, 0]) + payload


LINKS = {
    "ethernet": (ETHER, lambda ip: ether(0x800, ip)),
    "vlan": (ETHER, lambda ip: ether(0x8100, struct.pack("!HH", 7, 0x800) + ip)),
    "qinq": (ETHER, lambda ip: ether(0x88A8, struct.pack("!HHHH", 5, 0x8100, 7, 0x800) + ip)),
    "qinq-old": (ETHER, lambda ip: ether(0x9100, struct.pack("!HHHH", 5, 0x8100, 7, 0x800) + ip)),
    "qinq-three": (ETHER, lambda ip: ether(0x88A8, struct.pack("!6H", 5, 0x9100, 6, 0x8100, 7, 0x800) + ip)),
    "padded": (ETHER, lambda ip: ether(0x800, ip).ljust(60, b"\0")),
    "snap": (ETHER, lambda ip: ether(len(snap(ip)), snap(ip))),
    "mpls": (ETHER, lambda ip: ether(0x8847, struct.pack("!II", 16 << 12 | 64, 17 << 12 | 0x100 | 64) + ip)),
    "pppoe": (ETHER, lambda ip: ether(0x8864, pppoe(b"\x00\x21" + ip))),
    "pppoe-link": (PPP_ETHER, lambda ip: pppoe(b"\x00\x21" + ip)),
    "ppp": (PPP, lambda ip: b"\xff\x03\x00\x21" + ip),
    "ppp-bare": (PPP, lambda ip: b"\x00\x21" + ip),
    "ppp-compressed": (PPP, lambda ip: b"\x21" + ip),
    "ppp-hdlc": (PPP_HDLC, lambda ip: b"\xff\x03\x00\x21" + ip),
    "pppd": (PPPD, lambda ip: b"\x01\x03\x00\x21" + ip),
    "ppp-direction": (PPP_DIR, lambda ip: b"\x01\xff\x03\x00\x21" + ip),
    "cisco-hdlc": (CHDLC, lambda ip: b"\x0f\x00\x08\x00" + ip),
    "cooked": (SLL, lambda ip: struct.pack("!HHH8sH", 4, 1, 6, MACS[6:], 0x800) + ip),
    "cooked-vlan": (SLL, lambda ip: struct.pack("!HHH8sHHH", 4, 1, 6, MACS[6:], 0x8100, 7, 0x800) + ip),
    "cooked-llc": (SLL, lambda ip: struct.pack("!HHH8sH", 4, 1, 6, MACS[6:], 4) + snap(ip)),
    "cooked-2": (SLL2, lambda ip: struct.pack("!HHIHBB8s", 0x800, 0, 3, 1, 4, 6, MACS[6:]) + ip),
    "null-little": (NULL, lambda ip: struct.pack("<I", 2) + ip),
    "null-big": (NULL, lambda ip: struct.pack(">I", 2) + ip),
    "loop": (LOOP, lambda ip: struct.pack(">I", 2) + ip),
    "raw": (RAW, lambda ip: ip),
    "raw-12": (RAW_BSD, lambda ip: ip),
    "raw-14": (RAW_OPENBSD, lambda ip: ip),
    "ipv4": (IPV4, lambda ip: ip),
}


# ---- files ------------------------------------------------------------------------------------------------

def classic(link, packets, order="<", magic=0xA1B2C3D4, minor=4):
    nano, old = magic == 0xA1B23C4D, magic == 0xA1B2CD34
    out = struct.pack(order + "IHHiIII", magic, 2, minor, 0, 0, 262144, link)
    for ns, data in packets:
        fraction = ns % 10**9 if nano else ns % 10**9 // 1000
        out += struct.pack(order + "IIII", ns // 10**9, fraction, len(data), len(data))
        out += (b"\x01\x00\x00\x00\x00\x08\x00\x00" if old else b"") + data
    return out


def block(order, kind, body):
    body += bytes(-len(body) % 4)
    return struct.pack(order + "II", kind, len(body) + 12) + body + struct.pack(order + "I", len(body) + 12)


def option(order, code, value):
    return struct.pack(order + "HH", code, len(value)) + value + bytes(-len(value) % 4)


def interface(order, link, unit=None, offset=0):
    options = option(order, 2, b"made up")
    if unit is not None:
        options += option(order, 9, bytes([unit]))
    if offset:
        options += option(order, 14, struct.pack(order + "q", offset))
    return block(order, 1, struct.pack(order + "HHI", link, 0, 0) + options + struct.pack("I", 0))


def section(order):
    comment = option(order, 1, b"a comment that nobody needs")
    return block(order, 0x0A0D0D0A,
                 struct.pack(order + "IHHq", 0x1A2B3C4D, 1, 0, -1) + comment + struct.pack("I", 0))


def enhanced(order, number, units, data):
    return block(order, 6, struct.pack(order + "IIIII", number, units >> 32, units & 0xFFFFFFFF, len(data), len(data))
                 + data + bytes(-len(data) % 4) + option(order, 1, b"of a packet") + struct.pack("I", 0))


def obsolete(order, number, units, data):
    return block(order, 2, struct.pack(order + "HHIIII", number, 0xFFFF, units >> 32, units & 0xFFFFFFFF,
                                       len(data), len(data)) + data)


def units_of(ns, unit):
    return ns * 2 ** (unit & 0x7F) // 10**9 if unit & 0x80 else ns * 10**unit // 10**9


def pcapng(order, link, packets, unit=6, offset=0, packet=enhanced):
    out = section(order) + interface(order, link, unit, offset)
    for ns, data in packets:
        out += packet(order, 0, units_of(ns - offset * 10**9, unit), data)
    return out


def mixed(order, ips):
    """Each link type an interface, half of them described when they are first needed."""
    rows = list(LINKS.values())
    units = [6, 9, 10, 7]
    out, described = section(order), 0
    for i, (ns, ip) in enumerate(ips):
        row = i % len(rows)
        while described <= max(row, len(rows) // 2):
            out += interface(order, rows[described][0], units[described % 4])
            described += 1
        out += enhanced(order, row, units_of(ns, units[row % 4]), rows[row][1](ip))
        if i % 7 == 0:
            out += block(order, 4, bytes(4)) + block(order, 0xBAD, b"of a vendor") + block(order, 5, bytes(12))
    return out


def sections(packets):
    """A section of either byte order for each third."""
    third = len(packets) // 3
    parts = packets[:third], packets[third:2 * third], packets[2 * third:]
    return b"".join(pcapng(order, RAW, part) for order, part in zip("<><", parts))


# ---- fragments --------------------------------------------------------------------------------------------

def fragments_4(number, ip, size):
    header, body = bytearray(ip[:20]), ip[20:]
    for at in range(0, len(body), size):
        part = body[at:at + size]
        more = at + size < len(body)
        struct.pack_into("!HHH", header, 2, 20 + len(part), number, (0x2000 if more else 0) | at // 8)
        yield bytes(header) + part


def to_ipv6(ip):
    address = lambda at: bytes.fromhex("fd00") + bytes(10) + ip[at:at + 4]
    body = ip[20:struct.unpack_from("!H", ip, 2)[0]]
    return struct.pack("!IHBB", 6 << 28, len(body), 6, 64) + address(12) + address(16) + body


def fragments_6(number, ip, size):
    """The part in pieces begins with an extension header of its own."""
    body = b"\x06\x00\x01\x04\x00\x00\x00\x00" + ip[40:]
    for at in range(0, len(body), size):
        part = body[at:at + size]
        more = at + size < len(body)
        fragment = struct.pack("!BBHI", 60, 0, at | more, number)
        yield ip[:4] + struct.pack("!HB", len(fragment + part), 44) + ip[7:40] + fragment + part


def in_pieces(ips, cut, size, shuffle=False, twice=False):
    for number, (ns, ip) in enumerate(ips):
        pieces = list(cut(number + 1, ip, size))
        if twice:
            pieces = [p for p in pieces for _ in range(2)][:-1]
        if shuffle:
            random.shuffle(pieces)
        for piece in pieces:
            yield ns, piece


# ---- everything -------------------------------------------------------------------------------------------

def main(source, folder):
    random.seed(1)
    packets = read_classic(source)
    ips = [(ns, data[14:14 + struct.unpack_from("!H", data, 16)[0]]) for ns, data in packets]
    six = [(ns, to_ipv6(ip)) for ns, ip in ips]
    files = {}
    for name, (link, wrap) in LINKS.items():
        files[f"same-{name}.pcap"] = classic(link, [(ns, wrap(ip)) for ns, ip in ips])
    for order, word in ("<", "little"), (">", "big"):
        for magic, form in (0xA1B2C3D4, "micro"), (0xA1B23C4D, "nano"), (0xA1B2CD34, "long"):
            files[f"same-{word}-{form}.pcap"] = classic(RAW, ips, order, magic)
        for unit in 6, 7, 9, 10, 12, 15, 0x80 | 30, 0x80 | 33, 0x80 | 40:
            near = [(ns + 400, ip) for ns, ip in ips] if unit & 0x80 else ips  # a power of two rounds down
            offset = ips[0][0] // 10**9 - 5 if unit > 10 and unit != 0x80 | 30 else 0  # or 64 bits are too few
            files[f"same-{word}-unit-{unit}.pcapng"] = pcapng(order, RAW, near, unit, offset)
        files[f"same-{word}-before.pcapng"] = pcapng(order, RAW, ips, 6, -1000000000)
        files[f"same-{word}-obsolete.pcapng"] = pcapng(order, RAW, ips, packet=obsolete)
        files[f"same-{word}-mixed.pcapng"] = mixed(order, ips)
    files["same-sections.pcapng"] = sections(ips)
    data = files["same-raw.pcap"]
    files["same-packed.pcap.gz"] = gzip.compress(data)
    files["same-stored.pcap.gz"] = gzip.compress(data, 0)
    files["same-members.pcap.gz"] = b"".join(gzip.compress(data[i:i + 999]) for i in range(0, len(data), 999))
    files["same-members.pcapng.gz"] = gzip.compress(files["same-big-mixed.pcapng"]) + gzip.compress(b"") + bytes(512)
    for size in 8, 24, 48:
        files[f"alike-pieces-{size}.pcap"] = classic(RAW, in_pieces(ips, fragments_4, size))
    files["alike-pieces-shuffled.pcap"] = classic(RAW, in_pieces(ips, fragments_4, 16, True))
    files["alike-pieces-twice.pcap"] = classic(RAW, in_pieces(ips, fragments_4, 16, False, True))
    files["six-whole.pcap"] = classic(IPV6, six)
    files["six-null.pcap"] = classic(NULL, [(ns, struct.pack("<I", 30) + ip) for ns, ip in six])
    files["six-ethernet.pcap"] = classic(ETHER, [(ns, ether(0x86DD, ip)) for ns, ip in six])
    files["six-ppp.pcap"] = classic(PPP, [(ns, b"\xff\x03\x00\x57" + ip) for ns, ip in six])
    files["six-pieces.pcap"] = classic(RAW, in_pieces(six, fragments_6, 16))
    files["six-pieces-shuffled.pcap"] = classic(RAW, in_pieces(six, fragments_6, 16, True))
    for name, content in files.items():
        with open(os.path.join(folder, name), "wb") as out:
            out.write(content)


main(*sys.argv[1:])
