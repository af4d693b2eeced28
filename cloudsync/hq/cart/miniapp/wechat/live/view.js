// What the screen shows of a live cart, as plain values: the pages of both mini
// programs only lay them out.
import { languages, say } from './words.js';

/** viewOf is the screen for a LiveCart. */
export function viewOf(live) {
  const { lang, cart } = live;
  const view = {
    lang,
    languages: languages.map(({ id, name }) => ({ id, name, chosen: id === lang })),
    title: say(lang, 'title'),
    notice: noticeOf(live),
    lines: [],
    open: false,
  };
  if (!cart || view.notice) return view;
  const changeable = cart.state === 'open' && cart.phone.may !== 'look' && !cart.order?.live;
  const lines = cart.lines.map((line, i) => lineOf(live, line, i, changeable));
  const count = cart.lines.reduce((n, line) => n + line.quantity, 0);
  const sums = !cart.paid || cart.paid.sale; // else only the receipt knows what was paid
  return {
    ...view,
    open: true,
    brand: cart.brand,
    changeable,
    lines,
    count: sums ? `${count} ${say(lang, count === 1 ? 'one' : 'many')}` : '',
    empty: lines.length ? '' : say(lang, 'empty'),
    totalLabel: sums && lines.length ? say(lang, 'total') : '',
    total: live.wanted.size ? '…' : price(cart.total, cart.currency),
    sumOpen: cart.priced ? '' : say(lang, 'sumOpen'),
    paid: paidOf(lang, cart),
    order: orderOf(lang, cart),
    guest: guestOf(lang, cart),
    askers: askersOf(lang, cart.phone),
    further: say(lang, 'further'),
    status: statusOf(live),
  };
}

/** noticeOf is what stands in place of the cart. */
function noticeOf({ state, lang, problem, waiting, said, cart }) {
  switch (state) {
    case 'none':
      return { title: say(lang, 'noLinkTitle'), text: say(lang, 'noLink'), again: '' };
    case 'foreign':
      return { title: say(lang, 'noLinkTitle'), text: say(lang, 'foreign'), again: '' };
    case 'refused':
      return { title: '', text: problem === 'failed' ? say(lang, 'failed') : problem, again: say(lang, 'again') };
  }
  return cart ? null : { title: '', text: waiting ? said || say(lang, 'waiting') : say(lang, 'opening'), again: '' };
}

/** statusOf is the line under the cart, and what colour its dot has. */
function statusOf({ lang, cart, problem, waiting }) {
  if (problem) return { kind: 'bad', text: problem === 'failed' ? say(lang, 'failed') : problem };
  if (waiting) return { kind: 'waiting', text: say(lang, 'waiting') };
  if (cart.state !== 'open') return null;
  return cart.line_down ? { kind: 'down', text: say(lang, 'down') } : { kind: 'on', text: say(lang, 'live') };
}

function paidOf(lang, { paid }) {
  return paid && {
    word: say(lang, 'paid'),
    receipt: `${say(lang, 'receipt')} ${paid.receipt}`,
    text: say(lang, paid.sale ? 'paidText' : 'noSale'),
    later: paid.later ? say(lang, 'later') : '',
  };
}

/** orderOf is how far the order is that was placed from the cart. */
function orderOf(lang, { order }) {
  return order ? {
    title: `${say(lang, 'order')} ${order.number}`,
    says: order.says,
    reason: order.reason ?? '',
    code: order.code ? `${say(lang, 'code')} ${order.code}` : '',
  } : null;
}

/** guestOf is for a phone that may only look: why, and whether it may ask. */
function guestOf(lang, { state, phone: { may, asked, code } }) {
  if (state !== 'open' || may !== 'look') return null;
  const guest = { title: say(lang, 'elsewhere'), ask: '' };
  if (asked === 'asking') return { ...guest, text: `${say(lang, 'asking')} ${code}` };
  if (asked === 'refused') return { ...guest, text: say(lang, 'refused') };
  return { ...guest, text: say(lang, 'lookOnly'), ask: say(lang, 'askIn') };
}

/** askersOf are the phones that the cart's owner may let in. */
function askersOf(lang, { asking }) {
  return (asking ?? []).map((code) => ({
    code,
    title: `${say(lang, 'wants')} ${code}`,
    text: say(lang, 'wantsText'),
    yes: say(lang, 'letIn'),
    no: say(lang, 'keepOut'),
  }));
}

function lineOf({ lang, server, cart }, line, i, changeable) {
  return {
    id: line.id ?? String(i), // what was sold has no ids, and no buttons
    name: line.name,
    shade: line.shade ?? '',
    color: /^#[0-9a-f]{6}$/i.test(line.color ?? '') ? line.color : '',
    note: line.note ?? '',
    picture: server.picture(line.picture),
    price: line.price === undefined ? say(lang, 'noPrice') : price(line.price, cart.currency),
    total: line.total === undefined || (cart.paid && !cart.paid.sale) ? '' : price(line.total, cart.currency),
    quantity: line.quantity,
    fewer: changeable && line.quantity > 0,
    more: changeable && line.quantity < 99,
    fewerSign: line.quantity <= 1 ? '×' : '−',
    fewerLabel: say(lang, line.quantity <= 1 ? 'remove' : 'fewer'),
    moreLabel: say(lang, 'more'),
  };
}

/** price writes an amount of minor units of an ISO 4217 currency: 199.000 ₫, 12,50 USD. */
export function price(amount, currency) {
  const minor = ['VND', 'KRW', 'JPY'].includes(currency) ? 0 : 2;
  const digits = String(Math.abs(amount)).padStart(minor + 1, '0');
  const whole = digits.slice(0, digits.length - minor).replace(/\B(?=(\d{3})+$)/g, '.');
  const part = minor ? `,${digits.slice(-minor)}` : '';
  return `${amount < 0 ? '-' : ''}${whole}${part}\u00a0${currency === 'VND' ? '₫' : currency}`;
}
