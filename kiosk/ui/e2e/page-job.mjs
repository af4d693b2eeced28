// What holds of every page, in a real Chromium against a running `edge demo`:
// WCAG 2.2 AA as far as axe can tell, in three languages, light and dark; targets
// of 48 px for fingers; text of twice the size without a line cut off; scripts
// of at most 150 KB compressed.
//
// job.mjs says what it reads from the environment and how it ends.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { faults, kioskURL, open, pin, runJob, staffURL, step } from './job.mjs';

const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const rules = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];
const finger = 48; // px
const mostScript = 150 * 1024; // bytes, compressed
const languages = ['vi', 'en', 'zh'];
const kiosk = { width: 1080, height: 1920 };
const till = { width: 1280, height: 800 };

/** small lists what a finger may miss: it runs in the page. */
function small(finger) {
  const reach = (e) => {
    const box = e.getBoundingClientRect();
    const after = getComputedStyle(e, '::after'); // may carry the touch over a whole row
    return after.position === 'absolute' && after.content !== 'none' ? e.offsetParent.getBoundingClientRect() : box;
  };
  return [...document.querySelectorAll('button, a[href], input:not([type=hidden]), select, textarea, [role=radio]')]
    .filter((e) => e.checkVisibility({ visibilityProperty: true }) && !e.closest('[inert], .hidden'))
    .map((e) => ({ e: e.closest('label') ?? e, box: reach(e.closest('label') ?? e) }))
    .filter(({ box }) => box.width > 0 && (box.width < finger - 0.5 || box.height < finger - 0.5))
    .map(({ e, box }) => `${e.outerHTML.slice(0, 90)} is ${Math.round(box.width)} × ${Math.round(box.height)} px`);
}

/** inspect holds the page, as it is shown now, to what holds of all. */
async function inspect(page, what) {
  if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate(axe);
  const { violations } = await page.evaluate((values) => window.axe.run(document, { runOnly: { type: 'tag', values } }), rules);
  const said = violations.map(({ id, nodes }) => `${id}: ${nodes[0].target} (${nodes.length}): ${nodes[0].any[0]?.message ?? nodes[0].failureSummary}`);
  assert.deepEqual(said, [], `${what}: axe found faults`);
  assert.deepEqual(await page.evaluate(small, finger), [], `${what}: a finger may miss`);
}

/** uncut asserts that nothing needs to be scrolled sideways to be read. */
async function uncut(page, what) {
  const { wide, room } = await page.evaluate(() => ({ wide: document.documentElement.scrollWidth, room: innerWidth }));
  assert.ok(wide <= room, `${what} is ${wide} px wide in a window of ${room} px`);
}

async function scripts(page) {
  const urls = await page.$$eval('script[src], link[rel=modulepreload]', (list) => list.map((e) => e.src || e.href));
  const sizes = await Promise.all(urls.map(async (url) => gzipSync(Buffer.from(await (await fetch(url)).arrayBuffer())).length));
  return sizes.reduce((sum, n) => sum + n, 0);
}

async function openTill(browser, lang, options) {
  const page = await open(browser, 'staff', staffURL, options);
  await page.evaluate((to) => localStorage.setItem('lang', to), lang);
  await page.reload();
  await page.waitForSelector('#pin');
  return page;
}

async function signIn(page) {
  await page.keyboard.type(pin);
  await page.keyboard.press('Enter');
  await page.waitForSelector('#tab-search');
}

async function sellingPages(page, seen) {
  await page.click('#tab-carts');
  await seen('carts');
  await page.click('#tab-search');
  await page.waitForSelector('#list [data-sku]');
  await page.click('#list [data-sku]');
  await page.waitForSelector('.ticket li');
  await seen('ticket');
  await page.click('.ticket .main');
  await page.waitForSelector('.pay');
  await page.click('.exact');
  await seen('pay');
  await page.click('.pay .main');
  await page.waitForSelector('.done');
  await seen('done');
  await page.click('.done .main');
}

