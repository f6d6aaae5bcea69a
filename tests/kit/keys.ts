import type { CreatedKey, NewKey } from '../../shared/api/schemas/keys.ts';
import type { TestEdge } from './edge.ts';

/** A key as the root makes it: an admin's for all there is, but for what is said otherwise. */
export function createKey(edge: TestEdge, change: Partial<NewKey> = {}): Promise<CreatedKey> {
  const json: NewKey = { name: 'a test', role: 'admin', ...change };
  return edge.admin.call('createKey', { json });
}

/** Resolves when this time, in milliseconds since 1970, has come. */
export async function timeIs(time: number): Promise<void> {
  while (Date.now() <= time) await new Promise((resolve) => setTimeout(resolve, time - Date.now()));
}
