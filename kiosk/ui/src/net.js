// Calls to the gateway, and what it tells by itself.

/** Refusal is the gateway's answer that something cannot be done. */
export class Refusal extends Error {
  constructor(status, { kind, message }, wait = 0) {
    super(message);
    this.status = status;
    this.wait = wait; // s before it may be tried again; 0 where the gateway does not say
    this.kind = kind; // a key of the glossary
  }
}

/** ShopTime is the shop's time, by the gateway's clock: a tablet's own may be days off. */
export class ShopTime {
  #ahead = 0; // ms that the gateway's clock is ahead of this device's

  /** hear takes the time from an answer's Date, which is good to a second (RFC 9110, 6.6.1). */
  hear(date) {
    const at = Date.parse(date);
    if (!Number.isNaN(at)) this.#ahead = at - Date.now();
  }

  /** now is in ms, as Date.now() gives it; before the gateway has answered it is the device's. */
  now() {
    return Date.now() + this.#ahead;
  }
}

export const shopTime = new ShopTime();

/** NoAnswer says that it is not known whether the request took effect. */
export class NoAnswer extends Error {
  kind = 'offline';
}

/**
 * call sends a request and returns the answer's JSON (null where it has none).
 * It throws Refusal or NoAnswer.
 */
export async function call(method, path, body, { headers = {}, timeout = 10_000 } = {}) {
  let response, text;
  try {
    response = await fetch(path, {
      method,
      headers: body === undefined ? headers : { 'Content-Type': 'application/json', ...headers },
      body: body === undefined ? undefined : JSON.stringify(body),
      signal: AbortSignal.timeout(timeout),
      cache: 'no-store',
    });
    shopTime.hear(response.headers.get('Date'));
    text = await response.text();
  } catch (err) {
    throw new NoAnswer(`${method} ${path}: ${err.message}`, { cause: err });
  }
  let answer = null;
  try {
    answer = text ? JSON.parse(text) : null;
  } catch {
    throw new NoAnswer(`${method} ${path}: the answer is not JSON`);
  }
  if (response.ok) return answer;
  const wait = Number(response.headers.get('Retry-After')) || 0;
  throw new Refusal(response.status, answer?.error ?? { kind: 'internal', message: response.statusText }, wait);
}

/**
 * latest tells the answer to the newest question from those to older ones, which
 * may come after it: it gives a function that begins a question, and that one
 * gives a function that says whether no other has begun since.
 */
export function latest() {
  let newest = 0;
  return () => {
    const mine = ++newest;
    return () => mine === newest;
  };
}

const patience = 5000; // ms that the line to HQ may be down before it is told

/**
 * eventsPath is where a page hears of the cart, if there is one, or else of
 * everything that it may know: of all carts where staff is signed in.
 */
export function eventsPath(cart, staff = null) {
  if (cart) return `/api/v1/events?cart=${cart}`;
  return staff ? '/api/v1/staff/events' : '/api/v1/events';
}

/**
 * listen follows the gateway's events at path until the returned function is called:
 * cart(view) when a cart changed, status(status) for what the gateway knows,
 * line(bool) for the line to HQ, and connected(bool) for the line to the
 * gateway itself. A line that is down for a moment, as it is when the gateway
 * starts, is not told. The browser reconnects by itself, except after an
 * answer that is no event stream; then we do.
 */
export function listen(path, { cart, status, line, connected }) {
  let source, timer, lineTimer;
  const heard = (news) => {
    status?.(news);
    if (news.line.up) {
      clearTimeout(lineTimer);
      lineTimer = undefined;
      line?.(true);
      return;
    }
    // The gateway's clock may not be ours: wait no longer than patience.
    const wait = Date.parse(news.line.since) + patience - Date.now();
    lineTimer ??= setTimeout(() => line?.(false), Math.min(wait, patience));
  };
  const open = () => {
    source = new EventSource(path);
    source.onopen = () => connected?.(true);
    source.addEventListener('cart', (e) => cart?.(JSON.parse(e.data)));
    source.addEventListener('status', (e) => heard(JSON.parse(e.data)));
    source.onerror = () => {
      connected?.(false);
      if (source.readyState === EventSource.CLOSED) timer = setTimeout(open, 2000);
    };
  };
  open();
  return () => {
    clearTimeout(timer);
    clearTimeout(lineTimer);
    source.close();
  };
}
