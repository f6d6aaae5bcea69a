/** How many are kept, at most. */
const KEEP = 1000;

/**
 * What was read lately, by its key, in this isolate: never older than so many milliseconds. Values
 * and not promises: a request must not wait for another one's reading, which ends when that is cut
 * off. What was not there is looked for again: it may have come.
 */
export class Remembered<T> {
  readonly #items = new Map<string, { value: T; readAt: number }>();
  readonly #ms: number;

  constructor(ms: number) {
    this.#ms = ms;
  }

  /** What is remembered of it and young enough. */
  recall(key: string): T | undefined {
    const item = this.#items.get(key);
    return item && Date.now() - item.readAt < this.#ms ? item.value : undefined;
  }

  async get(key: string, read: () => Promise<T>): Promise<T> {
    const known = this.recall(key);
    if (known !== undefined) return known;
    // The time before the reading: what it finds may be that old already.
    const readAt = Date.now();
    const value = await read();
    if (value === undefined) return value;
    if (this.#items.size >= KEEP) this.#items.clear();
    this.#items.set(key, { value, readAt });
    return value;
  }

  /** What was changed here is read anew. */
  forget(key: string): void {
    this.#items.delete(key);
  }
}
