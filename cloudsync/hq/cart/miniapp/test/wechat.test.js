import assert from 'node:assert/strict';
import test from 'node:test';
import { base, Headquarters, token } from './headquarters.js';
import { WeChat } from './wechat.js';

const scanned = { q: encodeURIComponent(`${base}/c/${token}`), scancode_time: '1700000000' };

/** opened is a WeChat that shows the cart. */
async function opened(t, query = scanned, scene = 1011) {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const hq = new Headquarters();
  const wechat = new WeChat({ fetch: (...request) => hq.fetch(...request) });
  await wechat.launch(query, scene);
  return { hq, wechat };
}

/** until waits for work to be true; whatever happens here happens within some turns. */
async function until(work, what) {
  for (let turn = 0; turn < 1000; turn++) {
    if (work()) return;
    await new Promise(setImmediate);
  }
  assert.fail(`${what} did not happen`);
}

const quantities = ({ view }) => view.lines.map(({ quantity }) => quantity);

test('the ordinary link opens the live cart', async (t) => {
  const { hq, wechat } = await opened(t);
  assert.equal(wechat.view.title, 'Giỏ hàng của bạn');
  assert.deepEqual(wechat.view.lines.map(({ name, price }) => [name, price]), [['Son lụa', '199.000\u00a0₫'], ['Kính tròn', '450.000\u00a0₫']]);
  assert.equal(wechat.view.total, '649.000\u00a0₫');
  assert.equal(wechat.view.lines[0].picture, `${base}/pictures/lip.svg`);
  assert.equal(wechat.view.status.kind, 'on');
  assert.deepEqual(hq.asks(), [`GET /c/${token}/cart.json`]);
  assert.match(hq.asked[0].headers['X-Mirrorcart-Phone'], /^[0-9a-f]{32}$/);
});

test('what the kiosk changes is shown when the stream says so', async (t) => {
  const { hq, wechat } = await opened(t);
  hq.lines[0].quantity = 3;
  hq.ring();
  await until(() => quantities(wechat)[0] === 3, 'three pieces');
});

test('a tap shows at once and reaches headquarters, only its last number twice', async (t) => {
  const { hq, wechat } = await opened(t);
  const all = [wechat.tap('onStep', { line: 'g-1', by: '1' }), wechat.tap('onStep', { line: 'g-1', by: '1' }), wechat.tap('onStep', { line: 'g-1', by: '1' })];
  assert.deepEqual(quantities(wechat), [4, 1]);
  await Promise.all(all);
  await until(() => wechat.view.total === '1.246.000\u00a0₫', 'the new total');
  assert.deepEqual(hq.asked.filter(({ method }) => method === 'PUT').map(({ body }) => JSON.parse(body).quantity), [2, 4]);
});

test('less than one piece removes the line', async (t) => {
  const { wechat } = await opened(t);
  await wechat.tap('onStep', { line: 'g-2', by: '-1' });
  await until(() => wechat.view.lines.length === 1, 'the line being gone');
});

test('a change that is refused is taken back and told in headquarters’ words', async (t) => {
  const { hq, wechat } = await opened(t);
  const answer = hq.answer.bind(hq);
  hq.answer = (method, ...rest) => (method === 'PUT' ? { status: 409, answer: { error: { kind: 'conflict', message: 'Không thể thay đổi.' } } } : answer(method, ...rest));
  await wechat.tap('onStep', { line: 'g-1', by: '1' });
  await until(() => quantities(wechat)[0] === 1, 'one piece again');
  assert.deepEqual(wechat.view.status, { kind: 'bad', text: 'Không thể thay đổi.' });
});

