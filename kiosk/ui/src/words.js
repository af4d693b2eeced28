// The glossary: every word on the kiosk's and the staff's screens, in
// Vietnamese, English and Chinese. One thing has one name everywhere:
// gương · mirror · 镜子; giỏ hàng · cart · 购物车 is what a shopper fills, phiếu bán ·
// ticket · 销售单 what a clerk has open at the till, lượt bán · sale · 销售 what was paid,
// biên lai · receipt · 小票 its paper, đơn đặt · order · 订单 what is delivered or
// collected later; bản in · printout · 打印件 is any paper.
// Where a language has a form for one, it stands beside the other.
import approval from './words/approval.js';
import carts from './words/carts.js';
import dayWords from './words/day.js';
import device from './words/device.js';
import everywhere from './words/everywhere.js';
import kiosk from './words/kiosk.js';
import orders from './words/orders.js';
import pay from './words/pay.js';
import receipts from './words/receipts.js';
import refusals from './words/refusals.js';
import setup from './words/setup.js';
import shopper from './words/shopper.js';
import stock from './words/stock.js';
import till from './words/till.js';

export const languages = [
  { id: 'vi', name: 'Tiếng Việt' },
  { id: 'en', name: 'English' },
  { id: 'zh', name: '中文' },
];

/** The glossary's parts, one for each area of the screens; none has another's words. */
export const parts = [everywhere, carts, dayWords, device, kiosk, orders, pay, receipts, till, approval, refusals, setup, shopper, stock];
export const glossary = Object.assign({}, ...parts);

/** spoken is the first of a browser's languages that the glossary has; Vietnamese where it has none. */
export function spoken(wanted) {
  const own = (tag) => languages.find(({ id }) => tag.toLowerCase().split('-')[0] === id)?.id;
  return wanted.map(own).find(Boolean) ?? languages[0].id;
}

/** say is the word for key in language lang, with {name} filled from values. */
export function say(lang, key, values = {}) {
  const word = glossary[key];
  if (!word) throw new Error(`words: no entry "${key}"`);
  const forms = word[languages.findIndex((l) => l.id === lang)] ?? word[0];
  const text = typeof forms === 'string' ? forms : values.n === 1 ? forms.one : forms.other;
  return text.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? '');
}

/** pick is one language of a text of the shop: {vi, en, zh}. */
export function pick(lang, text) {
  return text?.[lang] || text?.vi || '';
}

/** plain is text without case and without the marks of Vietnamese letters. */
export function plain(text) {
  return text
    .toLowerCase()
    .normalize('NFD')
    .replace(/\p{M}/gu, '')
    .replaceAll('đ', 'd');
}

const digits = new Intl.NumberFormat('vi-VN');
const cents = new Intl.NumberFormat('vi-VN', { minimumFractionDigits: 2 });

/** price writes an amount of minor units the shop's way: 199.000 ₫. */
export function price({ amount, currency }) {
  if (currency === 'VND') return `${digits.format(amount)}\u00a0₫`;
  return `${cents.format(amount / 100)}\u00a0${currency}`;
}

/** age writes a time span in the largest unit that fits. */
export function age(lang, seconds) {
  if (seconds < 90) return say(lang, 'seconds', { n: Math.round(seconds) });
  if (seconds < 5400) return say(lang, 'minutes', { n: Math.round(seconds / 60) });
  if (seconds < 172_800) return say(lang, 'hours', { n: Math.round(seconds / 3600) });
  return say(lang, 'days', { n: Math.round(seconds / 86_400) });
}

const locales = { vi: 'vi-VN', en: 'en-GB', zh: 'zh-CN' };

/** day writes a moment's date in the shop's zone: 22/11/2026, 2026/11/22. */
export function day(lang, moment, timeZone) {
  return new Date(moment).toLocaleDateString(locales[lang], { day: '2-digit', month: '2-digit', year: 'numeric', timeZone });
}

/** clock writes a moment's time of day in the shop's zone, 24 h; before the zone is known, in the device's. */
export function clock(lang, moment, timeZone) {
  return new Date(moment).toLocaleTimeString(locales[lang], { hour: '2-digit', minute: '2-digit', hourCycle: 'h23', timeZone });
}
