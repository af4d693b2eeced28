// The order desk, in a real Chromium against a running `edge demo` with a test
// printer: an order for delivery is taken while the line is cut, its slip is
// printed, the line comes back, headquarters accepts, and the state reaches the
// till's board, the phone that scanned the slip and the slip when it is printed
// again. The customer changes their mind, and gets the deposit back. The same
// customer, found by the telephone number, orders to collect, and the code hands
// it over once, without the line. At last a ticket's line of more than the shop
// has is ordered in part.
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

/** offer gives a code that somebody brings. */
async function offer(till, code) {
  await till.fill('#code', code);
  await till.press('#code', 'Enter');
}

/** choose opens an order of the board. */
async function choose(till, id) {
  await till.click(`[data-row="${id}"] .open`);
  await till.waitForSelector(`article[data-order="${id}"]`);
}

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
    await till.waitForSelector('[data-line="down"]');
    await till.waitForSelector('[data-waiting]:not([data-waiting="0"])');
    await shot(till, 'done');
    return id;
  });

  /** slip prints the slip of the order that is shown and reads its code. */
  const slip = async () => {
    const before = await papers();
    await till.click(':is(.next, .deeds) button:text("phiếu")');
    return scanned(await paper(before + 1));
  };
  /** told opens an order's page and gives what it says of the state. */
  const told = (page) => page.textContent('[data-part="order"] .told > strong');

  const phone = await step('its slip leads to it, on a phone, as soon as the line is back', async () => {
    const link = await slip();
    assert.ok(link.startsWith('http'), `the slip’s code says ${link.slice(0, 40)}`);
    await till.click('.next .button:nth-child(2)');
    await onBoard(till, home, 'placed');
    await setLine(demo, true);
    const order = await arrived(home);
    assert.ok(!JSON.stringify(order).includes('Lê Lợi'), 'headquarters tells an address with an order');
    await till.waitForSelector('[data-line="up"]');
    await till.waitForSelector('[data-waiting="0"]');
    const page = await open(browser, 'phone', link, phoneSize);
    await until(() => told(page), 'the phone showing the order');
    return page;
  });

  await step('headquarters accepts: the board, the phone and a slip that is printed now say so', async () => {
    const before = await told(phone);
    await reach(home, 'accepted');
    await onBoard(till, home, 'accepted');
    const says = await until(async () => {
      const now = await told(phone);
      return now !== before && now;
    }, 'the phone showing the order accepted');
    await shot(till, 'board');
    await shot(phone, 'phone');
    await choose(till, home);
    const page = await open(browser, 'slip', await slip(), phoneSize);
    assert.equal(await told(page), says, 'who scans the new slip is told otherwise');
    await page.context().close();
  });

  await step('the customer changes their mind: headquarters cancels, and the shop gives the deposit back', async () => {
    await till.click('[data-do="cancel"]');
    await till.fill('[name="reason"]', 'khách đổi ý');
    await till.press('[name="reason"]', 'Enter');
    const there = () => office('GET', `/v1/orders/${home}`);
    const { held, requests } = await until(async () => {
      const order = await there();
      return order.requests.length > 0 && order;
    }, 'headquarters hearing of the wish');
    assert.deepEqual(requests.map(({ wish, reason }) => [wish, reason]), [['cancel', 'khách đổi ý']]);
    assert.ok(held > 0, 'headquarters does not know of the deposit');
    await reach(home, 'cancelled', 'refund_due');
    await till.click('article [data-do="money"]');
    await till.fill('[name="reason"]', 'khách đổi ý');
    await till.click('article form .button.main');
    await till.waitForSelector('article .deeds:not(:has([data-do="money"]))');
    await shot(till, 'given-back');
    await until(async () => (await there()).held === 0, 'headquarters hearing that the deposit went back');
    await reach(home, 'refunded');
    await till.waitForSelector('article [data-state="refunded"]');
    await until(async () => (await told(phone)).startsWith('Đã hoàn tiền'), 'the phone showing that the money went back');
    await till.click('article header .button');
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

  await step('the pick-up code hands it over without the line, once', async () => {
    await till.click('.next .button:nth-child(2)');
    await arrived(here);
    await reach(here, 'accepted', 'allocated', 'packed', 'ready_for_pickup');
    await onBoard(till, here, 'ready_for_pickup');
    const { document } = await arrived(here);
    assert.ok(document.code, 'an order that is ready has no code');
    await setLine(demo, false);
    await offer(till, document.code);
    await till.waitForSelector('[data-pickup="ready_for_pickup"]');
    await till.click('.exact');
    await shot(till, 'pay');
    await till.click('[data-pickup] .button.main'); // the money first
    await till.waitForSelector('[data-pickup] ul');
    await shot(till, 'hand-over');
    await till.click('[data-pickup] .button.main');
    await till.waitForSelector('article [data-state="collected"]');
    await offer(till, document.code);
    await till.waitForSelector('[data-pickup="collected"] .warn');
    const again = await till.evaluate(async ({ id, code }) => {
      const { csrf } = await (await fetch('/api/v1/staff/session')).json();
      const headers = { 'Content-Type': 'application/json', 'X-CSRF': csrf, 'Idempotency-Key': `again-${id}` };
      return (await fetch(`/api/v1/staff/orders/${id}/collected`, { method: 'POST', headers, body: JSON.stringify({ code }) })).status;
    }, { id: here, code: document.code });
    assert.equal(again, 409, 'the gateway hands an order over twice');
    await shot(till, 'twice');
    await setLine(demo, true);
    await until(async () => (await arrived(here)).state === 'collected', 'headquarters hearing that it was collected');
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
