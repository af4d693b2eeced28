/** Countdown is the time until the wipe, as far as the gateway has told. */
export class Countdown {
  left = $state(1); // of the whole time, 1 to 0
  seconds = $state(Infinity);
  #deadline = Infinity;
  #whole = 90_000; // ms

  /** restart gives the shopper the whole time again. */
  restart() {
    this.set(this.#whole);
  }

  /** set says how much is left, and of how much, in ms. */
  set(left, whole = this.#whole) {
    this.#whole = whole;
    this.#deadline = Date.now() + left;
    this.tick();
  }

  stop() {
    this.#deadline = Infinity;
    this.tick();
  }

  /** tick takes note of the time. */
  tick() {
    const left = Math.max(0, this.#deadline - Date.now());
    this.left = Math.min(1, left / this.#whole);
    this.seconds = Math.ceil(left / 1000);
  }

  get over() {
    return this.seconds === 0;
  }
}
