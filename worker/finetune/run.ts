/**
 * Long work in small pieces: every value is the share that is done, and whoever drives it stops asking
 * when its time is up. What it holds in memory it frees in a `finally`; `return()` gets there early.
 */
export type Run<T> = AsyncGenerator<number, T>;

/** Moves a run on for about so many milliseconds. @returns whether it has ended, and with what */
export async function advance<T>(
  run: Run<T>,
  milliseconds: number,
): Promise<IteratorResult<number, T>> {
  const end = Date.now() + milliseconds;
  for (;;) {
    const step = await run.next();
    if (step.done || Date.now() >= end) return step;
    // Others get their turn: outside Cloudflare all objects share one thread. There it moves the clock.
    await scheduler.wait(0);
  }
}

/** A part of a longer run: its shares lie between two of the whole's. */
export async function* within<T>(run: Run<T>, from: number, to: number): Run<T> {
  try {
    for (;;) {
      const step = await run.next();
      if (step.done) return step.value;
      yield from + (to - from) * step.value;
    }
  } finally {
    // Ended already, or given up in the middle.
    await run.return(undefined as never);
  }
}
