/** Whether every step of persistence is announced; the crash bench sets it, to kill inside of them. */
let announcing = false;

export function announcePersistence(on: boolean): void {
  announcing = on;
}

/**
 * The one way in which an object writes what must not be lost: all of it or none, under a name.
 * @throws what the work throws; nothing is written then.
 */
export function persist<T>(storage: DurableObjectStorage, step: string, work: () => T): T {
  if (announcing) console.log(`persist ${step}`);
  return storage.transactionSync(work);
}
