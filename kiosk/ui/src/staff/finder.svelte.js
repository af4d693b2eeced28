import { call, Refusal } from '../net.js';

const pause = 120; // ms without a key before the gateway is asked

/** namesCart says that a text is a cart's code, or a link to it. */
export function namesCart(text) {
  return text.includes('://') || /^[0-9a-z]{5}-[0-9a-z]{5}$/i.test(text.trim());
}

/**
 * Finder is a field that a person types into and a scanner too. failed(err)
 * hears why the gateway did not answer.
 */
export class Finder {
  text = $state('');
  found = $state.raw(null); // {total, near, hits} for some text; null before the first answer
  #asked = 0;
  #timer;
  #failed;

  constructor(failed) {
    this.#failed = failed;
  }

  /** type looks when the typing pauses. */
  type(text) {
    this.text = text;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.look(), pause);
  }

  /** look finds what the text says now, and returns the answer; null where there is none. */
  async look() {
    clearTimeout(this.#timer);
    const n = ++this.#asked;
    try {
      const found = await call('GET', `/api/v1/catalogue/search?q=${encodeURIComponent(this.text)}`);
      if (n === this.#asked) this.found = found;
      return found;
    } catch (err) {
      this.#failed(err);
      return null;
    }
  }

  /**
   * submit returns the only variant that the text finds, and then the field is
   * empty at once: the next scan may begin before the gateway answers. Otherwise
   * it shows what was found, and returns null. What a scanner read beside the
   * field is submitted as well.
   */
  async submit(read = this.text) {
    const text = read.trim();
    if (!text) return null;
    clearTimeout(this.#timer);
    this.text = '';
    let found;
    try {
      found = await call('GET', `/api/v1/catalogue/search?q=${encodeURIComponent(text)}`);
    } catch (err) {
      this.text ||= text;
      this.#failed(err);
      return null;
    }
    if (found.total === 1 && !found.near) return found.hits[0];
    if (this.text) {
      this.#failed(new Refusal(404, { kind: 'scanMissed', message: text })); // the next scan has begun: what is shown is for that one
      return null;
    }
    this.text = text;
    this.#asked++; // an answer that is under way is an older one
    this.found = found;
    return null;
  }

  /** clear is for the next thing. */
  clear() {
    this.text = '';
    this.look();
  }
}
