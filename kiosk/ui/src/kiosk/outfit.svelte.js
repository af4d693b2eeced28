import { call } from '../net.js';

const solid = 'glasses'; // always drawn whole, whatever the intensity

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

  /** of is the outfit that the gateway's session has on: one layer for each SKU. */
  static of({ skus, look, camera }, handlers) {
    const outfit = new Outfit(handlers);
    outfit.live = camera.consent;
    look.layers.forEach(({ kind, intensity }, i) => {
      outfit.#worn[kind] = skus[i];
      if (kind !== solid) outfit.intensity = intensity;
    });
    return outfit;
  }

  /** Something is worn that has an intensity. */
  get tunable() {
    return Object.keys(this.#worn).some((kind) => kind !== solid);
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
