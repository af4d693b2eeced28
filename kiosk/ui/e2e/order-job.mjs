// The order desk, in a real Chromium against a running `edge demo` with a test
// printer: an order for delivery is taken while the line is cut, its slip is
// printed, the line comes back, headquarters accepts, and the state reaches the
// till's board and the phone that scanned the slip; then the same customer, found
// by the telephone number, orders to collect, and the code hands it over once. At last a ticket's
// line of more than the shop has is ordered in part.
//
// job.mjs and paper.mjs say what it reads from the environment, and how it ends.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { demoURL, faults, get, kioskURL, office, open, openTill, phoneSize, post, runJob, setLine, step, tillSize, until } from './job.mjs';
import { paper, papers, scanned } from './paper.mjs';

const glasses = 'GLS-RND-01';
const lip = 'LIP-VEL-02';
const customer = { name: 'Nguyễn Thị Lan', phone: '0901 234 567' };

/** arrived waits until headquarters has an order. */
const arrived = (id) => until(async () => (await office('GET', '/v1/orders')).orders.find((order) => order.id === id), `order ${id} reaching headquarters`);

/** reach brings an order to each state in turn. */
async function reach(id, ...states) {
  for (const state of states) await office('POST', `/v1/orders/${id}/state`, { state });
}

/** begin starts an order of one thing by scanner. */
async function begin(till, sku) {
  await till.click('[data-do="new"]');
  await till.waitForSelector('#wanted');
  await till.keyboard.type(sku);
  await till.keyboard.press('Enter');
  await till.waitForSelector(`[data-line="${sku}"]`);
  await till.keyboard.press('Enter'); // nothing more: on to the next question
  await till.waitForSelector('[data-step="how"]');
}

const next = (till) => till.click('aside .main');

/** taken waits for the end of the order that is being taken, and gives its id. */
const taken = async (till) => (await till.waitForSelector('.done[data-order]')).getAttribute('data-order');

/** onBoard waits until the board shows an order in a state. */
async function onBoard(till, id, state) {
  await till.waitForSelector(`[data-row="${id}"] [data-state="${state}"]`);
}

