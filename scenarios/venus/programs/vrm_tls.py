"""A client of the VRM broker over TLS, octet by octet: certificates, and each refusal in MQTT 3.1.1 and 5."""
import os
import socket
import ssl
import struct

OWN, SEEN, FOREIGN = "c0619ab12345", "b827eb123456", "48e7da87942f"
HOST, PORT = os.environ["WATTPROOF_BROKER_TLS"].rsplit(":", 1)
USER, TOKEN = "anna@example.com", "Token 0123abcd"


def text(value):
    octets = value.encode()
    return struct.pack(">H", len(octets)) + octets


def packet(first, body):
    assert len(body) < 128 * 128
    length = bytes([len(body)]) if len(body) < 128 else bytes([len(body) % 128 | 128, len(body) // 128])
    return bytes([first]) + length + body


def connect(level, password):
    body = text("MQTT") + bytes([level, 2 | 128 | (64 if password else 0)]) + struct.pack(">H", 60)
    body += (b"\0" if level == 5 else b"") + text("vrm%d" % level) + text(USER) + (text(password) if password else b"")
    return packet(0x10, body)


def subscribe(level, filters):
    body = struct.pack(">H", 1) + (b"\0" if level == 5 else b"")
    return packet(0x82, body + b"".join(text(f) + b"\1" for f in filters))


def publish(level, topic, number):
    return packet(0x32, text(topic) + struct.pack(">H", number) + (b"\0" if level == 5 else b"") + b'{"value":-100}')


def take(s, n):
    got = b""
    while len(got) < n:
        more = s.recv(n - len(got))
        assert more, "the broker has hung up"
        got += more
    return got


def receive(s):
    """The first octet of a packet and its body."""
    first, length, shift = take(s, 1)[0], 0, 0
    while True:
        octet = take(s, 1)[0]
        length |= (octet & 127) << shift
        shift += 7
        if octet < 128:
            return first, take(s, length)


def secure(ca=os.environ["WATTPROOF_CA"], host=HOST):
    context = ssl.create_default_context(cafile=ca)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context.wrap_socket(socket.create_connection((HOST, int(PORT)), 5), server_hostname=host)


def refused_handshake(**how):
    try:
        secure(**how).close()
    except ssl.SSLCertVerificationError:
        return True
    return False


def log_in(level, password):
    s = secure()
    s.sendall(connect(level, password))
    first, body = receive(s)
    assert first == 0x20, first
    return s, body[1]


def codes(level, s, filters):
    s.sendall(subscribe(level, filters))
    first, body = receive(s)
    assert first == 0x90, first
    return list(body[2 if level == 4 else 3:])


def check_plain():
    """What speaks no TLS gets no CONNACK."""
    s = socket.create_connection((HOST, int(PORT)), 5)
    s.sendall(connect(4, TOKEN))
    try:
        came = s.recv(100)
    except ConnectionResetError:
        came = b""
    assert came[:1] != b"\x20", came
    s.close()


def check_level(level, refused):
    for password in (None, "0123abcd", "Token 89ab", "token 0123abcd", "Token revoked"):
        s, code = log_in(level, password)
        assert code == (0x87 if level == 5 else 5), (password, code)
        s.close()
    s, code = log_in(level, "secret")
    assert code == 0, code
    s.close()
    s, code = log_in(level, TOKEN)
    assert code == 0 and s.version() in ("TLSv1.2", "TLSv1.3"), (code, s.version())
    wide = ["#", "+", "+/#", "N/#", "N/+/#", "+/%s/#" % OWN, "N/+/system/0/Ac/ConsumptionOnOutput/L1/Power",
            "N/%s/#" % FOREIGN]
    assert codes(level, s, wide) == [refused] * len(wide)
    assert codes(level, s, ["N/%s/system/+/Power" % OWN, "N/#", "N/%s/#" % SEEN]) == [1, refused, 1]
    for number, (topic, reason) in enumerate((("W/%s/hub4/0/AcPowerSetpoint" % SEEN, 0x87),
                                              ("R/%s/keepalive" % FOREIGN, 0x87)), 1):
        s.sendall(publish(level, topic, number))
        first, body = receive(s)
        assert first == 0x40, first
        if level == 5:
            assert body[2:3] == bytes([reason]), body
    s.sendall(publish(level, "W/%s/hub4/0/AcPowerSetpoint" % OWN, 9))
    first, body = receive(s)
    assert first == 0x40 and body[:2] == b"\0\x09", (first, body)
    if level == 5 and len(body) > 2:
        assert body[2] in (0, 0x10), body
    s.close()


check_plain()
assert refused_handshake(ca=None), "a certificate of nobody known was taken"
assert refused_handshake(host="mqtt117.victronenergy.com"), "a certificate for another host was taken"
check_level(4, 0x80)
check_level(5, 0x87)
print("every rule holds")
