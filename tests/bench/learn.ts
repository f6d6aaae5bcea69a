import { gunzipSync } from 'node:zlib';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'valibot';
import { PlanSchema, recipeOf, type PlanInput } from '../../shared/api/plan.ts';
import { toUnit } from '../../shared/images/image-set.ts';
import { Random, range } from '../../shared/math/random.ts';
import type { LocalData } from '../../shared/objectives/contract.ts';
import { accuracyOf } from '../../shared/train/evaluate.ts';
import { loadHandwriting, rowsOf } from '../../client/data/handwriting/load.ts';
import { HANDWRITING_PLAN } from '../../client/data/handwriting/plan.ts';
import { imagesOf, seedRows } from '../../client/data/handwriting/project.ts';
import { splitWriters } from '../../client/data/handwriting/split.ts';
import { decodeIdx } from '../../client/data/idx.ts';
import { simulate } from '../../client/sim/federation.ts';
import { startBackend } from '../../client/tf.ts';
import type { Bench } from './run.ts';

type Task = {
  classes: number;
  seed: LocalData;
  volunteers: LocalData[];
  test: LocalData;
  plan: PlanInput;
};

/**
 * What unlabelled volunteers are worth: labelled-only (same augmentation, same server steps) and the
 * student, on images that neither has seen. Handwriting always; with `--data DIR`, MNIST's 100 labels
 * beside it.
 */
export const learn: Bench = async ({ options, say }) => {
  const seeds = (options['seeds'] ?? '1,2,3').split(',').map(Number);
  const tasks: Record<string, (seed: number) => Task> = { handwriting };
  const folder = options['data'];
  if (folder) tasks['mnist'] = (seed) => mnist(join(folder, 'mnist'), seed);
  const figures: Record<string, number> = {};
  for (const [name, task] of Object.entries(tasks)) {
    const gains: number[] = [];
    for (const seed of seeds) {
      const labelledOnly = await run(task(seed), seed, false);
      const student = await run(task(seed), seed, true);
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

async function run(
  { classes, seed: labelled, volunteers, test, plan }: Task,
  seed: number,
  crowd: boolean,
): Promise<number> {
  const { tf } = await startBackend(['wasm']);
  const recipe = recipeOf(parse(PlanSchema, { ...plan, seed }), classes);
  const weights = await simulate({
    ...{ tf, recipe, seed: labelled, rounds: recipe.plan.rounds },
    volunteers: crowd ? volunteers : [],
    onRound: async () => undefined,
  });
  return accuracyOf(tf, recipe.model, weights, test);
}

function handwriting(seed: number): Task {
  const data = loadHandwriting();
  const split = splitWriters(seed);
  return {
    ...{
      classes: data.baseClasses,
      plan: HANDWRITING_PLAN,
      seed: imagesOf(data, seedRows(data, split)),
    },
    volunteers: split.shards
      .slice(0, 4)
      .map((writers) => unlabelled(imagesOf(data, rowsOf(data, writers)))),
    test: imagesOf(data, rowsOf(data, split.test)),
  };
}

function unlabelled({ images, count }: LocalData): LocalData {
  return { images, count };
}

/** 100 labels at the server, 10 a class, and 10 volunteers of 400 unlabelled images each. */
function mnist(folder: string, seed: number): Task {
  const train = readSet(folder, 'train');
  const order = new Random(seed).fork('mnist').shuffle(range(train.count));
  const chosen = range(10).flatMap((label) =>
    order.filter((row) => train.labels![row] === label).slice(0, 10),
  );
  const rest = order.filter((row) => !chosen.includes(row));
  return {
    ...{
      classes: 10,
      plan: HANDWRITING_PLAN,
      seed: pick(train, chosen),
      test: readSet(folder, 'test'),
    },
    volunteers: range(10).map((i) => unlabelled(pick(train, rest.slice(400 * i, 400 * (i + 1))))),
  };
}

function readSet(folder: string, part: 'train' | 'test'): LocalData {
  const read = (name: string) => {
    const file = join(folder, `${part}-${name}-ubyte.gz`);
    if (!existsSync(file))
      throw new Error(`${file} is not there: --data names a folder with mnist/ in it`);
    return decodeIdx(gunzipSync(readFileSync(file)));
  };
  const images = read('images.idx3');
  return {
    images: toUnit(images.data as Uint8Array),
    count: images.shape[0] as number,
    labels: Int32Array.from(read('labels.idx1').data),
  };
}

function pick({ images, labels }: LocalData, rows: number[]): LocalData {
  const out = new Float32Array(rows.length * 784);
  rows.forEach((row, i) => out.set(images.subarray(row * 784, (row + 1) * 784), i * 784));
  return {
    images: out,
    count: rows.length,
    labels: Int32Array.from(rows, (row) => labels![row] as number),
  };
}
