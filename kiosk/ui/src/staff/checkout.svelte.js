import { call, NoAnswer } from '../net.js';
import { tab } from './keep.js';

const kept = 'checkout'; // where a check-out survives a reload of the page
const tries = 3; // before the clerk is asked
const firstPause = 500; // ms between them, doubling

/** unsure says that a refusal leaves open whether the sale was recorded. */
export function unsure(err) {
  return err instanceof NoAnswer || err.status >= 500 || err.kind === 'unauthorized';
}

/** newKey makes an Idempotency-Key. */
export function newKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (b) => b.toString(16).padStart(2, '0')).join('');
}

/**
 * Checkout records one sale exactly once. The Idempotency-Key is made with the
 * first press and stays with that cart and payment, through every retry and
 * even a reload of the page, until the gateway has given an answer.
 */
export class Checkout {
  pending = $state.raw(null); // {key, total, asked} without an answer yet; asked is all that is sent
  running = $state(false);
  done = $state.raw(null); // {sale, change}

  constructor() {
    const found = tab.get(kept);
    if (found) this.pending = JSON.parse(found);
  }

  /**
   * record sells a cart for total, as asked: {cart, payments, …}. It throws the gateway's
   * refusal; nothing was recorded then.
   */
  async record(csrf, total, asked) {
    if (this.running || this.pending) return;
    this.pending = { key: newKey(), total, asked };
    tab.set(kept, JSON.stringify(this.pending));
    await this.retry(csrf);
  }

  /** retry asks again, with the same key, for what has no answer yet. */
  async retry(csrf) {
    if (this.running || !this.pending) return;
    this.running = true;
    try {
      for (let n = 1, pause = firstPause; ; n++, pause *= 2) {
        try {
          this.done = await this.#post(csrf);
          this.#settle();
          return;
        } catch (err) {
          if (!unsure(err)) {
            this.#settle();
            throw err;
          }
          if (err.kind === 'unauthorized') throw err;
          if (n === tries) return; // the page shows that it is not known
        }
        await new Promise((next) => setTimeout(next, pause));
      }
    } finally {
      this.running = false;
    }
  }

  next() {
    this.done = null;
  }

  #post(csrf) {
    const { key, asked } = this.pending;
    return call('POST', '/api/v1/staff/sales', asked, { headers: { 'X-CSRF': csrf, 'Idempotency-Key': key } });
  }

  #settle() {
    this.pending = null;
    tab.drop(kept);
  }
}
