#!/usr/bin/python3
"""A small bridge from a Venus system's D-Bus to its MQTT topics, written from the document and the protocol's description
alone: dbus-python below, paho above.

It shares no code with the project: it is there to show that somebody else's gateway can be judged.

    venus_bridge.py --bus unix:path=/run/dbus/system_bus_socket --broker 127.0.0.1:1883 --portal c0619ab12345
"""
import argparse
import collections
import json
import math
import os
import re
import signal
import time

import dbus
import dbus.mainloop.glib
import paho.mqtt.client as mqtt
from gi.repository import GLib

ITEM, BUS, DAEMON = "com.victronenergy.BusItem", "org.freedesktop.DBus", "/org/freedesktop/DBus"
PREFIX = "com.victronenergy."
ALIVE_S, HEARTBEAT_S, QUEUED_S, CALL_S, RECONNECT_S = 60, 3, 30, 25, 1
FULL_PER_SECOND = 3
MASKED = {"settings/0/Settings/Services/AccessPointPassword", "settings/0/Settings/Ble/Service/Pincode"}
WITHHELD = {("vebus", "/Interfaces/Mk2/Tunnel"), ("paygo", "/LVD/Threshold")}
PATH = re.compile(r"/|(/[A-Za-z0-9_]+)+")

# ---- values --------------------------------------------------------------------------------------------------


def real(value):
    """The shortest digits that read back; from 10 to the 15 on with an exponent, which Python writes one decade later."""
    if not math.isfinite(value):
        return "null"
    text = repr(value)
    if 1e15 <= abs(value) < 1e16:
        digits = text.lstrip("-").replace(".0", "").replace(".", "")
        rest = digits[1:].rstrip("0")
        return "%s%s%s%se+15" % ("-" if value < 0 else "", digits[0], "." if rest else "", rest)
    return text


def to_json(value):
    if isinstance(value, (dbus.Struct, dbus.ObjectPath, dbus.Signature)):
        return '"unknown_type"'
    if isinstance(value, (dbus.Boolean, bool)):
        return "true" if value else "false"
    if isinstance(value, (list, dict)) and not value:
        return "null"
    if isinstance(value, list):
        return "[%s]" % ",".join(to_json(v) for v in value)
    if isinstance(value, dict):
        rows = sorted((str(k), v) for k, v in value.items())
        return "{%s}" % ",".join("%s:%s" % (json.dumps(k, ensure_ascii=False), to_json(v)) for k, v in rows)
    if isinstance(value, str):
        return json.dumps(str(value), ensure_ascii=False)
    return real(float(value)) if isinstance(value, float) else str(int(value))


def integer(token):
    number = int(token)
    if -2**31 <= number < 2**31:
        return dbus.Int32(number)
    if -2**63 <= number < 2**63:
        return dbus.Int64(number)
    if 0 <= number < 2**64:
        raise ValueError("an integer that D-Bus has no signed type for")
    return finite(token)


def finite(token):
    number = float(token)
    if math.isinf(number):
        raise ValueError("a number that no double holds")
    return dbus.Double(number)


def refuse(_):
    raise ValueError("no JSON")


def to_dbus(value):
    """What a W sends on: its type is that of the token."""
    if value is None:
        return dbus.Array([], signature="i")
    if isinstance(value, bool):
        return dbus.Boolean(value)
    if isinstance(value, dict):
        raise ValueError("an object")
    if isinstance(value, list):
        items = [to_dbus(v) for v in value]
        kinds = {kind(v) for v in items}
        if len(kinds) > 1:
            raise ValueError("an array of several types")
        return dbus.Array(items, signature=kinds.pop() if kinds else "u")
    return dbus.String(value) if isinstance(value, str) else value


def kind(value):
    if isinstance(value, dbus.Array):
        return "a" + str(value.signature)
    return {dbus.Int32: "i", dbus.Int64: "x", dbus.Double: "d", dbus.Boolean: "b", dbus.String: "s"}[type(value)]


# ---- the bridge ----------------------------------------------------------------------------------------------


class Item:
    def __init__(self):
        self.value, self.limits = None, {}

    def payload(self):
        text = "".join('"%s":%s,' % (key, to_json(self.limits[key])) for key in ("max", "min") if key in self.limits)
        return '{%s"value":%s}' % (text, to_json(self.value))


class Service:
    def __init__(self, name):
        self.name, self.type = name, name.split(".")[2]
        self.items, self.instance, self.is_scanned, self.early = {}, "0", False, []

    def fix_instance(self):
        instance = self.items.get("/DeviceInstance")
        identifier = self.items.get("/Identifier")
        if instance is not None:
            is_number = isinstance(instance.value, (int, float)) and not isinstance(instance.value, (bool, dbus.Boolean))
            self.instance = str(int(instance.value)) if is_number and math.isfinite(instance.value) else "0"
        elif identifier is not None and isinstance(identifier.value, str) and identifier.value:
            self.instance = str(identifier.value)

    def device(self):
        return self.type + "/" + self.instance


