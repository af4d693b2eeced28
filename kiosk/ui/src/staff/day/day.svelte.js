import { call } from '../../net.js';
import { once } from '../once.js';

/** Day is the cash of the shift, and what was closed before. */
export class Day {
  loaded = $state(false);
  currency = $state('');
  tolerance = $state(0); // the largest difference that needs no reason
  shift = $state.raw(null); // {number, records, counted, expected, totals}
  records = $state.raw([]); // of the cash book, newest first
  reports = $state.raw([]); // Z reports, newest first
  busy = $state(false);
  #till;

  constructor(till) {
    this.#till = till;
    this.look();
  }

  /** look asks the gateway how everything stands. */
  async look() {
    try {
      const [cash, book, closed] = await Promise.all([
        call('GET', '/api/v1/staff/cash'),
        call('GET', '/api/v1/staff/cash/records?limit=200'),
        call('GET', '/api/v1/staff/z-reports?limit=100'),
      ]);
      Object.assign(this, { currency: cash.currency, tolerance: cash.tolerance, shift: cash.shift, records: book.records, reports: closed.z_reports, loaded: true });
    } catch (err) {
      this.#till.failed(err);
    }
  }

  /** record puts an entry into the cash book; it tells whether it did. */
  record(entry) {
    const { kind } = entry;
    return this.#do(async () => {
      const { opened } = await once(this.#till.staff.csrf, `cash ${JSON.stringify(entry)}`, '/api/v1/staff/cash', entry);
      const moves = ['in', 'out', 'drop', 'drawer'].includes(kind);
      return { float: 'shiftOpened', close: 'shiftClosed' }[kind] ?? (moves && !opened ? 'drawerByKey' : 'cashRecorded');
    }, { conflict: kind === 'close' ? 'countFirst' : undefined });
  }

  /** closeDay makes the Z report. */
  closeDay() {
    return this.#do(async () => {
      await once(this.#till.staff.csrf, 'close the day', '/api/v1/staff/z-reports', {});
      return 'dayClosed';
    }, { conflict: 'nothingToClose' });
  }

  /**
   * do works on one thing at a time, and looks how everything stands before it says
   * the word that work gives: what was done is offered no more then. said are words
   * for kinds of refusals.
   */
  async #do(work, said) {
    if (this.busy) return false;
    this.busy = true;
    try {
      const word = await work();
      await this.look();
      this.#till.tell(word);
      return true;
    } catch (err) {
      await this.look();
      if (said[err.kind]) this.#till.tell(said[err.kind]);
      else this.#till.failed(err);
      return false;
    } finally {
      this.busy = false;
    }
  }
}
