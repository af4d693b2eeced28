// A stand-in for WeChat, as far as the mini program uses it and as documented
// (https://developers.weixin.qq.com/miniprogram/en/dev/): App and Page with
// their life cycle, requests to allowed hosts only, streams in chunks, storage.
import { base } from './headquarters.js';

let runs = 0;

export class WeChat {
  constructor(hq, { language = 'vi', allowed = base } = {}) {
    this.hq = hq;
    this.allowed = allowed;
    this.storage = new Map();
    this.titles = [];
    this.visited = []; // by navigateTo
    this.streams = 0;
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
    let over = false;
    let onChunk = () => {};
    const end = (work, result) => queueMicrotask(() => {
      if (over) return;
      over = true;
      if (enableChunked) this.streams--;
      work?.(result);
      complete?.(result);
    });
    if (enableChunked) this.streams++;
    if (!url.startsWith(`${this.allowed}/`)) end(fail, { errMsg: 'request:fail url not in domain list' });
    else if (this.offline) end(fail, { errMsg: 'request:fail' });
    else if (enableChunked) {
      const ring = () => {
        const bytes = new TextEncoder().encode('event: cart\ndata: đổi\n\n');
        onChunk({ data: bytes.slice(0, 9).buffer }); // cut anywhere
        onChunk({ data: bytes.slice(9).buffer });
      };
      this.hq.rings.add(ring);
      this.cut = () => {
        this.hq.rings.delete(ring);
        end(success, { statusCode: 200 });
      };
    } else queueMicrotask(() => {
      const { status, body } = this.hq.answer({ method, url, headers: header, body: data });
      end(success, { statusCode: status, data: body, errMsg: 'request:ok' });
    });
    return { abort: () => end(fail, { errMsg: 'request:fail abort' }), onChunkReceived: (work) => (onChunk = work) };
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
