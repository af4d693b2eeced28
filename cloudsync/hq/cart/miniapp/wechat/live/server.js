// Headquarters, as a mini program reaches it: nothing is asked for anywhere
// else, neither by a scanned code nor by what headquarters answers.

/**
 * baseOf checks the setting: https, a host, perhaps a path, no query. Plain http
 * is for a demo on the developer's own machine.
 */
export function baseOf(setting) {
  const base = String(setting).replace(/\/+$/, '');
  const there = /^https:\/\/[a-z0-9.-]+(:\d+)?(\/[A-Za-z0-9._~-]+)*$/.test(base);
  if (!there && !/^http:\/\/(127\.0\.0\.1|localhost)(:\d+)?$/.test(base)) {
    throw new Error(`settings.js: base is ${JSON.stringify(setting)}: want https://HOST, as public_url in hq.yaml`);
  }
  return base;
}

/**
 * Server speaks to headquarters for one phone. request({method, url, headers,
 * body}) answers {status, body}, body parsed, or throws where nothing answers;
 * it must not follow redirects.
 */
export class Server {
  constructor({ base, phone, request }) {
    this.base = baseOf(base);
    this.phone = phone;
    this.request = request;
  }

  /** url is the address of a cart's path, its texts in a language. */
  url(path, lang) {
    return `${this.base}${path}?lang=${lang}`;
  }

  /**
   * picture takes a picture's address as cart.json has it, seen from the cart's,
   * for a whole one; '' for any other.
   */
  picture(address) {
    const [, name] = /^\.\.\/pictures\/([A-Za-z0-9._-]+)$/.exec(address ?? '') ?? [];
    return name ? `${this.base}/pictures/${name}` : '';
  }

  /** page is the address of the cart's web page, which then is this same phone. */
  page(path, lang) {
    return `${this.url(path, lang)}#phone=${this.phone}`;
  }

  get(path, lang) {
    return this.ask('GET', path, lang);
  }

  put(path, lang, body) {
    return this.ask('PUT', path, lang, body);
  }

  post(path, lang, body) {
    return this.ask('POST', path, lang, body);
  }

  ask(method, path, lang, body) {
    const headers = { ...this.headers('application/json'), ...(body && { 'Content-Type': 'application/json' }) };
    return this.request({ method, url: this.url(path, lang), headers, body: body && JSON.stringify(body) });
  }

  /** stream is what opens path's event stream as this phone. */
  stream(path, lang) {
    return { url: `${this.url(path, lang)}&as=json`, headers: this.headers('text/event-stream') };
  }

  headers(accept) {
    return { Accept: accept, 'X-Mirrorcart-Phone': this.phone };
  }
}
