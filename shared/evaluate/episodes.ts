import { pickRows } from '../math/rows.ts';
import { unitRows } from '../math/unit-rows.ts';
import { bankOf, scoresOf } from '../fewshot/bank.ts';
import type { FewShotHead } from '../fewshot/contract.ts';
import { supportsOf } from '../fewshot/supports.ts';
import { Random } from '../math/random.ts';

/** An N-way K-shot task: `ways` classes, `shots` examples of each to learn from, `queries` of each to name. */
export type EpisodeShape = { ways: number; shots: number; queries: number };

/** Rows of one episode's images, class by class: [ways * shots] to learn from, [ways * queries] to name. */
export type Episode = { support: number[]; query: number[] };

/** A mean over episodes, and half the width of its 95 % interval. */
export type Interval = { mean: number; halfWidth: number; episodes: number };

/** Embeddings [n, dim] of any length, the class of each, and the head to compare them by. */
export type Embedded = {
  embeddings: Float32Array;
  dim: number;
  labels: ArrayLike<number>;
  head: FewShotHead;
};

/** Each class's rows, in the order of its label; a label that nothing has is left out. */
export function rowsByClass(labels: ArrayLike<number>): number[][] {
  const classes = new Map<number, number[]>();
  for (let row = 0; row < labels.length; row++) {
    const own = classes.get(labels[row]!);
    if (own) own.push(row);
    else classes.set(labels[row]!, [row]);
  }
  return [...classes].sort(([a], [b]) => a - b).map(([, rows]) => rows);
}

/**
 * Draws an episode (Vinyals et al. 2016, arXiv:1606.04080, section 4.1): classes without replacement
 * from those with enough images, and of each as many images as it takes, none twice.
 * @param classes rows of each class
 * @throws when fewer than `ways` classes have `shots + queries` images
 */
export function drawEpisode(
  classes: readonly (readonly number[])[],
  { ways, shots, queries }: EpisodeShape,
  random: Random,
): Episode {
  const large = classes.filter((rows) => rows.length >= shots + queries);
  if (large.length < ways)
    throw new Error(
      `episode: ${large.length} classes have ${shots} + ${queries} images, ${ways} are needed`,
    );
  const episode: Episode = { support: [], query: [] };
  for (const rows of choose(large, ways, random)) {
    const own = choose(rows, shots + queries, random);
    episode.support.push(...own.slice(0, shots));
    episode.query.push(...own.slice(shots));
  }
  return episode;
}

/** `count` of the items, none twice, in chance order: the front of Fisher and Yates's shuffle. */
function choose<T>(items: readonly T[], count: number, random: Random): T[] {
  const rest = [...items];
  for (let i = 0; i < count; i++) {
    const j = i + random.int(rest.length - i);
    [rest[i], rest[j]] = [rest[j]!, rest[i]!];
  }
  return rest.slice(0, count);
}

/** Share of the queries, which stand class by class, whose own class scores highest. @param scores [ways * queries, ways] */
export function shareRight(scores: Float32Array, { ways, queries }: EpisodeShape): number {
  let right = 0;
  for (let q = 0; q < ways * queries; q++) {
    const row = scores.subarray(q * ways, (q + 1) * ways);
    if (row.indexOf(Math.max(...row)) === Math.floor(q / queries)) right++;
  }
  return right / (ways * queries);
}

/** Normal approximation, as the few-shot literature reports it; `NaN` wide for a single value. */
export function intervalOf(values: readonly number[]): Interval {
  const episodes = values.length;
  const mean = values.reduce((sum, value) => sum + value, 0) / episodes;
  const square = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, halfWidth: 1.96 * Math.sqrt(square / (episodes - 1) / episodes), episodes };
}

/**
 * Accuracy of a learner that is asked anew in every episode.
 * @param learn scores of an episode's queries, [ways * queries, ways]
 */
export async function accuracyOver(
  labels: ArrayLike<number>,
  shape: EpisodeShape,
  { episodes, seed }: { episodes: number; seed: number },
  learn: (episode: Episode) => Float32Array | Promise<Float32Array>,
): Promise<Interval> {
  const random = new Random(seed).fork('episodes');
  const classes = rowsByClass(labels);
  const shares: number[] = [];
  for (let i = 0; i < episodes; i++)
    shares.push(shareRight(await learn(drawEpisode(classes, shape, random)), shape));
  return intervalOf(shares);
}

/** Accuracy of a few-shot head on frozen embeddings, which are brought to unit length as at the edge. */
export function fewShotAccuracy(
  { embeddings, dim, labels, head }: Embedded,
  shape: EpisodeShape,
  drawn: { episodes: number; seed: number },
): Promise<Interval> {
  const ways = Int32Array.from({ length: shape.ways * shape.shots }, (_, i) =>
    Math.floor(i / shape.shots),
  );
  const units = (rows: readonly number[]) =>
    unitRows({ data: pickRows(embeddings, rows, dim), count: rows.length, dim }).data;
  return accuracyOver(labels, shape, drawn, ({ support, query }) => {
    const supports = supportsOf(units(support), ways, shape.ways, dim);
    return scoresOf(bankOf(head, supports, dim), units(query));
  });
}
