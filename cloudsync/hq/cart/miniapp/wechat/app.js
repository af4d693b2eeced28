// The shopper's live cart inside WeChat, opened by the code on the kiosk: the
// ordinary https link (query.q), a mini-program code (query.scene), or the plain
// scheme (query.c, query.s).
import { linkOf } from './live/link.js';
import { baseOf } from './live/server.js';
import { base } from './settings.js';

App({
  /** link is the last cart a code named; the page takes it when it shows. */
  link: null,

  onShow({ query }) {
    // Coming back from another app names no cart: the one before stays.
    this.link = linkOf(query, baseOf(base)) ?? this.link;
  },
});
