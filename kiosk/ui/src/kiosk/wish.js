// What a shopper says to find a shade: the undertone of their skin, in their own
// word, and a finish. Nothing is measured on anybody.

export const undertones = ['warm', 'cool', 'neutral'];

/** lab is a colour #RRGGBB in CIELAB: how green or red (a) and blue or yellow (b) it is, for daylight D65. */
function lab(hex) {
  const [r, g, b] = [1, 3, 5].map((i) => {
    const c = parseInt(hex.slice(i, i + 2), 16) / 255;
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  });
  const f = (t) => (t > 216 / 24389 ? Math.cbrt(t) : (24389 / 27 * t + 16) / 116);
  const x = f((0.4124 * r + 0.3576 * g + 0.1805 * b) / 0.9505);
  const y = f(0.2126 * r + 0.7152 * g + 0.0722 * b);
  const z = f((0.0193 * r + 0.1192 * g + 0.9505 * b) / 1.089);
  return { a: 500 * (x - y), b: 200 * (y - z) };
}

const grey = 6; // of CIELAB's chroma: what has less is neither warm nor cool

/** warmth is how warm a colour is: 1 for gold and orange, less for red and pink, below 0 for plum and blue. */
export function warmth(hex) {
  const { a, b } = lab(hex);
  if (Math.hypot(a, b) < grey) return 0.5;
  return Math.cos(Math.atan2(b, a) - (70 * Math.PI) / 180);
}

/** middle is the median warmth of variants. */
function middle(variants) {
  const all = variants.map((v) => warmth(v.color)).sort((a, b) => a - b);
  return all[all.length >> 1] ?? 0.5;
}

/** misfit is how far a variant is from what suits an undertone, where the others' middle is mid. */
function misfit(variant, undertone, mid) {
  if (!variant.color) return Infinity;
  const warm = warmth(variant.color);
  if (undertone === 'neutral') return Math.abs(warm - mid);
  return undertone === 'warm' ? -warm : warm;
}

/** shadesFor are a product's variants, what suits the wish first. */
export function shadesFor(variants, { undertone }) {
  if (!undertone) return variants;
  const mid = middle(variants.filter((v) => v.color));
  return variants.toSorted((a, b) => misfit(a, undertone, mid) - misfit(b, undertone, mid));
}

/** choicesOf are the variants of a product that a shopper chooses among: shades, and sizes and the like, which have no colour. One alone without a colour is no choice. */
export function choicesOf({ variants }) {
  return variants.length > 1 ? variants : variants.filter((v) => v.color);
}

/** shadeFor is the variant of a product that is put on first: of those that can be bought and have the wished finish, the one that suits best. */
export function shadeFor({ variants }, wish) {
  const list = shadesFor(variants, wish);
  const bought = list.filter((v) => v.stock > 0);
  return bought.find((v) => v.finish === wish.finish) ?? bought[0] ?? list[0];
}

/** finishesOf are the finishes that products of a shelf come in. */
export function finishesOf(products) {
  return [...new Set(products.flatMap((p) => p.variants.map((v) => v.finish)).filter(Boolean))];
}

/** productsFor are the products of a shelf in the wished finish, if it has that, those with what suits best first. */
export function productsFor(products, { undertone, finish }) {
  const inFinish = products.filter((p) => p.variants.some((v) => v.finish === finish));
  const list = inFinish.length > 0 ? inFinish : products;
  if (!undertone) return list;
  const mid = middle(list.flatMap((p) => p.variants.filter((v) => v.color)));
  const best = (p) => Math.min(...p.variants.map((v) => misfit(v, undertone, mid)));
  return list.toSorted((a, b) => best(a) - best(b));
}

/** goesWith are other products of the complete looks that a product is in, of those it meets most the first: {product, variant}. */
export function goesWith({ products, looks }, product, most = 4) {
  const own = new Set(product.variants.map((v) => v.sku));
  const met = new Map(); // sku → how often
  for (const { items } of looks) {
    if (!items.some((i) => own.has(i.sku))) continue;
    for (const { sku } of items) if (!own.has(sku)) met.set(sku, (met.get(sku) ?? 0) + 1);
  }
  const found = products.flatMap((p) => {
    const variant = p.variants.filter((v) => met.has(v.sku) && v.stock > 0).sort((a, b) => met.get(b.sku) - met.get(a.sku))[0];
    return variant ? [{ product: p, variant }] : [];
  });
  return found.sort((a, b) => met.get(b.variant.sku) - met.get(a.variant.sku)).slice(0, most);
}
