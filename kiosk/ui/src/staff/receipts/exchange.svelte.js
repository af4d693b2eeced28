import { Basket } from '../../basket.svelte.js';
import { eventsPath, listen } from '../../net.js';
import { Finder } from '../finder.svelte.js';
import { Payment } from '../payment.svelte.js';
import { Returning } from './returning.svelte.js';

/**
 * Exchange is goods of the receipt that is open, which come back, and others, which they
 * pay for. What is left of either is paid, as the till takes it, or given back.
 */
export class Exchange {
  basket = $state.raw(null); // the others
  finder = new Finder((err) => this.failed(err));
  payment = new Payment({ roundingOf: (money) => this.roundingOf(money) });
  #till;
  #receipts;
  #opened = true; // here, and not by the customer

  constructor(till, receipts) {
    this.#till = till;
    this.#receipts = receipts;
    this.basket = this.#newBasket();
    this.returning = new Returning(
      receipts.open,
      (money) => this.roundingOf(money),
      () => this.exchanged,
    );
  }

  get lang() {
    return this.#till.lang;
  }

  get sales() {
    return this.#till.sales;
  }

  /** Cash and cards: a transfer pays a sale of its own alone. */
  get ways() {
    return { ...this.#till.ways, transfer: null };
  }

  get busy() {
    return this.#receipts.running;
  }

  /** The lines of the others. */
  get lines() {
    return this.basket.lines.filter((line) => this.basket.quantity(line) > 0);
  }

  get price() {
    return this.basket.total?.amount ?? 0;
  }

  /** What the ones pay of the others. */
  get exchanged() {
    return Math.min(this.returning.worth, this.price);
  }

  /** What the others cost beyond the ones. */
  get due() {
    return { ...this.returning.open.sale.total, amount: this.price - this.exchanged };
  }

  get ready() {
    return this.exchanged > 0 && this.returning.ready && !this.basket.closed;
  }

  roundingOf(money) {
    return this.#till.roundingOf(money);
  }

  /** askNew makes what is due now what is asked for. */
  askNew() {
    this.payment.asked = this.ready && this.due.amount > 0 ? this.due : null;
  }

  add(sku) {
    if (this.#receipts.pending) return;
    if (this.basket.closed) this.#take();
    this.payment.asked = null;
    this.basket.add(sku);
  }

  /** find takes the others out of the cart that the customer shows; it returns the kind of the refusal, or nothing. */
  find(text) {
    return this.#till.named(text, (cart) => this.#take(cart));
  }

  /** hear follows the others until the returned function is called: a phone may change them too. */
  hear() {
    const { basket } = this;
    if (!basket.id) return;
    return listen(eventsPath(basket.id, this.#till.staff), {
      cart: (view) => basket.hear(view),
    });
  }

  /** settle begins to take what is due, once the gateway knows of every touch. */
  async settle() {
    await this.basket.settled();
    this.payment.begin();
    this.askNew();
  }

  pay() {
    return this.#record({ payments: this.payment.all() });
  }

  /** giveBack records the exchange where nothing is due, with a manager's yes where it takes one. */
  async giveBack(approval) {
    await this.basket.settled();
    if (this.ready && this.due.amount === 0) this.#record({}, approval);
  }

  /** leave gives it up: what was put aside for it is so no more. */
  leave() {
    if (this.#opened) for (const line of this.lines) this.basket.set(line, 0);
    this.#receipts.leave();
  }

  tell(word) {
    this.#till.tell(word);
  }

  failed(err) {
    this.#till.failed(err);
  }

  #record(paid, approval) {
    const asked = { ...this.returning.asked, amount: this.exchanged, sale: { cart: this.basket.id, ...paid } };
    return this.#receipts.exchange(asked, approval);
  }

  #take(view) {
    this.#opened = !view;
    this.payment.asked = null;
    this.basket = this.#newBasket(view);
  }

  #newBasket(view) {
    return new Basket({ view, path: '/api/v1/carts?at=till', failed: (err) => this.failed(err) });
  }
}
