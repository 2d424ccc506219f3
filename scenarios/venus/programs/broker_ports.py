"""The ports of a Venus system octet by octet: what a plain CONNECT and a TLS handshake get at each, and what a PUBLISH
with a wildcard costs. Told by its arguments what to expect."""
import os
import socket
import ssl
import struct
import sys


def place(name):
    host, port = os.environ[name].rsplit(":", 1)
    return host, int(port)


def text(value):
    octets = value.encode()
    return struct.pack(">H", len(octets)) + octets


def packet(first, body):
    assert len(body) < 128
    return bytes([first, len(body)]) + body


def connect(client):
    return packet(0x10, text("MQTT") + bytes([4, 2]) + struct.pack(">H", 60) + text(client))


def answer(s, request):
    """What comes within two seconds; nothing when the connection is ended."""
    s.settimeout(2)
    try:
        s.sendall(request)
        return s.recv(64)
    except (ConnectionError, socket.timeout):
        return b""


def plain_is_answered(at, client="plain"):
    with socket.create_connection(at) as s:
        return answer(s, connect(client)) == b"\x20\x02\x00\x00"


def handshake(at, ca, version, client):
    """Is a CONNECT within TLS answered by a CONNACK?"""
    context = ssl.create_default_context(cafile=ca)
    context.minimum_version = context.maximum_version = version
    if version < ssl.TLSVersion.TLSv1_2:
        context.set_ciphers("ALL:@SECLEVEL=0")
    try:
        with socket.create_connection(at) as bare, context.wrap_socket(bare, server_hostname=at[0]) as s:
            return answer(s, connect(client))[:1] == b"\x20"
    except (ssl.SSLError, ConnectionError):
        return False


def speaks_tls_alone(at, ca):
    assert handshake(at, ca, ssl.TLSVersion.TLSv1_2, "tls12")
    assert handshake(at, ca, ssl.TLSVersion.TLSv1_3, "tls13")
    assert not handshake(at, ca, ssl.TLSVersion.TLSv1_1, "tls11")
    assert not handshake(at, None, ssl.TLSVersion.TLSv1_2, "stranger")
    assert not plain_is_answered(at)


def wildcards_end_the_connection(at):
    topics = ["R/c0619ab12345/+/20/Ac/Power", "R/c0619ab12345/pvinverter/#", "W/c0619ab12345/+/0/AcPowerSetpoint",
              "W/c0619ab12345/hub4/0/#", "R/+/keepalive"]
    for number, topic in enumerate(topics):
        with socket.create_connection(at) as s:
            assert answer(s, connect("wild%d" % number)) == b"\x20\x02\x00\x00"
            s.sendall(packet(0x30, text(topic) + b'{"value":1}'))
            s.settimeout(5)
            try:
                assert s.recv(64) == b"", topic
            except ConnectionResetError:
                pass


def main():
    for what in sys.argv[1:]:
        if what == "plain":
            assert plain_is_answered(place("WATTPROOF_BROKER"))
        elif what == "shut":
            for name in ("WATTPROOF_BROKER", "WATTPROOF_BROKER_WS"):
                try:
                    socket.create_connection(place(name), 2).close()
                    raise AssertionError(name + " answers")
                except ConnectionRefusedError:
                    pass
        elif what == "secure":
            speaks_tls_alone(place("WATTPROOF_BROKER_TLS"), os.environ["WATTPROOF_CA"])
        elif what == "vrm":
            speaks_tls_alone(place("WATTPROOF_VRM"), os.environ["WATTPROOF_VRM_CA"])
        elif what == "wild":
            wildcards_end_the_connection(place("WATTPROOF_BROKER"))
    print("as expected")


main()
