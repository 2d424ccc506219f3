"""The gateway as a service with the document's config.ini: where it connects, with what, and what it refuses.

A listener of this program stands where the broker would be and looks at the first bytes of the connection."""
import os
import select
import shutil
import socket
import ssl
import subprocess
import time

LXP = "[lxp]\nhost = 127.0.0.1\nport = 9\nserial = 5555555555\ndatalog = BA55555555\n"
LIMIT = 10  # seconds from the start of the gateway to its CONNECT


def check(what, is_so):
    print(("ok " if is_so else "NOT ok ") + what, flush=True)


def listen(port=0, host="127.0.0.1"):
    s = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind((host, port))
    s.listen()
    return s


class Gateway:
    """`wattproof gateway FILE` while the block runs."""

    def __init__(self, text, name="config.ini"):
        with open(name, "w") as f:
            f.write(text)
        self.name = name

    def __enter__(self):
        self.log = open(self.name + ".log", "wb")
        self.process = subprocess.Popen([os.environ["WATTPROOF_BIN"], "gateway", self.name], stderr=self.log)
        return self

    def __exit__(self, *_):
        self.process.terminate()
        try:
            self.process.wait(5)
        finally:
            self.process.kill()
            self.process.wait()
            self.log.close()

    def said(self):
        with open(self.name + ".log", encoding="utf-8") as f:
            return f.read()


def accept(listener, seconds=LIMIT):
    return listener.accept()[0] if select.select([listener], [], [], seconds)[0] else None


def read_exactly(wire, n):
    data = b""
    while len(data) < n:
        part = wire.recv(n - len(data))
        if not part:
            break
        data += part
    return data


class Connect:
    """The fields of an MQTT CONNECT (MQTT 3.1.1, 3.1), or None in `level` when it is none."""

    def __init__(self, wire):
        self.level, self.user, self.password = None, None, None
        wire.settimeout(LIMIT)
        head = read_exactly(wire, 2)
        self.first = head[:1]
        if self.first != b"\x10" or head[1] & 128:
            return
        body = read_exactly(wire, head[1])
        self.level, flags = body[6], body[7]
        fields, at = [], 10
        while at + 2 <= len(body):
            n = body[at] << 8 | body[at + 1]
            fields.append(body[at + 2:at + 2 + n])
            at += 2 + n
        if flags & 4:
            fields[1:3] = []
        rest = fields[1:]
        self.user = rest.pop(0) if flags & 128 else None
        self.password = rest.pop(0) if flags & 64 else None


def first_connect(listener, text, name="config.ini"):
    with Gateway(text, name):
        began = time.monotonic()
        wire = accept(listener)
        took = time.monotonic() - began
        return (Connect(wire), took) if wire else (None, took)


def uri(value):
    return f"[mqtt]\nuri = {value}\n" + LXP


def plain():
    with listen() as broker:
        port = broker.getsockname()[1]
        got, took = first_connect(broker, f"# comments\n  # stand anywhere\n[mqtt]\n# see URI help\nuri = "
                                          f"mqtt://127.0.0.1:{port}  \n#{LXP}".replace("#[lxp]", "[lxp]"))
        check("mqtt://HOST:PORT: a CONNECT of MQTT 3.1.1 within 10 s", got and got.level == 4 and took < LIMIT)
        check("no TLS record comes first", got and got.first == b"\x10")
        check("without credentials there are none in CONNECT", got and got.user is None and got.password is None)
        got, _ = first_connect(broker, uri(f"mqtt://me:p%40ss%3a%23@127.0.0.1:{port}/path?query=1"),
                               "my own settings.ini")
        check("user and password are percent-decoded, path and query ignored, the file's name is free",
              got and got.user == b"me" and got.password == b"p@ss:#")
        got, _ = first_connect(broker, uri(f"mqtt://only@localhost:{port}"))
        check("a user alone, and a host by its name", got and got.user == b"only" and got.password is None)
    if socket.has_ipv6:
        with listen(host="::1") as broker:
            got, _ = first_connect(broker, uri(f"mqtt://[::1]:{broker.getsockname()[1]}"))
            check("an IPv6 address in brackets", got and got.level == 4)


def default_ports():
    with listen(1883) as broker:
        got, _ = first_connect(broker, uri("mqtt://127.0.0.1"))
        check("without a port mqtt is 1883", got and got.level == 4)
    with listen(8883) as broker, Gateway(uri("mqtts://127.0.0.1")):
        wire = accept(broker)
        check("without a port mqtts is 8883, and a TLS record comes first",
              wire and read_exactly(wire, 1) == b"\x16")


def certificate(name, host):
    subprocess.run([shutil.which("openssl"), "req", "-x509", "-newkey", "ec", "-pkeyopt",
                    "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", "/CN=" + host, "-addext",
                    "subjectAltName=DNS:" + host, "-keyout", name + ".key", "-out", name + ".pem"],
                   check=True, capture_output=True)


def over_tls(listener, name, text):
    """The CONNECT that came through TLS, and its version; None where the gateway ended the handshake."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(name + ".pem", name + ".key")
    with Gateway(text):
        wire = accept(listener)
        if not wire:
            return None, None
        wire.settimeout(LIMIT)
        try:
            with context.wrap_socket(wire, server_side=True) as tls:
                return Connect(tls), tls.version()
        except (ssl.SSLError, OSError):
            return None, None


def tls():
    certificate("good", "localhost")
    certificate("other", "broker.example")
    with listen() as broker:
        port = broker.getsockname()[1]
        secure = f"[mqtt]\nuri = mqtts://me:secret@localhost:{port}\n"
        got, version = over_tls(broker, "good", secure + "ca_file = good.pem\n" + LXP)
        check("mqtts: TLS 1.2 or newer, and CONNECT inside it",
              got and got.level == 4 and got.user == b"me" and version in ("TLSv1.2", "TLSv1.3"))
        got, _ = over_tls(broker, "good", secure + LXP)
        check("a certificate that nobody trusts: no CONNECT", got is None or got.level is None)
        got, _ = over_tls(broker, "other", secure + "ca_file = other.pem\n" + LXP)
        check("a certificate of another name: no CONNECT", got is None or got.level is None)
        got, _ = over_tls(broker, "other", secure + "insecure = true\n" + LXP)
        check("insecure: any certificate", got and got.level == 4)


def refused(what, text, word):
    with Gateway(text) as gateway:
        try:
            code = gateway.process.wait(LIMIT)
        except subprocess.TimeoutExpired:
            code = None
        check(what, code not in (None, 0) and word in gateway.said())


def wrong():
    refused("another scheme stops the start", uri("http://127.0.0.1:1883"), "config.ini:2")
    refused("a host with no name stops it", uri("mqtt://"), "config.ini:2")
    refused("a serial of nine characters is named", uri("mqtt://127.0.0.1").replace("5555555555", "555555555", 1),
            "lxp.serial")
    refused("a datalog of eleven characters is named", uri("mqtt://127.0.0.1").replace("BA5", "BA55", 1), "lxp.datalog")
    refused("an unknown section is named", "[mqtts]\nuri = x\n" + LXP, "[mqtts]")


def without_uri():
    with listen(1883) as plain, listen(8883) as secure, Gateway("[mqtt]\nuri =\n" + LXP) as gateway:
        came = select.select([plain, secure], [], [], 2)[0]
        check("without a uri nobody is dialled on 1883 or 8883, and the gateway runs",
              not came and gateway.process.poll() is None and "started" in gateway.said())


plain()
default_ports()
tls()
wrong()
without_uri()
