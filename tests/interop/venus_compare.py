#!/usr/bin/python3
"""Whether what a gateway published of a Victron system follows from what was said on its message bus, read by
venus_reader.py, which shares nothing with wattproof.

    venus_compare.py RUN.pcapng ...      plays with a bus.pcapng beside them

Of each play: every payload is one that its item had at that time, octet for octet; whoever keeps the gateway alive gets
every change; a full publish has every item; who leaves is told on each topic; and nothing else is published. tshark takes
the packets of the broker's connections apart. Exit: 0 all agree, 1 they do not, or nothing was compared."""
import os
import re
import sys

from lxp_compare import mqtt_packets, settings
from lxp_reader import segments
from venus_reader import follow

ALIVE_SECONDS = 60
LATE = 1.0          # so much later than it is said on the bus it may be published
TAIL_SECONDS = 1.5  # of a capture: what is said then may have been cut off before it was published
CLIENT_ID, PORTAL = "venus-gateway", "c0619ab12345"


class Session:
    """What a gateway and its broker told each other, in all connections of the gateway."""

    def __init__(self, traffic, client_id):
        self.sent, self.got, self.spans = [], [], []
        streams = {}
        for _, time, stream, sender, _, piece in traffic:
            if piece:
                streams.setdefault(stream, {}).setdefault(sender, []).append((time, piece))
        for sides in streams.values():
            for sender, pieces in sides.items():
                if pieces[0][1][:1] == b"\x10" and self.is_of(pieces, client_id):
                    others = [p for s, p in sides.items() if s != sender]
                    self.sent += publishes(pieces)
                    self.got += publishes(others[0]) if others else []
                    self.spans.append((pieces[0][0], max(p[-1][0] for p in sides.values())))
        self.sent.sort(key=lambda row: row[0])
        self.got.sort(key=lambda row: row[0])

    @staticmethod
    def is_of(pieces, client_id):
        _, _, body = next(iter(mqtt_packets(pieces)), (0, 0, b""))
        at = 2 + 256 * body[0] + body[1] + 4 if len(body) > 1 else 0
        name = client_id.encode()
        return body[at : at + 2 + len(name)] == bytes([len(name) >> 8, len(name) & 255]) + name

    def is_open(self, since, until):
        return any(a <= since and until <= b for a, b in self.spans)


def publishes(pieces):
    """[(time, topic, payload, retain)] of one direction."""
    out = []
    for time, head, body in mqtt_packets(pieces):
        if head >> 4 == 3:
            n = 256 * body[0] + body[1]
            payload = body[2 + n + (2 if head & 6 else 0) :]
            out.append((time, body[2 : 2 + n].decode("utf-8", "replace"), payload.decode("utf-8", "replace"), bool(head & 1)))
    return out


def keep_alives(session, portal):
    """Times at which somebody kept the gateway alive."""
    topics = ("R/%s/keepalive" % portal, "R/%s/system/0/Serial" % portal)
    return [time for time, topic, _, is_old in session.got if topic in topics and not is_old]


