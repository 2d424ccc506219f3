#!/usr/bin/python3
"""Sessions of paho clients with a private mosquitto, of every version and with every packet that the two send: the
source of captures/mqtt/own-*.pcap.

    mqtt_sessions.py FOLDER     writes own-v31.pcap, own-v311.pcap and own-v5.pcap there (needs root, tshark, mosquitto
                                and paho-mqtt 1.6)

Each file is what tshark captured on the loopback interface."""
import os
import socket
import subprocess
import sys
import tempfile
import time

import paho.mqtt.client as mqtt
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.subscribeoptions import SubscribeOptions

PORT = 18830
CONFIG = """listener {port} 127.0.0.1
allow_anonymous false
password_file {folder}/passwords
acl_file {folder}/acl
persistence false
max_keepalive 300
"""


class Broker:
    def __init__(self, folder):
        with open(f"{folder}/passwords", "w") as f:
            f.write("meter:secret-7\n")
        subprocess.run(["mosquitto_passwd", "-U", f"{folder}/passwords"], check=True)
        with open(f"{folder}/acl", "w") as f:
            f.write("user meter\ntopic readwrite plant/#\ntopic deny secret/#\n")
        with open(f"{folder}/conf", "w") as f:
            f.write(CONFIG.format(port=PORT, folder=folder))
        self.process = subprocess.Popen(["mosquitto", "-c", f"{folder}/conf"], stderr=subprocess.DEVNULL)
        wait_for(lambda: socket.create_connection(("127.0.0.1", PORT), 1).close() is None)

    def stop(self):
        self.process.terminate()
        self.process.wait()


def wait_for(condition, seconds=10):
    end = time.time() + seconds
    while time.time() < end:
        try:
            if condition():
                return
        except OSError:
            pass
        time.sleep(0.05)
    raise SystemExit("mqtt_sessions: it did not happen")


class Client:
    """A client whose calls wait until the broker has answered."""

    def __init__(self, name, version, user="meter", password="secret-7", **how):
        self.done, self.seen, self.codes = set(), [], []
        self.c = mqtt.Client(client_id=name, protocol=version, **how)
        self.v5 = version == mqtt.MQTTv5
        if user:
            self.c.username_pw_set(user, password)
        self.c.on_connect = lambda c, u, f, rc, p=None: self.codes.append(int(getattr(rc, "value", rc)))
        self.c.on_subscribe = lambda c, u, mid, *a: self.done.add(mid)
        self.c.on_unsubscribe = lambda c, u, mid, *a: self.done.add(mid)
        self.c.on_publish = lambda c, u, mid: self.done.add(mid)
        self.c.on_message = lambda c, u, m: self.seen.append(m)
        self.c.on_disconnect = lambda *a: self.codes.append(-1)

    def connect(self, keepalive=60, **how):
        self.c.connect("127.0.0.1", PORT, keepalive, **how)
        self.c.loop_start()
        wait_for(lambda: self.codes)

    def answered(self, result):
        mid = result.mid if hasattr(result, "mid") else result[1]
        wait_for(lambda: mid in self.done)

    def received(self, n):
        wait_for(lambda: len(self.seen) >= n)

    def close(self, **how):
        self.c.disconnect(**how)
        wait_for(lambda: -1 in self.codes)
        self.c.loop_stop()


def properties(kind, **values):
    p = Properties(kind)
    for name, value in values.items():
        setattr(p, name, value)
    return p


def of_version_3(version):
    refused = Client("stranger", version, password="wrong")
    refused.connect()
    refused.c.loop_stop()
    c = Client("meter-1", version)
    c.c.will_set("plant/meter-1/status", b"gone", qos=1, retain=True)
    c.connect(keepalive=1)
    c.answered(c.c.subscribe([("plant/+/reading", 2), ("plant/#", 1)]))
    c.answered(c.c.subscribe("plant/grüße/温度", 0))
    c.answered(c.c.publish("plant/a/reading", b'{"value":230.1}', qos=0, retain=True))
    c.answered(c.c.publish("plant/b/reading", b'{"value":0.5}', qos=1))
    c.answered(c.c.publish("plant/c/reading", b"\x00\x01\xfe\xff", qos=2))
    c.answered(c.c.publish("plant/a/reading", b"", qos=1, retain=True))
    c.answered(c.c.publish("plant/large", b"0123456789abcdef" * 1250, qos=1))
    c.received(5)
    time.sleep(1.3)  # a ping
    c.answered(c.c.unsubscribe(["plant/+/reading", "plant/none"]))
    c.close()


