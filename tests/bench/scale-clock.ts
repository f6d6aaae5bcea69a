/** Virtual time: any date will do, as long as it is one. */
const START = Date.UTC(2026, 10, 1);

type Due = { at: number; turn: number; work: () => void };

/**
 * A clock that jumps from one thing that is due to the next. While it runs, `Date.now` and
 * `setTimeout` are its own, so that what reads the time (worker/rounds/desk.ts, teller.ts) lives by it
 * too.
 */
export class Clock {
  #now = START;
  #turn = 0;
  readonly #heap: Due[] = [];

  get now(): number {
    return this.#now;
  }

  /** Seconds since the beginning. */
  get seconds(): number {
    return (this.#now - START) / 1000;
  }

  after(ms: number, work: () => void): void {
    this.at(this.#now + ms, work);
  }

  /** At exactly this time, or now where it is over. */
  at(time: number, work: () => void): void {
    push(this.#heap, { at: Math.max(this.#now, time), turn: this.#turn++, work });
  }

  /** @throws when nothing is due any more and it is still not over: a round that hangs. */
  async run(isOver: () => boolean): Promise<void> {
    const { now } = Date;
    const { setTimeout, clearTimeout } = globalThis;
    Date.now = () => Math.floor(this.#now);
    globalThis.setTimeout = ((work: () => void, ms = 0) => {
      const timer = { work };
      this.after(ms, () => timer.work());
      return timer;
    }) as unknown as typeof setTimeout;
    globalThis.clearTimeout = ((timer?: { work(): void }) => {
      if (timer) timer.work = () => undefined;
    }) as unknown as typeof clearTimeout;
    try {
      while (!isOver()) await this.#next();
    } finally {
      Date.now = now;
      Object.assign(globalThis, { setTimeout, clearTimeout });
    }
  }

  async #next(): Promise<void> {
    const due = pop(this.#heap);
    if (!due) throw new Error(`scale: nothing is due any more, ${this.seconds} s after the start`);
    this.#now = due.at;
    due.work();
    // Whoever waited for a promise that this has kept goes on now, not later.
    await undefined;
  }
}

function isBefore(a: Due, b: Due): boolean {
  return a.at < b.at || (a.at === b.at && a.turn < b.turn);
}

function push(heap: Due[], due: Due): void {
  let at = heap.push(due) - 1;
  for (let above; at > 0 && isBefore(due, heap[(above = (at - 1) >> 1)]!); at = above)
    heap[at] = heap[above]!;
  heap[at] = due;
}

function pop(heap: Due[]): Due | undefined {
  const [first] = heap;
  const last = heap.pop();
  if (first === last || !last) return first;
  let at = 0;
  for (;;) {
    let below = 2 * at + 1;
    if (below + 1 < heap.length && isBefore(heap[below + 1]!, heap[below]!)) below++;
    if (below >= heap.length || !isBefore(heap[below]!, last)) break;
    heap[at] = heap[below]!;
    at = below;
  }
  heap[at] = last;
  return first;
}
