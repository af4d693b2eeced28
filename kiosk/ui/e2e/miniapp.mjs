// The mini programs of cloudsync/hq/cart/miniapp, run from their sources against
// a real headquarters.
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname } from 'node:path';
import { base } from '../../../cloudsync/hq/cart/miniapp/test/headquarters.js';
import { WeChat } from '../../../cloudsync/hq/cart/miniapp/test/wechat.js';

const sources = new URL('../../../cloudsync/hq/cart/miniapp/', import.meta.url);
const types = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css' };
const sdk = '<script type="importmap">{"imports":{"zmp-sdk/apis":"/test/zalo.js"}}</script>';

/** weChat is the mini program in the stand-in for WeChat, its settings' host being hq. */
export function weChat(hq, options) {
  return new WeChat({ fetch: (url, init) => fetch(url.replace(base, hq), init), ...options });
}

/** serveZalo serves the Mini App from an origin of its own and gives its address; close ends it. */
export async function serveZalo(hq) {
  const server = createServer(async ({ url }, response) => {
    const { pathname } = new URL(url, 'http://127.0.0.1');
    const path = pathname.endsWith('/') ? `${pathname}index.html` : pathname;
    try {
      let text = await readFile(new URL(`.${path}`, sources), 'utf8');
      if (path === '/zalo/index.html') text = text.replace('</title>', `</title>${sdk}`);
      if (path === '/zalo/settings.js') text = text.replace(base, hq);
      response.writeHead(200, { 'Content-Type': types[extname(path)] ?? 'text/plain' }).end(text);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise((listening) => server.listen(0, '127.0.0.1', listening));
  return { url: `http://127.0.0.1:${server.address().port}/zalo/`, close: () => server.close() };
}
