import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { parse } from 'valibot';
import { loadHandwriting, rowsOf } from '../../client/data/handwriting/load.ts';
import { HANDWRITING_PLAN } from '../../client/data/handwriting/plan.ts';
import { imagesOf, seedRows } from '../../client/data/handwriting/project.ts';
import { splitWriters } from '../../client/data/handwriting/split.ts';
import { decodeIdx } from '../../client/data/idx.ts';
import { simulate } from '../../client/sim/federation.ts';
import { pick, type Labelled } from '../../client/sim/task.ts';
import { startBackend } from '../../client/tf.ts';
import { PlanSchema, type PlanInput } from '../../shared/api/plan.ts';
import { recipeOf } from '../../shared/api/recipe.ts';
import { toUnit } from '../../shared/images/image-set.ts';
import { Random, range } from '../../shared/math/random.ts';
import type { LocalData } from '../../shared/objectives/contract.ts';
import { accuracyOf } from '../../shared/train/evaluate.ts';

/** Something for a crowd to learn. The `test` images are for final figures only. */
export type Task = {
  classes: number;
  seed: LocalData;
  volunteers: LocalData[];
  test: LocalData;
  plan: PlanInput;
};

/** All rounds of the plan in the simulator. @returns the share of test images recognised after the last */
export async function accuracyAfter(task: Task, seed: number): Promise<number> {
  const { classes, seed: labelled, volunteers, test, plan } = task;
  const { tf } = await startBackend(['wasm']);
  const recipe = recipeOf(parse(PlanSchema, { ...plan, seed }), classes);
  const weights = await simulate({
    ...{ tf, recipe, seed: labelled, volunteers, rounds: recipe.plan.rounds },
    onRound: async () => undefined,
  });
  return accuracyOf(tf, recipe.model, weights, test);
}

/** One labelled writer at the server, four volunteers with eight writers each. */
export function handwriting(seed: number): Task {
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
export function mnist(folder: string, seed: number): Task {
  const train = readSet(folder, 'train');
  const order = new Random(seed).fork('mnist').shuffle(range(train.count));
  const chosen = range(10).flatMap((label) =>
    order.filter((row) => train.labels[row] === label).slice(0, 10),
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

function readSet(folder: string, part: 'train' | 'test'): Labelled {
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
