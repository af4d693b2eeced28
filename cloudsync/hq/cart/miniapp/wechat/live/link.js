// Which cart a mini program was opened for.
//
// The cart comes as a signed token, which carries all of it, or as a short one,
// which only names it. WeChat hands the whole address that was scanned over in
// q, encoded once (https://developers.weixin.qq.com/miniprogram/en/introduction/qrcode.html),
// and what a mini-program code holds in scene; every other way is a parameter of
// its own. A mini program has no URL class: addresses are taken apart here.

const token = /^[A-Za-z0-9_-]{1,2048}$/;

/**
 * linkOf reads what the app was opened with: {path} below the base address, null
 * where no cart is named, or {foreign: true} where the code is not ours.
 */
export function linkOf(query, base) {
  if (query?.q) return ofAddress(decoded(query.q), base);
  if (query?.scene) return named('s', decoded(query.scene));
  if (query?.c) return named('c', query.c);
  if (query?.s) return named('s', query.s);
  return null;
}

function ofAddress(address, base) {
  if (!address.startsWith(`${base}/`)) return { foreign: true };
  const [, kind, name] = /^\/([cs])\/([^/?#]*)\/?(?:[?#].*)?$/.exec(address.slice(base.length)) ?? [];
  return named(kind, name ?? '');
}

function named(kind, name) {
  return token.test(name) ? { path: `/${kind}/${name}` } : { foreign: true };
}

/** decoded is text with its % escapes undone, as it came where they are broken. */
function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
