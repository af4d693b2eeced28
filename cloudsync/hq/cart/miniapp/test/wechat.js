// A stand-in for WeChat, as far as the mini program uses it and as documented
// (https://developers.weixin.qq.com/miniprogram/en/dev/): App and Page with
// their life cycle, requests to allowed hosts only, streams in chunks, storage.
import { base } from './headquarters.js';

let runs = 0;

/** parsed is text as WeChat's dataType json gives it. */
function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

export class WeChat {
  /** fetch carries requests to headquarters; allowed is the console's request domain. */
  constructor({ fetch, language = 'vi', allowed = base }) {
    Object.assign(this, { fetch, allowed });
    this.storage = new Map();
    this.titles = [];
    this.visited = []; // by navigateTo
    globalThis.App = (app) => (this.app = app);
    globalThis.getApp = () => this.app;
    globalThis.Page = (page) => (this.definition = page);
    globalThis.wx = {
      request: (r) => this.request(r),
      getStorageSync: (key) => this.storage.get(key) ?? '',
      setStorageSync: (key, value) => this.storage.set(key, value),
      getRandomValues: ({ length, success }) => queueMicrotask(() => success({ randomValues: crypto.getRandomValues(new Uint8Array(length)).buffer, errMsg: 'getRandomValues:ok' })),
      getAppBaseInfo: () => ({ language }),
      setNavigationBarTitle: ({ title }) => this.titles.push(title),
      navigateTo: ({ url }) => this.visited.push(url),
    };
  }

  request({ url, method = 'GET', header = {}, data, enableChunked, success, fail, complete }) {
    const going = new AbortController();
    let hear = () => {};
    const answer = async () => {
      if (!url.startsWith(`${this.allowed}/`)) throw new Error('url not in domain list');
      if (this.offline) throw new Error('no network');
      const response = await this.fetch(url, { method, headers: header, body: data, redirect: 'manual', signal: going.signal });
      if (!enableChunked) return { statusCode: response.status, data: parsed(await response.text()), errMsg: 'request:ok' };
      for await (const chunk of response.body) hear({ data: chunk.slice().buffer });
      return { statusCode: response.status, errMsg: 'request:ok' };
    };
    answer().then(
      (result) => { success?.(result); complete?.(result); },
      (err) => { const result = { errMsg: `request:fail ${err.message}` }; fail?.(result); complete?.(result); },
    );
    return { abort: () => going.abort(new Error('abort')), onChunkReceived: (work) => (hear = work) };
  }

  /** launch starts the mini program as a scan does. */
  async launch(query, scene) {
    runs++;
    await import(`../wechat/app.js?${runs}`);
    await import(`../wechat/pages/cart/cart.js?${runs}`);
    this.enter(query, scene);
    await this.show(query);
  }

  enter(query, scene) {
    this.app.onShow({ path: 'pages/cart/cart', query, scene, referrerInfo: {} });
  }

  /** show makes the page anew, as WeChat does when a scan names its path. */
  async show(query) {
    this.page?.onUnload();
    this.page = { ...this.definition, data: structuredClone(this.definition.data) };
    this.page.setData = (data) => Object.assign(this.page.data, structuredClone(data));
    this.page.onLoad(query);
    await this.page.onShow();
  }

  background() {
    this.page.onHide();
  }

  /** scan is a further code while the mini program is open in the background. */
  async scan(query, scene) {
    this.enter(query, scene);
    await this.show(query);
  }

  /** foreground comes back by the list of recent programs: no code, no new page. */
  async foreground() {
    this.enter({}, 1089);
    await this.page.onShow();
  }

  /** tap presses what in the page's WXML has this handler and these data. */
  tap(handler, dataset = {}) {
    return this.page[handler]({ type: 'tap', currentTarget: { dataset } });
  }

  get view() {
    return this.page.data.view;
  }
}
