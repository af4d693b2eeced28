// What the jobs share: the demo that they run against, its pages, and how a job
// tells what it does.
//
// MIRRORCART_DEMO holds the line that `edge demo --json` prints; KIOSK_URL,
// STAFF_URL, HQ_URL, DEMO_URL, STAFF_PIN and CLERK_PIN take its place one by one. SHOTS
// is a folder for screenshots, CHROMIUM the browser's program, OFFICE_TOKEN an
// operator's for headquarters' interface. With SLOW every answer that a page asks
// for comes by chance up to so many ms later, so that answers overtake each other
// here as they do on a slow machine. A job exits with 1 and one sentence at the
// first thing that is wrong.
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { chromium } from 'playwright-core';

const env = process.env;
export let kioskURL, staffURL, hqURL, demoURL;
export let pin, clerkPin; // a manager's, and that of somebody who is none
visit(JSON.parse(env.MIRRORCART_DEMO ?? '{}'));
export const patience = 60_000; // ms for anything to happen: it ends what hangs, and measures nothing

export const tillSize = { width: 1280, height: 800 };
export const phoneSize = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true };

/** visit runs what follows against the demo at these addresses. */
export function visit(demo) {
  kioskURL = (env.KIOSK_URL ?? demo.kiosk ?? '').replace(/\/$/, '');
  staffURL = env.STAFF_URL ?? demo.staff ?? `${kioskURL}/staff`;
  hqURL = (env.HQ_URL ?? demo.hq ?? '').replace(/\/$/, '');
  demoURL = env.DEMO_URL ?? demo.demo ?? `${kioskURL}/demo`;
  pin = env.STAFF_PIN ?? demo.pin ?? '';
  clerkPin = env.CLERK_PIN ?? demo.clerk_pin ?? '';
}

let doing = 'start';
export const faults = []; // what the pages' consoles said that no page should say

/** step names what is being shown, for the sentence when it fails. */
export async function step(what, work) {
  doing = what;
  const began = Date.now();
  const got = await work();
  console.log(`ok  ${what} (${((Date.now() - began) / 1000).toFixed(1)} s)`);
  return got;
}

/** until waits for work to give something true, within so many ms. */
export async function until(work, what, within = patience) {
  const end = Date.now() + within;
  for (let last; ; ) {
    try {
      const got = await work();
      if (got) return got;
    } catch (err) {
      last = err;
    }
    if (Date.now() > end) throw new Error(`${what} did not happen within ${within / 1000} s`, { cause: last });
    await new Promise((next) => setTimeout(next, 50));
  }
}

export async function get(url) {
  const response = await fetch(url);
  assert.ok(response.ok, `GET ${url} was answered with ${response.status}`);
  return response.json();
}

/** post asks the gateway for a change, as a page of the shop does. */
export async function post(path, body = {}) {
  const headers = { 'Content-Type': 'application/json', Origin: kioskURL };
  const response = await fetch(kioskURL + path, { method: 'POST', headers, body: JSON.stringify(body) });
  assert.ok(response.ok, `POST ${path} was answered with ${response.status}`);
  return response.json();
}

/** office asks headquarters' interface, as an operator. */
export async function office(method, path, body) {
  const headers = { Authorization: `Bearer ${env.OFFICE_TOKEN}`, 'Content-Type': 'application/json' };
  const response = await fetch(hqURL + path, { method, headers, body: body && JSON.stringify(body) });
  assert.ok(response.ok, `${method} ${path} was answered with ${response.status}`);
  return response.json();
}

/** late gives an answer later than it came; what goes on and on is left alone. */
async function late(route) {
  const asked = route.request();
  if (!['fetch', 'xhr'].includes(asked.resourceType()) || asked.url().includes('/events')) return route.continue();
  try {
    const response = await route.fetch({ maxRedirects: 0, timeout: patience });
    await new Promise((next) => setTimeout(next, Math.random() * env.SLOW));
    await route.fulfill({ response });
  } catch {
    await route.abort().catch(() => {}); // the gateway has gone, or the page
  }
}

