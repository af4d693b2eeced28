import { call } from '../net.js';
import { once } from './once.js';

const path = '/api/v1/staff/payments';

/** Transfer is what a customer was asked to pay by bank transfer, while the clerk waits for the money. */
export class Transfer {
  asked = $state.raw(null); // {code, state, total, credit, …} as the gateway knows it
  running = $state(false); // the gateway is asked to do something about it
  #till;

  constructor(till) {
    this.#till = till;
  }

  /** request asks for what the customer was shown. */
  request() {
    const { ticket, payment, deal } = this.#till;
    const body = { cart: ticket.id, amount: payment.asked.amount, ...deal.asked(ticket) };
    return this.#once(`ask ${JSON.stringify(body)}`, path, body, ({ transfer }) => (this.asked = transfer));
  }

  /** see records the sale by the clerk's word that the money came. */
  see(reason) {
    const { code } = this.asked;
    return this.#once(`seen ${code} ${reason}`, `${path}/${code}/seen`, { reason }, (done) => this.#paid(done));
  }

  /** look follows what the gateway hears of the money. */
  async look() {
    const { code } = this.asked;
    try {
      const { transfer } = await call('GET', `${path}/${code}`);
      if (this.asked?.code !== code) return;
      this.asked = transfer;
      if (!transfer.sale) return;
      const { sale } = await call('GET', `/api/v1/staff/sales/${transfer.sale}`);
      if (this.asked?.code === code) this.#paid({ sale, change: 0 });
    } catch (err) {
      if (err.kind === 'unauthorized') this.#till.session.ended(); // other failures: the next look may succeed
    }
  }

  /** drop waits no longer. */
  drop() {
    this.asked = null;
  }

  #paid(done) {
    this.drop();
    this.#till.payment.asked = null;
    this.#till.checkout.done = done;
    this.#till.refresh();
  }

  async #once(name, path, body, done) {
    if (this.running) return;
    this.running = true;
    this.#till.notice = '';
    try {
      done(await once(this.#till.staff.csrf, name, path, body));
    } catch (err) {
      this.#till.failed(err);
    } finally {
      this.running = false;
    }
  }
}
