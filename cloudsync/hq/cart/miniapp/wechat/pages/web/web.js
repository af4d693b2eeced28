// The web page of the same cart, for what the mini program does not do itself.
import { baseOf } from '../../live/server.js';
import { base } from '../../settings.js';

Page({
  data: { url: '' },

  onLoad({ url }) {
    const address = decodeURIComponent(url);
    if (address.startsWith(`${baseOf(base)}/`)) this.setData({ url: address });
  },
});
