#!/usr/bin/python3
"""Vectors of captured MQTT sessions as tshark reads them: the source of captures/mqtt/*.vec.

    mqtt_vectors.py CAPTURE PORT NAME     writes the vectors to standard output

Each direction of each connection is one input; a packet of more than 1000 bytes is left out. What a frame line says is
tshark's word, not ours: positions in PDML give the bytes, its fields the values."""
import re
import subprocess
import sys
import xml.etree.ElementTree as ET

TYPES = ["", "CONNECT", "CONNACK", "PUBLISH", "PUBACK", "PUBREC", "PUBREL", "PUBCOMP", "SUBSCRIBE", "SUBACK", "UNSUBSCRIBE",
         "UNSUBACK", "PINGREQ", "PINGRESP", "DISCONNECT", "AUTH"]
VERSIONS = {"3": "3.1", "4": "3.1.1", "5": "5"}


def texts(field):
    return bytes.fromhex(field.get("value", "")).decode()


def as_payload(field):
    raw = bytes.fromhex(field.get("value", ""))
    try:
        return raw.decode() if b"\0" not in raw else raw.hex().upper()
    except UnicodeDecodeError:
        return raw.hex().upper()


def camel(name):
    words = name.replace("Publication Expiry", "Message Expiry").split()
    return words[0].lower() + "".join(w if w.isupper() else w.capitalize() for w in words[1:])


def property_fields(proto):
    """"properties.receiveMaximum=7 ...": those that occur once, then the user properties."""
    out, users = [], {}
    group, name = "properties", None
    for f in proto.iter("field"):
        kind = f.get("name")
        if kind in ("mqtt.properties", "mqtt.will_properties"):
            group = "willProperties" if kind == "mqtt.will_properties" else "properties"
        elif kind == "mqtt.property_len":
            out.append(f"{group}Length={f.get('show')}")
        elif kind == "mqtt.property_id":
            name = camel(re.match(r"ID: (.*) \(0x", f.get("showname")).group(1))
        elif kind in ("mqtt.prop_key", "mqtt.prop_value"):
            users.setdefault(group, []).append(texts(f))
        elif kind == "mqtt.prop_number" and name == "subscriptionIdentifier":
            out.append(f"{group}.{name}={f.get('show')}")
        elif kind in ("mqtt.prop_number", "mqtt.property.topic_alias"):
            out.append(f"{group}.{name}={f.get('show')}")
        elif kind == "mqtt.property.content_type":
            out.append(f"{group}.{name}={texts(f)[2:]}")
        elif kind == "mqtt.prop_string":
            secret = name == "authenticationData"
            binary = name == "correlationData"
            out.append(f"{group}.{name}=" + ("***" if secret else f.get("value").upper() if binary else texts(f)))
    return out + [f"{group}.userProperty=" + ",".join(pairs) for group, pairs in users.items()]


