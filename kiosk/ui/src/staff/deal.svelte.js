import { call } from '../net.js';
import { newKey } from './checkout.svelte.js';
import { reduce } from './discount.js';
import { slipRefusal } from './payment.svelte.js';

/**
 * Deal is what staff settled about the ticket before it is paid: its name, its
 * discounts, and what was paid of it already. The gateway keeps it with the cart,
 * for every till.
 */
export class Deal {
  changes = 0; // begun or done by this till
  #kept = $state.raw({}); // as the gateway has it
  #sent = null; // a part without an answer yet, and its id
  #till;

  constructor(till, view) {
    this.#till = till;
    this.#kept = view?.deal ?? {};
  }

  get name() {
    return this.#kept.name ?? '';
  }

  get note() {
    return this.#kept.note ?? '';
  }

  /** The discounts: {sku, rate or amount, reason, staff}; sku '' is the whole ticket. */
  get given() {
    return (this.#kept.discounts ?? []).map((d) => ({ sku: '', ...d }));
  }

  /** The parts of the payment that were taken: {id, method, amount, …}. */
  get parts() {
    return this.#kept.parts ?? [];
  }

  /** hear takes in what the gateway says, unless this till has changed it since changes were counted. */
  hear({ deal }, changes) {
    if (changes === this.changes) this.#kept = deal;
  }

  /** of is the discount on a line, or with '' on the ticket. */
  of(sku) {
    return this.given.find((d) => d.sku === sku);
  }

  /** give puts a discount in the place of the one that was there. It throws the gateway's refusal. */
  give(sku, discount, approval) {
    return this.#ask('PUT', 'discounts', { ...(sku && { sku }), ...discount, ...(approval && { approval }) });
  }

  /** takeAway takes the discount away. It throws the gateway's refusal. */
  takeAway(sku) {
    return this.#ask('DELETE', `discounts?${new URLSearchParams(sku ? { sku } : {})}`);
  }

  /** take notes a part of the payment, once, and reports whether it did. */
  async take(part) {
    const body = JSON.stringify(part);
    if (this.#sent?.body !== body) this.#sent = { body, id: newKey() };
    try {
      await this.#ask('PUT', `parts/${this.#sent.id}`, part);
      this.#sent = null;
      return true;
    } catch (err) {
      this.#till.failed(part.method === 'card' && err.kind === 'invalid' ? slipRefusal(err, part.reference) : err);
      return false;
    }
  }

  /** giveBack notes that a part was given back to the customer. */
  async giveBack({ id }) {
    try {
      await this.#ask('DELETE', `parts/${id}`);
    } catch (err) {
      this.#till.failed(err);
    }
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

  /** asked is what the gateway is told with the check-out: what the customer was shown. */
  asked(ticket) {
    const there = this.given.filter(({ sku }) => sku === '' || ticket.lines.some((line) => line.sku === sku && line.quantity > 0));
    if (there.length === 0) return {};
    return { discounts: there.map(({ sku, rate, amount, reason }) => ({ ...(sku && { sku }), ...(rate ? { rate } : { amount }), reason })) };
  }

  async #ask(method, path, body) {
    this.changes++;
    const { ticket, staff } = this.#till;
    const { deal } = await call(method, `/api/v1/staff/carts/${ticket.id}/${path}`, body, { headers: { 'X-CSRF': staff.csrf } });
    this.changes++;
    this.#kept = deal;
  }
}
