import { call } from '../../net.js';
import { newKey, unsure } from '../checkout.svelte.js';
import { tab } from '../keep.js';
import { begin, drop, moves, put, ready, set } from './entry.js';

const kept = 'stock'; // where the job and the entries survive a reload of the page
const refusals = { conflict: 'stockConflict', invalid: 'stockCardNumber' }; // of what the page has checked, only the reference can be invalid

/** Desk is where a clerk enters what comes, goes, is counted and lost: one entry for each job, kept until it is sent. */
export class Desk {
  job = $state('find'); // or one of jobs
  entries = $state.raw({}); // by job
  checking = $state.raw(null); // {sku: pieces by the books}, while the clerk checks the entry
  sending = $state(false);
  done = $state.raw(null); // {job, sent, entered}: what was sent, and the moves that were new
  scanned = $state(''); // the SKU that was put in last
  #till;

  constructor(till) {
    this.#till = till;
    Object.assign(this, JSON.parse(tab.get(kept) ?? '{}'));
  }

  /** The entry of the job that is looked at. */
  get entry() {
    return this.entries[this.job];
  }

  /** unsure says that this entry was sent and nobody knows whether it arrived. */
  get unsure() {
    return this.entry.key !== null;
  }

  open(job) {
    this.job = job;
    this.checking = this.done = null;
    this.scanned = '';
    if (job !== 'find' && !this.entries[job]?.lines.length) this.#keep(job, this.#begin(job)); // its reference is of now
  }

  /** scan puts a piece of what was found into the entry. */
  async scan(hit) {
    const { job } = this;
    try {
      const known = this.entry.lines.some((line) => line.sku === hit.variant.sku);
      const mark = job === 'count' && !known ? (await this.#books([hit.variant.sku])).as_of : null;
      if (this.entries[job].key !== null) return this.#till.tell('scanMissed'); // it was sent while we asked
      this.done = this.checking = null; // and what was checked was without it
      const next = put(this.entries[job], hit, mark);
      if (!next) return this.#till.tell('stockFull');
      this.#keep(job, next);
      this.scanned = hit.variant.sku;
    } catch (err) {
      this.#till.failed(err);
    }
  }

  set(sku, pieces) {
    this.#keep(this.job, set(this.entry, sku, pieces));
  }

  drop(sku) {
    this.#keep(this.job, drop(this.entry, sku));
  }

  /** say changes the entry's reference (ref) or the reason of a loss (why). */
  say(change) {
    this.#keep(this.job, { ...this.entry, ...change });
  }

  forget() {
    this.checking = null;
    this.#keep(this.job, this.#begin(this.job));
  }

  /** check shows the entry beside the books, before it is sent. */
  async check() {
    const { entry } = this;
    if (!ready(entry)) return;
    try {
      const { stock } = await this.#books(entry.lines.map((line) => line.sku));
      if (entry === this.entry) this.checking = stock; // it may have changed meanwhile
    } catch (err) {
      this.#till.failed(err);
    }
  }

  /** send enters it, once: what has no answer keeps its key, and nothing of it can change. */
  async send() {
    if (this.sending || !ready(this.entry)) return;
    this.sending = true;
    const { job } = this;
    const entry = { ...this.entry, key: this.entry.key ?? newKey() };
    this.#keep(job, entry);
    try {
      const { csrf } = this.#till.staff;
      const answer = await call('POST', '/api/v1/staff/stock/moves', { moves: moves(entry) }, { headers: { 'X-CSRF': csrf, 'Idempotency-Key': entry.key } });
      this.#keep(job, this.#begin(job));
      this.checking = null;
      this.done = { job, sent: entry, entered: answer.moves };
    } catch (err) {
      if (!unsure(err)) this.#keep(job, { ...entry, key: null });
      this.#till.failed(refusals[err.kind] ? Object.assign(err, { kind: refusals[err.kind] }) : err);
    } finally {
      this.sending = false;
    }
  }

  #books(skus) {
    return call('GET', `/api/v1/staff/stock?${skus.map((sku) => `sku=${encodeURIComponent(sku)}`).join('&')}`);
  }

  #begin(job) {
    return begin(job, this.#till.zone);
  }

  #keep(job, entry) {
    this.entries = { ...this.entries, [job]: entry };
    tab.set(kept, JSON.stringify({ job: this.job, entries: this.entries }));
  }
}
