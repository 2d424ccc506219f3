// Second opinions on the contracts: the AsyncAPI project's own parser reads each asyncapi.yaml, Ajv compiles each
// schema and judges the payloads beside this file, and `wattproof validate` has to agree with Ajv on every one.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Parser, fromFile } from '@asyncapi/parser/cjs/index.js';
import Ajv from 'ajv';
import Ajv2020 from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import yaml from 'js-yaml';

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, '..', '..');
const contracts = join(root, 'harness', 'contracts');

// Which $schema each allowed schemaFormat stands for. The parser accepts any made-up format, so the list is ours.
const dialects = new Map([
  ['application/schema+json;version=draft-2020-12', 'https://json-schema.org/draft/2020-12/schema'],
  ['application/schema+json;version=draft-07', 'http://json-schema.org/draft-07/schema#'],
]);
const ownWords = ['x-statement', 'x-undocumented'];
// Keywords that only pass on what their subschemas found.
const applicators = new Set(['if', 'allOf', '$ref']);

let passed = 0;
let failed = 0;

function check(what, complaints) {
  if (complaints.length === 0) {
    passed++;
    return;
  }
  failed++;
  console.log(`not ok ${what}`);
  for (const line of complaints) console.log(`       ${line}`);
}

const json = (file) => JSON.parse(readFileSync(file, 'utf8'));
const listed = (x) => (x === undefined ? [] : [x].flat());
const filesIn = (folder, end) =>
  existsSync(folder) ? readdirSync(folder).filter((f) => f.endsWith(end)).sort().map((f) => join(folder, f)) : [];
const same = (a, b) => JSON.stringify([...a].sort()) === JSON.stringify([...b].sort());

// Every statement that a tree of schemas or channels names.
function namedIn(node, found = new Set()) {
  if (node === null || typeof node !== 'object') return found;
  for (const id of listed(node['x-statement'])) found.add(id);
  for (const child of Object.values(node)) namedIn(child, found);
  return found;
}

function compilers() {
  const options = {
    allErrors: true, verbose: true, strict: true, strictTypes: false, strictRequired: false, allowUnionTypes: true,
  };
  const made = new Map();
  for (const [, dialect] of dialects) {
    const ajv = dialect.includes('2020-12') ? new Ajv2020(options) : new Ajv(options);
    ajv.addVocabulary(ownWords);
    addFormats(ajv);
    made.set(dialect, ajv);
  }
  return made;
}

// Name of the file -> the schema and, where it compiles, its validator.
function checkSchemaFiles(api, ajvs) {
  const schemas = new Map();
  const validators = new Map();
  for (const file of filesIn(join(contracts, api, 'schemas'), '.schema.json')) {
    const schema = json(file);
    const complaints = [];
    if (!ajvs.has(schema.$schema)) complaints.push(`$schema ${schema.$schema} is not one of ours`);
    else ajvs.get(schema.$schema).addSchema(schema);
    const ends = String(schema.$id).split('/').pop();
    if (ends !== basename(file)) complaints.push(`$id ends in ${ends}`);
    schemas.set(basename(file), schema);
    check(`${api}: ${basename(file)} names itself`, complaints);
  }
  for (const [name, schema] of schemas) {
    const complaints = [];
    try {
      validators.set(name, ajvs.get(schema.$schema).getSchema(schema.$id));
    } catch (error) {
      complaints.push(error.message);
    }
    check(`${api}: ${name} compiles`, complaints);
  }
  return { schemas, validators };
}

function checkCatalogue(api, named) {
  const catalogue = yaml.load(readFileSync(join(contracts, api, 'statements.yaml'), 'utf8'));
  const statements = [...catalogue.statements, ...(catalogue.beyond ?? [])];
  const ids = statements.map((s) => s.id);
  check(`${api}: statement ids are unique`, ids.filter((id, i) => ids.indexOf(id) !== i));
  check(`${api}: the contract names only known statements`, [...named].filter((id) => !ids.includes(id)));
  check(
    `${api}: decided_by says "contract" exactly where the contract names the statement`,
    statements.filter((s) => named.has(s.id) !== (s.decided_by ?? []).includes('contract')).map((s) => s.id),
  );
  check(
    `${api}: every statement in scope says who decides it`,
    statements.filter((s) => (s.status === 'out-of-scope') !== ((s.decided_by ?? []).length === 0)).map((s) => s.id),
  );
}

