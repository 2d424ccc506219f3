#!/usr/bin/python3
"""A service of dbus-python and clients of libdbus and sd-bus on a private dbus-daemon: the source of
captures/dbus/own-session.pcap.

    dbus_sessions.py FOLDER     writes own-session.pcap there (needs dbus-daemon, dbus-bin, systemd's busctl, python3-dbus
                                and python3-gi)

The file is what dbus-monitor --pcap wrote down."""
import os
import subprocess
import sys
import tempfile
import time

import dbus
import dbus.mainloop.glib
import dbus.service
from gi.repository import GLib

NAME = "com.victronenergy.grid.cgwacs_ttyUSB0_di30_mb1"
ITEM = "com.victronenergy.BusItem"
CONFIG = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>session</type><listen>unix:path={folder}/bus</listen><auth>EXTERNAL</auth>
<policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/></policy>
</busconfig>
"""


class Item(dbus.service.Object):
    def __init__(self, bus, path, value, text):
        super().__init__(bus, path)
        self.value, self.text = value, text

    @dbus.service.method(ITEM, out_signature="v")
    def GetValue(self):
        return self.value

    @dbus.service.method(ITEM, out_signature="s")
    def GetText(self):
        return self.text

    @dbus.service.method(ITEM, in_signature="v", out_signature="i")
    def SetValue(self, value):
        self.value = value
        self.PropertiesChanged({"Value": value, "Text": self.text})
        return 0

    @dbus.service.signal(ITEM, signature="a{sv}")
    def PropertiesChanged(self, changes):
        pass


class Root(dbus.service.Object):
    def __init__(self, bus, items):
        super().__init__(bus, "/")
        self.items = items

    @dbus.service.method(ITEM, out_signature="a{sa{sv}}")
    def GetItems(self):
        return {path: {"Value": item.value, "Text": item.text} for path, item in self.items.items()}

    @dbus.service.signal(ITEM, signature="a{sa{sv}}")
    def ItemsChanged(self, changes):
        pass

    @dbus.service.method(ITEM)
    def Stop(self):
        self.ItemsChanged({"/Ac/Power": {"Value": dbus.Double(-0.0), "Text": "---"},
                           "/Serial": {"Value": dbus.Array([], signature="i")}})
        GLib.idle_add(loop.quit)


VALUES = {
    "/Ac/Power": (dbus.Double(936.0), "936W"),
    "/Ac/L1/Voltage": (dbus.Double(20.43000030517578125), "20.4V"),
    "/DeviceInstance": (dbus.Int32(30), "30"),
    "/ProductId": (dbus.UInt16(45058), "0xB002"),
    "/Serial": ("BP55555555555", "BP55555555555"),
    "/CustomName": ("Zähler \N{BATTERY}", "Zähler"),
    "/Ac/L2/Power": (dbus.Array([], signature="i"), "---"),
    "/Counter": (dbus.UInt64(2**64 - 1), ""),
    "/Balance": (dbus.Int64(-2**63), ""),
    "/Small": (dbus.Int16(-32768), ""),
    "/Byte": (dbus.Byte(255), "255"),
    "/Dvcc": (dbus.Boolean(True), "1"),
    "/Many": (dbus.UInt32(4294967295), ""),
    "/Limit": (dbus.Double(float("inf")), ""),
    "/Object": (dbus.ObjectPath("/Ac/Power"), ""),
    "/Type": (dbus.Signature("a{sa{sv}}"), ""),
    "/List": (dbus.Array([1, 2.5, "three"], signature="v"), ""),
    "/Pair": (dbus.Struct((dbus.Int32(1), "x"), signature="is"), ""),
    "/Raw": (dbus.Array([dbus.Byte(1), dbus.Byte(2)], signature="y"), ""),
    "/Batteries": (dbus.Array([{"id": "a", "current": dbus.Double(7.7)}], signature="a{sv}"), ""),
}


def serve(address):
    global loop
    loop = GLib.MainLoop()
    bus = dbus.bus.BusConnection(address, mainloop=dbus.mainloop.glib.DBusGMainLoop())
    items = {path: Item(bus, path, *value) for path, value in VALUES.items()}
    root = Root(bus, items)
    bus.request_name(NAME, dbus.bus.NAME_FLAG_DO_NOT_QUEUE)
    loop.run()
    bus.release_name(NAME)
    bus.flush()
    return root


def ask(address):
    bus = dbus.bus.BusConnection(address)
    bus.add_match_string(f"type='signal',interface='{ITEM}'")
    root = bus.get_object(NAME, "/", introspect=False)
    root.GetItems(dbus_interface=ITEM)
    for path in VALUES:
        bus.get_object(NAME, path, introspect=False).GetValue(dbus_interface=ITEM)
    power = bus.get_object(NAME, "/Ac/Power", introspect=False)
    power.SetValue(dbus.Double(937.5), dbus_interface=ITEM)
    power.GetText(dbus_interface=ITEM)
    for name, path in ((NAME, "/None"), ("com.victronenergy.none", "/")):
        try:
            bus.get_object(name, path, introspect=False).GetValue(dbus_interface=ITEM)
        except dbus.DBusException:
            pass
    bus.close()
    at = ["--address=" + address]
    subprocess.run(["busctl", *at, "call", NAME, "/Ac/Power", ITEM, "SetValue", "v", "i", "5"], check=True,
                   stdout=subprocess.DEVNULL)
    subprocess.run(["dbus-send", "--bus=" + address, "--print-reply", "--dest=" + NAME, "/Dvcc", ITEM + ".GetText"],
                   check=True, stdout=subprocess.DEVNULL)
    subprocess.run(["dbus-send", "--bus=" + address, "--print-reply", "--dest=" + NAME, "/", ITEM + ".Stop"], check=True,
                   stdout=subprocess.DEVNULL)


def main(folder):
    with tempfile.TemporaryDirectory() as private:
        address = f"unix:path={private}/bus"
        with open(f"{private}/conf", "w") as f:
            f.write(CONFIG.format(folder=private))
        daemon = subprocess.Popen(["dbus-daemon", f"--config-file={private}/conf", "--nofork", "--nopidfile",
                                   "--nosyslog", "--print-address=1"], stdout=subprocess.PIPE,
                                  stderr=subprocess.DEVNULL)
        daemon.stdout.readline()
        with open(os.path.join(folder, "own-session.pcap"), "wb") as f:
            monitor = subprocess.Popen(["dbus-monitor", "--address", address, "--pcap"], stdout=f)
            time.sleep(0.5)
            service = subprocess.Popen([sys.executable, __file__, "--serve", address])
            time.sleep(1)
            ask(address)
            service.wait()
            time.sleep(0.3)
            daemon.terminate()
            monitor.wait()


if sys.argv[1] == "--serve":
    serve(sys.argv[2])
else:
    main(sys.argv[1])
