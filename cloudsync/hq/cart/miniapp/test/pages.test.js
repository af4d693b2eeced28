// The WeChat pages' structure: what a renderer would trip over is looked for in
// their sources.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import { Headquarters, token } from './headquarters.js';
import { WeChat } from './wechat.js';

const read = (path) => readFileSync(new URL(`../wechat/${path}`, import.meta.url), 'utf8');

/** tagsOf takes WXML apart: {name, attributes} for each opening tag, checked to nest. */
function tagsOf(wxml) {
  const tags = [], open = [];
  const rest = wxml.replace(/<(\/?)([a-z-]+)((?:\s+[\w:-]+(?:="[^"]*")?)*)\s*(\/?)>/g, (_, closing, name, attributes, alone) => {
    if (closing) assert.equal(open.pop(), name, `</${name}> closes something else`);
    else {
      tags.push({ name, attributes: Object.fromEntries([...attributes.matchAll(/([\w:-]+)(?:="([^"]*)")?/g)].map(([, key, value]) => [key, value ?? ''])) });
      if (!alone) open.push(name);
    }
    return '';
  });
  assert.deepEqual(open, [], 'not closed');
  assert.doesNotMatch(rest.replace(/\{\{.*?\}\}/g, ''), /[<>]/, 'something that is no tag');
  return tags;
}

/** expressionsOf are the paths that WXML shows, as view.total or line.name. */
const expressionsOf = (wxml) => [...wxml.matchAll(/\{\{(.*?)\}\}/g)].flatMap(([, expression]) => [...expression.replace(/'[^']*'/g, '').matchAll(/\b(?:view|line|item|asker)(?:\.\w+)+/g)].map(String));

const components = ['view', 'text', 'image', 'button', 'block', 'web-view'];

test('every page of app.json is there, and nests', () => {
  const { pages } = JSON.parse(read('app.json'));
  for (const page of pages) {
    JSON.parse(read(`${page}.json`));
    for (const { name } of tagsOf(read(`${page}.wxml`))) assert.ok(components.includes(name), `${page}: <${name}>`);
  }
  for (const file of ['sitemap.json', 'project.config.json']) JSON.parse(read(file));
});

test('the cart’s page shows only what there is, presses only what answers', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const wxml = read('pages/cart/cart.wxml');
  const hq = new Headquarters();
  hq.phone = { may: 'own', asking: ['M4'] };
  const wechat = new WeChat({ fetch: (...request) => hq.fetch(...request) });
  await wechat.launch({ c: token }, 1286);
  const sample = { view: wechat.view, line: wechat.view.lines[0], item: wechat.view.languages[0], asker: wechat.view.askers[0] };
  sample.view.notice = { title: '', text: '', again: '' };
  sample.view.paid = { word: '', receipt: '', text: '', later: '' };
  sample.view.order = { title: '', says: '', reason: '', code: '' };
  sample.view.guest = { title: '', text: '', ask: '' };
  for (const path of expressionsOf(wxml)) {
    const [last, ...parents] = path.split('.').reverse();
    const parent = parents.reverse().reduce((value, key) => value?.[key], sample);
    assert.ok(parent && last in parent, `${path} is not in the view`);
  }
  const handlers = new Set();
  for (const { attributes } of tagsOf(wxml)) {
    if (!attributes.bindtap) continue;
    handlers.add(attributes.bindtap);
    assert.equal(typeof wechat.page[attributes.bindtap], 'function', attributes.bindtap);
  }
  assert.deepEqual([...handlers].sort(), Object.keys(wechat.definition).filter((key) => /^on(?!Load|Show|Hide|Unload)/.test(key)).sort(), 'a handler that nothing presses');
});

test('every class of the cart’s page has its style', () => {
  const styles = read('pages/cart/cart.wxss');
  for (const { attributes } of tagsOf(read('pages/cart/cart.wxml'))) {
    for (const name of (attributes.class ?? '').replace(/\{\{.*?\}\}/g, '').split(/\s+/).filter(Boolean)) {
      assert.match(styles, new RegExp(`\\.${name}\\b`), `.${name}`);
    }
  }
});

test('buttons of signs say what they do, and are large enough for a thumb', () => {
  const steps = tagsOf(read('pages/cart/cart.wxml')).filter(({ attributes }) => attributes.class === 'step');
  assert.equal(steps.length, 2);
  for (const { attributes } of steps) assert.ok(attributes['aria-label']);
  assert.match(read('pages/cart/cart.wxss'), /\.step \{ width: 9\drpx; height: 9\drpx/); // 750rpx are a phone's width: 88 are 44 points
});
