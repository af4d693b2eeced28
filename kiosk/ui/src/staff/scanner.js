const apart = 300; // ms between two keys of a scanner, at most
const pace = 60; // ms for each on average; people are slower
const fewest = 8; // characters of a code

/** Scanner tells a scanner, which types, from people who do. */
export class Scanner {
  #text = '';
  #first;
  #last = -Infinity;

  /** Whether the last key may be the first of a code. */
  get begins() {
    return this.#text.length === 1;
  }

  /** press takes a key that was pressed at a time in ms. It returns the code that Enter ended, or ''. */
  press(key, at) {
    if (at - this.#last > apart) this.#text = '';
    this.#last = at;
    if (key.length === 1) {
      this.#first = this.#text ? this.#first : at;
      this.#text += key;
    }
    if (key !== 'Enter') return '';
    const read = this.#text;
    this.#text = '';
    return read.length >= fewest && at - this.#first <= pace * read.length ? read : '';
  }
}
