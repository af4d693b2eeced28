import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import test from 'node:test';
import { say } from '../../words.js';

test('every kind of the gateway’s audit log has a word', async () => {
  const source = await readFile(new URL('../../../../../edge/audit.go', import.meta.url), 'utf8');
  const kinds = [...source.matchAll(/AuditKind = "(\w+)"/g)].map(([, kind]) => kind);
  assert.ok(kinds.length >= 15, `${kinds.length} kinds`);
  for (const kind of kinds) assert.ok(say('en', `audit_${kind}`));
  for (const what of ['contacts', 'carts', 'consents']) assert.ok(say('en', `forgotten_${what}`));
});
