import type { FewShotHead, Fitted, Kept, Support } from './contract.ts';

/**
 * All classes as a head compares queries with them, in one block: the search is exact, one product
 * with every vector. Immutable; a change makes the next bank and fits only what is new in it.
 */
export type Bank = Kept & {
  head: FewShotHead;
  /** [ways] */
  offsets: Float32Array;
  /** One vector a class, where the head learns all of them against each other. */
  learnt?: Kept;
};

/** @throws when a class has no example */
export function bankOf(head: FewShotHead, supports: readonly Support[], dim: number): Bank {
  const empty = { vectors: new Float32Array(0), starts: new Int32Array(1) };
  return changeBank({ head, dim, ways: 0, offsets: new Float32Array(0), ...empty }, [], supports);
}

/**
 * The bank of `kept`, places of its classes in ascending order, and of `added` behind them.
 * @throws when an added class has no example
 */
export function changeBank(bank: Bank, kept: ArrayLike<number>, added: readonly Support[]): Bank {
  const { head, dim } = bank;
  const fitted = added.map((support, i) => {
    if (support.count === 0) throw new Error(`few-shot: class ${kept.length + i} has no example`);
    return head.fit(support, dim);
  });
  const ways = kept.length + fitted.length;
  const starts = startsOf(bank, kept, fitted);
  const vectors = new Float32Array(starts[ways]! * dim);
  const offsets = new Float32Array(ways);
  for (let i = 0; i < kept.length; i++) {
    const [from, to] = [bank.starts[kept[i]!]!, bank.starts[kept[i]! + 1]!];
    vectors.set(bank.vectors.subarray(from * dim, to * dim), starts[i]! * dim);
    offsets[i] = bank.offsets[kept[i]!]!;
  }
  fitted.forEach((one, i) => {
    vectors.set(one.vectors, starts[kept.length + i]! * dim);
    offsets[kept.length + i] = one.offset;
  });
  const all = { dim, ways, vectors, starts };
  return { head, offsets, ...all, ...learntBy(head, all) };
}

function learntBy({ learn }: FewShotHead, kept: Kept): Pick<Bank, 'learnt'> {
  if (!learn || kept.ways === 0) return {};
  const starts = Int32Array.from({ length: kept.ways + 1 }, (_, way) => way);
  return { learnt: { ...kept, vectors: learn(kept), starts } };
}

function startsOf({ starts, dim }: Bank, kept: ArrayLike<number>, fitted: Fitted[]): Int32Array {
  const out = new Int32Array(kept.length + fitted.length + 1);
  let at = 0;
  for (let i = 0; i < kept.length; i++) {
    at += starts[kept[i]! + 1]! - starts[kept[i]!]!;
    out[i + 1] = at;
  }
  fitted.forEach(({ vectors }, i) => {
    at += vectors.length / dim;
    out[kept.length + i + 1] = at;
  });
  return out;
}

/** Similarity of each query to each class, [queries, ways], in [-1, 1]. @param queries unit rows */
export function scoresOf(bank: Bank, queries: Float32Array): Float32Array {
  const { head, dim, ways, offsets } = bank;
  if (head.propagate) return head.propagate(bank, queries);
  const { vectors, starts } = bank.learnt ?? bank;
  const scores = new Float32Array((queries.length / dim) * ways);
  for (let at = 0, row = 0; row < queries.length; row += dim)
    for (let way = 0; way < ways; way++, at++) {
      const [from, to] = [starts[way]!, starts[way + 1]!];
      const score = head.pool
        ? head.pool(products(queries, row, vectors, from, to, dim))
        : product(queries, row, vectors, from * dim, dim);
      scores[at] = score + offsets[way]!;
    }
  return scores;
}

function products(
  queries: Float32Array,
  row: number,
  vectors: Float32Array,
  from: number,
  to: number,
  dim: number,
): Float32Array {
  const out = new Float32Array(to - from);
  for (let i = from; i < to; i++) out[i - from] = product(queries, row, vectors, i * dim, dim);
  return out;
}

/** Four sums side by side: one alone would wait for each addition, and take three times as long. */
function product(a: Float32Array, i: number, b: Float32Array, k: number, dim: number): number {
  let [first, second, third, fourth] = [0, 0, 0, 0];
  const whole = dim - (dim % 4);
  for (let d = 0; d < whole; d += 4) {
    first += a[i + d]! * b[k + d]!;
    second += a[i + d + 1]! * b[k + d + 1]!;
    third += a[i + d + 2]! * b[k + d + 2]!;
    fourth += a[i + d + 3]! * b[k + d + 3]!;
  }
  for (let d = whole; d < dim; d++) first += a[i + d]! * b[k + d]!;
  return first + second + (third + fourth);
}
