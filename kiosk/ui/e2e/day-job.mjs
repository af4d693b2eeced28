// A clerk's day in a real Chromium, against a running `edge demo`: a ticket is
// parked and taken up again, a cart is opened by the code that the shopper shows,
// the drawer is counted blind, the shift and the day are closed, a till that
// nobody touches signs off and keeps its ticket, and headquarters hears of it all.
//
// job.mjs says what it reads from the environment and how it ends.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { faults, get, hqURL, kioskURL, open, pin, runJob, staffURL, step, until } from './job.mjs';

const sku = 'LIP-VEL-02';
const wrongPin = `${pin}9`;

async function post(path, body) {
  const response = await fetch(`${kioskURL}${path}`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  assert.ok(response.ok, `POST ${path} was answered with ${response.status}`);
  return response.json();
}

async function signIn(page) {
  await page.waitForSelector('#pin');
  await page.fill('#pin', pin);
  await page.keyboard.press('Enter');
  await page.waitForSelector('[data-switch]');
}

/** record does something with the drawer's money. */
async function record(page, kind, fields) {
  await page.click(`[data-move=${kind}]`);
  for (const [selector, text] of Object.entries(fields)) await page.fill(selector, text);
  await page.click('dialog .button.main');
  await page.waitForSelector('dialog', { state: 'detached' });
}

async function count(page, button, notes) {
  await page.click(button);
  for (const [value, pieces] of Object.entries(notes)) await page.fill(`[data-value="${value}"]`, `${pieces}`);
  await page.click('dialog .button.main');
  await page.waitForSelector('dialog', { state: 'detached' });
}

async function dayJob(browser, shots) {
  const page = await step('the clerk signs in, at the second try', async () => {
    const page = await open(browser, 'staff', staffURL, { viewport: { width: 1280, height: 800 } });
    await page.clock.install();
    await page.reload();
    await page.fill('#pin', wrongPin);
    await page.keyboard.press('Enter');
    await page.waitForSelector('#refused:has-text("PIN")');
    await signIn(page);
    return page;
  });
  const shot = (name) => page.screenshot({ path: join(shots, `day-${name}.png`) });

  const cart = await step('a cart opens by the code that the shopper shows', async () => {
    const cart = await post('/api/v1/carts');
    await post(`/api/v1/carts/${cart.id}/lines`, { sku, quantity: 2 });
    const { code, url } = await post(`/api/v1/carts/${cart.id}/handoff`);
    for (const shown of [code, url]) {
      await page.click('#tab-carts');
      await page.fill('#cart-code', shown);
      await page.keyboard.press('Enter');
      await page.waitForSelector(`[data-cart="${cart.id}"][aria-pressed="true"]`);
    }
    return cart;
  });

  await step('the ticket is parked and taken up again, with its discount', async () => {
    await page.click(`.ticket [data-off="${sku}"]`);
    await page.click('dialog [data-rate]');
    await page.click('dialog [data-why]');
    await page.click('dialog .button.main');
    const less = await page.textContent('.ticket .total strong');
    await page.click('.ticket [data-park]');
    await page.fill('#park-name', 'áo khoác đỏ');
    await page.keyboard.press('Enter');
    await page.waitForSelector(`[data-cart="${cart.id}"][aria-pressed="false"] .parked`);
    await shot('1-parked');
    await page.click(`[data-cart="${cart.id}"]`);
    await page.waitForSelector(`[data-cart="${cart.id}"] .parked`, { state: 'detached' });
    assert.equal(await page.textContent('.ticket .total strong'), less);
    await page.click(`.ticket [data-off="${sku}"]`);
    await page.click('dialog .button:not(.plain):not(.main)'); // it is taken away again
    await page.waitForSelector('dialog', { state: 'detached' });
    assert.notEqual(await page.textContent('.ticket .total strong'), less);
  });

  await step('a till that nobody touches signs off and keeps its ticket', async () => {
    await page.clock.fastForward('11:00');
    await page.waitForSelector('#pin');
    await shot('2-signed-off');
    await signIn(page);
    await page.waitForSelector(`.ticket [data-sku="${sku}"]`);
  });

  const sum = await step('a shift is opened, and money moves', async () => {
    await page.click('#area-day');
    await count(page, '.open-shift', { 100000: 5, 10000: 12 });
    await record(page, 'out', { '[data-amount]': '30.000', '[data-why]': 'băng keo' });
    await record(page, 'drawer', { '[data-why]': 'đổi tiền lẻ' });
    await page.click('#area-sell');
    await page.click('.ticket .main');
    await page.click('.exact');
    await page.click('.pay .main');
    await page.waitForSelector('.done');
    await page.click('.done .main');
    return 620_000 - 30_000 + (await get(`${kioskURL}/api/v1/carts/${cart.id}`)).total.amount;
  });

  await step('the count is a note too high, and the shift ends with a reason', async () => {
    await page.click('#area-day');
    const found = sum + 100_000;
    await count(page, '.count-drawer', { 100000: Math.floor(found / 100_000), 1000: (found % 100_000) / 1000 });
    await page.waitForSelector('.difference.off');
    assert.match(await page.textContent('.difference'), /100\.000/);
    assert.ok(await page.isDisabled('.close-shift'), 'a shift ends without a reason for what differs');
    await shot('3-counted');
    await page.fill('[data-difference]', 'khách trả dư');
    await page.click('.close-shift');
    await page.waitForSelector('.open-shift');
  });

  await step('the day is closed, and the log says who did what', async () => {
    await page.click('.close-day');
    await page.click('dialog .button.main');
    await page.waitForSelector('tr[data-row]');
    await shot('4-z');
    await page.click('#day-audit');
    await page.waitForSelector('tr[data-row]:has-text("PIN")');
    await shot('5-audit');
  });

  await step('headquarters hears how the shift ended', async () => {
    const { shop } = await get(`${kioskURL}/api/v1/catalogue`);
    await until(async () => (await (await fetch(`${hqURL}/shops/${shop.id}?lang=vi`)).text()).includes('khách trả dư'), 'the shift at headquarters');
  });

  await step('no page ran into an error or its own policy', () => assert.deepEqual(faults, []));
}

await runJob(dayJob);
