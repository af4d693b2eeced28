const solid = ['glasses', 'earrings', 'nose-stud', 'necklace']; // always drawn whole, whatever the intensity

/** tunable says whether a variant can be worn more or less. */
export function tunable(variant) {
  return Boolean(variant.tryon) && !solid.includes(variant.tryon.kind);
}

/**
 * Outfit is what the shopper wears in the mirror: one variant a place. Only
 * the newest wish is sent; what was wished while a request ran replaces what
 * waited. send(wish) takes it to the gateway; changed() hears of every wish that
 * took effect.
 */
export class Outfit {
  live = false; // a camera is looking, so the gateway is told
  intensity = $state(0.6);
  lookID = $state(''); // the complete look that was put on last
  #worn = $state({}); // place → sku
  #send;
  #failed;
  #changed;
  #busy = false;
  #stale = false;

  constructor({ send, failed, changed }) {
    this.#send = send;
    this.#failed = failed;
    this.#changed = changed;
  }

  /** of is the outfit that the gateway's session has on: one layer for each SKU. */
  static of({ skus, look, camera, intensity, look_id }, handlers) {
    const outfit = new Outfit(handlers);
    outfit.live = camera.consent;
    if (intensity > 0) outfit.intensity = intensity;
    outfit.lookID = look_id;
    look.layers.forEach(({ kind }, i) => {
      outfit.#worn[kind] = skus[i];
    });
    return outfit;
  }

  /** Something is worn that has an intensity. */
  get tunable() {
    return Object.keys(this.#worn).some((kind) => !solid.includes(kind));
  }

  get skus() {
    return Object.values(this.#worn);
  }

  /** instead is what is worn with a SKU in the place of its kind; without one, bare there. */
  instead(kind, sku) {
    const { [kind]: _, ...others } = this.#worn;
    return [...Object.values(others), sku].filter(Boolean);
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
    this.#tell();
  }

  /** putLook wears a complete look, and nothing else. */
  putLook(id, variants) {
    this.#worn = Object.fromEntries(variants.map((v) => [v.tryon.kind, v.sku]));
    this.lookID = id;
    this.#tell();
  }

  takeOff(kind) {
    delete this.#worn[kind];
    this.#tell();
  }

  takeOffAll() {
    this.putLook('', []);
  }

  setIntensity(value) {
    this.intensity = value;
    this.#tell();
  }

  /** again says once more what is worn. */
  again() {
    this.#tell();
  }

  async #tell() {
    this.#stale = true;
    if (!this.live || this.#busy) return;
    this.#busy = true;
    try {
      while (this.#stale && this.live) {
        this.#stale = false;
        await this.#send({ skus: this.skus, intensity: this.intensity, look_id: this.lookID });
      }
      this.#changed?.();
    } catch (err) {
      if (this.live) this.#failed(err);
    } finally {
      this.#busy = false;
    }
  }
}
