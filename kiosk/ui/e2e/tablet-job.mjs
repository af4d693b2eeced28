// A tablet as the mirror's camera, in a real Chromium against a running
// `edge demo --camera push`: it is enrolled once, sends its camera while the
// shopper agrees, shows the mirror with a face and what it wears, and its camera
// is off before and after. What it sees is a photo that moves.
//
// See job.mjs for the environment; the kiosk's address is the one that enrols.
import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { faults, get, kioskURL, picture, runJob, step, until } from './job.mjs';

const photo = new URL('../../../ar/face/testdata/faces/astronaut.png', import.meta.url);
const origin = new URL(kioskURL).origin;
const lip = { category: 'lips', product: 'lip-silk-velvet', sku: 'LIP-VEL-02' };

/** film writes a clip of the photo, which pans to and fro, as Chromium's fake camera reads it. */
async function film(browser, path) {
  const page = await browser.newPage();
  const clip = await page.evaluate(async (png) => {
    const image = await createImageBitmap(await (await fetch(`data:image/png;base64,${png}`)).blob());
    const canvas = new OffscreenCanvas(1280, 720);
    const paint = canvas.getContext('2d');
    const frames = [];
    for (let n = 0; n < 60; n++) {
      const pan = 60 * Math.sin((2 * Math.PI * n) / 60);
      paint.fillRect(0, 0, 1280, 720);
      paint.drawImage(image, 0, 0, image.width, image.width * 0.75, 160 + pan, 0, 960, 720);
      frames.push(await canvas.convertToBlob({ type: 'image/jpeg', quality: 0.9 }));
    }
    const reader = new FileReader();
    const read = new Promise((done) => reader.addEventListener('load', done));
    reader.readAsDataURL(new Blob(frames));
    await read;
    return reader.result.split(',')[1];
  }, (await readFile(photo)).toString('base64'));
  await writeFile(path, Buffer.from(clip, 'base64'));
  await page.close();
}

/** tracks are the states of all camera tracks that the page ever had. */
const tracks = (page) => page.evaluate(() => globalThis.cameraTracks.map((track) => track.readyState));

async function open(browser, url) {
  const context = await browser.newContext({ reducedMotion: 'reduce', viewport: { width: 1280, height: 800 } });
  const page = await context.newPage();
  page.on('pageerror', (err) => faults.push(err.message));
  await page.addInitScript(() => {
    globalThis.cameraTracks = [];
    const get = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
    navigator.mediaDevices.getUserMedia = async (wanted) => {
      const stream = await get(wanted);
      globalThis.cameraTracks.push(...stream.getTracks());
      return stream;
    };
  });
  const response = await page.goto(url);
  assert.ok(response.ok(), `the kiosk was answered with ${response.status()}`);
  return page;
}

/** refused tries to send pictures and tells whether the gateway lets us. */
const refused = (page) =>
  page.evaluate(
    () =>
      new Promise((done) => {
        const socket = new WebSocket(location.origin.replace('http', 'ws') + '/kiosk/v1/camera');
        socket.onopen = () => done(false);
        socket.onerror = () => done(true);
      }),
  );

async function job(browser, shots) {
  const session = () => get(`${origin}/kiosk/v1/session`);
  const shot = (page, name) => page.screenshot({ path: join(shots, `${name}.png`) });

  const tablet = await step('the tablet is enrolled, once, and its camera is off', async () => {
    await fetch(`${origin}/kiosk/v1/session/finish`, { method: 'POST' });
    const page = await open(browser, kioskURL);
    await page.waitForSelector('.notice');
    assert.equal(new URL(page.url()).hash, '', 'the code stands in the address');
    const second = await open(browser, kioskURL);
    await second.waitForSelector('.notice');
    assert.ok(await refused(second), 'a code enrols twice');
    await second.context().close();
    assert.deepEqual(await tracks(page), []);
    assert.equal((await session()).camera.ok, true, 'the camera counts as lost before anybody came');
    return page;
  });

  await step('nothing is taken before consent', async () => {
    await tablet.click('.start');
    await tablet.waitForSelector('.answers');
    assert.ok(await refused(tablet));
    assert.deepEqual(await tracks(tablet), []);
  });

  await step('the tablet sees a face in its own mirror', async () => {
    await tablet.click('.answers .main');
    await tablet.waitForSelector('canvas[data-frames]');
    await until(async () => (await session()).mirror.face, 'a face being seen');
    const first = await picture(tablet);
    await until(async () => {
      const next = await picture(tablet);
      return next.n > first.n + 30 && next.data !== first.data;
    }, 'a moving picture');
    assert.deepEqual(await tracks(tablet), ['live']);
    assert.equal((await session()).camera.fault, undefined);
    await shot(tablet, '01-tablet');
  });

  await step('it wears what is chosen', async () => {
    await tablet.click(`[data-category="${lip.category}"]`);
    await tablet.click(`[data-product="${lip.product}"]`);
    await tablet.click(`[data-sku="${lip.sku}"]`);
    await until(async () => (await session()).skus.includes(lip.sku), `${lip.sku} being worn`);
    const { n } = await picture(tablet);
    await until(async () => (await picture(tablet)).n > n + 3, 'a picture with it');
    await shot(tablet, '02-tablet-lipstick');
    console.log(`    the mirror runs at ${(await session()).mirror.fps.toFixed(1)} pictures a second`);
  });

  await step('another device is not taken for the tablet', async () => {
    const other = await open(browser, `${origin}/`);
    assert.ok(await refused(other));
    await other.context().close();
  });

  await step('its camera is off again when the shopper has finished', async () => {
    await fetch(`${origin}/kiosk/v1/session/finish`, { method: 'POST' });
    await until(async () => (await tracks(tablet)).every((state) => state === 'ended'), 'the camera going off');
    assert.ok(await refused(tablet));
  });
  assert.deepEqual(faults, [], 'the page said what no page should say');
}

await runJob(async (maker, shots) => {
  const clip = join(shots, 'tablet.mjpeg');
  await film(maker, clip);
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: [
      '--headless', '--no-sandbox', '--disable-gpu', '--disable-background-networking',
      '--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream', `--use-file-for-fake-video-capture=${clip}`,
      '--ignore-certificate-errors',
    ],
  });
  try {
    await job(browser, shots);
  } finally {
    await browser.close();
  }
});
process.exit(); // connections that fetch keeps for later would hold us up
