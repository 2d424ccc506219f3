// The report page as people use it: opened from the disk in Chromium, clicked, typed into, made small, printed.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { chromium } from 'playwright-core';
import { makeDifferent, makeHostile, makeRuns } from './fixture.mjs';

const keep = process.argv.includes('--keep') ? process.argv[process.argv.indexOf('--keep') + 1] : null;
let runs;
let browser;

before(async () => {
  runs = makeRuns(keep);
  browser = await chromium.launch({ executablePath: process.env.CHROMIUM || '/usr/bin/chromium', args: ['--no-sandbox'] });
});
after(async () => {
  await browser?.close();
  runs?.end();
});

// One page, looked at by `use`; whatever it complains about or asks the network for fails the test.
async function look(hash, options, use) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(10000);
  const complaints = [];
  page.on('console', (m) => ['error', 'warning'].includes(m.type()) && complaints.push(`console: ${m.text()}`));
  page.on('pageerror', (e) => complaints.push(`error: ${e.message}`));
  page.on('dialog', (d) => { complaints.push(`dialog: ${d.message()}`); d.dismiss(); });
  page.on('request', (r) => /^(file|data|blob):/.test(r.url()) || complaints.push(`request: ${r.url()}`));
  await page.goto(`file://${runs.page}${hash}`);
  await page.waitForSelector('main:not([aria-busy])');
  try {
    await use(page);
    if (keep) await page.screenshot({ path: join(keep, `${++shots}.png`) });
    assert.deepEqual(complaints, []);
  } finally {
    await context.close();
  }
}
let shots = 0;

const names = (page) => page.locator('.scenario .name').allTextContents();
const demos = ['demo-value', 'demo-event', 'demo-frame'];
const openPlay = (page) => page.waitForSelector('.timeline .row');

test('the summary counts plays and says what changed', () => look('', {}, async (page) => {
  assert.equal(await page.textContent('.headline'), '3 of 9 plays failed');
  assert.match(await page.title(), /✗ 3 failed/);
  assert.match(await page.textContent('.change.failing'), /1 play, 1 statement newly failing.*demo-event \(virtual\)/s);
  assert.deepEqual((await names(page)).slice(0, 3).sort(), [...demos].sort());
}));

test('nothing moves while the page opens', () => look('', {}, async (page) => {
  const moved = await page.evaluate(() => new Promise((done) => {
    let sum = 0;
    new PerformanceObserver((list) => list.getEntries().forEach((e) => { sum += e.value; }))
      .observe({ type: 'layout-shift', buffered: true });
    setTimeout(() => done(sum), 300);
  }));
  assert.ok(moved < 0.05, `layout shift ${moved}`);
}));

test('filters by verdict, text, API and statement, and the address keeps them', () => look('', {}, async (page) => {
  await page.click('#filter-verdict button[data-verdict=fail]');
  assert.deepEqual((await names(page)).sort(), [...demos].sort());
  assert.equal(await page.getAttribute('#filter-verdict button[data-verdict=fail]', 'aria-pressed'), 'true');
  assert.equal(await page.textContent('#shown'), '3 of 9 scenarios shown');
  await page.fill('#filter-q', 'dials event');
  assert.deepEqual(await names(page), ['demo-event']);
  assert.match(page.url(), /verdict=fail&q=dials\+event$/);
  const url = page.url();
  await page.goto('about:blank');
  await page.goto(url);
  await page.waitForSelector('.scenario');
  assert.deepEqual(await names(page), ['demo-event']);
  assert.equal(await page.inputValue('#filter-q'), 'dials event');
  await page.click('#filter-clear');
  assert.equal((await names(page)).length, 9);
  await page.fill('#filter-statement', 'ivy-064');
  assert.deepEqual((await names(page)).sort(), ['demo-frame', 'ivy-read-register']);
  await page.fill('#filter-statement', '');
  await page.selectOption('#filter-api', 'dlt645');
  assert.equal(await page.textContent('.nothing'), 'No scenario fits the filter.');
}));

