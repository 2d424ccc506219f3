#!/usr/bin/python3
"""A dongle and a cloud that wattproof did not make: the dongle dials, twice, the second time at a port of no meaning. The
source of captures/lxp/cloud.pcap.

    dumpcap -i lo -f 'port 4346 or port 45678' -P -w FILE &  lxp_sessions.py

Frames are built here from the protocol's description, their checksums bit by bit, and sent in odd pieces."""
import socket
import struct
import sys
import threading
import time

from lxp_reader import crc

PORTS = (4346, 45678)
DATALOG, SERIAL = b"2222222222", b"5555555555"
SIZES = (1, 7, 300, 20, 3)
PAUSE = 0.03


# ---- frames -----------------------------------------------------------------------------------------------

def outer(protocol, function, body):
    return b"\xa1\x1a" + struct.pack("<HHBB", protocol, len(body) + 12, 1, function) + DATALOG + body


def data(protocol, address, function, register, payload):
    inner = bytes([address, function]) + SERIAL + struct.pack("<H", register) + payload
    return outer(protocol, 0xC2, struct.pack("<H", len(inner) + 2) + inner + struct.pack("<H", crc(inner)))


def heartbeat(protocol, tail=0):
    return outer(protocol, 0xC1, bytes([tail]))


def ask(function, register, n):
    return data(1, 0, function, register, struct.pack("<H", n))


def values(*numbers):
    return struct.pack("<%dH" % len(numbers), *numbers)


def reply(protocol, function, register, octets, address=1):
    return data(protocol, address, function, register, (b"" if protocol == 1 else bytes([len(octets)])) + octets)


# ---- what is said -----------------------------------------------------------------------------------------

def inputs():
    """Registers 0 to 126: a cloudy day."""
    r = [0] * 127
    r[0], r[1], r[4], r[5] = 12, 2503, 512, 100 << 8 | 61
    r[7], r[8], r[10], r[12], r[15], r[16] = 812, 790, 900, 2384, 4998, 655
    r[20], r[23], r[27], r[28], r[33], r[38], r[39] = 2384, 4998, 40, 37, 21, 3760, 3011
    r[40], r[46], r[47], r[64], r[65], r[66] = 61234, 4464, 1, 41, 0xFFFF, 33
    r[81], r[82], r[83], r[84], r[90], r[95] = 6600, 6605, 560, 400, 192, 3
    r[115:120] = (0x3535,) * 5
    return values(*r)


def hold():
    r = [0] * 80
    r[2:7] = (0x3535,) * 5
    r[7:9] = (0x4141, 0x4241)
    r[12], r[13], r[14] = 2 << 8 | 26, 9 << 8 | 14, 30 << 8 | 5
    r[21], r[64], r[65], r[67] = 62292, 100, 100, 95
    return values(*r)


SERVER = b"192.0.2.53,4346"
WRITE = data(1, 0, 6, 65, values(50))
# (who, octets): "d" the dongle, "c" the cloud; each is sent when what stands before it has come.
TALK = [
    ("d", heartbeat(2, 5)), ("c", heartbeat(2, 5)),
    ("c", outer(1, 0xC4, struct.pack("<HH", 6, len(SERVER)) + SERVER)), ("d", outer(5, 0xC4, struct.pack("<HB", 6, 0))),
    ("c", outer(1, 0xC3, values(0))), ("d", outer(2, 0xC3, values(0, 2, 180))),
    ("d", reply(5, 3, 0, hold())), ("d", reply(5, 4, 0, inputs(), 0)),
    ("c", ask(3, 21, 1)), ("d", reply(1, 3, 21, values(62292))),  # alike in form: who says it tells which it is
    ("c", ask(4, 40, 40)), ("d", reply(1, 4, 40, inputs()[80:160])),
    ("c", WRITE), ("d", WRITE),
    ("c", data(1, 0, 16, 64, struct.pack("<HB", 2, 4) + values(90, 80))), ("d", data(2, 1, 16, 64, values(2))),
    ("c", ask(3, 300, 1)), ("d", data(2, 1, 0x83, 300, b"\2")),
    ("d", reply(2, 4, 80, inputs()[160:240])[:-1] + b"\0"),  # its checksum is wrong
    ("d", b"AT+QUIT\r" + reply(2, 4, 80, inputs()[160:240])),
]


def say(sock, octets):
    at = i = 0
    while at < len(octets):
        sock.sendall(octets[at : at + SIZES[i % len(SIZES)]])
        at, i = at + SIZES[i % len(SIZES)], i + 1
        time.sleep(0.001)


def take(sock, n):
    while n > 0:
        n -= len(sock.recv(n))


def talk(sock, who):
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for speaker, octets in TALK:
        if speaker == who:
            time.sleep(PAUSE)
            say(sock, octets)
        else:
            take(sock, len(octets))


def cloud(server):
    sock, _ = server.accept()
    talk(sock, "c")
    sock.close()


def main():
    if len(sys.argv) != 1:
        sys.exit(__doc__)
    for port in PORTS:
        server = socket.create_server(("127.0.0.1", port))
        thread = threading.Thread(target=cloud, args=(server,))
        thread.start()
        dongle = socket.create_connection(("127.0.0.1", port))
        talk(dongle, "d")
        thread.join()
        dongle.close()
        server.close()


if __name__ == "__main__":
    main()
