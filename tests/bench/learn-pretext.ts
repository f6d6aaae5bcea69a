import { loadHandwriting, rowsOf } from '../../client/data/handwriting/load.ts';
import { imagesOf } from '../../client/data/handwriting/project.ts';
import { splitWriters, WRITER_COUNT } from '../../client/data/handwriting/split.ts';
import type { Labelled } from '../../client/sim/task.ts';
import { startBackend } from '../../client/tf.ts';
import { range } from '../../shared/math/random.ts';
import type { InputSpec } from '../../shared/nn/net.ts';
import { suiteOf, type Cell, type CellContext, type Figure, type Rung } from './learn-cell.ts';
import { omniglot } from './omniglot.ts';
import { accuracies, judge, pretrain, type Exam, type Phase, type Task } from './pretraining.ts';

/** Images to learn from, whose labels nobody is told, and those of other people or alphabets to judge by. */
type Split = { train: Labelled; test: Labelled; input: InputSpec };

const ALL: Task[] = ['fiveWayOneShot', 'fiveWayFiveShot', 'twentyWayOneShot'];
/** The repository's own data has 18 classes that nobody learns from. */
const EXAMS: Record<Rung, Exam> = {
  ci: { tasks: ['fiveWayOneShot', 'fiveWayFiveShot'], episodes: 100 },
  minutes: { tasks: ALL, episodes: 600 },
  hour: { tasks: ALL, episodes: 1000 },
};

/** Images of a step, and steps, of the objectives that see one batch at a time. */
const plainly = (objective: Phase['objective'], steps: number, settings: object = {}): Phase[] => [
  { objective, settings, batch: 64, steps },
];

/** Contrast that makes the network fit for clusters, then rounds of clusters. */
const thenClusters = (first: number, rounds: number, each: number, batch: number): Phase[] => [
  { objective: 'protoclr', settings: { turns: true }, batch: 64, steps: first },
  { objective: 'uflst', settings: { turns: true }, batch, rounds, steps: rounds * each },
];

type System = {
  name: string;
  phases: Partial<Record<Rung, Phase[]>>;
  bars?: NonNullable<Cell['bars']>;
};

const isAbove = { fiveWayOneShot: 'lower' } as const;
const bars = (oneShot: number, fiveShot: number) => ({
  fiveWayOneShot: oneShot,
  fiveWayFiveShot: fiveShot,
});

const SYSTEMS: System[] = [
  {
    name: 'simclr',
    phases: { minutes: plainly('simclr', 1200) },
    bars: { minutes: bars(0.76, 0.9) },
  },
  {
    name: 'protoclr',
    phases: {
      ci: plainly('protoclr', 40),
      minutes: plainly('protoclr', 1000, { turns: true }),
      hour: plainly('protoclr', 6000, { turns: true }),
    },
    bars: { ci: isAbove, minutes: bars(0.82, 0.93) },
  },
  {
    name: 'uflst',
    phases: {
      minutes: thenClusters(400, 4, 100, 128),
      hour: thenClusters(1500, 12, 200, 256),
    },
    bars: { minutes: isAbove, hour: bars(0.9, 0.975) },
  },
  {
    name: 'psco',
    phases: {
      minutes: [...plainly('moco', 400), ...plainly('psco', 600, { queue: 4096 })],
      hour: [...plainly('moco', 1000), ...plainly('psco', 6000, { queue: 16_384 })],
    },
    bars: { minutes: isAbove, hour: bars(0.9, 0.975) },
  },
  ...(['moco', 'byol', 'instance-discrimination', 'rotation', 'autoencoder'] as const).map(
    (objective): System => ({
      name: objective,
      phases: { minutes: plainly(objective, 1000) },
      bars: { minutes: isAbove },
    }),
  ),
  ...(['masked-reconstruction', 'relative-patch', 'jigsaw'] as const).map((objective): System => ({
    name: objective,
    phases: { minutes: [{ objective, batch: 32, steps: objective === 'jigsaw' ? 300 : 1000 }] },
  })),
  {
    name: 'deep-cluster',
    phases: {
      minutes: [
        {
          objective: 'deep-cluster',
          settings: { clusters: 128 },
          batch: 64,
          rounds: 6,
          steps: 1200,
        },
      ],
    },
    bars: { minutes: isAbove },
  },
  {
    name: 'orchestra',
    phases: { minutes: [{ objective: 'orchestra', batch: 32, rounds: 4, steps: 800 }] },
    bars: { minutes: isAbove },
  },
];

async function run(system: System, context: CellContext): Promise<Record<string, Figure>> {
  const { rung, seed, say } = context;
  const { tf } = await startBackend(['wasm']);
  const { train, test, input } = await context.once('split', async () => splitOf(context));
  const of = { tf, net: rung === 'ci' ? 'strided' : 'conv4-64', input, seed, say } as const;
  const data = { images: train.images, count: train.count };
  const judged = (phases: readonly Phase[]) =>
    pretrain({ ...of, data, phases }).then((got) => judge(tf, got, test, EXAMS[rung]));
  const lower = await context.once('fresh', async () => judged([]));
  const ours = await judged(system.phases[rung] ?? []);
  return Object.fromEntries(
    [...ours].map(([task, share]) => [task, { ours: share, lower: lower.get(task)! }]),
  );
}

/** The suite's own data: the repository's writers, or Omniglot's background and evaluation alphabets. */
function splitOf({ rung, seed, folder }: CellContext): Split {
  if (rung !== 'ci') return omniglot(folder(), 'lake');
  const data = loadHandwriting();
  const { shards } = splitWriters(seed);
  const of = (writers: readonly number[], novel = false) =>
    imagesOf(data, rowsOf(data, writers, { novel })) as Labelled;
  return {
    train: of(shards.slice(0, 4).flat()),
    test: of(range(WRITER_COUNT), true),
    input: { size: 28, channels: 1 },
  };
}

const CELLS: Cell[] = [
  {
    name: 'pixels',
    rungs: ['ci', 'minutes', 'hour'],
    async run(context) {
      const { test } = await context.once('split', async () => splitOf(context));
      const pixels = test.images.length / test.count;
      const found = await accuracies(test.images, pixels, test.labels, EXAMS[context.rung]);
      return Object.fromEntries([...found].map(([task, ours]) => [task, { ours }]));
    },
  },
  ...SYSTEMS.map((system): Cell => ({
    name: system.name,
    rungs: Object.keys(system.phases) as Rung[],
    run: (context) => run(system, context),
    ...(system.bars && { bars: system.bars }),
  })),
];

/**
 * What a crowd that nobody has told a class can learn: the network learns from images without labels,
 * and prototypes of its embeddings name classes that it has never seen, from one example or five.
 * `lower` is the same network from fresh weights; `pixels` needs no network. On Omniglot the images
 * are the background alphabets, judged on the evaluation alphabets (Lake's split, upright).
 */
export const learnPretext = suiteOf(CELLS);
