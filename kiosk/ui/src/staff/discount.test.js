import assert from 'node:assert/strict';
import test from 'node:test';
import { off, reduce } from './discount.js';

const lines = [
  { sku: 'LIP', price: 199_000, quantity: 2 },
  { sku: 'GLA', price: 890_000, quantity: 1 },
];

test('a rate is rounded half up, and an amount takes no more than there is', () => {
  assert.deepEqual([off({ rate: 1000 }, 199_000), off({ rate: 1 }, 5000), off({ rate: 1 }, 4999), off({ amount: 7 }, 5)], [19_900, 1, 0, 5]);
});

test('lines become cheaper first, and the ticket last', () => {
  const { total, comesTo, part } = reduce(lines, [
    { sku: '', rate: 2000 },
    { sku: 'LIP', amount: 98_000 },
  ]);
  assert.equal(total, 952_000);
  assert.deepEqual([comesTo.get(''), comesTo.get('LIP')], [238_000, 98_000]);
  assert.ok(Math.abs(part - 158 / 398) < 1e-9, 'the lipstick has the most off');
});

test('two lines of one product are one, and what left the ticket counts no more', () => {
  assert.equal(reduce([lines[0], lines[0]], [{ sku: 'LIP', rate: 1000 }]).total, 716_400);
  assert.equal(reduce(lines, [{ sku: 'GONE', rate: 1000 }]).total, 1_288_000);
  assert.deepEqual(reduce([], [{ sku: '', rate: 1000 }]).total, 0);
});
