import assert from 'node:assert/strict';
import test from 'node:test';
import { age, clock, day, glossary, languages, parts, pick, plain, price, say, spoken } from './words.js';

test('every word is there in every language, with the same blanks', () => {
  const blanks = (text) => [...text.matchAll(/\{\w+\}/g)].map(String).sort();
  for (const [key, texts] of Object.entries(glossary)) {
    assert.equal(texts.length, languages.length, key);
    for (const text of texts.flatMap((forms) => (typeof forms === 'string' ? forms : [forms.one, forms.other]))) {
      assert.ok(text.trim(), `${key} is empty in one language`);
      assert.deepEqual(blanks(text), blanks(texts[0]), key);
    }
  }
});

test('no word stands in two parts', () => {
  assert.equal(Object.keys(glossary).length, parts.reduce((n, part) => n + Object.keys(part).length, 0));
});

test('every kind of error has its sentence', () => {
  const kinds = ['internal', 'invalid', 'not_found', 'conflict', 'unauthorized', 'forbidden', 'expired', 'withdrawn', 'too_early', 'too_large', 'too_many', 'unavailable', 'offline'];
  for (const kind of kinds) assert.ok(say('en', kind));
});

test('everything that is refused has its sentence', () => {
  for (const what of ['host', 'site', 'token', 'path', 'rate', 'size', 'screen', 'code', 'clear', 'connections', 'stranger']) assert.ok(say('en', `refused_${what}`));
});

test('every fault of the camera has its sentence', () => {
  for (const fault of ['Stalled', 'Size', 'Frozen', 'Black', 'Noise', 'Dark', 'Covered']) assert.ok(say('en', `fault${fault}`));
});

test('every state of the printer, and every kind of ticket, has its sentence', () => {
  for (const state of ['paper_low', 'paper_out', 'cover_open', 'fault', 'offline', 'silent']) assert.ok(say('en', `printer_${state}`));
  for (const kind of ['receipt', 'refund', 'void', 'z', 'cart', 'test', 'installation']) assert.ok(say('en', `print_${kind}`));
});

test('say fills the blanks, and falls back to Vietnamese', () => {
  assert.equal(say('en', 'receipt', { number: 'T1-1-000001' }), 'Receipt T1-1-000001');
  assert.equal(say('de', 'cart'), 'Giỏ hàng');
  assert.throws(() => say('vi', 'no such word'), /no entry/);
});

test('one thing is not several', () => {
  assert.deepEqual([0, 1, 2].map((n) => say('en', 'pieces', { n })), ['0 items', '1 item', '2 items']);
  assert.equal(say('vi', 'pieces', { n: 1 }), '1 món');
});

test('pick falls back to Vietnamese', () => {
  assert.equal(pick('en', { vi: 'Đỏ', en: 'Red', zh: '红' }), 'Red');
  assert.equal(pick('zh', { vi: 'Đỏ', en: 'Red', zh: '' }), 'Đỏ');
  assert.equal(pick('vi', undefined), '');
});

test('prices are written the shop’s way', () => {
  assert.equal(price({ amount: 199000, currency: 'VND' }), '199.000\u00a0₫');
  assert.equal(price({ amount: 1250, currency: 'USD' }), '12,50\u00a0USD');
});

test('ages take the unit that fits', () => {
  assert.deepEqual([5, 89, 90, 5399, 5400, 172_799, 172_800].map((s) => age('en', s)), ['5 s', '89 s', '2 min', '90 min', '2 h', '48 h', '2 days']);
});

test('times of day are the shop’s', () => {
  for (const { id } of languages) {
    assert.equal(clock(id, '2026-11-21T18:05:00Z', 'Asia/Ho_Chi_Minh'), '01:05', id);
    assert.equal(clock(id, '2026-11-21T17:05:00Z', 'Asia/Ho_Chi_Minh'), '00:05', id);
  }
  assert.match(clock('vi', '2026-11-21T18:05:00Z', undefined), /^\d\d:\d5$/);
});

test('dates are the shop’s, as the language writes them', () => {
  const late = '2026-11-21T18:05:00Z'; // the next day in Vietnam
  assert.deepEqual(languages.map(({ id }) => day(id, late, 'Asia/Ho_Chi_Minh')), ['22/11/2026', '22/11/2026', '2026/11/22']);
});

test('a browser is met in its first language that is spoken', () => {
  assert.equal(spoken(['fr-FR', 'zh-Hant-TW', 'en']), 'zh');
  assert.equal(spoken(['EN-us']), 'en');
  assert.equal(spoken(['fr', 'vie']), 'vi');
  assert.equal(spoken([]), 'vi');
});

test('plain takes case, accents and the bar of đ away', () => {
  assert.equal(plain('Đường ƯỚT'), 'duong uot');
});
