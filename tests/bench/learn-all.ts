import { handwritingTask } from '../../client/sim/task.ts';
import { startBackend } from '../../client/tf.ts';
import { suiteOf, type Cell } from './learn-cell.ts';
import { learnFederated } from './learn-federated.ts';
import { learnPretext } from './learn-pretext.ts';
import { learnSsl } from './learn-ssl.ts';
import { judge, pretrain, type Exam, type Phase } from './pretraining.ts';
import type { Bench } from './run.ts';

/** FixMatch over the labelled alone, with labels and images in one place. */
const semi: Cell = {
  name: 'central',
  rungs: ['ci'],
  async run({ rung, seed, say }) {
    const options = { rung, seeds: `${seed}`, only: 'labelled-only,fixmatch' };
    const { figures } = await learnSsl({ options, say });
    const of = (cell: string) => figures[`${cell}TestSeed${seed}`]!;
    return { accuracy: { ours: of('fixmatch'), lower: of('labelled-only') } };
  },
  bars: { ci: { accuracy: 'lower' } },
};

const EPISODES = { episodes: 'labelled', ways: 10, shots: 1, queries: 3 };

const EXAM: Exam = { tasks: ['fiveWayOneShot'], episodes: 100 };

/** Prototypes after episodes of labelled handwriting over those of fresh weights, in hands that are new. */
const episodic: Cell = {
  name: 'protonet',
  rungs: ['ci'],
  async run({ seed, say }) {
    const { tf } = await startBackend(['wasm']);
    const { crowd, test } = handwritingTask(seed);
    const of = {
      tf,
      net: 'strided',
      input: { size: 28, channels: 1 },
      data: crowd,
      seed,
      say,
    } as const;
    const phase: Phase = { objective: 'protonet', settings: EPISODES, batch: 1, steps: 40 };
    const [lower, ours] = [
      await pretrain({ ...of, phases: [] }),
      await pretrain({ ...of, phases: [phase] }),
    ];
    const oneShot = async (got: typeof ours) =>
      (await judge(tf, got, test, EXAM)).get('fiveWayOneShot')!;
    return { fiveWayOneShot: { ours: await oneShot(ours), lower: await oneShot(lower) } };
  },
  bars: { ci: { fiveWayOneShot: 'lower' } },
};

const PARTS: Record<string, Bench> = {
  ssl: suiteOf([semi]),
  fewshot: suiteOf([episodic]),
  federated: learnFederated,
  pretext: learnPretext,
};

/**
 * A little of every suite on the repository's own handwriting, in a minute or so: does each way of
 * learning still beat what it has to? `--rung ci` alone.
 * @returns the suites' figures, each under its suite's name, and `seconds` and `failed` of all together
 */
export const learnAll: Bench = async ({ options, say }) => {
  const figures: Record<string, number> = { seconds: 0, failed: 0 };
  const seeds = (options['seeds'] ?? '1').split(',').map(Number);
  for (const [name, part] of Object.entries(PARTS)) {
    const asked = { ...options, rung: 'ci', seeds: seeds.join(',') };
    const { seconds, failed, ...rest } = (await part({ options: asked, say })).figures;
    figures['seconds']! += seconds!;
    figures['failed']! += failed!;
    for (const [key, value] of Object.entries(rest))
      figures[`${name}${key.charAt(0).toUpperCase()}${key.slice(1)}`] = value;
  }
  return { seeds, figures };
};
