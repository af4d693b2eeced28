// The cart's page: it lays out viewOf(live) and passes taps on.
import { later, listen, phoneID, request } from '../../host.js';
import { LiveCart } from '../../live/cart.js';
import { Server } from '../../live/server.js';
import { viewOf } from '../../live/view.js';
import { languageOf } from '../../live/words.js';
import { base } from '../../settings.js';

Page({
  data: { view: null },

  onLoad() {
    this.ready = phoneID().then((phone) => {
      const server = new Server({ base, phone, request });
      const lang = languageOf(wx.getAppBaseInfo().language);
      this.live = new LiveCart({ server, lang, listen, later, changed: () => this.draw() });
    });
  },

  /** onShow also follows a scan while the app was open already. */
  async onShow() {
    this.seen = true;
    await this.ready;
    if (this.seen) await this.live.open(getApp().link);
  },

  onHide() {
    this.seen = false;
    this.live?.pause();
  },

  onUnload() {
    this.onHide();
  },

  draw() {
    const view = viewOf(this.live);
    wx.setNavigationBarTitle({ title: view.title });
    this.setData({ view });
  },

  onStep({ currentTarget: { dataset } }) {
    return this.live.step(dataset.line, Number(dataset.by));
  },

  onAgain() {
    return this.live.open(this.live.link);
  },

  onAsk() {
    return this.live.askIn();
  },

  onAnswer({ currentTarget: { dataset } }) {
    return this.live.letIn(dataset.code, dataset.answer === 'yes');
  },

  onLanguage({ currentTarget: { dataset } }) {
    return this.live.speak(dataset.lang);
  },

  /** onFurther opens what only the web page has: delivery, payment, the vote. */
  onFurther() {
    const { server, link, lang } = this.live;
    wx.navigateTo({ url: `/pages/web/web?url=${encodeURIComponent(server.page(link.path, lang))}` });
  },
});
