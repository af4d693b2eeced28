// A clerk's work with stock, in a real Chromium against a running `edge demo`: a
// delivery entered by scanner, transfers, one of them over a lost answer, a count that
// differs from the books and goes on over a reload, a loss; and headquarters' figures
// follow. The page of the device says that all is well.
//
// job.mjs says what it reads from the environment and how it ends.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { faults, get, kioskURL, office, openTill, runJob, step, until } from './job.mjs';

const lip = { sku: 'LIP-VEL-02', gtin: '8939990100020' };
const tint = { sku: 'LIP-DEW-01', gtin: '8939990200010' };

/** here is what the shop has of a thing. */
const here = async ({ sku }) => (await get(`${kioskURL}/api/v1/catalogue/variants/${sku}`)).variant.stock;

/** atHQ is what headquarters believes that the shop has of it. */
async function atHQ({ sku }) {
  const { shop } = await get(`${kioskURL}/api/v1/shop`);
  const { stock } = await office('GET', `/v1/stock?shop=${shop.id}&limit=1000`);
  return stock.find((level) => level.sku === sku)?.quantity;
}

/** scan types a code as a scanner does, wherever the focus is, and waits for the pieces in the list. */
async function scan(page, { sku, gtin }, pieces) {
  await page.keyboard.type(gtin);
  await page.keyboard.press('Enter');
  await page.waitForSelector(`.lines li[data-sku="${sku}"][data-pieces="${pieces}"]`);
}

/** missed scans a code that the shop does not have, and sees that told although the next scan has begun before the answer. */
async function missed(page, code) {
  let begin;
  const begun = new Promise((resolve) => (begin = resolve));
  const search = `**/search?q=${code}`;
  await page.route(search, async (route) => {
    await begun;
    await route.continue();
  });
  await page.keyboard.type(code);
  await page.keyboard.press('Enter');
  await page.keyboard.type('8');
  begin();
  await page.waitForSelector('.notices p');
  await page.keyboard.press('Backspace');
  await page.unroute(search);
}

/** enter checks the list and sends it. */
async function enter(page, shot) {
  await page.click('[data-check]');
  await page.waitForSelector('[data-send]');
  await shot();
  await page.dblclick('[data-send]'); // a nervous finger enters it once
  await page.waitForSelector('[data-entered]');
}

async function stockJob(browser, shots) {
  const shot = (page, name) => page.screenshot({ path: join(shots, `stock-${name}.png`) });
  const before = { lip: await here(lip), tint: await here(tint) };

  const page = await step('a clerk opens the stock and finds a thing without the marks of its letters', async () => {
    const till = await openTill(browser);
    await till.click('#area-stock');
    await till.keyboard.type('NHUNG lua hong dat');
    await till.click(`.hits [data-sku="${lip.sku}"]`);
    await till.waitForSelector(`[data-here="${before.lip}"]`);
    await shot(till, 'found');
    return till;
  });

  await step('a delivery is entered by scanner', async () => {
    await page.click('[data-job="goods_in"]');
    await missed(page, '4006381333931');
    await scan(page, lip, 1);
    await scan(page, lip, 2);
    await page.focus(`.lines li[data-sku="${lip.sku}"] input`); // the scanner does not look where it types
    await scan(page, tint, 1);
    await shot(page, 'goods-in');
    await enter(page, () => shot(page, 'goods-in-check'));
    assert.deepEqual([await here(lip), await here(tint)], [before.lip + 2, before.tint + 1]);
    await shot(page, 'goods-in-done');
  });

  await step('two pieces go to another shop', async () => {
    await page.click('[data-job="transfer_out"]');
    await scan(page, lip, 1);
    await page.fill(`.lines li[data-sku="${lip.sku}"] input`, '2');
    await page.keyboard.press('Enter');
    await page.waitForSelector(`.lines li[data-sku="${lip.sku}"][data-pieces="2"]`);
    await enter(page, () => shot(page, 'transfer'));
    assert.equal(await here(lip), before.lip);
  });

  await step('an entry whose answer was lost is asked for again after a reload, and takes effect once', async () => {
    await page.click('[data-job="transfer_in"]');
    await scan(page, lip, 1);
    await page.route('**/stock/moves', async (route) => {
      await route.fetch();
      await route.abort();
    }, { times: 1 });
    await page.click('[data-check]');
    await page.click('[data-send]');
    await page.waitForSelector('.about [role="alert"]');
    await shot(page, 'unsure');
    await page.reload();
    await page.click('#area-stock');
    await page.click('.about .main');
    await page.waitForSelector('[data-entered="1"]');
    assert.equal(await here(lip), before.lip + 1);
  });

  await step('a count goes on after a reload, and says what is missing', async () => {
    await page.click('[data-job="count"]');
    await scan(page, tint, 1);
    await page.reload();
    await page.click('#area-stock');
    await page.waitForSelector(`.lines li[data-sku="${tint.sku}"]`);
    await scan(page, tint, 2);
    await enter(page, () => shot(page, 'count'));
    assert.equal(await here(tint), 2);
  });

  await step('a broken piece is a loss with a reason', async () => {
    await page.click('[data-job="loss"]');
    await scan(page, tint, 1);
    assert.ok(await page.isDisabled('[data-check]'), 'a loss without a reason can be sent');
    await page.click('.reasons button');
    await enter(page, () => shot(page, 'loss'));
    assert.equal(await here(tint), 1);
  });

  await step('headquarters has the same figures', async () => {
    await until(async () => (await atHQ(lip)) === before.lip + 1 && (await atHQ(tint)) === 1, 'headquarters having the shop’s figures');
  });

  await step('the page of the device tells how everything fares', async () => {
    await page.click('#area-device');
    for (const part of ['line', 'waiting', 'catalogue', 'camera-main', 'disk', 'backup', 'clock', 'program']) await page.waitForSelector(`[data-part="${part}"]`);
    await page.waitForSelector('[data-part="line"]:not(.bad)');
    await shot(page, 'device');
  });

  await step('no page ran into an error or its own policy', () => assert.deepEqual(faults, []));
}

await runJob(stockJob);
