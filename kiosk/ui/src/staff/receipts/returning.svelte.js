import { beyond, rounding, value, waysBack } from './reversal.js';

/**
 * Returning is what a clerk has entered of goods of a receipt that come back, and what it
 * comes to. open is the receipt as {sale, left, refundable}; roundingOf(money) rounds cash;
 * exchanged() is how much of the goods' worth pays for others, and does not go back in money.
 */
export class Returning {
  pieces = $state({}); // of each SKU
  lost = $state({}); // the SKUs that are written off
  reason = $state('');
  slips = $state({}); // of what goes back otherwise than in cash, by its way
  inCash = $state(false);
  #roundingOf;
  #exchanged;

  constructor(open, roundingOf, exchanged = () => 0) {
    this.open = open;
    this.#roundingOf = roundingOf;
    this.#exchanged = exchanged;
  }

  /** The lines of which some can come back. */
  get lines() {
    return this.open.sale.lines.filter(({ sku }) => this.open.left[sku] > 0);
  }

  get count() {
    return this.lines.reduce((n, { sku }) => n + this.#coming(sku), 0);
  }

  worthOf(line) {
    return value(line, this.open.left[line.sku], this.#coming(line.sku));
  }

  get worth() {
    return this.lines.reduce((sum, line) => sum + this.worthOf(line), 0);
  }

  /** What goes back in money, by each way, before cash is rounded. */
  get ways() {
    const amount = this.worth - this.#exchanged();
    if (amount <= 0) return [];
    return this.inCash ? [{ method: 'cash', amount }] : waysBack(this.open.refundable, amount);
  }

  /** The same as it is counted out. */
  get counted() {
    const { sale } = this.open;
    return this.ways.map(({ method, amount }) => ({ method, amount: amount + (method === 'cash' ? rounding(sale, amount, this.#roundingOf) : 0) }));
  }

  get given() {
    return { ...this.open.sale.total, amount: this.counted.reduce((sum, { amount }) => sum + amount, 0) };
  }

  /** Whether a manager is asked. */
  get asks() {
    return beyond(this.open.refundable, this.ways);
  }

  get ready() {
    return this.count > 0 && this.reason.trim() !== '' && this.ways.every(({ method }) => method === 'cash' || this.slips[method]?.trim());
  }

  all() {
    for (const { sku } of this.lines) this.pieces[sku] = this.open.left[sku];
  }

  /** asked is what the gateway is told. */
  get asked() {
    return {
      lines: this.lines.filter(({ sku }) => this.#coming(sku) > 0).map(({ sku }) => ({ sku, quantity: this.#coming(sku), to: this.lost[sku] ? 'loss' : 'stock' })),
      back: this.ways.map(({ method, amount }) => ({ method, amount, ...(method !== 'cash' && { reference: this.slips[method].trim() }) })),
      reason: this.reason.trim(),
    };
  }

  #coming(sku) {
    return this.pieces[sku] ?? 0;
  }
}
