// What a shopper does with the mirror, in a real Chromium against a running
// `edge demo`: wears a complete look, drags the edge between before and after
// over a held moment, compares two to four shades, replays the last seconds, and keeps a
// photo that is gone at the end.
//
// job.mjs says what it reads from the environment and how it ends; DEMO_DIR is
// the demo's folder, where nothing of the shopper may be found.
import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { faults, get, kioskURL, open, patience, picture, runJob, step, until } from './job.mjs';

const look = 'red-carpet';
const session = () => get(`${kioskURL}/kiosk/v1/session`);

/** remember keeps what the canvas shows under a name, in the page, in grey, and says how large it is. */
function remember(page, name) {
  return page.$eval(
    'canvas',
    (canvas, name) => {
      const { width, height } = canvas;
      const copy = new OffscreenCanvas(width, height).getContext('2d');
      copy.drawImage(canvas, 0, 0);
      const { data } = copy.getImageData(0, 0, width, height);
      const grey = new Float32Array(width * height);
      for (let i = 0; i < grey.length; i++) grey[i] = (data[4 * i] + data[4 * i + 1] + data[4 * i + 2]) / 3;
      window.remembered = { ...window.remembered, [name]: { width, height, grey } };
      return { width, height };
    },
    name,
  );
}

/**
 * differ compares two remembered pictures, each in a part {x, y, w, h} of it
 * (0–1): how many pixels differ clearly, the mean place of those, and the mean
 * difference of all.
 */
function differ(page, a, b, partA = { x: 0, y: 0, w: 1, h: 1 }, partB = partA) {
  return page.evaluate(
    ({ a, b, partA, partB }) => {
      const p = window.remembered[a];
      const q = window.remembered[b];
      const w = Math.floor(partA.w * p.width);
      const h = Math.floor(partA.h * p.height);
      const at = (pic, part, x, y) => pic.grey[(Math.round(part.y * pic.height) + y) * pic.width + Math.round(part.x * pic.width) + x];
      let n = 0;
      let x = 0;
      let sum = 0;
      for (let j = 0; j < h - 1; j++) {
        for (let i = 0; i < w - 1; i++) {
          const d = Math.abs(at(p, partA, i, j) - at(q, partB, i, j));
          sum += d;
          if (d > 10) {
            n++;
            x += i;
          }
        }
      }
      return { n, x: n ? x / n / w : 0, mean: sum / (w * h) };
    },
    { a, b, partA, partB },
  );
}

/** frames waits until so many more have been shown. */
async function frames(page, n) {
  const from = (await picture(page)).n;
  await until(async () => (await picture(page)).n >= from + n, `${n} more frames`);
}

/** edge is where the page shows the split's edge, 0–1 of the picture's width: the mirror cuts off both sides of the picture. */
function edge(page) {
  return page.$eval('.edge', ({ style }) => {
    const c = document.querySelector('canvas');
    const width = c.width * Math.max(c.clientWidth / c.width, c.clientHeight / c.height);
    return (parseFloat(style.left) - (c.clientWidth - width) / 2) / width;
  });
}

/** drag moves the split's edge to x, 0–1 of the mirror's width, as a finger does, and waits until it is drawn there. */
async function drag(page, x) {
  const mirror = await page.locator('.glass').boundingBox();
  const knob = await page.locator('.edge .knob').boundingBox();
  assert.ok(knob.width >= 48 && knob.height >= 48, `the edge's handle is ${knob.width} × ${knob.height} px`);
  await page.mouse.move(knob.x + knob.width / 2, knob.y + knob.height / 2);
  await page.mouse.down();
  await page.mouse.move(mirror.x + x * mirror.width, knob.y + knob.height / 2, { steps: 4 });
  await page.mouse.up();
  await until(async () => Math.abs((await session()).compare.at - (await edge(page))) < 0.005, 'the edge being drawn where it was dragged');
  await frames(page, 4);
}

/** photosOnDisk are the files in which the gateway keeps photos. */
async function photosOnDisk() {
  const names = await readdir(process.env.DEMO_DIR, { recursive: true, withFileTypes: true });
  return names.filter((e) => e.isFile() && e.parentPath.endsWith('photos')).map((e) => join(e.parentPath, e.name));
}

