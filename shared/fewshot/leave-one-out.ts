import { bankOf, scoresOf, type Bank } from './bank.ts';
import { scoresAlone, type Support } from './contract.ts';
import { matching } from './heads/matching.ts';
import { withoutExample } from './supports.ts';

/** Each of a class's examples as the head would see it had it not been among them. */
export type LeftOut = {
  /** The other class that each is most similar to, by its place in the bank. */
  nearest: Int32Array;
  /** Similarity to that class, in [-1, 1]. */
  similarity: Float32Array;
  /**
   * Similarity to its own class without itself, less the one to the nearest other: below zero it would
   * be taken for the other. Null for a class of one example, of which nothing is left.
   */
  margins: Float32Array | null;
};

/**
 * Leaves each example out of its own class and compares it with every class: exact, examples x ways x
 * dim multiplications. A head that learns all classes at once would have to do so again for every
 * example; what it keeps of them is compared as matching networks do.
 * @param own the class; of a large one `rows` may be some of its examples only
 * @param compared the classes to compare with; `skip`: the place in it of the class itself, -1 for none
 * @throws when there is no other class, or no example
 */
export function leaveOneOut(own: Support, compared: Bank, skip: number): LeftOut {
  const bank = alone(compared);
  const { head, dim, ways } = bank;
  const count = own.rows.length / dim;
  if (count === 0 || ways - (skip < 0 ? 0 : 1) < 1)
    throw new Error(`leave one out: ${count} examples beside ${ways} classes`);
  const nearest = new Int32Array(count);
  const similarity = new Float32Array(count).fill(-Infinity);
  const margins = own.count > 1 ? new Float32Array(count) : null;
  for (let i = 0; i < count; i++) {
    const row = own.rows.subarray(i * dim, (i + 1) * dim);
    const scores = scoresOf(bank, row);
    for (let way = 0; way < ways; way++) {
      if (way === skip || scores[way]! <= similarity[i]!) continue;
      similarity[i] = scores[way]!;
      nearest[i] = way;
    }
    if (!margins) continue;
    const rest = bankOf(head, [withoutExample(own, i)], dim);
    margins[i] = scoresOf(rest, row)[0]! - similarity[i]!;
  }
  return { nearest, similarity, margins };
}

/** Heads that do not score a class alone keep all examples, as matching does. */
function alone(bank: Bank): Bank {
  if (scoresAlone(bank.head)) return bank;
  const { learnt: _, ...kept } = bank;
  return { ...kept, head: matching };
}

/** How a class does beside all others, and the one that it is most easily taken for. */
export type Confusion = {
  /** Share of the examples more similar to their own class than to any other; null where there is one. */
  accuracy: number | null;
  /** The other class that most examples are taken for; where none is, the one that most are nearest to. */
  way: number;
  /** Examples taken for it, and examples to which it is the nearest of the others. */
  mistaken: number;
  nearest: number;
};

export function confusionOf({ nearest, similarity, margins }: LeftOut): Confusion {
  const seen = new Map<number, { mistaken: number; nearest: number; closest: number }>();
  nearest.forEach((way, i) => {
    const before = seen.get(way) ?? { mistaken: 0, nearest: 0, closest: -Infinity };
    seen.set(way, {
      mistaken: before.mistaken + (isMistaken(margins?.[i]) ? 1 : 0),
      nearest: before.nearest + 1,
      closest: Math.max(before.closest, similarity[i]!),
    });
  });
  const [worst] = [...seen].sort(
    ([, a], [, b]) => b.mistaken - a.mistaken || b.nearest - a.nearest || b.closest - a.closest,
  );
  const [way, { mistaken, nearest: times }] = worst!;
  const accuracy = margins && 1 - margins.filter(isMistaken).length / margins.length;
  return { accuracy, way, mistaken, nearest: times };
}

/** As similar to another class as to its own is mistaken too: the same image, given to both. */
export function isMistaken(margin: number | undefined): boolean {
  return margin !== undefined && margin <= 0;
}
