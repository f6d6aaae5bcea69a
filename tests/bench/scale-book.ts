import { CHUNK } from '../../worker/rounds/chunks.ts';
import { messageBytes } from '../../shared/weights/codec.ts';
import { MODEL } from './scale-settings.ts';
import type { Tally } from './scale-tally.ts';

export const messageSize = messageBytes(MODEL.codec, MODEL.parameters);

/** A shard's running sum: one part, float64. */
export const sumBytes = 8 * MODEL.parameters;

/** As in worker/rounds/intake.ts: the sum is written down when the deltas behind are so many times as long. */
const CHECKPOINT_RATIO = 4;

/** An entry is a row of its table and one of the index over (asked, volunteer, digest). */
const ENTRY_ROWS = 2;

const DELTA_ROWS = Math.ceil(messageSize / CHUNK);
const SUM_ROWS = Math.ceil(sumBytes / CHUNK);

type Round = { uncovered: number; covered: boolean };

/**
 * Rows that worker/rounds/log.ts writes in one shard. A deleted row counts as written (Cloudflare:
 * "Deletes are counted as rows written"), so what is written and let go counts twice; an entry's
 * deletion, ten rounds later, is counted with the entry.
 */
export class Book {
  readonly #tally: Tally;
  readonly #rounds = new Map<number, Round>();

  constructor(tally: Tally) {
    this.#tally = tally;
  }

  /** The cohort's row, at every event that changes it. */
  cohort(): void {
    this.#tally.add('rowsWritten');
    this.#tally.add('cohortRows');
  }

  append(round: number): void {
    const known = this.#rounds.get(round) ?? { uncovered: 0, covered: false };
    this.#rounds.set(round, known);
    this.#tally.add('rowsWritten', 2 * ENTRY_ROWS + DELTA_ROWS);
    known.uncovered++;
    if (known.uncovered * messageSize >= CHECKPOINT_RATIO * sumBytes) this.#checkpoint(known);
  }

  /** The sum before goes, the new one and its place are written, the deltas in it go. */
  #checkpoint(round: Round): void {
    const before = round.covered ? SUM_ROWS : 0;
    this.#tally.add('rowsWritten', before + SUM_ROWS + 1 + round.uncovered * DELTA_ROWS);
    this.#tally.add('checkpoints');
    Object.assign(round, { uncovered: 0, covered: true });
  }

  settle(settled: number): void {
    for (const [of, { uncovered, covered }] of this.#rounds) {
      if (of > settled) continue;
      this.#tally.add('rowsWritten', uncovered * DELTA_ROWS + (covered ? SUM_ROWS + 1 : 0));
      this.#rounds.delete(of);
    }
  }
}
