import assert from 'node:assert/strict';
import test from 'node:test';
import { partOf } from './parts.js';

const roundingOf = (amount) => Math.round(amount / 1000) * 1000 - amount;
const pay = (more) => partOf({ method: 'cash', amount: 0, slip: '', rest: 263_200, taken: 0, roundingOf, ...more });

test('notes below what is to be paid are a part of it', () => {
  assert.equal(pay({ amount: 100_000 }), 100_000);
  assert.equal(pay({ amount: 100_500 }), 0, 'a part in cash is not rounded');
  assert.equal(pay({}), 0);
});

test('cash that pays all of it, rounded down or up, is no part', () => {
  assert.equal(pay({ amount: 263_000 }), 0);
  assert.equal(pay({ amount: 500_000 }), 0);
  assert.equal(pay({ amount: 263_000, rest: 262_600 }), 0);
});

test('a card pays a part with a slip, as long as one more payment fits', () => {
  assert.equal(pay({ method: 'card', amount: 263_100, slip: '7' }), 263_100);
  assert.equal(pay({ method: 'card', amount: 263_100, slip: ' ' }), 0);
  assert.equal(pay({ method: 'card', amount: 263_200, slip: '7' }), 0);
  assert.equal(pay({ method: 'card', amount: 1, slip: '7', taken: 4 }), 0);
  assert.equal(pay({ method: 'transfer', amount: 1 }), 0);
});
