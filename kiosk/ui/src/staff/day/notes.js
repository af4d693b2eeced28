// Notes and coins that a drawer is counted by, in minor units, the largest first.
const notes = {
  VND: [500_000, 200_000, 100_000, 50_000, 20_000, 10_000, 5000, 2000, 1000],
  USD: [10_000, 5000, 2000, 1000, 500, 200, 100, 50, 25, 10, 5, 1],
  THB: [100_000, 50_000, 10_000, 5000, 2000, 1000, 500, 200, 100, 50, 25],
};

/** notesOf are those of a currency; of one that is not known, 5, 2 and 1 of each power of ten. */
export function notesOf(currency) {
  return notes[currency] ?? [5, 4, 3, 2, 1, 0].flatMap((n) => [5, 2, 1].map((digit) => digit * 10 ** n));
}

/** counted are the notes that were entered, as {value, count}, without those of which there is none. */
export function counted(entered) {
  return Object.entries(entered)
    .map(([value, count]) => ({ value: Number(value), count: Number(count) || 0 }))
    .filter(({ count }) => count > 0);
}

/** sum is what they come to, in minor units. */
export function sum(list) {
  return list.reduce((all, { value, count }) => all + value * count, 0);
}

/** amountOf reads an amount as people type it, in minor units: 1.250.000 of VND, 12.50 of others; null where it is none above 0. */
export function amountOf(text, currency) {
  const typed = text.trim().replace(/[\s₫]/g, '');
  const whole = currency === 'VND';
  const form = whole ? /^\d{1,3}([.,]?\d{3})*$|^\d+$/ : /^\d+([.,]\d{1,2})?$/;
  if (!form.test(typed)) return null;
  const amount = whole ? Number(typed.replace(/[.,]/g, '')) : Math.round(Number(typed.replace(',', '.')) * 100);
  return amount > 0 && Number.isSafeInteger(amount) ? amount : null;
}
