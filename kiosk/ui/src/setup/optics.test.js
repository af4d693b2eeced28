import assert from 'node:assert/strict';
import test from 'node:test';
import { cardWidth, cast, fieldOfView, verdict } from './optics.js';

test('a field of view is found again from what a card would look like', () => {
  for (const degrees of [50, 72, 78, 100]) {
    for (const size of [{ width: 1280, height: 720 }, { width: 720, height: 1280 }]) {
      const focal = Math.hypot(size.width, size.height) / 2 / Math.tan((degrees * Math.PI) / 360);
      const distance = 600;
      const share = (focal * cardWidth) / distance / size.width;
      assert.equal(fieldOfView({ share, distance, size }), degrees);
    }
  }
});

const card = (r, g, b) => verdict(cast(Uint8ClampedArray.from({ length: 400 }, (_, i) => [r, g, b, 255][i % 4])));

test('a grey card is grey, and a cast is named', () => {
  assert.equal(card(128, 128, 128), 'grey');
  assert.equal(card(130, 128, 126), 'grey');
  assert.equal(card(150, 128, 110), 'warm');
  assert.equal(card(110, 128, 150), 'cool');
  assert.equal(card(110, 128, 110), 'tinted');
  assert.equal(card(20, 20, 20), 'dark');
  assert.equal(card(250, 250, 250), 'bright');
});
