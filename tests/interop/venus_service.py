#!/usr/bin/python3
"""D-Bus services of a Venus system, by somebody else: dbus-python, written from the document and the protocol's description
alone. Each service has a connection of its own, as on a GX device.

    venus_service.py [--bus ADDRESS] [TYPE/INSTANCE ...]

Without ADDRESS it is WATTPROOF_BUS, else DBUS_SYSTEM_BUS_ADDRESS; without names it serves all that it has. It says `ready`
when all names are taken and ends with SIGTERM. Whoever writes seconds to /Test/Leave of a service sends it away for so long;
a number written to /Test/Batch moves three values in one ItemsChanged, and /Test/Silent one that nobody is told of."""
import argparse
import os
import re
import signal
import sys

import dbus
import dbus.lowlevel
import dbus.mainloop.glib
import dbus.service
from gi.repository import GLib

ITEM, SETTINGS = "com.victronenergy.BusItem", "com.victronenergy.Settings"
PORTAL = "c0619ab12345"
INVALID = dbus.Array([], signature="i", variant_level=1)
i, u, q, n, y, x, t, d, b, s = (dbus.Int32, dbus.UInt32, dbus.UInt16, dbus.Int16, dbus.Byte, dbus.Int64, dbus.UInt64,
                                dbus.Double, dbus.Boolean, dbus.String)


class Value:
    """What stands at a path: a value and what is known of it."""

    def __init__(self, value, low=None, high=None, default=None, writable=False, unit="", silent=False, act=None):
        self.value, self.low, self.high, self.default = value, low, high, default
        self.writable, self.unit, self.silent, self.act = writable or act is not None, unit, silent, act

    def is_invalid(self):
        return isinstance(self.value, dbus.Array) and not self.value

    def text(self):
        if self.is_invalid():
            return "---"
        return (str(int(self.value)) if isinstance(self.value, dbus.Byte) else str(self.value)) + self.unit

    def changes(self):
        return {"Value": self.value, "Text": self.text()}

    def listed(self):
        out = self.changes()
        for name, limit in (("Min", self.low), ("Max", self.high), ("Default", self.default)):
            if limit is not None:
                out[name] = limit
        return out

    def coerced(self, value):
        """As the kind that it is; ValueError where that cannot be."""
        if isinstance(value, dbus.Array) and not value:
            return INVALID
        if isinstance(self.value, (dbus.Array, dbus.Dictionary)):
            return value  # was invalid: whatever comes
        if isinstance(self.value, str) != isinstance(value, str) or isinstance(value, (dbus.Array, dbus.Dictionary)):
            raise ValueError
        new = type(self.value)(value)
        if not isinstance(new, str) and new != value:
            raise ValueError
        return new

    def is_within(self, value):
        if isinstance(value, (str, dbus.Array)):
            return True
        return not (self.low is not None and value < self.low or self.high is not None and value > self.high)


def product(instance, name, number, connection, more):
    return {
        "/Mgmt/ProcessName": Value(s("venus_service.py")), "/Mgmt/ProcessVersion": Value(s("1.0")),
        "/Mgmt/Connection": Value(s(connection)), "/DeviceInstance": Value(instance), "/ProductId": Value(number),
        "/ProductName": Value(s(name)), "/FirmwareVersion": Value(INVALID), "/HardwareVersion": Value(INVALID),
        "/Connected": Value(i(1)), "/CustomName": Value(s(""), writable=True),
        "/Test/Leave": Value(i(0), act="leave"), "/Test/Batch": Value(i(0), act="batch"), "/Test/Silent": Value(i(0), act="silent"),
        **more}


def onoff(value):
    return Value(i(value), i(0), i(1), i(value), True)


