/** nameOf is how people call a shop, or its id where headquarters does not say. */
export function nameOf(catalogue, shop) {
  return catalogue?.places[shop]?.name || shop;
}
