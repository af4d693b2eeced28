// The same cart on the kiosk and on the phone, in a real Chromium against a
// running `edge demo`: it grows on both sides while the line is up, shows in the
// mini programs for WeChat and Zalo, is voted on and ordered, and both sides'
// changes meet after the line was cut before the scan; then one is paid at the till
// by a transfer of which the bank tells, and the other on the phone, twice.
//
// job.mjs and paper.mjs say what it reads from the environment, and how it ends.
// Besides, BANK_KEY is that of the bank's feed.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { base } from '../../../cloudsync/hq/cart/miniapp/test/headquarters.js';
import { demoURL, faults, get, hqURL, kioskURL, office, open, openTill, phoneSize, post, runJob, setLine, step, tillSize, until } from './job.mjs';
import { serveZalo, weChat } from './miniapp.mjs';
import { paper, papers, scanned } from './paper.mjs';

const { BANK_KEY } = process.env;

const account = { bank: '970436', number: '0011002233445' }; // the shop's, in both settings
const lip = { category: 'lips', product: 'lip-silk-velvet', sku: 'LIP-VEL-02' };
const glasses = { category: 'glasses', product: 'glasses-alley-round', sku: 'GLS-RND-01' };

const session = () => get(`${kioskURL}/kiosk/v1/session`);

/** shopping starts a session without the camera, where nothing needs a face. */
async function shopping(kiosk) {
  await kiosk.click('.start');
  await kiosk.click('.answers button:not(.main)');
  await kiosk.waitForSelector('[data-category]');
}

/** add puts one more piece of a thing into the cart, from the shelf. */
async function add(kiosk, { category, product, sku }) {
  const count = Number(await kiosk.getAttribute('[data-count]', 'data-count'));
  await kiosk.click(`[data-category="${category}"]`);
  await kiosk.click(`[data-product="${product}"]`);
  await kiosk.click(`[data-sku="${sku}"]`);
  await kiosk.click('.add');
  await kiosk.waitForSelector(`[data-count="${count + 1}"]`);
}

/** code takes the kiosk from the shelf to the code and gives its link. */
async function code(kiosk) {
  await kiosk.click('.bar .button:nth-child(2)');
  await kiosk.click('.cart .main');
  const image = await kiosk.waitForSelector('img.drawn[data-link]');
  return image.getAttribute('data-link');
}

/** shelf takes the kiosk from the code back to where things are added. */
async function shelf(kiosk) {
  await kiosk.click('.take .bar .button:last-child');
  await kiosk.click('.cart header .button');
}

/** onPhone are the phone's lines, {name: pieces}. */
const onPhone = (page) => page.$$eval('main li', (items) =>
  Object.fromEntries(items.map((item) => [item.querySelector('h2').textContent, Number(item.querySelector('output').textContent)])));

/** inShop are the gateway's lines, likewise. */
async function inShop(id) {
  const { lines } = await get(`${kioskURL}/api/v1/carts/${id}`);
  return Object.fromEntries(lines.map((line) => [line.name.vi, line.quantity]));
}

/** same waits until phone and shop show the same pieces, so many in all. */
function same(phone, id, pieces) {
  return until(async () => {
    const [here, there] = [await onPhone(phone), await inShop(id)];
    const sum = Object.values(here).reduce((a, b) => a + b, 0);
    return sum === pieces && Object.keys(here).length === Object.keys(there).length && Object.entries(here).every(([name, n]) => there[name] === n);
  }, `phone and shop having the same ${pieces} pieces`);
}

/** letIn answers, on the phone that owns the cart, the one that asks. */
const letIn = (page) => page.click('form[action*="/phones/"] [value="true"]');

/** bankTells reports money that came in, as SePay does (developer.sepay.vn), and gives the answer's status. */
async function bankTells({ code, amount, reference = `FT${code}` }) {
  const response = await fetch(`${hqURL}/bank/sepay`, {
    method: 'POST',
    headers: { Authorization: `Apikey ${BANK_KEY}`, 'Content-Type': 'application/json' },
    body: JSON.stringify({
      id: 92704, gateway: 'Vietcombank', transactionDate: '2026-11-21 15:00:00', accountNumber: account.number, code: null,
      content: `NGUYEN THI LAN ${code} CHUYEN TIEN`, transferType: 'in', transferAmount: amount, referenceCode: reference, description: '',
    }),
  });
  return response.status;
}

