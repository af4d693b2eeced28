import { call, eventsPath, listen, NoAnswer } from '../net.js';
import { Basket } from '../basket.svelte.js';
import { Outfit } from './outfit.svelte.js';

const pollEvery = 2000; // ms between looks at the session
const touchEvery = 2000; // ms between touches told to the gateway
const thanksFor = 3500; // ms that the goodbye stays
const restockEvery = 60_000; // ms between catalogues while nobody is here
const faceMisses = 2; // looks without a face before the shopper is told

/**
 * Kiosk is where the shopper stands: the screen that is shown, and the
 * session behind it. The gateway's session is the truth; when it was wiped,
 * so is everything here.
 */
export class Kiosk {
  screen = $state('attract'); // attract, consent, mirror, cart, take, thanks
  lang = $state('vi');
  catalogue = $state.raw(null);
  camera = $state(false); // the shopper agreed to it
  cameraOK = $state(true);
  face = $state(true); // somebody is seen
  outfit = $state.raw(null);
  basket = $state.raw(null);
  offline = $state(false); // the line to HQ is down
  connected = $state(true); // the line to the gateway
  notice = $state(''); // a key of the glossary
  idle = $state(1); // what is left until the wipe, 1 to 0
  idleSeconds = $state(0);
  #choice = $state.raw(null); // {product, sku} by their ids
  /** What the shopper looks at, as the newest catalogue has it: {product, variant}. */
  chosen = $derived.by(() => {
    const product = this.#choice && this.catalogue?.products.find((p) => p.id === this.#choice.product);
    const variant = product?.variants.find((v) => v.sku === this.#choice.sku);
    return variant ? { product, variant } : null;
  });

  #session = $state(null);
  #idleAfter = 90_000;
  #deadline = Infinity;
  #starting = false;
  #misses = 0;
  #version = '';
  #touched = 0;
  #touchTimer;
  #noticeTimer;
  #thanksTimer;

  get active() {
    return this.#session !== null;
  }

  /** The shopper looks at the phone now, so the wipe waits longer. */
  get #hold() {
    return this.screen === 'cart' || this.screen === 'take';
  }

