// The till in browsers at their worst, in a real Chromium against a running `edge
// demo`: one that forbids a page to keep anything, one whose storage is full, one
// without cookies, one whose clock and zone are of another day; a payment whose
// answer is lost; and two tabs that a clerk has open. Then the pages where names are
// as long as they may be, and where a phone is as small as they come.
//
// job.mjs says what it reads from the environment, and how it ends.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { faults, kioskURL, open, phoneSize, post, runJob, signIn, staffURL, step, tillSize, until } from './job.mjs';

const sku = 'LIP-VEL-02';
const shopZone = 'Asia/Ho_Chi_Minh';
const long = 'Dưỡngẩmchuyênsâuphụchồida'.repeat(5).slice(0, 120); // as much as the product table takes
const small = { width: 320, height: 568 };

/** forbid, flood and drift run in a page before its own scripts. */
function forbid() {
  for (const name of ['localStorage', 'sessionStorage', 'indexedDB']) {
    Object.defineProperty(window, name, {
      get() {
        throw new DOMException('The document is not allowed to keep anything.', 'SecurityError');
      },
    });
  }
}

function flood() {
  Storage.prototype.setItem = () => {
    throw new DOMException('The quota has been exceeded.', 'QuotaExceededError');
  };
}

function drift() {
  const off = -3 * 86_400_000; // ms
  const Right = Date;
  globalThis.Date = class extends Right {
    constructor(...parts) {
      if (parts.length > 0) super(...parts);
      else super(Right.now() + off);
    }
    static now = () => Right.now() + off;
  };
}

/** day is the shop's date of a moment, 2026-11-22. */
const day = (moment) => new Intl.DateTimeFormat('en-CA', { timeZone: shopZone }).format(moment);

/** rename gives everything that is sold a name that leaves no place to break, and loads the page again; news, which have the right one, do not come. */
async function rename(page) {
  await page.context().route(/\/events/, (route) => route.abort());
  await page.context().route(/\/api\/v1\/(?!events|shop$|staff\/(events|session))/, async (route) => {
    const response = await route.fetch();
    const body = (await response.text()).replace(/("(?:name|shade)":\{)[^}]*\}/g, `$1"vi":"${long}","en":"${long}","zh":"${long}"}`);
    await route.fulfill({ response, body });
  });
  await page.reload();
}

/** spilt lists the words that stick out of what holds them: it runs in the page. */
function spilt() {
  const found = [];
  const range = document.createRange();
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let text; (text = walker.nextNode()); ) {
    const at = text.parentElement;
    const holder = at.closest('li, button, header, section, main');
    if (!holder || !text.data.trim() || !at.checkVisibility() || at.closest('.hidden') || getComputedStyle(at).overflowX === 'hidden') continue;
    range.selectNodeContents(text);
    const over = Math.round(range.getBoundingClientRect().right - holder.getBoundingClientRect().right);
    if (over > 1) found.push(`“${text.data.trim().slice(0, 20)}” by ${over} px out of ${holder.outerHTML.slice(0, 60)}`);
  }
  const wide = document.documentElement.scrollWidth - innerWidth;
  return wide > 0 ? [...found, `the page by ${wide} px`] : found;
}

/** thin lists what is too small for a finger: it runs in the page. */
function thin() {
  return [...document.querySelectorAll('a, button, summary, input, select')]
    .filter((e) => e.checkVisibility())
    .map((e) => ({ e, box: (e.closest('label') ?? e).getBoundingClientRect() }))
    .filter(({ box }) => box.width < 44 || box.height < 44)
    .map(({ e, box }) => `${e.outerHTML.slice(0, 60)} is ${Math.round(box.width)} × ${Math.round(box.height)} px`);
}

async function openTill(browser, name, options) {
  const till = await open(browser, name, staffURL, { viewport: tillSize, ...options });
  await signIn(till);
  return till;
}

