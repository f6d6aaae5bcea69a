/** Whether every step of persistence is announced; bench and test set it, to kill inside of them. */
let announcing = false;

export function announcePersistence(on: boolean): void {
  announcing = on;
}

/**
 * The one way in which an object writes what must not be lost: all of it or none, under a name.
 * @throws what the work throws; nothing is written then.
 */
export function persist<T>(storage: DurableObjectStorage, step: string, work: () => T): T {
  announce(step);
  return storage.transactionSync(work);
}

/** Of what is written elsewhere, in D1: right before it is. */
export function announce(step: string): void {
  if (announcing) console.log(`persist ${step}`);
}