test('a failure shows expected against got, what came before, and how to repeat it', () => look('', {}, async (page) => {
  await page.click('.scenario .name:text("demo-value")');
  await openPlay(page);
  const lines = await page.locator('.diff-line').evaluateAll((all) => all.map((l) => l.textContent.trimEnd()));
  assert.ok(lines.includes('-    "value": 12345.7,'), lines.join('\n'));
  assert.ok(lines.includes('+    "value": 12345.67,'));
  assert.ok(lines.includes('-    "unit": "Wh",'));
  assert.ok(lines.includes('-    "quality": "good"'));
  assert.ok(lines.some((l) => /^ +"register": "totalActiveEnergy",matches \/\^total\/$/.test(l)), 'a condition that holds');
  assert.ok(lines.some((l) => /^- +"timestamp": between 1 and 2$/.test(l)), 'a condition that does not');
  assert.match(await page.textContent('.finding .source'), /expect: \{topic: .*proves: \[IVY-072, IVY-074\]/s);
  assert.match(await page.textContent('.finding .said'), /IVY-072.*Command execution results are published/s);
  assert.equal(await page.textContent('.repeat code'), `./wattproof run '${runs.files[0]}' --world virtual --seed 1`);
  assert.match(await page.locator('.before .row').last().getAttribute('aria-label'), /publish from gateway to broker: .*command\/response/);
  await page.click('.finding .goto a');
  await page.waitForSelector('.timeline .panel');
  assert.match(await page.textContent('.timeline .panel'), /command\/response/);
}));

test('a frame that is not as expected is shown field by field', () => look('#play=demo-frame', {}, async (page) => {
  await openPlay(page);
  const lines = await page.locator('.diff-line').allTextContents();
  assert.ok(lines.some((l) => l.startsWith('-  "di": "00020000"')), lines.join(''));
  assert.ok(lines.some((l) => l.startsWith('+  "di": "00010000"')));
  assert.ok(lines.some((l) => l.startsWith('   "function": "read"')), 'as expected');
}));

test('a frame of registers says what it does with which, and why it was refused', () => look('#play=octolux-write-refused', {}, async (page) => {
  await openPlay(page);
  const frames = await page.locator('.timeline .row.frame').allTextContents();
  for (const said of ['write-single 65 = 50 discharge_power', 'write-single 65 illegal value', 'read-hold 21', 'write-single 21 = '])
    assert.ok(frames.some((f) => f.includes(said)), `${said} in ${frames.join(' | ')}`);
}));

test('what must not come is shown as it came', () => look('#play=demo-event', {}, async (page) => {
  await openPlay(page);
  assert.match(await page.textContent('.diff.unwanted'), /Must not come, and came.*\+ {2}"event": "meter_connected"/s);
}));

const lit = (page) => page.locator('.octets .byte.lit').allTextContents();

test('a field lights up its bytes, a byte its field, and a click keeps it', () => look('#play=ivy-read-register', {}, async (page) => {
  await openPlay(page);
  await page.click('.timeline .row.frame:has-text("12345.67")');
  const field = page.locator('.panel .field', { hasText: /^value$/ });
  await field.hover();
  assert.deepEqual(await lit(page), ['9A', '78', '56', '34']);
  await field.click();
  await page.hover('.panel .facts');
  assert.deepEqual(await lit(page), ['9A', '78', '56', '34'], 'it stays');
  assert.equal(await field.getAttribute('aria-pressed'), 'true');
  await page.hover('.octets .byte[data-at="8"]');
  assert.equal(await page.textContent('.field.lit'), 'control');
  assert.deepEqual(await lit(page), ['91']);
}));

test('a value of a payload lights up its bytes', () => look('#play=ivy-read-register', {}, async (page) => {
  await openPlay(page);
  await page.click('.timeline .row.publish:has-text("command/response")');
  await page.hover('.panel .json .value:text("12345.67")');
  const bytes = await lit(page);
  assert.equal(Buffer.from(bytes.join(''), 'hex').toString(), '12345.67');
}));

test('every machine has its lane: devices, gateway, broker, clients', () => look('#play=ivy-read-register', {}, async (page) => {
  await openPlay(page);
  assert.deepEqual(await page.locator('.timeline .head b').allTextContents(), ['m1', 'gateway', 'broker', 'c']);
  await page.click('.kinds button[data-group=deliver]');
  assert.equal(await page.locator('.timeline .row.deliver').count(), 0);
  await page.click('.kinds button[data-group=inside]');
  assert.ok(await page.locator('.timeline .row.inside').count() > 0);
}));

test('bytes that never arrive are drawn as lost', () => look('#play=ivy-link-cut', {}, async (page) => {
  await openPlay(page);
  assert.match(await page.locator('.timeline .row.lost').first().getAttribute('aria-label'), /from m1 to gateway: .*never arrived/);
}));

test('what arrived is not called lost, in whatever pieces it came', () => look('#play=ivy-one-byte-segments', {}, async (page) => {
  await openPlay(page);
  assert.equal(await page.locator('.timeline .row.lost').count(), 0);
  await page.click('.timeline .row.frame >> nth=0');
  assert.match(await page.textContent('.panel .facts'), /came in \d\d pieces/);
}));

test('a long play shows its first and last records and says so', () => look('#play=ivy-follow-up-endless', {}, async (page) => {
  await openPlay(page);
  assert.match(await page.textContent('.timeline'), /This page has 200 of \d+ records: the first 100 and the last 100/);
  assert.equal(await page.locator('.row.gap').count(), 1);
}));

test('the keyboard is enough', () => look('', {}, async (page) => {
  await page.keyboard.press('/');
  await page.keyboard.type('read command answered once');
  assert.deepEqual(await names(page), ['ivy-read-register']);
  await page.locator('.scenario .name').focus();
  await page.keyboard.press('Enter');
  await openPlay(page);
  const first = page.locator('.timeline button.row').first();
  await first.focus();
  for (let i = 0; i < 60 && !(await page.evaluate(() => document.activeElement.matches('.row.frame'))); i++)
    await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await page.waitForSelector('.timeline .panel');
  assert.equal(await page.locator('.timeline button.row[tabindex="0"]').count(), 1, 'one stop for Tab');
  await page.keyboard.press('Escape');
  await page.waitForSelector('.scenario');
}));

test('everything that can be used has a name', () => look('#play=demo-value', {}, async (page) => {
  await openPlay(page);
  const nameless = await page.evaluate(() => [...document.querySelectorAll('a[href], button, input, select, summary')]
    .filter((e) => !(e.getAttribute('aria-label') || e.textContent.trim() || e.labels?.length))
    .map((e) => e.outerHTML.slice(0, 120)));
  assert.deepEqual(nameless, []);
}));

test('the statements are all there, with verdict, evidence and a way to it', () => look('#view=statements', {}, async (page) => {
  const catalogue = readFileSync(new URL('../../harness/contracts/ivy/statements.yaml', import.meta.url), 'utf8');
  const ids = catalogue.match(/^ {2}- id: (IVY-\S+)/gm).map((line) => line.split(' ').at(-1));
  assert.deepEqual(await page.locator('[data-statement^="IVY-"]').evaluateAll((rows) => rows.map((r) => r.dataset.statement)), ids);
  await page.fill('#filter-statement', 'IVY-072');
  assert.match(await page.textContent('.row[data-statement="IVY-072"]'), /Exactly one response per request.*fail/s);
  assert.match(await page.textContent('.details'), /scenarios that prove it.*ivy-read-register.*Evidence.*virtual fail/s);
  await page.click('.evidence a:text("ivy-read-register")');
  await page.waitForSelector('.timeline .panel');
  assert.match(page.url(), /play=ivy-read-register&world=virtual&record=\d+/);
}));

const background = (page) => page.evaluate(() => getComputedStyle(document.body).backgroundColor);

test('dark as the system has it, and as the switch says', () => look('', { colorScheme: 'dark' }, async (page) => {
  const dark = await background(page);
  await page.click('.themes button[data-theme=light]');
  const light = await background(page);
  assert.notEqual(dark, light);
  await page.reload();
  await page.waitForSelector('.scenario');
  assert.equal(await background(page), light, 'remembered');
  await page.click('.themes button[data-theme=dark]');
  assert.equal(await background(page), dark);
}));

// WCAG 2.1, 1.4.3: the contrast of text is at least 4.5.
for (const colorScheme of ['light', 'dark']) {
  test(`words are readable in ${colorScheme}`, () => look('', { colorScheme }, async (page) => {
    const poor = await page.evaluate(() => {
      const probe = document.body.appendChild(document.createElement('i'));
      const rgb = (name) => {
        probe.style.color = `var(${name})`;
        return getComputedStyle(probe).color.match(/[\d.]+/g).slice(0, 3).map(Number);
      };
      const light = (name) => rgb(name).map((v) => v / 255).map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))
        .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
      const contrast = (a, b) => (Math.max(light(a), light(b)) + 0.05) / (Math.min(light(a), light(b)) + 0.05);
      const pairs = ['--text', '--muted', '--link', '--pass', '--inconc', '--fail', '--error', '--none', '--frame', '--publish', '--event', '--inside']
        .flatMap((c) => ['--card', '--page', '--raised'].map((b) => [c, b]));
      pairs.push(['--fail', '--fail-soft'], ['--pass', '--pass-soft'], ['--inconc', '--inconc-soft'], ['--error', '--error-soft'], ['--lit-text', '--lit']);
      return pairs.map(([a, b]) => `${a} on ${b}: ${contrast(a, b).toFixed(2)}`).filter((text) => Number(text.split(': ')[1]) < 4.5);
    });
    assert.deepEqual(poor, []);
  }));
}

