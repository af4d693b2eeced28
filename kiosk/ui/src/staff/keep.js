/**
 * Keeper keeps texts by name in what open() gives, a browser's Storage. Where a
 * browser keeps nothing, since it is forbidden or full, they are kept as long as
 * the page is.
 */
export class Keeper {
  #open;
  #here = new Map(); // what the browser did not keep

  constructor(open) {
    this.#open = open;
  }

  /** forgetful says that something kept would be lost with the page. */
  get forgetful() {
    return this.#here.size > 0;
  }

  /** get is the text of that name; null where there is none. */
  get(name) {
    return this.#here.get(name) ?? this.#ask((storage) => storage.getItem(name)) ?? null;
  }

  set(name, text) {
    this.drop(name); // after a reload, nothing is better than what is old
    const kept = this.#ask((storage) => {
      storage.setItem(name, text);
      return true;
    });
    if (!kept) this.#here.set(name, text);
  }

  drop(name) {
    this.#here.delete(name);
    this.#ask((storage) => storage.removeItem(name));
  }

  #ask(work) {
    try {
      return work(this.#open());
    } catch {
      return undefined; // SecurityError where it is forbidden, QuotaExceededError where it is full
    }
  }
}

/** What this tab keeps over a reload of the page. */
export const tab = new Keeper(() => sessionStorage);

/** What this device keeps for whoever comes next. */
export const device = new Keeper(() => localStorage);
