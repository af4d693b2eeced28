import { call, listen } from '../net.js';
import { Basket } from '../basket.svelte.js';
import { Outfit } from './outfit.svelte.js';

const pollEvery = 2000; // ms between looks at the session
const touchEvery = 2000; // ms between touches told to the gateway
const thanksFor = 3500; // ms that the goodbye stays

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
  chosen = $state.raw(null); // {product, variant} the shopper looks at
  status = $state.raw(null); // the line to HQ
  connected = $state(true); // the line to the gateway
  notice = $state(''); // a key of the glossary
  idle = $state(1); // what is left until the wipe, 1 to 0
  idleSeconds = $state(0);

  #session = null;
  #idleAfter = 90_000;
  #deadline = Infinity;
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
    this.#loadCatalogue();
    const poll = setInterval(() => this.active && this.#look(), pollEvery);
    const tick = setInterval(() => this.#tick(), 200);
    return () => {
      clearInterval(poll);
      clearInterval(tick);
    };
  }

  /** follow listens for changes of the cart and of the lines. */
  follow(cart) {
    return listen(cart ? `?cart=${cart}` : '', {
      cart: (view) => this.#cartChanged(view),
      status: (status) => (this.status = status),
      connected: (up) => (this.connected = up),
    });
  }

  async start() {
    if (this.active) return;
    clearTimeout(this.#thanksTimer);
    await this.#try(async () => {
      const session = await call('POST', '/kiosk/v1/session', { language: this.lang });
      this.#session = session.id;
      this.cameraOK = session.camera;
      this.outfit = new Outfit({ failed: this.#failed });
      this.basket = new Basket({
        opened: (cart) => call('PUT', '/kiosk/v1/session/cart', { cart }),
        failed: this.#failed,
      });
      this.screen = 'consent';
      this.#putOff(this.#idleAfter);
    });
  }

  async consent(camera) {
    await this.#try(async () => {
      this.#adopt(await call('POST', '/kiosk/v1/session/consent', { camera }));
      this.outfit.live = camera;
      this.screen = 'mirror';
    });
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
      const path = `/kiosk/v1/session/touch${this.#hold ? '?hold' : ''}`;
      await this.#try(async () => this.#adopt(await call('POST', path)));
    }, wait);
  }

  /** finish wipes here at once and at the gateway as soon as it answers. */
  async finish() {
    if (!this.active) return;
    this.#wipe('thanks');
    this.#thanksTimer = setTimeout(() => this.screen === 'thanks' && (this.screen = 'attract'), thanksFor);
    for (let tries = 0; tries < 3; tries++) {
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
    this.chosen = null;
    this.lang = 'vi';
    this.notice = '';
  }

  async #loadCatalogue() {
    try {
      this.catalogue = await call('GET', '/api/v1/catalogue');
    } catch {
      setTimeout(() => this.#loadCatalogue(), 2000);
    }
  }

  async #look() {
    const mine = this.#session;
    try {
      const session = await call('GET', '/kiosk/v1/session');
      if (mine === this.#session) this.#adopt(session);
    } catch {
      // The events say that the line is down; the next look may succeed.
    }
  }

  /** adopt takes over what the gateway says of the session. */
  #adopt(session) {
    if (!this.active) return;
    if (session.id !== this.#session) {
      this.#wipe('attract');
      return;
    }
    this.camera = session.camera.consent;
    this.cameraOK = session.camera.ok;
    this.face = session.mirror.face;
    this.#idleAfter = session.idle.after_s * 1000;
    this.#putOff(session.idle.left_s * 1000);
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
