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

/**
 * waysBack spreads amount over the ways that it may go back by, as the gateway
 * lists them; what is beyond them goes back in cash, for which a manager is asked.
 */
export function waysBack(refundable, amount) {
  const ways = [];
  let rest = amount;
  for (const { method, amount: most } of refundable) {
    const part = Math.min(rest, most);
    if (part > 0) ways.push({ method, amount: part });
    rest -= part;
  }
  const cash = ways.find(({ method }) => method === 'cash');
  if (rest > 0 && cash) cash.amount += rest;
  else if (rest > 0) ways.push({ method: 'cash', amount: rest });
  return ways;
}

/** beyond says that more goes back some way than may without a manager. */
export function beyond(refundable, ways) {
  return ways.some(({ method, amount }) => amount > (refundable.find((way) => way.method === method)?.amount ?? 0));
}

/** rounding is what is added to amount where it goes back in cash, after the refunds before; of(money) rounds. */
export function rounding(sale, amount, of) {
  const { currency } = sale.total;
  const given = (sale.refunds ?? []).flatMap(({ back }) => back).reduce((sum, b) => sum + (b.method === 'cash' ? b.amount : 0), 0);
  return of({ amount: given + amount, currency }) - of({ amount: given, currency });
}

/** counted is what of payments, or of what goes back, is money, as it was counted out: goods that came back are none. */
export function counted(payments) {
  return payments.reduce((sum, { method, amount, rounding = 0 }) => (method === 'exchange' ? sum : sum + amount + rounding), 0);
}
