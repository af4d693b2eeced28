// What a shopper meets at the kiosk beside the mirror itself, in a real Chromium:
// a product's code tries it on, by a scanner and by the camera; help with shades
// and a product's sheet; the gateway dies and comes back under the shopper's
// hands, and the clerk's who has just taken money; a code is withdrawn and the phone given the cart to pay for; who walks
// away is forgotten.
//
// The job runs demos of its own: EDGE is their program, bin/edge by default.
// job.mjs says what else it reads from the environment and how it ends.
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { held } from './barcode.mjs';
import { startDemo } from './demo.mjs';
import { faults, get, kioskURL, open, openTill, picture, runJob, scan, signIn, step, until, visit } from './job.mjs';

const dir = await mkdtemp(join(tmpdir(), 'mirrorcart-shopper-'));
const account = 'transfer: {bank: "970436", bank_name: Vietcombank, account: "0011002233445", name: TIEM DEP NANG MAI}';
await writeFile(join(dir, 'edge.yaml'), `mirror: {gone_timeout: 10s}\npayment: {${account}}\n`);
const flags = ['--settings', join(dir, 'edge.yaml')];
let demo = await startDemo(join(dir, 'shop'), { flags });
visit(demo.addresses);

const viewport = { width: 1080, height: 1920 };
const lip = { gtin: '8939990100020', sku: 'LIP-VEL-02' };
const session = () => get(`${kioskURL}/kiosk/v1/session`);
const worn = (sku) => until(async () => (await session()).skus.includes(sku), `${sku} being worn`);

