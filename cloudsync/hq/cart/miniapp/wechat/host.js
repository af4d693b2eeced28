// WeChat's side of the live cart: requests, the event stream, this phone's id.
import { bell } from './live/bell.js';

/** request is Server's, over wx.request. */
export function request({ method, url, headers, body }) {
  return new Promise((resolve, reject) => {
    wx.request({
      url, method, data: body, header: headers, dataType: 'json', timeout: 15_000,
      redirect: 'manual', // a redirect could lead elsewhere
      success: ({ statusCode, data }) => resolve({ status: statusCode, body: data }),
      fail: ({ errMsg }) => reject(new Error(errMsg)),
    });
  });
}

/** listen is LiveCart's: the stream comes in chunks (base library 2.20.2). */
export function listen({ url, headers }, { bell: ring, closed }) {
  const task = wx.request({
    url, header: headers, enableChunked: true, responseType: 'arraybuffer',
    redirect: 'manual', complete: closed,
  });
  const hear = bell(ring);
  task.onChunkReceived(({ data }) => hear(data));
  return () => task.abort();
}

/** later is LiveCart's. */
export function later(work, ms) {
  const timer = setTimeout(work, ms);
  return () => clearTimeout(timer);
}

/** phoneID is drawn once and kept: it binds the cart to this phone. */
export function phoneID() {
  const kept = wx.getStorageSync('phone');
  if (kept) return Promise.resolve(kept);
  return new Promise((resolve, reject) => {
    wx.getRandomValues({
      length: 16,
      success: ({ randomValues }) => {
        const id = Array.from(new Uint8Array(randomValues), (byte) => byte.toString(16).padStart(2, '0')).join('');
        wx.setStorageSync('phone', id);
        resolve(id);
      },
      fail: ({ errMsg }) => reject(new Error(errMsg)),
    });
  });
}
