import assert from 'node:assert/strict';
import test from 'node:test';
import { Scanner } from './scanner.js';

function typed(text, pause, keys = [...text, 'Enter']) {
  const scanner = new Scanner();
  return keys.map((key, i) => scanner.press(key, i * pause)).at(-1);
}

test('a code in a burst is a scanner’s', () => {
  assert.equal(typed('8935000000012', 5), '8935000000012');
  assert.equal(typed('', 5, ['Shift', 'H', ...'ttps://x', 'Enter']), 'Https://x');
});

test('one key of a burst may be late', () => {
  const scanner = new Scanner();
  const at = [...'8935000000012'].map((key, i) => (scanner.press(key, i * 5 + (i > 4 ? 250 : 0)), i)).at(-1);
  assert.equal(scanner.press('Enter', at * 5 + 255), '8935000000012');
});

test('what people type is not', () => {
  assert.equal(typed('8935000000012', 90), '');
  assert.equal(typed('500000', 5), '', 'too short for a code');
  assert.equal(typed('', 5), '');
});

test('a burst after a pause begins anew', () => {
  const scanner = new Scanner();
  assert.equal(scanner.press('x', 0), '');
  assert.ok(scanner.begins);
  [...'12345670'].forEach((key, i) => scanner.press(key, 500 + i));
  assert.ok(!scanner.begins);
  assert.equal(scanner.press('Enter', 509), '12345670');
  assert.equal(scanner.press('Enter', 510), '');
});