async function shopperJob(browser, shots) {
  const shot = (page, name) => page.screenshot({ path: join(shots, `${name}.png`) });
  const kiosk = await open(browser, 'kiosk', `${kioskURL}/`, { viewport });
  await kiosk.waitForSelector('.wall img');
  const products = (await get(`${kioskURL}/api/v1/catalogue`)).products.flatMap((p) => p.variants);
  const glasses = products.find((v) => v.tryon?.kind === 'glasses');

  await step('a code that is scanned before anybody touched is worn once the mirror is open', async () => {
    await scan(kiosk, lip.gtin);
    await kiosk.waitForSelector('.answers');
    assert.deepEqual((await session()).skus, [], 'it is worn before consent');
    await kiosk.click('.answers .main');
    await worn(lip.sku);
    await kiosk.waitForSelector(`[data-sku="${lip.sku}"][aria-pressed="true"]`);
  });

  await step('a GS1 Digital Link is as good as a bar code; what is not sold is said', async () => {
    await scan(kiosk, `https://id.example.com/01/${glasses.gtin.padStart(14, '0')}/21/7?17=270101`);
    await worn(glasses.sku);
    await scan(kiosk, '4006381333931');
    await kiosk.waitForSelector('.notice');
    assert.deepEqual((await session()).skus.sort(), [glasses.sku, lip.sku].sort());
  });

  await step('two touches sort the shades by the shopper’s own word and put on what suits', async () => {
    await kiosk.click('[data-category="lips"]');
    await kiosk.click(`[data-product="lip-silk-velvet"]`);
    const shades = () => kiosk.$$eval('.shades [data-sku]', (list) => list.map((shade) => shade.dataset.sku));
    const before = await shades();
    await kiosk.click('[data-help]');
    await shot(kiosk, '43-help');
    await kiosk.click('[data-undertone="cool"]');
    const sorted = await shades();
    assert.deepEqual(sorted.toSorted(), before.toSorted());
    assert.notDeepEqual(sorted, before);
    await worn(sorted[0]);
    await kiosk.waitForSelector('[data-product="lip-silk-velvet"]');
  });

  await step('a product’s sheet tells what it is and what goes with it', async () => {
    await kiosk.click('[data-about]');
    await kiosk.waitForSelector('[data-sheet] .details');
    await kiosk.waitForSelector('[data-sheet] .stock .skeleton', { state: 'detached' });
    await shot(kiosk, '44-sheet');
    const other = await kiosk.getAttribute('[data-with]', 'data-with');
    await kiosk.click('[data-with]');
    await worn(other);
    await kiosk.waitForSelector(`[data-sheet="${other}"]`);
    await kiosk.keyboard.press('Escape');
    await kiosk.waitForSelector('[data-sheet]', { state: 'detached' });
  });

  const till = await step('a clerk takes money while the shopper fills the cart', async () => {
    const page = await openTill(browser);
    await scan(page, lip.gtin);
    await page.waitForSelector(`.ticket li[data-sku="${lip.sku}"]`);
    await page.keyboard.press('F9');
    await page.click('.exact');
    await kiosk.click('.add');
    await kiosk.waitForSelector('[data-count="1"]');
    return page;
  });

  await step('the gateway dies before it can say that it recorded the sale, and comes back: the shopper goes on', async () => {
    const before = await until(async () => {
      const s = await session();
      return s.cart && s;
    }, 'the session having a cart');
    await kiosk.evaluate(() => (window.neverReloaded = true));
    const { host } = new URL(kioskURL);
    const dead = new Promise((done) => {
      till.route('**/staff/sales', async (route) => {
        await route.fetch();
        await demo.kill();
        done();
        await route.abort();
      }, { times: 1 });
    });
    await till.click('.pay .main');
    await dead;
    await kiosk.waitForSelector('.calm');
    await till.waitForSelector('.unknown .main');
    await shot(till, '47-unknown');
    const shown = (await picture(kiosk)).n;
    demo = await startDemo(join(dir, 'shop'), { addr: host, flags });
    await until(async () => (await picture(kiosk)).n > shown, 'the mirror moving again');
    const after = await until(async () => {
      const s = await session();
      return s.skus.length === before.skus.length && s;
    }, 'the look being back');
    assert.notEqual(after.id, before.id);
    assert.deepEqual([after.cart, after.camera.consent, after.skus.sort()], [before.cart, true, before.skus.sort()]);
    await kiosk.waitForSelector('.calm', { state: 'detached' });
    await kiosk.click('.add');
    await kiosk.waitForSelector('[data-count="2"]');
    await until(async () => (await get(`${kioskURL}/api/v1/carts/${before.cart}`)).count === 2, 'the cart having both');
    assert.ok(await kiosk.evaluate(() => window.neverReloaded), 'the page was loaded anew');
    await shot(kiosk, '41-restarted');
  });

  await step('the clerk signs in and asks again: the sale was made, once', async () => {
    await signIn(till);
    await till.click('.unknown .main');
    const receipt = await (await till.waitForSelector('.done [data-receipt]')).getAttribute('data-receipt');
    const { sales } = await till.evaluate(async () => (await fetch('/api/v1/staff/sales?limit=200')).json());
    assert.deepEqual(sales.map(({ receipt: { till, series }, lines }) => [`${till}-${series}`, lines.length]), [[receipt.replace(/-\d+$/, ''), 1]]);
    const office = await open(browser, 'headquarters', `${demo.addresses.hq}/sales`);
    await office.waitForSelector(`td.receipt:text-is("${receipt}")`);
    assert.equal(await office.locator('td.receipt').count(), 1, 'headquarters has the sale more than once');
    await office.context().close();
    await till.context().close();
  });

  await step('a code is withdrawn, and the cart given to the phone to pay for', async () => {
    await kiosk.click('.bar .button:nth-child(2)');
    await kiosk.click('.cart .main');
    const code = async (other) => {
      await kiosk.waitForSelector('img.drawn');
      return until(async () => {
        const link = await kiosk.getAttribute('img.drawn', 'data-link');
        return link !== other && link;
      }, 'the code being drawn');
    };
    const first = await code();
    for (const { width, height } of await kiosk.$$eval('.take button', (all) => all.map((b) => b.getBoundingClientRect().toJSON()))) {
      assert.ok(width >= 48 && height >= 48, `a button is ${width} × ${height} px`);
    }
    await kiosk.click('[data-take-back]');
    await kiosk.click('[data-withdraw]');
    const second = await code(first);
    await kiosk.click('[data-pay]');
    await shot(kiosk, '45-pay-on-phone');
    await kiosk.click('[data-phone-pays]');
    await kiosk.waitForSelector('[data-claimed]');
    await code(second);
    await kiosk.waitForSelector('[data-phone="waiting"]');
    const { cart } = await session();
    assert.equal((await get(`${kioskURL}/api/v1/carts/${cart}`)).claim.holder, 'phone');
    await shot(kiosk, '46-phone-pays');
  });

  const picked = products.find((v) => v.tryon?.kind === 'earrings');
  await writeFile(join(dir, 'held.png'), await held(kiosk, picked.gtin));
  await kiosk.close();
  await demo.stop();
  demo = await startDemo(join(dir, 'other'), { flags: [...flags, '--camera', `still:${join(dir, 'held.png')}`] });
  visit(demo.addresses);

  const other = await open(browser, 'other kiosk', `${kioskURL}/`, { viewport });
  await step('a code that is held into the camera is worn', async () => {
    await other.click('.start');
    assert.equal((await fetch(`${kioskURL}/kiosk/v1/session/scan`)).status, 409, 'the camera is looked at before consent');
    await other.click('.answers .main');
    await other.waitForSelector('canvas[data-frames]');
    await other.click('[data-tool="scan"]');
    await worn(picked.sku);
    await other.waitForSelector(`[data-screen="mirror"] [data-sku="${picked.sku}"]`);
  });

  await step('who has left the mirror is counted down and wiped; a touch stops it', async () => {
    await other.waitForSelector('.ask button');
    await shot(other, '42-countdown');
    await other.click('.ask button');
    await other.waitForSelector('.ask', { state: 'detached' });
    await other.waitForSelector('.ask button');
    await other.waitForSelector('[data-screen="attract"]');
    const { state, skus, cart, camera } = await session();
    assert.deepEqual([state, skus, cart, camera.consent], ['attract', [], null, false]);
  });

  await step('no page ran into an error or its own policy', () => assert.deepEqual(faults, []));
}

try {
  await runJob(shopperJob);
} finally {
  await demo.stop();
  await rm(dir, { recursive: true, force: true });
}
