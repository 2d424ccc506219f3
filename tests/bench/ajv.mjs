// Ajv on the payloads and schemas of bench_schema: node ajv.mjs MODULES PAYLOADS SCHEMA [REFERRED...]
// PAYLOADS has one JSON text a line. Prints the medians of 9 rounds in ns for one payload: JSON.parse, validate, both.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';

const [modules, payloads, ...schemas] = process.argv.slice(2);
const require = createRequire(join(resolve(modules), 'x.js'));
const Ajv = require('ajv/dist/2020.js').default;
const ajv = new Ajv({ strict: false });
const [first, ...referred] = schemas.map((file) => JSON.parse(readFileSync(file, 'utf8')));
referred.forEach((schema) => ajv.addSchema(schema));
const validate = ajv.compile(first);
const texts = readFileSync(payloads, 'utf8').trim().split('\n'), values = texts.map((text) => JSON.parse(text));
if (!values.every((value) => validate(value))) {
    console.error(JSON.stringify(validate.errors));
    process.exit(1);
}

const ROUNDS = 9, PASSES = 3000;
let kept = 0; // so that no loop is thought away
const contestants = [
    () => { for (const text of texts) kept += JSON.parse(text).timestamp; },
    () => { for (const value of values) kept += validate(value) ? 1 : 0; },
    () => { for (const text of texts) kept += validate(JSON.parse(text)) ? 1 : 0; },
];
const took = contestants.map(() => []);
for (let round = 0; round < ROUNDS; round++)
    contestants.forEach((run, k) => {
        const start = process.hrtime.bigint();
        for (let i = 0; i < PASSES; i++) run();
        took[k].push(Number(process.hrtime.bigint() - start) / PASSES / texts.length);
    });
console.log(took.map((t) => t.sort((a, b) => a - b)[(ROUNDS - 1) / 2].toFixed(1)).join(' '));
if (kept === 0) process.exit(1);
