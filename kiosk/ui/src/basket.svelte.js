import { call, Refusal } from './net.js';

export const atMost = 99; // pieces of one line

/**
 * Basket is a cart under somebody's fingers. It answers a touch at once, with
 * what is wanted, and follows with what the gateway says; requests go out one
 * after the other. opened(id) is awaited when a new cart was opened for the
 * first thing in it; done() hears of everything that succeeded, and failed(err)
 * of everything that was refused. A new cart is opened at this path.
 */
export class Basket {
  view = $state.raw(null); // the gateway's cart, null before the first thing
  adding = $state(0); // pieces on their way into it
  wanted = $state({}); // line → quantity on its way
  #anew = false; // the gateway was away since it was heard
  #queue = Promise.resolve();
  #path;
  #opened;
  #done;
  #failed;

  constructor({ view = null, path = '/api/v1/carts', opened, done, failed }) {
    this.view = view;
    this.#path = path;
    this.#opened = opened;
    this.#done = done;
    this.#failed = failed;
  }

  get id() {
    return this.view?.id ?? null;
  }

  get lines() {
    return this.view?.lines ?? [];
  }

  get count() {
    return this.lines.reduce((n, line) => n + this.quantity(line), this.adding);
  }

  get total() {
    return this.view?.total ?? null;
  }

  get closed() {
    return this.view?.closed ?? null;
  }

  quantity(line) {
    return this.wanted[line.id] ?? line.quantity;
  }

  /** hear takes over what the gateway says of this cart, unless something later was heard already: answers and news overtake each other. */
  hear(view) {
    if (view.id !== this.id || (view.changes < this.view.changes && !this.#anew)) return; // an older gateway, put back under this page, counts none
    this.#anew = false;
    this.view = view;
  }

  /** lost says that the gateway is away: it may come back with an older state, which counts then. */
  lost() {
    this.#anew = true;
  }

  add(sku) {
    this.adding++;
    this.#enqueue(
      async () => {
        if (!this.id) {
          const cart = await call('POST', this.#path);
          await this.#opened?.(cart.id);
          this.view = cart;
        }
        this.hear(await this.#addOne(sku));
      },
      () => this.adding--,
    );
  }

  set(line, quantity) {
    this.wanted[line.id] = quantity;
    this.#enqueue(
      async () => {
        if (this.wanted[line.id] !== quantity) return; // a later touch replaced this one
        this.hear(await call('PUT', `/api/v1/carts/${this.id}/lines/${line.id}`, { quantity }));
      },
      () => {
        if (this.wanted[line.id] === quantity) delete this.wanted[line.id];
      },
    );
  }

  /** handoff asks for a link that opens this cart, with all that was touched, in an app of the phone. */
  handoff(app) {
    return this.settled().then(() => call('POST', `/api/v1/carts/${this.id}/handoff?app=${app}`));
  }

  /** toPhone lets the phone pay for the cart, and for a while nobody else. */
  async toPhone() {
    this.hear(await call('POST', `/api/v1/carts/${this.id}/claim`, { holder: 'phone' }));
  }

  /** withdraw makes every link so far open this cart no more. */
  async withdraw() {
    this.hear(await call('POST', `/api/v1/carts/${this.id}/handoff/revoke`, {}));
  }

  /** settled waits until the gateway knows of every touch so far. */
  settled() {
    return this.#queue;
  }

  async #addOne(sku) {
    try {
      return await call('POST', `/api/v1/carts/${this.id}/lines`, { sku, quantity: 1 });
    } catch (err) {
      const full = err.kind === 'invalid' && this.lines.some((line) => line.sku === sku && line.quantity >= atMost);
      throw full ? new Refusal(err.status, { kind: 'atMost', message: err.message }) : err;
    }
  }

  #enqueue(work, settled) {
    this.#queue = this.#queue
      .then(work)
      .then(() => this.#done?.())
      .catch((err) => this.#failed(err))
      .finally(settled);
  }
}
