import { call, NoAnswer } from '../net.js';

const every = 250; // ms between pictures that are looked at for a code
const pause = 2000; // ms after the gateway did not answer
const faults = { not_found: 'scanNotSold', invalid: 'scanNoProduct' };

/** Codes finds products by their codes: see() asks for what the camera sees, found(sku) hears of each, failed(err) of codes that a scanner read in vain. */
export class Codes {
  fault = $state(''); // a key of the glossary: what the camera sees is no code of a product here
  #see;
  #found;
  #failed;

  constructor({ see, found, failed }) {
    this.#see = see;
    this.#found = found;
    this.#failed = failed;
  }

  /** typed takes what a scanner has read. */
  async typed(code) {
    try {
      this.#found((await call('POST', '/kiosk/v1/scan', { code })).sku);
    } catch (err) {
      this.#failed(faults[err.kind] ? Object.assign(err, { kind: faults[err.kind] }) : err);
    }
  }

  /** look has the gateway look for codes in what the camera sees, until one is found or the returned function is called. */
  look() {
    let stopped = false;
    let timer;
    const next = async () => {
      let wait = every;
      try {
        const seen = await this.#see();
        if (stopped) return;
        if (seen) {
          this.#found(seen.sku);
          return;
        }
        this.fault = '';
      } catch (err) {
        if (stopped) return;
        this.fault = faults[err.kind] ?? '';
        if (err instanceof NoAnswer || !this.fault) wait = pause;
      }
      timer = setTimeout(next, wait);
    };
    this.fault = '';
    next();
    return () => {
      stopped = true;
      clearTimeout(timer);
    };
  }
}
