// A stand-in for zmp-sdk/apis in a browser, as far as the Mini App uses it and
// as version 2.51.6 of the SDK behaves: route parameters come from the address,
// events carry the names below, and the storage holds strings. What was opened
// is kept in window.zalo, which also lets a test emit the host's events.

export const EventName = {
  AppPaused: 'h5.event.paused',
  AppResumed: 'h5.event.resumed',
  OpenApp: 'h5.event.open.mp',
};

const heard = [];

export const events = {
  on: (name, listener) => heard.push({ name, listener }),
};

export const nativeStorage = {
  getItem: (key) => localStorage.getItem(key) ?? '',
  setItem: (key, value) => localStorage.setItem(key, value),
};

export const getRouteParams = () => Object.fromEntries(new URL(location.href).searchParams);

export async function openWebview({ url }) {
  window.zalo.opened.push(url);
}

window.zalo = {
  opened: [],
  emit: (name, data) => heard.filter((h) => h.name === name).forEach((h) => h.listener(data)),
};
