import assert from 'node:assert/strict';
import test from 'node:test';
import { say } from '../words.js';
import { waitingWord } from './waiting.js';

test('what waits is told in words: what is on its way, what has just begun to wait, what waits for long', () => {
  for (const [state, want] of [
    [{ n: 0, seconds: 0, up: true }, 'All sales sent'],
    [{ n: 1, seconds: 0.2, up: true }, 'Sending…'],
    [{ n: 1, seconds: 0, up: false }, '1 sale or stock entry waits for the line, since just now'],
    [{ n: 2, seconds: 89, up: false }, '2 sales and stock entries wait for the line, since just now'],
    [{ n: 12, seconds: 240, up: false }, '12 sales and stock entries wait for the line, oldest 4 min'],
    [{ n: 1, seconds: 240, up: true }, '1 sale or stock entry waits for the line, for 4 min'],
  ]) {
    assert.equal(say('en', waitingWord('salesWaiting', state), { n: state.n, age: '4 min' }), want);
    assert.ok(say('vi', waitingWord('deviceRecords', state), { n: state.n, age: '' }));
  }
});
