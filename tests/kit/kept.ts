import type { Page } from 'playwright-core';
import type { Kept } from '../../client/sdk/memory.ts';

/** What the browser has kept of a project, once it has. */
export function kept<K extends keyof Kept>(
  page: Page,
  { origin, project }: { origin: string; project: string },
  what: K,
): Promise<Kept[K]> {
  return page.evaluate(readKept, [origin, project, what]) as Promise<Kept[K]>;
}

/** Runs in the page. */
async function readKept(key: string[]): Promise<unknown> {
  const answered = <T>(request: IDBRequest<T>) =>
    new Promise<T>((resolve, reject) => {
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error as Error);
    });
  const database = await answered(indexedDB.open('shoal'));
  for (;;) {
    const store = database.transaction('volunteer').objectStore('volunteer');
    const value: unknown = await answered(store.get(key));
    if (value !== undefined) return value;
    await new Promise(requestAnimationFrame);
  }
}
