(() => {
  const main = document.getElementById('main'), live = document.getElementById('live');
  const here = location.pathname.replace(/\/$/, ''), lang = document.documentElement.lang;
  const want = new Map();
  let sending = false, held = '', heard = 0, events, quiet, down = live.className === 'down';

  const say = (state, text) => { live.className = state; live.lastChild.textContent = text; };

  // Says where changes go, while nothing else is to be said.
  const sayLive = () => {
    if (!quiet && events.readyState === 1) say(down ? 'down' : 'on', down ? live.dataset.down : live.dataset.live);
  };

  // What somebody has opened or is filling in stays so in the part's new form.
  const keep = (now, next) => {
    now.querySelectorAll('details[open]').forEach(d => {
      const n = next.querySelector('details[data-k="' + d.dataset.k + '"]');
      if (n) n.open = true;
    });
    now.querySelectorAll('[data-typed]').forEach(e => {
      const action = e.form.getAttribute('action');
      const form = [...next.querySelectorAll('form')].find(f => f.getAttribute('action') === action);
      const n = form && [...form.elements].find(n => n.name === e.name && (n.type !== 'radio' || n.value === e.value));
      if (!n) return;
      n.value = e.value;
      n.checked = e.checked;
      n.dataset.typed = 1;
    });
  };

  // Numbers change in place, so that a finger on a button keeps its button.
  const part = (now, next) => {
    if (next.dataset.shape !== now.dataset.shape) {
      const at = document.activeElement, inside = now.contains(at) && at.name;
      const form = inside && at.form.getAttribute('action');
      keep(now, next);
      now.replaceWith(next);
      if (inside) [...next.querySelectorAll('[name="' + inside + '"]')].find(e => e.form.getAttribute('action') === form)?.focus();
      return;
    }
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

  // What comes while fingers' changes are on their way is shown after them.
  const show = html => {
    if (sending) { held = html; return; }
    const t = document.createElement('template');
    t.innerHTML = html;
    const next = [...t.content.children];
    live.hidden = next.some(e => 'closed' in e.dataset);
    down = next.some(e => 'down' in e.dataset);
    sayLive();
    next.forEach(e => {
      const now = main.querySelector('[data-part="' + e.dataset.part + '"]');
      if (now) part(now, e);
    });
  };

  // A link that opens no more says so itself.
  const again = () => fetch(here + '/cart.json').then(r => { if (r.status === 410) location.reload(); else listen(); }, listen);

  const listen = () => {
    if (events) events.close();
    events = new EventSource(here + '/events?lang=' + lang);
    events.onopen = sayLive;
    events.onerror = () => {
      say('', live.dataset.waiting);
      if (events.readyState === 2) setTimeout(again, 5000);
    };
    events.addEventListener('cart', e => { heard++; show(e.data); });
  };

  // Sends a form; html is the page's parts after it, problem what went wrong.
  const post = async (url, fields) => {
    try {
      const r = await fetch(url, {method: 'POST', headers: {'X-Mirrorcart-Part': '1'}, body: new URLSearchParams(fields)});
      if (r.ok) return {html: await r.text()};
      return {problem: (await r.json()).error.message};
    } catch { return {problem: live.dataset.failed}; }
  };

  const fail = problem => {
    live.hidden = false;
    say('bad', problem);
    clearTimeout(quiet);
    quiet = setTimeout(() => { quiet = 0; listen(); }, 4000); // brings back what holds
  };

  const send = async () => {
    if (sending) return;
    sending = true;
    held = '';
    let last = {};
    while (want.size) {
      const [url, quantity] = want.entries().next().value;
      want.delete(url);
      const r = await post(url, {quantity});
      last = last.problem ? last : r;
    }
    sending = false;
    if (last.problem) fail(last.problem);
    else show(held || last.html); // news have the last word: an answer may be older, and whatever it tells comes as news too
  };

  // The secret that opens photos stays behind the #, wherever the page leads.
  document.addEventListener('click', e => {
    const link = e.target.closest('a.looks,nav a');
    if (link) link.hash = location.hash;
  });

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

  document.addEventListener('input', e => { e.target.dataset.typed = 1; });

  // The wards of the province, once somebody comes to theirs.
  let places;
  document.addEventListener('focusin', async e => {
    const {list, form} = e.target;
    if (!list?.dataset.places) return;
    places ??= fetch(list.dataset.places).then(r => r.json());
    const all = await places.catch(() => { places = null; return []; }); // then it is written freely
    const wards = all.find(p => p.name === form.elements.province?.value)?.wards ?? [];
    list.replaceChildren(...wards.map(w => new Option('', w[1])));
  });

  document.addEventListener('submit', async e => {
    if (e.defaultPrevented) return;
    e.preventDefault();
    const form = e.target, fields = new FormData(form, e.submitter);
    const say = form.querySelector('.bad'), before = heard;
    if (e.submitter) e.submitter.disabled = true;
    // A button that names no address would give the page's own.
    const r = await post(e.submitter?.hasAttribute('formaction') ? e.submitter.formAction : form.action, fields);
    if (e.submitter) e.submitter.disabled = false;
    if (r.problem) {
      if (say) say.textContent = r.problem;
      else fail(r.problem);
      return;
    }
    form.querySelectorAll('[data-typed]').forEach(e => delete e.dataset.typed);
    form.closest('details')?.removeAttribute('open');
    if (heard === before) show(r.html); // else the answer may be older than the news
  });

  // The mini program that opened this page is the same phone.
  const program = /^#phone=([\w-]+)$/.exec(location.hash);
  if (!program) return listen();
  fetch(here + '/phone', {method: 'POST', headers: {'X-Mirrorcart-Phone': program[1]}})
    .finally(() => location.replace(location.pathname + location.search));
})();
