/** Where a generator stands: its four words, and the second of a pair of normals that is still to be given out. */
export type RandomState = {
  words: readonly [number, number, number, number];
  spare: number | null;
};

/**
 * Seeded random numbers: every figure Shoal publishes can be made again from its seed.
 * sfc32 (Chris Doty-Humphrey, PractRand) passes BigCrush and needs four 32-bit words of state;
 * the seed is spread over them by splitmix32.
 */
export class Random {
  #a: number;
  #b: number;
  #c: number;
  #d: number;
  #spare: number | undefined;

  /** @param seed any finite number; the same seed gives the same sequence on every platform. */
  constructor(seed: number) {
    let state = Math.floor(seed) >>> 0;
    const word = () => {
      state = (state + 0x9e3779b9) | 0;
      let t = state ^ (state >>> 16);
      t = Math.imul(t, 0x21f0aaad);
      t ^= t >>> 15;
      t = Math.imul(t, 0x735a2d97);
      return (t ^ (t >>> 15)) >>> 0;
    };
    this.#a = word();
    this.#b = word();
    this.#c = word();
    this.#d = word();
    for (let i = 0; i < 12; i++) this.next();
  }

  /** Goes on from where another stood: the same draws follow, on every platform. */
  static at({ words, spare }: RandomState): Random {
    const random = new Random(0);
    [random.#a, random.#b, random.#c, random.#d] = words;
    random.#spare = spare ?? undefined;
    return random;
  }

  get state(): RandomState {
    return { words: [this.#a, this.#b, this.#c, this.#d], spare: this.#spare ?? null };
  }

  /** A generator of its own for a named purpose, so that adding one draw moves no other stream. */
  fork(label: string): Random {
    let hash = 2166136261;
    for (let i = 0; i < label.length; i++) hash = Math.imul(hash ^ label.charCodeAt(i), 16777619);
    return new Random((hash ^ this.uint32()) >>> 0);
  }

  /** Uniform 32-bit unsigned integer. */
  uint32(): number {
    const t = (((this.#a + this.#b) | 0) + this.#d) | 0;
    this.#d = (this.#d + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = ((this.#c << 21) | (this.#c >>> 11)) + t;
    this.#c |= 0;
    return t >>> 0;
  }

  /** Uniform in [0, 1). */
  next(): number {
    return this.uint32() / 4294967296;
  }

  /** Uniform in [low, high). */
  uniform(low: number, high: number): number {
    return low + (high - low) * this.next();
  }

  /** Uniform integer in [0, n). */
  int(n: number): number {
    return Math.floor(this.next() * n);
  }

  /** Standard normal, by Box and Muller's polar method. */
  normal(): number {
    if (this.#spare !== undefined) {
      const spare = this.#spare;
      this.#spare = undefined;
      return spare;
    }
    for (;;) {
      const u = this.uniform(-1, 1);
      const v = this.uniform(-1, 1);
      const s = u * u + v * v;
      if (s === 0 || s >= 1) continue;
      const factor = Math.sqrt((-2 * Math.log(s)) / s);
      this.#spare = v * factor;
      return u * factor;
    }
  }

  /** Fisher-Yates, in place; returns the same array. */
  shuffle<T extends { length: number; [index: number]: unknown }>(items: T): T {
    for (let i = items.length - 1; i > 0; i--) {
      const j = this.int(i + 1);
      const swap = items[i];
      items[i] = items[j];
      items[j] = swap;
    }
    return items;
  }
}

/** The integers 0..n-1. */
export function range(n: number): number[] {
  return Array.from({ length: n }, (_, i) => i);
}

/**
 * Endless mini-batches of row numbers: every row once an epoch, in a fresh order each time.
 * A batch may span two epochs, so small sets still fill it.
 */
export function* batches(
  rows: readonly number[],
  size: number,
  random: Random,
): Generator<number[]> {
  if (rows.length === 0) throw new Error('batches: there are no rows to draw from');
  let order: number[] = [];
  for (;;) {
    const batch: number[] = [];
    while (batch.length < size) {
      if (order.length === 0) order = random.shuffle([...rows]);
      batch.push(order.pop() as number);
    }
    yield batch;
  }
}