const phone = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };
const wider = (page) => page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);

test('on a phone nothing is wider than the screen', () => look('', phone, async (page) => {
  assert.equal(await wider(page), 0, 'the list');
  await page.tap('.scenario .name:text("demo-value")');
  await openPlay(page);
  await page.tap('.timeline .row.frame >> nth=1');
  await page.waitForSelector('.panel .octets');
  assert.equal(await wider(page), 0, 'a play with a record open');
  await page.tap('#tab-statements');
  await page.waitForSelector('.matrix');
  assert.equal(await wider(page), 0, 'the statements');
}));

test('paper gets what counts, without controls', () => look('#play=demo-value', { colorScheme: 'dark' }, async (page) => {
  await openPlay(page);
  await page.emulateMedia({ media: 'print' });
  for (const control of ['.themes', '.kinds', '.back', '.tabs', '.copy'])
    assert.equal(await page.locator(control).first().isVisible(), false, control);
  assert.equal(await background(page), 'rgb(255, 255, 255)');
  assert.ok(await page.isVisible('.diff') && await page.isVisible('.timeline .row'));
  assert.ok((await page.pdf({ format: 'A4' })).length > 20000);
}));

test('a scenario on which the worlds differ comes first and says where', async () => {
  makeDifferent(runs, 'ivy-checksum-wrong');
  await look('', {}, async (page) => {
    assert.equal((await names(page))[0], 'ivy-checksum-wrong');
    assert.match(await page.locator('.scenario .failure').first().textContent(), /^The worlds differ: .*checksum-wrong.yaml:\d+ expect is pass in the virtual world and fail in the live one/);
    assert.match(await page.locator('.scenario .worlds').first().textContent(), /virtual pass.*live fail/);
    await page.locator('.scenario .world.fail').first().click();
    await page.waitForSelector('.finding');
    assert.match(await page.textContent('.finding .sentence'), /was not seen/);
    assert.match(await page.textContent('.timeline-place'), /there is no transcript/);
  });
});

