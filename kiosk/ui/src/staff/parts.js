const most = 5; // payments of one sale

/**
 * partOf is how much of rest a payment pays where it is not all of it: the cash that was
 * handed over, or what was typed for a card; 0 where it is all, or cannot be a part.
 * Cash is a part where nothing of it is to be rounded: roundingOf(amount) says that.
 */
export function partOf({ method, amount, slip, rest, taken, roundingOf }) {
  const whole = method === 'cash' ? rest + roundingOf(rest) : rest; // in notes
  if (amount <= 0 || amount >= Math.min(whole, rest) || taken >= most - 1) return 0;
  if (method === 'cash') return roundingOf(amount) === 0 ? amount : 0;
  return method === 'card' && slip.trim() !== '' ? amount : 0;
}