class Play:
    def __init__(self, capture):
        options = settings(capture)
        portal = options.get("venus.portal", PORTAL)
        self.session = Session(segments(capture), options.get("venus.client_id", CLIENT_ID))
        self.bus, self.messages = follow(os.path.join(os.path.dirname(capture), "bus.pcapng"))
        self.alive = keep_alives(self.session, portal)
        self.retains = options.get("venus.retain_serial") == "true"
        prefix = "N/%s/" % portal
        self.said = [(time, topic[len(prefix):], payload, retain) for time, topic, payload, retain in self.session.sent
                     if topic.startswith(prefix)]
        self.items = [row for row in self.said if "/" in row[1]]
        # one that comes to bus and broker at once is a new one
        self.births = [a for a, _ in self.session.spans if any(abs(a - join) < LATE for join in self.bus.joins)]
        self.end = max([t for _, t in self.session.spans] + [self.bus.last])
        self.count, self.wrong = 0, []

    def compare(self):
        self.values()
        self.every_change()
        self.full_publishes()
        self.departures()
        self.nothing_else()

    def is_alive(self, moment, seconds):
        return any(t <= moment <= t + seconds and not any(t < birth <= moment for birth in self.births) for t in self.alive)

    def late(self, topic, time):
        return "%.3f s before the end, %s" % (self.end - time, topic)

    def values(self):
        for time, topic, payload, retain in self.items:
            allowed = self.bus.may_be(topic, time - LATE, time + 0.002)
            self.count += 1
            if payload not in allowed:
                self.wrong.append("published was %s %s, on the bus it was %s" % (topic, payload, " or ".join(sorted(allowed)) or "nothing"))
            if retain and not (self.retains and topic == "system/0/Serial"):
                self.wrong.append("%s was to be retained" % topic)

    def every_change(self):
        """While somebody keeps it alive, and the broker hears it; each publish tells of one change."""
        by_topic = {}
        for time, topic, payload, _ in self.items:
            by_topic.setdefault(topic, []).append((time, payload))
        for time, topic, payload in self.bus.changes:
            if payload is None or not self.is_alive(time, ALIVE_SECONDS - LATE) or time > self.end - TAIL_SECONDS:
                continue
            if not self.session.is_open(time, time + LATE):
                continue
            rows = by_topic.get(topic, [])
            hit = next((k for k, row in enumerate(rows) if row[1] == payload and time - 0.002 <= row[0] <= time + LATE), None)
            if hit is None:
                self.wrong.append("%s became %s and that was not published (%s)" % (topic, payload, self.late(topic, time)))
            else:
                del rows[hit]

    def full_publishes(self):
        """All that there is stands between one marker and the next."""
        since, seen = 0, set()
        for time, topic, payload, _ in self.said:
            if topic != "full_publish_completed":
                seen.add(topic)
                continue
            for known in self.bus.history:
                states = self.bus.may_be(known, time - LATE, time)
                if states and "" not in states and states == self.bus.may_be(known, time, time) and known not in seen:
                    self.wrong.append("%s is missing in the full publish at %.3f" % (known, time))
            since, seen = time, set()
            self.count += 1

    def departures(self):
        for time, topic in self.bus.left:
            if self.session.is_open(time, time + LATE) and not any(
                    t == topic and payload == "" and time - 0.002 <= at <= time + 2 * LATE for at, t, payload, _ in self.items):
                self.wrong.append("nobody was told that %s is gone" % topic)

    def nothing_else(self):
        """Without a keep-alive: answers, departures and the portal's ID."""
        for time, topic, payload, _ in self.items:
            if payload == "" or topic == "system/0/Serial" or self.is_alive(time, ALIVE_SECONDS + LATE):
                continue
            if not any(t == topic and at - 0.002 <= time <= at + LATE for at, t, _ in self.bus.answers):
                self.wrong.append("%s %s was published to nobody" % (topic, payload))


def main():
    captures = sys.argv[1:]
    if not captures or captures[0].startswith("-"):
        sys.exit(__doc__)
    total = messages = plays = wrong = 0
    for capture in captures:
        if not os.path.exists(os.path.join(os.path.dirname(capture), "bus.pcapng")):
            continue
        play = Play(capture)
        play.compare()
        plays, total, messages, wrong = plays + 1, total + play.count, messages + play.messages, wrong + len(play.wrong)
        print("%s: %d messages of the bus, %d publishes as they say; %d not" % (capture, play.messages, play.count, len(play.wrong)))
        for line in play.wrong[:10]:
            print("%s: %s" % (capture, line[:600]))
    print("%d plays: %d messages of the bus, %d publishes compared; %d not alike" % (plays, messages, total, wrong))
    sys.exit(0 if total and not wrong else 1)


if __name__ == "__main__":
    main()
