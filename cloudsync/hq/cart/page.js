(() => {
  const main = document.getElementById('main'), live = document.getElementById('live');
  const here = location.pathname.replace(/\/$/, ''), lang = document.documentElement.lang;
  const want = new Map();
  let sending = false, events, quiet, down = live.className === 'down';

  const say = (state, text) => { live.className = state; live.lastChild.textContent = text; };

  // Says where changes go, while nothing else is to be said.
  const sayLive = () => {
    if (!quiet && events.readyState === 1) say(down ? 'down' : 'on', down ? live.dataset.down : live.dataset.live);
  };

  // Numbers change in place, so that a finger on a button keeps its button.
  const show = html => {
    if (sending) return;
    const t = document.createElement('template');
    t.innerHTML = html;
    const next = t.content.firstElementChild, now = main.firstElementChild;
    live.hidden = 'closed' in next.dataset;
    down = 'down' in next.dataset;
    sayLive();
    if (next.dataset.shape !== now.dataset.shape) { now.replaceWith(next); return; }
    const to = next.querySelectorAll('[data-v]');
    now.querySelectorAll('[data-v]').forEach((e, i) => {
      e.textContent = to[i].textContent;
      if (e.tagName === 'BUTTON') {
        e.value = to[i].value;
        e.disabled = to[i].disabled;
        e.setAttribute('aria-label', to[i].getAttribute('aria-label'));
      }
    });
  };

  const listen = () => {
    if (events) events.close();
    events = new EventSource(here + '/events?lang=' + lang);
    events.onopen = sayLive;
    events.onerror = () => {
      say('', live.dataset.waiting);
      if (events.readyState === 2) setTimeout(listen, 5000);
    };
    events.addEventListener('cart', e => show(e.data));
  };

  const send = async () => {
    if (sending) return;
    sending = true;
    let html, problem;
    while (want.size) {
      const [url, quantity] = want.entries().next().value;
      want.delete(url);
      try {
        const r = await fetch(url, {method: 'POST', headers: {'Content-Type': 'application/json'}, body: JSON.stringify({quantity})});
        if (r.ok) html = await r.text();
        else problem = (await r.json()).error.message;
      } catch { problem = live.dataset.failed; }
    }
    sending = false;
    if (!problem) { show(html); return; }
    say('bad', problem);
    clearTimeout(quiet);
    quiet = setTimeout(() => { quiet = 0; listen(); }, 4000); // brings back what holds
  };

  document.addEventListener('click', e => {
    const button = e.target.closest('button[data-d]');
    if (!button) return;
    e.preventDefault(); // without this script the form is sent
    const out = button.form.querySelector('output');
    const n = Math.min(Math.max(+out.textContent + +button.dataset.d, 0), 99);
    out.textContent = n;
    want.set(button.form.action, n);
    send();
  });

  listen();
})();
