import { call } from '../net.js';
import { newKey, unsure } from './checkout.svelte.js';
import { tab } from './keep.js';

/**
 * once posts what must take effect once. Its Idempotency-Key stays with the name
 * of what is done, over a reload of the page too, until the gateway has given an
 * answer that leaves nothing open. The name must say nothing of a person.
 */
export async function once(csrf, name, path, body) {
  const kept = `once ${name}`;
  const key = tab.get(kept) ?? newKey();
  tab.set(kept, key);
  try {
    const answer = await call('POST', path, body, { headers: { 'X-CSRF': csrf, 'Idempotency-Key': key } });
    tab.drop(kept);
    return answer;
  } catch (err) {
    if (!unsure(err)) tab.drop(kept);
    throw err;
  }
}
