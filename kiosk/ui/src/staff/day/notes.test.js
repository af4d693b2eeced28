import assert from 'node:assert/strict';
import test from 'node:test';
import { amountOf, counted, notesOf, sum } from './notes.js';

test('notes add up', () => {
  const list = counted({ 500000: '2', 20000: 3, 1000: '', 2000: '0' });
  assert.equal(sum(list), 1_060_000);
  assert.deepEqual(list, [
    { value: 20000, count: 3 },
    { value: 500000, count: 2 },
  ]);
});

test('a drawer of any currency can be counted, the largest first', () => {
  for (const currency of ['VND', 'USD', 'THB', 'EUR']) {
    const notes = notesOf(currency);
    assert.ok(notes.length <= 32);
    assert.deepEqual([...notes].sort((a, b) => b - a), notes);
  }
  assert.equal(notesOf('VND')[0], 500_000);
  assert.equal(notesOf('VND').at(-1), 1000);
});

test('amounts are read as people type them', () => {
  for (const [text, currency, want] of [
    ['1.250.000', 'VND', 1_250_000],
    ['50000', 'VND', 50_000],
    [' 50,000 ₫', 'VND', 50_000],
    ['50.5', 'VND', null],
    ['0', 'VND', null],
    ['-5', 'VND', null],
    ['', 'VND', null],
    ['12.5', 'USD', 1250],
    ['12,50', 'USD', 1250],
    ['12.555', 'USD', null],
    ['abc', 'USD', null],
  ]) {
    assert.equal(amountOf(text, currency), want, `${text} ${currency}`);
  }
});
