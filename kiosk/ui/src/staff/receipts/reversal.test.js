import assert from 'node:assert/strict';
import test from 'node:test';
import { beyond, counted, readNumber, rounding, stateOf, value, waysBack } from './reversal.js';

test('a number is read as it is typed, scanned or abbreviated', () => {
  const newest = { till: 'T1', series: 3 };
  assert.equal(readNumber(' t1-1-000042 ', newest), 'T1-1-000042');
  assert.equal(readNumber('T1-1-42', newest), 'T1-1-000042');
  assert.equal(readNumber('T1-1-1000042', newest), 'T1-1-1000042');
  assert.equal(readNumber('T1-01-0000042', newest), 'T1-1-000042');
  assert.equal(readNumber('42', newest), 'T1-3-000042');
  assert.equal(readNumber('42', undefined), '');
  for (const text of ['', 'T1-1', 'T1-1-x', '8939990300017', 'https://example.com/c/1']) assert.equal(readNumber(text, newest), '', text);
});

test('the state says what is left', () => {
  assert.equal(stateOf({ sale: { refunds: [] }, left: { A: 1 } }), 'receiptSold');
  assert.equal(stateOf({ sale: { refunds: [{}] }, left: { A: 1, B: 0 } }), 'receiptPart');
  assert.equal(stateOf({ sale: { refunds: [{}] }, left: { A: 0 } }), 'receiptGone');
  assert.equal(stateOf({ sale: { refunds: [], void: {} }, left: {} }), 'receiptVoid');
});

test('the parts of a line come to exactly its whole', () => {
  const line = { price: 100_000, quantity: 3, total: 250_000, discount: 50_000 };
  const parts = [value(line, 3, 1), value(line, 2, 1), value(line, 1, 1)];
  assert.deepEqual(parts, [83_333, 83_333, 83_334]);
  assert.equal(value(line, 3, 3), line.total);
  assert.equal(value({ price: 5, quantity: 4, total: 20 }, 4, 3), 15);
});

test('money goes back the way it came, the last first, and the rest in cash', () => {
  const refundable = [{ method: 'card', amount: 100 }, { method: 'cash', amount: 300 }];
  assert.deepEqual(waysBack(refundable, 80), [{ method: 'card', amount: 80 }]);
  assert.deepEqual(waysBack(refundable, 250), [{ method: 'card', amount: 100 }, { method: 'cash', amount: 150 }]);
  assert.deepEqual(waysBack(refundable, 410), [{ method: 'card', amount: 100 }, { method: 'cash', amount: 310 }]);
  assert.deepEqual(waysBack([{ method: 'card', amount: 40 }], 50), [{ method: 'card', amount: 40 }, { method: 'cash', amount: 10 }]);
});

test('a manager is asked where money goes back otherwise than it came', () => {
  const refundable = [{ method: 'card', amount: 100 }];
  assert.equal(beyond(refundable, waysBack(refundable, 100)), false);
  assert.equal(beyond(refundable, waysBack(refundable, 101)), true);
  assert.equal(beyond(refundable, [{ method: 'cash', amount: 1 }]), true);
});

test('cash in parts is rounded as the whole would be', () => {
  const of = ({ amount }) => Math.round(amount / 1000) * 1000 - amount;
  const sale = { total: { currency: 'VND' }, refunds: [] };
  assert.equal(rounding(sale, 1400, of), -400);
  const later = { ...sale, refunds: [{ back: [{ method: 'cash', amount: 1400 }, { method: 'card', amount: 9 }] }] };
  assert.equal(rounding(later, 1400, of), 600);
});

test('of an exchange the difference is money', () => {
  assert.equal(counted([{ method: 'exchange', amount: 329_000 }, { method: 'cash', amount: 1400, rounding: -400 }, { method: 'card', amount: 9 }]), 1009);
  assert.equal(counted([{ method: 'exchange', amount: 329_000 }]), 0);
});