  /** run loads the catalogue and keeps time until the returned function is called. */
  run() {
    this.#resume();
    this.#loadCatalogue();
    const poll = setInterval(() => this.active && this.#look(), pollEvery);
    const tick = setInterval(() => this.#tick(), 200);
    const restock = setInterval(() => this.active || this.#loadCatalogue(), restockEvery);
    return () => {
      clearInterval(restock);
      clearInterval(poll);
      clearInterval(tick);
    };
  }

  /** follow listens for changes of the cart and of the lines. */
  follow(cart) {
    return listen(eventsPath(cart), {
      cart: (view) => this.#cartChanged(view),
      status: (status) => this.#statusChanged(status),
      line: (up) => (this.offline = !up),
      connected: (up) => (this.connected = up),
    });
  }

  async start() {
    if (this.active || this.#starting) return;
    this.#starting = true;
    clearTimeout(this.#thanksTimer);
    await this.#try(async () => {
      const session = await call('POST', '/kiosk/v1/session', { language: this.lang });
      this.#session = session.id;
      this.cameraOK = session.camera;
      this.outfit = new Outfit({ failed: this.#failed });
      this.basket = this.#newBasket();
      this.#misses = 0;
      this.screen = 'consent';
      this.#putOff(this.#idleAfter);
    });
    this.#starting = false;
  }

  async consent(camera) {
    const mine = this.#session;
    await this.#try(async () => {
      this.#adopt(mine, await call('POST', '/kiosk/v1/session/consent', { camera, language: this.lang }));
      if (mine !== this.#session) return;
      this.outfit.live = camera;
      this.screen = 'mirror';
    });
  }

  choose(product, variant) {
    this.#choice = { product: product.id, sku: variant.sku };
  }

  /** wear looks at a variant and puts it on, if the mirror can show it. */
  wear(product, variant) {
    this.choose(product, variant);
    this.outfit.put(variant);
  }

  show(screen) {
    this.screen = screen;
    this.touch();
  }

  /** touch tells the gateway, now and then, that somebody is there. */
  touch() {
    if (!this.active) return;
    if (!this.#hold) this.#putOff(this.#idleAfter);
    clearTimeout(this.#touchTimer);
    const wait = Math.max(0, this.#touched + touchEvery - Date.now());
    this.#touchTimer = setTimeout(async () => {
      if (!this.active) return;
      this.#touched = Date.now();
      const mine = this.#session;
      const path = `/kiosk/v1/session/touch${this.#hold ? '?hold' : ''}`;
      await this.#try(async () => this.#adopt(mine, await call('POST', path)));
    }, wait);
  }

  /** finish wipes here at once and at the gateway as soon as it answers. */
  async finish() {
    if (!this.active) return;
    this.#wipe('thanks');
    this.#thanksTimer = setTimeout(() => this.#wipe('attract'), thanksFor);
    await this.#end();
  }

  /** end has the gateway wipe what nobody is here for. */
  async #end() {
    for (let tries = 0; tries < 3 && !this.active; tries++) {
      try {
        await call('POST', '/kiosk/v1/session/finish');
        return;
      } catch {
        await new Promise((next) => setTimeout(next, 1000));
      }
    }
  }

  #wipe(screen) {
    this.#session = null;
    this.#deadline = Infinity;
    this.idle = 1;
    clearTimeout(this.#touchTimer);
    this.screen = screen;
    this.camera = false;
    this.outfit = null;
    this.basket = null;
    this.#choice = null;
    if (screen === 'attract') this.lang = 'vi';
    this.notice = '';
  }

  #newBasket(view) {
    return new Basket({
      view,
      opened: (cart) => call('PUT', '/kiosk/v1/session/cart', { cart }),
      failed: this.#failed,
    });
  }

  /**
   * resume takes up the session that was running when the page was loaded
   * anew. What cannot be taken up is wiped, so that nobody is looked at from
   * behind the attract screen.
   */
  async #resume() {
    try {
      await this.#takeUp(await call('GET', '/kiosk/v1/session'));
    } catch (err) {
      if (err instanceof NoAnswer) setTimeout(() => this.#resume(), pollEvery);
      else if (!this.#starting) await this.#end();
    }
  }

  async #takeUp(session) {
    if (session.state === 'attract') return;
    const cart = session.cart && (await call('GET', `/api/v1/carts/${session.cart}`));
    if (this.active || this.#starting) return; // a new shopper was quicker
    this.#session = session.id;
    this.lang = session.language;
    this.outfit = Outfit.of(session, { failed: this.#failed });
    this.basket = this.#newBasket(cart);
    this.screen = session.state === 'consent' ? 'consent' : cart?.closed ? 'take' : 'mirror';
    this.#adopt(session.id, session);
  }

  async #loadCatalogue() {
    try {
      this.catalogue = await call('GET', '/api/v1/catalogue');
    } catch {
      if (!this.catalogue) setTimeout(() => this.#loadCatalogue(), 2000);
    }
  }

  async #look() {
    const mine = this.#session;
    try {
      const session = await call('GET', '/kiosk/v1/session');
      this.#misses = session.mirror.face ? 0 : this.#misses + 1;
      this.face = this.#misses < faceMisses;
      this.#adopt(mine, session);
    } catch {
      // The events say that the line is down; the next look may succeed.
    }
  }

  /** adopt takes over what the gateway says of the session that was mine when it was asked. */
  #adopt(mine, session) {
    if (mine !== this.#session) return;
    if (session.id !== mine) {
      this.#wipe('attract');
      return;
    }
    this.camera = session.camera.consent;
    this.cameraOK = session.camera.ok;
    this.#idleAfter = session.idle.after_s * 1000;
    this.#putOff(session.idle.left_s * 1000);
  }

  #statusChanged(status) {
    if (this.catalogue && status.release !== this.catalogue.release) this.#loadCatalogue();
    // A new program brings new pages: they are loaded when nobody is here.
    this.#version ||= status.version;
    if (this.#version !== status.version && this.screen === 'attract') location.reload();
  }

  #cartChanged(view) {
    if (!this.basket || view.id !== this.basket.id) return;
    this.basket.view = view;
    if (view.closed) this.screen = 'take';
  }

  #putOff(ms) {
    this.#deadline = Date.now() + ms;
    this.#tick();
  }

  #tick() {
    const left = Math.max(0, this.#deadline - Date.now());
    this.idle = Math.min(1, left / this.#idleAfter);
    this.idleSeconds = Math.ceil(left / 1000);
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
