import assert from 'node:assert/strict';
import test from 'node:test';
import { choicesOf, finishesOf, goesWith, productsFor, shadeFor, shadesFor, warmth } from './wish.js';

const shade = (color, more = {}) => ({ sku: color, color, stock: 1, ...more });
const orange = shade('#E0701E');
const brick = shade('#A63A2B');
const pink = shade('#D8437F');
const plum = shade('#6B2450');
const colours = (list) => list.map((v) => v.color);

test('warm colours are warmer than cool ones', () => {
  const list = [orange.color, brick.color, pink.color, plum.color, '#2A3FA0'].map(warmth);
  assert.deepEqual(list, list.toSorted((a, b) => b - a));
  assert.equal(warmth('#808080'), 0.5);
  assert.equal(warmth('#000000'), 0.5);
});

test('sizes are chosen among as shades are', () => {
  const [small, large] = [{ sku: '50 ml' }, { sku: '100 ml' }];
  assert.deepEqual(choicesOf({ variants: [small, large] }), [small, large]);
  assert.deepEqual(choicesOf({ variants: [plum] }), [plum]);
  assert.deepEqual(choicesOf({ variants: [small] }), []);
});

test('shades are sorted by the shopper’s word', () => {
  const all = [plum, brick, orange, pink];
  assert.deepEqual(colours(shadesFor(all, { undertone: 'warm' })), colours([orange, brick, pink, plum]));
  assert.deepEqual(colours(shadesFor(all, { undertone: 'cool' })), colours([plum, pink, brick, orange]));
  assert.deepEqual(colours(shadesFor(all, { undertone: 'neutral' })).slice(0, 1), [brick.color]);
  assert.equal(shadesFor(all, { undertone: '' }), all);
  const bare = { sku: 'care', stock: 1 };
  assert.equal(shadesFor([bare, pink], { undertone: 'cool' })[1], bare);
});

test('what is put on first can be bought, if anything can', () => {
  const gone = shade(orange.color, { stock: 0 });
  const matte = shade(plum.color, { finish: 'matte' });
  assert.equal(shadeFor({ variants: [gone, pink, brick] }, { undertone: 'warm', finish: '' }), brick);
  assert.equal(shadeFor({ variants: [pink, brick, matte] }, { undertone: 'warm', finish: 'matte' }), matte);
  assert.equal(shadeFor({ variants: [gone] }, { undertone: '', finish: 'matte' }), gone);
});

test('products follow their best shade, and the finish is a filter that never leaves nothing', () => {
  const a = { id: 'a', variants: [shade(pink.color, { finish: 'matte' }), shade(plum.color, { finish: 'matte' })] };
  const b = { id: 'b', variants: [shade(brick.color, { finish: 'gloss' })] };
  const ids = (list) => list.map((p) => p.id).join('');
  assert.equal(ids(productsFor([a, b], { undertone: 'warm', finish: '' })), 'ba');
  assert.equal(ids(productsFor([b, a], { undertone: 'cool', finish: '' })), 'ab');
  assert.equal(ids(productsFor([a, b], { undertone: 'warm', finish: 'matte' })), 'a');
  assert.equal(ids(productsFor([a, b], { undertone: '', finish: 'shimmer' })), 'ab');
  assert.deepEqual(finishesOf([a, b]), ['matte', 'gloss']);
});

test('what goes with a product stands in its looks, most often first, and can be bought', () => {
  const product = (id, stock = 1) => ({ id, variants: [{ sku: id, stock }] });
  const products = ['lip', 'eye', 'brow', 'ring'].map((id) => product(id)).concat(product('gone', 0));
  const look = (...skus) => ({ items: skus.map((sku) => ({ sku })) });
  const looks = [look('lip', 'eye', 'brow', 'gone'), look('lip', 'brow'), look('ring', 'eye')];
  const ids = (found) => found.map((f) => f.product.id);
  assert.deepEqual(ids(goesWith({ products, looks }, products[0])), ['brow', 'eye']);
  assert.deepEqual(ids(goesWith({ products, looks }, products[0], 1)), ['brow']);
  assert.deepEqual(goesWith({ products, looks: [] }, products[0]), []);
});
