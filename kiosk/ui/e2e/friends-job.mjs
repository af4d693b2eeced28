// A photo that goes along with the cart, in a real Chromium against a running
// `edge demo`: sealed at the kiosk, opened by the phone with the part of the link
// that no server gets, voted on by friends, and deleted everywhere with one touch.
//
// job.mjs says what it reads from the environment and how it ends; DEMO_DIR is
// the demo's folder, where neither the photo nor its key may be found.
import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { faults, get, kioskURL, open, phoneSize, runJob, step, until } from './job.mjs';

const session = () => get(`${kioskURL}/kiosk/v1/session`);

/** traceless asserts that no file of the demo, HQ's among them, holds any of the parts. */
async function traceless(parts) {
  const files = await readdir(process.env.DEMO_DIR, { recursive: true, withFileTypes: true });
  for (const file of files.filter((e) => e.isFile())) {
    const name = join(file.parentPath, file.name);
    const body = await readFile(name).catch(() => Buffer.alloc(0)); // one that has gone meanwhile
    for (const part of parts) assert.ok(!body.includes(part), `${name} holds what nobody should have`);
  }
}

/** opened waits until a page has opened so many sealed photos. */
function opened(page, n) {
  return page.waitForFunction((n) => [...document.querySelectorAll('figure.sealed img')].filter((i) => i.naturalWidth > 100).length === n, n);
}

/** pixels says how wide and high the first opened photo is. */
const pixels = (page) => page.$eval('figure.sealed img', (img) => [img.naturalWidth, img.naturalHeight]);

