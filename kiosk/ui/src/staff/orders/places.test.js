import assert from 'node:assert/strict';
import test from 'node:test';
import { matches, named } from './places.js';

const wards = ['Phường Sài Gòn', 'Phường Tân Sơn Nhất', 'Phường Tân Sơn', 'Xã Ba Tô', 'Xã Ba Tơ'];

test('names are found by the beginnings of their words, without accents', () => {
  assert.deepEqual(matches(wards, 'sai g', 9), ['Phường Sài Gòn']);
  assert.deepEqual(matches(wards, 'gon', 9), ['Phường Sài Gòn']);
  assert.deepEqual(matches(wards, 'xa ba', 9), ['Xã Ba Tô', 'Xã Ba Tơ']);
  assert.deepEqual(matches(wards, 'ai', 9), []);
  assert.equal(matches(wards, '', 2).length, 2);
});

test('what a name begins with comes first', () => {
  assert.equal(matches(['Xã Yên Hà', 'Phường Hà Nam'], 'ha', 9)[0], 'Phường Hà Nam');
});

test('a name is taken where it is the only one', () => {
  assert.equal(named(wards, 'phuong sai gon'), 'Phường Sài Gòn');
  assert.equal(named(wards, 'xã ba tơ'), 'Xã Ba Tơ');
  assert.equal(named(wards, 'xa ba to'), undefined);
  assert.equal(named(wards, 'Hà Nội'), undefined);
});
