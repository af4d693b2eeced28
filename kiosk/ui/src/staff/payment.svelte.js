import { Refusal } from '../net.js';

const slipDigits = 12; // more may be a card number, and the gateway refuses them

/** Payment is what a customer is asked to pay, and how, as far as it is entered. */
export class Payment {
  asked = $state.raw(null); // the amount, while the clerk takes it
  method = $state('cash');
  tendered = $state(0);
  reference = $state(''); // of the card terminal's slip
  parts = $state.raw([]); // payments that were taken already: {method, amount, …}
  #roundingOf;

  constructor({ roundingOf }) {
    this.#roundingOf = roundingOf;
  }

  /** enter begins to enter how the rest is paid. */
  enter(method = 'cash') {
    Object.assign(this, { method, tendered: 0, reference: '' });
  }

  /** drop asks for nothing any more, whatever was taken of it. */
  drop() {
    this.asked = null;
    this.parts = [];
  }

  /** What is still to be paid of what was asked. */
  get rest() {
    return { ...this.asked, amount: this.parts.reduce((rest, { amount }) => rest - amount, this.asked.amount) };
  }

  /** takePart notes a part of the payment; nothing is recorded before all of it is there. */
  takePart(amount) {
    this.parts = [...this.parts, this.#paid(amount)];
    this.enter(this.method === 'cash' ? 'card' : 'cash');
  }

  /** all is what the gateway is told: the parts, and the rest as it is entered. */
  all() {
    return this.rest.amount > 0 || this.parts.length === 0 ? [...this.parts, this.#paid(this.rest.amount)] : this.parts;
  }

  #paid(amount) {
    const { method, tendered, reference } = this;
    if (method !== 'cash') return { method, amount, reference: reference.trim() };
    return { method, amount, tendered, rounding: this.#roundingOf({ ...this.asked, amount }) };
  }
}

/** slipRefusal says in the clerk's words why the gateway refused what was entered as the slip number. */
export function slipRefusal(err, reference) {
  const digits = reference.replace(/\D/g, '').length;
  return new Refusal(err.status, { kind: digits > slipDigits ? 'cardNumber' : 'slipRefused', message: err.message });
}
