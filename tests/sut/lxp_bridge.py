#!/usr/bin/python3
"""A small bridge from a LuxPower dongle to the octolux topics, written from the protocol and the API document alone.

It shares no code with the project: it is there to show that somebody else's gateway can be judged.

    lxp_bridge.py --inverter 127.0.0.1:8000 --serial 5555555555 --datalog BA55555555 --broker 127.0.0.1:1883
"""
import argparse
import json
import queue
import signal
import socket
import struct
import sys
import threading
import time

import paho.mqtt.client as mqtt

HEARTBEAT, TRANSLATED = 0xC1, 0xC2
READ_HOLD, READ_INPUT, WRITE_SINGLE = 3, 4, 6
EXCHANGE_S, COMMAND_S, RECONNECT_S = 5.0, 10.0, 5.0
QUEUE_MAX = 64

BITS = {"ac_charge": 7, "forced_discharge": 10}  # of hold register 21
PERCENT = {"charge_pct": 64, "discharge_pct": 65, "charge_amount_pct": 67}
TRUE = {"1", "t", "true", "y", "yes", "on"}
COMMANDS = ["read_input", "read_hold", *BITS, *PERCENT]

# ---- frames --------------------------------------------------------------------------------------------------


def crc16(data):
    crc = 0xFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ 0xA001 if crc & 1 else crc >> 1
    return crc


def request(datalog, serial, function, register, value):
    pdu = struct.pack("<BB10sHH", 0, function, serial, register, value)
    data = struct.pack("<H", len(pdu) + 2) + pdu + struct.pack("<H", crc16(pdu))
    return struct.pack("<2sHHBB10s", b"\xA1\x1A", 1, 12 + len(data), 1, TRANSLATED, datalog) + data


