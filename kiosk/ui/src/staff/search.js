import { plain } from '../words.js';

/** shelf lists every variant of the catalogue with the words it is found by. */
export function shelf(catalogue) {
  return (catalogue?.products ?? []).flatMap((product) =>
    product.variants.map((variant) => ({
      product,
      variant,
      words: plain(
        [product.brand, ...Object.values(product.name), ...Object.values(variant.shade ?? {}), variant.sku, variant.gtin].join(' '),
      ),
    })),
  );
}

/** find lists what has every word of text in it. */
export function find(entries, text) {
  const words = plain(text).split(/\s+/).filter(Boolean);
  return entries.filter((entry) => words.every((word) => entry.words.includes(word)));
}

/** scanned is the variant that text names exactly, by barcode or SKU. */
export function scanned(entries, text) {
  const code = text.trim();
  return entries.find(({ variant }) => variant.gtin === code || variant.sku.toLowerCase() === code.toLowerCase());
}