test('a lost line is said calmly and tried again', async (t) => {
  const { hq, wechat } = await opened(t);
  wechat.offline = true;
  hq.cut();
  await until(() => {
    t.mock.timers.tick(2000);
    return wechat.view.status.kind === 'waiting';
  }, 'the page saying so');
  assert.equal(wechat.view.lines.length, 2, 'the cart stays on the screen');
  wechat.offline = false;
  hq.lines[0].quantity = 2;
  await until(() => {
    t.mock.timers.tick(2000);
    return wechat.view.status.kind === 'on' && quantities(wechat)[0] === 2;
  }, 'the line being back');
  assert.equal(hq.streams.size, 1);
});

test('nothing is asked for while nobody looks', async (t) => {
  const { hq, wechat } = await opened(t);
  wechat.background();
  await until(() => hq.streams.size === 0, 'the stream ending');
  const asked = hq.asked.length;
  t.mock.timers.tick(60_000);
  await new Promise(setImmediate);
  assert.equal(hq.asked.length, asked);
  hq.lines[0].quantity = 2;
  await wechat.foreground();
  await until(() => quantities(wechat)[0] === 2, 'the cart being fresh');
  assert.equal(hq.streams.size, 1);
  t.mock.timers.tick(60_000);
  await new Promise(setImmediate);
  assert.equal(hq.streams.size, 1, 'the stream that was closed here is not opened again');
});

test('a second code opens its cart', async (t) => {
  const { wechat, hq } = await opened(t);
  wechat.background();
  await wechat.scan({ q: encodeURIComponent(`${base}/c/other`), scancode_time: '1700000100' }, 1011);
  assert.equal(hq.asks().at(-1), 'GET /c/other/cart.json');
  assert.deepEqual(wechat.view.notice, { title: '', text: 'Không tìm thấy.', again: 'Thử lại' });
  await wechat.tap('onAgain');
  assert.equal(hq.asks().filter((ask) => ask === 'GET /c/other/cart.json').length, 2);
});

test('a mini-program code names the cart by its short token', async (t) => {
  const { hq } = await opened(t, { scene: encodeURIComponent('K7F3-92QX_a') }, 1047);
  assert.deepEqual(hq.asks(), ['GET /s/K7F3-92QX_a/cart.json']);
});

test('a cart of which headquarters has not heard yet opens once it has', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const hq = new Headquarters();
  const answer = hq.answer.bind(hq);
  hq.answer = () => ({ status: 503, answer: { error: { kind: 'unavailable', message: 'Chờ một chút.' } } });
  const wechat = new WeChat({ fetch: (...request) => hq.fetch(...request) });
  await wechat.launch(scanned, 1011);
  assert.equal(wechat.view.notice.text, 'Chờ một chút.');
  hq.answer = answer;
  await until(() => {
    t.mock.timers.tick(2000);
    return wechat.view.open;
  }, 'the cart opening');
});

test('the plain scheme hands the token over as it is', async (t) => {
  const { hq } = await opened(t, { c: token }, 1286);
  assert.deepEqual(hq.asks(), [`GET /c/${token}/cart.json`]);
});

test('opened without a code it says what to scan, and asks nobody', async (t) => {
  const { hq, wechat } = await opened(t, {}, 1001);
  assert.equal(wechat.view.notice.title, 'Quét mã trên gương');
  assert.deepEqual(hq.asked, []);
});

test('the code of somebody else is not followed', async (t) => {
  for (const address of ['https://evil.example/c/abc', 'http://cart.example.com/c/abc', 'https://cart.example.com.evil.example/c/abc', `${base}/x/abc`, `${base}/c/a%2Fb`]) {
    const { hq, wechat } = await opened(t, { q: encodeURIComponent(address), scancode_time: '1' });
    assert.match(wechat.view.notice.text, /không phải của cửa hàng/, address);
    assert.deepEqual(hq.asked, [], address);
    t.mock.timers.reset();
  }
});

test('every request goes to the host of the settings', async (t) => {
  const { hq, wechat } = await opened(t);
  await wechat.tap('onStep', { line: 'g-1', by: '1' });
  for (const { url } of hq.asked) assert.ok(url.startsWith(`${base}/c/${token}/`), url);
  hq.lines[0].picture = '//evil.example/x.svg';
  hq.ring();
  await until(() => wechat.view.lines[0].picture === '', 'the foreign picture being left out');
});