# The trees: TYPE/INSTANCE: (bus name, has GetItems, {path: Value}).
SERVICES = {
    "pvinverter/20": ("pvinverter.cgwacs_ttyUSB0_di20_mb2", True, product(i(20), "PV Inverter on input 1", i(45058), "ttyUSB0", {
        "/Ac/Power": Value(d(936.0), unit="W"), "/Ac/L1/Power": Value(d(936.0), unit="W"), "/Ac/L2/Power": Value(INVALID),
        "/Ac/L3/Power": Value(INVALID), "/Ac/L1/Voltage": Value(d(239.7), unit="V"), "/Ac/L1/Current": Value(d(3.9), unit="A"),
        "/Ac/Energy/Forward": Value(d(12239.9), unit="kWh"), "/Ac/MaxPower": Value(i(25000)),
        "/Ac/PowerLimit": Value(d(25000.0), d(0.0), d(25000.0), writable=True), "/Position": Value(i(0), i(0), i(2), writable=True),
        "/StatusCode": Value(i(7)), "/ErrorCode": Value(i(0)), "/Serial": Value(s("BP13100990016"))})),
    "vebus/257": ("vebus.ttyO1", True, product(q(257), "MultiPlus 48/3000/35-50", u(9745), "VE.Bus", {
        "/Mode": Value(u(3), u(1), u(4), writable=True), "/State": Value(u(3)), "/Ac/ActiveIn/L1/P": Value(i(373)),
        "/Ac/ActiveIn/L1/F": Value(d(50.1025657654)), "/Ac/ActiveIn/CurrentLimit": Value(d(32.0), d(0.0), d(50.0), writable=True),
        "/Ac/Out/L1/V": Value(d(230.5)), "/Dc/0/Voltage": Value(d(56.97)), "/Dc/0/Current": Value(d(4.80000019073)),
        "/Soc": Value(d(52.0), writable=True), "/Hub4/AssistantId": Value(q(5)),
        "/Hub4/L1/AcPowerSetpoint": Value(i(0), i(-10000), i(10000), writable=True, silent=True),
        "/Interfaces/Mk2/Tunnel": Value(s("secret"))})),
    "solarcharger/279": ("solarcharger.ttyO2", True, product(i(279), "SmartSolar MPPT 150/35", u(41034), "VE.Direct", {
        "/Dc/0/Voltage": Value(d(20.43000030517578125), unit="V"), "/Dc/0/Current": Value(d(0.0), unit="A"),
        "/Dc/0/Temperature": Value(INVALID), "/Pv/V": Value(d(87.6399993896)), "/Yield/User": Value(d(71.19999694824219)),
        "/Mode": Value(u(1), u(1), u(4), writable=True), "/State": Value(u(3)), "/Relay/0/State": onoff(1),
        **{"/History/Daily/%d/Yield" % day: Value(d(day / 8)) for day in range(31)}})),
    "tank/23": ("tank.adc_builtin0_23", False, product(i(23), "Tank sensor", i(41312), "Tank input 3", {
        "/Level": Value(d(66.0)), "/Capacity": Value(d(0.1), writable=True), "/RawUnit": Value(s("\u03a9")), "/Remaining": Value(d(0.029))})),
    "edge/-3": ("edge.a.b.c", True, product(d(-3.0), "One path of each type", i(41857), "none", {
        "/I/y": Value(y(84)), "/I/n": Value(n(-5)), "/I/q": Value(q(65535)), "/I/i": Value(i(-2**31)), "/I/u": Value(u(2**32 - 1)),
        "/I/x": Value(x(-2**63)), "/I/t": Value(t(2**64 - 1)), "/I/b": Value(b(True)), "/S/empty": Value(s("")),
        "/S/uni": Value(s('n\u00e4me "q" \\ / \n\t\x01\u20ac\U0001f600\x7f\u2028')), "/D/zero": Value(d(0.0)), "/D/minus": Value(d(-0.0)),
        "/D/e15": Value(d(1e15)), "/D/e14": Value(d(1e14)), "/D/small": Value(d(1e-5)), "/D/least": Value(d(5e-324)),
        "/D/most": Value(d(1.7976931348623157e308)), "/D/sum": Value(d(0.1 + 0.2)), "/D/nan": Value(d("nan")), "/D/inf": Value(d("inf")),
        "/A/none": Value(dbus.Array([], signature="u")), "/A/i": Value(dbus.Array([1, 2, 3], signature="i")),
        "/A/v": Value(dbus.Array([i(1), d(2.0), s("three"), b(False)], signature="v")),
        "/A/dict": Value(dbus.Dictionary({"b": i(1), "a": d(2.0), "c": dbus.Array([], signature="i")}, signature="sv")),
        "/A/dicts": Value(dbus.Array([{"id": s("x"), "soc": d(55.5)}], signature="a{sv}")),
        "/M/open": Value(d(5.0), d(0.0), d("inf")), "/M/low": Value(d(5.5), d(0.0)), "/M/none": Value(i(5), INVALID, INVALID)})),
    "system/0": ("system", True, {
        "/Serial": Value(s(PORTAL)), "/Ac/Consumption/L1/Power": Value(i(107)), "/Ac/Consumption/NumberOfPhases": Value(i(1)),
        "/Dc/Battery/Soc": Value(d(100.0)), "/Control/Dvcc": Value(b(False)), "/Relay/0/State": onoff(0),
        "/Test/Leave": Value(i(0), act="leave")}),
    "settings/0": ("settings", True, {
        "/Settings/LEDs/Enable": onoff(1), "/Settings/Vrmlogger/Http/Proxy": Value(s(""), writable=True),
        "/Settings/Vrmlogger/Url": Value(s(""), writable=True), "/Settings/Vrmlogger/Logmode": Value(i(1), i(0), i(2), i(1), True),
        "/Settings/Vrmlogger/HttpsEnabled": onoff(1), "/Settings/VenusApp/LockButtonState": onoff(0),
        "/Settings/CGwacs/AcPowerSetPoint": Value(d(50.0), writable=True),
        "/Settings/Services/AccessPointPassword": Value(s("secret"), writable=True),
        "/Settings/Gui/Gauges/Pv/Power/Max": Value(d(1249.5731965806763), d(0.0), d("inf"), writable=True)}),
}


