(() => {
  const main = document.getElementById('main'), live = document.getElementById('live');
  const lang = document.documentElement.lang;
  const say = (state, text) => { live.className = state; live.lastChild.textContent = text; };
  let loading = false, again = false;

  // The server draws what is new; many changes at once are one drawing.
  const load = async () => {
    if (loading) { again = true; return; }
    loading = true;
    try {
      const r = await fetch(location.pathname + '?part=1&lang=' + lang);
      if (r.ok) main.innerHTML = await r.text();
    } catch { /* the stream tells that the line is gone */ }
    await new Promise(done => setTimeout(done, 250));
    loading = false;
    if (again) { again = false; load(); }
  };

  const listen = () => {
    const events = new EventSource('live');
    events.onopen = () => say('on', live.dataset.live);
    events.onerror = () => {
      say('', live.dataset.waiting);
      if (events.readyState === 2) setTimeout(listen, 5000);
    };
    events.addEventListener('shops', load);
  };
  listen();
})();
