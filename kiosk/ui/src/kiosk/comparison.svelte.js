const most = 4; // shades side by side
const least = 2;

/**
 * Comparison is how the mirror's picture compares: not at all, split in the
 * middle, or several shades of one moment; with freeze, that moment stands
 * still. Only the newest wish is sent; what was wished while a request ran
 * replaces what waited. send(wish) takes it to the gateway; answered(view) hears what
 * that says of the session when a wish took effect, failed(err) why one did not.
 */
export class Comparison {
  live = false; // a camera is looking, so the gateway is told
  mode = $state('off'); // off, split, shades
  at = $state(0.5); // where the split's edge stands, of the picture's width
  kind = $state(''); // what the shades are of
  skus = $state([]); // the shades
  freeze = $state(false);
  #aspect = 1; // width by height of the place for the picture of shades
  #send;
  #answered;
  #failed;
  #busy = false;
  #stale = false;

  constructor({ send, answered, failed }) {
    this.#send = send;
    this.#answered = answered;
    this.#failed = failed;
  }

  /** The tiles as they stand: one beside an odd number of shades is bare. */
  get tiles() {
    return this.skus.length === 3 ? [...this.skus, ''] : this.skus;
  }

  get columns() {
    return this.#aspect > 1.7 ? this.tiles.length : 2;
  }

  get full() {
    return this.skus.length >= most;
  }

  off() {
    this.#set({ mode: 'off', skus: [], kind: '' });
  }

  split(at = this.at) {
    this.#set({ mode: 'split', at: Math.min(Math.max(at, 0.02), 0.98), skus: [], kind: '' });
  }

  /** shades compares the given ones of one kind, or what is worn with nothing. */
  shades(kind, skus) {
    this.#set({ mode: 'shades', kind, skus });
  }

  /** toggle takes a shade in or out; the last two stay. */
  toggle(sku) {
    const skus = this.skus.includes(sku) ? this.skus.filter((s) => s !== sku) : [...this.skus, sku].slice(-most);
    if (skus.length >= least) this.#set({ skus });
  }

  setFreeze(freeze) {
    this.#set({ freeze });
  }

  /** place says what place there is for the picture of shades, width by height. */
  place(aspect) {
    if (Math.abs(Math.log(aspect / this.#aspect)) < 0.01) return;
    this.#aspect = aspect;
    this.again();
  }

  /** again asks for the same once more: what else is worn has changed. */
  again() {
    if (this.mode === 'shades') this.#tell();
  }

  /** adopt takes over what the gateway shows, unless something newer is on its way. */
  adopt(view, kindOf) {
    if (this.#busy || !this.live) return;
    this.freeze = view.freeze;
    if (view.mode === this.mode && (this.mode !== 'shades' || this.kind)) return;
    this.mode = view.mode;
    if (view.mode === 'split') this.at = view.at;
    this.skus = view.skus.filter(Boolean);
    this.kind = kindOf(this.skus[0]) ?? '';
  }

  #set(changes) {
    Object.assign(this, changes);
    this.#tell();
  }

  get #wish() {
    const { mode, at, freeze } = this;
    if (mode === 'off') return { mode, freeze };
    if (mode === 'split') return { mode, at, freeze };
    return { mode, skus: this.tiles, columns: this.columns, aspect: Math.min(Math.max(this.#aspect, 0.25), 4), freeze };
  }

  async #tell() {
    this.#stale = true;
    if (!this.live || this.#busy) return;
    this.#busy = true;
    try {
      while (this.#stale && this.live) {
        this.#stale = false;
        this.#answered(await this.#send(this.#wish));
      }
    } catch (err) {
      if (this.live) this.#failed(err);
    } finally {
      this.#busy = false;
    }
  }
}