test('the phone keeps its name', async (t) => {
  const { hq, wechat } = await opened(t);
  await wechat.scan(scanned, 1011);
  assert.equal(new Set(hq.asked.map(({ headers }) => headers['X-Mirrorcart-Phone'])).size, 1);
});

test('the web page is opened only at the host of the settings', async (t) => {
  const { hq, wechat } = await opened(t);
  wechat.tap('onFurther');
  const [, url] = /^\/pages\/web\/web\?url=(.+)$/.exec(wechat.visited[0]);
  const page = `${base}/c/${token}?lang=vi#phone=${hq.asked[0].headers['X-Mirrorcart-Phone']}`;
  assert.equal(decodeURIComponent(url), page);
  await import('../wechat/pages/web/web.js');
  for (const [address, shown] of [[url, page], [encodeURIComponent('https://evil.example/'), undefined]]) {
    const web = { ...wechat.definition, setData(data) { this.got = data.url; } };
    web.onLoad({ url: address });
    assert.equal(web.got, shown);
  }
});

test('a second phone looks, asks, and is let in by the first', async (t) => {
  const { hq, wechat } = await opened(t);
  hq.phone = { may: 'look' };
  hq.ring();
  await until(() => wechat.view.guest, 'the page saying that another phone has the cart');
  assert.equal(wechat.view.changeable, false);
  assert.equal(wechat.view.guest.ask, 'Xin được vào');
  await wechat.tap('onAsk');
  assert.equal(wechat.view.guest.text, 'Đang hỏi điện thoại kia. Số của bạn ở đó là K7');
  assert.equal(wechat.view.guest.ask, '');
  hq.phone = { may: 'own', asking: ['M4'] };
  hq.ring();
  await until(() => wechat.view.askers.length === 1, 'the owner being asked');
  await wechat.tap('onAnswer', { code: 'M4', answer: 'yes' });
  assert.deepEqual(hq.phone.answered, ['M4', true]);
  assert.equal(wechat.view.askers.length, 0);
});

test('a cart that was paid shows its receipt and changes no more', async (t) => {
  const { hq, wechat } = await opened(t);
  hq.lines = hq.lines.map(({ id, ...line }) => line); // what was sold has no ids
  hq.more = { state: 'paid', paid: { receipt: 'T1-1-000007', at: '2026-11-21T10:00:00Z', sale: true, later: false } };
  hq.ring();
  await until(() => wechat.view.paid, 'the cart being paid');
  assert.equal(wechat.view.paid.receipt, 'Biên lai T1-1-000007');
  assert.equal(wechat.view.changeable, false);
  assert.equal(new Set(wechat.view.lines.map(({ id }) => id)).size, 2);
  const asked = hq.asked.length;
  await wechat.tap('onStep', { line: '0', by: '1' });
  assert.equal(hq.asked.length, asked);
});

test('an order shows its state, and the cart stays as it was ordered', async (t) => {
  const { hq, wechat } = await opened(t);
  hq.more = { order: { id: 'o1', number: 'ABF75B', state: 'ready_for_pickup', says: 'Hàng đã sẵn sàng.', code: '4711', live: true } };
  hq.ring();
  await until(() => wechat.view.order, 'the order being shown');
  assert.deepEqual(wechat.view.order, { title: 'Đơn hàng ABF75B', says: 'Hàng đã sẵn sàng.', reason: '', code: 'Mã nhận hàng: 4711' });
  assert.equal(wechat.view.changeable, false);
});

test('the language can be changed', async (t) => {
  const { hq, wechat } = await opened(t);
  await wechat.tap('onLanguage', { lang: 'zh' });
  assert.equal(wechat.view.title, '您的购物车');
  assert.match(hq.asked.at(-1).url, /\?lang=zh$/);
});
