import assert from 'node:assert/strict';
import test from 'node:test';
import { once } from './once.js';

/** gateway answers one request after the other as it is told, and lists the keys that it was sent. */
function gateway(t, ...answers) {
  const kept = new Map();
  globalThis.sessionStorage = {
    getItem: (name) => kept.get(name) ?? null,
    setItem: (name, value) => kept.set(name, value),
    removeItem: (name) => kept.delete(name),
  };
  const keys = [];
  t.mock.method(globalThis, 'fetch', async (path, { headers }) => {
    keys.push(headers['Idempotency-Key']);
    const status = answers.shift();
    if (!status) throw new TypeError('the line was cut');
    return new Response(JSON.stringify(status < 400 ? {} : { error: { kind: status === 401 ? 'unauthorized' : 'conflict', message: '' } }), { status });
  });
  return { keys, kept };
}

const post = (name) => once('csrf', name, '/api/v1/staff/payments', {}).catch((err) => err.kind);

test('the key stays until the gateway has given an answer that leaves nothing open', async (t) => {
  const { keys, kept } = gateway(t, 0, 500, 401, 200);
  for (let n = 0; n < 4; n++) await post('ask');
  assert.match(keys[0], /^[0-9a-f]{32}$/);
  assert.deepEqual(keys, Array(4).fill(keys[0]));
  assert.equal(kept.size, 0);
});

test('what was answered, and what was refused, begins with a new key', async (t) => {
  const { keys } = gateway(t, 200, 409, 200);
  for (let n = 0; n < 3; n++) await post('ask');
  assert.equal(new Set(keys).size, 3);
});

test('two things have two keys', async (t) => {
  const { keys } = gateway(t, 0, 0, 200);
  for (const name of ['ask', 'seen', 'ask']) await post(name);
  assert.notEqual(keys[0], keys[1]);
  assert.equal(keys[0], keys[2]);
});