/** open shows url in a page of its own; before, a function, runs in it before the page's own scripts. */
export async function open(browser, name, url, { before, ...options } = {}) {
  const context = await browser.newContext({ reducedMotion: 'reduce', locale: 'vi-VN', ...options });
  context.setDefaultTimeout(patience);
  if (before) await context.addInitScript(before);
  if (env.SLOW) await context.route('**/*', late);
  const page = await context.newPage();
  page.on('pageerror', (err) => faults.push(`${name}: ${err.message}`));
  page.on('console', (message) => {
    if (/Content Security Policy|Uncaught/.test(message.text())) faults.push(`${name}: ${message.text()}`);
  });
  const response = await page.goto(url);
  assert.ok(response.ok(), `${name} at ${url} was answered with ${response.status()}`);
  return page;
}

/** signIn enters a PIN at a till. */
export async function signIn(till, digits = pin) {
  await till.fill('#pin', digits);
  await till.keyboard.press('Enter');
  await till.waitForSelector('[data-switch]');
}

/** openTill shows the till and signs in there. */
export async function openTill(browser, name = 'staff') {
  const till = await open(browser, name, staffURL, { viewport: tillSize });
  await signIn(till);
  return till;
}

/** scan types what a scanner read: its keys are 10 ms apart, however late the page hears of them. */
export async function scan(page, code) {
  const scanner = await page.context().newCDPSession(page);
  const began = Date.now() / 1000;
  for (const [i, key] of [...code, 'Enter'].entries()) {
    const press = { key, timestamp: began + i / 100, ...(key === 'Enter' && { windowsVirtualKeyCode: 13 }) };
    await scanner.send('Input.dispatchKeyEvent', { type: 'keyDown', text: key === 'Enter' ? '\r' : key, ...press });
    await scanner.send('Input.dispatchKeyEvent', { type: 'keyUp', ...press });
  }
  await scanner.detach();
}

/** setLine cuts or mends the shop's line by the button on the demo's page, which must offer that. */
export async function setLine(page, up) {
  const [response] = await Promise.all([
    page.waitForResponse((got) => got.request().method() === 'POST'),
    page.click(`button[name="up"][value="${up}"]`),
  ]);
  assert.equal(response.status(), 303, `the line could not be ${up ? 'mended' : 'cut'}`);
  await until(async () => (await get(`${kioskURL}/api/v1/status`)).line.up === up, `the line being ${up ? 'up' : 'down'}`);
}

/** picture is what the mirror shows now, with the number of the frame. */
export function picture(page) {
  return page.$eval('canvas', (canvas) => ({ n: Number(canvas.dataset.frames), data: canvas.toDataURL() }));
}

/** runJob runs job(browser, shots), shots being the folder for screenshots. */
export async function runJob(job) {
  const scratch = await mkdtemp(join(tmpdir(), 'mirrorcart-e2e-'));
  const shots = env.SHOTS ?? scratch;
  let browser;
  try {
    assert.ok(kioskURL && hqURL && pin, 'set MIRRORCART_DEMO, or KIOSK_URL, HQ_URL and STAFF_PIN');
    await mkdir(shots, { recursive: true });
    browser = await chromium.launch({
      executablePath: env.CHROMIUM ?? '/usr/bin/chromium',
      args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-background-networking'],
    });
    await job(browser, shots);
  } catch (err) {
    console.error(`e2e: not so: ${doing}: ${stripVTControlCharacters(err.message).replace(/\s+/g, ' ').slice(0, 300)}`);
    if (err.cause) console.error(`     because: ${err.cause.message}`);
    for (const fault of faults) console.error(`     page: ${fault}`);
    process.exitCode = 1;
  } finally {
    await browser?.close();
    await rm(scratch, { recursive: true, force: true });
  }
}
