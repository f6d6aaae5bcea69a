import { join } from 'node:path';
import { learnAll } from './learn-all.ts';
import { learnFewshot } from './learn-fewshot.ts';
import { learnPretext } from './learn-pretext.ts';
import { learnSsl } from './learn-ssl.ts';
import { learnFederated } from './learn-federated.ts';
import { learnWire } from './learn-wire.ts';
import type { Bench } from './run.ts';
import { accuracyAfter, handwriting, mnist, type Task } from './task.ts';

/**
 * What unlabelled volunteers are worth: labelled-only (same augmentation, same server steps) and the
 * student, on images that neither has seen. Handwriting always; with `--data DIR`, MNIST's 100 labels
 * beside it.
 */
const gain: Bench = async ({ options, say }) => {
  const seeds = (options['seeds'] ?? '1,2,3').split(',').map(Number);
  const tasks: Record<string, (seed: number) => Task> = { handwriting };
  const folder = options['data'];
  if (folder) tasks['mnist'] = (seed) => mnist(join(folder, 'mnist'), seed);
  const figures: Record<string, number> = {};
  for (const [name, task] of Object.entries(tasks)) {
    const gains: number[] = [];
    for (const seed of seeds) {
      const labelledOnly = await accuracyAfter({ ...task(seed), volunteers: [] }, seed);
      const student = await accuracyAfter(task(seed), seed);
      gains.push(student - labelledOnly);
      Object.assign(figures, {
        [`${name}LabelledOnlySeed${seed}`]: labelledOnly,
        [`${name}StudentSeed${seed}`]: student,
      });
      say(
        `${name}, seed ${seed}: labelled only ${labelledOnly.toFixed(3)}, student ${student.toFixed(3)}`,
      );
    }
    figures[`${name}GainMean`] = gains.reduce((a, b) => a + b, 0) / gains.length;
    figures[`${name}GainLeast`] = Math.min(...gains);
  }
  return { seeds, figures };
};

/** What is compared, by `--suite`; each docstring says with what. */
const SUITES: Record<string, Bench> = {
  ssl: learnSsl,
  pretext: learnPretext,
  fewshot: learnFewshot,
  federated: learnFederated,
  all: learnAll,
  gain,
  wire: learnWire,
};

export const learn: Bench = (context) => {
  const name = context.options['suite'] ?? 'gain';
  const suite = Object.hasOwn(SUITES, name) ? SUITES[name] : undefined;
  if (!suite) throw new Error(`--suite ${name}: there are ${Object.keys(SUITES).join(', ')}`);
  return suite(context);
};
