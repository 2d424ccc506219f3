// Runs to look at: real ones of the built program, in a folder of their own.
import { execFileSync } from 'node:child_process';
import { appendFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

const head = (name, purpose) => `scenario: ${name}
purpose: ${purpose}
gateway: {north: [ivy], set: {polling.interval: 60s}}
devices:
  m1: {model: dlt645-meter, address: "000000000001", ip: 127.0.2.1, set: {totalActiveEnergy: 12345.67}}
clients:
  c: {subscribe: ["ivy/v1/#"]}
steps:
  - expect: {topic: ivy/v1/meters/000000000001/status, payload: {online: true}, within: 5s}
`;
const request = `  - publish: {from: c, topic: ivy/v1/meters/000000000001/command/request,
              payload: {requestId: req-123, command: read, register: totalActiveEnergy}}
`;

// Wrong on purpose: the answer's value and unit, an event that must not come, a field of a frame.
export const scenarios = {
  'demo-value': head('demo-value', 'A read command is answered with the value that the meter has.') + request +
    `  - expect: {topic: "ivy/v1/meters/{id}/command/response", count: 1, within: 2s,
             payload: {requestId: req-123, success: true, data: {value: 12345.7, unit: Wh, quality: good}},
             matches: {data.register: "^total"}, between: {timestamp: [1, 2]},
             proves: [IVY-072, IVY-074]}
`,
  'demo-event': head('demo-event', 'A meter that dials in is no event.') +
    `  - none: {topic: ivy/v1/meters/000000000001/events, payload: {type: info}, within: 2s, proves: [IVY-046]}
`,
  'demo-frame': head('demo-frame', 'The register is asked for with its data identifier.') + request +
    `  - expect: {frame: dlt645, from: gateway, to: m1, fields: {function: read, di: "00020000"}, within: 2s,
             proves: [IVY-064]}
`,
};

export function program() {
  const found = [process.env.WATTPROOF_BIN, join(root, 'build/release/wattproof'), join(root, 'build/dev/wattproof')]
    .find((file) => file && existsSync(file));
  if (!found) throw new Error('there is no built wattproof: ./wattproof list builds it');
  return found;
}

// Exit 1 is what a failing scenario gives, 3 is what worlds that differ give.
function wattproof(...words) {
  try {
    return execFileSync(program(), words, { encoding: 'utf8', env: { ...process.env, WATTPROOF_HOME: root } });
  } catch (e) {
    if (e.status !== 1 && !(words[0] === 'report' && e.status === 3)) throw new Error(`wattproof ${words.join(' ')}: exit ${e.status}\n${e.stderr}`);
    return e.stdout;
  }
}

const played = ['ivy-read-register', 'ivy-checksum-wrong', 'ivy-follow-up-endless', 'ivy-link-cut',
  'ivy-one-byte-segments', 'octolux-write-refused'];

export function makeRuns(keep) {
  const dir = keep || mkdtempSync(join(tmpdir(), 'wattproof-browser-'));
  const files = [];
  mkdirSync(join(dir, 'scenarios'), { recursive: true });
  for (const [name, text] of Object.entries(scenarios)) {
    files.push(join(dir, 'scenarios', `${name}.yaml`));
    writeFileSync(files.at(-1), text);
  }
  // The run before: one of the three was right.
  const right = join(dir, 'scenarios', 'right.yaml');
  writeFileSync(right, scenarios['demo-event'].replace('type: info', 'type: no-such-type'));
  wattproof('run', ...played, files[0], right, files[2], '--world', 'virtual', '-o', join(dir, 'before'));
  wattproof('run', ...played, ...files, '--world', 'virtual', '-o', join(dir, 'run'), '--since', join(dir, 'before'));
  return { dir, page: join(dir, 'run', 'report.html'), files, end: () => keep || rmSync(dir, { recursive: true }) };
}

// The same run once more, in which one scenario was also played live, with another verdict.
export function makeDifferent(runs, name) {
  const file = join(runs.dir, 'run/run.json');
  const run = JSON.parse(readFileSync(file, 'utf8'));
  const play = run.results.find((r) => r.scenario === name);
  const findings = play.findings.map((f, i) => (i ? f : { ...f, verdict: 'fail', text: 'was not seen' }));
  run.results.push({ ...play, world: 'live', verdict: 'fail', findings });
  writeFileSync(file, JSON.stringify(run));
  wattproof('report', join(runs.dir, 'run'));
}

// The same run once more, with records that somebody hostile might have sent.
export function makeHostile(runs, records) {
  const file = join(runs.dir, 'run/s/virtual/ivy-read-register/transcript.jsonl');
  appendFileSync(file, records.map((r) => JSON.stringify(r)).join('\n') + '\n');
  wattproof('report', join(runs.dir, 'run'));
}
