import mqtt from 'mqtt';

const client = mqtt.connect('mqtt://localhost:1883', {
  username: 'admin',
  password: 'your_password'
});

client.on('connect', () => {
  console.log('Connected to IVY Gateway');

  // Subscribe to all meter telemetry
  client.subscribe('ivy/v1/meters/+/telemetry');
  client.subscribe('ivy/v1/meters/+/status');
  client.subscribe('ivy/v1/meters/+/events');
});

client.on('message', (topic, message) => {
  const data = JSON.parse(message.toString());
  console.log(`${topic}:`, data);
});

// Send a command
function readMeter(meterId, register) {
  const requestId = `req-${Date.now()}`;

  client.subscribe(`ivy/v1/meters/${meterId}/command/response`);

  client.publish(`ivy/v1/meters/${meterId}/command/request`, JSON.stringify({
    requestId,
    command: 'read',
    register
  }));

  return requestId;
}

// Example: Read total energy from meter
readMeter('000000000001', 'totalActiveEnergy');
