"""The command lines of the API document for the local broker, as printed but for the host, its port and the portal ID."""
import os
import re
import shutil
import subprocess
import sys
import time

HOST, PORT = os.environ["WATTPROOF_BROKER"].rsplit(":", 1)
PORTAL = "c0619ab12345"

PRODUCTS = "mosquitto_sub -t 'N/<portal ID>/+/+/ProductId' -h '<ipaddress/hostname>' -v"
KEEP_ALIVE = "mosquitto_pub -t 'R/<portal ID>/keepalive' -m '' -h '<ipaddress/hostname>'"
WRITE = """mosquitto_pub -h '<ipaddress/hostname>' -t 'W/<portal ID>/vebus/257/Hub4/L1/AcPowerSetpoint' -m '{"value": -200}'"""
SETPOINTS = "mosquitto_sub -v -h '<ipaddress/hostname>' -t 'N/<portal ID>/vebus/+/Hub4/L1/AcPowerSetpoint'"
READ = "mosquitto_pub -h '<ipaddress/hostname>' -t 'R/<portal ID>/pvinverter/20/Ac/Power' -m ''"
SETTINGS = "mosquitto_pub -t 'R/<portal ID>/settings/0/Settings' -m '' -h '<ipaddress/hostname>'"


def real(line):
    return line.replace("<portal ID>", PORTAL).replace("'<ipaddress/hostname>'", "'%s' -p %s" % (HOST, PORT))


def run(line):
    done = subprocess.run(["bash", "-c", real(line)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=20, text=True)
    assert (done.returncode, done.stdout) == (0, ""), (line, done)


class Listening:
    """A mosquitto_sub for the length of the block; then `said` is what it printed."""

    def __init__(self, line):
        self.line = line

    def __enter__(self):
        self.process = subprocess.Popen(["bash", "-c", "exec " + real(self.line)], stdout=subprocess.PIPE, text=True)
        time.sleep(0.5)  # its subscription stands
        return self

    def __exit__(self, *_):
        time.sleep(1)
        self.process.terminate()
        self.said = self.process.communicate(timeout=5)[0].splitlines()


def listening_to(topic):
    return Listening("mosquitto_sub -v -h '<ipaddress/hostname>' -t 'N/<portal ID>/%s'" % topic)


wrong = []


def check(what, is_so, shown=""):
    print(("ok " if is_so else "NOT ok ") + what + ("" if is_so else ": %r" % (shown,)), flush=True)
    wrong.extend([] if is_so else [what])


def numbers(lines):
    """{topic: payload} of lines that are a topic, a blank and a payload; None where one is not, or a topic stands twice."""
    rows = [re.fullmatch(r"(\S+) (.*)", line) for line in lines]
    out = {row.group(1): row.group(2) for row in rows if row}
    return out if len(out) == len(lines) else None


def main():
    for tool in ("mosquitto_pub", "mosquitto_sub"):
        check(tool + " is on the path", shutil.which(tool) is not None)
    with Listening(PRODUCTS) as products:
        run(KEEP_ALIVE)
    wanted = {"N/%s/%s/ProductId" % (PORTAL, device) for device in ("pvinverter/20", "pvinverter/21", "vebus/257", "solarcharger/279")}
    said = numbers(products.said)
    check("each device once, and nobody without ProductId", said is not None and set(said) == wanted, products.said)
    with Listening(SETPOINTS) as setpoints:
        run(KEEP_ALIVE)
    topic = "N/%s/vebus/257/Hub4/L1/AcPowerSetpoint" % PORTAL
    check("the Multi's set-point, a topic, a blank and a payload", len(setpoints.said) == 1 and setpoints.said[0].startswith(topic + " {"),
          setpoints.said)
    with listening_to("vebus/257/Hub4/L1/AcPowerSetpoint") as setpoint:
        run(WRITE)
        time.sleep(0.3)
        run("mosquitto_pub -t 'R/<portal ID>/vebus/257/Hub4/L1/AcPowerSetpoint' -m '' -h '<ipaddress/hostname>'")
    check("the set-point was written", setpoint.said and '"value":-200}' in setpoint.said[-1], setpoint.said)
    with listening_to("#") as power:
        run(READ)
    rows = [line for line in power.said if line.startswith("N/%s/pvinverter/20/Ac/Power " % PORTAL)]
    check("a read has one answer", rows == ["N/%s/pvinverter/20/Ac/Power {\"value\":936.0}" % PORTAL], power.said)
    with listening_to("settings/#") as settings:
        run(SETTINGS)
    for row in ('LEDs/Enable {"max":1,"min":0,"value":1}', 'Vrmlogger/Http/Proxy {"value":""}', 'Vrmlogger/Url {"value":""}',
                'Vrmlogger/Logmode {"max":2,"min":0,"value":1}', 'Vrmlogger/HttpsEnabled {"max":1,"min":0,"value":1}',
                'VenusApp/LockButtonState {"max":1,"min":0,"value":0}'):
        check("settings have " + row.split()[0], settings.said.count("N/%s/settings/0/Settings/%s" % (PORTAL, row)) == 1, settings.said)


main()
sys.exit(1 if wrong else 0)
