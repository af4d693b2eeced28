// Installation day, in a real Chromium against a running `edge demo`: the kiosk
// opens the page by itself while a code waits, the technician shows the code, does
// every step on an upright screen, and signs off. Each step's page holds what holds
// of every page.
//
// Then a second shop, whose gateway has two kiosks: each is looked at from its own
// screen, and the other's steps say so.
//
// See job.mjs for the environment; EDGE is the program (bin/edge where that says
// nothing), DEMO_DIR the demo's folder.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { startDemo } from './demo.mjs';
import { inspect } from './inspect.mjs';
import { faults, get, kioskURL, open, runJob, step, until } from './job.mjs';

const edge = process.env.EDGE ?? 'bin/edge';
const size = { width: 1080, height: 1920 };
const languages = ['vi', 'en', 'zh'];
const technician = 'Nguyễn Văn Thợ';
const restart = { timeout: 60_000 }; // ms that a gateway may take to begin anew

await runJob(async (browser, shots) => {
  const shot = (page, name) => page.screenshot({ path: join(shots, `setup-${name}.png`), fullPage: true });
  const { stdout } = await promisify(execFile)(edge, ['setup', '--demo', process.env.DEMO_DIR]);
  const code = stdout.split('\n')[0];

  const page = await step('the kiosk opens the page by itself, and the code lets in once', async () => {
    const page = await open(browser, 'kiosk', `${kioskURL}/`, { viewport: size });
    await page.waitForURL('**/setup');
    await page.waitForSelector('form input');
    await inspect(page, 'the way in');
    await page.fill('form input', 'WRONG-CODE');
    await page.click('form .main');
    await page.waitForSelector('[role=alert]');
    await page.fill('form input', code.toLowerCase());
    await page.click('form .main');
    await page.waitForSelector('[data-step=claim]');
    assert.ok(!(await get(`${kioskURL}/kiosk/v1/session`)).technician, 'the code still waits');
    return page;
  });
  const unfold = async (name) => {
    if (!(await page.$(`li.open[data-step=${name}]`))) await page.click(`[data-step=${name}] h2 button`);
    await page.waitForSelector(`li.open[data-step=${name}]`);
  };
  const ended = (name, outcome, options) => page.waitForSelector(`[data-step=${name}][data-outcome=${outcome}]`, options);
  const pass = () => page.click('li.open .page > .main');

  await step('every step’s page is for everybody, in three languages', async () => {
    const steps = await page.$$eval('[data-step]', (list) => list.map((e) => e.dataset.step));
    for (const lang of languages.keys()) {
      await page.click(`nav button:nth-child(${lang + 1})`);
      await page.waitForSelector(`html[lang=${languages[lang]}]`);
      for (const name of steps) {
        await unfold(name);
        await inspect(page, `${name} in ${languages[lang]}`);
        await shot(page, `${name}-${languages[lang]}`);
      }
    }
    await page.click('nav button:nth-child(2)');
    await page.waitForSelector('html[lang=en]');
  });

  await step('the machine is looked at', async () => {
    await unfold('network');
    await pass();
    await page.waitForSelector('[data-step=network][data-outcome]', restart);
    await unfold('network');
    await shot(page, 'network-looked-at');
  });

  await step('the camera is turned, and the gateway comes back with it', async () => {
    await unfold('camera');
    await page.waitForSelector('canvas.live');
    const wide = await page.$eval('canvas.live', (c) => c.width > c.height);
    await page.click('li.open fieldset button:nth-of-type(2)');
    await pass();
    await page.waitForFunction((wide) => {
      const canvas = document.querySelector('canvas.live');
      return canvas && canvas.width > canvas.height !== wide;
    }, wide, restart);
    await page.waitForSelector('li.open .page > .main:enabled', restart);
    await shot(page, 'camera-turned');
    await page.click('li.open fieldset button:nth-of-type(1)');
    await pass();
    await page.waitForFunction((wide) => {
      const canvas = document.querySelector('canvas.live');
      return canvas && canvas.width > canvas.height === wide;
    }, wide, restart);
    await page.waitForSelector('li.open .page > .main:enabled', restart);
    await pass();
    await ended('camera', 'passed');
  });

  await step('fingers are felt where they are, and where they are not that is told', async () => {
    for (const [off, outcome] of [[40, 'failed'], [5, 'passed']]) {
      await unfold('touch');
      await pass();
      for (const y of [10, 50, 90]) {
        for (const x of [8, 50, 92]) {
          await page.waitForSelector(`.cross[style*="left: ${x}vw"][style*="top: ${y}vh"]`);
          await page.mouse.click((size.width * x) / 100 + off, (size.height * y) / 100);
        }
      }
      await ended('touch', outcome);
    }
  });

  await step('colours and true size are measured on the camera’s picture', async () => {
    await unfold('colour');
    await page.waitForSelector('li.open [role=status]');
    await pass();
    await page.waitForSelector('[data-step=colour][data-outcome]');
    await unfold('scale');
    await page.waitForSelector('canvas.live');
    await pass();
    await page.waitForSelector('.still');
    await shot(page, 'scale-still');
    await page.click('li.open .row .main');
    await ended('scale', 'passed', restart);
    assert.match(await page.textContent('[data-step=scale] h2'), /\d+°, 600 mm/);
  });

  await step('a sale and its void are confirmed by headquarters', async () => {
    await unfold('sale');
    await page.fill('li.open input', technician);
    await page.click('li.open form .main');
    await ended('sale', 'passed');
    await until(async () => Object.values((await get(`${kioskURL}/api/v1/status`)).waiting).every((n) => n === 0), 'nothing waiting to be sent');
  });

  await step('what is left out is left out, and the day is signed off', async () => {
    for (const name of await page.$$eval('[data-step]:not([data-outcome])', (list) => list.map((e) => e.dataset.step).filter((name) => name !== 'sign'))) {
      await unfold(name);
      await page.click('li.open .page > .button.plain');
      await ended(name, 'skipped');
    }
    await unfold('sign');
    await page.fill('li.open input', technician);
    await page.click('li.open form .main');
    await page.waitForSelector('li.open [role=status]');
    await shot(page, 'signed');
  });

  await step('a second kiosk is set up at its own screen', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'two-kiosks-'));
    const windowURL = `http://127.0.0.1:${await freePort()}`;
    const settings = join(dir, 'edge.yaml');
    await writeFile(settings, `kiosks:\n  - {id: window, addr: "${new URL(windowURL).host}", camera: {source: fake}}\n`);
    const demo = await startDemo(dir, { flags: ['--settings', settings] });
    try {
      const { stdout } = await promisify(execFile)(edge, ['setup', '--demo', dir]);
      const page = await open(browser, 'window', `${windowURL}/`, { viewport: size });
      await page.waitForURL(`${windowURL}/setup`);
      await page.fill('form input', stdout.split('\n')[0]);
      await page.click('form .main');
      await page.waitForSelector('[data-step="camera.window"]');
      await page.click('nav button:nth-child(2)');
      await page.waitForSelector('html[lang=en]');
      const at = (name) => page.click(`[data-step="${name}"]:not(.open) h2 button`);
      await at('touch');
      await page.waitForSelector('li.open .page:has-text("at the screen of kiosk main")');
      await inspect(page, 'a step of another kiosk');
      await shot(page, 'elsewhere');
      await at('camera.window');
      await page.waitForSelector('canvas.live');
      await page.click('li.open fieldset button:nth-of-type(3)');
      await page.click('li.open .page > .main');
      await page.waitForSelector('li.open fieldset button:nth-of-type(3)[aria-pressed=true]', restart);
      await page.waitForSelector('li.open .page > .main:enabled', restart);
      await page.click('li.open .page > .main');
      await page.waitForSelector('[data-step="camera.window"][data-outcome=passed]', restart);
      assert.match(await page.textContent('[data-step="camera.window"] h2'), /window.*180°/s);
      assert.equal(await page.$('[data-step=camera][data-outcome]'), null, 'the first kiosk’s camera is still to be done');
      await shot(page, 'window');
      await page.close();
    } finally {
      await demo.stop();
      await rm(dir, { recursive: true, force: true });
    }
  });
  assert.deepEqual(faults, [], 'the page said what no page should say');
});

/** freePort is a port at which nobody listens just now. */
function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer().on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}
