import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import test from 'node:test';
import { say } from '../../words.js';
import { groupIds, groupOf, live, waits } from './states.js';

const at = (state, more = {}) => ({ state, since: '2026-11-22T08:00:00Z', refundable: 0, ...more });
const hours = (n) => Date.parse('2026-11-22T08:00:00Z') + n * 3_600_000;

test('every state of the gateway’s table has a word and a group', async () => {
  const table = await readFile(new URL('../../../../../edge/order_state.go', import.meta.url), 'utf8');
  const states = [...table.matchAll(/OrderState = "(\w+)"/g)].map(([, state]) => state);
  assert.ok(states.length >= 26, `${states.length} states`);
  for (const state of states) {
    assert.ok(say('en', `order_${state}`));
    assert.ok(groupIds.includes(groupOf(at(state))), state);
  }
});

test('money to give back is the shop’s to do', () => {
  assert.equal(groupOf(at('cancelled')), 'over');
  assert.equal(groupOf(at('cancelled', { refundable: 50_000 })), 'here');
});

test('what waits too long is marked', () => {
  assert.equal(waits(at('placed'), hours(3)), '');
  assert.equal(waits(at('placed'), hours(5)), 'orderLate');
  assert.equal(waits(at('completed'), hours(5000)), '');
  assert.equal(waits(at('cancelled', { refundable: 1 }), hours(25)), 'orderLate');
});

test('a promise that is over counts until the goods are there', () => {
  const taken = { promise: '2026-11-22T10:00:00Z' };
  assert.equal(waits(at('allocated', { taken }), hours(1)), '');
  assert.equal(waits(at('allocated', { taken }), hours(3)), 'orderOverdue');
  assert.equal(waits(at('ready_for_pickup', { taken }), hours(3)), '');
  assert.equal(waits(at('delivered', { taken }), hours(3)), '');
});

test('an order lives until it is handed over or has ended', () => {
  assert.deepEqual(['placed', 'in_transit', 'ready_for_pickup', 'collected', 'cancelled'].map((state) => live(at(state))), [true, true, true, false, false]);
});
