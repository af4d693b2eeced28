import assert from 'node:assert/strict';
import test from 'node:test';
import { scanner } from './scanner.js';

/** type presses the keys of text and then Enter, so many ms apart, and keeps what was read and whether Enter was taken. */
function type(text, apart, { target = null, enter = true } = {}) {
  const got = [];
  const press = scanner((code) => got.push(code));
  let taken = false;
  let timeStamp = 1000;
  for (const key of [...text].flatMap((c) => (c >= 'A' && c <= 'Z' ? ['Shift', c] : [c])).concat(enter ? ['Enter'] : [])) {
    press({ key, timeStamp: (timeStamp += apart), target, preventDefault: () => (taken = true) });
  }
  return { got, taken };
}

test('what a scanner types is read', () => {
  assert.deepEqual(type('8939990100013', 5), { got: ['8939990100013'], taken: true });
  assert.deepEqual(type('https://Example.com/01/08939990100013', 5).got, ['https://Example.com/01/08939990100013']);
});

test('what people type is not', () => {
  assert.deepEqual(type('8939990100013', 400), { got: [], taken: false });
  assert.deepEqual(type('12', 5), { got: [], taken: false });
  assert.deepEqual(type('8939990100013', 5, { enter: false }).got, []);
});

test('what is typed into a field belongs to the field', () => {
  const field = (selector) => ({ target: { matches: (s) => s.includes(selector) } });
  assert.deepEqual(type('8939990100013', 5, field('textarea')), { got: [], taken: false });
});