/** ring puts a product onto the ticket and goes on to where its price is given in cash. */
async function ring(till) {
  await till.click('#tab-search');
  await till.click(`#list [data-sku="${sku}"]`);
  await till.waitForSelector(`.ticket li[data-sku="${sku}"]`);
  await till.click('.ticket .main');
  await till.click('.exact');
}

/** next gives the receipt's number of what was just sold, and makes the till ready for the next customer. */
async function next(till) {
  await till.waitForSelector('.done');
  await till.click('.done .main');
  await till.click('#tab-sales');
  const row = await till.waitForSelector('#list [data-receipt]');
  return row.getAttribute('data-receipt');
}

/** losing lets what is posted to path reach the gateway, and so many answers get lost; it gives the keys that came. */
async function losing(page, path, lost) {
  const keys = [];
  await page.route(path, async (route) => {
    if (route.request().method() !== 'POST') return route.continue();
    keys.push(route.request().headers()['idempotency-key']);
    const response = await route.fetch();
    if (keys.length <= lost) await route.abort();
    else await route.fulfill({ response });
  });
  return keys;
}

const sales = (page) => page.evaluate(async () => (await (await fetch('/api/v1/staff/sales?limit=200')).json()).sales.length);

async function browserJob(browser, shots) {
  const shot = (page, name) => page.screenshot({ path: join(shots, `browser-${name}.png`) });

  for (const [what, before] of [['forbids to keep anything', forbid], ['has its storage full', flood]]) {
    await step(`a browser that ${what} sells, says so, and keeps a payment without an answer`, async () => {
      const till = await openTill(browser, before.name, { before });
      const sold = await sales(till);
      const keys = await losing(till, '**/api/v1/staff/sales', 3);
      await ring(till);
      await till.waitForSelector('[data-forgetful]');
      await till.click('.pay .main');
      await till.waitForSelector('.unknown .main');
      await shot(till, before.name);

      const asked = till.waitForEvent('dialog');
      await till.close({ runBeforeUnload: true });
      const dialog = await asked;
      assert.equal(dialog.type(), 'beforeunload');
      await dialog.dismiss();

      await till.click('.unknown .main');
      await next(till);
      assert.deepEqual([keys.length, new Set(keys).size], [4, 1], 'the sale was asked for with another key');
      assert.equal(await sales(till), sold + 1);
      await till.context().close();
    });
  }

  await step('a browser without cookies says why nobody can sign in', async () => {
    const till = await open(browser, 'no cookies', staffURL, {
      viewport: tillSize,
      before: () => Object.defineProperty(Navigator.prototype, 'cookieEnabled', { get: () => false }),
    });
    await till.fill('#pin', '1111');
    await till.keyboard.press('Enter');
    await until(async () => (await till.textContent('#refused')).includes('cookie'), 'the word about cookies');
    await shot(till, 'cookies');
    await till.context().close();
  });

  await step('a tablet whose clock and zone are of another day shows the shop’s day', async () => {
    const till = await openTill(browser, 'clock', { before: drift, timezoneId: 'America/Los_Angeles' });
    const began = day(Date.now());
    await ring(till);
    await till.click('.pay .main');
    const receipt = await next(till);
    await till.click('#area-receipts');
    await until(() => till.locator('#receipts').getByText(receipt, { exact: true }).isVisible(), 'the receipt being among today’s');
    const { shown, latest } = await till.$eval('input[type=date]', (field) => ({ shown: field.value, latest: field.max }));
    assert.ok([began, day(Date.now())].includes(shown), `the receipts of ${shown} are shown`);
    assert.equal(latest, shown);
    await shot(till, 'clock');
    await till.context().close();
  });

  await step('a payment whose answer is lost outlives the page and a copy of the tab, and is made once', async () => {
    const till = await openTill(browser, 'reload');
    const sold = await sales(till);
    const keys = await losing(till.context(), '**/api/v1/staff/sales', 3);
    await ring(till);
    await till.click('.pay .main');
    await till.waitForSelector('.unknown .main');
    await till.goBack(); // to the empty page before
    await till.goForward();
    await till.waitForSelector('.unknown .main');

    const [copy] = await Promise.all([till.waitForEvent('popup'), till.evaluate(() => void window.open(location.href))]); // has what this tab kept
    await copy.waitForSelector('.unknown .main');
    await Promise.all([till.click('.unknown .main'), copy.click('.unknown .main')]);
    assert.equal(await next(till), await next(copy), 'two receipts');
    assert.deepEqual([keys.length, new Set(keys).size], [5, 1]);
    assert.equal(await sales(till), sold + 1);
    await till.context().close();
  });

  await step('of two tabs that take money for one ticket one makes the sale, and the other says that it is paid', async () => {
    const till = await openTill(browser, 'tabs');
    const sold = await sales(till);
    await ring(till);
    const [other] = await Promise.all([till.waitForEvent('popup'), till.evaluate(() => void window.open(location.href))]);
    await other.waitForSelector(`.ticket li[data-sku="${sku}"]`);
    await other.click('.ticket .main');
    await other.click('.exact');
    await Promise.all([till, other].map((tab) => tab.$eval('.pay .main', (button) => button.click()))); // one may be too late for a finger
    const late = await until(async () => {
      for (const [first, second] of [[till, other], [other, till]]) {
        if ((await first.isVisible('.done')) && (await second.isVisible('.ticket .closed'))) return second;
      }
    }, 'one tab having sold and the other knowing');
    await shot(late, 'tabs');
    assert.equal(await sales(till), sold + 1);
    await till.context().close();
  });

  await step('names as long as they may be are read on the till', async () => {
    const till = await openTill(browser, 'long names');
    await rename(till);
    await ring(till);
    await till.click('.pay .plain');
    await till.waitForSelector('.ticket li');
    await shot(till, 'long-till');
    assert.equal(await till.textContent('.ticket .name'), long);
    assert.deepEqual(await till.evaluate(spilt), []);
    await till.context().close();
  });

  await step('and on the kiosk', async () => {
    await fetch(`${kioskURL}/kiosk/v1/session/finish`, { method: 'POST' });
    const kiosk = await open(browser, 'kiosk', `${kioskURL}/`, { viewport: { width: 1080, height: 1920 } });
    await rename(kiosk);
    await kiosk.click('.start');
    await kiosk.click('.answers button:not(.main)');
    await kiosk.waitForSelector('[data-category]');
    await kiosk.click('.add');
    await kiosk.waitForSelector('[data-count="1"]');
    await kiosk.click('[data-cart]');
    await kiosk.waitForSelector('.cart li');
    await shot(kiosk, 'long-kiosk');
    assert.equal(await kiosk.textContent('.cart .name'), long);
    assert.deepEqual(await kiosk.evaluate(spilt), []);
    await kiosk.click('[data-finish]');
    await kiosk.waitForSelector('[data-screen="thanks"]');
    await kiosk.context().close();
  });

  await step('the smallest phone shows the cart in three languages, with fingers’ room', async () => {
    const { id } = await post('/api/v1/carts');
    await post(`/api/v1/carts/${id}/lines`, { sku, quantity: 99 });
    const { url } = await post(`/api/v1/carts/${id}/handoff?app=web`);
    const phone = await open(browser, 'small phone', url, { ...phoneSize, viewport: small });
    for (const lang of ['vi', 'en', 'zh']) {
      await phone.goto(`${url}?lang=${lang}`);
      await phone.waitForSelector('main li h2');
      await phone.$$eval('details', (list) => list.forEach((e) => (e.open = true)));
      assert.deepEqual(await phone.evaluate(spilt), [], lang);
      assert.deepEqual(await phone.evaluate(thin), [], lang);
      await phone.$$eval('main li h2, main li h2 + p', (list, name) => list.forEach((e) => (e.textContent = name)), long);
      assert.deepEqual(await phone.evaluate(spilt), [], `${lang}, with long names`);
      await shot(phone, `phone-${lang}`);
    }
    await phone.context().close();
  });

  await step('no page ran into an error or its own policy', () => assert.deepEqual(faults, []));
}

await runJob(browserJob);
