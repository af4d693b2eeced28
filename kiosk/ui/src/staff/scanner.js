const quick = 60; // ms between the keys of a scanner, at most; people are slower
const fewest = 8; // characters of a code

/** Scanner tells a scanner, which types, from people who do. */
export class Scanner {
  #text = '';
  #last = -Infinity;

  /** Whether the last key may be the first of a code. */
  get begins() {
    return this.#text.length === 1;
  }

  /** press takes a key that was pressed at a time in ms. It returns the code that Enter ended, or ''. */
  press(key, at) {
    const follows = at - this.#last <= quick;
    this.#last = at;
    const read = follows ? this.#text : '';
    if (key.length === 1) this.#text = read + key;
    if (key !== 'Enter') return '';
    this.#text = '';
    return read.length >= fewest ? read : '';
  }
}
