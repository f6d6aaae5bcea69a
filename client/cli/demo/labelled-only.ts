import { parse } from 'valibot';
import { PlanSchema } from '../../../shared/api/plan.ts';
import { recipeOf } from '../../../shared/api/recipe.ts';
import { accuracyOf } from '../../../shared/train/evaluate.ts';
import { loadHandwriting, rowsOf } from '../../data/handwriting/load.ts';
import { HANDWRITING_PLAN } from '../../data/handwriting/plan.ts';
import { imagesOf, seedRows } from '../../data/handwriting/project.ts';
import { splitWriters } from '../../data/handwriting/split.ts';
import { simulate } from '../../sim/federation.ts';
import { startBackend } from '../../tf.ts';

/**
 * The demo's lower bound, in a process of its own: what the server's steps alone make of the
 * labelled seed set. Same fresh weights, same steps, same augmentation, same averaging as the edge
 * takes; only the volunteers are missing. Prints `{ "round": n, "accuracy": share }` a round, on
 * the test writers.
 */
const [seed, rounds] = process.argv.slice(2).map(Number) as [number, number];
const data = loadHandwriting();
const split = splitWriters(seed);
const labelled = imagesOf(data, seedRows(data, split));
const test = imagesOf(data, rowsOf(data, split.test));
const recipe = recipeOf(parse(PlanSchema, { ...HANDWRITING_PLAN, seed }), data.baseClasses);
const { tf } = await startBackend(['wasm']);

await simulate({
  ...{ tf, recipe, seed: labelled, volunteers: [], rounds },
  async onRound(round, weights) {
    const accuracy = await accuracyOf(tf, recipe.model, weights, test);
    process.stdout.write(`${JSON.stringify({ round, accuracy })}\n`);
  },
});
