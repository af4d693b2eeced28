import assert from 'node:assert/strict';
import test from 'node:test';
import { begin, drop, jobs, mostLines, moves, put, ready, set } from './entry.js';

const hit = (sku) => ({ product: { name: { vi: 'Son' } }, variant: { sku, shade: { vi: 'Đỏ' }, stock: 3 } });
const mark = { epoch: 'e', seq: 7 };

test("each entry has a reference of its own, by the shop's clock", () => {
  const now = Date.UTC(2026, 10, 21, 19, 5);
  const noise = new Uint8Array([1, 255]);
  assert.equal(begin('count', 'Asia/Ho_Chi_Minh', now, noise).ref, '2026-11-22 02:05 01ff');
  assert.equal(begin('count', 'America/New_York', now, noise).ref, '2026-11-21 14:05 01ff');
});

test('scanning the same thing again counts it up, and the last one is on top', () => {
  let entry = begin('goods_in');
  for (const sku of ['A', 'B', 'A']) entry = put(entry, hit(sku), mark);
  assert.deepEqual(entry.lines.map(({ sku, pieces }) => [sku, pieces]), [['A', 2], ['B', 1]]);
  assert.deepEqual(drop(entry, 'A').lines.map(({ sku }) => sku), ['B']);
});

test('every job sends its pieces by its own sign', () => {
  for (const [job, sign] of Object.entries(jobs)) {
    const entry = { ...put(put(begin(job), hit('A'), mark), hit('A'), mark), ref: ' note 7 ' };
    const [move] = moves(entry);
    assert.deepEqual(move, job === 'count'
      ? { sku: 'A', reason: 'count', ref: 'note 7', counted: 2, as_of: mark }
      : { sku: 'A', reason: job, ref: 'note 7', delta: 2 * sign });
  }
});

test('a count keeps the mark of when the shelf was looked at first', () => {
  const entry = put(put(begin('count'), hit('A'), mark), hit('A'), { epoch: 'e', seq: 9 });
  assert.deepEqual(moves(entry)[0].as_of, mark);
});

test('only what is whole is sent', () => {
  const one = put(begin('goods_in'), hit('A'), mark);
  assert.ok(ready(one));
  assert.ok(!ready(begin('goods_in')));
  assert.ok(!ready({ ...one, ref: ' ' }));
  assert.ok(!ready(set(one, 'A', 0)), 'a delivery of nothing');
  assert.ok(ready(set({ ...one, job: 'count' }, 'A', 0)), 'an empty shelf is a count');
  assert.ok(!ready({ ...one, job: 'loss' }), 'a loss without a reason');
  const lost = { ...one, job: 'loss', why: 'hỏng', ref: 'x'.repeat(80) };
  assert.ok(ready(lost));
  assert.equal(moves(lost)[0].ref.length, 80);
});

test('an entry has room for what one request carries', () => {
  let entry = begin('count');
  for (let i = 0; i < mostLines; i++) entry = put(entry, hit(`S${i}`), mark);
  assert.equal(put(entry, hit('one more'), mark), null);
  assert.ok(put(entry, hit('S0'), mark), 'what is there already may be scanned again');
  assert.ok(new TextEncoder().encode(JSON.stringify({
    moves: moves({ ...entry, ref: 'đ'.repeat(40), lines: entry.lines.map((line, i) => ({ ...line, sku: `${i}`.padEnd(64, 'S'), mark: { epoch: 'e'.repeat(36), seq: 1e12 } })) }),
  })).length < 64 << 10);
});
