"""Keep-alive: who pings stays, who is silent is dropped after one and a half times the interval."""
import threading

from raw import Wire, check, connect, now

KEEPALIVE = 60


def silent(found):
    w = Wire()
    w.send(connect("silent", keepalive=KEEPALIVE))
    w.packet()
    start = now()
    closed = w.closes_within(110)
    found["silent"] = now() - start if closed else None


def pinging(found):
    w = Wire(timeout=60)
    w.send(connect("pinging", keepalive=KEEPALIVE))
    w.packet()
    start = now()
    while now() - start < 200:
        w.socket.settimeout(40)
        try:
            w.more()
        except TimeoutError:
            w.send(bytes([0xC0, 0]))
    found["pinging"] = True


results = {}
threads = [threading.Thread(target=f, args=(results,)) for f in (silent, pinging)]
for t in threads:
    t.start()
for t in threads:
    t.join()
check(f"the silent one was dropped after {results['silent']:.0f} s",
      results["silent"] is not None and 90 <= results["silent"] <= 100)
check("the one that pings stayed for 200 s", results.get("pinging"))
