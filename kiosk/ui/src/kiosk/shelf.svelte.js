import { call } from '../net.js';

const again = 2000; // ms until the catalogue is asked for once more, while there is none

/**
 * Shelf is what the shop sells, and what of it the shopper looks at. Of a large
 * shop the first products of each category are here, and those that were asked
 * for.
 */
export class Shelf {
  catalogue = $state.raw(null);
  choice = $state.raw(null); // {product, sku} by their ids
  /** What the shopper looks at, as the newest catalogue has it: {product, variant}. */
  chosen = $derived.by(() => {
    const product = this.choice && this.catalogue?.products.find((p) => p.id === this.choice.product);
    const variant = product?.variants.find((v) => v.sku === this.choice.sku);
    return variant ? { product, variant } : null;
  });
  awaited = $state(false); // what the shopper looks at is on its way here
  #met = new Set(); // SKUs that the shopper has to do with
  #had = {}; // category → how many of its products came page by page
  #turning = false;

  async load() {
    try {
      const catalogue = await call('GET', '/api/v1/catalogue');
      this.#had = Object.fromEntries(Object.entries(catalogue.totals).map(([id, total]) => [id, Math.min(total, catalogue.page)]));
      this.catalogue = catalogue;
    } catch {
      if (!this.catalogue) setTimeout(() => this.load(), again);
      return;
    }
    this.meet([]);
  }

  /** categories are those that have something. */
  get categories() {
    return (this.catalogue?.categories ?? []).filter((c) => this.catalogue.totals[c.id] > 0);
  }

  /** hasMore says whether a category has more products than came here. */
  hasMore(category) {
    return this.#had[category] < this.catalogue.totals[category];
  }

  /** more brings the next products of a category. */
  async more(category) {
    if (this.#turning || !this.hasMore(category)) return;
    this.#turning = true;
    try {
      const page = await call('GET', `/api/v1/catalogue/categories/${encodeURIComponent(category)}?from=${this.#had[category]}`);
      if (page.release !== this.catalogue.release) {
        await this.load();
      } else {
        this.#had[category] = page.products.length ? this.#had[category] + page.products.length : Infinity;
        this.#take(page.products);
      }
    } catch {
      // It is asked for again when the shopper moves on.
    } finally {
      this.#turning = false;
    }
  }

  choose(product, variant) {
    this.choice = { product: product.id, sku: variant.sku };
    this.#met.add(variant.sku);
  }

  /** find is the product and variant of a SKU, undefined where it is no longer sold or did not come here. */
  find(sku) {
    for (const product of this.catalogue?.products ?? []) {
      const variant = product.variants.find((v) => v.sku === sku);
      if (variant) return { product, variant };
    }
  }

  /** fetch is what find is, of whatever the shop sells. */
  async fetch(sku) {
    this.#met.add(sku);
    if (!this.find(sku)) {
      const { product } = await call('GET', `/api/v1/catalogue/variants/${encodeURIComponent(sku)}`);
      this.#take([product]);
    }
    return this.find(sku);
  }

  /** meet has here what the shopper has to do with, as soon as there is a catalogue; what is chosen and sold no longer is let go. */
  async meet(skus) {
    for (const sku of skus) this.#met.add(sku);
    if (!this.catalogue) return;
    this.awaited = this.choice !== null && !this.chosen;
    await Promise.allSettled([...this.#met].map((sku) => this.fetch(sku)));
    if (!this.chosen) this.choice = null;
    this.awaited = false;
  }

  /** forget is for when the shopper has gone. */
  forget() {
    this.choice = null;
    this.#met.clear();
  }

  #take(products) {
    if (!this.catalogue) return;
    const known = new Set(this.catalogue.products.map((p) => p.id));
    this.catalogue = { ...this.catalogue, products: [...this.catalogue.products, ...products.filter((p) => !known.has(p.id))] };
  }
}
