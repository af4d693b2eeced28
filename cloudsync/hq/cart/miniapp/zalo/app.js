// The shopper's live cart inside Zalo, opened by https://zalo.me/s/APP_ID/?c=…
// (the signed cart) or ?s=… (the short token).
import { bell } from '../wechat/live/bell.js';
import { LiveCart } from '../wechat/live/cart.js';
import { linkOf } from '../wechat/live/link.js';
import { Server } from '../wechat/live/server.js';
import { viewOf } from '../wechat/live/view.js';
import { languageOf } from '../wechat/live/words.js';
import { draw } from './draw.js';

/**
 * start opens the cart that the app was opened for and follows it while the app
 * is in front. zalo is the SDK (zmp-sdk/apis), window the page's.
 */
export function start({ zalo, window, base }) {
  const { document } = window;
  const server = new Server({ base, phone: phoneID(zalo, window), request: request(window) });
  const live = new LiveCart({
    server,
    lang: languageOf(window.navigator.language),
    listen: listen(window),
    later: (work, ms) => {
      const timer = window.setTimeout(work, ms);
      return () => window.clearTimeout(timer);
    },
    changed: () => draw(document, viewOf(live)),
  });
  document.addEventListener('click', ({ target }) => {
    const { line, by, lang, further, again, ask, code, answer } = target.closest('button')?.dataset ?? {};
    if (line) live.step(line, Number(by));
    if (again) live.open(live.link);
    if (ask) live.askIn();
    if (code) live.letIn(code, answer === 'yes');
    if (lang) live.speak(lang);
    if (further) zalo.openWebview({ url: server.page(live.link.path, live.lang) });
  });
  zalo.events.on(zalo.EventName.AppPaused, () => live.pause());
  zalo.events.on(zalo.EventName.AppResumed, () => live.resume());
  // A second code scanned while the app was only in the background.
  zalo.events.on(zalo.EventName.OpenApp, (opened) => {
    const link = linkOf(paramsOf(opened?.path), server.base) ?? linkOf(zalo.getRouteParams(), server.base);
    if (link) live.open(link);
  });
  live.open(linkOf(zalo.getRouteParams(), server.base));
  return live;
}

/** paramsOf are the parameters of a path such as /?c=…. */
function paramsOf(path) {
  return Object.fromEntries(new URLSearchParams(path?.split('?')[1] ?? ''));
}

/** phoneID is drawn once and kept: it binds the cart to this phone. */
function phoneID(zalo, { crypto }) {
  const kept = zalo.nativeStorage.getItem('phone');
  if (kept) return kept;
  const id = Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
  zalo.nativeStorage.setItem('phone', id);
  return id;
}

/** discreet keeps cookies out, addresses in, and redirects from leading elsewhere. */
const discreet = { credentials: 'omit', redirect: 'error', referrerPolicy: 'no-referrer' };

/** request is Server's, over fetch. */
function request(window) {
  return async ({ method, url, headers, body }) => {
    const response = await window.fetch(url, { method, headers, body, ...discreet });
    return { status: response.status, body: await response.json().catch(() => null) };
  };
}

/** listen is LiveCart's, over a fetch that goes on. */
function listen(window) {
  return ({ url, headers }, { bell: ring, closed }) => {
    const going = new window.AbortController();
    const follow = async () => {
      const { ok, body } = await window.fetch(url, { headers, signal: going.signal, ...discreet });
      const reader = ok && body.getReader();
      const hear = bell(ring);
      for (let read; reader && !(read = await reader.read()).done; ) hear(read.value);
    };
    follow().catch(() => {}).finally(closed); // why it ended is all the same
    return () => going.abort();
  };
}
