// What a clerk enters about stock, before it is sent: one line a product.
import { shopTime } from '../../net.js';

/** The jobs, and by which sign the pieces move; a count moves none by itself. */
export const jobs = { goods_in: 1, transfer_out: -1, transfer_in: 1, count: 0, loss: -1 };

export const mostLines = 200; // of one entry: so much fits into one request
export const mostPieces = 9999; // of one line; more is a barcode in the wrong field

/** begin is an empty entry; the reference, with the time in the shop's zone, tells it from every other one. */
export function begin(job, timeZone, now = shopTime.now(), noise = crypto.getRandomValues(new Uint8Array(2))) {
  const stamp = new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'short' }).format(now); // 2026-11-22 09:05
  const tail = Array.from(noise, (b) => b.toString(16).padStart(2, '0')).join('');
  return { job, ref: `${stamp} ${tail}`, why: '', lines: [], key: null };
}

/**
 * put adds pieces of what was found and moves its line to the top; mark is the
 * mark to count it as of. It returns the entry as it is then, or null where it
 * has no room.
 */
export function put(entry, { product, variant }, mark, pieces = 1) {
  const { sku } = variant;
  const known = entry.lines.find((line) => line.sku === sku);
  if (!known && entry.lines.length === mostLines) return null;
  const line = known
    ? { ...known, pieces: Math.min(known.pieces + pieces, mostPieces) }
    : { sku, product: { name: product.name, picture: product.picture }, variant: { sku, shade: variant.shade, color: variant.color }, pieces, mark };
  return { ...entry, lines: [line, ...entry.lines.filter((l) => l.sku !== sku)] };
}

/** set gives a line so many pieces. */
export function set(entry, sku, pieces) {
  return { ...entry, lines: entry.lines.map((line) => (line.sku === sku ? { ...line, pieces } : line)) };
}

/** drop takes a line out. */
export function drop(entry, sku) {
  return { ...entry, lines: entry.lines.filter((line) => line.sku !== sku) };
}

/** ready says that the entry can be sent. */
export function ready({ job, ref, why, lines }) {
  return lines.length > 0 && ref.trim() !== '' && (job !== 'loss' || why !== '') && (job === 'count' || lines.every((line) => line.pieces > 0));
}

/** moves is what the gateway is sent. */
export function moves({ job, ref, why, lines }) {
  const reference = (why ? `${why} ${ref}` : ref).trim().slice(0, 80);
  return lines.map(({ sku, pieces, mark }) =>
    job === 'count'
      ? { sku, reason: job, ref: reference, counted: pieces, as_of: mark }
      : { sku, reason: job, ref: reference, delta: jobs[job] * pieces },
  );
}