class Bridge:
    def __init__(self, arguments):
        self.address, self.portal, self.retain_serial = arguments.bus, arguments.portal, arguments.retain_serial
        self.services, self.owners, self.devices = {}, {}, {}
        self.alive_until, self.beats, self.served = 0, False, collections.deque()
        self.client = mqtt.Client(client_id=arguments.client_id)
        self.client.on_connect, self.client.on_message = self.on_connect, self.on_message
        self.client.reconnect_delay_set(1, 5)
        self.client.max_queued_messages_set(0)
        broker, port = arguments.broker.rsplit(":", 1)
        self.client.connect_async(broker, int(port))
        self.client.loop_start()
        self.join()

    # -- broker

    def on_connect(self, client, _data, _flags, code):
        if code == 0:
            client.subscribe([("R/%s/#" % self.portal, 0), ("W/%s/#" % self.portal, 0)])
            GLib.idle_add(self.greet)

    def greet(self):
        self.publish("keepalive", "1")
        if "system/0" in self.devices:
            self.show(self.devices["system/0"], "/Serial", True)
        print("subscribed", flush=True)

    def publish(self, rest, payload, retain=False):
        self.client.publish("N/%s/%s" % (self.portal, rest), payload, 0, retain)

    def on_message(self, _client, _data, message):
        if not message.retain:  # left over from another day
            GLib.idle_add(self.obey, message.topic, message.payload)

    def obey(self, topic, payload):
        parts = topic.split("/", 4)
        if parts[1:] == [self.portal, "keepalive"] and parts[0] == "R":
            self.keep_alive(payload)
        elif len(parts) == 5 and parts[1] == self.portal:
            path = "/" + parts[4]
            if topic[0] == "R" and parts[2:] == ["system", "0", "Serial"]:
                self.keep_alive(payload)
            service = self.devices.get("/".join(parts[2:4]))
            if service and PATH.fullmatch(path):
                (self.read if topic[0] == "R" else self.write)(service, path, payload)

    def keep_alive(self, payload):
        now = time.monotonic()
        text = payload.decode("utf-8", "replace")
        if "suppress-republish" not in text:
            while self.served and self.served[0] <= now - 1:
                self.served.popleft()
            if len(self.served) < FULL_PER_SECOND:
                self.served.append(now)
                self.publish_all(text)
        self.alive_until = now + ALIVE_S
        if not self.beats:
            self.beats = True
            self.heartbeat()
            GLib.timeout_add(1000 * HEARTBEAT_S, self.heartbeat)

    def publish_all(self, text):
        for service in self.services.values():
            for path in service.items if service.is_scanned else ():
                self.show(service, path, True)
        marker = {}
        try:
            options = json.loads(text)["keepalive-options"]
            for option in options if isinstance(options, list) else ():
                if isinstance(option, dict):
                    if not isinstance(option.get("full-publish-completed-echo"), str):
                        break
                    marker["full-publish-completed-echo"] = option["full-publish-completed-echo"]
        except (ValueError, KeyError, TypeError):
            pass
        marker["value"] = int(time.time())
        self.publish("full_publish_completed", json.dumps(marker, separators=(",", ":"), ensure_ascii=False))

    def is_alive(self):
        return time.monotonic() < self.alive_until

    def heartbeat(self):
        self.beats = self.is_alive()
        if self.beats:
            self.publish("heartbeat", '{"value":%d}' % time.time())
        return self.beats

    def show(self, service, path, is_asked):
        """One item, if it is to be seen."""
        if not is_asked and not self.is_alive() or (service.type, path) in WITHHELD:
            return
        topic, item = service.device() + path, service.items.get(path)
        if item is None:
            return
        payload = item.payload()
        if topic in MASKED and isinstance(item.value, str):
            payload = '{"value":"******"}'
        self.publish(topic, payload, self.retain_serial and topic == "system/0/Serial")

    def read(self, service, path, _payload):
        def good(value):
            if path in service.items:
                self.take(service, path, {"Value": value})
                self.show(service, path, True)
            elif isinstance(value, dict):
                for key, v in value.items():
                    below = path.rstrip("/") + "/" + str(key)
                    self.take(service, below, {"Value": v})
                    self.show(service, below, True)
            else:
                self.take(service, path, {"Value": value})
                self.show(service, path, True)

        self.call(service.name, path, "GetValue", "", (), good)

    def write(self, service, path, payload):
        if path not in service.items:
            return
        try:
            given = json.loads(payload.decode("utf-8"), parse_int=integer, parse_float=finite, parse_constant=refuse)
            value = to_dbus(given["value"]) if isinstance(given, dict) else refuse(given)
            if isinstance(value, str):
                value.encode("utf-8")
                if "\0" in value:
                    refuse(value)
        except (ValueError, KeyError) as error:
            print("not written: %s" % type(error).__name__, flush=True)
            return
        self.call(service.name, path, "SetValue", "v", (value,), lambda _: None)

    # -- bus

    def join(self):
        try:
            self.bus = dbus.bus.BusConnection(self.address)
        except dbus.DBusException:
            return True
        self.bus.set_exit_on_disconnect(False)
        self.bus.call_on_disconnection(self.bus_lost)
        self.bus.add_signal_receiver(self.changed, dbus_interface=ITEM, sender_keyword="sender", path_keyword="path",
                                     member_keyword="member")
        self.bus.add_signal_receiver(self.owner_changed, "NameOwnerChanged", BUS, BUS)
        for name in self.bus.call_blocking(BUS, DAEMON, BUS, "ListNames", "", ()):
            if name.startswith(PREFIX):
                self.owner_changed(str(name), "", self.bus.call_blocking(BUS, DAEMON, BUS, "GetNameOwner", "s", (name,)))
        return False

    def bus_lost(self, _connection):
        for name in list(self.services):
            self.leave(name)
        GLib.timeout_add(1000 * RECONNECT_S, self.join)

    def call(self, name, path, method, signature, arguments, good, bad=None):
        def failed(error):
            print("%s %s %s: %s" % (method, name, path, error.get_dbus_name()), flush=True)

        self.bus.call_async(name, path, ITEM, method, signature, arguments, good, bad or failed, CALL_S)

    def owner_changed(self, name, _old, new):
        if not name.startswith(PREFIX):
            return
        if not new:
            self.leave(name)
            return
        service = self.services.setdefault(name, Service(name))
        self.owners[str(new)] = service
        self.scan(service)

    def scan(self, service):
        service.is_scanned = False

        def listed(items):
            for path, row in items.items():
                self.take(service, str(path), row)
            self.scanned(service)

        def flat(tree):
            for path, value in tree.items() if isinstance(tree, dict) else ():
                self.take(service, "/" + str(path), {"Value": value})
            self.scanned(service)

        def no_items(error):
            if error.get_dbus_name() == "org.freedesktop.DBus.Error.UnknownMethod":
                self.call(service.name, "/", "GetValue", "", (), flat, forget)
            else:
                forget(error)

        def forget(error):
            print("%s is left out: %s" % (service.name, error.get_dbus_name()), flush=True)
            if self.services.get(service.name) is service and not service.items:
                del self.services[service.name]

        self.call(service.name, "/", "GetItems", "", (), listed, no_items)

    def scanned(self, service):
        if self.services.get(service.name) is not service:
            return
        service.is_scanned = True
        service.fix_instance()
        self.devices[service.device()] = service
        early, service.early = service.early, []
        for at, path, row in early:
            if time.monotonic() - at < QUEUED_S:
                self.take(service, path, row)
        for path in service.items:
            self.show(service, path, service.device() + path == "system/0/Serial")

    def leave(self, name):
        service = self.services.pop(name, None)
        if service is None:
            return
        self.owners = {unique: s for unique, s in self.owners.items() if s is not service}
        if self.devices.get(service.device()) is service:
            del self.devices[service.device()]
        for path in service.items if service.is_scanned else ():
            if service.device() + path != "system/0/Serial" and (service.type, path) not in WITHHELD:
                self.publish(service.device() + path, b"")
        for other in self.services.values():  # one with the same instance gets its requests
            if other.is_scanned and other.device() == service.device():
                self.devices[other.device()] = other

    def changed(self, changes, sender, path, member):
        service = self.owners.get(str(sender))
        if service is None or not isinstance(changes, dict):
            return
        if member == "ItemsChanged":
            rows = [("/" + str(p).lstrip("/"), row) for p, row in changes.items()]
        elif member == "PropertiesChanged" and "Value" in changes:
            rows = [(str(path), {"Value": changes["Value"]})]
        else:
            return
        for item, row in rows:
            if not service.is_scanned:
                service.early.append((time.monotonic(), item, row))
                continue
            self.devices[service.device()] = service
            self.take(service, item, row)
            self.show(service, item, service.device() + item == "system/0/Serial" and self.retain_serial)

    def take(self, service, path, row):
        item = service.items.setdefault(path, Item())
        if "Value" in row:
            item.value = row["Value"]
        for key in ("Min", "Max"):
            if key in row:
                item.limits[key.lower()] = row[key]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bus", default=os.environ.get("DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/run/dbus/system_bus_socket"))
    parser.add_argument("--broker", default="127.0.0.1:1883")
    parser.add_argument("--portal", default="c0619ab12345")
    parser.add_argument("--client-id", default="venus-bridge")
    parser.add_argument("--retain-serial", action="store_true")
    dbus.mainloop.glib.DBusGMainLoop(set_as_default=True)
    loop = GLib.MainLoop()
    GLib.unix_signal_add(GLib.PRIORITY_HIGH, signal.SIGTERM, loop.quit)
    Bridge(parser.parse_args())
    loop.run()


main()
