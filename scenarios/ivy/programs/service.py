"""The reference gateway as a service on the ports of the document: there from start to stop, and again after."""
import json
import os
import signal
import subprocess
import time

os.environ["WATTPROOF_BROKER"] = "127.0.0.1:1883"
os.environ["WATTPROOF_BROKER_WS"] = "127.0.0.1:9001"

from raw import WebSocket, Wire, check, connect, now, subscribe  # noqa: E402  (they read the addresses above)

STATUS = "ivy/v1/gateway/status"


def start():
    return subprocess.Popen([os.environ["WATTPROOF_BIN"], "gateway"], stdin=subprocess.DEVNULL)


def accepted(kind, seconds):
    """A connection as soon as the service accepts one."""
    deadline = now() + seconds
    while True:
        try:
            return kind()
        except OSError:
            if now() > deadline:
                raise
            time.sleep(0.02)


def status(wire):
    """The next message on the status topic."""
    while True:
        first, body = wire.packet()
        length = body[0] << 8 | body[1]
        if first >> 4 == 3 and body[2:2 + length].decode() == STATUS:
            return json.loads(body[2 + length + (2 if first & 6 else 0):])


for attempt in ("first", "second"):
    began = now()
    service = start()
    try:
        wire = accepted(Wire, 5)
        check(f"{attempt} start: port 1883 accepts within 5 s", now() - began < 5)
        asked = now()
        wire.send(connect("observer"))
        first, body = wire.packet()
        check(f"{attempt} start: CONNACK 0 within a second", first == 0x20 and body[1] == 0 and now() - asked < 1)
        wire.send(subscribe(STATUS))
        online = status(wire)
        check(f"{attempt} start: status online within 2 s", online["status"] == "online" and now() - asked < 2)
        check(f"{attempt} start: uptime is small", 0 <= online["uptime"] < 5000)
        check(f"{attempt} start: version and name are the document's",
              online["version"] == "0.1.0" and online["name"] == "IVY 4G Gateway")
        ws = accepted(WebSocket, 3)
        check(f"{attempt} start: port 9001 speaks WebSocket", ws.accept_is_right)
        service.send_signal(signal.SIGTERM)
        offline = status(wire)
        check(f"{attempt} stop: status offline before the connection ends", offline["status"] == "offline")
        check(f"{attempt} stop: the connection ends", wire.closes_within(5))
        check(f"{attempt} stop: exit 0", service.wait(10) == 0)
    finally:
        if service.poll() is None:
            service.kill()
            service.wait()
