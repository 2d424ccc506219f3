"""dbus-python reads and writes a simulated service and hears its signals."""
import os
import sys

import dbus
import dbus.mainloop.glib
from gi.repository import GLib

ITEM = "com.victronenergy.BusItem"
INVERTER, SETTINGS = "com.victronenergy.pvinverter.foreign_ttyUSB0", "com.victronenergy.settings"

dbus.mainloop.glib.DBusGMainLoop(set_as_default=True)
bus = dbus.bus.BusConnection(os.environ["WATTPROOF_BUS"])
loop = GLib.MainLoop()
heard, wrong = [], []


def check(what, is_so, shown=""):
    print(("ok " if is_so else "NOT ok ") + what + ("" if is_so else ": %r" % (shown,)), flush=True)
    wrong.extend([] if is_so else [what])


def call(path, method, signature="", *arguments, name=INVERTER, interface=ITEM):
    return bus.call_blocking(name, path, interface, method, signature, arguments)


def wait(milliseconds, until=lambda: False):
    """Signals come in meanwhile; it ends early when `until` is so."""
    def look():
        if until():
            loop.quit()
        return True

    ticking = GLib.timeout_add(10, look)
    end = GLib.timeout_add(milliseconds, loop.quit)
    loop.run()
    GLib.source_remove(ticking)
    if not until():
        return False
    GLib.source_remove(end)
    return True


def on_signal(changes, path, member, sender):
    heard.append((str(path), str(member), changes, str(sender)))


bus.add_signal_receiver(on_signal, dbus_interface=ITEM, path_keyword="path", member_keyword="member", sender_keyword="sender")
owner = bus.get_name_owner(INVERTER)
items = call("/", "GetItems")
check("GetItems has each item with value and text", items["/Ac/Power"]["Value"] == 936.0 and items["/Ac/Power"]["Text"] == "936.0W"
      and isinstance(items["/Ac/Power"]["Value"], dbus.Double), items.get("/Ac/Power"))
check("and limits where there are some", items["/Ac/PowerLimit"]["Max"] == 25000.0 and "Max" not in items["/Ac/Power"])
check("an invalid value is an empty array", items["/Ac/L2/Power"]["Value"] == dbus.Array([], signature="i"), items["/Ac/L2/Power"])
for path, row in items.items():
    if call(path, "GetValue") != row["Value"] or call(path, "GetText") != row["Text"]:
        check("each leaf says what GetItems says", False, path)
        break
else:
    check("each leaf says what GetItems says", len(items) > 20, len(items))
below = {path[1:]: row["Value"] for path, row in items.items()}
check("so does the root node", call("/", "GetValue") == below)
power = call("/Ac", "GetValue")
check("a node has its own part", power == {path[4:]: row["Value"] for path, row in items.items() if path.startswith("/Ac/")}, power)

before = len(heard)
check("SetValue is accepted", call("/Ac/PowerLimit", "SetValue", "v", dbus.Double(1800.5)) == 0)
wait(3000, lambda: any(row[0] in ("/", "/Ac/PowerLimit") for row in heard[before:]))
rows = [row for row in heard[before:] if row[0] == "/Ac/PowerLimit" and row[1] == "PropertiesChanged"]
check("one PropertiesChanged tells of it", len(rows) == 1 and rows[0][2]["Value"] == 1800.5 and rows[0][2]["Text"] == "1800.5W" and rows[0][3] == owner,
      heard[before:])
before = len(heard)
check("the same value is accepted and told to nobody", call("/Ac/PowerLimit", "SetValue", "v", dbus.Double(1800.5)) == 0
      and not wait(300, lambda: len(heard) > before), heard[before:])
check("a text is refused", call("/Ac/PowerLimit", "SetValue", "v", dbus.String("much")) != 0 and call("/Ac/PowerLimit", "GetValue") == 1800.5)
print("ready for a change", flush=True)
check("three values that change together come in one ItemsChanged", wait(
    8000, lambda: any(row[0] == "/" and row[1] == "ItemsChanged" and row[3] == owner and len(row[2]) == 3
                      and row[2].get("/Ac/Power", {}).get("Value") == 926.0 for row in heard)), heard[-3:])
check("AddSetting", call("/", "AddSetting", "ssvsvv", "Foreign", "Level", dbus.Double(2.5), "f", dbus.Double(0.0), dbus.Double(10.0),
                         name=SETTINGS, interface="com.victronenergy.Settings") == 0
      and call("/Settings/Foreign/Level", "GetValue", name=SETTINGS) == 2.5)
check("a setting takes 5 as 5.0", call("/Settings/Foreign/Level", "SetValue", "v", dbus.Int32(5), name=SETTINGS) == 0
      and isinstance(call("/Settings/Foreign/Level", "GetValue", name=SETTINGS), dbus.Double))
try:
    call("/Nowhere", "GetValue")
    check("a path that is not there is an error", False)
except dbus.DBusException as error:
    check("a path that is not there is an error", error.get_dbus_name().startswith("org.freedesktop.DBus.Error.Unknown"), error)
sys.exit(1 if wrong else 0)
