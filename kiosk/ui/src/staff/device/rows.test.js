import assert from 'node:assert/strict';
import test from 'node:test';
import { say } from '../../words.js';
import { rows, size } from './rows.js';

const at = Date.parse('2026-11-22T10:00:00Z');
const status = {
  line: { hq: true, up: true, since: '2026-11-22T09:00:00Z' }, waiting: { sale: 0, ops: 0 }, oldest_s: 0, release: 3, version: '1.0', faults: [],
  printer: { state: '', waiting: 0, asks: 0 },
};
const device = {
  now: '2026-11-22T10:00:01Z', started: '2026-11-22T08:00:00Z', clock_synchronised: true, disk: { free_bytes: 5 * 2 ** 30, short: false },
  backup: '2026-11-22T09:56:00Z', cameras: [{ kiosk: 'main', ok: true }],
};
const look = (change = {}) => rows({
  status, connected: true, line: true, device, seen: at,
  speak: (word, values) => say('en', word, values), old: (s) => `${Math.round(s)} s`, time: (moment) => moment.slice(11, 16), ...change,
});
const row = (id, change) => look(change).find((r) => r.id === id);

test('a shop in good order has nothing bad, and every part', () => {
  assert.deepEqual(look().map(({ id, bad }) => [id, bad]), ['line', 'waiting', 'catalogue', 'camera-main', 'printer', 'disk', 'backup', 'clock', 'program'].map((id) => [id, false]));
  assert.equal(row('backup').text, 'The newest is 240 s old');
  assert.equal(row('disk').text, '5.0 GB free');
});

test('what waits for the line is told with its age', () => {
  const down = { status: { ...status, waiting: { sale: 12, ops: 1 }, oldest_s: 240 }, line: false };
  assert.equal(row('waiting', down).text, '13 records wait for the line, oldest 240 s');
  assert.ok(row('line', down).bad);
  assert.ok(!row('waiting', down).bad, 'waiting is no fault');
});

test('every fault has its words', () => {
  for (const fault of ['', 'lost', 'stalled', 'size', 'frozen', 'black', 'noise', 'dark', 'covered']) {
    assert.ok(row('camera-main', { device: { ...device, cameras: [{ kiosk: 'main', ok: false, fault }] } }).bad);
  }
  for (const part of ['disk', 'backup', 'backup_copy']) {
    const told = look({ status: { ...status, faults: [{ part, kiosk: '', message: '' }] } });
    assert.equal(told.filter(({ bad }) => bad).length, 1, part);
  }
  assert.ok(row('https-east', { status: { ...status, faults: [{ part: 'https', kiosk: 'east', message: '' }] } }).text.includes('east'));
  for (const [part, words] of [['shut_out', /shut this computer out.*Keep selling/], ['clone', /goes by this one’s name.*Keep selling/], ['certificate', /certificate/], ['catalogue', /needs a look/]]) {
    const told = row(`${part}-`, { status: { ...status, faults: [{ part, kiosk: '', message: '' }] } });
    assert.ok(told.bad);
    assert.match(told.text, words);
  }
  assert.ok(row('printer', { status: { ...status, printer: { state: 'paper_out' } } }).bad);
  assert.ok(!row('printer', { status: { ...status, printer: null } }).bad, 'a shop without a printer lacks none');
  assert.ok(row('catalogue', { status: { ...status, release: 0 } }).bad);
});

test('a clock that is off is told', () => {
  assert.ok(row('clock', { device: { ...device, now: '2026-11-22T10:05:00Z' } }).bad);
  assert.match(row('clock', { device: { ...device, clock_synchronised: false } }).text, /no time server/);
});

test('nothing is made up before the gateway has told', () => {
  assert.deepEqual(look({ status: null, device: null }), []);
  assert.ok(!row('line', { status: { ...status, line: { hq: false } } }), 'a shop without headquarters has no line');
});

test('sizes are for people', () => {
  assert.deepEqual([800 * 2 ** 20, 1.5 * 2 ** 30, 41 * 2 ** 30].map(size), ['800 MB', '1.5 GB', '41 GB']);
});
