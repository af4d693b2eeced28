import { call } from '../net.js';

/** Handoff is how the shopper's cart gets to a phone: the app, the code that opens it there, and whether a phone did. */
export class Handoff {
  apps = $state.raw(null); // what the shop offers; null before that is known
  app = $state('');
  pays = $state(false); // the phone can pay
  link = $state.raw(null); // {app, mode, url, code, code_at, expires, partial, qr}
  failed = $state(''); // a key of the glossary: why there is no code
  withdrawn = $state(false); // the code before this one
  tries = $state(0); // codes that were asked for anew
  #asMade = $state(''); // what the cart was, and who held it, when the code was made
  #openedBefore = $state(null); // by a phone whose code was withdrawn
  #basket;
  #closed = $derived(this.#basket().closed); // alone, so that no other change of the cart makes a new code
  /** A phone has the cart: whatever differs since the code was made came from there. */
  seen = $derived.by(() => {
    const { view } = this.#basket();
    return this.link && ((view.opened ?? null) !== this.#openedBefore || imprint(view) !== this.#asMade);
  });

  /** basket() is the shopper’s. */
  constructor(basket) {
    this.#basket = basket;
  }

  /** askApps asks what the shop offers, until it is known. */
  askApps() {
    if (this.#closed || this.apps) return;
    this.tries;
    call('GET', '/api/v1/handoff/apps').then(
      ({ apps, pays }) => {
        this.apps = apps.length > 0 ? apps : ['web'];
        if (this.apps.length === 1) this.app = this.apps[0];
        this.pays = pays;
      },
      (err) => this.#refused(err),
    );
  }

  /** make makes a code for the app, and with every new try a new one, until the returned function is called. */
  make() {
    this.tries;
    if (this.#closed || !this.app) return;
    let gone = false;
    this.failed = '';
    this.link = null;
    this.#basket().handoff(this.app).then(
      (made) => {
        if (gone) return;
        this.#asMade = imprint(this.#basket().view);
        this.link = made;
      },
      (err) => gone || this.#refused(err),
    );
    return () => (gone = true);
  }

  choose(app) {
    this.app = app;
    this.withdrawn = false;
  }

  again() {
    this.tries++;
  }

  /** withdraw makes every code so far open the cart no more; there is a new one then. It tells whether it did. */
  withdraw() {
    return this.#renew(async () => {
      await this.#basket().withdraw();
      this.withdrawn = true;
    });
  }

  /** toPhone lets the phone pay, which takes a new code; it tells whether it did. */
  toPhone() {
    return this.#renew(() => this.#basket().toPhone());
  }

  async #renew(work) {
    const before = this.#basket().view.opened ?? null;
    try {
      await work();
      this.#openedBefore = before;
      this.again();
      return true;
    } catch (err) {
      this.#refused(err);
      return false;
    }
  }

  #refused(err) {
    this.failed = err.kind ?? 'internal';
  }
}

function imprint(view) {
  return JSON.stringify([view?.claim.holder, view?.lines.map((line) => [line.id, line.quantity])]);
}
