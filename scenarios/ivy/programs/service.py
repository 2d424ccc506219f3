"""The gateway as a service on the documented ports: it is started, stopped by SIGTERM, and started again."""
import json
import os
import select
import socket
import subprocess
import sys

os.environ["WATTPROOF_BROKER"] = "127.0.0.1:1883"
os.environ["WATTPROOF_BROKER_WS"] = "127.0.0.1:9001"

from raw import WebSocket, Wire, check, connect, now, subscribe  # noqa: E402

GATEWAY = "ivy/v1/gateway/status"
METER = "ivy/v1/meters/000000000001/status"
# An unsolicited reading of meter 000000000001: 12345.67 kWh.
BODY = bytes.fromhex("68 01 00 00 00 00 00 68 91 08") + bytes(b + 0x33 for b in bytes.fromhex("00000100 67452301"))
READING = BODY + bytes([sum(BODY) & 255, 0x16])


class Client:
    """A subscriber of everything; its messages in the order in which they come."""

    def __init__(self, wire, name):
        self.wire, self.messages, self.ended = wire, [], False
        wire.send(connect(name))
        start = now()
        first, body = wire.packet()
        self.connack = (first, body[1], now() - start)
        wire.send(subscribe("ivy/v1/#"))

    def take(self):
        first, body = self.wire.packet()
        if first >> 4 == 3:
            n = body[0] << 8 | body[1]
            self.messages.append((body[2:2 + n].decode(), body[2 + n:]))

    def until(self, wanted, seconds):
        """Reads on until a message satisfies `wanted`, or the broker closes; did one?"""
        end = now() + seconds
        while not any(wanted(*m) for m in self.messages):
            self.wire.socket.settimeout(max(0.001, end - now()))
            try:
                self.take()
            except EOFError:
                self.ended = True
                break
            except (socket.timeout, ConnectionResetError):
                break
        return any(wanted(*m) for m in self.messages)

    def statuses(self):
        return [json.loads(payload) for topic, payload in self.messages if topic == GATEWAY]


def status(word):
    return lambda topic, payload: topic == GATEWAY and json.loads(payload)["status"] == word


def meter(online):
    return lambda topic, payload: topic == METER and json.loads(payload)["online"] is online


def start_gateway():
    with open("gateway.yaml", "w") as f:
        f.write("north: [ivy]\n")
    return subprocess.Popen([os.environ["WATTPROOF_BIN"], "gateway", "gateway.yaml"])


def first_wire(process, seconds):
    """The first connection that the broker accepts."""
    end = now() + seconds
    while now() < end:
        try:
            return Wire()
        except ConnectionRefusedError:
            if process.poll() == 3:
                print("ports taken")
                sys.exit(77)
            select.select([], [], [], 0.01)
    check(f"the broker accepts connections within {seconds} s", False)


def push_reading():
    line = socket.create_connection(("127.0.0.1", 8899), 3)
    line.sendall(READING)
    return line


process = start_gateway()
try:
    client = Client(first_wire(process, 5), "first")
    first, code, took = client.connack
    check("CONNECT on 1883 gets CONNACK 0 within 1000 ms", first == 0x20 and code == 0 and took < 1)
    check("status online comes within 2000 ms of the start", client.until(status("online"), 2))
    check("its uptime is small", 0 <= client.statuses()[0]["uptime"] < 5000)
    check("its version and name are the document's",
          client.statuses()[0]["version"] == "0.1.0" and client.statuses()[0]["name"] == "IVY 4G Gateway")

    web = WebSocket(path="/")
    check("GET / on 9001 is answered 101", web.status.split()[1] == "101" and web.accept_is_right)
    web = Client(web, "web")
    check("the same broker is there", web.connack[1] == 0 and web.until(status("online"), 2))

    line = push_reading()
    check("a meter that dials 8899 is online", client.until(meter(True), 2) and web.until(meter(True), 2))

    process.terminate()
    check("SIGTERM: status offline reaches the subscriber before the end",
          client.until(status("offline"), 5) and not client.ended)
    check("and the one on 9001", web.until(status("offline"), 5) and not web.ended)
    check("the meter is reported offline", client.until(meter(False), 1))
    check("then the broker closes", client.wire.closes_within(5) and web.wire.closes_within(5))
    check("there was one status of each kind",
          [s["status"] for s in client.statuses()] == ["online", "offline"])
    online, offline = client.statuses()
    check("between them uptime grows with the time, and nothing else changes",
          abs(offline["uptime"] - online["uptime"] - (offline["timestamp"] - online["timestamp"])) <= 500
          and (offline["version"], offline["name"]) == (online["version"], online["name"]))
    check("all members are in both", all(sorted(s) == ["name", "status", "timestamp", "uptime", "version"]
                                         for s in client.statuses()))
    check("it ends with 0", process.wait(10) == 0)
    line.close()

    began = now()
    process = start_gateway()
    client = Client(first_wire(process, 5), "second")
    check("after a restart clients connect within 5 s", client.connack[1] == 0 and now() - began < 5)
    check("status is online again", client.until(status("online"), 2))
    check("with small uptime", client.statuses()[0]["uptime"] < 5000)
    client.until(meter(True), 1)
    check("no meter is online before it has reconnected", not any(meter(True)(*m) for m in client.messages))
    line = push_reading()
    check("a meter that reconnects is online", client.until(meter(True), 2))
    process.terminate()
    check("it ends with 0 again", process.wait(10) == 0)
finally:
    process.kill()
    process.wait()
