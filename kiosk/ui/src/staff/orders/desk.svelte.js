import { call, latest, shopTime } from '../../net.js';
import { unsure } from '../checkout.svelte.js';
import { Draft } from './draft.svelte.js';
import { once } from '../once.js';
import { groupOf } from './states.js';

const most = 200; // orders on the board
const desks = new WeakMap();

/** deskOf is the order desk of a till. It stays as it is while the clerk sells, and begins anew when somebody signs in: it holds names. */
export function deskOf(till) {
  if (desks.get(till)?.clerk !== till.staff) desks.set(till, new Desk(till));
  return desks.get(till);
}

/** Desk is the clerk's view of the orders: the board, the one that is looked at, and the one that is being taken. */
class Desk {
  orders = $state.raw(null); // null before they were asked for
  group = $state('all');
  chosen = $state.raw(null); // {order, contact}
  code = $state(''); // of the pick-up that is being handed over
  draft = $state.raw(null);
  busy = $state(false);
  unsure = $state(false); // the last request has no answer: it may be sent again
  now = $state(shopTime.now());
  #choosing = latest(); // the order that the clerk wants to see
  #looking = latest(); // how the board stands
  #stock = $state.raw({}); // SKU → pieces here, of what is on the ticket
  #till;

  constructor(till) {
    this.#till = till;
    this.clerk = till.staff;
  }

  get shown() {
    return (this.orders ?? []).filter((order) => this.group === 'all' || groupOf(order) === this.group);
  }

  count(group) {
    return (this.orders ?? []).filter((order) => groupOf(order) === group).length;
  }

  async refresh() {
    const newest = this.#looking();
    const { orders } = await this.#tried(() => call('GET', `/api/v1/staff/orders?limit=${most}`), { orders: this.orders ?? [] });
    this.now = shopTime.now();
    if (!newest()) return;
    this.orders = orders;
    const known = this.chosen && orders.find(({ id }) => id === this.chosen.order.id);
    if (known && (known.state !== this.chosen.order.state || known.since !== this.chosen.order.since)) await this.choose(known.id);
  }

  async choose(id) {
    this.unsure = false;
    const wanted = this.#choosing();
    const chosen = await this.#tried(() => call('GET', `/api/v1/staff/orders/${encodeURIComponent(id)}`), null);
    if (wanted()) this.chosen = chosen;
  }

  /** hear takes over what the gateway says of an order, if it is the one that is looked at. */
  hear(order) {
    if (this.chosen?.order.id !== order.id) return;
    this.#choosing(); // an answer that is under way is an older one
    this.chosen = { ...this.chosen, order };
  }

  leave() {
    this.#choosing();
    this.chosen = null;
    this.code = '';
  }

  /** begin takes a new order, of lines {product, variant, quantity} where they are known, out of a cart where there is one. */
  begin(lines = [], cart = null) {
    this.draft = new Draft(lines, cart);
    this.#till.area = 'orders';
  }

  /** orderLine takes an order of the pieces of a ticket's line that the shop has not got; they leave the ticket's cart when it is placed. */
  orderLine(cart, { sku, name, shade, price }, quantity) {
    this.begin([{ product: { name }, variant: { sku, shade, price }, quantity }], cart);
    this.draft.step = 'how';
  }

  /** missing is how many of n pieces the shop has not got, as far as was asked. */
  missing(sku, n) {
    return n - Math.min(Math.max(this.#stock[sku] ?? n, 0), n);
  }

  /** lookForStock asks what the shop has of these. Without an answer nothing is known to be missing. */
  async lookForStock(skus) {
    const wanted = new URLSearchParams(skus.map((sku) => ['sku', sku]));
    try {
      this.#stock = (await call('GET', `/api/v1/staff/stock?${wanted}`)).stock;
    } catch (err) {
      if (!err.kind) throw err;
    }
  }

  /** find looks for what a pick-up code names. It gives the word for what is wrong, or nothing. */
  async find(code) {
    this.leave();
    const wanted = this.#choosing();
    const found = await this.#tried(() => call('GET', `/api/v1/staff/orders?code=${encodeURIComponent(code)}`), null);
    if (!found || !wanted()) return '';
    if (found.orders.length === 0) return 'pickUpNone';
    this.chosen = { order: found.orders[0], contact: null };
    this.code = code;
    return '';
  }

  /** post does something with the chosen order, once; name tells it from anything else that may be done. */
  post(name, path, body) {
    const { id } = this.chosen.order;
    return this.once(`${path} ${id} ${name}`, `/api/v1/staff/orders/${encodeURIComponent(id)}/${path}`, body, async ({ order }) => {
      this.hear(order);
      await this.refresh();
    });
  }

  /** once posts what must take effect once, and reports whether it did. */
  async once(name, path, body, done) {
    if (this.busy) return false;
    this.busy = true;
    try {
      const answer = await once(this.#till.staff.csrf, name, path, body);
      this.unsure = false;
      await done(answer);
      return true;
    } catch (err) {
      if (!err.kind) throw err;
      this.unsure = unsure(err) && err.kind !== 'unauthorized';
      this.#till.failed(err);
      return false;
    } finally {
      this.busy = false;
    }
  }

  /** forget makes a telephone number, and what is kept of it, unknown; true where that was done. */
  forget(phone) {
    return this.#tried(async () => {
      await call('DELETE', `/api/v1/staff/customers?phone=${encodeURIComponent(phone)}`, undefined, { headers: { 'X-CSRF': this.#till.staff.csrf } });
      this.#till.tell('customerForgotten');
      return true;
    });
  }

  async #tried(work, otherwise) {
    try {
      return await work();
    } catch (err) {
      this.#till.failed(err);
      return otherwise;
    }
  }
}
