// What holds of every page, in a real Chromium against a running `edge demo`:
// WCAG 2.2 AA as far as axe can tell, in three languages, light and dark; targets
// of 48 px for fingers, on an upright kiosk where a hand reaches; text of twice
// the size without a line cut off; scripts of at most 150 KB compressed; and how
// many touches a shopper is from what they want.
//
// job.mjs says what it reads from the environment and how it ends.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { inspect, roomy } from './inspect.mjs';
import { faults, get, kioskURL, open, pin, runJob, staffURL, step, until } from './job.mjs';

const mostScript = 150 * 1024; // bytes, compressed
const languages = ['vi', 'en', 'zh'];
const kiosk = { width: 1080, height: 1920 };
const reach = { top: 1180, bottom: 1840 }; // px of the kiosk's height
const till = { width: 1280, height: 800 };

/** far lists what lies too high or too low for a hand: it runs in the page. */
function far({ top, bottom }) {
  return [...document.querySelectorAll('button:not([data-tile]), summary, input, .knob')] // tiles are repeated below
    .filter((e) => e.checkVisibility({ visibilityProperty: true }))
    .map((e) => ({ e, box: (e.closest('label') ?? e).getBoundingClientRect() }))
    .filter(({ e, box }) => {
      const shown = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
      return shown && (e.contains(shown) || shown.contains(e)) && (box.top < top || box.bottom > bottom);
    })
    .map(({ e, box }) => `${e.outerHTML.slice(0, 90)} lies from ${Math.round(box.top)} to ${Math.round(box.bottom)} px`);
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

// Where shoppers stand, and the touches that lead there from the first screen.
const mirror = ['.start', '.answers .main', '[data-product="lip-silk-velvet"]'];
const ways = { start: [], mirror };

// What a shopper may want, the touches from there to what shows that it is so, and
// those that lead back; or to where they stand then.
const lips = ['[data-category="lips"]', '[data-product="lip-silk-velvet"]'];
const goals = [
  { want: 'another language', from: 'start', touches: ['.languages :nth-child(3)'], shows: 'html:lang(zh)', to: 'start' },
  { want: 'to see it worn without the camera', from: 'start', touches: ['.start', '.answers .button:not(.main)', lips[1]], shows: '[data-model*="LIP"]' },
  { want: 'to wear something', from: 'start', touches: mirror, shows: '.shades [data-sku][aria-pressed="true"]', to: 'mirror' },
  { want: 'another language', from: 'mirror', touches: ['[data-tool="language"]', '[data-tool="language"]'], shows: 'html:lang(zh)', back: ['[data-tool="language"]'] },
  { want: 'something of another shelf', from: 'mirror', touches: ['[data-category="glasses"]', '[data-product]'], shows: '.shades [data-sku][aria-pressed="true"]', back: lips },
  { want: 'a complete look', from: 'mirror', touches: ['[data-category="looks"]', '[data-look]'], shows: '[data-look][aria-pressed="true"]', back: lips },
  { want: 'help with shades', from: 'mirror', touches: ['[data-help]', '[data-undertone="cool"]'], shows: '[data-help][aria-pressed="true"]', back: [] },
  { want: 'before and after', from: 'mirror', touches: ['[data-tool="split"]'], shows: '.edge', back: ['[data-tool="split"]'] },
  { want: 'to compare shades and keep one', from: 'mirror', touches: ['[data-tool="compare"]', '[data-choose]'], shows: '.add', back: [] },
  { want: 'to know more of a product', from: 'mirror', touches: ['[data-about]'], shows: '[data-sheet]', back: ['[data-close]'] },
  { want: 'a photo', from: 'mirror', touches: ['[data-tool="photo"]', '[data-tick]', '[data-take]'], shows: '[data-keep]', back: ['header .button'] },
  { want: 'to scan a product', from: 'mirror', touches: ['[data-tool="scan"]'], shows: '[data-scan]', back: ['header .button'] },
  { want: 'to buy it', from: 'mirror', touches: ['.add', '[data-cart]'], shows: '.cart li', back: ['header .button'] },
  { want: 'the code for the phone', from: 'mirror', touches: ['.add', '[data-cart]', '.cart .main'], shows: 'img.drawn', to: 'code' },
  { want: 'another code', from: 'code', touches: ['[data-take-back]', '[data-withdraw]'], shows: '[data-withdrawn]', to: 'code' },
  { want: 'to go on trying', from: 'code', touches: ['.bar .button:last-child', 'header .button'], shows: '[data-screen="mirror"] .add', to: 'mirror' },
  { want: 'to finish', from: 'mirror', touches: ['[data-finish]'], shows: '[data-screen="thanks"]' },
];

const mainScreens = ['attract', 'consent', 'shelf', 'cart', 'take']; // looked at by axe in every language

function finish() {
  return fetch(`${kioskURL}/kiosk/v1/session/finish`, { method: 'POST' });
}

/** gone waits until the gateway knows of no shopper. */
function gone() {
  return until(async () => (await get(`${kioskURL}/kiosk/v1/session`)).state === 'attract', 'the shopper being forgotten');
}

/** kioskPages goes through the kiosk's screens in the language of the i-th button. */
async function kioskPages(page, i, seen) {
  await page.waitForSelector('.wall img');
  await page.click(`.languages :nth-child(${i + 1})`);
  await seen('attract');
  await page.click('.start');
  await page.waitForSelector('.answers');
  await page.click('summary');
  await seen('consent');
  await page.click('.answers .main');
  await page.click('[data-category="looks"]');
  await page.click('[data-look]');
  await seen('looks');
  await page.click('[data-category="lips"]');
  await page.click('[data-product="lip-silk-velvet"]');
  await page.click('[data-sku="LIP-VEL-02"]');
  await page.waitForSelector('canvas[data-frames]');
  await page.click('[data-tool="split"]');
  await page.waitForSelector('.edge');
  await seen('shelf');
  await page.click('[data-tool="compare"]');
  await page.waitForSelector('[data-choose]');
  await seen('compare');
  await page.click('[data-tool="compare"]');
  await page.click('[data-about]');
  await page.waitForSelector('[data-sheet]');
  await seen('sheet');
  await page.click('[data-close]');
  await page.click('[data-help]');
  await page.waitForSelector('[data-undertone]');
  await seen('help');
  await page.click('[data-close]');
  await page.click('[data-tool="photo"]');
  await page.waitForSelector('[data-tick]');
  await seen('photo');
  await page.click('header .button');
  await page.click('.add');
  await page.waitForSelector('[data-count="1"]');
  await page.click('[data-cart]');
  await page.waitForSelector('.cart li');
  await seen('cart');
  await page.click('.cart .main');
  await page.waitForSelector('img.drawn');
  await seen('take');
  await page.click('[data-finish]');
  await page.waitForSelector('[data-screen="thanks"]');
  await seen('thanks');
  await gone(); // before the page is closed, which says it to the gateway
}

async function pageJob(browser, shots) {
  await finish(); // whoever was there before

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
        assert.deepEqual(await page.evaluate(far, reach), [], `${name} of the kiosk in ${lang}: out of reach`);
        for (const scheme of i === 0 ? ['light', 'dark'] : ['light']) { // colours speak no language
          await page.evaluate((to) => (document.documentElement.style.colorScheme = to), scheme);
          await page.screenshot({ path: join(shots, `kiosk-${name}-${lang}-${scheme}.png`) });
          const what = `${name} of the kiosk in ${lang}, ${scheme}`;
          if (i === 0 || mainScreens.includes(name)) await inspect(page, what);
          else await roomy(page, what);
        }
      };
      await kioskPages(page, i, seen);
      await page.context().close();
    });
  }

  await step('a shopper is at most three touches from what they want', async () => {
    const page = await open(browser, 'kiosk', `${kioskURL}/`, { viewport: kiosk });
    let at = '';
    for (const { want, from, touches, shows, back, to = back && from } of goals) {
      assert.ok(touches.length <= 3, `${want} takes ${touches.length} touches`);
      if (at !== from) {
        await finish();
        await page.goto(`${kioskURL}/`);
        for (const selector of ways[from]) await page.click(selector);
      }
      for (const selector of touches) await page.click(selector);
      await page.waitForSelector(shows);
      for (const selector of back ?? []) await page.click(selector);
      at = to;
    }
    await page.context().close();
    await finish();
  });

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

    const mirrored = await open(browser, 'kiosk', `${kioskURL}/`, { viewport: { width: kiosk.width / 2, height: kiosk.height / 2 } });
    for (const [name, touches] of [['shelf', mirror], ['cart', ['.add', '[data-cart]']], ['take', ['.cart .main', 'img.drawn']]]) {
      for (const selector of touches) await mirrored.click(selector);
      await mirrored.screenshot({ path: join(shots, `kiosk-${name}-large.png`) });
      await uncut(mirrored, `${name} of the kiosk`);
    }
    await finish();
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
