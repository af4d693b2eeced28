import { call, latest, shopTime } from '../../net.js';
import { newKey, unsure } from '../checkout.svelte.js';
import { tab } from '../keep.js';
import { number } from '../receipt.js';
import { slipRefusal } from '../payment.svelte.js';
import { Exchange } from './exchange.svelte.js';
import { counted, readNumber } from './reversal.js';

const most = 500; // receipts of a day that are shown
const kept = 'reversal'; // where what has no answer survives a reload
const handed = new WeakMap(); // till → the cart that its ticket handed over

/** today is the shop's date, 2026-11-22, so many days on. */
export function today(timeZone, days = 0, from = shopTime.now()) {
  return new Intl.DateTimeFormat('en-CA', { timeZone }).format(from + days * 86_400_000);
}

/** takenTwice opens the form for money that was taken for the ticket's cart, which is paid. */
export function takenTwice(till) {
  const { id, total, closed } = till.ticket;
  handed.set(till, { cart: id, total, receipt: closed.receipt });
  till.area = 'receipts';
}

/** Receipts is what a clerk sees of sales that were made, and does about them. */
export class Receipts {
  day = $state('');
  list = $state.raw([]);
  open = $state.raw(null); // {sale, left} of the receipt that is looked at
  prints = $state.raw([]); // the newest print jobs
  unknown = $state(''); // a receipt's number that the gateway does not know
  said = $state(''); // a key of the glossary: why nothing was found
  due = $state.raw([]); // money to give back
  giving = $state.raw(null); // that of it which is given back now
  second = $state.raw(null); // {cart, total, receipt} of a paid cart that money was taken for again; {} before it is found
  doing = $state(''); // void, refund or exchange, of what is open
  exchanging = $state.raw(null); // the Exchange that is being made
  done = $state.raw(null); // {word, amount, records, change} of what was just recorded
  pending = $state.raw(null); // {key, path, body, sale} without an answer yet
  running = $state(false);
  #opening = latest(); // what the clerk wants to see
  #asking = latest(); // what money is to be given back
  #till;

  constructor(till) {
    this.#till = till;
    const found = tab.get(kept);
    if (found) this.pending = JSON.parse(found);
    this.second = handed.get(till) ?? null;
    handed.delete(till);
  }

  get most() {
    return most;
  }

  /** example is a number as this till prints it. */
  get example() {
    const newest = this.#till.sales[0]?.receipt;
    return newest ? number(newest) : 'T1-1-000042';
  }

