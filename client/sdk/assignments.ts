import type { Assignment } from '../../shared/protocol/messages.ts';
import { isSame, type WorkId } from './memory.ts';

/** When a piece of work ends before it is done. */
export type Ends = {
  /** Learning is over: a newer assignment has come, or the round has ended, or the volunteer. */
  learning: AbortSignal;
  /**
   * So is sending. Not at once for a newer assignment: a delta that is on its way may be counted
   * already, and only its receipt be lost.
   */
  sending: AbortSignal;
};

/** Milliseconds for a delta that is on its way when a newer assignment comes. */
const LAST_CALL_MS = 15_000;

export type Handlers = {
  /** Does all of an assignment. Not to throw. @returns whether it is settled: it will not be begun again. */
  work(assignment: Assignment, ends: Ends): Promise<boolean>;
  /** A newer assignment waits for this one's sending to end. */
  hurry(): void;
};

type Open = WorkId & {
  learning: AbortController;
  sending: AbortController;
  lastCall?: ReturnType<typeof setTimeout>;
};

/**
 * One assignment at a time. A newer one replaces an older one; the same one again, after the line
 * broke and came back, changes nothing. Whether the line is there at all is of no interest here.
 */
export class Assignments {
  readonly #handlers: Handlers;
  /** The newest one, and one before it whose delta is still on its way. */
  readonly #open = new Set<Open>();
  #newest: Open | undefined;
  #settled: WorkId | undefined;
  #queue: Promise<void> = Promise.resolve();

  constructor(handlers: Handlers) {
    this.#handlers = handlers;
  }

  take(assignment: Assignment): void {
    this.begin(assignment, (ends) => this.#handlers.work(assignment, ends));
  }

  /** As if an assignment of that name had come: for what is left of one from before a reload. */
  begin({ round, version, seed }: WorkId, work: (ends: Ends) => Promise<boolean>): void {
    const id = { round, version, seed };
    if (this.#isSettled(id) || (this.#newest && isSame(this.#newest, id))) return;
    this.#replace(this.#newest);
    const open: Open = {
      ...id,
      learning: new AbortController(),
      sending: new AbortController(),
    };
    this.#newest = open;
    this.#open.add(open);
    this.#queue = this.#queue.then(() => this.#do(open, work));
  }

  #replace(old: Open | undefined): void {
    if (!old) return;
    const reason = new Error('a newer assignment has come');
    old.learning.abort(reason);
    this.#handlers.hurry();
    old.lastCall = setTimeout(() => old.sending.abort(reason), LAST_CALL_MS);
  }

  async #do(open: Open, work: (ends: Ends) => Promise<boolean>): Promise<void> {
    const ends = { learning: open.learning.signal, sending: open.sending.signal };
    // It may have come again while it was still being sent the first time.
    const isOver = ends.learning.aborted || this.#isSettled(open);
    const settled = !isOver && (await work(ends));
    clearTimeout(open.lastCall);
    if (settled) this.#settled = open;
    this.#open.delete(open);
    if (this.#newest === open) this.#newest = undefined;
  }

  #isSettled(id: WorkId): boolean {
    return this.#settled !== undefined && isSame(this.#settled, id);
  }

  /** Rounds up to this one are over. @returns whether that ended anything. */
  close(round: number, reason: string): boolean {
    const over = [...this.#open].filter((open) => open.round <= round);
    for (const open of over) {
      for (const part of [open.learning, open.sending]) part.abort(new Error(reason));
      this.#open.delete(open);
      if (this.#newest === open) this.#newest = undefined;
    }
    return over.length > 0;
  }

  /** All of it ends. */
  stop(reason: string): void {
    this.close(Number.POSITIVE_INFINITY, reason);
  }
}
