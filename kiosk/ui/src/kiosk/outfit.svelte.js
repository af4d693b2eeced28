import { call } from '../net.js';

/**
 * Outfit is what the shopper wears in the mirror: one variant a place. Only
 * the newest wish is sent; what was wished while a request ran replaces what
 * waited.
 */
export class Outfit {
  live = false; // a camera is looking, so the gateway is told
  intensity = $state(0.6);
  bare = $state(false); // shown without, to compare
  #worn = $state({}); // place → sku
  #failed;
  #busy = false;
  #stale = false;

  constructor({ failed }) {
    this.#failed = failed;
  }

  get skus() {
    return Object.values(this.#worn);
  }

  wears(variant) {
    return Boolean(variant.tryon) && this.#worn[variant.tryon.kind] === variant.sku;
  }

  wearsAny(kind) {
    return kind in this.#worn;
  }

  put(variant) {
    if (!variant.tryon) return;
    this.#worn[variant.tryon.kind] = variant.sku;
    this.bare = false;
    this.#send();
  }

  takeOff(kind) {
    delete this.#worn[kind];
    this.#send();
  }

  setIntensity(value) {
    this.intensity = value;
    this.bare = false;
    this.#send();
  }

  setBare(bare) {
    this.bare = bare;
    this.#send();
  }

  async #send() {
    this.#stale = true;
    if (!this.live || this.#busy) return;
    this.#busy = true;
    try {
      while (this.#stale) {
        this.#stale = false;
        const skus = this.bare ? [] : this.skus;
        await call('PUT', '/kiosk/v1/session/look', { skus, intensity: this.intensity });
      }
    } catch (err) {
      this.#failed(err);
    } finally {
      this.#busy = false;
    }
  }
}
