// Bar codes to hold into a camera.
const codes = ['0001101', '0011001', '0010011', '0111101', '0100011', '0110001', '0101111', '0111011', '0110111', '0001011'];
const parity = ['LLLLLL', 'LLGLGG', 'LLGGLG', 'LLGGGL', 'LGLLGG', 'LGGLLG', 'LGGGLL', 'LGLGLG', 'LGLGGL', 'LGGLGL'];
const turned = (bits) => bits.replace(/./g, (bit) => 1 - bit);
const mirrored = (bits) => [...bits].reverse().join('');

/** ean13 is a number's bar code, 1 for a bar one module wide (GS1 General Specifications, 5.2). */
export function ean13(number) {
  const [first, ...rest] = [...number].map(Number);
  const left = rest.slice(0, 6).map((d, i) => (parity[first][i] === 'L' ? codes[d] : mirrored(turned(codes[d]))));
  const right = rest.slice(6).map((d) => turned(codes[d]));
  return `101${left.join('')}01010${right.join('')}101`;
}

/** held is a picture (PNG) of a bar code, as a camera 1280 pixels wide sees it held up. */
export async function held(page, number) {
  const url = await page.evaluate((bits) => {
    const canvas = Object.assign(document.createElement('canvas'), { width: 1280, height: 720 });
    const context = canvas.getContext('2d');
    const module = 5; // pixels
    const left = (canvas.width - bits.length * module) / 2;
    context.fillStyle = '#8a7f74';
    context.fillRect(0, 0, canvas.width, canvas.height);
    context.fillStyle = '#fdfdfb';
    context.fillRect(left - 60, 200, bits.length * module + 120, 320);
    context.fillStyle = '#141414';
    [...bits].forEach((bit, i) => bit === '1' && context.fillRect(left + i * module, 230, module, 260));
    return canvas.toDataURL('image/png');
  }, ean13(number));
  return Buffer.from(url.split(',')[1], 'base64');
}