// What Ajv makes of a payload: the statements that fail, and those that are only remarked.
function judge(validate, payload) {
  if (validate(payload)) return { valid: true, fails: [], remarks: [], hard: 0, soft: 0 };
  const errors = validate.errors.filter((e) => !applicators.has(e.keyword));
  const soft = errors.filter((e) => e.parentSchema['x-undocumented'] === true);
  const hard = errors.filter((e) => !soft.includes(e));
  const names = (list) => [...new Set(list.flatMap((e) => listed(e.parentSchema['x-statement'])))];
  return { valid: false, fails: names(hard), remarks: names(soft), hard: hard.length, soft: soft.length };
}

// The text of a JSON payload has a schema, too: its payloads are strings, and no example is needed beside the message's.
function textOf(api, message, { validators }, complaints) {
  const reference = message['x-text']?.$ref;
  if (!reference) return [];
  const file = basename(reference);
  if (!validators.get(file)) complaints.push(`${file} does not compile`);
  return [{ name: 'text', stem: file.replace('.schema.json', ''), file: join(contracts, api, reference),
    validate: validators.get(file), meant: () => true, examples: null }];
}

// A message of a channel, with its schema and the schema that tells when it is meant compiled.
function messagesOf(api, document, ajvs, { schemas, validators }, complaints) {
  const messages = [];
  for (const [channel, { address, parameters = {}, messages: described }] of Object.entries(document.channels)) {
    const levels = [...address.matchAll(/\{([^}]*)\}/g)].map((m) => m[1]);
    if (!same(levels, Object.keys(parameters))) complaints.push(`${channel}: other parameters than ${address} has`);
    const hasEmpty = Object.values(described).some((message) => message['x-empty']);
    for (const [name, message] of Object.entries(described)) {
      const { schemaFormat, schema: reference } = message.payload;
      const file = basename(reference.$ref);
      const schema = schemas.get(file);
      if (dialects.get(schemaFormat) !== schema?.$schema) {
        complaints.push(`${channel}/${name}: schemaFormat ${schemaFormat} is not what ${file} is written in`);
        continue;
      }
      if (!validators.get(file)) {
        complaints.push(`${channel}/${name}: ${file} does not compile`);
        continue;
      }
      const ajv = ajvs.get(schema.$schema);
      const [whenFile, pointer] = message['x-when']?.$ref.split('#') ?? [];
      const isWhen = whenFile ? ajv.getSchema(`${schemas.get(whenFile.split('/').pop()).$id}#${pointer}`) : () => true;
      messages.push({
        channel, name, stem: file.replace('.schema.json', ''), file: join(contracts, api, reference.$ref),
        validate: validators.get(file),
        meant: (payload) => (hasEmpty && payload === '' ? message['x-empty'] === true : !message['x-empty'] && isWhen(payload)),
        examples: (message.examples ?? []).map((e) => e.payload),
      });
      for (const text of textOf(api, message, { validators }, complaints))
        messages.push({ ...text, channel: `${channel}, as written` });
    }
  }
  return messages;
}

// Which messages of the channel a payload is meant to be, and which accept it.
const meantBy = (message, messages, payload) =>
  messages.filter((m) => m.channel === message.channel && m.meant(payload)).map((m) => m.name);
const acceptedBy = (message, messages, payload) =>
  messages.filter((m) => m.channel === message.channel && judge(m.validate, payload).hard === 0).map((m) => m.name);

function complaintsAbout(message, messages, payload, expected) {
  const verdict = judge(message.validate, payload);
  const complaints = [];
  const meant = meantBy(message, messages, payload);
  if (!same(meant, [message.name])) complaints.push(`is meant to be [${meant}], not ${message.name}`);
  if (verdict.valid !== expected.valid) complaints.push(`valid: ${verdict.valid}, expected ${expected.valid}`);
  for (const [kind, count] of [['fails', verdict.hard], ['remarks', verdict.soft]]) {
    const wanted = expected[kind] ?? [];
    if (!same(verdict[kind], wanted)) complaints.push(`${kind} [${verdict[kind]}], expected [${wanted}]`);
    if ((count > 0) !== (expected[kind] !== undefined)) complaints.push(`${kind}: ${count} errors`);
  }
  const accepted = acceptedBy(message, messages, payload);
  const wanted = expected.valid || expected.fails === undefined ? [message.name] : [];
  if (!same(accepted, wanted)) complaints.push(`matches [${accepted}] of the channel, expected [${wanted}]`);
  return complaints;
}

