import assert from 'node:assert/strict';
import test from 'node:test';
import { bell } from '../wechat/live/bell.js';
import { linkOf } from '../wechat/live/link.js';
import { baseOf, Server } from '../wechat/live/server.js';
import { price } from '../wechat/live/view.js';
import { languageOf, languages, say, words } from '../wechat/live/words.js';

const base = 'https://cart.example.com/vn';
const q = (address) => ({ q: encodeURIComponent(address) });

test('links are read whichever way they come', () => {
  const cases = [
    [q(`${base}/c/AbC-1_2`), { path: '/c/AbC-1_2' }],
    [q(`${base}/s/AbC-1_2/?lang=vi#k=x`), { path: '/s/AbC-1_2' }],
    [{ q: `${base}/c/plain` }, { path: '/c/plain' }], // a tool that encodes nothing
    [{ scene: 'AbC-1_2' }, { path: '/s/AbC-1_2' }],
    [{ c: 'AbC' }, { path: '/c/AbC' }],
    [{ s: 'AbC', utm_source: 'qr' }, { path: '/s/AbC' }],
    [q('https://cart.example.com/c/AbC'), { foreign: true }], // not below the base
    [q(`${base}/c/`), { foreign: true }],
    [q(`${base}/c/../../evil`), { foreign: true }],
    [q(`${base}/c/a?x`), { path: '/c/a' }],
    [{ q: '%E0%A4%A' }, { foreign: true }], // a broken escape
    [{ scene: 'a/b' }, { foreign: true }],
    [{ c: 'x'.repeat(2049) }, { foreign: true }],
    [{}, null],
    [undefined, null],
  ];
  for (const [query, want] of cases) assert.deepEqual(linkOf(query, base), want, JSON.stringify(query));
});

test('whatever is scanned, a path stays a path of one cart', () => {
  const alphabet = [...'ab/:?#%.@\\ ốA_-'].concat(['%2F', '..', '//', base, '/c/']);
  let seed = 1;
  const random = (n) => (seed = (seed * 48271) % 2147483647) % n;
  for (let round = 0; round < 20_000; round++) {
    const text = Array.from({ length: random(12) }, () => alphabet[random(alphabet.length)]).join('');
    for (const query of [{ q: `${base}/c/${text}` }, { q: text }, { scene: text }, { c: text }, { s: text }]) {
      const link = linkOf(query, base);
      if (link?.path) assert.match(link.path, /^\/[cs]\/[A-Za-z0-9_-]{1,2048}$/);
    }
  }
});

test('the base address is checked', () => {
  assert.equal(baseOf('https://cart.example.com/'), 'https://cart.example.com');
  assert.equal(baseOf('http://127.0.0.1:8090'), 'http://127.0.0.1:8090');
  for (const bad of ['http://cart.example.com', 'https://', 'https://user@host', 'https://host/?x', 'cart.example.com', undefined, 'https://localhost.evil.example#']) {
    assert.throws(() => baseOf(bad), /settings\.js/, String(bad));
  }
});

test('pictures come from headquarters alone', () => {
  const server = new Server({ base, phone: 'x', request: null });
  assert.equal(server.picture('../pictures/lip-1.svg'), `${base}/pictures/lip-1.svg`);
  for (const bad of ['https://evil.example/x.png', '//evil.example/x.png', '../c/x', '../pictures/../c/x', 'lip.svg', '', undefined, 'a?b']) assert.equal(server.picture(bad), '');
});

test('the bell rings once for each event, wherever the bytes are cut', () => {
  const stream = new TextEncoder().encode(':\n\nevent: cart\r\ndata: <p>giỏ\r\ndata: hàng\r\n\r\n:\n\n: data: no\n\nevent: nothing\n\ndata:\n\ndata: more\n');
  for (let size = 1; size <= stream.length; size++) {
    let rings = 0;
    const hear = bell(() => rings++);
    for (let at = 0; at < stream.length; at += size) hear(stream.slice(at, at + size).buffer);
    assert.equal(rings, 2, `in pieces of ${size}`);
  }
});

test('prices are written the shop’s way', () => {
  const written = [[199000, 'VND'], [0, 'VND'], [-1250, 'USD'], [5, 'CNY'], [123456789, 'THB']].map(([amount, currency]) => price(amount, currency));
  assert.deepEqual(written, ['199.000\u00a0₫', '0\u00a0₫', '-12,50\u00a0USD', '0,05\u00a0CNY', '1.234.567,89\u00a0THB']);
});

test('every word is there in every language', () => {
  for (const [word, texts] of Object.entries(words)) {
    assert.equal(texts.length, languages.length, word);
    assert.ok(texts.every((text) => text.trim()), word);
  }
  assert.throws(() => say('vi', 'no such word'), /no word/);
  assert.deepEqual(['zh_CN', 'en-GB', 'vi', 'fr', undefined].map(languageOf), ['zh', 'en', 'vi', 'vi', 'vi']);
});
