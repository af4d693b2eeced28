// What a refund comes to, and which way its money goes back.

/** number of a receipt as it is printed, from what was typed or scanned; nothing where it is none. */
export function readNumber(text, newest) {
  const typed = text.trim().toUpperCase();
  const all = typed.match(/^([A-Z0-9]{1,8})-(\d{1,9})-(\d{1,15})$/);
  if (all) return `${all[1]}-${Number(all[2])}-${all[3].replace(/^0+(?=\d{6})/, '').padStart(6, '0')}`;
  if (newest && /^\d{1,6}$/.test(typed)) return `${newest.till}-${newest.series}-${typed.padStart(6, '0')}`;
  return '';
}

/** state of a sale: receiptSold, receiptVoid, receiptPart or receiptGone. */
export function stateOf({ sale, left }) {
  if (sale.void) return 'receiptVoid';
  if (!sale.refunds?.length) return 'receiptSold';
  return Object.values(left).some((n) => n > 0) ? 'receiptPart' : 'receiptGone';
}

/** worth is what so many pieces of a line cost, up to all of it, as the gateway has it. */
function worth({ price, quantity, total, discount }, pieces) {
  if (!discount) return price * pieces;
  return Number((BigInt(total) * BigInt(pieces)) / BigInt(quantity));
}

/** value of n pieces of a line given back, of which left could be. */
export function value(line, left, n) {
  const before = line.quantity - left;
  return worth(line, before + n) - worth(line, before);
}

/** payments are what a sale was paid with. */
export function payments(sale) {
  return sale.payments ?? [sale.payment];
}

/**
 * waysBack spreads amount over what the sale was paid with, the last payment
 * first and none more than is left of it after earlier refunds.
 */
export function waysBack(sale, amount) {
  const gone = {};
  for (const { back } of sale.refunds ?? []) for (const b of back) gone[b.method] = (gone[b.method] ?? 0) + b.amount;
  const ways = [];
  let rest = amount;
  for (const { method, amount: paid } of payments(sale).toReversed()) {
    const used = Math.min(gone[method] ?? 0, paid);
    gone[method] = (gone[method] ?? 0) - used;
    const part = Math.min(rest, paid - used);
    rest -= part;
    if (part <= 0) continue;
    const same = ways.find((way) => way.method === method);
    if (same) same.amount += part;
    else ways.push({ method, amount: part });
  }
  if (rest > 0) {
    // Earlier refunds went another way: what is left of them goes back in cash.
    const cash = ways.find(({ method }) => method === 'cash');
    if (cash) cash.amount += rest;
    else ways.push({ method: 'cash', amount: rest });
  }
  return ways;
}
