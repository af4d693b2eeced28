import { call } from '../net.js';

const again = 2000; // ms until the catalogue is asked for once more, while there is none

/** Shelf is what the shop sells, and what of it the shopper looks at. */
export class Shelf {
  catalogue = $state.raw(null);
  choice = $state.raw(null); // {product, sku} by their ids
  /** What the shopper looks at, as the newest catalogue has it: {product, variant}. */
  chosen = $derived.by(() => {
    const product = this.choice && this.catalogue?.products.find((p) => p.id === this.choice.product);
    const variant = product?.variants.find((v) => v.sku === this.choice.sku);
    return variant ? { product, variant } : null;
  });

  async load() {
    try {
      this.catalogue = await call('GET', '/api/v1/catalogue');
    } catch {
      if (!this.catalogue) setTimeout(() => this.load(), again);
    }
  }

  choose(product, variant) {
    this.choice = { product: product.id, sku: variant.sku };
  }

  /** find is the product and variant of a SKU, undefined where it is no longer sold. */
  find(sku) {
    for (const product of this.catalogue?.products ?? []) {
      const variant = product.variants.find((v) => v.sku === sku);
      if (variant) return { product, variant };
    }
  }
}
