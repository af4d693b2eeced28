/** number writes a receipt's number as it is printed. */
export function number({ till, series, counter }) {
  return `${till}-${series}-${String(counter).padStart(6, '0')}`;
}
