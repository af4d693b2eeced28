import { keepDiscounts, keptDiscounts, reduce } from './discount.js';

/**
 * Discounts are those of one ticket. The gateway hears of them with the check-out;
 * until then this browser keeps them, through parking and a reload.
 */
export class Discounts {
  given = $state.raw([]); // {sku, rate or amount, reason}; sku '' is the whole ticket
  approval = $state.raw(null); // a manager's yes, where it takes one

  constructor(cart) {
    Object.assign(this, cart && keptDiscounts(localStorage, cart));
  }

  /** of is the discount on a line, or with '' on the ticket. */
  of(sku) {
    return this.given.find((d) => d.sku === sku);
  }

  /** give puts a discount on a cart in the place of the one that was there; nothing takes it away. */
  give(cart, sku, discount) {
    this.given = [...this.given.filter((d) => d.sku !== sku), ...(discount ? [{ ...discount, sku }] : [])];
    keepDiscounts(localStorage, cart, { given: this.given, approval: this.approval });
  }

  /** with is what the discounts come to on a ticket, with another one tried or without. */
  with(ticket, sku, discount) {
    const others = discount ? this.given.filter((d) => d.sku !== sku) : this.given;
    const lines = ticket.lines.map((line) => ({ sku: line.sku, price: line.price.amount, quantity: line.quantity }));
    return reduce(lines, discount ? [...others, { ...discount, sku }] : others);
  }

  /** total is what the ticket comes to. */
  total(ticket) {
    if (!ticket.total || this.given.length === 0) return ticket.total;
    return { ...ticket.total, amount: this.with(ticket).total };
  }

  /** asked is what the gateway is told. */
  asked(ticket) {
    const there = this.given.filter(({ sku }) => sku === '' || ticket.lines.some((line) => line.sku === sku && line.quantity > 0));
    if (there.length === 0) return {};
    return {
      discounts: there.map(({ sku, ...rest }) => (sku ? { sku, ...rest } : rest)),
      ...(this.approval && { discount_approval: this.approval }),
    };
  }
}