  /** show lists the receipts of a day. */
  async show(day) {
    this.day = day;
    await this.#try(async () => {
      const { sales } = await call('GET', `/api/v1/staff/sales?day=${day}&limit=${most}`);
      if (this.day === day) this.list = sales;
    });
  }

  /** shift goes to another day. */
  shift(days) {
    return this.show(today('UTC', days, Date.parse(`${this.day}T12:00:00Z`)));
  }

  /** hear takes what the till has heard of its newest sales into the list. */
  hear(sales, zone) {
    const known = new Map(this.list.map((sale) => [sale.id, sale]));
    let news = false;
    for (const sale of sales) {
      if (known.get(sale.id)?.confirmed === sale.confirmed || today(zone, 0, Date.parse(sale.at)) !== this.day) continue;
      known.set(sale.id, sale);
      news = true;
    }
    if (news) this.list = [...known.values()].sort((a, b) => b.at.localeCompare(a.at)).slice(0, most);
  }

  /** find opens the receipt whose number was typed or scanned. */
  async find(text) {
    const found = readNumber(text, this.#till.sales[0]?.receipt);
    this.said = found ? '' : 'receiptBad';
    if (found) await this.look(found);
  }

  /** look opens a receipt by its id or number. */
  async look(id) {
    const wanted = this.close();
    this.said = '';
    try {
      const found = await call('GET', `/api/v1/staff/sales/${id}`);
      if (wanted()) this.open = found;
    } catch (err) {
      if (!wanted()) return;
      if (err.kind === 'not_found') this.unknown = id;
      else if (err.kind === 'conflict') this.said = 'receiptOther';
      else this.#till.failed(err);
    }
    this.#lookAtPrinter();
  }

  /** close shows nothing; what it gives says whether the clerk has wanted nothing else since. */
  close() {
    this.open = this.giving = this.second = this.done = null;
    this.unknown = '';
    this.leave();
    return this.#opening();
  }

  /** leave gives up what is being done about what is open. */
  leave() {
    this.doing = '';
    this.exchanging = null;
  }

  /** startExchange begins to exchange goods of what is open. */
  startExchange() {
    this.done = null;
    this.exchanging = new Exchange(this.#till, this);
    this.doing = 'exchange';
  }

  /** voidSale cancels what is open; references are the slips of what was not paid in cash. */
  voidSale(reason, references) {
    const { id } = this.open.sale;
    return this.#record(id, `/api/v1/staff/sales/${id}/void`, { reason, ...(references.length && { references }) });
  }

  /** refund gives back lines of what is open, or of an unknown receipt with a manager's approval. */
  refund(asked, approval) {
    const id = this.open?.sale.id ?? this.unknown;
    return this.#record(id, `/api/v1/staff/sales/${id}/refunds`, { ...asked, ...(approval && { approval }) });
  }

  /** exchange gives back lines of what is open, which pay for others. */
  exchange(asked, approval) {
    const { id } = this.open.sale;
    return this.#record(id, `/api/v1/staff/sales/${id}/exchange`, { ...asked, ...(approval && { approval }) });
  }

  /** startSecond asks which cart was paid already. */
  startSecond() {
    this.close();
    this.said = '';
    this.second = {};
  }

  /** findSecond finds it by its receipt's number, its code or a link to it. */
  async findSecond(text) {
    this.said = '';
    const wanted = this.#opening();
    const found = readNumber(text, this.#till.sales[0]?.receipt);
    try {
      if (found) {
        const { sale } = await call('GET', `/api/v1/staff/sales/${found}`);
        if (wanted()) this.second = { cart: sale.cart, total: sale.total, receipt: number(sale.receipt) };
        return;
      }
    } catch (err) {
      if (!wanted()) return;
      if (err.kind !== 'not_found') return this.#till.failed(err);
      this.said = 'receiptUnknown';
      return;
    }
    const refused = await this.#till.named(text, ({ id, total, closed }) => {
      if (!wanted()) return;
      if (closed) this.second = { cart: id, total, receipt: closed.receipt };
      else this.said = 'secondNotPaid';
    });
    if (refused && wanted()) this.said = refused === 'noCartCode' ? 'receiptBad' : refused;
  }

  /** recordSecond writes down that a payment was taken for it again. */
  recordSecond(payment) {
    return this.#record('', '/api/v1/staff/second-payments', { cart: this.second.cart, payments: [payment] });
  }

  /** giveBack records that the customer has the money of a second payment; approval is a manager's, where it came otherwise. */
  giveBack(method, reference, approval) {
    const { id } = this.giving;
    return this.#record('', `/api/v1/staff/second-payments/${id}/given-back`, { method, ...(reference && { reference }), ...(approval && { approval }) });
  }

  /** lookAtDue lists the money to give back. */
  lookAtDue() {
    const newest = this.#asking();
    return this.#try(async () => {
      const { due } = await call('GET', '/api/v1/staff/second-payments?limit=200');
      if (newest()) this.due = due;
    });
  }

  /** give opens money that is to be given back: where it is a sale's, that sale. */
  async give(due) {
    const wanted = this.close();
    await this.#try(async () => {
      try {
        const found = await call('GET', `/api/v1/staff/sales/${due.id}`);
        if (wanted()) this.open = found;
      } catch (err) {
        if (err.kind !== 'not_found' && err.kind !== 'invalid') throw err;
        if (wanted()) this.giving = due;
      }
    });
  }

  /** record posts what takes effect once; what has no answer stays pending, with its key. */
  #record(sale, path, body) {
    if (this.running || this.pending) return;
    this.pending = { key: newKey(), path, body, sale };
    tab.set(kept, JSON.stringify(this.pending));
    return this.retry();
  }

  /** retry asks again, with the same key, for what has no answer yet. */
  async retry() {
    if (this.running || !this.pending) return;
    this.running = true;
    const { key, path, body, sale } = this.pending;
    try {
      const answer = await call('POST', path, body, { headers: { 'X-CSRF': this.#till.staff.csrf, 'Idempotency-Key': key } });
      if (sale) await this.look(sale);
      await this.lookAtDue(); // before it is said: what was given back is offered no more
      this.#settle();
      this.unknown = '';
      this.giving = this.second = null;
      this.done = said(answer);
      this.#till.refresh();
    } catch (err) {
      if (!unsure(err)) this.#settle();
      const slip = body.sale?.payments?.findLast(({ reference }) => reference)?.reference ?? body.payments?.[0].reference;
      this.#till.failed(slip && err.kind === 'invalid' ? slipRefusal(err, slip) : err);
    } finally {
      this.running = false;
    }
  }

  #settle() {
    this.pending = null;
    tab.drop(kept);
  }

  async #lookAtPrinter() {
    if (!this.#till.printer) return;
    await this.#try(async () => (this.prints = (await call('GET', '/api/v1/staff/print/jobs?limit=200')).jobs));
  }

  async #try(work) {
    try {
      await work();
    } catch (err) {
      this.#till.failed(err);
    }
  }
}

/** said is what was recorded, in short: each record with the kind by which it is printed. */
function said({ void: voided, refund, sale, given, due, change = 0 }) {
  if (given) return { word: 'secondDone', amount: given.total, records: [] };
  if (due) return { word: 'secondRecorded', amount: due.total, records: [] };
  if (voided) return { word: 'voidDone', amount: voided.total, records: [{ kind: 'void', ...voided }] };
  const records = [{ kind: 'refund', ...refund }];
  if (!sale) return { word: 'refundDone', amount: refund.total, records };
  records.push({ kind: 'receipt', ...sale });
  const taken = counted(sale.payments);
  const back = counted(refund.back);
  return { word: taken ? 'exchangeTaken' : back ? 'exchangeGiven' : 'exchangeDone', amount: { ...sale.total, amount: taken || back }, records, change };
}
