import { Refusal } from '../net.js';

const slipDigits = 12; // more may be a card number, and the gateway refuses them

/** Payment is what a customer is asked to pay, and how, as far as it is entered. */
export class Payment {
  #here = new Parts();
  asked = $state.raw(null); // the amount, while the clerk takes it
  method = $state('cash');
  tendered = $state(0);
  reference = $state(''); // of the card terminal's slip
  #roundingOf;
  #kept;

  /** kept has the parts that were taken already; without it they are forgotten with the page. */
  constructor({ roundingOf, kept = () => this.#here }) {
    this.#roundingOf = roundingOf;
    this.#kept = kept;
  }

  /** Payments that were taken already: {method, amount, …}. */
  get parts() {
    return this.#kept().parts;
  }

  /** enter begins to enter how the rest is paid. */
  enter(method = 'cash') {
    Object.assign(this, { method, tendered: 0, reference: '' });
  }

  /** begin asks for an amount. Cash is one part, so where it was taken the rest is paid otherwise. */
  begin() {
    this.enter(this.parts.some(({ method }) => method === 'cash') ? 'card' : 'cash');
  }

  /** What is still to be paid of what was asked. */
  get rest() {
    return { ...this.asked, amount: this.parts.reduce((rest, { amount }) => rest - amount, this.asked.amount) };
  }

  /** takePart notes a part of the payment; nothing is recorded before all of it is there. */
  async takePart(amount) {
    if (await this.#kept().take(this.#paid(amount))) this.begin();
  }

  /** giveBack gives a part back to the customer. */
  giveBack(part) {
    return this.#kept().giveBack(part);
  }

  /** all is what the gateway is told: the parts, and the rest as it is entered. */
  all() {
    const taken = this.parts.map(({ id: _, staff: __, at: ___, ...paid }) => paid);
    return this.rest.amount > 0 || taken.length === 0 ? [...taken, this.#paid(this.rest.amount)] : taken;
  }

  #paid(amount) {
    const { method, tendered, reference } = this;
    if (method !== 'cash') return { method, amount, reference: reference.trim() };
    return { method, amount, tendered, rounding: this.#roundingOf({ ...this.asked, amount }) };
  }
}

/** Parts are those of a payment that is of this page alone. */
class Parts {
  parts = $state.raw([]);

  take(part) {
    this.parts = [...this.parts, part];
    return true;
  }

  giveBack(part) {
    this.parts = this.parts.filter((p) => p !== part);
  }
}

/** slipRefusal says in the clerk's words why the gateway refused what was entered as the slip number. */
export function slipRefusal(err, reference) {
  const digits = reference.replace(/\D/g, '').length;
  return new Refusal(err.status, { kind: digits > slipDigits ? 'cardNumber' : 'slipRefused', message: err.message });
}