function changed(payload, { change = {}, drop = [] }) {
  let result = structuredClone(payload);
  const reach = (pointer) => {
    const path = pointer.split('/').slice(1);
    const last = path.pop();
    return [path.reduce((node, key) => node[key], result), last];
  };
  for (const [pointer, value] of Object.entries(change)) {
    if (pointer === '') {
      result = value;
      continue;
    }
    const [node, key] = reach(pointer);
    node[key] = value;
  }
  for (const pointer of drop) {
    const [node, key] = reach(pointer);
    delete node[key];
  }
  return result;
}

// The payload files beside this one: good ones, and bad ones as changes to a good one.
function casesOf(api, message) {
  const file = join(here, 'payloads', api, `${message.stem}.json`);
  if (!existsSync(file)) return [];
  const { good, bad } = json(file);
  return [
    ...good.map((c) => ({ name: c.case, payload: c.payload, valid: true })),
    ...bad.map((c) => ({
      name: c.case, payload: changed(good[c.from ?? 0].payload, c), valid: false, fails: c.fails, remarks: c.remarks,
    })),
  ];
}

async function checkApi(api) {
  const file = join(contracts, api, 'asyncapi.yaml');
  const { document, diagnostics } = await fromFile(new Parser(), file).parse();
  const errors = diagnostics.filter((d) => d.severity === 0);
  check(
    `${api}: the AsyncAPI parser accepts ${relative(root, file)}`,
    errors.map((d) => `${relative(root, d.source ?? file)}:${d.range.start.line + 1}: ${d.message}`),
  );
  if (!document) return [];

  const ajvs = compilers();
  const files = checkSchemaFiles(api, ajvs);
  const raw = yaml.load(readFileSync(file, 'utf8'));
  const complaints = [];
  const messages = messagesOf(api, raw, ajvs, files, complaints);
  check(`${api}: channels and schema files agree`, complaints);
  const inSchemas = new Set([...files.schemas.values()].flatMap((schema) => [...namedIn(schema)]));
  checkCatalogue(api, namedIn(raw, new Set(inSchemas)));

  const judged = [];
  const seenToFail = new Set();
  for (const message of messages) {
    const where = `${api}: ${message.channel}/${message.name}`;
    check(`${where} has an example`, message.examples?.length === 0 ? ['none'] : []);
    message.examples?.forEach((payload, i) =>
      check(`${where} example ${i + 1}`, complaintsAbout(message, messages, payload, { valid: true })));
    const cases = casesOf(api, message);
    check(`${where} has payloads`, cases.length > 0 ? [] : [`none in payloads/${api}/${message.stem}.json`]);
    for (const c of cases) {
      check(`${where}: ${c.name}`, complaintsAbout(message, messages, c.payload, c));
      judged.push({ what: `${where}: ${c.name}`, schema: message.file, payload: c.payload, valid: c.valid });
      for (const id of [...(c.fails ?? []), ...(c.remarks ?? [])]) seenToFail.add(id);
    }
  }
  check(
    `${api}: every statement that a schema names is failed by some payload`,
    [...inSchemas].filter((id) => !seenToFail.has(id)),
  );
  return judged;
}

function ourProgram() {
  if (process.env.WATTPROOF_BIN) return process.env.WATTPROOF_BIN;
  return ['release', 'dev'].map((preset) => join(root, 'build', preset, 'wattproof')).find((p) => existsSync(p));
}

function exitOf(program, args) {
  try {
    execFileSync(program, args, { stdio: 'ignore', timeout: 60000 });
    return 0;
  } catch (error) {
    return error.status ?? error.code;
  }
}

// `wattproof validate` says 0 for a valid payload and 1 for an invalid one, as Ajv does.
function compareWithOurs(judged) {
  const program = ourProgram();
  if (!program) {
    console.log('skipped: no wattproof program to compare with Ajv (set WATTPROOF_BIN, or build first)');
    return;
  }
  const folder = mkdtempSync(join(tmpdir(), 'wattproof-interop-'));
  try {
    for (const { what, schema, payload, valid } of judged) {
      const file = join(folder, 'payload.json');
      writeFileSync(file, JSON.stringify(payload));
      const exit = exitOf(program, ['validate', schema, file]);
      check(`${what}: wattproof validate agrees`, exit === (valid ? 0 : 1) ? [] : [`exit ${exit}, Ajv says ${valid}`]);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const judged = [];
for (const api of readdirSync(contracts).sort()) {
  if (existsSync(join(contracts, api, 'asyncapi.yaml'))) judged.push(...(await checkApi(api)));
  else checkCatalogue(api, new Set());
}
compareWithOurs(judged);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
