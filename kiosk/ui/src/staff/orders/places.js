import { call } from '../../net.js';
import { plain } from '../../words.js';

/**
 * loadProvinces gives Vietnam's provinces with their wards' names, or none in a
 * shop without the list: then they are written freely. The browser keeps the
 * list, whose name changes with it.
 */
export async function loadProvinces() {
  const { VN: list } = await call('GET', '/api/v1/addresses');
  if (!list) return [];
  const response = await fetch(list);
  if (!response.ok) throw new Error(`${list} was answered with ${response.status}`);
  return (await response.json()).map(({ code, name, wards }) => ({ code, name, wards: wards.map(([, ward]) => ward) }));
}

/** matches lists the names in which every word of text begins a word, without accents; those first that begin with it. */
export function matches(names, text, most) {
  const wanted = plain(text).trim();
  const words = wanted.split(/\s+/).filter(Boolean);
  const bare = (name) => name.replace(/^(phuong|xa|dac khu|tp\.?) /, '');
  return names
    .map((name) => ({ name, text: plain(name) }))
    .filter(({ text: folded }) => words.every((word) => ` ${folded}`.includes(` ${word}`)))
    .sort((a, b) => Number(bare(b.text).startsWith(wanted)) - Number(bare(a.text).startsWith(wanted)))
    .slice(0, most)
    .map(({ name }) => name);
}

/** named is the name that text means: as it is written or, where only one is like it, without accents. */
export function named(names, text) {
  const same = names.find((name) => name.toLowerCase() === text.trim().toLowerCase());
  if (same) return same;
  const alike = names.filter((name) => plain(name) === plain(text).trim());
  return alike.length === 1 ? alike[0] : undefined;
}