def of_version_5():
    will = properties(PacketTypes.WILLMESSAGE, WillDelayInterval=5, PayloadFormatIndicator=1, MessageExpiryInterval=600,
                      ContentType="text/plain", ResponseTopic="plant/answers", CorrelationData=b"\x01\x02",
                      UserProperty=[("site", "north")])
    hello = properties(PacketTypes.CONNECT, SessionExpiryInterval=120, ReceiveMaximum=7, MaximumPacketSize=100000,
                       TopicAliasMaximum=4, RequestResponseInformation=1, RequestProblemInformation=0,
                       UserProperty=[("a", "b"), ("a", "c")])
    said = properties(PacketTypes.PUBLISH, PayloadFormatIndicator=1, MessageExpiryInterval=60, TopicAlias=2,
                      ResponseTopic="plant/answers", CorrelationData=b"7", ContentType="application/json",
                      UserProperty=[("unit", "V"), ("phase", "A")])
    refused = Client("stranger", mqtt.MQTTv5, password="wrong")
    refused.connect()
    refused.c.loop_stop()
    c = Client("meter-5", mqtt.MQTTv5)
    c.c.will_set("plant/meter-5/status", "gone", qos=2, retain=True, properties=will)
    c.connect(keepalive=1, clean_start=False, properties=hello)
    asked = properties(PacketTypes.SUBSCRIBE, SubscriptionIdentifier=300, UserProperty=[("why", "test")])
    c.answered(c.c.subscribe([("plant/+/reading", SubscribeOptions(qos=2, noLocal=False, retainAsPublished=True,
                                                                   retainHandling=2)),
                              ("$share/group/plant/#", SubscribeOptions(qos=1))], properties=asked))
    c.answered(c.c.subscribe("secret/x", 1))
    c.answered(c.c.publish("plant/a/reading", b'{"value":230.1}', qos=1, retain=True, properties=said))
    again = properties(PacketTypes.PUBLISH, TopicAlias=2)
    c.answered(c.c.publish("plant/a/reading", b'{"value":230.2}', qos=2, properties=again))
    c.answered(c.c.publish("secret/x", b"no", qos=1))
    c.answered(c.c.publish("secret/x", b"no", qos=2))
    c.answered(c.c.publish("plant/nobody", b"x", qos=0))
    c.received(2)
    time.sleep(1.3)
    c.answered(c.c.unsubscribe(["plant/+/reading", "plant/none"],
                               properties=properties(PacketTypes.UNSUBSCRIBE, UserProperty=[("why", "done")])))
    c.close(reasoncode=mqtt.ReasonCodes(PacketTypes.DISCONNECT, "Disconnect with will message"),
            properties=properties(PacketTypes.DISCONNECT, SessionExpiryInterval=0, ReasonString="bye"))
    nameless = Client("", mqtt.MQTTv5)
    nameless.connect()
    nameless.close()
    first, second = Client("twin", mqtt.MQTTv5), Client("twin", mqtt.MQTTv5)
    first.connect()
    second.connect()
    wait_for(lambda: -1 in first.codes)  # taken over: the server disconnects it
    first.c.loop_stop()
    second.close()
    wants = Client("wants-scram", mqtt.MQTTv5)
    wants.connect(properties=properties(PacketTypes.CONNECT, AuthenticationMethod="SCRAM-SHA-256",
                                        AuthenticationData=b"n,,n=meter"))
    wants.c.loop_stop()


def capture(folder, name, play):
    path = f"{folder}/own-{name}.pcap"
    tshark = subprocess.Popen(["tshark", "-q", "-i", "lo", "-F", "pcap", "-w", path, "-f", f"tcp port {PORT}"],
                              stderr=subprocess.PIPE, text=True)
    for line in tshark.stderr:
        if "Capturing on" in line:
            break
    time.sleep(1)
    play()
    time.sleep(1)
    tshark.terminate()
    tshark.wait()
    os.chmod(path, 0o644)


def main():
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        broker = Broker(folder)
        try:
            capture(sys.argv[1], "v31", lambda: of_version_3(mqtt.MQTTv31))
            capture(sys.argv[1], "v311", lambda: of_version_3(mqtt.MQTTv311))
            capture(sys.argv[1], "v5", of_version_5)
        finally:
            broker.stop()


main()
