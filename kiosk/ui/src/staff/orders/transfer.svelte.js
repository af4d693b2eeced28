import { call } from '../../net.js';

/**
 * OrderTransfer is a bank transfer that a customer was asked for, for an order, while
 * the clerk waits for the money. paid is called with the order once it has it.
 */
export class OrderTransfer {
  asked = $state.raw(null); // {code, state, total, credit, …} as the gateway knows it
  #desk; // the desk that is shown
  #paid;
  #order;
  #amount;

  constructor(desk, paid) {
    this.#desk = desk;
    this.#paid = paid;
  }

  get running() {
    return this.#desk().busy;
  }

  get #path() {
    return `/api/v1/staff/orders/${encodeURIComponent(this.#order)}`;
  }

  /** request asks for an amount of an order; without them once more for the same. */
  request(order = this.#order, amount = this.#amount) {
    this.#order = order;
    this.#amount = amount;
    const body = { amount };
    return this.#desk().once(`transfer ${order} ${amount}`, `${this.#path}/transfers`, body, ({ transfer }) => (this.asked = transfer));
  }

  /** see takes the money by the clerk's word that it came. */
  see(reason) {
    const { code } = this.asked;
    return this.#desk().once(`transfer seen ${code} ${reason}`, `${this.#path}/transfers/${code}/seen`, { reason }, ({ order }) => this.#taken(order));
  }

  /** look follows what the gateway hears of the money. */
  async look() {
    const { code } = this.asked;
    try {
      const { transfer } = await call('GET', `/api/v1/staff/payments/${code}`);
      if (this.asked?.code !== code) return;
      this.asked = transfer;
      if (transfer.state !== 'confirmed' || transfer.due) return;
      const { order } = await call('GET', this.#path);
      if (this.asked?.code === code) this.#taken(order);
    } catch (err) {
      if (!err.kind) throw err; // the next look may succeed
    }
  }

  /** drop waits no longer. */
  drop() {
    this.asked = null;
  }

  #taken(order) {
    this.drop();
    return this.#paid(order);
  }
}
