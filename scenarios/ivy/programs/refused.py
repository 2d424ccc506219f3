"""With authentication on, a refused client gets nothing, on either port."""
from raw import WebSocket, Wire, check, connect, now, publish, request

TOPIC = "ivy/v1/meters/000000000001/command/request"

for kind in (Wire, WebSocket):
    for user, password in ((None, None), ("admin", "wrong"), ("admin", ""), ("admin", None), ("nobody", "secret")):
        w = kind()
        start = now()
        w.send(connect("refused", user, password) + publish(TOPIC, request("sneaked")))
        first, body = w.packet()
        name = f"{kind.__name__} {user}/{password}"
        check(f"{name}: CONNACK 5 or 4", first == 0x20 and body[1] in (4, 5))
        check(f"{name}: closed within a second", w.closes_within(1) and now() - start < 2)
    w = kind()
    w.send(connect("accepted", "admin", "secret"))
    check(f"{kind.__name__} with the configured pair: CONNACK 0", w.packet()[1][1] == 0)