class Node(dbus.service.Object):
    """A path with others below it."""

    def __init__(self, service, path):
        super().__init__(service.bus, path)
        self.service, self.prefix = service, path.rstrip("/") + "/"

    def below(self):
        return ((path[len(self.prefix):], v) for path, v in self.service.values.items() if path.startswith(self.prefix))

    @dbus.service.method(ITEM, out_signature="v")
    def GetValue(self):
        return dbus.Dictionary({key: v.value for key, v in self.below()}, signature="sv", variant_level=1)

    @dbus.service.method(ITEM, out_signature="v")
    def GetText(self):
        return dbus.Dictionary({key: v.text() for key, v in self.below()}, signature="ss", variant_level=1)


class Root(Node):
    @dbus.service.method(ITEM, out_signature="a{sa{sv}}")
    def GetItems(self):
        return {path: v.listed() for path, v in self.service.values.items()}

    @dbus.service.signal(ITEM, signature="a{sa{sv}}")
    def ItemsChanged(self, changes):
        pass


class SettingsRoot(Root):
    @dbus.service.method(SETTINGS, in_signature="ssvsvv", out_signature="i")
    def AddSetting(self, group, name, default, kind, low, high):
        if kind not in "ifs" or len(kind) != 1:
            return -3
        path = "/Settings/" + group.strip("/") + "/" + name.strip("/")
        if not re.fullmatch(r"(/[A-Za-z0-9_]+)+", path):
            return -4
        kind = {"i": i, "f": d, "s": s}[kind]
        if path in self.service.values:
            return 0 if type(self.service.values[path].value) is kind else -5
        limits = (None, None) if kind is s or low == high == 0 else (kind(low), kind(high))
        if limits[0] is not None and not limits[0] <= default <= limits[1]:
            return -7
        self.service.add(path, Value(kind(default), *limits, kind(default), True))
        return 0


