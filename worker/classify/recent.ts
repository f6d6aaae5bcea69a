type Options<T> = {
  /** How many are kept, at most. */
  keep: number;
  /** What fell out is disposed no sooner: somebody may still be using it across an await. */
  graceMs: number;
  dispose: (item: T) => void;
  now?: () => number;
};

/** What is costly to make and was asked for lately, by its key. */
export class Recent<T> {
  /** The longest unused is the first. */
  readonly #items = new Map<string, Promise<T>>();
  #fallen: { item: Promise<T>; at: number }[] = [];
  readonly #o: Options<T>;

  constructor(options: Options<T>) {
    this.#o = options;
  }

  get(key: string, make: () => Promise<T>): Promise<T> {
    const known = this.#items.get(key);
    const item = known ?? make();
    this.#items.delete(key);
    this.#items.set(key, item);
    // A failure is not kept: the next request tries again.
    if (!known)
      item.catch(() => {
        if (this.#items.get(key) === item) this.#items.delete(key);
      });
    this.#shrink();
    return item;
  }

  /** At a later call and not by a timer: on Workers a timer ends with the request that set it. */
  #shrink(): void {
    const { keep, graceMs, dispose, now = Date.now } = this.#o;
    const time = now();
    const [oldest] = this.#items;
    if (this.#items.size > keep && oldest) {
      this.#items.delete(oldest[0]);
      this.#fallen.push({ item: oldest[1], at: time });
    }
    const due = this.#fallen.filter(({ at }) => time - at >= graceMs);
    this.#fallen = this.#fallen.filter(({ at }) => time - at < graceMs);
    for (const { item } of due) item.then(dispose, () => undefined);
  }
}