test('hostile text stays text', async () => {
  const evil = '</script><script>alert(1)</script><img src=x onerror=alert(2)>\u2028\u0000"\'&';
  makeHostile(runs, [
    { seq: 900001, at_us: 9000000, record: 'publish', machine: evil, peer: 'broker', topic: evil, qos: 0, retain: false, payload: `{"a":${JSON.stringify(evil)}}` },
    { seq: 900002, at_us: 9000001, record: 'publish', machine: 'c', peer: 'broker', topic: '__proto__', qos: 0, retain: false, payload_hex: 'FFFE00' },
    { seq: 900003, at_us: 9000002, record: 'frame', machine: 'm1', peer: 'gateway', codec: evil, line: evil, wire: '6801' },
    { seq: 900004, at_us: 9000003, record: 'note', machine: 'constructor', what: evil, text: evil, count: 1 },
  ]);
  await look('#play=ivy-read-register&record=900001', {}, async (page) => {
    await page.waitForSelector('.timeline .panel');
    assert.ok((await page.textContent('.timeline .panel')).includes('<img src=x onerror=alert(2)>'));
    assert.equal(await page.locator('main img, main script').count(), 0);
    for (const seq of [900002, 900003, 900004]) await page.click(`.timeline .row[data-record="${seq}"]`);
    assert.match(await page.textContent('.timeline'), /\(no UTF-8: see the bytes\)/);
  });
  await look(`#play=${encodeURIComponent(evil)}&q=${encodeURIComponent(evil)}`, {}, async (page) => {
    assert.match(await page.textContent('.play'), /no scenario of this name/);
  });
});
