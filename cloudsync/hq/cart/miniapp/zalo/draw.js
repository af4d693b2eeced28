// The page: viewOf laid out in HTML. Text goes in as text, never as markup.

/** draw shows view in #app and leaves the finger its button. */
export function draw(document, view) {
  const app = document.getElementById('app');
  document.documentElement.lang = view.lang;
  const focused = document.activeElement?.dataset.key;
  app.replaceChildren(...page(document, view));
  if (focused) app.querySelector(`[data-key="${CSS.escape(focused)}"]`)?.focus();
}

function page(document, view) {
  const el = (tag, attributes, ...children) => element(document, tag, attributes, children);
  const nav = el('nav', {}, el('b', {}, view.brand ?? ''), ...view.languages.map(({ id, name, chosen }) =>
    el('button', { 'data-lang': id, 'data-key': id, lang: id, 'aria-pressed': chosen }, name)));
  if (view.notice) {
    return [nav, el('section', { class: 'notice', role: 'status' }, view.notice.title && el('h1', {}, view.notice.title), el('p', {}, view.notice.text),
      view.notice.again && el('button', { class: 'answer', 'data-again': 'yes', 'data-key': 'again' }, view.notice.again))];
  }
  return [
    nav,
    el('h1', {}, view.title, el('small', {}, view.count)),
    view.paid && el('section', { class: 'paid' }, el('b', {}, view.paid.word), el('p', {}, view.paid.receipt), el('p', {}, view.paid.text), view.paid.later && el('p', {}, view.paid.later)),
    view.guest && el('section', { class: 'ask' }, el('b', {}, view.guest.title), el('p', {}, view.guest.text),
      view.guest.ask && el('button', { class: 'answer', 'data-ask': 'yes', 'data-key': 'ask' }, view.guest.ask)),
    ...view.askers.map(({ code, title, text, yes, no }) => el('section', { class: 'ask' }, el('b', {}, title), el('p', {}, text), el('div', { class: 'row' },
      el('button', { class: 'answer', 'data-code': code, 'data-answer': 'yes', 'data-key': `${code} yes` }, yes),
      el('button', { class: 'answer plain', 'data-code': code, 'data-answer': 'no', 'data-key': `${code} no` }, no)))),
    view.empty && el('p', { class: 'empty' }, view.empty),
    el('ul', {}, ...view.lines.map((line) => lineOf(el, view, line))),
    view.totalLabel && el('footer', {},
      el('div', { class: 'row' }, el('span', {}, view.totalLabel), el('strong', {}, view.total)),
      view.sumOpen && el('p', {}, view.sumOpen)),
    view.order && el('section', { class: 'order' }, el('b', {}, view.order.title), ...['says', 'reason', 'code'].map((part) => view.order[part] && el('p', {}, view.order[part]))),
    view.further && el('button', { class: 'further', 'data-further': 'yes', 'data-key': 'further' }, view.further),
    view.status && el('p', { class: `status ${view.status.kind}`, role: 'status' }, el('i', {}), el('span', {}, view.status.text)),
  ].filter(Boolean);
}

function lineOf(el, view, line) {
  const step = (by, sign, label, able) =>
    el('button', { 'data-line': line.id, 'data-by': by, 'data-key': `${line.id}${by}`, 'aria-label': label, disabled: !able }, sign);
  return el('li', { 'data-id': line.id },
    line.picture ? el('img', { src: line.picture, alt: '', loading: 'lazy', width: 84, height: 84, referrerpolicy: 'no-referrer' }) : el('i', { class: 'none' }),
    el('div', {},
      el('h2', {}, line.name),
      line.shade && el('p', {}, line.color && el('i', { class: 'dot', 'data-color': line.color }), line.shade),
      line.note && el('p', {}, line.note),
      el('p', {}, line.price),
      el('div', { class: 'row' },
        view.changeable
          ? el('div', { class: 'stepper' }, step(-1, line.fewerSign, line.fewerLabel, line.fewer), el('output', {}, line.quantity), step(1, '+', line.moreLabel, line.more))
          : el('span', {}, '× ', el('output', {}, line.quantity)),
        el('b', {}, line.total))));
}

/** element makes an element; children that are false, '' or null are left out. */
function element(document, tag, attributes, children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === 'data-color') made.style.background = value;
    else if (name === 'disabled') made.disabled = value;
    else made.setAttribute(name, value);
  }
  made.append(...children.filter((child) => child !== false && child !== null && child !== undefined && child !== '').map((c) => (c instanceof Object ? c : String(c))));
  return made;
}
