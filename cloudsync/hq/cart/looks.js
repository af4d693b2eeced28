// Opens sealed photos with the secret behind the #, which no server gets. What
// is derived for what, and the form of what is sealed, is that of edge/photo.
(() => {
  const main = document.getElementById('main'), text = new TextEncoder(), subtle = globalThis.crypto?.subtle;
  const own = 'cart' in main.dataset, opened = new Map();
  let was = main.innerHTML.trim(); // what is shown, as the server sent it
  const found = /[#&]k=([\w-]{22})(?:&|$)/.exec(location.hash);
  const bytes = s => Uint8Array.from(atob(s.replace(/-/g, '+').replace(/_/g, '/')), c => c.charCodeAt(0));
  const chars = b => btoa(String.fromCharCode(...b)).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '');
  const secret = found && subtle ? bytes(found[1]) : null;

  const derive = async (from, info, length) => new Uint8Array(await subtle.deriveBits(
    {name: 'HKDF', hash: 'SHA-256', salt: new Uint8Array(), info: text.encode(info)},
    await subtle.importKey('raw', from, 'HKDF', false, ['deriveBits']), 8 * length));
  const aes = (key, iv, about) => [{name: 'AES-GCM', iv, additionalData: text.encode(about)}, key];
  const open = async (raw, sealed, about) => {
    const key = await subtle.importKey('raw', raw, 'AES-GCM', false, ['decrypt']);
    return new Uint8Array(await subtle.decrypt(...aes(key, sealed.slice(0, 12), about), sealed.slice(12)));
  };
  const seal = async (raw, plain, about) => {
    const iv = crypto.getRandomValues(new Uint8Array(12));
    const key = await subtle.importKey('raw', raw, 'AES-GCM', false, ['encrypt']);
    const body = new Uint8Array(await subtle.encrypt(...aes(key, iv, about), plain));
    return new Uint8Array([...iv, ...body]);
  };

  const photoInfo = id => 'mirrorcart photo 1 ' + id, wrapInfo = id => 'mirrorcart wrap 1 ' + id;
  const keyOf = async (id, wrapped) => wrapped
    ? open(await derive(secret, wrapInfo(id), 32), bytes(wrapped), wrapInfo(id))
    : derive(secret, photoInfo(id), 32);
  const voteSecret = token => derive(secret, 'mirrorcart vote 1 ' + token, 16);

  // show opens the photo of a figure; one that does not open keeps its words.
  const show = async figure => {
    const {photo, wrapped, src} = figure.dataset;
    if (!secret || figure.querySelector('img')) return;
    try {
      if (!opened.has(photo)) {
        const r = await fetch(src);
        if (!r.ok) throw new Error(r.status);
        const jpeg = await open(await keyOf(photo, wrapped), new Uint8Array(await r.arrayBuffer()), photoInfo(photo));
        opened.set(photo, URL.createObjectURL(new Blob([jpeg], {type: 'image/jpeg'})));
      }
      const img = new Image();
      img.src = opened.get(photo);
      img.alt = '';
      figure.replaceChildren(img);
    } catch { /* the words stay */ }
  };

  // offer makes the link for friends: with the photos' keys, sealed for them.
  const offer = async share => {
    const link = new URL(share.querySelector('a').href);
    if (secret) link.hash = 'k=' + chars(await voteSecret(share.dataset.token));
    share.querySelector('input').value = link.href;
    share.dataset.ready = 1;
  };

  // wrap adds the photos' keys to the form, sealed with what only friends get.
  const wrap = async form => {
    for (const box of form.querySelectorAll('input[value^="photo "]')) {
      const id = box.value.slice(6);
      box.disabled = !secret;
      if (!secret) continue;
      const friends = await derive(await voteSecret(form.elements.vote.value), wrapInfo(id), 32);
      const input = document.createElement('input');
      input.type = 'hidden';
      input.name = 'key';
      input.value = id + ' ' + chars(await seal(friends, await keyOf(id), wrapInfo(id)));
      form.append(input);
    }
  };

  const decorate = async () => {
    for (const a of document.querySelectorAll('nav a, .back a')) a.hash = location.hash;
    for (const f of main.querySelectorAll('form')) f.action = f.action.split('#')[0] + location.hash; // a reload keeps it
    for (const s of main.querySelectorAll('.share')) await offer(s);
    for (const f of main.querySelectorAll('[data-ask]')) await wrap(f);
    for (const f of main.querySelectorAll('figure.sealed')) await show(f);
    main.dataset.done = 1;
  };

  main.addEventListener('click', async e => {
    const button = e.target.closest('[data-share]');
    if (!button) return;
    const share = button.closest('.share'), input = share.querySelector('input');
    try {
      if (navigator.share) await navigator.share({title: share.dataset.title, url: input.value});
      else {
        await navigator.clipboard.writeText(input.value);
        button.textContent = button.dataset.copied;
      }
    } catch { input.select(); }
  });

  const start = async () => {
    if ('enter' in main.dataset && secret) {
      try {
        await fetch(location.pathname, {method: 'POST', body: new URLSearchParams()});
      } catch { /* the photos stay closed */ }
    }
    await decorate();
  };
  start();
  if (!own) return;
  const events = new EventSource(location.pathname + '/events?lang=' + document.documentElement.lang);
  events.addEventListener('looks', e => {
    if (main.querySelector('input:checked')) return; // somebody is choosing
    const t = document.createElement('template');
    t.innerHTML = e.data;
    if (t.innerHTML === was) return; // a finger keeps what it is about to tap
    was = t.innerHTML;
    main.replaceChildren(t.content);
    decorate();
  });
})();
