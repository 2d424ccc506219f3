#!/usr/bin/python3
"""Meters that wattproof did not make: they push over each transport of DLMS/COSEM to a listener of their own, on the
loopback interface. The source of captures/dlms/own-*.pcap.

    dumpcap -i lo -f 'port 44059' -w FILE &  dlms_sessions.py hdlc|wrapper|mbus|udp

Frames are built here from the standards, ciphered by python3-cryptography, and sent in odd pieces."""
import socket
import struct
import sys
import threading
import time

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from dlms_reader import x25

PORT = 44059
TITLE, KEY, AUTH = b"WPT\0\0\0\0\1", bytes(range(16)), bytes(range(0xD0, 0xE0))
SIZES = (1, 7, 64, 3, 200)


# ---- what is said -----------------------------------------------------------------------------------------

def octets(b):
    return b"\x09" + bytes([len(b)]) + b


def code(text):
    a, b, c, d, e, f = (int(x) for x in text.replace("-", ".").replace(":", ".").split("."))
    return octets(bytes([a, b, c, d, e, f]))


def u32(n):
    return b"\x06" + struct.pack(">I", n)


def u16(n):
    return b"\x12" + struct.pack(">H", n)


def scaled(value, scaler, unit):
    return value + b"\x02\x02\x0f" + struct.pack("b", scaler) + b"\x16" + bytes([unit])


def notification(number, body):
    moment = bytes.fromhex("07E8010F010C000000FFC400")
    return b"\x0f" + struct.pack(">I", number) + b"\x0c" + moment + body


def objects(step):
    """An array of structures: key, value, scaler and unit."""
    rows = [("1-0:1.8.0.255", u32(1234567 + step), 0, 30), ("1-0:2.8.0.255", u32(890), 0, 30),
            ("1-0:1.7.0.255", u32(2301 + step), 0, 27), ("1-0:32.7.0.255", u16(2304), -1, 35),
            ("1-0:52.7.0.255", u16(2299), -1, 35), ("1-0:72.7.0.255", u16(2311), -1, 35),
            ("1-0:31.7.0.255", u16(1002), -2, 33), ("1-0:14.7.0.255", u16(4998), -2, 44)]
    return b"\x01" + bytes([len(rows)]) + b"".join(b"\x02\x03" + code(k) + scaled(v, s, u) for k, v, s, u in rows)


def pairs(step):
    """A structure of keys and values, one after the other."""
    items = [octets(b"WPT-LIST-1"), code("0-0:96.1.0.255"), octets(b"1234567890123456"), code("1-0:1.7.0.255"), u32(812 + step),
             code("1-0:32.7.0.255"), u16(231)]
    return b"\x02" + bytes([len(items)]) + b"".join(items)


def ciphered(plain, counter):
    iv = TITLE + struct.pack(">I", counter)
    sealed = AESGCM(KEY).encrypt(iv, plain, b"\x30" + AUTH)
    content = b"\x30" + struct.pack(">I", counter) + sealed[:-16] + sealed[-16:-4]
    length = bytes([len(content)]) if len(content) < 128 else b"\x82" + struct.pack(">H", len(content))
    return b"\xdb\x08" + TITLE + length + content


# ---- how it is sent ---------------------------------------------------------------------------------------

def low_first(crc):
    return bytes([crc & 0xFF, crc >> 8])


def hdlc(info, more=False, control=0x13):
    head = struct.pack(">H", 0xA000 | (0x800 if more else 0) | 2 + 2 + 1 + 1 + 2 + len(info) + 2)
    head += bytes([0x02, 0x23, 0x21, control])
    frame = head + low_first(x25(head)) + info
    return b"\x7e" + frame + low_first(x25(frame)) + b"\x7e"


def segmented(apdu, size=120):
    info = b"\xe6\xe7\0" + apdu
    parts = [info[i : i + size] for i in range(0, len(info), size)]
    return b"".join(hdlc(p, p is not parts[-1]) for p in parts)


def wrapper(apdu):
    return struct.pack(">4H", 1, 1, 103, len(apdu)) + apdu


def mbus(apdu, size=245):
    parts = [apdu[i : i + size] for i in range(0, len(apdu), size)]
    out = b""
    for i, p in enumerate(parts):
        body = bytes([0x53, 0xFF, i | (0x10 if i == len(parts) - 1 else 0), 1, 0x67]) + p
        out += bytes([0x68, len(body), len(body), 0x68]) + body + bytes([sum(body) & 0xFF, 0x16])
    return out


def said(transport):
    for step in range(3):
        if transport == "hdlc":
            yield segmented(notification(step + 1, objects(step)))
            yield hdlc(b"\xe6\xe7\0" + notification(step + 101, pairs(step)))
        elif transport == "wrapper":
            yield wrapper(notification(step + 1, pairs(step)))
            yield wrapper(ciphered(notification(step + 101, objects(step)), step + 1))
        elif transport == "mbus":
            yield mbus(ciphered(notification(step + 1, objects(step) ), step + 1), 120)
        else:
            yield wrapper(ciphered(notification(step + 1, pairs(step)), step + 1))


def listen(server):
    conn, _ = server.accept()
    while conn.recv(4096):
        pass
    conn.close()


def stream(transport):
    server = socket.create_server(("127.0.0.1", PORT))
    listener = threading.Thread(target=listen, args=(server,))
    listener.start()
    meter = socket.create_connection(("127.0.0.1", PORT))
    meter.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    turn = 0
    for push in said(transport):
        while push:
            piece, push = push[: SIZES[turn % len(SIZES)]], push[SIZES[turn % len(SIZES)] :]
            meter.sendall(piece)
            turn += 1
            time.sleep(0.01)
    meter.close()
    listener.join()
    server.close()


def datagrams():
    receiver = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    receiver.bind(("127.0.0.1", PORT))
    meter = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    meter.bind(("127.0.0.1", PORT + 1))
    for push in said("udp"):
        meter.sendto(push, ("127.0.0.1", PORT))
        receiver.recv(4096)
        time.sleep(0.05)


if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.argv[1] not in ("hdlc", "wrapper", "mbus", "udp"):
        sys.exit(__doc__)
    datagrams() if sys.argv[1] == "udp" else stream(sys.argv[1])