async function receiptPages(page, seen) {
  await page.click('#area-receipts');
  await page.click('#receipts .open');
  await page.click('#exchange');
  await page.click('.exchange [role=group] button:last-child');
  await page.click('.exchange fieldset button');
  await seen('exchange');
  await page.click('#tab-goods');
  await page.click('#goods [data-sku]');
  await page.waitForSelector('.difference .new');
  await seen('difference');
  await page.click('.difference .new [role=group] button:last-child');
  await page.waitForSelector('[data-difference]:not([data-difference^="-"]):not([data-difference="0"])');
  await page.click('.difference .main');
  await page.waitForSelector('.pay');
  await seen('exchange-pay');
  await page.click('.pay .plain');
  await page.click('.exchange .plain');
  await page.click('#tab-due');
  await page.click('#second');
  await seen('second');
  await page.click('#area-sell');
}

async function everyArea(page, seen) {
  for (const area of await page.$$eval('[id^="area-"]', (list) => list.map(({ id }) => id))) {
    await page.click(`#${area}`);
    await page.waitForSelector(`#${area}[aria-current="page"]`);
    await seen(area);
  }
  await page.click('#area-sell');
}

async function pageJob(browser, shots) {
  await fetch(`${kioskURL}/kiosk/v1/session/finish`, { method: 'POST' }); // whoever was there before

  for (const [i, lang] of languages.entries()) {
    for (const colorScheme of ['light', 'dark']) {
      await step(`the till in ${lang}, ${colorScheme}`, async () => {
        const page = await openTill(browser, lang, { viewport: till, colorScheme });
        const seen = async (name) => {
          await page.screenshot({ path: join(shots, `till-${name}-${lang}-${colorScheme}.png`) });
          await inspect(page, `${name} of the till in ${lang}, ${colorScheme}`);
        };
        await seen('door');
        await signIn(page);
        await everyArea(page, seen);
        await sellingPages(page, seen);
        await receiptPages(page, seen);
        await page.context().close();
      });
    }

    await step(`the kiosk in ${lang}`, async () => {
      const page = await open(browser, 'kiosk', `${kioskURL}/`, { viewport: kiosk });
      const seen = async (name) => {
        await page.screenshot({ path: join(shots, `kiosk-${name}-${lang}.png`) });
        await inspect(page, `${name} of the kiosk in ${lang}`);
      };
      await page.waitForSelector('.wall img');
      await page.click(`.languages :nth-child(${i + 1})`);
      await seen('attract');
      await page.click('.start');
      await page.waitForSelector('.answers');
      await seen('consent');
      await page.click('.answers .main');
      await page.click('[data-category="lips"]');
      await page.click('[data-product="lip-silk-velvet"]');
      await page.click('[data-sku="LIP-VEL-02"]');
      await page.waitForSelector('.add');
      await seen('shelf');
      await page.click('.add');
      await page.waitForSelector('[data-count="1"]');
      await page.click('.bar .button:nth-child(2)');
      await page.waitForSelector('.cart li');
      await seen('cart');
      await page.click('.cart .main');
      await page.waitForSelector('img.drawn');
      await seen('take');
      await page.context().close();
      await fetch(`${kioskURL}/kiosk/v1/session/finish`, { method: 'POST' });
    });
  }

  await step('text of twice the size is read without scrolling sideways', async () => {
    const page = await openTill(browser, 'vi', { viewport: { width: till.width / 2, height: till.height / 2 } });
    await uncut(page, 'the till’s door');
    await signIn(page);
    const seen = async (name) => {
      await page.screenshot({ path: join(shots, `till-${name}-large.png`) });
      await uncut(page, `${name} of the till`);
    };
    await everyArea(page, seen);
    await sellingPages(page, seen);
    await receiptPages(page, seen);
  });

  await step('scripts are light', async () => {
    for (const [name, url] of [['kiosk', `${kioskURL}/`], ['staff', staffURL]]) {
      const size = await scripts(await open(browser, name, url));
      assert.ok(size > 0 && size <= mostScript, `the scripts of ${url} have ${size} bytes compressed`);
    }
  });

  await step('no page ran into an error or its own policy', () => assert.deepEqual(faults, []));
}

await runJob(pageJob);
