import { pick, say } from '../words.js';
import { Comparison } from './comparison.svelte.js';
import { Outfit } from './outfit.svelte.js';

/** Fitting is what the shopper wears and compares, of what is on the shelf, as long as the session lasts. */
export class Fitting {
  outfit = $state.raw(null);
  comparison = $state.raw(null);
  #shelf;
  #handlers; // {send, failed, answered}

  constructor({ shelf, ...handlers }) {
    this.#shelf = shelf;
    this.#handlers = handlers;
  }

  /** begin wears nothing yet, or what the gateway's session has on. */
  begin(session) {
    const { send, failed } = this.#handlers;
    const handlers = { send: (wish) => send('/look', wish), failed, changed: () => this.comparison?.again() };
    this.outfit = session ? Outfit.of(session, handlers) : new Outfit(handlers);
    this.comparison = this.#newComparison();
    this.watched(session?.camera.consent ?? false);
  }

  /** watched says whether a camera looks, so that the gateway draws what is worn and compared. */
  watched(live) {
    this.outfit.live = this.comparison.live = live;
  }

  /** end lets nothing of what this shopper wished follow to the next one. */
  end() {
    if (this.outfit) this.watched(false);
    this.outfit = this.comparison = null;
  }

  /** forgetComparison goes on with a gateway that knows of no comparison. */
  forgetComparison() {
    if (this.comparison.mode === 'off') return;
    this.comparison.live = false;
    this.comparison = this.#newComparison();
    this.watched(this.outfit.live);
  }

  #newComparison() {
    const { send, ...others } = this.#handlers;
    return new Comparison({ send: (wish) => send('/compare', wish), ...others });
  }

  /** showWhole shows the camera's picture, live and not compared. */
  showWhole() {
    if (this.comparison.mode !== 'off') this.comparison.off();
    if (this.comparison.freeze) this.comparison.setFreeze(false);
  }

  /**
   * wear looks at a variant and puts it on, if the mirror can show it. While
   * shades of its kind are compared it is taken in among them, or out.
   */
  wear(product, variant) {
    this.#shelf.choose(product, variant);
    if (this.comparison.mode === 'shades') {
      if (variant.tryon?.kind === this.comparison.kind) {
        this.comparison.toggle(variant.sku);
        return;
      }
      this.comparison.off();
    }
    this.outfit.put(variant);
  }

  /** compareShades begins with the chosen shade and two more that can be bought. */
  compareShades() {
    const { product, variant } = this.#shelf.chosen;
    const others = product.variants.filter((v) => v.tryon && v.sku !== variant.sku).sort((a, b) => Math.sign(b.stock) - Math.sign(a.stock));
    this.comparison.shades(variant.tryon.kind, [variant.sku, ...others.slice(0, 2).map((v) => v.sku)]);
  }

  /** tiles are the shades that are compared, as they are named: {sku, color, name}; one may be none. */
  tiles(lang) {
    return this.comparison.tiles.map((sku) => {
      const variant = this.#shelf.find(sku)?.variant;
      return { sku, color: variant?.color, name: variant ? pick(lang, variant.shade) : say(lang, 'nothingOn') };
    });
  }

  /** endShades compares no more: what is worn of that kind is what the shopper looks at again. */
  endShades() {
    const { kind } = this.comparison;
    this.comparison.off();
    const worn = this.outfit.skus.map((sku) => this.#shelf.find(sku)).find((found) => found?.variant.tryon?.kind === kind);
    if (worn) this.#shelf.choose(worn.product, worn.variant);
  }

  /** keepShade wears the shade of a tile, or none of its kind, and compares no more. */
  keepShade(sku) {
    const { kind } = this.comparison;
    this.comparison.off();
    const found = this.#shelf.find(sku);
    if (found) this.wear(found.product, found.variant);
    else this.outfit.takeOff(kind);
  }
}