async function orderJob(browser, shots) {
  const shot = (page, name) => page.screenshot({ path: join(shots, `order-${name}.png`) });
  const demo = await open(browser, 'demo', demoURL, { viewport: tillSize });
  const till = await openTill(browser);

  const home = await step('an order for delivery is taken while the line is cut', async () => {
    await setLine(demo, false);
    await till.click('#area-orders');
    await begin(till, glasses);
    await till.waitForSelector('[data-offline]');
    await shot(till, 'how');
    await next(till);
    await till.fill('[name="phone"]', customer.phone);
    await till.press('[name="phone"]', 'Enter');
    await till.fill('[name="name"]', customer.name);
    for (const [at, text] of ['thanh pho ho chi minh', 'sai gon'].entries()) {
      const field = till.locator('[role="combobox"]').nth(at);
      await field.fill(at === 0 ? 'ho chi minh' : text);
      await field.press('Enter');
    }
    await till.fill('[name="street"]', '12 Lê Lợi');
    await next(till);
    assert.equal(await till.getAttribute('[data-step]', 'data-step'), 'who', 'a name was taken without consent');
    await till.check('[name="agreed"]');
    await till.check('[name="remember"]');
    await shot(till, 'who');
    await next(till);
    const now = await till.waitForSelector('[data-now]');
    assert.ok(Number(await now.getAttribute('data-now')) > 0, 'a deposit of nothing');
    await shot(till, 'agree');
    await next(till);
    await till.click('.exact');
    await till.dblclick('.step .button.main'); // a nervous finger pays once
    const id = await taken(till);
    await shot(till, 'done');
    return id;
  });

  const link = await step('its slip leads to it', async () => {
    const before = await papers();
    await till.click('.next .button:first-child');
    const found = await scanned(await paper(before + 1));
    assert.ok(found.startsWith('http'), `the slip’s code says ${found.slice(0, 40)}`);
    return found;
  });

  const phone = await step('the line is back: headquarters accepts, and board and phone show it', async () => {
    await till.click('.next .button:nth-child(2)');
    await onBoard(till, home, 'placed');
    await setLine(demo, true);
    const order = await arrived(home);
    const page = await open(browser, 'phone', link, phoneSize);
    const says = await until(() => page.textContent('[data-part="order"] .told > strong'), 'the phone showing the order');
    await reach(home, 'accepted');
    await onBoard(till, home, 'accepted');
    await until(async () => (await page.textContent('[data-part="order"] .told > strong')) !== says, 'the phone showing the order accepted');
    assert.ok(!JSON.stringify(order).includes('Lê Lợi'), 'headquarters tells an address with an order');
    await shot(till, 'board');
    await shot(page, 'phone');
    return page;
  });
  await phone.context().close();

  const here = await step('the customer is known by the telephone number, and orders to collect', async () => {
    await begin(till, glasses);
    await till.check('[data-way="here"] input');
    await next(till);
    await till.fill('[name="phone"]', customer.phone);
    await till.press('[name="phone"]', 'Enter');
    await till.click('.known .button:not(.plain)');
    assert.equal(await till.inputValue('[name="name"]'), customer.name);
    await till.check('[name="agreed"]');
    await next(till);
    await till.click('[data-terms="on_receipt"]');
    await till.waitForSelector('[data-now="0"]');
    await next(till);
    return taken(till);
  });

  await step('the pick-up code hands it over, once', async () => {
    await till.click('.next .button:nth-child(2)');
    await arrived(here);
    await reach(here, 'accepted', 'allocated', 'packed', 'ready_for_pickup');
    await onBoard(till, here, 'ready_for_pickup');
    const { document } = await arrived(here);
    assert.ok(document.code, 'an order that is ready has no code');
    await till.fill('#code', document.code);
    await till.press('#code', 'Enter');
    await till.waitForSelector('[data-pickup="ready_for_pickup"]');
    await till.click('.exact');
    await shot(till, 'pay');
    await till.click('[data-pickup] .button.main'); // the money first
    await till.waitForSelector('[data-pickup] ul');
    await shot(till, 'hand-over');
    await till.click('[data-pickup] .button.main');
    await till.waitForSelector('article [data-state="collected"]');
    await until(async () => (await arrived(here)).state === 'collected', 'headquarters hearing that it was collected');
    await till.fill('#code', document.code);
    await till.press('#code', 'Enter');
    await till.waitForSelector('[data-pickup="collected"] .warn');
    await shot(till, 'twice');
  });

  await step('what is missing of a ticket’s line is ordered, and the rest stays to be sold', async () => {
    const { variant } = await get(`${kioskURL}/api/v1/catalogue/variants/${lip}`);
    const cart = await post('/api/v1/carts');
    await post(`/api/v1/carts/${cart.id}/lines`, { sku: lip, quantity: variant.stock + 2 });
    await till.click('#area-sell');
    await till.click(`[data-cart="${cart.id}"]`);
    await till.click(`li[data-sku="${lip}"] .order`);
    await till.check('[data-way="here"] input');
    await next(till);
    await till.fill('[name="phone"]', customer.phone);
    await till.fill('[name="name"]', customer.name);
    await till.check('[name="agreed"]');
    await next(till);
    await till.click('[data-terms="on_receipt"]');
    await till.waitForSelector('[data-now="0"]');
    await next(till);
    await taken(till);
    const { lines } = await get(`${kioskURL}/api/v1/carts/${cart.id}`);
    assert.deepEqual(lines.map(({ sku, quantity }) => [sku, quantity]), [[lip, variant.stock]]);
    await till.click('.next .button:nth-child(2)');
  });

  await step('the board is read in three languages and on an upright screen', async () => {
    await till.setViewportSize({ width: 1080, height: 1920 });
    for (const lang of ['en', 'zh', 'vi']) {
      await till.click(`.languages [lang="${lang}"], header button[lang="${lang}"]`);
      await till.waitForSelector(`html[lang="${lang}"]`);
      await shot(till, `board-${lang}`);
    }
  });

  assert.deepEqual(faults, [], 'a page’s console reported something');
}

await runJob(orderJob);
