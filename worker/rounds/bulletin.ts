import type { TrainingState } from '../../shared/protocol/messages.ts';
import { linesPauseMs } from './pauses.ts';

/** A shard's lines, and its time. */
export type Press = {
  /** Tells every line. */
  publish(state: TrainingState): void;
  lines(): number;
  now(): number;
  /** Calls back once. Torn down meanwhile, it does not: the next life hears the state anew. */
  after(ms: number, work: () => void): void;
};

/**
 * Which of the news a shard's lines are told, and when. What somebody waits for goes out at once.
 * Every arrival, leave and delta makes news too, and all of them for every line would be messages in
 * the square of the crowd: mere counts wait, the newer in place of the older, and the last of them
 * goes out in the end.
 */
export class Bulletin {
  readonly #press: Press;
  /** As they were published last, as text to compare. */
  #told = '';
  #headline = '';
  #newest: TrainingState | undefined;
  #toldAt = Number.NEGATIVE_INFINITY;
  #waiting = false;

  constructor(press: Press) {
    this.#press = press;
  }

  hear(state: TrainingState): void {
    this.#newest = state;
    this.#consider(state);
  }

  #consider(state: TrainingState): void {
    const text = JSON.stringify(state);
    if (text === this.#told) return;
    const now = this.#press.now();
    // A clock that was set back holds nothing up for longer than a pause.
    this.#toldAt = Math.min(this.#toldAt, now);
    const wait = this.#toldAt + linesPauseMs(this.#press.lines()) - now;
    const headline = headlineOf(state);
    if (wait > 0 && headline === this.#headline) return this.#wait(wait);
    this.#told = text;
    this.#headline = headline;
    this.#toldAt = now;
    this.#press.publish(state);
  }

  #wait(ms: number): void {
    if (this.#waiting) return;
    this.#waiting = true;
    this.#press.after(ms, () => {
      this.#waiting = false;
      if (this.#newest) this.#consider(this.#newest);
    });
  }
}

/**
 * What of the state somebody waits for, as text to compare. Left out are counts, which move all the
 * time; the end of the wait for more volunteers is one, as it comes and goes with each of them.
 */
export function headlineOf(state: TrainingState): string {
  const { volunteers: _, asked: __, accepted: ___, serverProgress: ____, ...rest } = state;
  return JSON.stringify(state.phase === 'gathering' ? { ...rest, deadline: null } : rest);
}
