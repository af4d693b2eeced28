import { Basket } from '../basket.svelte.js';
import { call, eventsPath, listen, Refusal, shopTime } from '../net.js';
import { clock, day, languages } from '../words.js';
import { Checkout } from './checkout.svelte.js';
import { Deal } from './deal.svelte.js';
import { Finder, namesCart } from './finder.svelte.js';
import { device, tab } from './keep.js';
import { Payment, slipRefusal } from './payment.svelte.js';
import { Printing } from './printing.svelte.js';
import { Session } from './session.svelte.js';
import { Transfer } from './transfer.svelte.js';

const pollEvery = 4000; // ms between looks at the lists
const salesShown = 50;
const keptLang = 'lang'; // where the clerk's language survives a reload
const keptTicket = 'ticket'; // and the open ticket's cart

/** Till is what a signed-in clerk works with. */
export class Till {
  lang = $state(languages.find(({ id }) => id === device.get(keptLang))?.id ?? 'vi');
  session = new Session();
  tab = $state('carts'); // carts, search, sales
  catalogue = $state.raw(null); // the shop and its shelves; products are found by a Finder
  carts = $state.raw([]);
  sales = $state.raw([]);
  status = $state.raw(null);
  line = $state.raw(null); // the line to HQ is up; null before that is known
  connected = $state(true);
  notice = $state(''); // a key of the glossary
  forgetful = $state(false); // the browser does not keep what a reload needs
  ticket = $state.raw(this.#newTicket());
  deal = $state.raw(new Deal(this)); // about the ticket
  checkout = new Checkout();
  payment = new Payment({ roundingOf: (amount) => this.roundingOf(amount), kept: () => this.deal });
  printing = new Printing(this);
  finder = new Finder((err) => this.failed(err));
  transfer = new Transfer(this);
  ways = $state.raw(null); // how money can be taken: {cash_rounding, transfer}
  #heard = $state(0); // when the status came
  #now = $state(0);
  #today = $derived(day(this.lang, this.now, this.zone));
  #area = $state('sell');
  #looks = 0; // how often the lists were asked for
  #shown = 0; // which of those answers is shown, or the first that may be
  #noticeTimer;

  /** Who is signed in: {name, role, csrf}; null where nobody is. */
  get staff() {
    return this.session.staff;
  }

  /** sell, or the id of an area of areas.js. */
  get area() {
    return this.#area;
  }

  set area(id) {
    this.#area = id;
    this.notice = ''; // it was about what is shown no more
  }

  /** The zone that times are written in. */
  get zone() {
    return this.catalogue?.shop.timezone;
  }

  /** The shop's time in ms, which goes on by itself. */
  get now() {
    this.#now; // ticks
    return shopTime.now();
  }

  /** time writes a moment's time of day, with its date where that is not today. */
  time(moment) {
    const on = day(this.lang, moment, this.zone);
    const at = clock(this.lang, moment, this.zone);
    return on === this.#today ? at : `${on} ${at}`;
  }

  /** The age in seconds of the oldest record that waits for HQ: the status is told when it changes, and this grows meanwhile. */
  get oldest() {
    return (this.status?.oldest_s ?? 0) + (this.#now - this.#heard) / 1000;
  }

  /** run keeps the lists fresh until the returned function is called. */
  run() {
    this.session.resume().then((found) => found && this.#begin());
    this.#loadCatalogue();
    const poll = setInterval(() => {
      this.#now = Date.now();
      this.forgetful = tab.forgetful;
      if (this.session.left && !this.checkout.running) this.lock('signedOffIdle');
      else this.refresh();
    }, pollEvery);
    return () => clearInterval(poll);
  }

  /** follow listens for changes of the ticket's cart, or of all carts where there is none, and of the lines. */
  follow(cart) {
    return listen(eventsPath(cart, this.staff), {
      cart: (view) => {
        if (view.id === this.ticket.id) {
          this.ticket.hear(view);
          const { closed, count } = this.ticket.view;
          if (this.transfer.asked) this.transfer.look();
          else if (closed || count === 0) this.payment.asked = null; // sold here or at another till, or emptied
        }
        this.refresh();
      },
      status: (status) => {
        this.status = status;
        this.#heard = this.#now = Date.now();
      },
      line: (up) => (this.line = up),
      connected: (up) => {
        this.connected = up;
        if (!up) this.ticket.lost();
      },
    });
  }

  /** speak changes the language, for this till's next clerk too. */
  speak(lang) {
    this.lang = lang;
    device.set(keptLang, lang);
  }

  /** signIn returns why it is refused, as PinPad wants it, or nothing. */
  async signIn(pin) {
    if (!navigator.cookieEnabled) return { word: 'noCookies' }; // whoever signs in would be unknown at once
    try {
      await this.session.open(pin);
      this.notice = '';
      this.#begin();
    } catch (err) {
      return { word: err.kind === 'unauthorized' ? 'wrongPin' : err.kind, wait: err.wait };
    }
  }

  async signOut() {
    await this.lock();
    this.clearTicket();
  }

  /** lock signs the clerk off and keeps the ticket: whoever signs in next goes on with it. */
  async lock(word) {
    await this.#try(() => this.session.close());
    if (word) this.tell(word);
  }

  async refresh() {
    if (!this.staff) return;
    const { deal } = this;
    const { changes } = deal;
    const look = ++this.#looks;
    try {
      const [open, sold] = await Promise.all([
        call('GET', '/api/v1/staff/carts'),
        call('GET', `/api/v1/staff/sales?limit=${salesShown}`),
      ]);
      if (look < this.#shown) return; // a newer answer was quicker
      this.#shown = look;
      this.carts = open.carts ?? [];
      this.sales = sold.sales ?? [];
      const { id } = this.ticket;
      // A cart that was paid or emptied stands in no list: its parts may have gone into another till's sale.
      const ours = this.carts.find((cart) => cart.id === id) ?? (id && (await call('GET', `/api/v1/staff/carts/${id}`)));
      if (ours && deal === this.deal) deal.hear(ours, changes);
      this.ways ??= await call('GET', '/api/v1/staff/payment-ways');
      if (this.transfer.asked) await this.transfer.look();
      await this.printing.refresh();
    } catch (err) {
      if (err.kind === 'unauthorized') this.session.ended(); // other failures: the next look may succeed
    }
  }

  /** The ticket printer's state; null in a shop without one. */
  get printer() {
    return this.printing.printer;
  }

  /** print queues a printout. */
  print(kind, id) {
    return this.printing.print(kind, id);
  }

  take(cart) {
    this.ticket = this.#newTicket(cart);
    this.#beginTicket(cart);
    if (cart.parked) this.#try(() => call('DELETE', `/api/v1/staff/carts/${cart.id}/parked`, undefined, this.session.csrf));
  }

  /** park puts the ticket aside under a name, for any till to go on with; it tells whether it did. */
  async park(name, note) {
    let parked = false;
    await this.#try(async () => {
      await this.ticket.settled();
      await call('PUT', `/api/v1/staff/carts/${this.ticket.id}/parked`, { name, note }, this.session.csrf);
      this.clearTicket();
      this.tell('parkedNow');
      this.refresh();
      parked = true;
    });
    return parked;
  }

  /** find opens the cart that a customer shows, by its code or a link to it; it returns the kind of the refusal, or nothing. */
  find(text) {
    return this.named(text, (cart) => this.take(cart));
  }

  /** named gives the cart that a code or a link names to use; it returns the kind of the refusal, or nothing. */
  async named(text, use) {
    try {
      use(await call('POST', '/api/v1/staff/carts/find', { text }, this.session.csrf));
    } catch (err) {
      if (!err.kind) throw err;
      if (err.kind === 'unauthorized') this.session.ended();
      return { invalid: 'noCartCode', not_found: 'cartCodeUnknown', withdrawn: 'cartCodeWithdrawn' }[err.kind] ?? err.kind;
    }
  }

  clearTicket() {
    tab.drop(keptTicket);
    this.ticket = this.#newTicket();
    this.#beginTicket();
  }

  #beginTicket(view) {
    this.notice = '';
    this.payment.asked = null;
    this.transfer.drop();
    this.deal = new Deal(this, view);
  }

  /** remember keeps which cart the ticket is, over a reload of the page. */
  remember(cart) {
    if (cart) tab.set(keptTicket, cart);
  }

  /** reopen takes up the ticket that was open before a reload. */
  async #reopen() {
    const cart = tab.get(keptTicket);
    if (!cart || this.ticket.id) return;
    try {
      const view = await call('GET', `/api/v1/staff/carts/${cart}`);
      if (!this.ticket.id && !view.closed) this.take(view);
    } catch {
      // It stands among the open ones, if it is still there.
    }
  }

