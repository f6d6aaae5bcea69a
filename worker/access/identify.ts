import type { Env } from '../env.ts';
import { openDb } from '../registry/projects.ts';
import { openTicket } from '../rounds/tickets.ts';
import type { Caller } from './decide.ts';
import { findKey, isKey, isRemembered, isSame } from './keys.ts';

/**
 * Finds out who calls. Whoever is known already, by a key that was read lately or by the edge's
 * secret, goes on at once; everybody else calls `pay` first: looking up what strangers make up costs
 * a reading each.
 */
export async function identify(
  env: Env,
  token: string | undefined,
  pay: () => Promise<void>,
): Promise<Caller> {
  if (token !== undefined && isSame(token, env.ADMIN_TOKEN)) return { kind: 'root' };
  const remembered = token !== undefined && isRemembered(token);
  if (!remembered) await pay();
  if (token === undefined) return { kind: 'nobody' };
  const ticket = isKey(token) ? undefined : await openTicket(env.TICKET_SECRET, token);
  if (ticket) return { kind: 'volunteer', ticket };
  const key = isKey(token) ? await findKey(openDb(env.DB), token) : undefined;
  if (key) return { kind: 'key', key };
  // A prefix that is known with a secret that is wrong.
  if (remembered) await pay();
  return { kind: 'stranger' };
}

/** @returns undefined when there is no bearer token. */
export function bearer(header: string | undefined): string | undefined {
  return header?.match(/^Bearer +(\S+)$/i)?.[1];
}
