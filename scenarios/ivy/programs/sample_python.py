import paho.mqtt.client as mqtt
import json

def on_connect(client, userdata, flags, rc):
    print(f"Connected with result code {rc}")
    client.subscribe("ivy/v1/meters/+/telemetry")
    client.subscribe("ivy/v1/meters/+/status")

def on_message(client, userdata, msg):
    data = json.loads(msg.payload.decode())
    print(f"{msg.topic}: {data}")

client = mqtt.Client()
client.username_pw_set("admin", "your_password")
client.on_connect = on_connect
client.on_message = on_message

client.connect("localhost", 1883, 60)
client.loop_forever()
