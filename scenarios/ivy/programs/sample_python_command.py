import paho.mqtt.client as mqtt
import json
import uuid

def read_meter(client, meter_id, register):
    request_id = str(uuid.uuid4())

    command = {
        "requestId": request_id,
        "command": "read",
        "register": register
    }

    client.publish(
        f"ivy/v1/meters/{meter_id}/command/request",
        json.dumps(command)
    )

    return request_id

# Usage
client = mqtt.Client()
client.connect("localhost", 1883, 60)
read_meter(client, "000000000001", "totalActiveEnergy")
