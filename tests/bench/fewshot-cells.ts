import type { EpisodeShape } from '../../shared/evaluate/episodes.ts';
import type { FEW_SHOT_HEADS } from '../../shared/fewshot/index.ts';
import type { NetName } from '../../shared/nn/index.ts';
import type { Adapt } from '../../shared/train/episodes.ts';
import type { ObjectiveId } from '../../shared/objectives/index.ts';
import { adaptMaml } from '../../shared/objectives/meta/maml.ts';
import { adaptMann } from '../../shared/objectives/meta/mann.ts';
import { adaptMetaLstm } from '../../shared/objectives/meta/meta-lstm.ts';
import { adaptReptile } from '../../shared/objectives/meta/reptile.ts';
import { adaptSnail } from '../../shared/objectives/meta/snail.ts';
import type { OptimiserId } from '../../shared/train/optimisers/index.ts';

/** How long one may take: a minute for all, ten minutes a cell, an hour a cell. */
export const RUNGS = {
  ci: { split: 'lake', episodes: 100 },
  minutes: { split: 'lake', episodes: 600 },
  hour: { split: 'vinyals', episodes: 1000 },
} as const;

export type Rung = keyof typeof RUNGS;

/** One system as it is learnt and judged. */
export type Cell = {
  objective: ObjectiveId;
  settings: Record<string, unknown>;
  net: NetName;
  optimiser: OptimiserId;
  rate: number;
  clip: number;
  steps: Record<Rung, number>;
  /** Tasks it is judged by. */
  tasks: Record<string, EpisodeShape>;
  /** Heads that its embeddings are compared by, where it does not adapt. */
  heads: readonly (keyof typeof FEW_SHOT_HEADS)[];
  adapt?: Adapt<never>;
};

const shape = (ways: number, shots: number): EpisodeShape => ({ ways, shots, queries: 15 });
const EMBEDDING_TASKS = { '5w1s': shape(5, 1), '5w5s': shape(5, 5), '20w1s': shape(20, 1) };

const base = {
  net: 'conv4-32' as const,
  optimiser: 'adam' as const,
  rate: 2e-3,
  clip: 10,
  tasks: EMBEDDING_TASKS,
  heads: [] as const,
};

const episodic = {
  ...base,
  settings: { episodes: 'labelled', ways: 20, shots: 1, queries: 5 },
  steps: { ci: 20, minutes: 4000, hour: 20_000 },
};

export const CELLS: Record<string, Cell> = {
  fresh: {
    ...episodic,
    objective: 'protonet',
    steps: { ci: 0, minutes: 0, hour: 0 },
    heads: ['prototype'],
  },
  protonet: { ...episodic, objective: 'protonet', heads: ['prototype'] },
  matching: { ...episodic, objective: 'matching-net', heads: ['matching', 'prototype'] },
  fomaml: {
    ...base,
    objective: 'maml',
    settings: {
      episodes: 'labelled',
      ways: 5,
      shots: 1,
      queries: 5,
      tasks: 4,
      steps: 3,
      innerRate: 0.1,
    },
    steps: { ci: 10, minutes: 1500, hour: 20_000 },
    tasks: { '5w1s': shape(5, 1) },
    adapt: adaptMaml,
  },
  reptile: {
    ...base,
    objective: 'reptile',
    settings: {
      episodes: 'labelled',
      ways: 5,
      shots: 5,
      queries: 5,
      tasks: 1,
      steps: 5,
      innerRate: 0.1,
    },
    optimiser: 'sgd',
    rate: 0.5,
    clip: 1000,
    steps: { ci: 10, minutes: 2000, hour: 10_000 },
    tasks: { '5w1s': shape(5, 1) },
    adapt: adaptReptile,
  },
  'meta-lstm': {
    ...base,
    objective: 'meta-lstm',
    settings: { episodes: 'labelled', ways: 5, shots: 1, queries: 5, steps: 3 },
    steps: { ci: 5, minutes: 1500, hour: 8000 },
    tasks: { '5w1s': shape(5, 1) },
    adapt: adaptMetaLstm,
  },
  mann: {
    ...base,
    objective: 'mann',
    settings: {
      ...{ episodes: 'labelled', ways: 5, shots: 1, queries: 3, tasks: 8 },
      ...{ embedding: 64, hidden: 200, slots: 64, width: 40, reads: 4 },
    },
    rate: 1e-3,
    steps: { ci: 5, minutes: 600, hour: 6000 },
    tasks: { '5w1s': shape(5, 1) },
    adapt: adaptMann,
  },
  snail: {
    ...base,
    objective: 'snail',
    settings: { episodes: 'labelled', ways: 5, shots: 1, queries: 5, embedding: 64, filters: 128 },
    rate: 1e-3,
    steps: { ci: 5, minutes: 1500, hour: 12_000 },
    tasks: { '5w1s': shape(5, 1) },
    adapt: adaptSnail,
  },
};
