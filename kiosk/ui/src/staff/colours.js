import { device } from './keep.js';

// Light or dark: as the device, unless this till's clerk chose.
const kept = 'colours';

export const colours = ['auto', 'light', 'dark'];

/** worn is the choice that this till keeps. */
export function worn() {
  const found = device.get(kept);
  return colours.includes(found) ? found : colours[0];
}

/** wear shows the page in the colours of choice, and keeps that. */
export function wear(choice = worn()) {
  document.documentElement.dataset.theme = choice;
  device.set(kept, choice);
}
