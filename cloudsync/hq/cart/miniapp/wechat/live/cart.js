// The live cart: what headquarters knows, what the shopper just tapped and is
// not there yet, and how the line stands.
//
// News come as a bell: whatever headquarters says on the cart's stream, the cart
// is fetched again. What was tapped shows at once and holds until headquarters
// has answered it; then headquarters' word holds.

const most = 99; // pieces a line
const patience = 2000; // ms before a lost line is tried again

/**
 * LiveCart follows one cart at a time and calls changed() after every change of
 * its fields:
 *   state    none | foreign | opening | open | refused
 *   cart     as headquarters last told it, with what was tapped
 *   problem  headquarters' sentence, or the word 'failed', after a change that
 *            was not made or when state is refused
 *   waiting  whether the line to headquarters is lost, or it has no cart yet
 *   said     what headquarters said of that, if anything
 *
 * listen({url, headers}, {bell, closed}) opens the stream, calls closed once it
 * has ended, and gives a function that closes it; later(work, ms) is setTimeout and gives a function that takes it back.
 */
export class LiveCart {
  constructor({ server, lang, listen, later, changed }) {
    Object.assign(this, { server, lang, listen, later, changed });
    this.state = 'none';
    this.wanted = new Map(); // line → pieces
    this.visit = 0; // which cart the answers under way are for
    this.forget();
  }

  forget() {
    this.cart = this.told = this.link = null;
    this.problem = this.said = '';
    this.waiting = this.sending = this.asking = this.again = false;
    this.wanted.clear();
  }

  /** open shows the cart of a link; the same one again is only refreshed. */
  open(link) {
    if (link?.path && link.path === this.link?.path && this.state !== 'refused') return this.resume();
    this.pause();
    this.visit++;
    this.forget();
    this.link = link;
    this.state = !link ? 'none' : link.foreign ? 'foreign' : 'opening';
    this.changed();
    return this.resume();
  }

  /** resume follows the cart again; pause stops it, as while nobody looks. */
  resume() {
    this.pause();
    if (!this.link?.path || this.state === 'refused') return;
    this.running = true;
    this.hear();
    return this.refresh();
  }

  pause() {
    this.running = false;
    this.stopHearing?.();
    this.stopWaiting?.();
    this.stopHearing = this.stopWaiting = null;
  }

  speak(lang) {
    this.lang = lang;
    this.changed();
    return this.resume();
  }

  hear() {
    let mine = true; // a stream that was closed here may still say so
    const stop = this.listen(this.server.stream(`${this.link.path}/events`, this.lang), {
      bell: () => mine && this.refresh(),
      closed: () => mine && this.retry(),
    });
    this.stopHearing = () => {
      mine = false;
      stop();
    };
  }

  retry() {
    if (!this.running || this.stopWaiting) return;
    this.stopHearing?.();
    this.stopHearing = null;
    this.stopWaiting = this.later(() => this.resume(), patience);
  }

  /** refresh fetches the cart; while one answer is awaited, once more after it. */
  async refresh() {
    if (this.asking) {
      this.again = true;
      return;
    }
    const visit = this.visit;
    this.asking = true;
    try {
      do {
        this.again = false;
        this.take(visit, await this.server.get(`${this.link.path}/cart.json`, this.lang));
      } while (visit === this.visit && this.again);
    } catch {
      if (visit === this.visit) this.lost();
    } finally {
      if (visit === this.visit) this.asking = false;
    }
  }

  lost(said = '') {
    this.waiting = true;
    this.said = said;
    this.changed();
    this.retry();
  }

  take(visit, { status, body }) {
    if (visit !== this.visit) return;
    if (status === 200) {
      this.state = 'open';
      this.told = body;
      this.waiting = false;
    } else if (status === 429 || status >= 500) {
      return this.lost(body?.error?.message);
    } else {
      this.pause();
      this.state = 'refused';
      this.problem = body?.error?.message ?? 'failed';
    }
    this.show();
  }

  /** show lays what was tapped over what headquarters told. */
  show() {
    this.cart = this.told && {
      ...this.told,
      lines: this.told.lines.map((line) => (this.wanted.has(line.id) ? { ...line, quantity: this.wanted.get(line.id), total: undefined } : line)),
    };
    this.changed();
  }

  /** step asks for more or fewer pieces of a line; none removes it. */
  step(id, by) {
    const line = this.cart?.lines.find((l) => l.id === id);
    if (!line || this.state !== 'open') return;
    this.wanted.set(id, Math.min(Math.max(line.quantity + by, 0), most));
    this.problem = '';
    this.show();
    return this.send();
  }

  /** send sends what was tapped, one line at a time and only its last number. */
  async send() {
    if (this.sending) return;
    const visit = this.visit;
    this.sending = true;
    while (visit === this.visit && this.wanted.size) {
      const [id, quantity] = this.wanted.entries().next().value;
      const done = await this.act(this.server.put(`${this.link.path}/lines/${id}`, this.lang, { quantity }));
      if (visit !== this.visit) return;
      if (!done || this.wanted.get(id) === quantity) this.wanted.delete(id); // else tapped again meanwhile
    }
    this.sending = false;
    this.show();
    await this.refresh(); // an answer to an older question may have come last
  }

  /** askIn asks the phone that owns the cart to let this one in. */
  askIn() {
    return this.act(this.server.post(`${this.link.path}/phones`, this.lang, {}));
  }

  /** letIn answers a phone that asks, named by its code. */
  letIn(code, yes) {
    return this.act(this.server.post(`${this.link.path}/phones/${encodeURIComponent(code)}`, this.lang, { in: yes }));
  }

  /** act waits for the answer to a change, which is the cart, and tells whether it was made. */
  async act(answer) {
    const visit = this.visit;
    let problem = 'failed';
    try {
      const { status, body } = await answer;
      if (visit !== this.visit) return false;
      problem = status === 200 ? '' : (body?.error?.message ?? problem);
      if (status === 200) this.told = body;
    } catch {
      if (visit !== this.visit) return false;
    }
    this.problem = problem;
    this.show();
    return !problem;
  }
}
