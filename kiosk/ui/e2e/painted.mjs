// How long a camera's picture takes until it is painted on the shopper's screen:
// from the moment its bytes leave for the gateway, through decoding, tracking,
// drawing, encoding and the way back, to the frame of the page that shows it.
// Page and camera are one Chromium's, so one clock measures both ends; each
// picture carries its number in black and white squares.
//
// It runs against `edge demo --camera push` (see job.mjs) and prints one line of
// JSON: {"pictures", "fps", "ms": {"p50", "p95", "p99"}}. PICTURES is how many.
import { readFile } from 'node:fs/promises';
import { get, kioskURL, runJob, until } from './job.mjs';

const photo = new URL('../../../ar/face/testdata/faces/astronaut.png', import.meta.url);
const origin = new URL(kioskURL).origin;
const wanted = Number(process.env.PICTURES ?? 300);
const worn = ['LIP-VEL-02', 'GLS-RND-01'];

/** clock stamps what the camera sends and reads the stamps on what is painted. */
function clock() {
  const side = 24; // of a square, pixels of a picture 1280 wide
  const bits = 12;
  const sent = new Map();
  const took = (globalThis.took = []);
  let number = 0;
  const paint = OffscreenCanvasRenderingContext2D.prototype.drawImage;

  const stamp = (context) => {
    number = (number + 1) % (1 << bits);
    for (let i = 0; i < bits; i++) {
      context.fillStyle = (number >> i) & 1 ? '#fff' : '#000';
      context.fillRect(i * side, context.canvas.height - side, side, side);
    }
  };
  const strip = new OffscreenCanvas(1, 1).getContext('2d', { willReadFrequently: true });
  const read = (bitmap) => {
    const { width, height } = bitmap;
    const scale = width / 1280;
    if (strip.canvas.width !== width) strip.canvas.width = width;
    paint.call(strip, bitmap, 0, Math.round(height - (side * scale) / 2), width, 1, 0, 0, width, 1);
    const row = strip.getImageData(0, 0, width, 1).data;
    let n = 0;
    for (let i = 0; i < bits; i++) {
      const x = Math.round(width - (i + 0.5) * side * scale); // the mirror turns it round
      if (row[4 * x + 1] > 127) n |= 1 << i;
    }
    return n;
  };

  const send = WebSocket.prototype.send;
  WebSocket.prototype.send = function (data) {
    sent.set(number, performance.now());
    return send.call(this, data);
  };
  const show = ImageBitmapRenderingContext.prototype.transferFromImageBitmap;
  ImageBitmapRenderingContext.prototype.transferFromImageBitmap = function (bitmap) {
    const began = bitmap && sent.get(read(bitmap));
    show.call(this, bitmap);
    if (!began) return;
    for (const [n, at] of sent) if (at <= began) sent.delete(n); // those before it are shown no more
    requestAnimationFrame(() => setTimeout(() => took.push(performance.now() - began)));
  };

  // The camera: a face that moves, thirty times a second.
  navigator.mediaDevices.getUserMedia = async () => {
    const canvas = Object.assign(document.createElement('canvas'), { width: 1280, height: 720 });
    const context = canvas.getContext('2d');
    const image = await createImageBitmap(await (await fetch(globalThis.facePicture)).blob());
    let n = 0;
    setInterval(() => {
      n++;
      context.drawImage(image, 0, 0, image.width, image.width * 0.5625, 40 * Math.sin(n / 20), 0, 1280, 720);
    }, 1000 / 30);
    return canvas.captureStream(30);
  };
  OffscreenCanvasRenderingContext2D.prototype.drawImage = function (...args) {
    paint.apply(this, args);
    stamp(this);
  };
}

const quantile = (sorted, q) => Number(sorted[Math.min(Math.floor(q * sorted.length), sorted.length - 1)].toFixed(1));

async function job(browser) {
  await fetch(`${origin}/kiosk/v1/session/finish`, { method: 'POST' });
  const context = await browser.newContext({ reducedMotion: 'reduce', bypassCSP: true, viewport: { width: 1280, height: 800 } });
  const page = await context.newPage();
  await page.addInitScript(`globalThis.facePicture = 'data:image/png;base64,${(await readFile(photo)).toString('base64')}'`);
  await page.addInitScript(clock);
  await page.goto(kioskURL);
  await page.waitForSelector('.notice');
  await page.click('.start');
  await page.click('.answers .main');
  const session = () => get(`${origin}/kiosk/v1/session`);
  await until(async () => (await session()).mirror.face, 'a face being seen');
  await page.evaluate(async (skus) => {
    const r = await fetch('/kiosk/v1/session/look', {
      method: 'PUT', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ skus, intensity: 0.8 }),
    });
    if (!r.ok) throw new Error(`the look was refused: ${await r.text()}`);
    await new Promise((done) => setTimeout(done, 2000)); // everything is warm
    globalThis.took.length = 0;
  }, worn);
  const began = Date.now();
  while ((await page.evaluate(() => globalThis.took.length)) < wanted) {
    if (Date.now() - began > 120_000) break;
    await new Promise((next) => setTimeout(next, 250));
  }
  const seconds = (Date.now() - began) / 1000;
  const took = (await page.evaluate(() => globalThis.took)).sort((a, b) => a - b);
  if (took.length === 0) throw new Error('no picture of the camera was painted');
  const ms = { p50: quantile(took, 0.5), p95: quantile(took, 0.95), p99: quantile(took, 0.99) };
  console.log(JSON.stringify({ pictures: took.length, fps: Number((took.length / seconds).toFixed(1)), ms }));
}

await runJob(job);
process.exit(); // connections that fetch keeps for later would hold us up
