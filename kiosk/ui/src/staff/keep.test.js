import assert from 'node:assert/strict';
import test from 'node:test';
import { Keeper } from './keep.js';

/** storage is a browser's, which is full where full() says so. */
function storage(full = () => false) {
  const kept = new Map();
  return {
    getItem: (name) => kept.get(name) ?? null,
    setItem: (name, text) => {
      if (full()) throw new DOMException('no room', 'QuotaExceededError');
      kept.set(name, text);
    },
    removeItem: (name) => kept.delete(name),
  };
}

const forbidden = () => {
  throw new DOMException('storage is off', 'SecurityError');
};

test('what the browser keeps is there after a reload', () => {
  const browser = storage();
  const page = new Keeper(() => browser);
  page.set('ticket', 'a');
  assert.equal(page.forgetful, false);
  const reloaded = new Keeper(() => browser);
  assert.equal(reloaded.get('ticket'), 'a');
  reloaded.drop('ticket');
  assert.equal(page.get('ticket'), null);
});

test('where storage is forbidden the page itself keeps, and says that it would forget', () => {
  const page = new Keeper(forbidden);
  assert.equal(page.get('ticket'), null);
  page.set('ticket', 'a');
  assert.equal(page.get('ticket'), 'a');
  assert.equal(page.forgetful, true);
  page.drop('ticket');
  assert.equal(page.get('ticket'), null);
  assert.equal(page.forgetful, false);
});

test('what a full storage did not take leaves nothing older to come back after a reload', () => {
  let full = false;
  const browser = storage(() => full);
  const page = new Keeper(() => browser);
  page.set('entry', 'not sent');
  full = true;
  page.set('entry', 'sent with key 7');
  assert.equal(page.get('entry'), 'sent with key 7');
  assert.equal(page.forgetful, true);
  assert.equal(new Keeper(() => browser).get('entry'), null);
  full = false;
  page.set('entry', 'not sent');
  assert.equal(page.forgetful, false);
  assert.equal(new Keeper(() => browser).get('entry'), 'not sent');
});