class Frame:
    """A reply of the inverter: its function, first register and values (little-endian words)."""

    def __init__(self, raw):
        self.protocol = struct.unpack_from("<H", raw, 2)[0]
        self.tcp_function = raw[7]
        self.datalog = raw[8:18]
        self.raw = raw
        self.function = self.register = None
        self.words = []
        if self.tcp_function == TRANSLATED:
            self.read_pdu(raw[20:-2])

    def read_pdu(self, pdu):
        self.function, self.serial = pdu[1], pdu[2:12]
        self.register = struct.unpack_from("<H", pdu, 12)[0]
        payload = pdu[14:]
        if self.function in (READ_HOLD, READ_INPUT) and len(payload) % 2 == 1:
            payload = payload[1:]  # the number of bytes that follow
        if not self.function & 0x80:
            self.words = list(struct.unpack("<%dH" % (len(payload) // 2), payload))


def is_good(raw):
    if raw[7] == HEARTBEAT:
        return len(raw) == 19
    if raw[7] != TRANSLATED:
        return raw[7] in (0xC3, 0xC4) and len(raw) >= 20
    if len(raw) < 36 or struct.unpack_from("<H", raw, 18)[0] != len(raw) - 20:
        return False
    if crc16(raw[20:-2]) != struct.unpack_from("<H", raw, len(raw) - 2)[0]:
        return False
    payload = len(raw) - 36
    if raw[21] not in (READ_HOLD, READ_INPUT):
        return True
    if payload % 2 == 1:
        return raw[34] == payload - 1 and payload > 1
    return struct.unpack_from("<H", raw, 2)[0] == 1


def take_frames(buffer):
    """Takes whole frames off the front of a bytearray; what is none is skipped octet by octet."""
    frames = []
    while len(buffer) >= 6:
        length = struct.unpack_from("<H", buffer, 4)[0] + 6
        if buffer[:2] != b"\xA1\x1A" or not 19 <= length <= 4096:
            del buffer[0]
        elif len(buffer) < length:
            break
        elif is_good(bytes(buffer[:length])):
            frames.append(Frame(bytes(buffer[:length])))
            del buffer[:length]
        else:
            del buffer[0]
    return frames


# ---- inputs --------------------------------------------------------------------------------------------------


def inputs_1(w):
    return {
        "status": w[0], "v_bat": w[4] / 10, "soc": w[5] & 0xFF, "p_pv": w[7] + w[8] + w[9], "p_charge": w[10],
        "p_discharge": w[11], "v_acr": w[12] / 10, "f_ac": w[15] / 100, "p_inv": w[16], "p_rec": w[17],
        "v_eps": w[20] / 10, "f_eps": w[23] / 100, "p_to_grid": w[26], "p_to_user": w[27],
        "e_pv_day": (w[28] + w[29] + w[30]) / 10, "e_inv_day": w[31] / 10, "e_rec_day": w[32] / 10,
        "e_chg_day": w[33] / 10, "e_dischg_day": w[34] / 10, "e_eps_day": w[35] / 10,
        "e_to_grid_day": w[36] / 10, "e_to_user_day": w[37] / 10, "v_bus_1": w[38] / 10, "v_bus_2": w[39] / 10,
    }


def inputs_2(w):
    long = [w[i] | w[i + 1] << 16 for i in range(39)]
    signed = [n - 65536 if n > 32767 else n for n in w]
    keys = ["e_inv_all", "e_rec_all", "e_chg_all", "e_dischg_all", "e_eps_all", "e_to_grid_all", "e_to_user_all"]
    out = {"e_pv_all": (long[0] + long[2] + long[4]) / 10}
    out.update((key, long[6 + 2 * i] / 10) for i, key in enumerate(keys))
    out.update({"t_inner": signed[24], "t_rad_1": signed[25], "t_rad_2": signed[26]})
    return out


def inputs_3(w):
    out = {"max_chg_curr": w[1] / 100, "max_dischg_curr": w[2] / 100, "charge_volt_ref": w[3] / 10,
           "dischg_cut_volt": w[4] / 10}
    out.update(("bat_status_%d" % i, w[5 + i] & 0xFF) for i in range(10))
    out["bat_status_inv"] = w[15] & 0xFF
    return out


SETS = [(1, 0, inputs_1), (2, 40, inputs_2), (3, 80, inputs_3)]

# ---- the bridge ----------------------------------------------------------------------------------------------


class Bridge:
    def __init__(self, arguments):
        host, port = arguments.inverter.rsplit(":", 1)
        self.dongle = (host, int(port))
        self.serial, self.datalog = arguments.serial.encode(), arguments.datalog.encode()
        self.connection = None
        self.lock = threading.Lock()
        self.awaited = None  # (function, register) of the request under way
        self.replies = queue.Queue()
        self.commands = queue.Queue(QUEUE_MAX)
        self.client = mqtt.Client(client_id="lxp-bridge")
        self.client.on_connect = self.on_connect
        self.client.on_message = self.on_message
        self.client.reconnect_delay_set(1, 5)
        broker, port = arguments.broker.rsplit(":", 1)
        self.client.connect_async(broker, int(port))

    def run(self):
        for work in (self.listen, self.obey):
            threading.Thread(target=work, daemon=True).start()
        self.client.loop_forever(retry_first_connection=True)

    def publish(self, topic, payload):
        self.client.publish("octolux/" + topic, payload, qos=1)

    # -- broker

    def on_connect(self, client, _data, _flags, code):
        if code == 0:
            client.subscribe([("octolux/cmd/" + command, 1) for command in COMMANDS])
            print("subscribed", flush=True)

    def on_message(self, _client, _data, message):
        if message.retain:
            return  # left over from another day
        command = message.topic.rsplit("/", 1)[1]
        try:
            self.commands.put_nowait((command, message.payload, time.monotonic() + COMMAND_S))
        except queue.Full:
            self.publish("result/" + command, "FAIL")

    # -- inverter

    def listen(self):
        while True:
            try:
                with socket.create_connection(self.dongle, EXCHANGE_S) as connection:
                    connection.settimeout(None)
                    self.connection = connection
                    print("connected", flush=True)
                    self.read(connection)
            except OSError as error:
                print("dongle:", error, flush=True)
            self.connection = None
            self.replies.put(None)
            time.sleep(RECONNECT_S)

    def read(self, connection):
        buffer = bytearray()
        while True:
            data = connection.recv(4096)
            if not data:
                return
            buffer += data
            for frame in take_frames(buffer):
                self.take(connection, frame)

    def take(self, connection, frame):
        if frame.tcp_function == HEARTBEAT:
            connection.sendall(frame.raw)
        if frame.tcp_function != TRANSLATED or frame.serial != self.serial:
            return
        with self.lock:
            is_awaited = self.awaited == (frame.function & 0x7F, frame.register)
        if is_awaited and frame.function == WRITE_SINGLE:
            self.replies.put(frame)  # its hold is published behind the result
        else:
            self.show(frame)
            if is_awaited:
                self.replies.put(frame)

    def show(self, frame):
        if frame.function == READ_INPUT:
            for number, first, decode in SETS:
                at = first - frame.register
                if 0 <= at and at + 40 <= len(frame.words):
                    words = frame.words[at:at + 40]
                    self.publish("inputs/%d" % number, json.dumps(decode(words), separators=(",", ":")))
        elif frame.function in (READ_HOLD, WRITE_SINGLE):
            for i, word in enumerate(frame.words):
                self.publish("hold/%d" % (frame.register + i), str(word))

    def exchange(self, function, register, value, until):
        """One request and its reply; None: refused, or none in time."""
        connection = self.connection
        if connection is None:
            return None
        while not self.replies.empty():
            self.replies.get()
        with self.lock:
            self.awaited = (function, register)
        try:
            connection.sendall(request(self.datalog, self.serial, function, register, value))
            reply = self.replies.get(timeout=max(0.01, min(EXCHANGE_S, until - time.monotonic())))
        except (OSError, queue.Empty):
            reply = None
        with self.lock:
            self.awaited = None
        return reply if reply and not reply.function & 0x80 else None

    # -- commands

    def obey(self):
        while True:
            command, payload, until = self.commands.get()
            text = payload.decode("utf-8", "replace")
            try:
                good, shown = self.carry_out(command, text, until)
            except ValueError:
                good, shown = False, None
            self.publish("result/" + command, "OK" if good else "FAIL")
            if shown:
                self.show(shown)

    def carry_out(self, command, text, until):
        if command in BITS:
            return self.set_bit(BITS[command], text.lower() in TRUE, until)
        number = int(text) if text.strip(" ").isdecimal() and text.isascii() else -1
        if command == "read_input" and 1 <= number <= 3:
            return self.exchange(READ_INPUT, 40 * (number - 1), 40, until) is not None, None
        if command == "read_hold" and 0 <= number <= 0xFFFF:
            return self.exchange(READ_HOLD, number, 1, until) is not None, None
        if command in PERCENT and 0 <= number <= 100:
            return self.write(PERCENT[command], number, until)
        return False, None

    def write(self, register, value, until):
        reply = self.exchange(WRITE_SINGLE, register, value, until)
        return reply is not None and reply.words == [value], reply

    def set_bit(self, bit, on, until):
        reply = self.exchange(READ_HOLD, 21, 1, until)  # shown as it was read
        if reply is None:
            return False, None
        old = reply.words[0]
        new = old | 1 << bit if on else old & ~(1 << bit)
        if new == old:
            return True, None
        return self.write(21, new, until)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name in ("inverter", "serial", "datalog", "broker"):
        parser.add_argument("--" + name, required=True)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    Bridge(parser.parse_args()).run()


main()