async function friendsJob(browser, shots) {
  const shot = (page, name) => page.screenshot({ path: join(shots, `friends-${name}.png`), fullPage: true });
  const asked = []; // addresses that browsers asked servers for
  const watched = async (name, url, options) => {
    const page = await open(browser, name, url, options);
    page.context().on('request', (request) => asked.push(request.url()));
    return page;
  };

  await fetch(`${kioskURL}/kiosk/v1/session/finish`, { method: 'POST' }); // whoever was there before
  const kiosk = await watched('kiosk', `${kioskURL}/`, { viewport: { width: 1080, height: 1920 } });

  const jpeg = await step('a photo of a worn shade is taken and kept', async () => {
    await kiosk.click('.start');
    await kiosk.click('.answers .main');
    await kiosk.waitForSelector('canvas[data-frames]');
    for (const [product, sku] of [['lip-silk-velvet', 'LIP-VEL-01'], ['lip-silk-velvet', 'LIP-VEL-02']]) {
      await kiosk.click('[data-category="lips"]');
      await kiosk.click(`[data-product="${product}"]`);
      await kiosk.click(`[data-sku="${sku}"]`);
      await kiosk.click('.add');
    }
    await kiosk.waitForSelector('[data-count="2"]');
    await until(async () => (await session()).mirror.face, 'a face being seen');
    await kiosk.click('[data-tool="photo"]');
    await kiosk.click('[data-tick]');
    await kiosk.click('[data-take]');
    await kiosk.click('[data-keep]');
    await kiosk.waitForSelector('[data-photo="finish"] img');
    await shot(kiosk, 'kept');
    const [{ name }] = (await session()).photos;
    return Buffer.from(await (await fetch(`${kioskURL}/kiosk/v1/session/photos/${name}`)).arrayBuffer());
  });

  const link = await step('one touch lets it go along: the code then holds the key', async () => {
    await kiosk.click('header .button');
    await kiosk.click('.bar .button:nth-child(2)');
    await kiosk.click('.cart .main');
    const image = () => kiosk.waitForSelector('img.drawn[data-link]');
    assert.ok(!(await (await image()).getAttribute('data-link')).includes('#'), 'the link holds a key before the shopper agreed');
    await kiosk.click('[data-along]');
    const link = await until(async () => {
      const found = await (await image()).getAttribute('data-link');
      return found.includes('#k=') && found;
    }, 'a code with the key');
    await shot(kiosk, 'along');
    return link;
  });
  const key = link.split('#k=')[1];

  const page = await step('the phone opens the photo, and headquarters cannot', async () => {
    const phone = await watched('phone', link, phoneSize);
    await phone.waitForSelector('a.looks small'); // which says that the photo is there
    await shot(phone, 'cart');
    await phone.click('a.looks');
    await opened(phone, 2); // on its own, and to be chosen for the vote
    const [w, h] = await pixels(phone);
    assert.ok(Math.max(w, h) <= 900 && Math.min(w, h) > 200, `the photo is ${w} × ${h}`);
    await shot(phone, 'photo');
    await traceless([jpeg.subarray(0, 64), jpeg.subarray(-64), Buffer.from(key)]);
    return phone;
  });

  await step('without the key the page says from where the photo opens', async () => {
    const bare = await page.context().newPage();
    await bare.goto(page.url().split('#')[0]);
    await bare.waitForSelector('main[data-done] figure.sealed p');
    assert.equal(await bare.locator('figure.sealed img').count(), 0);
    assert.ok(await bare.isDisabled('input[value^="photo "]'), 'a photo without its key can be shown to friends');
    await bare.close();
  });

  const vote = await step('the shopper asks friends', async () => {
    await page.check('input[value^="photo "]');
    await page.check('input[value="sku LIP-VEL-02"]');
    await page.check('input[name="consent"]');
    await page.click('.ask .main');
    await page.waitForSelector('.share[data-ready]');
    await opened(page, 2); // on its own, and in the vote
    await shot(page, 'asked');
    const address = await page.inputValue('.share input');
    assert.match(address, /\/v\/[\w-]{22}#k=[\w-]{22}$/);
    assert.ok(!address.includes(key), 'friends get the key to all photos');
    return address;
  });

  const friend = await step('a friend sees the photo and votes with one touch', async () => {
    const friend = await watched('friend', vote, phoneSize);
    await opened(friend, 1);
    await shot(friend, 'ballot');
    await friend.click('li:first-child button');
    await friend.waitForSelector('li.chosen');
    await opened(friend, 1);
    await shot(friend, 'voted');
    return friend;
  });

  await step('the vote shows on the phone and on the kiosk', async () => {
    await page.waitForFunction(() => document.querySelector('.votes b')?.textContent === '1');
    await shot(page, 'counted');
    await kiosk.waitForSelector('[data-friends="1 0"]');
    await shot(kiosk, 'counted-kiosk');
  });

  await step('“delete now” deletes the photo everywhere', async () => {
    const id = await page.getAttribute('figure.sealed', 'data-photo');
    const sealed = `${new URL(page.url()).origin}${new URL(page.url()).pathname}/photos/${id}`;
    const status = (at) => page.evaluate(async (at) => (await fetch(at)).status, at);
    assert.equal(await status(sealed), 200);
    await page.click('form[action*="/delete"] button');
    await page.waitForFunction(() => !document.querySelector('figure.sealed'));
    assert.equal(await status(sealed), 404);
    assert.ok(page.url().endsWith(`#k=${key}`), 'the page lost the key');
    await friend.reload();
    assert.equal(await friend.locator('figure.sealed').count(), 0);
    await until(async () => (await session()).photos.length === 0, 'the photo being gone from the kiosk');
    await shot(page, 'deleted');
  });

  await step('finish leaves nothing, and no server was told a key', async () => {
    await kiosk.click('.take .bar .button:first-child');
    await until(async () => (await session()).state === 'attract', 'the wipe');
    await traceless([jpeg.subarray(0, 64), Buffer.from(key), Buffer.from(vote.split('#k=')[1])]);
    for (const secret of [key, vote.split('#k=')[1]]) {
      assert.ok(!asked.some((url) => url.split('#')[0].includes(secret)), 'a key is in an address that was asked for');
    }
    assert.ok(asked.length > 20);
  });

  await step('no page ran into an error or its own policy', () => assert.deepEqual(faults, []));
}

await runJob(friendsJob);
