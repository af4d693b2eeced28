import { call, NoAnswer, Refusal } from '../net.js';
import { spoken } from '../words.js';

const path = '/setup/v1';
const lookEvery = 1000; // ms between looks while something is awaited
const expectEvery = 5000; // ms between looks whether a code still waits
const atEach = ['camera', 'touch', 'colour', 'scale']; // what is done at each kiosk
const restartTakes = 30_000; // ms at most

/** whatOf is what is done in a step, at whichever kiosk. */
export const whatOf = (step) => step.split('.')[0];

/** Setup is installation day as the gateway knows it, and where the technician is. */
export class Setup {
  lang = $state(spoken(navigator.languages));
  entered = $state(null); // null until it is known
  view = $state.raw(null); // the gateway's answer
  open = $state(''); // the step that is open
  busy = $state(''); // what is being done: a step's name
  said = $state.raw(null); // {step, kind, text} what went wrong
  findings = $state.raw([]);
  #turn = Promise.resolve(); // what was done last with the kiosk's session

  /** run looks where everything stands. */
  async run() {
    try {
      this.#take(await call('GET', path));
    } catch (err) {
      if (err instanceof Refusal && err.kind === 'unauthorized') this.#shut();
      else setTimeout(() => this.run(), lookEvery);
    }
  }

  /** A kiosk's screen that came here by itself goes back to the mirror once no code waits any more. */
  #shut() {
    if (this.entered === false) return;
    this.entered = false;
    const timer = setInterval(async () => {
      if (this.entered) return clearInterval(timer);
      const session = await call('GET', '/kiosk/v1/session').catch(() => null); // null where this is no kiosk's screen
      if (session && !session.technician && !this.entered && !this.busy) location.assign('/');
    }, expectEvery);
  }

  /** kioskOf is the name of the kiosk at which a step is done. */
  kioskOf(step) {
    return step.split('.')[1] ?? this.view.kiosks[0];
  }

  severalDo(what) {
    return this.view.kiosks.length > 1 && atEach.includes(what);
  }

  /** isHere tells whether a step is done at this screen; what is no kiosk's alone is, at each. */
  isHere(step) {
    return !atEach.includes(whatOf(step)) || this.kioskOf(step) === this.view.kiosk;
  }

  #take(view) {
    const first = !this.view;
    this.view = view;
    this.entered = true;
    if (first && view.language) this.lang = view.language;
    if (first) this.open = this.next;
  }

  /** next is the first step that has not ended, of those of this screen before others'; sign when all have. */
  get next() {
    const open = this.view.steps.filter((step) => !this.view.results[step]);
    return open.find((step) => this.isHere(step)) ?? open[0] ?? 'sign';
  }

  /** done is called where a step has ended well: the next one opens. */
  proceed(step) {
    if (this.view.results[step] && this.open === step) this.open = this.next;
  }

  async enter(code) {
    await this.#do('enter', async () => {
      await call('POST', `${path}/enter`, { code });
      await this.run();
    });
  }

  async speak(lang) {
    this.lang = lang;
    if (this.entered) await this.#do('language', async () => this.#take(await call('PUT', `${path}/language`, { language: lang })));
  }

  /** ask sends what concerns a step and takes the answer over; it tells whether that went well. */
  ask(step, method, of, body) {
    return this.#do(step, async () => this.#take(await call(method, path + of, body, { timeout: 60_000 })));
  }

  async end(step, outcome, detail = '') {
    if (await this.ask(step, 'PUT', `/steps/${step}`, { outcome, detail })) this.proceed(step);
  }

  check() {
    return this.#do('network', async () => {
      this.findings = (await call('POST', `${path}/network`, {}, { timeout: 120_000 })).findings;
      this.#take(await call('GET', path));
    });
  }

  /** change keeps settings and waits until the gateway is there again with them. */
  change(step, settings) {
    return this.#do(step, async () => {
      const before = this.view.run;
      await call('PUT', `${path}/settings`, settings);
      for (const started = Date.now(); Date.now() - started < restartTakes; ) {
        await new Promise((ready) => setTimeout(ready, lookEvery / 2));
        const view = await call('GET', path).catch(() => null);
        if (view && view.run !== before) return this.#take(view);
      }
      throw new NoAnswer('the gateway did not come back');
    });
  }

  /** inTurn does one thing after the other with the kiosk's session: what ends the last picture must not come after what begins the next. */
  inTurn(work) {
    const done = this.#turn.then(work);
    this.#turn = done.catch(() => {});
    return done;
  }

  /** await looks again and again until the step has ended; the returned function stops that. */
  await(step) {
    let timer;
    let stopped = false;
    const look = async () => {
      const view = await call('GET', path).catch(() => null);
      if (stopped) return;
      if (view) this.#take(view);
      if (!view?.results[step]) wait();
    };
    const wait = () => (timer = setTimeout(look, lookEvery)); // one look after the other: an older one would take back what a newer one saw
    wait();
    return () => {
      stopped = true;
      clearTimeout(timer);
    };
  }

  async #do(step, work) {
    if (this.busy) return false;
    this.busy = step;
    this.said = null;
    try {
      await work();
      return true;
    } catch (err) {
      if (err instanceof Refusal && err.kind === 'unauthorized' && step !== 'enter') this.#shut();
      this.said = { step, kind: err.kind ?? 'internal', text: err instanceof Refusal ? err.message : '' };
      return false;
    } finally {
      this.busy = '';
    }
  }
}
