// The main job in a real Chromium, against a running `edge demo`: a shopper
// tries on and fills a cart while the shop's line to headquarters is cut, the
// phone opens the cart from the QR code, the line comes back, the clerk sells
// the cart, and headquarters shows the receipt.
//
// job.mjs says what it reads from the environment and how it ends.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { demoURL, faults, get, hqURL, kioskURL, open, openTill, phoneSize, picture, runJob, setLine, step, tillSize, until } from './job.mjs';
import { scanned } from './paper.mjs';

const lip = { category: 'lips', product: 'lip-silk-velvet', sku: 'LIP-VEL-02' };
const glasses = { category: 'glasses', sku: 'GLS-RND-01', product: 'glasses-alley-round' };

/** addToCart presses the button and sees n pieces counted while the gateway has not even been asked. */
async function addToCart(page, n) {
  let ask;
  const counted = new Promise((resolve) => (ask = resolve));
  const hold = async (route) => {
    await counted;
    await route.fallback();
  };
  await page.route('**/api/v1/carts**', hold);
  await page.click('.add');
  await page.waitForSelector(`[data-count="${n}"]`);
  ask();
  await page.unroute('**/api/v1/carts**', hold);
}

async function mainJob(browser, shots) {
  const shot = (page, name) => page.screenshot({ path: join(shots, `${name}.png`) });

  const kiosk = await step('the kiosk opens with the camera off', async () => {
    await fetch(`${kioskURL}/kiosk/v1/session/finish`, { method: 'POST' }); // whoever was there before
    const page = await open(browser, 'kiosk', `${kioskURL}/`, { viewport: { width: 1080, height: 1920 } });
    await page.waitForSelector('.wall img');
    assert.equal((await get(`${kioskURL}/kiosk/v1/session`)).state, 'attract', 'the session is not in state attract');
    await shot(page, '01-attract');
    return page;
  });

  await step('nothing but a blur is shown before consent', async () => {
    const preview = `${kioskURL}/kiosk/v1/session/preview`;
    assert.equal((await fetch(preview)).status, 409, 'a preview is served though nobody is asked');
    await kiosk.click('.start');
    await kiosk.waitForSelector('.answers');
    assert.equal((await fetch(`${kioskURL}/kiosk/v1/mirror.mjpeg`)).status, 409, 'the mirror is served without consent');
    await kiosk.waitForSelector('canvas.seen');
    const { width, height } = await kiosk.$eval('canvas', (c) => ({ width: c.width, height: c.height }));
    assert.ok(width <= 24 && height <= 24, `the preview is ${width} × ${height} px`);
    assert.equal((await get(`${kioskURL}/kiosk/v1/session`)).mirror.faces, 0, 'somebody is looked for before consent');
    await new Promise((next) => setTimeout(next, 300)); // it fades in
    await shot(kiosk, '02-consent');
  });

  await step('the mirror shows moving frames', async () => {
    await kiosk.click('.answers .main');
    await kiosk.waitForSelector('canvas[data-frames]');
    assert.equal((await fetch(`${kioskURL}/kiosk/v1/session/preview`)).status, 409, 'a preview is served after the answer');
    const first = await picture(kiosk);
    await until(async () => {
      const next = await picture(kiosk);
      return next.n > first.n && next.data !== first.data;
    }, 'a second, different frame');
    await until(async () => (await get(`${kioskURL}/kiosk/v1/session`)).mirror.face, 'a face being seen');
    await shot(kiosk, '03-mirror');
  });

  const demoPage = await open(browser, 'demo', demoURL, { viewport: tillSize });

  await step('the line to headquarters is cut and the kiosk says so calmly', async () => {
    await setLine(demoPage, false);
    await kiosk.waitForSelector('.calm');
  });

  await step('shades are worn, and counted in the cart before the gateway has answered', async () => {
    for (const [i, { category, product, sku }] of [lip, glasses].entries()) {
      await kiosk.click(`[data-category="${category}"]`);
      await kiosk.click(`[data-product="${product}"]`);
      await kiosk.click(`[data-sku="${sku}"]`);
      await until(async () => (await get(`${kioskURL}/kiosk/v1/session`)).skus.includes(sku), `${sku} being worn`);
      await addToCart(kiosk, i + 1);
    }
    const { look } = await get(`${kioskURL}/kiosk/v1/session`);
    assert.deepEqual(look.layers.map((layer) => layer.kind).sort(), ['glasses', 'lipstick']);
    const from = (await picture(kiosk)).n;
    await until(async () => (await picture(kiosk)).n >= from + 5, 'five more frames'); // with the look on them
    await shot(kiosk, '04-worn');
  });

  await step('a reload of the page goes on with the session', async () => {
    const before = await get(`${kioskURL}/kiosk/v1/session`);
    await kiosk.reload();
    await kiosk.waitForSelector('canvas[data-frames]');
    await kiosk.waitForSelector('[data-count="2"]');
    const after = await get(`${kioskURL}/kiosk/v1/session`);
    assert.deepEqual([after.id, after.cart, after.skus], [before.id, before.cart, before.skus]);
    await kiosk.waitForSelector(`[data-sku="${glasses.sku}"][aria-pressed="true"]`); // still looked at
    await kiosk.click(`[data-category="${lip.category}"]`);
    await kiosk.waitForSelector(`[data-sku="${lip.sku}"][aria-pressed="true"]`); // still worn
  });

  const cart = await step('the cart has both lines', async () => {
    await kiosk.click('.bar .button:nth-child(2)');
    await kiosk.waitForSelector(`.cart li[data-sku="${glasses.sku}"]`);
    const { cart: id } = await get(`${kioskURL}/kiosk/v1/session`);
    const view = await until(async () => {
      const found = await get(`${kioskURL}/api/v1/carts/${id}`);
      return found.lines.length === 2 && found;
    }, 'the gateway having two lines');
    assert.deepEqual(view.lines.map((line) => [line.sku, line.quantity]).sort(), [[glasses.sku, 1], [lip.sku, 1]]);
    await shot(kiosk, '05-cart');
    await kiosk.reload();
    await kiosk.waitForSelector(`.cart li[data-sku="${glasses.sku}"]`); // where the shopper was
    return view;
  });

  const link = await step('the QR code on the screen reads back as a link to headquarters', async () => {
    await kiosk.click('.cart .main');
    const code = await kiosk.waitForSelector('img.drawn[data-link]');
    const box = await code.boundingBox();
    assert.ok(box.width >= 420 && box.height >= 420, `the QR code is ${box.width} × ${box.height} px`);
    await shot(kiosk, '06-qr');
    const read = await scanned(join(shots, '06-qr.png'));
    const shown = await code.getAttribute('data-link');
    for (const url of [read, shown]) assert.ok(url.startsWith(`${hqURL}/c/`), `${url} does not lead to ${hqURL}/c/`);
    await kiosk.reload();
    await kiosk.waitForSelector('img.drawn[data-link]'); // not the mirror: the shopper is about to scan
    return read;
  });

  const phone = await step('the phone opens the cart that headquarters has never heard of', async () => {
    const page = await open(browser, 'phone', link, phoneSize);
    const lines = await page.$$eval('main li', (items) =>
      items.map((item) => [item.querySelector('h2').textContent, Number(item.querySelector('output').textContent)]),
    );
    assert.deepEqual(lines.sort(), cart.lines.map((line) => [line.name.vi, line.quantity]).sort());
    await shot(page, '07-phone');
    return page;
  });

  await step('a change on the phone reaches the kiosk once the line is back', async () => {
    await phone.click('main li:first-child button[data-d="1"]');
    await until(async () => (await phone.textContent('main li:first-child output')) === '2', 'the phone showing two pieces');
    await setLine(demoPage, true);
    await kiosk.waitForSelector('[data-phone="seen"]');
    const view = await until(async () => {
      const found = await get(`${kioskURL}/api/v1/carts/${cart.id}`);
      return found.count === 3 && found;
    }, 'the piece added on the phone being in the cart');
    assert.ok(view.opened, 'the shop does not know that a phone opened the cart');
    await kiosk.waitForSelector('.calm', { state: 'detached' });
    await shot(kiosk, '08-seen');
  });

  const receipt = await step('the clerk signs in and sells that cart', async () => {
    const page = await openTill(browser);
    await page.click(`[data-cart="${cart.id}"]`);
    const sales = () => page.evaluate(async () => (await (await fetch('/api/v1/staff/sales?limit=200')).json()).sales.length);
    const before = await sales();
    await page.waitForSelector(`.ticket li[data-sku="${lip.sku}"]`);
    await shot(page, '09-ticket');
    await page.click('.ticket .main');
    await page.click('.methods :nth-child(2)');
    await page.keyboard.type('4111 1111 1111 1111'); // into the slip number's field, which has the focus
    await page.keyboard.press('Enter');
    await page.waitForSelector('.notices p');
    assert.equal(await page.inputValue('#reference'), '4111 1111 1111 1111', 'a refusal loses what was entered');
    await page.click('.methods :nth-child(1)');
    await page.click('.exact');
    await shot(page, '10-pay');
    await phone.click('main li:first-child button[data-d="-1"]'); // while the clerk takes the money
    await page.waitForSelector('.changed button');
    assert.ok(await page.isDisabled('.pay .main'), 'the old total can still be recorded');
    await shot(page, '10-pay-changed');
    await page.click('.changed button');
    await page.click('.exact');
    await page.dblclick('.pay .main'); // a nervous finger sells once
    const number = await page.waitForSelector('.done [data-receipt]');
    await shot(page, '11-done');
    const got = await number.getAttribute('data-receipt');
    await page.click('.done .main');
    await page.click('#tab-sales');
    await page.waitForSelector(`tr[data-receipt="${got}"] .sent`);
    assert.equal(await sales(), before + 1, 'the number of sales after one more');
    await shot(page, '12-sales');
    return got;
  });

  await step('kiosk and phone show the cart paid', async () => {
    await kiosk.waitForSelector(`[data-receipt="${receipt}"]`);
    await shot(kiosk, '13-paid');
    await phone.waitForSelector('section[data-closed]');
    assert.match(await phone.textContent('.paid'), new RegExp(receipt));
    await shot(phone, '14-phone-paid');
  });

  await step('headquarters shows the receipt', async () => {
    const page = await open(browser, 'headquarters', `${hqURL}/sales`, { viewport: tillSize });
    await page.waitForSelector(`td.receipt:text-is("${receipt}")`);
    await shot(page, '15-hq');
  });

  await step('headquarters compares everything with the shop, and says what came of it', async () => {
    const page = await open(browser, 'pull', `${hqURL}/`, { viewport: tillSize });
    await page.click('article h2 a');
    await page.waitForSelector('#live.on');
    await page.click('.pull form button');
    const done = await page.waitForSelector('#pulls li.pull-done:first-child .said'); // by itself
    const said = await done.textContent();
    assert.match(said, /Xong/);
    await shot(page, '16-hq-pull');
    await page.reload();
    assert.equal(await page.textContent('#pulls li:first-child .said'), said, 'a reload forgets the pull');
  });

  await step('finish wipes the kiosk', async () => {
    await kiosk.click('.bar .main');
    await kiosk.waitForSelector('[data-screen="attract"]');
    const session = await until(async () => {
      const found = await get(`${kioskURL}/kiosk/v1/session`);
      return found.state === 'attract' && found;
    }, 'the gateway hearing of it');
    assert.deepEqual([session.state, session.cart, session.skus, session.look.layers, session.photos], ['attract', null, [], [], []]);
    assert.deepEqual([session.camera.consent, session.mirror.face], [false, false], 'the mirror still knows of a face');
    for (const seen of ['mirror.mjpeg', 'session/preview', 'session/scan']) {
      assert.equal((await fetch(`${kioskURL}/kiosk/v1/${seen}`)).status, 409, `${seen} is still served`);
    }
    const kept = await kiosk.evaluate(() => [history.state, ...Object.keys(sessionStorage), ...Object.keys(localStorage)]);
    assert.deepEqual(kept, [null], 'the page remembers the shopper');
    const { faces } = session.mirror;
    await kiosk.reload();
    await kiosk.waitForSelector('[data-screen="attract"]');
    assert.equal((await get(`${kioskURL}/kiosk/v1/session`)).mirror.faces, faces, 'faces are still looked for');
  });

  await step('no page ran into an error or its own policy', () => assert.deepEqual(faults, []));
}

await runJob(mainJob);
