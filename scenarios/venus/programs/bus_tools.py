"""The bus's own tools read and write a simulated service: busctl of systemd, or dbus-send of libdbus.

    bus_tools.py busctl|dbus-send"""
import os
import re
import subprocess
import sys

BUS = os.environ["WATTPROOF_BUS"]
INVERTER, SETTINGS = "com.victronenergy.pvinverter.foreign_ttyUSB0", "com.victronenergy.settings"
ITEM = "com.victronenergy.BusItem"


wrong = []


def check(what, is_so, shown=""):
    print(("ok " if is_so else "NOT ok ") + what + ("" if is_so else ": %r" % (shown,)), flush=True)
    wrong.extend([] if is_so else [what])


def run(*command):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=20, text=True)
    return done.returncode, done.stdout.strip()


def busctl(*words):
    return run("busctl", "--address=" + BUS, *words)


def with_busctl():
    def call(path, method, *arguments, name=INVERTER):
        return busctl("call", name, path, ITEM, method, *arguments)

    code, out = busctl("list", "--no-pager", "--acquired")
    check("list has the service", code == 0 and INVERTER in out, out)
    code, out = busctl("tree", "--no-pager", "--list", INVERTER)
    rows = out.splitlines()
    check("tree has nodes and leaves", code == 0 and {"/Ac", "/Ac/L1", "/Ac/L1/Power", "/Ac/Power", "/DeviceInstance"} <= set(rows), out)
    code, out = busctl("introspect", "--no-pager", INVERTER, "/Ac/Power", ITEM)
    check("introspect has the methods", code == 0 and all(name in out for name in (".GetValue", ".GetText", ".SetValue")), out)
    for path, value, text in (("/Ac/Power", "v d 936", 's "936.0W"'), ("/Ac/L2/Power", "v ai 0", 's "---"'), ("/DeviceInstance", "v i 20", 's "20"'),
                              ("/Test/Long", "v x -9223372036854775808", 's "-9223372036854775808"'), ("/Test/Flag", "v b true", None),
                              ("/Test/Ohm", 'v s "\\316\\251"', 's "\\316\\251"'), ("/Test/List", "v ad 2 1.5 -0", None)):
        check("GetValue " + path, call(path, "GetValue") == (0, value), call(path, "GetValue"))
        if text:
            check("GetText " + path, call(path, "GetText") == (0, text), call(path, "GetText"))
    code, out = call("/Ac/L1", "GetValue")
    check("GetValue of a node is a dict of what is below", code == 0 and re.match(r"v a\{sv\} \d+ ", out) and ' "Power" d ' in " " + out, out)
    code, out = call("/Ac/L2", "GetText")
    check("GetText of a node is a dict of texts", code == 0 and re.match(r"v a\{ss\} \d+ ", out) and '"Power" "---"' in out, out)
    code, out = call("/", "GetItems")
    check("GetItems has values, texts and limits", code == 0 and out.startswith("a{sa{sv}} ")
          and '"/Ac/PowerLimit" 4 ' in out and '"Max" d 25000' in out and '"/Ac/Power" 2 ' in out, out)
    check("SetValue takes a number", call("/Ac/PowerLimit", "SetValue", "v", "d", "1234.5") == (0, "i 0"))
    check("and it stays", call("/Ac/PowerLimit", "GetValue") == (0, "v d 1234.5"))
    check("an integer becomes what the item is", call("/Ac/PowerLimit", "SetValue", "v", "i", "2000") == (0, "i 0")
          and call("/Ac/PowerLimit", "GetValue") == (0, "v d 2000"), call("/Ac/PowerLimit", "GetValue"))
    code, out = call("/Ac/PowerLimit", "SetValue", "v", "d", "30000")
    check("what is above the limit is refused", code == 0 and out != "i 0" and call("/Ac/PowerLimit", "GetValue") == (0, "v d 2000"), out)
    check("so is what may not be written", call("/Ac/Power", "SetValue", "v", "d", "1") == (0, "i 1"), call("/Ac/Power", "SetValue", "v", "d", "1"))
    check("a setting out of range gets -1", call("/Settings/LEDs/Enable", "SetValue", "v", "i", "7", name=SETTINGS) == (0, "i -1"))
    check("GetMax of a setting", call("/Settings/LEDs/Enable", "GetMax", name=SETTINGS) == (0, "v i 1"))
    code, out = call("/Nowhere", "GetValue")
    check("a path that is not there", code != 0 and "no object" in out, out)
    code, out = busctl("call", SETTINGS, "/", "com.victronenergy.Settings", "AddSetting", "ssvsvv", "Foreign", "Step", "i", "5", "i", "i", "0", "i", "10")
    check("AddSetting", (code, out) == (0, "i 0") and call("/Settings/Foreign/Step", "GetValue", name=SETTINGS) == (0, "v i 5"), out)


def dbus_send(path, method, *arguments, name=INVERTER):
    return run("dbus-send", "--bus=" + BUS, "--print-reply=literal", "--dest=" + name, path, ITEM + "." + method, *arguments)


def with_dbus_send():
    for path, value in (("/Ac/Power", "variant       double 936"), ("/Ac/L2/Power", "variant       array [ ]"), ("/DeviceInstance", "variant       int32 20"),
                        ("/Test/Long", "variant       int64 -9223372036854775808"), ("/Test/Flag", "variant       boolean true")):
        code, out = dbus_send(path, "GetValue")
        check("GetValue " + path, code == 0 and out.split() == value.split(), out)
    check("GetText", dbus_send("/Ac/Power", "GetText") == (0, "936.0W"), dbus_send("/Ac/Power", "GetText"))
    code, out = dbus_send("/", "GetItems")
    check("GetItems", code == 0 and "/Ac/PowerLimit" in out and "Max" in out, out)
    check("SetValue", dbus_send("/Ac/PowerLimit", "SetValue", "variant:double:1500.25") == (0, "int32 0"))
    code, out = dbus_send("/Ac/PowerLimit", "GetValue")
    check("and it stays", code == 0 and out.split() == ["variant", "double", "1500.25"], out)
    check("what may not be written is refused", dbus_send("/Ac/Power", "SetValue", "variant:double:1") == (0, "int32 1"))
    code, out = dbus_send("/Nowhere", "GetValue")
    check("a path that is not there", code != 0 and "org.freedesktop.DBus.Error.Unknown" in out, out)
    code, out = run("dbus-send", "--bus=" + BUS, "--print-reply", "--dest=" + INVERTER, "/", "org.freedesktop.DBus.Peer.Ping")
    check("Ping", code == 0 and out.startswith("method return"), out)


{"busctl": with_busctl, "dbus-send": with_dbus_send}[sys.argv[1]]()
sys.exit(1 if wrong else 0)
