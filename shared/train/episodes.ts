import { oneHot } from '../math/one-hot.ts';
import * as v from 'valibot';
import { drawEpisode, rowsByClass } from '../evaluate/episodes.ts';
import { range, type Random } from '../math/random.ts';
import type { Model } from '../nn/model.ts';
import type { Params, Tensor2D, Tensor4D, Tf } from '../nn/params.ts';
import type { LocalData, StepContext } from '../objectives/contract.ts';
import { wholeBetween } from '../objectives/settings.ts';

/** Settings of every objective that learns in N-way K-shot episodes. */
export const episodeSettings = {
  /**
   * labelled: an episode's classes are those of the labels. augmented: every image is a class of its
   * own, to be recognised in changed views of it, so that nobody needs a label (UMTRA, Khodadadeh et
   * al. 2019, arXiv:1811.11819).
   */
  episodes: v.optional(v.picklist(['augmented', 'labelled']), 'augmented'),
  /** Classes of an episode; all there are where there are fewer. */
  ways: v.optional(wholeBetween(2, 64), 5),
  /** Examples of each class to learn from. */
  shots: v.optional(wholeBetween(1, 10), 1),
  /** Images of each class to name. */
  queries: v.optional(wholeBetween(1, 20), 5),
};

export type EpisodeConfig = {
  episodes: 'augmented' | 'labelled';
  ways: number;
  shots: number;
  queries: number;
  /** Episodes of a step; one where it is left out. */
  tasks?: number;
};

/** Rows of every class that episodes are drawn from. */
export type Classes = { classes: readonly (readonly number[])[] };

/** An episode's images and their classes as rows of 0 and 1; both stand class by class. */
export type Task = {
  support: { images: Tensor4D; labels: Tensor2D };
  query: { images: Tensor4D; labels: Tensor2D };
};

/**
 * What a learner makes of an episode's support: scores of other images, [queries, ways].
 * Neither the parameters nor the support are disposed.
 */
export type Adapt<Config> = (
  on: { tf: Tf; model: Model; config: Config },
  params: Params,
  support: Task['support'],
) => (query: Tensor4D) => Tensor2D;

/** The parts that all objectives in episodes have alike. */
export const inEpisodes = {
  views: { plain: 'plain', changed: 'strong' },
  uses: { labels: ({ episodes }: EpisodeConfig) => episodes === 'labelled', teacher: false },
  begin: async ({
    data,
    config,
  }: {
    data: LocalData;
    config: EpisodeConfig;
  }): Promise<Classes> => ({
    classes: classesOf(data, config),
  }),
  rows: ({ classes }: Classes): number[] => classes.flat(),
  draw: drawTasks,
  report: ({ classes }: Classes) => ({ classes: classes.length }),
} as const;

/** @throws when labels are needed and there are none, or fewer than two classes have enough images */
function classesOf(data: LocalData, config: EpisodeConfig): number[][] {
  if (config.episodes === 'augmented') return Array.from({ length: data.count }, (_, row) => [row]);
  if (!data.labels) throw new Error('episodes: the images have no labels');
  const least = config.shots + config.queries;
  const classes = rowsByClass(data.labels).filter(({ length }) => length >= least);
  if (classes.length < 2)
    throw new Error(`episodes: ${classes.length} classes have ${least} images, two are needed`);
  return classes;
}

/** The rows of a step's episodes, one after the other: of each the support, then the queries. */
function drawTasks({
  state: { classes },
  config,
  random,
}: {
  state: Classes;
  config: EpisodeConfig;
  random: Random;
}): number[] {
  const { shots, queries } = config;
  const ways = Math.min(config.ways, classes.length);
  return Array.from({ length: config.tasks ?? 1 }, () => {
    if (config.episodes === 'labelled') {
      const { support, query } = drawEpisode(classes, { ways, shots, queries }, random);
      return [...support, ...query];
    }
    const { support } = drawEpisode(classes, { ways, shots: 1, queries: 0 }, random);
    const repeated = (times: number) => support.flatMap((row) => Array<number>(times).fill(row));
    return [...repeated(shots), ...repeated(queries)];
  }).flat();
}

/**
 * The episodes of a step's batch. Labelled images come as they are; of one that is its own class, the
 * support is the image itself, its other examples and the queries are changed views of it.
 * @param width columns of the labels, at least the ways; left out, as many
 */
export function tasksOf(
  { tf, batch, config }: Pick<StepContext<EpisodeConfig, unknown>, 'tf' | 'batch' | 'config'>,
  width?: number,
): Task[] {
  const { shots, queries, tasks = 1 } = config;
  const each = batch.rows.length / tasks;
  const ways = each / (shots + queries);
  const { plain, changed } = batch.views as { plain: Tensor4D; changed: Tensor4D };
  const part = (view: Tensor4D, from: number, count: number) =>
    tf.slice(view, [from, 0, 0, 0], [count, -1, -1, -1]);
  const labels = (times: number) => {
    const named = Array.from({ length: ways * times }, (_, i) => Math.floor(i / times));
    return oneHot(tf, named, width ?? ways);
  };
  const other = config.episodes === 'labelled' ? plain : changed;
  const support = (from: number): Tensor4D => {
    if (config.episodes === 'labelled' || shots === 1) return part(plain, from, ways * shots);
    const first = Array.from({ length: ways }, (_, way) => [
      part(plain, from + way * shots, 1),
      part(changed, from + way * shots + 1, shots - 1),
    ]);
    return tf.concat(first.flat(), 0);
  };
  return Array.from({ length: tasks }, (_, task) => ({
    support: { images: support(task * each), labels: labels(shots) },
    query: {
      images: part(other, task * each + ways * shots, ways * queries),
      labels: labels(queries),
    },
  }));
}

/** A matrix that puts `count` rows in chance order, [count, count]. */
export function shuffling(tf: Tf, count: number, random: Random): Tensor2D {
  return oneHot(tf, random.shuffle(range(count)), count);
}
