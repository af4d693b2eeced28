// A headquarters with one cart, as far as the mini programs see it, for tests.

export const base = 'https://cart.example.com';
export const token = 'AbC-123_xyz';

/** Headquarters answers as cloudsync/hq/cart does (its openapi.yaml) and keeps what it was asked. */
export class Headquarters {
  constructor() {
    this.asked = []; // {method, url, headers, body}, but for streams
    this.streams = new Set(); // open ones' controllers
    this.lines = [
      { id: 'g-1', sku: 'LIP-VEL-02', name: 'Son lụa', shade: 'Đỏ gạch', color: '#B4436C', picture: '../pictures/lip.svg', price: 199000, quantity: 1 },
      { id: 'g-2', sku: 'GLS-RND-01', name: 'Kính tròn', picture: '../pictures/glasses.svg', price: 450000, quantity: 1 },
    ];
    this.more = {}; // what else the cart says
    this.phone = { may: 'own' };
  }

  cart() {
    const lines = this.lines.filter((l) => l.quantity > 0).map((l) => (l.price ? { ...l, total: l.price * l.quantity } : l));
    return {
      id: 'c1', brand: 'Nắng Mai', shop: 'Nắng Mai Quận 1', currency: 'VND', lang: 'vi', lines,
      pieces: lines.reduce((n, l) => n + l.quantity, 0), total: lines.reduce((sum, l) => sum + (l.total ?? 0), 0),
      priced: lines.every((l) => l.price), note: '', state: 'open', who_takes_money: 'shop', line_down: false,
      phone: this.phone, links: { page: token, events: `${token}/events` }, version: '1', ...this.more,
    };
  }

  /** fetch answers a request that reached this host, as the global fetch does. */
  async fetch(url, { method = 'GET', headers, body, signal } = {}) {
    const [, path] = new RegExp(`^${base}/c/${token}/([^?]*)`).exec(url) ?? [];
    if (path === 'events') return new Response(this.stream(signal));
    if (!url.includes('/events')) this.asked.push({ method, url, headers, body });
    const { status, answer } = this.answer(method, path, body && JSON.parse(body));
    return Response.json(answer, { status });
  }

  answer(method, path, body) {
    const [kind, name] = path?.split('/') ?? [];
    const line = this.lines.find(({ id }) => kind === 'lines' && id === name);
    if (method === 'PUT' && line) line.quantity = body.quantity;
    else if (method === 'POST' && path === 'phones') this.phone = { may: 'look', asked: 'asking', code: 'K7' };
    else if (method === 'POST' && kind === 'phones') this.phone = { may: 'own', answered: [name, body.in] };
    else if (method !== 'GET' || path !== 'cart.json') return { status: 404, answer: { error: { kind: 'not_found', message: 'Không tìm thấy.' } } };
    if (method !== 'GET') this.ring();
    return { status: 200, answer: this.cart() };
  }

  /** stream is the cart's events, until it is cut or the phone goes away. */
  stream(signal) {
    let open;
    const body = new ReadableStream({ start: (controller) => this.streams.add((open = controller)), cancel: () => this.streams.delete(open) });
    signal?.addEventListener('abort', () => this.streams.delete(open) && open.error(signal.reason));
    return body;
  }

  /** ring tells every open stream that something changed, in two pieces. */
  ring() {
    const bytes = new TextEncoder().encode('event: cart\ndata: đổi\n\n');
    for (const stream of this.streams) for (const piece of [bytes.slice(0, 9), bytes.slice(9)]) stream.enqueue(piece);
  }

  /** cut ends every open stream. */
  cut() {
    for (const stream of this.streams) stream.close();
    this.streams.clear();
  }

  /** asks are the requests made so far, as METHOD PATH. */
  asks() {
    return this.asked.map(({ method, url }) => `${method} ${url.slice(base.length).replace(/\?.*$/, '')}`);
  }
}
