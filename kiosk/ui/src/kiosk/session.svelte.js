import { call } from '../net.js';

const path = '/kiosk/v1/session';
const header = 'Kiosk-Session'; // of which session a request is meant for
const touchEvery = 2000; // ms between touches told to the gateway
const endTries = 3;

/**
 * Session is the kiosk's line to the gateway's session, which is the truth. An
 * answer counts only while the session that was here when it was asked still is:
 * heard(view) takes it over. Where the gateway has no such session any more,
 * gone() hears of it, or restarted() if it was started anew and knows nobody.
 */
export class Session {
  id = $state(null); // null while nobody is here
  #run = ''; // of the gateway: it knows our session only while it runs
  #newest = 0; // the number of the latest view that was heard
  #restoring = false;
  #touched = 0;
  #touchTimer;
  #heard;
  #gone;
  #restarted;
  #failed;

  constructor({ heard, gone, restarted, failed }) {
    this.#heard = heard;
    this.#gone = gone;
    this.#restarted = restarted;
    this.#failed = failed;
  }

  get active() {
    return this.id !== null;
  }

  /** begin has the gateway begin a session, and gives what it says of it. */
  async begin(language) {
    const view = await call('POST', path, { language });
    this.become(view);
    return view;
  }

  /** become makes a session of the gateway the one that is here. */
  become({ id, run }) {
    this.id = id;
    if (this.#run !== run) this.#newest = 0;
    this.#run = run;
  }

  /** look is what the gateway says of its session, whichever that is. */
  look() {
    return call('GET', path);
  }

  /** send sends what is meant for the session that is here, and for no later one. */
  send(method, of, body) {
    return call(method, path + of, body, { headers: { [header]: this.id ?? 'none' } });
  }

  /** ask sends what concerns the session, takes the answer over, and tells whether the session is still here. */
  async ask(method, of, body) {
    const mine = this.id;
    this.hear(mine, await this.send(method, of, body));
    return mine === this.id;
  }

  /** tell asks, where nothing depends on the answer. */
  async tell(method, of, body) {
    try {
      await this.ask(method, of, body);
    } catch (err) {
      this.#failed(err);
    }
  }

  /** hear takes over what the gateway says, asked when the session was mine. */
  hear(mine, view) {
    if (mine !== this.id || this.#restoring || this.#passed(view)) return;
    if (view.id === mine) this.#heard(view);
    else if (view.run !== this.#run && view.state === 'attract') this.#restarted();
    else this.#gone();
  }

  /** passes takes note that what the gateway said before this view counts no more. */
  passes({ run, n }) {
    if (run === this.#run && n > this.#newest) this.#newest = n;
  }

  /** passed says that a later view was heard: answers overtake each other. */
  #passed(view) {
    if (view.run === this.#run && view.n < this.#newest) return true;
    this.passes(view);
    return false;
  }

  /**
   * restore begins anew at a gateway that knows nobody. work says once more what
   * it should know, and gives its last answer, if there is one; nothing else is
   * heard meanwhile. It tells whether the gateway knows the shopper again.
   */
  async restore(language, work) {
    this.#restoring = true;
    try {
      await this.begin(language);
    } catch {
      this.#restoring = false; // the next look tries again
      return false;
    }
    try {
      const view = await work();
      this.#restoring = false;
      if (view) this.hear(this.id, view);
      return true;
    } catch {
      this.#restoring = false;
      const mine = this.id;
      this.#gone();
      this.forget();
      await this.end(mine);
      return false;
    }
  }

  /** touch tells the gateway, now and then, that somebody is there; holds() says whether the wipe waits longer. */
  touch(holds) {
    clearTimeout(this.#touchTimer);
    const since = Date.now() - this.#touched; // below 0 where the clock was set back
    const wait = since < 0 ? 0 : Math.max(0, touchEvery - since);
    this.#touchTimer = setTimeout(() => {
      if (!this.active) return;
      this.#touched = Date.now();
      this.tell('POST', `/touch${holds() ? '?hold' : ''}`);
    }, wait);
  }

  /** forget leaves the session; the gateway does not hear of it. */
  forget() {
    this.id = null;
    clearTimeout(this.#touchTimer);
  }

  /** end has the gateway wipe what nobody is here for: the session that was mine, or any. */
  async end(mine = null) {
    for (let tries = 0; tries < endTries && !this.active; tries++) {
      try {
        await call('POST', `${path}/finish`, undefined, { headers: mine === null ? {} : { [header]: mine } });
        return;
      } catch {
        await new Promise((next) => setTimeout(next, 1000));
      }
    }
  }
}