class Leaf(dbus.service.Object):
    def __init__(self, service, path):
        super().__init__(service.bus, path)
        self.service, self.path, self.item = service, path, service.values[path]

    @dbus.service.method(ITEM, out_signature="v")
    def GetValue(self):
        return self.item.value

    @dbus.service.method(ITEM, out_signature="s")
    def GetText(self):
        return self.item.text()

    @dbus.service.method(ITEM, out_signature="v")
    def GetMin(self):
        return i(0) if self.item.low is None else self.item.low

    @dbus.service.method(ITEM, out_signature="v")
    def GetMax(self):
        return i(0) if self.item.high is None else self.item.high

    @dbus.service.method(ITEM, out_signature="v")
    def GetDefault(self):
        return i(-1) if self.item.default is None else self.item.default

    @dbus.service.method(ITEM, in_signature="v", out_signature="i")
    def SetValue(self, value):
        try:
            new = self.item.coerced(value)
        except (ValueError, OverflowError, TypeError):
            return 1
        if not self.item.writable:
            return 1
        if not self.item.is_within(new):
            return -1 if self.service.name.endswith(".settings") else 2
        if self.item.act:
            GLib.timeout_add(20, self.service.act, self.item.act, new)
        if new != self.item.value or type(new) is not type(self.item.value):
            self.item.value = new
            if not self.item.silent:
                self.PropertiesChanged(self.item.changes())
        return 0

    @dbus.service.signal(ITEM, signature="a{sv}")
    def PropertiesChanged(self, changes):
        pass


class Service:
    def __init__(self, address, name, has_items, values):
        self.address, self.name, self.has_items, self.values = address, "com.victronenergy." + name, has_items, values
        self.appear()

    def appear(self):
        self.bus = dbus.bus.BusConnection(self.address)
        self.root = (SettingsRoot if self.name.endswith(".settings") else Root if self.has_items else Node)(self, "/")
        self.nodes, self.leaves = set(), {}
        for path in self.values:
            self.export(path)
        self.bus.request_name(self.name, dbus.bus.NAME_FLAG_DO_NOT_QUEUE)  # last: who hears of it reads everything at once
        return False

    def export(self, path):
        self.leaves[path] = Leaf(self, path)
        for end in range(1, len(path)):
            if path[end] == "/" and path[:end] not in self.nodes:
                self.nodes.add(path[:end])
                Node(self, path[:end])

    def add(self, path, value):
        self.values[path] = value
        self.export(path)
        self.leaves[path].PropertiesChanged(value.listed())

    def leave(self, seconds):
        self.bus.flush()
        self.bus.close()
        if seconds > 0:
            GLib.timeout_add(int(1000 * seconds), self.appear)

    def act(self, what, number):
        numbers = [path for path, v in self.values.items() if isinstance(v.value, dbus.Double) and v.low is None][:4]
        if what == "leave":
            self.leave(float(number))
        elif what == "silent":
            self.values[numbers[0]].value = d(number)
        elif self.has_items:
            for place, path in enumerate(numbers[:3]):
                self.values[path].value = d(number + place / 4)
            self.root.ItemsChanged({path: self.values[path].changes() for path in numbers[:3]})
        return False


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--bus", default=os.environ.get("WATTPROOF_BUS") or os.environ.get("DBUS_SYSTEM_BUS_ADDRESS"))
    parser.add_argument("services", nargs="*", default=[], metavar="TYPE/INSTANCE")
    given = parser.parse_args()
    unknown = set(given.services) - set(SERVICES)
    if unknown or not given.bus:
        sys.exit("no such service: %s; there are: %s" % (", ".join(unknown), ", ".join(SERVICES)) if unknown else "which bus? --bus ADDRESS")
    loop = GLib.MainLoop()
    dbus.mainloop.glib.DBusGMainLoop(set_as_default=True)
    services = [Service(given.bus, *SERVICES[name]) for name in given.services or SERVICES]
    GLib.unix_signal_add(GLib.PRIORITY_HIGH, signal.SIGTERM, loop.quit)
    print("ready: %d services" % len(services), flush=True)
    loop.run()


if __name__ == "__main__":
    main()
