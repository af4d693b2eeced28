import assert from 'node:assert/strict';
import test from 'node:test';
import { arrange } from './table.js';

const columns = [
  { id: 'name', value: (row) => row.name },
  { id: 'sum', value: (row) => row.sum, text: (row) => `${row.sum}.000` },
];
const rows = [
  { name: 'Đỗ Quyên 10', sum: 9 },
  { name: 'an 2', sum: 10 },
  { name: 'Ánh 2', sum: 1 },
];
const names = (list) => list.map(({ name }) => name);
const as = (column, down = false) => ({ column, down });

test('rows stay as they came until a column is asked for', () => {
  assert.deepEqual(arrange(rows, columns, as(''), '', 'vi'), rows);
});

test('numbers sort as numbers, and names as the language has it', () => {
  assert.deepEqual(arrange(rows, columns, as('sum'), '', 'vi').map(({ sum }) => sum), [1, 9, 10]);
  assert.deepEqual(arrange(rows, columns, as('sum', true), '', 'vi').map(({ sum }) => sum), [10, 9, 1]);
  assert.deepEqual(names(arrange(rows, columns, as('name'), '', 'vi')), ['an 2', 'Ánh 2', 'Đỗ Quyên 10']);
});

test('every word that is typed stands somewhere in the row', () => {
  assert.deepEqual(names(arrange(rows, columns, as(''), ' quyen DO ', 'vi')), ['Đỗ Quyên 10']);
  assert.deepEqual(names(arrange(rows, columns, as(''), '2 10.000', 'vi')), ['an 2']);
  assert.deepEqual(arrange(rows, columns, as(''), 'nobody', 'vi'), []);
});

test('sorting leaves the rows it was given alone', () => {
  arrange(rows, columns, as('sum'), '', 'vi');
  assert.equal(rows[0].sum, 9);
});
