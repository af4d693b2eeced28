// What is measured on the camera's picture.

/** cardWidth is the width of a bank card in mm (ISO/IEC 7810, ID-1). */
export const cardWidth = 85.6;

/**
 * fieldOfView is the camera's, from corner to corner in degrees, where a bank card
 * at a distance (mm) takes a share of the picture's width. size is the picture's
 * in pixels.
 */
export function fieldOfView({ share, distance, size: { width, height } }) {
  const focal = (share * width * distance) / cardWidth; // pixels
  return Math.round((2 * Math.atan(Math.hypot(width, height) / 2 / focal) * 180) / Math.PI);
}

/** linear is the light of an sRGB value of 0 to 255, 0 to 1 (IEC 61966-2-1). */
function linear(value) {
  const v = value / 255;
  return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
}

/**
 * cast is what a grey card looks like in RGBA pixels: red and blue in proportion
 * to green, each 1 on a card that is grey, and how bright it is, 0 to 1 as seen.
 */
export function cast(pixels) {
  const sum = [0, 0, 0];
  for (let i = 0; i < pixels.length; i += 4) for (let c = 0; c < 3; c++) sum[c] += linear(pixels[i + c]);
  const [red, green, blue] = sum.map((s) => s / (pixels.length / 4));
  return { red: red / (green || 1), blue: blue / (green || 1), bright: Math.cbrt(green) };
}

const tolerance = 0.08; // of red and blue: a difference that nobody sees on a face

/** verdict is what to do about a cast: grey, warm (too red), cool (too blue), tinted, dark or bright. */
export function verdict({ red, blue, bright }) {
  if (bright < 0.35) return 'dark';
  if (bright > 0.9) return 'bright';
  if (Math.abs(red - 1) <= tolerance && Math.abs(blue - 1) <= tolerance) return 'grey';
  if (red > blue + tolerance) return 'warm';
  if (blue > red + tolerance) return 'cool';
  return 'tinted';
}
