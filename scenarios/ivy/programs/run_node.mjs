// Runs a sample of the document unchanged: `mqtt` is the installed MQTT.js, ports 1883 and 9001 are the broker under
// test. A page is run by its inline script, with MQTT.js as the global that its first script tag would have loaded.
import { readFileSync } from 'node:fs';
import net from 'node:net';
import { createRequire, register, syncBuiltinESMExports } from 'node:module';
import { pathToFileURL } from 'node:url';
import vm from 'node:vm';

const modules = process.env.WATTPROOF_NODE_MODULES;
const broker = { 1883: process.env.WATTPROOF_BROKER, 9001: process.env.WATTPROOF_BROKER_WS };

function redirected(args) {
  const first = args[0];
  const port = typeof first === 'object' ? first.port : first;
  if (!broker[port]) return args;
  const [host, realPort] = broker[port].split(':');
  const options = { ...(typeof first === 'object' ? first : {}), host, port: Number(realPort) };
  return [options, ...args.slice(1).filter((a) => typeof a === 'function')];
}

for (const name of ['connect', 'createConnection']) {
  const real = net[name];
  net[name] = (...args) => real(...redirected(args));
}
syncBuiltinESMExports();

const hook = `export async function resolve(name, context, next) {
  return name === 'mqtt'
    ? { url: ${JSON.stringify(pathToFileURL(`${modules}/mqtt/build/index.js`).href)}, format: 'commonjs', shortCircuit: true }
    : next(name, context);
}`;
register(`data:text/javascript,${encodeURIComponent(hook)}`);

const sample = process.argv[2];
if (sample.endsWith('.html')) {
  const mqtt = createRequire(`${modules}/`)('mqtt');
  const script = readFileSync(sample, 'utf8').match(/<script>([\s\S]*?)<\/script>/)[1];
  vm.runInNewContext(script, { mqtt, console, JSON });
} else {
  await import(pathToFileURL(sample).href);
}
