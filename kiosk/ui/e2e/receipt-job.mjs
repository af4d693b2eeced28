// What becomes of a sale, in a real Chromium against a running `edge demo`: a
// clerk finds a receipt by its number and by its day, gives back some pieces as
// they were paid and the rest otherwise with a manager's yes, voids another
// receipt, refunds one that the gateway has never heard of, exchanges a piece for
// a dearer one while an answer is lost, and gives back what was taken twice.
// Headquarters hears of each once.
//
// job.mjs says what it reads from the environment and how it ends.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { faults, get, kioskURL, office, openTill, post, runJob, step, until } from './job.mjs';

const lip = 'LIP-VEL-02';
const dearer = 'EAR-PRL-01';

async function receiptJob(browser, shots) {
  const page = await openTill(browser);
  const shot = (name) => page.screenshot({ path: join(shots, `receipts-${name}.png`) });
  const sale = (id) => page.evaluate(async (at) => (await fetch(`/api/v1/staff/sales/${at}`)).json(), id);

  /** sell sells so many pieces by card, and returns the receipt's number. */
  const sell = async (pieces) => {
    await page.click('#area-sell');
    for (let n = 0; n < pieces; n++) {
      await page.keyboard.press('F2');
      await page.fill('#search', lip);
      await page.waitForSelector(`#list [data-sku="${lip}"]`);
      await page.keyboard.press('Enter');
      await until(async () => (await page.textContent(`.ticket li[data-sku="${lip}"] output`)) === String(n + 1), `${n + 1} pieces on the ticket`);
    }
    await page.keyboard.press('F9');
    await page.click('.methods :nth-child(2)');
    await page.fill('#reference', '12 34');
    await page.keyboard.press('Enter');
    const done = await page.waitForSelector('.done [data-receipt]');
    const number = await done.getAttribute('data-receipt');
    await page.click('.done .main');
    return number;
  };
  const find = async (number) => {
    await page.keyboard.press('Alt+2');
    await page.fill('#receipt', number);
    await page.keyboard.press('Enter');
  };
  const numbers = []; // of what was recorded, beside the first sales
  const recorded = async () => {
    const number = await (await page.waitForSelector('[data-recorded]')).getAttribute('data-recorded');
    numbers.push(...number.split(' ').filter((n) => n.includes('-'))); // a second payment has none
    return number;
  };

  const [kept, mistaken] = await step('the clerk sells twice by card', async () => {
    return [await sell(3), await sell(1)];
  });

  await step('a receipt is found by a number without its zeros, and among those of its day', async () => {
    await find(kept.replace(/-0+(\d+)$/, '-$1').toLowerCase());
    await page.waitForSelector(`.story[data-receipt="${kept}"][data-state="receiptSold"]`);
    await page.waitForSelector(`[data-row="${kept}"]`);
    await shot('story');
  });

  await step('the receipt that was opened last is shown, though another one’s answer comes later', async () => {
    let come;
    const opened = new Promise((resolve) => (come = resolve));
    await page.route('**/staff/sales/*', async (route) => {
      const response = await route.fetch();
      await opened;
      await route.fulfill({ response });
    }, { times: 1 });
    await page.click(`[data-row="${mistaken}"] .open`);
    await page.click(`[data-row="${kept}"] .open`);
    await page.waitForSelector(`.story[data-receipt="${kept}"]`);
    const [late] = await Promise.all([page.waitForResponse('**/staff/sales/*'), come()]);
    await late.finished();
    await page.evaluate(() => new Promise(requestAnimationFrame)); // it has been taken in
    assert.equal(await page.getAttribute('.story', 'data-receipt'), kept);
  });

  await step('one piece goes back as it was paid, and is written off', async () => {
    await page.click('#refund');
    await page.click(`.refund li[data-sku="${lip}"] [role=group] button:last-child`);
    await page.click(`.refund li[data-sku="${lip}"] [role=radio]:last-child`);
    await page.click('.refund fieldset button:nth-of-type(2)');
    assert.ok(await page.isDisabled('.refund .main'), 'a card is given back without its slip');
    await page.fill('.refund .field:last-of-type input', '56 78');
    await shot('refund');
    const form = await page.locator('.refund .main').boundingBox();
    const finger = [form.x + form.width / 2, form.y + form.height / 2];
    await page.mouse.click(...finger);
    await page.waitForSelector('[data-recorded]');
    await page.mouse.down({ clickCount: 2 }); // a nervous finger's second click
    await page.mouse.up({ clickCount: 2 });
    assert.equal(await page.locator('.refund').count(), 0, 'the second click of a double one opens another refund');
    await recorded();
    await page.waitForSelector('.story[data-state="receiptPart"]');
    const { sale: after, left } = await sale(kept);
    assert.deepEqual(left, { [lip]: 2 });
    assert.equal(after.refunds.length, 1);
    assert.deepEqual([after.refunds[0].lines[0].to, after.refunds[0].back[0].method, after.refunds[0].back[0].reference], ['loss', 'card', '56 78']);
  });

  await step('the rest goes back in cash, with a manager’s yes', async () => {
    await page.click('#refund');
    await page.click('.refund .head .chip');
    await page.click('.refund fieldset button:nth-of-type(1)');
    await page.click('.refund > .choice [role=radio]:last-child');
    await page.click('.refund .main');
    await page.waitForSelector('dialog[open]');
    await shot('approval');
    await page.click('dialog[open] .main');
    await page.waitForSelector('.story[data-state="receiptGone"]');
    const { sale: after } = await sale(kept);
    assert.ok(after.refunds[1].approval, 'nobody approved');
    assert.equal(after.refunds[1].back[0].method, 'cash');
    assert.equal(await page.$('#refund'), null, 'more than was sold can be refunded');
  });

  await step('a receipt is voided, and says by which number', async () => {
    await page.click(`[data-row="${mistaken}"] .open`);
    await page.waitForSelector(`.story[data-receipt="${mistaken}"]`);
    await page.click('#void');
    await page.click('dialog fieldset button');
    await page.fill('dialog .field:nth-of-type(2) input', '90 12');
    await shot('void');
    await page.click('dialog .main');
    const number = await recorded();
    await page.waitForSelector('.story[data-state="receiptVoid"]');
    assert.match(await page.textContent('.story ol'), new RegExp(number));
    assert.equal(await page.$('#void'), null, 'a void receipt can be voided again');
    await shot('voided');
  });

  await step('a receipt of another till is refunded by what is printed on it', async () => {
    await find('Z9-1-7');
    await page.fill('.pane form .input', lip);
    await page.keyboard.press('Enter');
    await page.waitForSelector(`.pane li[data-sku="${lip}"]`);
    await page.fill(`.pane li[data-sku="${lip}"] .input`, '150000');
    await page.click('.pane fieldset button');
    await shot('unknown');
    await page.click('.pane > .main');
    await page.click('dialog[open] .main');
    await recorded();
    assert.match(await page.textContent('[data-recorded]'), /150\.000/);
  });

  await step('a piece is exchanged for a dearer one, once, although the answer is lost and the page loaded anew', async () => {
    const old = await sell(1);
    await find(old);
    await page.click('#exchange');
    await page.click(`.exchange li[data-sku="${lip}"] [role=group] button:last-child`);
    await page.click('.exchange fieldset button:nth-of-type(3)');
    await shot('exchange-back');
    await page.keyboard.type(dearer); // as a scanner does
    await page.waitForSelector(`#goods [data-sku="${dearer}"]`);
    await page.keyboard.press('Enter');
    const due = Number(await (await page.waitForSelector('[data-difference]')).getAttribute('data-difference'));
    assert.ok(due > 0, `${due} is to be paid`);
    await shot('exchange-goods');
    await page.click('.difference .main');
    await page.click('.exact');
    await shot('exchange-pay');
    let asked = 0;
    await page.route('**/exchange', async (route) => {
      await route.fetch();
      asked++;
      await route.abort();
    });
    await page.click('.pay .main');
    await until(() => asked === 1, 'the exchange being asked for');
    await page.waitForSelector('.one .pane[role=status] .main');
    await page.unroute('**/exchange');
    await page.reload();
    await page.click('#area-receipts');
    await page.click('.one .pane[role=status] .main');
    const [back, sold] = (await recorded()).split(' ');
    await page.waitForSelector(`.story[data-receipt="${old}"][data-state="receiptGone"]`);
    await shot('exchanged');
    const [was, now] = [(await sale(old)).sale, (await sale(sold)).sale];
    assert.equal(was.refunds.length, 1);
    assert.deepEqual(was.refunds[0].back, [{ method: 'exchange', amount: was.total.amount }]);
    assert.deepEqual([now.payments[0].method, now.payments[0].reference, now.payments[1].method, now.payments[1].amount], ['exchange', back, 'cash', due]);
    assert.equal(now.total.amount, was.total.amount + due);
  });

  await step('what is left goes back otherwise than it was paid, with a manager’s yes', async () => {
    const old = await sell(2);
    await find(old);
    await page.click('#exchange');
    await page.click('.exchange .head .chip');
    await page.click('.exchange fieldset button:nth-of-type(1)');
    await page.click('#tab-goods');
    await page.fill('#search', lip);
    await page.waitForSelector(`#goods [data-sku="${lip}"]`);
    await page.keyboard.press('Enter');
    await page.waitForSelector('[data-difference^="-"]');
    assert.ok(await page.isDisabled('.difference .main'), 'a card is given back without its slip');
    await page.click('.difference .choice [role=radio]:last-child');
    await page.click('.difference .main');
    await page.click('dialog[open] .main');
    await page.waitForSelector(`.story[data-receipt="${old}"][data-state="receiptGone"]`);
    const { refunds, total } = (await sale(old)).sale;
    assert.ok(refunds[0].approval, 'nobody approved');
    assert.deepEqual(refunds[0].back.map(({ method, amount }) => [method, amount]), [['cash', total.amount / 2], ['exchange', total.amount / 2]]);
  });

  await step('money taken for a cart that was paid elsewhere is recorded, and given back', async () => {
    await page.click('#area-sell');
    await page.keyboard.press('F2');
    await page.fill('#search', lip);
    const [added] = await Promise.all([page.waitForResponse((got) => got.url().endsWith('/lines') && got.ok()), page.keyboard.press('Enter')]);
    const cart = await added.json();
    const sold = await page.evaluate(async ({ id, total }) => {
      const { csrf } = await (await fetch('/api/v1/staff/session')).json();
      const headers = { 'Content-Type': 'application/json', 'X-CSRF': csrf, 'Idempotency-Key': `elsewhere-${id}` };
      const payments = [{ method: 'card', amount: total.amount, reference: '77 01' }];
      return (await fetch('/api/v1/staff/sales', { method: 'POST', headers, body: JSON.stringify({ cart: id, payments }) })).status;
    }, cart);
    assert.equal(sold, 201);
    await page.click('[data-second]');
    await page.waitForSelector('.second .main');
    await shot('second');
    await page.click('.second .main');
    await recorded();
    await page.click('#receipts .open');
    await shot('second-give');
    await page.click('.one .pane .choice [role=radio]:nth-child(2)'); // by card, and it came in cash
    await page.fill('.one .pane .input', '77 02');
    await page.click('.one .pane .main');
    await page.fill('dialog #why', 'hết tiền mặt');
    await shot('second-approval');
    await page.click('dialog[open] .main');
    await page.waitForSelector('[data-recorded="secondDone"]');
    assert.equal(await page.$('#receipts .open'), null, 'money that was given back is still to be');
    assert.match(await page.textContent('#receipts'), /Không có khoản nào/);
  });

  await step('the ticket shows what was done last, though the answer to an earlier touch comes later', async () => {
    await page.click('#area-sell');
    await page.keyboard.press('F2');
    await page.fill('#search', lip);
    const [added] = await Promise.all([page.waitForResponse((got) => got.url().endsWith('/lines') && got.ok()), page.keyboard.press('Enter')]);
    const { id } = await added.json();
    const line = `.ticket li[data-sku="${lip}"]`;
    const total = async () => Number((await page.textContent('.ticket .total strong')).replace(/\D/g, ''));
    const shows = (pieces) => until(async () => (await page.textContent(`${line} output`)) === String(pieces), `${pieces} pieces on the ticket`);
    await shows(1);
    const one = await total();
    let come;
    const told = new Promise((resolve) => (come = resolve));
    await page.route('**/lines/*', async (route) => {
      const response = await route.fetch();
      await told;
      await route.fulfill({ response });
    }, { times: 1 });
    await page.click(`${line} [role=group] button:last-child`);
    await until(async () => (await get(`${kioskURL}/api/v1/carts/${id}`)).count === 2, 'the second piece being in the cart');
    await post(`/api/v1/carts/${id}/lines`, { sku: lip, quantity: 3 }); // as a phone does
    await until(async () => (await total()) === 5 * one, 'the till hearing of three more');
    come();
    await shows(5);
    assert.equal(await total(), 5 * one);
  });

  await step('headquarters has each of them, once', async () => {
    assert.ok(numbers.length >= 5, `only ${numbers.length} records`);
    const there = await until(async () => {
      const receipts = (await office('GET', '/v1/sales?limit=1000')).sales.map(({ receipt }) => receipt);
      return numbers.every((number) => receipts.includes(number)) && receipts;
    }, 'headquarters having all of them');
    assert.deepEqual(there.filter((number) => numbers.includes(number)).toSorted(), numbers.toSorted());
  });

  await step('no page ran into an error or its own policy', () => assert.deepEqual(faults, []));
}

await runJob(receiptJob);
