import { call, eventsPath, listen, NoAnswer } from '../net.js';
import { Basket } from '../basket.svelte.js';
import { Codes } from './codes.svelte.js';
import { Countdown } from './countdown.svelte.js';
import { Fitting } from './fitting.svelte.js';
import { Mirror } from './mirror.svelte.js';
import { Photos } from './photos.svelte.js';
import { Session } from './session.svelte.js';
import { Shelf } from './shelf.svelte.js';
import { spoken } from '../words.js';

const pollEvery = 2000; // ms between looks at the session
const thanksFor = 3500; // ms that the goodbye stays
const restockEvery = 60_000; // ms between catalogues while nobody is here
const expectEvery = 5_000; // ms between looks whether a technician has come

/**
 * Kiosk is where the shopper stands: the screen that is shown, and the
 * session behind it. The gateway's session is the truth; when it was wiped,
 * so is everything here.
 */
export class Kiosk {
  screen = $state('attract'); // attract, consent, mirror, scan, photo, cart, take, thanks
  lang = $state(spoken(navigator.languages));
  vote = $state.raw(null); // of the shopper's friends: {open, closes, looks: [{skus, votes}]}
  basket = $state.raw(null);
  printer = $state.raw(null); // the ticket printer's state; null in a shop without one
  offline = $state(false); // the line to HQ is down
  connected = $state(true); // the line to the gateway
  model = $state(false); // somebody wears things for shoppers without a camera
  notice = $state(''); // a key of the glossary
  countdown = new Countdown(); // to the wipe
  wish = $state({ undertone: '', finish: '' }); // of shades, in the shopper's own words
  codes = new Codes({ see: () => this.#session.send('GET', '/scan'), found: (sku) => this.#found(sku), failed: (err) => this.#failed(err) });
  shelf = new Shelf();
  fitting = new Fitting({
    shelf: this.shelf,
    send: (of, wish) => this.#session.send('PUT', of, wish),
    answered: (view) => this.#session.passes(view),
    failed: (err) => this.#failed(err),
  });
  mirror = new Mirror({ replayEnds: () => this.active && this.#look() });
  #session = new Session({
    heard: (session) => this.#adopt(session),
    gone: () => this.basket && this.#wipe('attract'),
    restarted: () => (this.countdown.over ? this.#wipe('attract') : this.#restore()),
    failed: (err) => this.#failed(err),
  });
  photos = new Photos({ session: this.#session, failed: (err) => this.#failed(err) });
  #resumed = $state(false); // what was there before the page was loaded is known
  #scanned = $state.raw(null); // what was scanned before the mirror was open
  #starting = false;
  #version = '';
  #home = spoken(navigator.languages); // the language in which shoppers are met
  #noticeTimer;
  #thanksTimer;

  /** What is chosen is seen worn: by the shopper in the mirror, or by the model. */
  get dresses() {
    return this.mirror.on || this.model;
  }

  /** The model is seen, wearing what is chosen. */
  get modelled() {
    return !this.mirror.on && this.model && Boolean(this.shelf.chosen?.variant.tryon);
  }

  get active() {
    return this.#session.active;
  }

  /** The shopper looks at the phone now, so the wipe waits longer. */
  get #hold() {
    return this.screen === 'cart' || this.screen === 'take';
  }

  /** run loads the catalogue and keeps time until the returned function is called. */
  run() {
    this.#resume();
    this.shelf.load();
    const poll = setInterval(() => this.active && this.#look(), pollEvery);
    const tick = setInterval(() => this.#tick(), 200);
    const restock = setInterval(() => this.active || this.shelf.load(), restockEvery);
    const expect = setInterval(() => this.active || this.#meetTechnician(), expectEvery);
    return () => {
      clearInterval(expect);
      clearInterval(restock);
      clearInterval(poll);
      clearInterval(tick);
    };
  }

  /** remember keeps, in this tab alone and no longer than the session, where the shopper is, for when the page is loaded anew. */
  remember() {
    if (!this.#resumed) return;
    history.replaceState(this.active ? { session: this.#session.id, screen: this.screen, choice: this.shelf.choice } : null, '');
  }

  /** follow listens for changes of the cart and of the lines. */
  follow(cart) {
    return listen(eventsPath(cart), {
      cart: (view) => this.#cartChanged(view),
      status: (status) => this.#statusChanged(status),
      line: (up) => (this.offline = !up),
      connected: (up) => {
        this.connected = up;
        if (!up) this.basket?.lost();
      },
    });
  }

  /** start begins a session; what was scanned is worn as soon as the mirror is open. */
  async start(scanned = null) {
    if (this.active || this.#starting) return;
    this.#starting = true;
    clearTimeout(this.#thanksTimer);
    await this.#try(async () => {
      this.mirror.begin(await this.#session.begin(this.lang));
      this.fitting.begin();
      this.basket = this.#newBasket();
      this.screen = 'consent';
      this.#scanned = scanned;
      this.countdown.restart();
    });
    this.#starting = false;
  }

  async consent(camera) {
    await this.#try(async () => {
      if (!(await this.#session.ask('POST', '/consent', { camera, language: this.lang }))) return;
      this.fitting.watched(camera);
      this.screen = 'mirror';
      if (this.#scanned) this.fitting.wear(this.#scanned.product, this.#scanned.variant);
      this.#scanned = null;
    });
  }

  /** speak goes on in another language. */
  speak(lang) {
    this.lang = lang;
    return this.#session.tell('POST', '/consent', { language: lang });
  }

  /** found puts on what was scanned, wherever the shopper is. */
  #found = async (sku) => {
    const mine = this.#session.id;
    let found;
    await this.#try(async () => (found = await this.shelf.fetch(sku)));
    if (!found || this.basket?.closed || this.#session.id !== mine) return;
    if (!this.active) {
      this.start(found);
    } else if (this.screen === 'consent') {
      this.#scanned = found;
    } else {
      this.fitting.wear(found.product, found.variant);
      this.show('mirror');
    }
  };

  /** scanCodes shows the camera's picture, live and whole, to be held codes into. */
  scanCodes() {
    this.fitting.showWhole();
    this.show('scan');
  }

  /** setReplay records some seconds and plays them again and again, or goes back to the mirror. */
  setReplay(on) {
    return this.#session.tell(on ? 'POST' : 'DELETE', '/replay');
  }

  show(screen) {
    this.screen = screen;
    this.touch();
  }

  /** touch tells the gateway, now and then, that somebody is there. */
  touch() {
    if (!this.active) return;
    if (!this.#hold) this.countdown.restart();
    this.#session.touch(() => this.#hold);
  }

  /** finish wipes here at once and at the gateway as soon as it answers. */
  async finish() {
    if (!this.active) return;
    const { id } = this.#session;
    this.#wipe('thanks');
    this.#thanksTimer = setTimeout(() => this.#wipe('attract'), thanksFor);
    await this.#session.end(id);
  }

  #wipe(screen) {
    this.#session.forget();
    this.#scanned = null;
    this.countdown.stop();
    this.screen = screen;
    this.mirror.end();
    this.fitting.end();
    this.photos.list = [];
    this.vote = null;
    this.basket = null;
    this.shelf.forget();
    this.wish = { undertone: '', finish: '' };
    if (screen === 'attract') this.lang = this.#home;
    this.notice = '';
  }

  #newBasket(view) {
    const basket = new Basket({
      view,
      opened: (cart) => basket === this.basket && this.#session.send('PUT', '/cart', { cart }), // not to the next shopper
      failed: this.#failed,
    });
    return basket;
  }

  /**
   * resume takes up the session that was running when the page was loaded
   * anew. What cannot be taken up is wiped, so that nobody is looked at from
   * behind the attract screen.
   */
  async #resume() {
    try {
      const session = await this.#session.look();
      const chosen = this.active || this.#starting || this.lang !== this.#home;
      if (session.shop_language) this.#home = session.shop_language;
      if (!chosen) this.lang = this.#home;
      await this.#takeUp(session);
    } catch (err) {
      if (err instanceof NoAnswer) {
        setTimeout(() => this.#resume(), pollEvery);
        return;
      }
      if (!this.#starting) await this.#session.end();
    }
    this.#resumed = true;
  }

  async #takeUp(session) {
    if (session.state === 'attract') return;
    const cart = session.cart && (await call('GET', `/api/v1/carts/${session.cart}`));
    if (this.active || this.#starting) return; // a new shopper was quicker
    this.#session.become(session);
    this.lang = session.language;
    this.fitting.begin(session);
    this.basket = this.#newBasket(cart);
    const before = history.state?.session === session.id ? history.state : null;
    this.shelf.choice = before?.choice ?? null;
    this.shelf.meet([before?.choice?.sku, ...session.skus, ...session.compare.skus].filter(Boolean));
    this.screen = screenOf(session, cart, before?.screen);
    this.#session.hear(session.id, session);
  }

  async #look() {
    const mine = this.#session.id;
    try {
      const session = await this.#session.look();
      this.mirror.see(session.mirror);
      this.#session.hear(mine, session);
    } catch {
      // The events say that the line is down; the next look may succeed.
    }
  }

  /** meetTechnician opens the page of installation day where somebody waits for it: a kiosk has no address bar. */
  async #meetTechnician() {
    const view = await this.#session.look().catch(() => null);
    if (view?.technician && !this.active && !this.#starting) location.assign('/setup');
  }

  /** adopt takes over what the gateway says of the session. */
  #adopt(session) {
    this.mirror.adopt(session);
    this.model = session.model;
    this.fitting.comparison.adopt(session.compare, (sku) => this.shelf.find(sku)?.variant.tryon?.kind);
    this.photos.list = session.photos;
    this.vote = session.vote ?? null;
    this.countdown.set(session.idle.left_s * 1000, session.idle.after_s * 1000);
  }

  /**
   * restore goes on with a shopper who is still here when the gateway was started
   * anew and knows nobody: what they agreed to, wear and put into the cart is
   * said once more. Their photos, and what was compared, are gone.
   */
  async #restore() {
    const { basket, screen } = this;
    const camera = this.mirror.on;
    const restored = await this.#session.restore(this.lang, async () => {
      if (!this.basket) throw new Error('the shopper has finished meanwhile');
      this.fitting.forgetComparison();
      let session = null;
      if (screen !== 'consent') session = await this.#session.send('POST', '/consent', { camera, language: this.lang });
      if (basket.id) session = await this.#session.send('PUT', '/cart', { cart: basket.id });
      return session;
    });
    if (!restored) return;
    this.fitting.outfit?.again();
    this.notice = '';
  }

  #statusChanged(status) {
    this.printer = status.printer;
    const { catalogue } = this.shelf;
    if (catalogue && status.release !== catalogue.release) this.shelf.load();
    // A new program brings new pages: they are loaded when nobody is here.
    this.#version ||= status.version;
    if (this.#version !== status.version && this.screen === 'attract') location.reload();
  }

  #cartChanged(view) {
    if (!this.basket || view.id !== this.basket.id) return;
    this.basket.hear(view);
    if (view.closed) this.screen = 'take';
  }

  /** tick also wipes in time where no gateway is there to do it. */
  #tick() {
    this.countdown.tick();
    if (this.active && this.countdown.over && !this.connected) this.#wipe('attract');
  }

  async #try(work) {
    try {
      await work();
    } catch (err) {
      this.#failed(err);
    }
  }

  #failed = (err) => {
    if (!err.kind) throw err;
    if (err.kind === 'conflict' && this.active) this.#look(); // most likely the session was wiped
    this.notice = err.kind;
    clearTimeout(this.#noticeTimer);
    this.#noticeTimer = setTimeout(() => (this.notice = ''), 5000);
  };
}

/** screenOf is where a shopper goes on whose page was loaded anew on the screen before. */
function screenOf(session, cart, before) {
  if (session.state === 'consent') return 'consent';
  if (cart?.closed) return 'take';
  const open = { cart: true, take: cart, photo: session.camera.consent };
  return open[before] ? before : 'mirror';
}
