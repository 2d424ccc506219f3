"""The document's own function against `wattproof spec venus-broker`, and against the server that a gateway's file means."""
import os
import random
import subprocess

WATTPROOF = os.environ["WATTPROOF_BIN"]


class Site:
    def __init__(self, system_id):
        self._system_id = system_id

    def _get_vrm_broker_url(self):  # as the document prints it
        sum = 0
        for character in self._system_id.lower().strip():
            sum += ord(character)
        broker_index = sum % 128
        return "mqtt{}.victronenergy.com".format(broker_index)


def told(ids):
    """Sum, index and both names of each."""
    lines = subprocess.run([WATTPROOF, "spec", "venus-broker", *ids], capture_output=True, text=True, check=True)
    values = [line[11:] for line in lines.stdout.splitlines()]
    return [(int(values[i + 1]), int(values[i + 2]), values[i + 3], values[i + 4]) for i in range(0, len(values), 5)]


def random_id(r):
    text = "%012x" % r.getrandbits(48)
    return r.choice(["", " ", "\t"]) + "".join(r.choice([c, c.upper()]) for c in text) + r.choice(["", " ", "\n"])


def main():
    worked = {"c0619ab12345": (757, 117), " C0619AB12345 ": (757, 117), "b827eb123456": (767, 127),
              "e0ff50a097c0": (858, 90), "48e7da87942f": (833, 65), "d41243d303fd": (806, 38), "7c386655e76b": (783, 15),
              "a0f6fd5aa8c8": (961, 65), "000000000000": (576, 64), "ffffffffffff": (1224, 72),
              "c0215ab12301": (741, 101)}
    for (sum_, index, mqtt, webmqtt), expected in zip(told(worked), worked.values()):
        assert (sum_, index) == expected, (sum_, index, expected)
        assert mqtt == "mqtt%d.victronenergy.com" % index and webmqtt == "web" + mqtt
    r, seen = random.Random(1), set()
    for _ in range(20):
        ids = [random_id(r) for _ in range(500)]
        for system_id, (_, index, mqtt, webmqtt) in zip(ids, told(ids), strict=True):
            assert mqtt == Site(system_id)._get_vrm_broker_url(), system_id
            assert webmqtt == "web" + mqtt and 0 <= index <= 127
            seen.add(index)
    assert len(seen) > 100
    for url, host in (("vrm", "mqtt117.victronenergy.com:8883"), ("mqtts://127.0.0.1", "127.0.0.1:8883")):
        with open("gateway.yaml", "w") as f:
            f.write('north: [venus]\nbroker: {url: "%s"}\nset: {venus.portal: c0619ab12345}\n' % url)
        check = subprocess.run([WATTPROOF, "gateway", "--check", "gateway.yaml"], capture_output=True, text=True, check=True)
        assert "broker with TLS " + host in check.stdout + check.stderr, check
    print("every name is the document's")


main()
