(() => {
  const main = document.getElementById('main'), live = document.getElementById('live');
  const say = (state, text) => { live.className = state; live.lastChild.textContent = text; };
  let loading = false, again = false;

  // A part in which somebody reads on or writes stays as it is.
  const busy = (part) => part.querySelector('details[open]') || part.contains(document.activeElement) && document.activeElement !== document.body;

  // The server draws what is new; many changes at once are one drawing.
  const load = async () => {
    if (loading) { again = true; return; }
    loading = true;
    try {
      const r = await fetch(location.pathname + (location.search ? location.search + '&' : '?') + 'part=1');
      if (r.status === 401) location.reload();
      if (r.ok) draw(new DOMParser().parseFromString(await r.text(), 'text/html'));
    } catch { /* the stream tells that the line is gone */ }
    await new Promise(done => setTimeout(done, 400));
    loading = false;
    if (again) { again = false; load(); }
  };

  const draw = (fresh) => {
    const list = fresh.getElementById('pulls');
    const pulls = document.getElementById('pulls');
    if (pulls && pulls.querySelector('li')?.id !== list.querySelector('li')?.id && !busy(pulls)) pulls.innerHTML = list.innerHTML;
    for (const part of document.querySelectorAll('[data-live]')) {
      const next = fresh.getElementById(part.id);
      if (next && next.innerHTML !== part.innerHTML && !busy(part)) {
        part.innerHTML = next.innerHTML;
        if (part.parentElement.id && next.parentElement.className !== part.parentElement.className) part.parentElement.className = next.parentElement.className;
      }
    }
  };

  const listen = () => {
    const events = new EventSource('/live' + (main.dataset.shop ? '?shop=' + encodeURIComponent(main.dataset.shop) : ''));
    events.onopen = () => say('on', live.dataset.liveText);
    events.onerror = () => {
      say('', live.dataset.waiting);
      if (events.readyState === 2) setTimeout(listen, 5000);
    };
    events.addEventListener('changed', load);
  };
  listen();
})();
