// What discounts come to, as the gateway reckons it: lines first, the ticket last.
const whole = 10_000; // hundredths of a percent

/** off is what a discount, a rate in hundredths of a percent or an amount, comes to on a price. */
export function off({ rate, amount }, price) {
  return rate ? Math.floor((price * rate + whole / 2) / whole) : Math.min(amount, price);
}

/**
 * reduce takes discounts, {sku, rate or amount} each and sku '' for the ticket, off
 * lines of {sku, price, quantity}. It returns the total, what each one comes to by its
 * sku, and the largest part of any line's price that is off.
 */
export function reduce(lines, discounts) {
  const prices = new Map();
  for (const { sku, price, quantity } of lines) prices.set(sku, (prices.get(sku) ?? 0) + price * quantity);
  const comesTo = new Map();
  const left = new Map(prices);
  for (const d of discounts.filter(({ sku }) => prices.has(sku))) {
    comesTo.set(d.sku, off(d, prices.get(d.sku)));
    left.set(d.sku, prices.get(d.sku) - comesTo.get(d.sku));
  }
  let total = [...left.values()].reduce((sum, n) => sum + n, 0);
  const ticket = discounts.find(({ sku }) => sku === '');
  const before = total;
  if (ticket) {
    comesTo.set('', off(ticket, before));
    total -= comesTo.get('');
  }
  const kept = before ? total / before : 1;
  const part = Math.max(0, ...[...prices].map(([sku, price]) => (price ? 1 - (left.get(sku) * kept) / price : 0)));
  return { total, comesTo, part };
}
