"""The WebSocket listener: handshake, framing, and that it is the same broker."""
import socket

from raw import WebSocket, Wire, address, check, connect, publish, request, subscribe

TOPIC = "ivy/v1/meters/000000000001"

ws = WebSocket(offer="permessage-deflate; client_max_window_bits")
check("GET / is answered 101", " 101 " in ws.status)
check("Sec-WebSocket-Accept is right", ws.accept_is_right)
check("subprotocol mqtt is agreed", ws.headers.get("sec-websocket-protocol") == "mqtt")
ws.send(connect("over-ws"))
check("CONNACK 0 comes in a binary frame", ws.packet()[1][1] == 0)
ws.send(subscribe(TOPIC + "/#"))
check("SUBACK", ws.packet()[0] == 0x90)

tcp = Wire()
tcp.send(connect("over-tcp"))
tcp.packet()
tcp.send(subscribe(TOPIC + "/#"))
tcp.packet()


def answer(wire, number):
    """The telemetry and the response for a request, as (telemetry, response) bytes."""
    found = {}
    while len(found) < 2:
        first, body = wire.packet()
        if first >> 4 != 3:
            continue
        length = body[0] << 8 | body[1]
        topic, payload = body[2:2 + length].decode(), body[2 + length:]
        if topic.endswith("/telemetry"):
            found["telemetry"] = payload
        if topic.endswith("/response") and number.encode() in payload:
            found["response"] = payload
    return found["telemetry"], found["response"]


def drain_retained(wire):
    while True:
        first, body = wire.packet()
        if first & 1:
            return


drain_retained(ws)
drain_retained(tcp)
ws.send(publish(TOPIC + "/command/request", request("ws-1")))
over_ws, over_tcp = answer(ws, "ws-1"), answer(tcp, "ws-1")
check("a command sent over WebSocket is executed", b'"success":true' in over_ws[1])
check("telemetry is byte for byte the same on both", over_ws[0] == over_tcp[0])

data = publish(TOPIC + "/command/request", request("ws-2"))
for i in range(0, len(data), 7):
    ws.send(data[i:i + 7])
check("a packet split over frames is executed", b'"success":true' in answer(ws, "ws-2")[1])
answer(tcp, "ws-2")

ws.frame(2, data[:20].replace(b"ws-2", b"ws-3"), final=False)
ws.frame(0, data[20:].replace(b"ws-2", b"ws-3"), final=True)
check("a fragmented message is executed", b'"success":true' in answer(ws, "ws-3")[1])
answer(tcp, "ws-3")

ws.frame(9, b"here?")
ws.send(
    publish(TOPIC + "/command/request", request("ws-4")) + bytes([0xC0, 0]))
check("several packets in one frame are executed, and a ping frame does no harm",
      b'"success":true' in answer(ws, "ws-4")[1])
check("the ping frame was answered", ws.pongs == [b"here?"])

plain = socket.create_connection(address(True), 3)
plain.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
plain.settimeout(3)
try:
    while plain.recv(4096):
        pass
    ended = True
except (ConnectionResetError, socket.timeout) as problem:
    ended = isinstance(problem, ConnectionResetError)
check("a request without upgrade ends that connection", ended)
ws.send(publish(TOPIC + "/command/request", request("ws-5")))
check("and no other", b'"success":true' in answer(ws, "ws-5")[1])
