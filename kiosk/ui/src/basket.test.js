import assert from 'node:assert/strict';
import test from 'node:test';

globalThis.$state = Object.assign((value) => value, { raw: (value) => value });
const { Basket } = await import('./basket.svelte.js');

const view = (changes, count) => ({ id: 'c1', lines: [], count, ...(changes !== null && { changes }) });

test('what was heard later stays, in whatever order it comes', () => {
  const basket = new Basket({ view: view(3, 1) });
  basket.hear(view(5, 3));
  basket.hear(view(4, 2));
  assert.equal(basket.view.count, 3);
  basket.hear(view(5, 4));
  assert.equal(basket.view.count, 4, 'a text changed');
  basket.hear({ ...view(9, 9), id: 'c2' });
  assert.equal(basket.view.id, 'c1');
});

test('a gateway that went back to a version which counts no changes is heard', () => {
  const basket = new Basket({ view: view(3, 1) });
  basket.hear(view(null, 2));
  assert.equal(basket.view.count, 2);
  basket.hear(view(1, 3));
  assert.equal(basket.view.count, 3);
});

test('a gateway that comes back with the state of a backup is heard', () => {
  const basket = new Basket({ view: view(5, 3) });
  basket.lost();
  basket.hear(view(2, 1));
  assert.equal(basket.view.count, 1);
  basket.hear(view(1, 9));
  assert.equal(basket.view.count, 1, 'answers overtake each other again');
});
