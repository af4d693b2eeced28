import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import test from 'node:test';
import { say } from '../../words.js';
import { groupIds, groupOf, live, waits } from './states.js';

const at = (state, more = {}) => ({ state, refundable: 0, ...more });

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

test('what is behind is marked', () => {
  assert.deepEqual([undefined, 'long', 'promise'].map((behind) => waits(at('placed', { behind }))), ['', 'orderLate', 'orderOverdue']);
});

test('an order lives until it is handed over or has ended', () => {
  assert.deepEqual(['placed', 'in_transit', 'ready_for_pickup', 'collected', 'cancelled'].map((state) => live(at(state))), [true, true, true, false, false]);
});
