import { batches, Random } from '../math/random.ts';
import type { InputSpec } from '../nn/net.ts';
import type { LocalData, Objective } from '../objectives/contract.ts';
import { orderOf, viewsOf, type ViewMaker, type Views } from './view-order.ts';

export type BatchesOptions = {
  objective: Objective;
  config: unknown;
  state: unknown;
  data: LocalData;
  input: InputSpec;
  batch: number;
  seed: number;
  /** Makes views ahead, in another thread. Left out, `next` makes them itself. */
  viewMaker?: ViewMaker | undefined;
};

/** A step's rows, and each of their views as rows * size * size * channels numbers. */
export type Batch = { rows: number[]; views: Views };

/** A batch that is under way; `views` are there once they are made. */
type Ordered = { rows: number[]; step: number; made: Promise<Views>; views?: Views };

/** Batches under way: one to be used next, one being made, one to cover a slow one. */
const AHEAD = 3;

/**
 * The batches of step 1, 2, ...: rows and views follow from the seed and the step's number alone, so
 * that they can be made ahead, elsewhere, or again, and come out the same to the bit.
 */
export class Batches {
  readonly #o: BatchesOptions;
  readonly #rows: Generator<number[]>;
  /** How many images there are to draw from. */
  readonly usable: number;
  #drawn = 0;
  readonly #ahead: Ordered[] = [];

  constructor(options: BatchesOptions) {
    this.#o = options;
    const { objective, state, data } = options;
    const rows = objective.rows(state, data);
    this.usable = rows.length;
    this.#rows = this.#rowsOf(rows);
  }

  /** Resolves once `next` need not make anything. @throws what the maker does */
  async ready(): Promise<void> {
    const { viewMaker } = this.#o;
    if (!viewMaker) return;
    while (this.#ahead.length < AHEAD) {
      const { rows, step } = this.#draw();
      const made = viewMaker(orderOf(this.#o, rows, step));
      // Whoever waits for it hears of it; nobody waits for the last ones.
      made.catch(() => undefined);
      this.#ahead.push({ rows, step, made });
    }
    const first = this.#ahead[0]!;
    first.views = await first.made;
  }

  /** @throws when there is nothing to draw from. */
  next(): Batch {
    const { rows, step, views } = this.#ahead.shift() ?? { ...this.#draw(), views: undefined };
    return { rows, views: views ?? viewsOf(orderOf(this.#o, rows, step)) };
  }

  #draw(): { rows: number[]; step: number } {
    return { rows: this.#rows.next().value as number[], step: ++this.#drawn };
  }

  /** Passes over steps that were taken before. */
  skip(steps: number): void {
    for (; this.#drawn < steps; this.#drawn++) this.#rows.next();
  }

  #rowsOf(rows: readonly number[]): Generator<number[]> {
    const { objective, state, data, config, batch, seed } = this.#o;
    const random = new Random(seed).fork('rows');
    const draw = objective.draw;
    return draw && rows.length > 0
      ? endless(() => draw({ state, data, config, rows, batch, random }))
      : batches(rows, batch, random);
  }
}

function* endless(draw: () => number[]): Generator<number[]> {
  for (;;) yield draw();
}
