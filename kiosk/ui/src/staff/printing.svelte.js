import { call } from '../net.js';

/** Printing is what the till knows of its ticket printer. */
export class Printing {
  jobs = $state.raw([]); // the newest, where somebody must look at one
  looking = $state(false); // at what the printer did not confirm
  #till;

  constructor(till) {
    this.#till = till;
  }

  /** The printer's state; null in a shop without one. */
  get printer() {
    return this.#till.status?.printer ?? null;
  }

  /** refresh asks for the jobs where somebody must look. */
  async refresh() {
    if (this.printer?.asks || this.looking) this.jobs = (await call('GET', '/api/v1/staff/print/jobs?limit=200')).jobs;
  }

  /** print queues a printout. */
  print(kind, id) {
    return this.#post('/api/v1/staff/print', { kind, id }, () => this.#till.tell('ticketQueued'));
  }

  /** look shows what the printer did not confirm. */
  async look() {
    await this.#till.refresh();
    this.looking = true;
  }

  /** decide says what became of a printout. */
  decide(job, decision) {
    return this.#post(`/api/v1/staff/print/jobs/${job.id}`, { decision }, () => this.#till.refresh());
  }

  async #post(path, body, done) {
    try {
      await call('POST', path, body, { headers: { 'X-CSRF': this.#till.staff.csrf } });
      await done();
    } catch (err) {
      this.#till.failed(err);
    }
  }
}