/** held keeps the page's next request to a path back: that it was asked, and letting it go, which gives its answer's status. The page may have given up meanwhile. */
async function held(page, path) {
  let asked;
  const came = new Promise((resolve) => (asked = resolve));
  await page.route(path, asked, { times: 1 });
  return {
    came,
    async letGo() {
      const route = await came;
      const response = await route.fetch({ timeout: patience });
      await route.fulfill({ response }).catch(() => {});
      return response.status();
    },
  };
}

async function mirrorJob(browser, shots) {
  const shot = (page, name) => page.screenshot({ path: join(shots, `${name}.png`) });
  await fetch(`${kioskURL}/kiosk/v1/session/finish`, { method: 'POST' }); // whoever was there before
  const page = await open(browser, 'kiosk', `${kioskURL}/`, { viewport: { width: 1080, height: 1920 } });

  await step('a complete look is worn with one touch', async () => {
    await page.click('.start');
    await page.click('.answers .main');
    await page.waitForSelector('canvas[data-frames]');
    await page.click('[data-category="looks"]');
    await page.click(`[data-look="${look}"]`);
    await page.waitForSelector('[data-item]');
    const items = await page.$$eval('[data-item]', (list) => list.map((item) => item.dataset.item));
    const worn = await until(async () => {
      const s = await session();
      return s.look_id === look && s;
    }, 'the look being worn');
    assert.deepEqual([...worn.skus].sort(), [...items].sort(), 'the sheet lists other products than are worn');
    await until(async () => (await session()).mirror.face, 'a face being seen');
    await frames(page, 15); // in which the look has faded in
    await shot(page, '21-look');
  });

  await step('a held moment stands still', async () => {
    await page.click('[data-tool="freeze"]');
    await until(async () => (await session()).compare.freeze, 'the moment being held');
    await frames(page, 12);
    await remember(page, 'held');
    await frames(page, 5);
    await remember(page, 'later');
    const { mean } = await differ(page, 'held', 'later');
    assert.ok(mean < 0.5, `the held picture changes by ${mean.toFixed(2)} of 255`);
  });

  await step('the edge is dragged: bare left of it, the look right of it', async () => {
    await page.click('[data-tool="split"]');
    await page.waitForSelector('.edge');
    await drag(page, 0.99);
    await remember(page, 'bare');
    await drag(page, 0.01);
    await remember(page, 'worn');
    const all = await differ(page, 'bare', 'worn');
    assert.ok(all.n > 300, `the look changes ${all.n} pixels`);
    // The picture is wider than the mirror: both sides of it are cut off.
    const at = await page.$eval('canvas', (c, x) => (c.clientWidth / 2 + (x - 0.5) * c.width * Math.max(c.clientWidth / c.width, c.clientHeight / c.height)) / c.clientWidth, all.x);
    await drag(page, at);
    await remember(page, 'split');
    await shot(page, '22-split');
    const margin = 0.02; // where the picture's blocks mix both sides
    const left = { x: 0, y: 0, w: all.x - margin, h: 1 };
    const right = { x: all.x + margin, y: 0, w: 1 - all.x - margin, h: 1 };
    for (const [part, same, other, side] of [[left, 'bare', 'worn', 'left'], [right, 'worn', 'bare', 'right']]) {
      const kept = (await differ(page, 'split', same, part)).n;
      const changed = (await differ(page, 'split', other, part)).n;
      assert.ok(changed > 50 && kept < changed / 10, `${side} of the edge ${kept} pixels are not ${same}, ${changed} not ${other}`);
    }
  });

  await step('the edge moves by the keyboard', async () => {
    const now = async () => Number(await page.getAttribute('.edge', 'aria-valuenow'));
    const before = await now();
    await page.focus('.edge');
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('ArrowRight');
    assert.ok((await now()) > before, 'two presses do not move the edge');
    await page.click('[data-tool="split"]');
    await page.click('[data-tool="freeze"]');
    await until(async () => {
      const { compare } = await session();
      return compare.mode === 'off' && !compare.freeze;
    }, 'the live mirror being back');
  });

  await step('three shades and none are compared at one moment; one is kept', async () => {
    await page.click('[data-category="lips"]');
    await page.click('[data-product="lip-silk-velvet"]');
    await page.click('[data-tool="compare"]');
    await page.waitForSelector('[data-tile=""]');
    const { compare } = await until(async () => {
      const s = await session();
      return s.compare.mode === 'shades' && s;
    }, 'shades being compared');
    assert.deepEqual([compare.skus.length, compare.skus[3], compare.columns], [4, '', 2]);
    const { aspect } = await page.$eval('canvas', (c) => ({ aspect: c.clientWidth / c.clientHeight }));
    await until(async () => {
      const { width, height } = await remember(page, 'shades');
      return Math.abs(width / height / aspect - 1) < 0.05;
    }, 'the picture of shades');
    await frames(page, 8);
    await remember(page, 'shades');
    await shot(page, '23-shades');
    const tile = (i) => ({ x: (i % 2) * 0.502, y: Math.floor(i / 2) * 0.502, w: 0.49, h: 0.49 });
    for (const i of [0, 1, 2]) {
      const { n, mean } = await differ(page, 'shades', 'shades', tile(i), tile(3));
      assert.ok(n > 40, `shade ${i + 1} differs from none in ${n} pixels`);
      assert.ok(mean < 12, `shade ${i + 1} is of another moment: it differs by ${mean.toFixed(1)} everywhere`);
    }
    const kept = compare.skus[1];
    await page.click(`[data-tile="${kept}"]`);
    await until(async () => {
      const s = await session();
      return s.skus.includes(kept) && s.compare.mode === 'off';
    }, 'the touched shade being worn');
    const name = () => page.textContent('.chosen .detail span');
    const worn = await name();
    await page.click('[data-tool="compare"]');
    const other = page.locator('[data-sku][aria-pressed="false"]').last();
    const taken = await other.getAttribute('data-sku');
    await other.click();
    await page.waitForSelector(`[data-choose="${taken}"]`);
    await page.click('[data-tool="compare"]');
    assert.equal(await name(), worn, 'another shade than the worn one is offered after comparing');
    await until(async () => (await session()).compare.mode === 'off', 'the comparison being over');
  });

  await step('four shades are compared, and two; one of them is kept from below', async () => {
    const compared = async (n) => {
      const { compare } = await until(async () => {
        const s = await session();
        return s.compare.skus.filter(Boolean).length === n && s;
      }, `${n} shades being compared`);
      return compare.skus;
    };
    await page.click('[data-tool="compare"]');
    await compared(3);
    await page.click('.shades [data-sku]:not([aria-pressed="true"])');
    assert.equal((await compared(4)).length, 4, 'beside four shades there is a bare face');
    await page.click('.shades [data-sku][aria-pressed="true"]');
    await compared(3);
    await page.click('.shades [data-sku][aria-pressed="true"]');
    const [first, second, ...rest] = await compared(2);
    assert.deepEqual(rest, []);
    await frames(page, 8);
    await shot(page, '26-two');
    await page.click('.shades [data-sku][aria-pressed="true"]'); // one alone compares nothing
    assert.deepEqual(await page.$$eval('[data-tile]', (tiles) => tiles.map((tile) => tile.dataset.tile)), [first, second]);
    await page.click(`[data-choose="${second}"]`);
    await until(async () => {
      const s = await session();
      return s.skus.includes(second) && !s.skus.includes(first) && s.compare.mode === 'off';
    }, 'the chosen shade being worn');
  });

  await step('the last seconds are played again until the shopper ends it', async () => {
    await page.click('[data-tool="replay"]');
    await until(async () => (await session()).replay.state === 'playing', 'the replay');
    await page.waitForSelector('[data-tool="photo"]:disabled');
    await frames(page, 10);
    await shot(page, '24-replay');
    await page.click('[data-tool="replay"]');
    await until(async () => (await session()).replay.state === 'off', 'the mirror being back');
  });

  const photo = await step('a photo is taken after a tick, sealed on disk', async () => {
    await page.click('[data-tool="photo"]');
    assert.ok(await page.isDisabled('[data-take]'), 'a photo can be taken without a tick');
    const refused = await fetch(`${kioskURL}/kiosk/v1/session/photos`, {
      method: 'POST', headers: { 'Content-Type': 'application/json' }, body: '{"consent":true,"of_16":false}',
    });
    assert.equal(refused.status, 403);
    await page.click('[data-tick]');
    await page.click('[data-take]');
    await page.waitForSelector('[data-keep]');
    assert.deepEqual(await photosOnDisk(), [], 'it is on disk before the shopper decided so');
    await shot(page, '25-photo');
    const [{ name }] = (await session()).photos;
    const url = `${kioskURL}/kiosk/v1/session/photos/${name}`;
    const jpeg = Buffer.from(await (await fetch(url)).arrayBuffer());
    assert.deepEqual([...jpeg.subarray(0, 3)], [0xff, 0xd8, 0xff], 'the photo is no JPEG');
    await page.click('[data-keep]');
    await page.waitForSelector('[data-photo="finish"] img');
    const files = await photosOnDisk();
    assert.equal(files.length, 1);
    const sealed = await readFile(files[0]);
    assert.ok(!sealed.includes(jpeg.subarray(0, 16)) && !sealed.includes(jpeg.subarray(-64)), 'the photo is on disk in plain');
    return url;
  });

  await step('finish leaves nothing', async () => {
    await page.click('.bar button');
    await page.waitForSelector('[data-screen="thanks"], [data-screen="attract"]');
    await until(async () => (await session()).state === 'attract', 'the wipe');
    assert.equal((await fetch(photo)).status, 404, 'the photo is still served');
    assert.deepEqual(await photosOnDisk(), [], 'the photo is still on disk');
    const { compare, photos, replay, skus } = await session();
    assert.deepEqual([compare.mode, compare.freeze, photos, replay.state, skus], ['off', false, [], 'off', []]);
  });

  const next = async () => {
    await page.click('.bar button');
    await until(async () => (await session()).state === 'attract', 'the wipe');
    await page.click('.start');
    await page.waitForSelector('.answers');
  };

  await step('what a shopper asked late does not answer for the next one', async () => {
    await page.click('.start');
    await page.click('.answers .main');
    await page.waitForSelector('[data-tool="language"]');
    const language = await held(page, '**/session/consent');
    await page.click('[data-tool="language"]');
    await language.came;
    await next();
    assert.equal(await language.letGo(), 409);
    assert.equal((await session()).state, 'consent', 'the camera looks at somebody who did not agree');

    await page.click('.answers .main');
    await page.click('[data-category="lips"]');
    await page.click('[data-product]');
    const cart = await held(page, '**/api/v1/carts');
    await page.click('.add');
    await cart.came;
    await next();
    await page.click('.answers .main');
    await page.waitForSelector('[data-screen="mirror"]');
    assert.equal(await cart.letGo(), 201);
    await page.waitForResponse('**/kiosk/v1/session'); // the page has looked since
    assert.equal((await session()).cart, null, 'the next shopper has the cart of the one before');

    for (const [what, touch] of [
      ['look', '[data-product]'],
      ['compare', '[data-tool="freeze"]'],
    ]) {
      await page.click('[data-category="lips"]');
      const wish = await held(page, `**/session/${what}`);
      await page.click(touch);
      await wish.came;
      await next();
      await page.click('.answers .main');
      await page.waitForSelector('[data-screen="mirror"]');
      assert.equal(await wish.letGo(), 409);
      const { skus, compare } = await session();
      assert.deepEqual([skus, compare.freeze], [[], false], `the next shopper has the ${what} of the one before`);
    }
    await page.click('.bar button');
    await until(async () => (await session()).state === 'attract', 'the wipe');
  });

  await step('no page ran into an error or its own policy', () => assert.deepEqual(faults, []));
}

await runJob(mirrorJob);
