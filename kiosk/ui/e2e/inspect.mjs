// What holds of every page that somebody may touch: WCAG 2.2 AA as far as axe can
// tell, and targets of 48 px for fingers.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';

const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const rules = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];
const finger = 48; // px

/** small lists what a finger may miss: it runs in the page. */
function small(finger) {
  const reach = (e) => {
    const box = e.getBoundingClientRect();
    const after = getComputedStyle(e, '::after'); // may carry the touch over a whole row
    return after.position === 'absolute' && after.content !== 'none' ? e.offsetParent.getBoundingClientRect() : box;
  };
  return [...document.querySelectorAll('button, a[href], input:not([type=hidden]), select, textarea, [role=radio]')]
    .filter((e) => e.checkVisibility({ visibilityProperty: true }) && !e.closest('[inert], .hidden'))
    .map((e) => ({ e: e.closest('label') ?? e, box: reach(e.closest('label') ?? e) }))
    .filter(({ box }) => box.width > 0 && (box.width < finger - 0.5 || box.height < finger - 0.5))
    .map(({ e, box }) => `${e.outerHTML.slice(0, 90)} is ${Math.round(box.width)} × ${Math.round(box.height)} px`);
}

/** inspect holds the page, as it is shown now, to what holds of all. */
export async function inspect(page, what) {
  if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate(axe);
  const { violations } = await page.evaluate((values) => window.axe.run(document, { runOnly: { type: 'tag', values } }), rules);
  const said = violations.map(({ id, nodes }) => `${id}: ${nodes[0].target} (${nodes.length}): ${nodes[0].any[0]?.message ?? nodes[0].failureSummary}`);
  assert.deepEqual(said, [], `${what}: axe found faults`);
  await roomy(page, what);
}

/** roomy asserts that no finger misses anything on the page, as it is shown now. */
export async function roomy(page, what) {
  assert.deepEqual(await page.evaluate(small, finger), [], `${what}: a finger may miss`);
}