/** fields are the parts of a payment's code: two digits of name, two of length, and so much text (EMVCo, Merchant-Presented Mode). */
function fields(text) {
  const found = {};
  for (let i = 0; i < text.length; ) {
    const end = i + 4 + Number(text.slice(i + 2, i + 4));
    assert.ok(end <= text.length, `the code ends before its part ${text.slice(i, i + 2)} does: ${text}`);
    found[text.slice(i, i + 2)] = text.slice(i + 4, end);
    i = end;
  }
  return found;
}

const more = (page) => page.click('main li:first-child button[data-d="1"]');

async function phoneJob(browser, shots) {
  const shot = (page, name) => page.screenshot({ path: join(shots, `phone-${name}.png`) });

  await fetch(`${kioskURL}/kiosk/v1/session/finish`, { method: 'POST' }); // whoever was there before
  const kiosk = await open(browser, 'kiosk', `${kioskURL}/`, { viewport: { width: 1080, height: 1920 } });
  const demo = await open(browser, 'demo', demoURL, { viewport: tillSize });

  const phone = await step('a phone opens the cart while the shop’s line is up', async () => {
    await shopping(kiosk);
    await add(kiosk, lip);
    const page = await open(browser, 'phone', await code(kiosk), phoneSize);
    await kiosk.waitForSelector('[data-phone="seen"]');
    await shot(kiosk, 'seen');
    await same(page, (await session()).cart, 1);
    return page;
  });
  const { cart } = await session();
  const token = new URL(phone.url()).pathname.split('/').pop();

  await step('what the kiosk adds is on the phone', async () => {
    await shelf(kiosk);
    await add(kiosk, glasses);
    await same(phone, cart, 2);
    await shot(phone, 'grown');
  });

  await step('what the phone adds is on the kiosk', async () => {
    await more(phone);
    await kiosk.waitForSelector('[data-count="3"]');
    await same(phone, cart, 3);
  });

  await step('the Zalo Mini App asks to be let in, and then changes the same cart', async () => {
    const zalo = await serveZalo(hqURL);
    try {
      const page = await open(browser, 'Zalo', `${zalo.url}?c=${token}`, phoneSize);
      await page.click('[data-ask]');
      await letIn(phone);
      await page.click('li:first-child [data-by="1"]');
      await same(phone, cart, 4);
      await page.waitForFunction(() => [...document.querySelectorAll('output')].reduce((n, o) => n + Number(o.textContent), 0) === 4);
      await shot(page, 'zalo');
      await page.click('.further');
      const web = await open(browser, 'web view', await page.evaluate(() => window.zalo.opened[0]), phoneSize);
      await web.waitForSelector('button[data-d]'); // it is the same phone, which was let in
      await web.context().close();
      await page.context().close();
    } finally {
      zalo.close();
    }
  });

  await step('the WeChat mini program shows the same cart, live', async () => {
    const wechat = weChat(hqURL);
    await wechat.launch({ q: encodeURIComponent(`${base}/c/${token}`), scancode_time: '1700000000' }, 1011);
    assert.equal(wechat.view.lines.length, 2);
    assert.ok(wechat.view.guest, 'a phone that nobody let in may change the cart');
    await add(kiosk, lip);
    const pieces = () => wechat.view.lines.reduce((n, line) => n + line.quantity, 0);
    await until(() => pieces() === 5, 'five pieces in WeChat');
    wechat.background();
  });

  await step('a friend votes between the cart’s looks, and the shopper sees it at once', async () => {
    const looks = await phone.context().newPage();
    await looks.goto(await phone.$eval('a[href*="/looks"]', (a) => a.href));
    for (const box of await looks.locator('[data-ask] [name="look"]').all()) await box.check();
    await looks.check('[data-ask] [name="consent"]');
    await shot(looks, 'ask');
    await looks.click('[data-ask] .main');
    const link = await looks.waitForSelector('.share[data-ready] input');
    const friend = await open(browser, 'friend', await link.inputValue(), phoneSize);
    await friend.click('li:first-child [name="look"]');
    await friend.waitForSelector('.chosen');
    await shot(friend, 'vote');
    await until(async () => (await looks.$$eval('.votes b', (counts) => counts.map((b) => b.textContent))).join() === '1,0', 'the vote being counted');
    await shot(looks, 'votes');
    await friend.context().close();
    await looks.close();
  });

  await step('an order is placed on the phone, and its state follows the office’s, though the answer to placing it comes later', async () => {
    await phone.click('details.get > summary');
    await phone.check('[name="way"][value="deliver"]');
    for (const [field, text] of Object.entries({ name: 'Nguyễn Thị Lan', phone: '0901 234 567', locality: 'Phường Bến Thành', street: '12 Lê Lợi' })) {
      await phone.fill(`form.get [name="${field}"]`, text);
    }
    await phone.selectOption('[name="province"]', 'TP. Hồ Chí Minh');
    await phone.check('[name="consent"]');
    await shot(phone, 'order');
    const total = await phone.textContent('[data-part="cart"] footer strong');
    assert.ok((await phone.textContent('form.get .main')).includes(total), `the button that orders does not say ${total}`);
    let come;
    const followed = new Promise((resolve) => (come = resolve));
    await phone.route(/\/order\?lang=/, async (route) => {
      const response = await route.fetch();
      await followed;
      await route.fulfill({ response });
    }, { times: 1 });
    await phone.click('form.get .main');
    const says = '[data-part="order"] .told > strong';
    await phone.waitForSelector(says);
    const placed = await phone.textContent(says);
    const order = (await office('GET', '/v1/orders')).orders.find((o) => o.document.cart === cart);
    await office('POST', `/v1/orders/${order.id}/state`, { state: 'accepted' });
    const accepted = await until(async () => {
      const now = await phone.textContent(says);
      return now !== placed && now;
    }, 'the phone showing the order accepted');
    const [late] = await Promise.all([phone.waitForResponse(/\/order\?lang=/), come()]);
    await late.finished();
    await phone.evaluate(() => new Promise(requestAnimationFrame)); // it has been taken in
    assert.equal(await phone.textContent(says), accepted, 'an answer takes back what came after it');
    await shot(phone, 'accepted');
  });

  const merged = await step('a cart scanned after the line was cut opens, and both sides go on', async () => {
    await kiosk.click('.bar .button:nth-child(2)');
    await kiosk.click('.cart .bar .button:first-child');
    await kiosk.waitForSelector('[data-screen="attract"]');
    await setLine(demo, false);
    await shopping(kiosk);
    await add(kiosk, lip);
    const id = await until(async () => (await session()).cart, 'the session having a cart');
    assert.notEqual(id, cart, 'the next shopper has the cart of the one before');
    const page = await open(browser, 'phone, line cut', await code(kiosk), phoneSize);
    await page.waitForSelector('#live.down'); // it says that the shop's line is down
    await more(page); // the phone's piece
    await until(async () => Object.values(await onPhone(page))[0] === 2, 'the phone showing two pieces');
    await shelf(kiosk);
    await add(kiosk, glasses); // the kiosk's
    await until(async () => Object.values(await inShop(id)).length === 2, 'the shop having both things');
    assert.equal(Object.values(await onPhone(page)).length, 1, 'the line is cut and yet the phone knows');
    await shot(page, 'apart');
    await setLine(demo, true);
    await same(page, id, 3);
    await kiosk.waitForSelector('[data-count="3"]');
    await shot(page, 'together');
    return id;
  });

  await step('the printed slip opens that cart too', async () => {
    const before = await papers();
    await post(`/api/v1/carts/${merged}/print`, { lang: 'vi' });
    const page = await open(browser, 'slip', await scanned(await paper(before + 1)), phoneSize);
    assert.equal(Object.values(await onPhone(page)).reduce((a, b) => a + b), 3);
    await page.context().close();
  });

  const till = await step('it is paid by a transfer of which the bank tells, and the receipt comes out of the printer', async () => {
    const page = await openTill(browser);
    const before = await papers();
    await page.click(`[data-cart="${merged}"]`);
    await page.click('.ticket .main');
    await page.click('.methods :nth-child(3)');
    await page.click('.pay .main');
    const asked = await page.waitForSelector('.transfer[data-state="awaiting"] img');
    await asked.scrollIntoViewIfNeeded();
    await shot(page, 'transfer');
    const { total } = await get(`${kioskURL}/api/v1/carts/${merged}`);
    assert.equal(await bankTells({ code: await page.getAttribute('.transfer', 'data-code'), amount: total.amount }), 200);
    const receipt = await (await page.waitForSelector('.done [data-receipt]')).getAttribute('data-receipt');
    await kiosk.waitForSelector(`[data-receipt="${receipt}"]`);
    assert.equal(await scanned(await paper(before + 1)), receipt, 'what came out is not the receipt');
    await shot(page, 'transferred');
    return page;
  });

  await step('a customer pays for a cart on the phone: the shop makes one sale of it, and money that comes again is due', async () => {
    const shops = () => get(`${kioskURL}/api/v1/carts/${cart}`);
    const { total } = await shops();
    await till.click('.done .main');
    await till.click(`[data-cart="${cart}"]`);
    await till.click('.ticket .main');
    await till.click('.methods :nth-child(3)');
    await till.click('.how .button');
    await phone.click('[data-part="pay"] .main');
    await phone.click('form[action^="pay?"] .main');
    const save = await phone.waitForSelector('main a[download]');
    await Promise.all([ // news that changes nothing leaves what a finger is about to tap
      phone.waitForResponse((got) => got.request().resourceType() === 'fetch'),
      phone.evaluate(() => document.dispatchEvent(new Event('visibilitychange'))),
    ]);
    await shot(phone, 'to-pay');
    const [saved] = await Promise.all([phone.waitForEvent('download'), save.click()]);
    const text = await scanned(await saved.path());
    const code = await phone.textContent('dd .code');
    const asked = fields(text);
    assert.equal(asked['53'], '704', `the code is not for dong: ${text}`);
    assert.equal(asked['54'], String(total.amount), `the code is not for ${total.amount}: ${text}`);
    assert.equal(fields(asked['62'])['08'], code, `the code does not say ${code}: ${text}`);
    assert.equal(fields(asked['38'])['01'], `0006${account.bank}0113${account.number}`, `the code is not for the shop's account: ${text}`);

    assert.equal(await bankTells({ code, amount: total.amount }), 200);
    await phone.waitForSelector('.says.good', { timeout: 30_000 });
    await shot(phone, 'paid');
    const closed = await until(async () => (await shops()).closed, 'the shop’s cart being closed');
    assert.equal(closed.receipt, code);
    const sale = await until(
      async () => (await office('GET', '/v1/sales')).sales.map((s) => s.document).find((s) => s.cart === cart),
      'the shop making its sale of it',
    );
    assert.deepEqual([sale.id, sale.total.amount, sale.payments[0].method, sale.elsewhere], [closed.sale, total.amount, 'phone', true]);
    await phone.click('.back a');
    await phone.waitForSelector(`.paid:has-text("${sale.receipt.till}-${sale.receipt.series}-")`);
    await shot(phone, 'receipt');

    const due = async () => (await office('GET', '/v1/refunds-due')).due;
    assert.equal(await bankTells({ code, amount: total.amount }), 200); // it is told again
    assert.deepEqual(await due(), []);
    assert.equal(await bankTells({ code, amount: total.amount, reference: `FT2${code}` }), 200);
    assert.deepEqual((await due()).map((d) => [d.cart, d.total.amount, d.stands.sale]), [[cart, total.amount, closed.sale]]);
    assert.deepEqual((await shops()).closed, closed, 'the second payment closed the cart again');
    const sold = await until(async () => {
      const { sales } = await office('GET', '/v1/sales');
      const carts = sales.map((s) => s.document.cart);
      return carts.includes(merged) && carts;
    }, 'headquarters having the sale at the till');
    assert.deepEqual([sold.length, new Set(sold).size], [2, 2], 'a cart was sold twice');
  });

  await step('no page ran into an error or its own policy', () => assert.deepEqual(faults, []));
}

await runJob(phoneJob);