def frame_line(proto, version):
    one = {f.get("name"): f for f in proto.iter("field")}
    every = lambda name: [f for f in proto.iter("field") if f.get("name") == name]
    show = lambda name: one[name].get("show")
    kind = TYPES[int(show("mqtt.msgtype"))]
    out = [f"type={kind}", f"version={version}", f"remainingLength={show('mqtt.len')}"]
    bools = {"0": "false", "1": "true"}
    if kind == "CONNECT":
        out += [f"keepAlive={show('mqtt.kalive')}", f"clientId={texts(one['mqtt.clientid'])}" if "mqtt.clientid" in one else "",
                f"user={texts(one['mqtt.username'])}", f"passwordLength={show('mqtt.passwd_len')}", "password=***"]
        if "mqtt.willtopic" in one:
            out += [f"willQos={show('mqtt.conflag.qos')}", f"willRetain={bools[show('mqtt.conflag.retain')]}",
                    f"willTopic={texts(one['mqtt.willtopic'])}", f"willPayload={as_payload(one['mqtt.willmsg'])}"]
    if kind == "PUBLISH":
        out += [f"dup={bools[show('mqtt.dupflag')]}", f"qos={show('mqtt.qos')}", f"retain={bools[show('mqtt.retain')]}",
                f"topic={texts(one['mqtt.topic'])}",
                "payload=" + (as_payload(one["mqtt.msg"]) if "mqtt.msg" in one else "")]
    if "mqtt.msgid" in one:
        out.append(f"packetId={show('mqtt.msgid')}")
    if kind in ("SUBSCRIBE", "UNSUBSCRIBE"):
        out.append("filters=" + ",".join(texts(f) for f in every("mqtt.topic")))
    if kind == "SUBSCRIBE" and version == "5":
        out.append("qos=" + ",".join(f.get("show") for f in every("mqtt.subscription_options_qos")))
        out.append("noLocal=" + ",".join(bools[f.get("show")] for f in every("mqtt.subscription_options_nl")))
        out.append("retainAsPublished=" + ",".join(bools[f.get("show")] for f in every("mqtt.subscription_options_rap")))
        out.append("retainHandling=" + ",".join(f.get("show") for f in every("mqtt.subscription_options_retain")))
    elif kind == "SUBSCRIBE":
        out.append("qos=" + ",".join(f.get("show") for f in every("mqtt.sub.qos")))
    if kind in ("SUBACK", "UNSUBACK"):
        codes = every("mqtt.suback.reason_code") + every("mqtt.unsuback.reason_code") + every("mqtt.suback.qos")
        if codes:
            out.append("reasonCodes=" + ",".join("%02X" % int(f.get("show")) for f in codes))
    else:
        codes = [f for f in proto.iter("field") if f.get("name", "").endswith(".reason_code") or f.get("name") == "mqtt.conack.val"]
        if codes:
            out.append("reasonCode=%02X" % int(codes[0].get("show")))
    if kind == "CONNACK" and version != "3.1":
        out.append(f"sessionPresent={bools[show('mqtt.conack.flags.sp')]}")
    return "frame " + " ".join(p for p in out + property_fields(proto) if p and not p.endswith("="))


def main():
    path, port, name = sys.argv[1:]
    pdml = subprocess.run(["tshark", "-r", path, "-d", f"tcp.port=={port},mqtt", "-Y", "mqtt", "-T", "pdml"],
                          capture_output=True, check=True).stdout
    streams, version = {}, {}
    for packet in ET.fromstring(pdml).iter("packet"):
        tcp = next(p for p in packet.iter("proto") if p.get("name") == "tcp")
        get = lambda n: next(f for f in tcp.iter("field") if f.get("name") == n).get("show")
        side = "from-client" if get("tcp.dstport") == port else "from-server"
        for proto in packet.iter("proto"):
            if proto.get("name") != "mqtt":
                continue
            for f in proto.iter("field"):
                if f.get("name") == "mqtt.ver":
                    version[get("tcp.stream")] = VERSIONS[f.get("show")]
            if int(proto.get("size")) > 1000:
                continue
            payload = bytes.fromhex(next(f for f in tcp.iter("field") if f.get("name") == "tcp.payload").get("value"))
            at = int(proto.get("pos")) - int(next(f for f in tcp.iter("field") if f.get("name") == "tcp.payload").get("pos"))
            wire = payload[at:at + int(proto.get("size"))]
            line = frame_line(proto, version[get("tcp.stream")])
            if side == "from-server":  # which no CONNECT precedes in a vector: 3.1 looks like 3.1.1 there
                line = re.sub(" version=[0-9.]+", "", line)
            streams.setdefault((int(get("tcp.stream")), side), []).append((wire, line))
    print(f"# Sessions of paho with mosquitto, MQTT {name}. What each packet means is tshark's word.\n"
          "# Sources: captures/SOURCES.md\ncodec mqtt")
    for (_, side), packets in sorted(streams.items()):
        print(f"\n# source: SOURCES.md#mqtt-own-{name}\n{side} {b''.join(w for w, _ in packets).hex().upper()}")
        for _, line in packets:
            print(line)


main()
