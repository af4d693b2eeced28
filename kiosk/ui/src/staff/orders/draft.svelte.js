import { call } from '../../net.js';
import { newKey } from '../checkout.svelte.js';

/** The steps of taking an order. */
export const steps = ['what', 'how', 'who', 'agree'];

/** wording is the version of the words by which the customer agrees that a contact is kept. Who changes customerAgreed counts it on. */
const wording = 'till-order-1';

const noContact = () => ({ name: '', phone: '', country: 'VN', region: '', locality: '', street: '', former: '', postcode: '' });

/** Draft is an order that a clerk is taking. It lives in this page alone: nobody's name outlasts it. */
export class Draft {
  key = newKey(); // tells this order from any other that is taken
  step = $state('what'); // one of steps; done when the order is taken
  lines = $state.raw([]); // {product, variant, quantity}
  where = $state({}); // SKU → {here, elsewhere: [{shop, quantity, as_of}]}
  way = $state('deliver');
  shop = $state(''); // where it is collected, if not here
  contact = $state(noContact());
  province = $state(''); // its code
  agreed = $state(false);
  remember = $state(false);
  note = $state('');
  terms = $state('deposit');
  quote = $state.raw(null);
  order = $state.raw(null);
  cart;
  #asked = 0; // quotes so far: only the last one counts

  constructor(lines, cart) {
    this.cart = cart;
    this.lines = lines;
    for (const { variant } of lines) this.look(variant.sku);
  }

  /** add puts one more piece on the order. */
  add(product, variant) {
    const line = this.lines.find((l) => l.variant.sku === variant.sku);
    if (line) return this.set(variant.sku, line.quantity + 1);
    this.lines = [...this.lines, { product, variant, quantity: 1 }];
    return this.look(variant.sku);
  }

  set(sku, quantity) {
    this.lines = this.lines.map((l) => (l.variant.sku === sku ? { ...l, quantity } : l)).filter((l) => l.quantity > 0);
  }

  /** look asks where a variant is; what is not known stays unknown. */
  async look(sku) {
    try {
      const { variant, elsewhere } = await call('GET', `/api/v1/catalogue/variants/${encodeURIComponent(sku)}`);
      this.where[sku] = { here: variant.stock, elsewhere: elsewhere ?? [] };
    } catch (err) {
      if (!err.kind) throw err;
    }
  }

  /** The other shops that have something of it, those with all of it first: {shop, name, address, has, as_of}. */
  get shops() {
    const shops = new Map();
    for (const { variant, quantity } of this.lines) {
      for (const level of this.where[variant.sku]?.elsewhere ?? []) {
        if (level.quantity < quantity) continue;
        const known = shops.get(level.shop) ?? { shop: level.shop, name: level.name || level.shop, address: level.address, has: 0, as_of: level.as_of };
        known.has++;
        if (level.as_of < known.as_of) known.as_of = level.as_of; // the oldest figure counts
        shops.set(level.shop, known);
      }
    }
    return [...shops.values()].sort((a, b) => b.has - a.has || a.name.localeCompare(b.name));
  }

  /** What is asked for, as the gateway takes it. */
  get ask() {
    return {
      cart: this.cart ?? undefined,
      lines: this.lines.map(({ variant, quantity }) => ({ sku: variant.sku, quantity })),
      way: this.way,
      shop: this.way === 'collect' && this.shop ? this.shop : undefined,
      province: this.way === 'deliver' && this.province ? this.province : undefined,
      terms: this.terms,
    };
  }

  /** price asks what the order comes to. */
  async price(csrf) {
    const n = ++this.#asked;
    this.quote = null;
    const { quote } = await call('POST', '/api/v1/staff/orders/quote', this.ask, { headers: { 'X-CSRF': csrf } });
    if (n === this.#asked) this.quote = quote;
  }

  /** The order to be placed for the total that was shown. */
  get placing() {
    const { name, phone, country, region, locality, street, former, postcode } = this.contact;
    const address = { country, region, locality, street, former: former || undefined, postcode: postcode || undefined };
    return {
      ...this.ask,
      note: this.note.trim() || undefined,
      total: this.quote.total.amount,
      contact: { name, phone, address: this.way === 'deliver' ? address : undefined, agreed: wording, remember: this.remember },
    };
  }

  /** use fills the form with a contact that was found. */
  use({ name, phone, address }) {
    this.contact = { ...noContact(), name, phone, ...address };
  }
}