  /** What the ticket comes to, less its discounts; null where there is nothing. */
  get due() {
    return this.deal.total(this.ticket);
  }

  /** Whether the gateway is asked to record what is paid. */
  get busy() {
    return this.checkout.running || this.transfer.running;
  }

  add(sku) {
    if (this.checkout.running) return;
    if (this.ticket.closed) this.clearTicket();
    this.payment.asked = null;
    this.transfer.drop();
    this.ticket.add(sku);
  }

  /** startPaying waits until the ticket is what the gateway knows, and keeps its total. */
  async startPaying() {
    await this.ticket.settled();
    this.notice = '';
    this.payment.begin();
    this.askNew();
  }

  /** askNew makes the ticket's present total the one that is asked for. */
  askNew() {
    this.payment.asked = this.ticket.lines.length > 0 && !this.ticket.closed ? this.due : null;
  }

  /** pay records the sale for the amount that was asked, even if the cart has changed: the gateway refuses it then. */
  pay() {
    const { asked, method, reference } = this.payment;
    const payments = this.payment.all();
    return this.#try(async () => {
      try {
        await this.checkout.record(this.staff.csrf, asked, { cart: this.ticket.id, payments, ...this.deal.asked(this.ticket) });
      } catch (err) {
        if (err.kind === 'forbidden' && this.deal.given.length > 0) {
          this.payment.asked = null;
          throw new Refusal(err.status, { kind: 'discountAgain', message: err.message });
        }
        throw method === 'card' && err.kind === 'invalid' ? slipRefusal(err, reference) : err;
      }
    });
  }

  /** roundingOf is what is added to a total that is paid in cash, by the gateway's rule. */
  roundingOf({ amount, currency }) {
    const unit = this.ways?.cash_rounding[currency] ?? 1;
    if (unit < 2 || amount <= 0) return 0;
    return Math.max(Math.floor((amount + unit / 2) / unit) * unit, unit) - amount;
  }

  /** giveToPhone lets the customer pay on the phone that has the cart open. */
  async giveToPhone() {
    try {
      await call('POST', `/api/v1/carts/${this.ticket.id}/claim`, { holder: 'phone' });
      this.payment.asked = null;
      this.tell('givenToPhone');
    } catch (err) {
      this.failed(err);
    }
  }

  retry() {
    return this.#try(() => this.checkout.retry(this.staff.csrf));
  }

  /** scan takes what a scanner read, wherever the clerk was: a product onto the ticket, a customer's cart as the ticket. */
  async scan(text) {
    if (this.checkout.done) this.nextCustomer();
    const cart = namesCart(text);
    const hit = cart ? null : await this.finder.submit(text);
    if (hit) return this.add(hit.variant.sku);
    const refused = cart && (await this.find(text));
    if (refused) this.tell(refused);
    if (!cart) this.tab = 'search'; // it shows what was found instead
  }

  nextCustomer() {
    this.checkout.next();
    this.carts = this.carts.filter(({ id }) => id !== this.ticket.id);
    this.#shown = this.#looks + 1; // the answers under way may still have it
    this.clearTicket();
    this.tab = 'carts';
    this.refresh();
  }

  #newTicket(view) {
    return new Basket({ view, path: '/api/v1/carts?at=till', done: () => (this.notice = ''), failed: (err) => this.failed(err) });
  }

  #begin() {
    this.#reopen();
    this.refresh();
  }

  async #loadCatalogue() {
    try {
      this.catalogue = await call('GET', '/api/v1/shop');
    } catch {
      if (!this.catalogue) setTimeout(() => this.#loadCatalogue(), 2000);
    }
  }

  async #try(work) {
    try {
      this.notice = '';
      await work();
    } catch (err) {
      this.failed(err);
    }
  }

  /** failed tells the clerk what was refused, here or in an area of the till. */
  failed(err) {
    if (!err.kind) throw err;
    if (err.kind === 'unauthorized') this.session.ended();
    this.tell(err.kind);
    this.refresh();
  }

  /** tell shows a word of the glossary for a while. */
  tell(word) {
    this.notice = word;
    clearTimeout(this.#noticeTimer);
    this.#noticeTimer = setTimeout(() => (this.notice = ''), 6000);
  }
}
