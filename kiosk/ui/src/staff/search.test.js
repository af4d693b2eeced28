import assert from 'node:assert/strict';
import test from 'node:test';
import { find, scanned, shelf } from './search.js';

const entries = shelf({
  products: [
    {
      brand: 'Rừng Thưa',
      name: { vi: 'Son dưỡng Dừa Xanh', en: 'Green Coconut Balm', zh: '青椰润唇膏' },
      variants: [
        { sku: 'LIP-COC-01', gtin: '8939990300017', shade: { vi: 'Hồng nhạt', en: 'Soft Pink', zh: '浅粉' } },
        { sku: 'LIP-COC-02', gtin: '8939990300024', shade: { vi: 'Đỏ dâu', en: 'Berry Red', zh: '莓果红' } },
      ],
    },
    { brand: 'Kính Phố', name: { vi: 'Gọng tròn', en: 'Round', zh: '圆框' }, variants: [{ sku: 'GLS-1', gtin: '8939990400014' }] },
  ],
});
const skus = (text) => find(entries, text).map((e) => e.variant.sku);

test('marks and case do not matter', () => {
  assert.deepEqual(skus('son duong'), ['LIP-COC-01', 'LIP-COC-02']);
  assert.deepEqual(skus('DO DAU'), ['LIP-COC-02']);
});

test('every word must be found, in any language and order', () => {
  assert.deepEqual(skus('pink coconut'), ['LIP-COC-01']);
  assert.deepEqual(skus('圆框'), ['GLS-1']);
  assert.deepEqual(skus('coconut round'), []);
  assert.equal(skus('').length, 3);
});

test('a scanner names one variant exactly', () => {
  assert.equal(scanned(entries, ' 8939990300024 ').variant.sku, 'LIP-COC-02');
  assert.equal(scanned(entries, 'gls-1').variant.sku, 'GLS-1');
  assert.equal(scanned(entries, '893999'), undefined);
});
