import assert from 'node:assert/strict';
import test from 'node:test';
import { readNumber, stateOf, value, waysBack } from './reversal.js';

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

test('money goes back the way it came, the last first', () => {
  const sale = { payments: [{ method: 'cash', amount: 300 }, { method: 'card', amount: 100 }], refunds: [] };
  assert.deepEqual(waysBack(sale, 80), [{ method: 'card', amount: 80 }]);
  assert.deepEqual(waysBack(sale, 250), [{ method: 'card', amount: 100 }, { method: 'cash', amount: 150 }]);
  const later = { ...sale, refunds: [{ back: [{ method: 'card', amount: 80 }] }] };
  assert.deepEqual(waysBack(later, 50), [{ method: 'card', amount: 20 }, { method: 'cash', amount: 30 }]);
});

test('what went back another way before does not come back to it', () => {
  const sale = { payment: { method: 'card', amount: 100 }, refunds: [{ back: [{ method: 'cash', amount: 60 }] }] };
  assert.deepEqual(waysBack(sale, 40), [{ method: 'card', amount: 40 }]);
  const gone = { payment: { method: 'card', amount: 100 }, refunds: [{ back: [{ method: 'card', amount: 100 }] }] };
  assert.deepEqual(waysBack(gone, 10), [{ method: 'cash', amount: 10 }]);
});
