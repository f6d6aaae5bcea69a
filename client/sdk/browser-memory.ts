import { createStore, del, delMany, get, keys, set } from 'idb-keyval';
import { inMemory, type Kept, type Memory } from './memory.ts';

/** What a tab remembers of a project, for as long as it holds it: until `release`, or its end. */
export type Hold = { memory: Memory; release(): void };

/** Milliseconds for the thread of the page before a reload to end and let go of its memory. */
const PATIENCE_MS = 2000;

/**
 * The memory of this browser for a project, which one tab at a time may hold: two would be one
 * volunteer twice. Whoever comes second gets an empty one that ends with the tab, and so joins as a
 * volunteer of its own.
 */
export async function holdMemory(origin: string, project: string): Promise<Hold> {
  const release = await lock(`shoal ${origin} ${project}`);
  if (!release) return { memory: inMemory(), release: () => undefined };
  return { memory: await inBrowser(origin, project).catch(inMemory), release };
}

/** @returns how to let go; undefined when another tab holds it, or the browser has no locks. */
function lock(name: string): Promise<(() => void) | undefined> {
  return new Promise((resolve) => {
    // Waited for, not `ifAvailable`: a page that is reloaded asks while its own old thread still ends.
    const options = { signal: AbortSignal.timeout(PATIENCE_MS) };
    const hold = () => new Promise<void>((release) => resolve(release));
    navigator.locks?.request(name, options, hold).catch(() => resolve(undefined));
    if (!navigator.locks) resolve(undefined);
  });
}

const STORE = ['shoal', 'volunteer'] as const;

type Key = [origin: string, project: string, what: keyof Kept];

/** In IndexedDB. A full disk is no trouble of the volunteer's. @throws where a browser has none, as in some private windows */
async function inBrowser(origin: string, project: string): Promise<Memory> {
  await forgetExpired();
  const store = createStore(...STORE);
  const key = (what: keyof Kept): Key => [origin, project, what];
  return {
    get: (what) => get<Kept[typeof what]>(key(what), store).catch(() => undefined),
    set: (what, value) => set(key(what), value, store).catch(() => undefined),
    remove: (...what) => delMany(what.map(key), store).catch(() => undefined),
  };
}

/**
 * What is kept of a project lasts as long as its ticket, 12 hours: whoever comes back later begins
 * anew, and a browser that has seen many projects does not fill up with their weights.
 * @throws where a browser has no database
 */
export async function forgetExpired(): Promise<void> {
  const store = createStore(...STORE);
  const all = await keys<Key>(store);
  for (const key of all) {
    const [origin, project] = key;
    const ticket = await get<Kept['ticket']>([origin, project, 'ticket'], store);
    if (!ticket || ticket.expiresAt < Date.now()) await del(key, store);
  }
}
