import assert from 'node:assert/strict';
import test from 'node:test';
import { call, eventsPath, latest, listen, shopTime, ShopTime } from './net.js';

/** stream is an EventSource whose events the test makes. */
class Stream extends EventTarget {
  static latest;
  closed = false;

  constructor(path) {
    super();
    this.path = path;
    Stream.latest = this;
  }

  status(up, since) {
    const data = JSON.stringify({ line: { up, since: new Date(since).toISOString() } });
    this.dispatchEvent(Object.assign(new Event('status'), { data }));
  }

  close() {
    this.closed = true;
  }
}

/** follow listens with a clock that the test moves, and keeps what was told of the line. */
function follow(t) {
  t.mock.timers.enable({ apis: ['setTimeout', 'Date'], now: Date.UTC(2026, 10, 21, 8) });
  globalThis.EventSource = Stream;
  t.after(() => delete globalThis.EventSource);
  const told = [];
  const stop = listen('/events', { line: (up) => told.push(up) });
  return { told, stop, stream: Stream.latest, wait: (ms) => t.mock.timers.tick(ms) };
}

test('the shop’s time is the gateway’s, whatever this device’s clock says', async (t) => {
  const gateway = Date.UTC(2026, 10, 23, 17, 0, 5); // past midnight in the shop
  t.mock.timers.enable({ apis: ['Date'], now: gateway - 3 * 86_400_000 });
  t.mock.method(globalThis, 'fetch', async () => new Response('{}', { headers: { Date: new Date(gateway).toUTCString() } }));
  await call('GET', '/api/v1/shop');
  assert.equal(shopTime.now(), gateway);
  t.mock.timers.tick(60_000);
  assert.equal(shopTime.now(), gateway + 60_000);
});

test('before the gateway has answered the time is this device’s', (t) => {
  t.mock.timers.enable({ apis: ['Date'], now: 1000 });
  const time = new ShopTime();
  time.hear(null);
  assert.equal(time.now(), 1000);
});

test('only the newest question’s answer counts', () => {
  const ask = latest();
  const first = ask();
  assert.ok(first());
  const second = ask();
  assert.deepEqual([first(), second()], [false, true]);
});

test('a line that is down for a moment is not told', (t) => {
  const { told, stream, wait } = follow(t);
  stream.status(false, Date.now());
  wait(4999);
  stream.status(true, Date.now());
  wait(60_000);
  assert.deepEqual(told, [true]);
});

test('a line that stays down is told after five seconds, once it is up at once', (t) => {
  const { told, stream, wait } = follow(t);
  const since = Date.now();
  stream.status(false, since);
  wait(3000);
  stream.status(false, since); // something else of the status changed
  wait(1999);
  assert.deepEqual(told, []);
  wait(1);
  assert.deepEqual(told, [false]);
  stream.status(true, Date.now());
  assert.deepEqual(told, [false, true]);
});

test('a line that has long been down is told at once', (t) => {
  const { told, stream, wait } = follow(t);
  stream.status(false, Date.now() - 60_000);
  wait(0);
  assert.deepEqual(told, [false]);
});

test('a gateway whose clock is ahead delays nothing further', (t) => {
  const { told, stream, wait } = follow(t);
  for (let n = 0; n < 5; n++) {
    stream.status(false, Date.now() + 3_600_000);
    wait(1000);
  }
  assert.deepEqual(told, [false]);
});

test('nothing is told after the end', (t) => {
  const { told, stop, stream, wait } = follow(t);
  stream.status(false, Date.now());
  stop();
  wait(60_000);
  assert.deepEqual(told, []);
  assert.ok(stream.closed);
});

test('only staff asks for all carts', (t) => {
  const staff = { name: 'Lan' };
  assert.equal(eventsPath(null), '/api/v1/events');
  assert.equal(eventsPath(null, null), '/api/v1/events');
  assert.equal(eventsPath(null, staff), '/api/v1/staff/events');
  assert.equal(eventsPath('AbC', staff), '/api/v1/events?cart=AbC');
  assert.equal(eventsPath('AbC'), '/api/v1/events?cart=AbC');
  assert.equal(follow(t).stream.path, '/events');
});
