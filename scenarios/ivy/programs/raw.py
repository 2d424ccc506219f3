"""Raw MQTT over TCP or WebSocket for what a library would never send. Used by the programs beside it."""
import base64
import hashlib
import os
import socket
import struct
import time


def address(websocket=False):
    host, port = os.environ["WATTPROOF_BROKER_WS" if websocket else "WATTPROOF_BROKER"].rsplit(":", 1)
    return host, int(port)


def text(value):
    octets = value.encode() if isinstance(value, str) else value
    return struct.pack(">H", len(octets)) + octets


def packet(first, body):
    length, head = len(body), bytes([first])
    while True:
        low, length = length % 128, length // 128
        head += bytes([low | (128 if length else 0)])
        if not length:
            return head + body


def connect(client_id="", user=None, password=None, level=4, name="MQTT", keepalive=60):
    flags = 2 | (128 if user is not None else 0) | (64 if password is not None else 0)
    body = text(name) + bytes([level, flags]) + struct.pack(">H", keepalive)
    if level == 5:
        body += b"\0"
    body += text(client_id)
    for value in (user, password):
        if value is not None:
            body += text(value)
    return packet(0x10, body)


def publish(topic, payload):
    return packet(0x30, text(topic) + payload)


def subscribe(topic, number=1, qos=0):
    return packet(0x82, struct.pack(">H", number) + text(topic) + bytes([qos]))


class Wire:
    """A TCP connection that reads whole MQTT packets."""

    def __init__(self, timeout=3):
        self.socket = socket.create_connection(address(), timeout)
        self.bytes = b""

    def send(self, data):
        self.socket.sendall(data)

    def more(self):
        data = self.socket.recv(65536)
        if not data:
            raise EOFError("the broker closed the connection")
        self.bytes += data

    def need(self, n):
        while len(self.bytes) < n:
            self.more()

    def packet(self):
        self.need(2)
        length, shift, at = 0, 0, 1
        while True:
            self.need(at + 1)
            length |= (self.bytes[at] & 127) << shift
            shift += 7
            at += 1
            if not self.bytes[at - 1] & 128:
                break
        self.need(at + length)
        first, body = self.bytes[0], self.bytes[at:at + length]
        self.bytes = self.bytes[at + length:]
        return first, body

    def closes_within(self, seconds):
        self.socket.settimeout(seconds)
        try:
            while True:
                self.more()
        except EOFError:
            return True
        except ConnectionResetError:
            return True
        except socket.timeout:
            return False


class WebSocket(Wire):
    """The same over WebSocket: MQTT packets may span frames and share one."""

    def __init__(self, timeout=3, path="/", protocol="mqtt", offer=""):
        self.socket = socket.create_connection(address(True), timeout)
        self.bytes, self.raw, self.pongs = b"", b"", []
        key = base64.b64encode(os.urandom(16)).decode()
        lines = [f"GET {path} HTTP/1.1", "Host: localhost:9001", "Upgrade: websocket", "Connection: Upgrade",
                 f"Sec-WebSocket-Key: {key}", "Sec-WebSocket-Version: 13"]
        if protocol:
            lines.append(f"Sec-WebSocket-Protocol: {protocol}")
        if offer:
            lines.append(f"Sec-WebSocket-Extensions: {offer}")
        self.socket.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        while b"\r\n\r\n" not in self.raw:
            data = self.socket.recv(4096)
            if not data:
                raise EOFError("the broker closed the connection")
            self.raw += data
        head, self.raw = self.raw.split(b"\r\n\r\n", 1)
        self.status = head.split(b"\r\n")[0].decode()
        self.headers = {k.strip().lower(): v.strip() for k, v in
                        (line.split(":", 1) for line in head.decode().split("\r\n")[1:])}
        digest = hashlib.sha1((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode()).digest()
        self.accept_is_right = self.headers.get("sec-websocket-accept") == base64.b64encode(digest).decode()

    def frame(self, opcode, data, final=True):
        mask = os.urandom(4)
        head = bytes([opcode | (128 if final else 0)])
        if len(data) < 126:
            head += bytes([128 | len(data)])
        else:
            head += bytes([128 | 126]) + struct.pack(">H", len(data))
        self.socket.sendall(head + mask + bytes(b ^ mask[i % 4] for i, b in enumerate(data)))

    def send(self, data):
        self.frame(2, data)

    def raw_need(self, n):
        while len(self.raw) < n:
            data = self.socket.recv(65536)
            if not data:
                raise EOFError("the broker closed the connection")
            self.raw += data

    def more(self):
        self.raw_need(2)
        opcode, length, at = self.raw[0] & 15, self.raw[1] & 127, 2
        if length == 126:
            self.raw_need(4)
            length, at = struct.unpack(">H", self.raw[2:4])[0], 4
        self.raw_need(at + length)
        data, self.raw = self.raw[at:at + length], self.raw[at + length:]
        if opcode in (0, 1, 2):
            self.bytes += data
        elif opcode == 8:
            raise EOFError("the broker closed the WebSocket")
        elif opcode == 10:
            self.pongs.append(data)


def check(what, good):
    print(f"{'ok' if good else 'NOT OK'} {what}", flush=True)
    if not good:
        raise SystemExit(1)


def request(number, register="voltageA"):
    return b'{"requestId":"%s","command":"read","register":"%s"}' % (number.encode(), register.encode())


def now():
    return time.monotonic()
