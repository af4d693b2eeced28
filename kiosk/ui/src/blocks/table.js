import { plain } from '../words.js';

/**
 * arrange gives the rows in which every word of wanted stands in some column,
 * sorted by the column of that id, or as they came where there is none.
 */
export function arrange(rows, columns, { column: id, down }, wanted, lang) {
  const words = plain(wanted).split(/\s+/).filter(Boolean);
  const kept = rows.filter((row) => {
    const text = plain(columns.map((column) => column.text?.(row) ?? column.value(row)).join(' '));
    return words.every((word) => text.includes(word));
  });
  const column = columns.find((c) => c.id === id);
  if (!column) return kept;
  const { compare } = new Intl.Collator(lang, { numeric: true });
  const sign = down ? -1 : 1;
  return kept.sort((a, b) => {
    const [x, y] = [column.value(a), column.value(b)];
    return sign * (typeof x === 'number' && typeof y === 'number' ? x - y : compare(x, y));
  });
}
