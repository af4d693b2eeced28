import { call, eventsPath, listen, NoAnswer } from '../net.js';
import { Basket } from '../basket.svelte.js';
import { pick, say } from '../words.js';
import { Codes } from './codes.svelte.js';
import { Comparison } from './comparison.svelte.js';
import { Countdown } from './countdown.svelte.js';
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
  screen = $state('attract'); // attract, consent, mirror, scan, photo, cart, take, thanks
  lang = $state('vi');
  catalogue = $state.raw(null);
  camera = $state(false); // the shopper agreed to it
  cameraOK = $state(true);
  cameraFault = $state(''); // what the mirror shows a card of
  cameraHere = $state(false); // this device's camera is the mirror's, if it is enrolled
  face = $state(true); // somebody is seen
  far = $state(false); // somebody is too far away
  wearsGlasses = $state(false); // the shopper wears glasses of their own
  outfit = $state.raw(null);
  comparison = $state.raw(null);
  replay = $state('off'); // off, recording, playing
  replayLeft = $state(0); // seconds until that ends, when it was told
  photos = $state.raw([]);
  vote = $state.raw(null); // of the shopper's friends: {open, closes, looks: [{skus, votes}]}
  basket = $state.raw(null);
  printer = $state.raw(null); // the ticket printer's state; null in a shop without one
  offline = $state(false); // the line to HQ is down
  connected = $state(true); // the line to the gateway
  notice = $state(''); // a key of the glossary
  countdown = new Countdown(); // to the wipe
  wish = $state({ undertone: '', finish: '' }); // of shades, in the shopper's own words
  #choice = $state.raw(null); // {product, sku} by their ids
  /** What the shopper looks at, as the newest catalogue has it: {product, variant}. */
  chosen = $derived.by(() => {
    const product = this.#choice && this.catalogue?.products.find((p) => p.id === this.#choice.product);
    const variant = product?.variants.find((v) => v.sku === this.#choice.sku);
    return variant ? { product, variant } : null;
  });

  #session = $state(null);
  #resumed = $state(false); // what was there before the page was loaded is known
  #run = ''; // of the gateway: it knows our session only while it runs
  #restoring = false;
  #scanned = $state.raw(null); // what was scanned before the mirror was open
  #starting = false;
  #misses = 0;
  #version = '';
  #touched = 0;
  #touchTimer;
  #replayTimer;
  #noticeTimer;
  #thanksTimer;

  codes = new Codes({ found: (sku) => this.#found(sku), failed: (err) => this.#failed(err) });

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

  /** remember keeps, in this tab alone and no longer than the session, where the shopper is, for when the page is loaded anew. */
  remember() {
    if (!this.#resumed) return;
    history.replaceState(this.active ? { session: this.#session, screen: this.screen, choice: this.#choice } : null, '');
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

  /** start begins a session; what was scanned is worn as soon as the mirror is open. */
  async start(scanned = null) {
    if (this.active || this.#starting) return;
    this.#starting = true;
    clearTimeout(this.#thanksTimer);
    await this.#try(async () => {
      const session = await this.#begin();
      this.cameraOK = session.camera;
      this.#newOutfit();
      this.basket = this.#newBasket();
      this.#misses = 0;
      this.screen = 'consent';
      this.#scanned = scanned;
      this.countdown.restart();
    });
    this.#starting = false;
  }

  async #begin() {
    const session = await call('POST', '/kiosk/v1/session', { language: this.lang });
    this.#session = session.id;
    this.#run = session.run;
    return session;
  }

  async consent(camera) {
    const mine = this.#session;
    await this.#try(async () => {
      this.#adopt(mine, await call('POST', '/kiosk/v1/session/consent', { camera, language: this.lang }));
      if (mine !== this.#session) return;
      this.outfit.live = camera;
      this.screen = 'mirror';
      if (this.#scanned) this.wear(this.#scanned.product, this.#scanned.variant);
      this.#scanned = null;
    });
  }

  /** found puts on what was scanned, wherever the shopper is. */
  #found = (sku) => {
    const found = this.find(sku);
    if (!found || this.basket?.closed) return;
    if (!this.active) {
      this.start(found);
    } else if (this.screen === 'consent') {
      this.#scanned = found;
    } else {
      this.wear(found.product, found.variant);
      this.show('mirror');
    }
  };

  /** scanCodes shows the camera's picture, live and whole, to be held codes into. */
  scanCodes() {
    if (this.comparison.mode !== 'off') this.comparison.off();
    if (this.comparison.freeze) this.comparison.setFreeze(false);
    this.show('scan');
  }

  #newOutfit(session) {
    const handlers = { failed: this.#failed, changed: () => this.comparison?.again() };
    this.outfit = session ? Outfit.of(session, handlers) : new Outfit(handlers);
    this.comparison = new Comparison({ failed: this.#failed });
  }

  choose(product, variant) {
    this.#choice = { product: product.id, sku: variant.sku };
  }

  /**
   * wear looks at a variant and puts it on, if the mirror can show it. While
   * shades of its kind are compared it is taken in among them, or out.
   */
  wear(product, variant) {
    this.choose(product, variant);
    if (this.comparison.mode === 'shades') {
      if (variant.tryon?.kind === this.comparison.kind) {
        this.comparison.toggle(variant.sku);
        return;
      }
      this.comparison.off();
    }
    this.outfit.put(variant);
  }

  /** find is the product and variant of a SKU, undefined where it is no longer sold. */
  find(sku) {
    for (const product of this.catalogue?.products ?? []) {
      const variant = product.variants.find((v) => v.sku === sku);
      if (variant) return { product, variant };
    }
  }

  /** compareShades begins with the chosen shade and two more that can be bought. */
  compareShades() {
    const { product, variant } = this.chosen;
    const others = product.variants.filter((v) => v.tryon && v.sku !== variant.sku).sort((a, b) => Math.sign(b.stock) - Math.sign(a.stock));
    this.comparison.shades(variant.tryon.kind, [variant.sku, ...others.slice(0, 2).map((v) => v.sku)]);
  }

  /** tiles are the shades that are compared, as they are named: {sku, color, name}; one may be none. */
  tiles() {
    return this.comparison.tiles.map((sku) => {
      const variant = this.find(sku)?.variant;
      return { sku, color: variant?.color, name: variant ? pick(this.lang, variant.shade) : say(this.lang, 'nothingOn') };
    });
  }

  /** endShades compares no more: what is worn of that kind is what the shopper looks at again. */
  endShades() {
    const { kind } = this.comparison;
    this.comparison.off();
    const worn = this.outfit.skus.map((sku) => this.find(sku)).find((found) => found?.variant.tryon?.kind === kind);
    if (worn) this.choose(worn.product, worn.variant);
  }

  /** keepShade wears the shade of a tile, or none of its kind, and compares no more. */
  keepShade(sku) {
    const { kind } = this.comparison;
    this.comparison.off();
    const found = this.find(sku);
    if (found) this.wear(found.product, found.variant);
    else this.outfit.takeOff(kind);
  }

  /** setReplay records some seconds and plays them again and again, or goes back to the mirror. */
  async setReplay(on) {
    const mine = this.#session;
    await this.#try(async () => this.#adopt(mine, await call(on ? 'POST' : 'DELETE', '/kiosk/v1/session/replay')));
  }

  /** takePhoto takes a photo, which the shopper has ticked to agree to; it is the name of the new photo, or nothing. */
  async takePhoto() {
    const mine = this.#session;
    const before = this.photos.map((p) => p.name);
    try {
      this.#adopt(mine, await call('POST', '/kiosk/v1/session/photos', { consent: true, of_16: true }));
      return this.photos.find((p) => !before.includes(p.name))?.name;
    } catch (err) {
      this.#failed(err.kind === 'conflict' ? Object.assign(err, { kind: 'photoNobody' }) : err);
    }
  }

  /** keepPhoto keeps a photo until finish, or lets it go to the phone too. */
  async keepPhoto(name, until) {
    const mine = this.#session;
    await this.#try(async () => this.#adopt(mine, await call('PUT', `/kiosk/v1/session/photos/${name}`, { until })));
  }

  async deletePhoto(name) {
    const mine = this.#session;
    await this.#try(async () => this.#adopt(mine, await call('DELETE', `/kiosk/v1/session/photos/${name}`)));
  }

  show(screen) {
    this.screen = screen;
    this.touch();
  }

  /** touch tells the gateway, now and then, that somebody is there. */
  touch() {
    if (!this.active) return;
    if (!this.#hold) this.countdown.restart();
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
    this.#scanned = null;
    this.countdown.stop();
    clearTimeout(this.#touchTimer);
    clearTimeout(this.#replayTimer);
    this.screen = screen;
    this.camera = false;
    this.outfit = null;
    this.comparison = null;
    this.replay = 'off';
    this.photos = [];
    this.vote = null;
    this.wearsGlasses = false;
    this.basket = null;
    this.#choice = null;
    this.wish = { undertone: '', finish: '' };
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
      if (err instanceof NoAnswer) {
        setTimeout(() => this.#resume(), pollEvery);
        return;
      }
      if (!this.#starting) await this.#end();
    }
    this.#resumed = true;
  }

  async #takeUp(session) {
    if (session.state === 'attract') return;
    const cart = session.cart && (await call('GET', `/api/v1/carts/${session.cart}`));
    if (this.active || this.#starting) return; // a new shopper was quicker
    this.#session = session.id;
    this.#run = session.run;
    this.lang = session.language;
    this.#newOutfit(session);
    this.basket = this.#newBasket(cart);
    const before = history.state?.session === session.id ? history.state : null;
    this.#choice = before?.choice ?? null;
    this.screen = screenOf(session, cart, before?.screen);
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
      this.wearsGlasses = session.mirror.wears_glasses;
      this.far = session.mirror.far;
      this.#adopt(mine, session);
    } catch {
      // The events say that the line is down; the next look may succeed.
    }
  }

  /** adopt takes over what the gateway says of the session that was mine when it was asked. */
  #adopt(mine, session) {
    if (mine !== this.#session || this.#restoring) return;
    if (session.id !== mine) {
      if (session.run !== this.#run && session.state === 'attract' && !this.countdown.over) this.#restore();
      else this.#wipe('attract');
      return;
    }
    this.camera = session.camera.consent;
    this.cameraOK = session.camera.ok;
    this.cameraFault = session.camera.fault ?? '';
    this.cameraHere = session.camera.tablet ?? false;
    this.comparison.adopt(session.compare, (sku) => this.find(sku)?.variant.tryon?.kind);
    this.#adoptReplay(session.replay);
    this.photos = session.photos;
    this.vote = session.vote ?? null;
    this.countdown.set(session.idle.left_s * 1000, session.idle.after_s * 1000);
  }

  /**
   * restore goes on with a shopper who is still here when the gateway was started
   * anew and knows nobody: what they agreed to, wear and put into the cart is
   * said once more. Their photos, and what was compared, are gone.
   */
  async #restore() {
    const { camera, basket, comparison, screen } = this;
    this.#restoring = true;
    try {
      await this.#begin();
    } catch {
      this.#restoring = false; // the next look tries again
      return;
    }
    try {
      if (!this.basket) throw new Error('the shopper has finished meanwhile');
      if (comparison.mode !== 'off') this.comparison = new Comparison({ failed: this.#failed });
      let session = null;
      if (screen !== 'consent') session = await call('POST', '/kiosk/v1/session/consent', { camera, language: this.lang });
      if (basket.id) session = await call('PUT', '/kiosk/v1/session/cart', { cart: basket.id });
      this.#restoring = false;
      if (session) this.#adopt(this.#session, session);
      this.outfit?.again();
      this.notice = '';
    } catch {
      this.#restoring = false;
      if (this.basket) this.#wipe('attract');
      this.#session = null;
      await this.#end();
    }
  }

  /** adoptReplay also looks again when its state will have ended. */
  #adoptReplay({ state, left_s }) {
    this.replay = state;
    this.replayLeft = left_s;
    clearTimeout(this.#replayTimer);
    if (state !== 'off') this.#replayTimer = setTimeout(() => this.active && this.#look(), left_s * 1000 + 50);
  }

  #statusChanged(status) {
    this.printer = status.printer;
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
