import { call } from '../net.js';

const path = '/api/v1/staff/session';

/** Session is who is signed in at this till. */
export class Session {
  staff = $state.raw(null); // {name, role, csrf, sign_off}; null where nobody is
  known = $state(false); // whether somebody is signed in has been asked
  #touched = Date.now();

  /** csrf goes with every request that changes something. */
  get csrf() {
    return { headers: { 'X-CSRF': this.staff.csrf } };
  }

  /** open signs in whom the PIN names. It throws the gateway's refusal. */
  async open(pin) {
    this.staff = await call('POST', path, { pin });
    this.touch();
  }

  /** resume finds the clerk who was signed in before a reload, and tells whether there is one. */
  async resume() {
    try {
      this.staff = await call('GET', path);
    } catch {
      // Nobody is: the PIN pad asks.
    }
    this.known = true;
    return this.staff !== null;
  }

  /** close signs the clerk off. It throws the gateway's refusal, and then too nobody is signed in here. */
  async close() {
    try {
      await call('DELETE', path, undefined, this.csrf);
    } finally {
      this.staff = null;
    }
  }

  /** ended says that the gateway knows nobody here any more. */
  ended() {
    this.staff = null;
  }

  /** touch says that somebody is there. */
  touch() {
    this.#touched = Date.now();
  }

  /** left says that nobody has been there for as long as the gateway allows. */
  get left() {
    const allowed = this.staff?.sign_off;
    return allowed > 0 && Date.now() - this.#touched >= allowed * 1000;
  }
}
