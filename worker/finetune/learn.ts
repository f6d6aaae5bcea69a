import type { Recipe } from '../../shared/api/recipe.ts';
import type { Verdict } from '../../shared/rounds/round.ts';
import { freshWeights, serverPace, serverSession } from '../../shared/train/server.ts';
import { createEncoder } from '../classify/encoder.ts';
import type { Env } from '../env.ts';
import { getWeights, putWeights } from '../registry/blobs.ts';
import { findLive, getProject, openDb, recipeFor, type ProjectRow } from '../registry/projects.ts';
import {
  getVersion,
  makeLive,
  recordVersion,
  Superseded,
  versionOfRound,
  type VersionRow,
} from '../registry/versions.ts';
import { loadTf } from '../tf.ts';
import { embedAll } from './embed.ts';
import { evaluate } from './evaluate.ts';
import { judge, superseded, type Judged } from './gate.ts';
import { within, type Run } from './run.ts';
import { loadSets, type Sets } from './sets.ts';

/** One server step: the supervised steps after an aggregation, or those that make version 1. */
export type Job = {
  project: string;
  round: number;
  /** What to start from; '' for fresh weights. */
  weights: string;
  parent: number | null;
  /** The version that was live when the round opened; 0 for none. */
  live: number;
};

/** Shares of the whole at which learning and looking at the labelled images end. */
const [LEARNT, EVALUATED] = [0.8, 0.9];

/**
 * Learns, evaluates, writes the version down, and makes it live if it is not worse. Torn down while it
 * learns it starts over from the stored weights and, being seeded, comes to the same result; from there
 * on it goes on where it was.
 */
export async function* learn(env: Env, job: Job): Run<Verdict> {
  const db = openDb(env.DB);
  const project = await getProject(db, job.project);
  const row =
    (await versionOfRound(db, job.project, job.round)) ??
    (yield* within(made(env, project, job), 0, EVALUATED));
  const live = await findLive(db, row.project);
  // The step was repeated after a crash, and had got as far as this.
  if (live?.version === row.number) return judge(judgedOf(row), null, 0);
  const standing = live && judgedOf(await getVersion(db, row.project, live.version));
  const verdict = judge(judgedOf(row), standing, project.plan.server.tolerance);
  if (!verdict.promoted) return verdict;
  const { model } = recipeFor(project);
  const weights = await getWeights(env.BLOBS, row.weights);
  const encoder = createEncoder(await loadTf(), model, weights);
  const bucket = env.BLOBS;
  try {
    yield* within(embedAll({ db, bucket }, row.project, row.number, encoder), EVALUATED, 1);
    await makeLive({ db, bucket, encoder, act: 'promote', over: job.live }, row);
    return verdict;
  } catch (error) {
    if (!(error instanceof Superseded) || !standing) throw error;
    return superseded(judgedOf(row), standing);
  } finally {
    encoder.dispose();
  }
}

async function* made(env: Env, project: ProjectRow, job: Job): Run<VersionRow> {
  const recipe = recipeFor(project);
  const sets = await loadSets(env.BLOBS, project);
  const { weights, loss } = yield* within(practise(env, recipe, sets, job), 0, LEARNT / EVALUATED);
  if (!weights.every(Number.isFinite))
    throw new Error('the weights are not finite: lower the learning rates');
  const encoder = createEncoder(await loadTf(), recipe.model, weights);
  try {
    const measured = yield* within(evaluate(project, encoder, sets), LEARNT / EVALUATED, 1);
    const hash = await putWeights(env.BLOBS, weights);
    return await recordVersion(openDb(env.DB), {
      ...{ project: job.project, parent: job.parent, round: job.round, weights: hash },
      ...{ validationAccuracy: measured.card.accuracy, serverLoss: loss },
      ...measured,
    });
  } finally {
    encoder.dispose();
  }
}

/** The supervised steps. @returns the moving average of the weights, and the last step's loss */
async function* practise(
  env: Env,
  recipe: Recipe,
  { seed }: Sets,
  job: Job,
): Run<{ weights: Float32Array; loss: number | null }> {
  const start = job.weights ? await getWeights(env.BLOBS, job.weights) : freshWeights(recipe);
  const { steps, rate } = serverPace(recipe.plan, job.round);
  const options = { weights: start, data: seed, round: job.round };
  const session = await serverSession(await loadTf(), recipe, options);
  let loss: number | null = null;
  try {
    for (let step = 1; step <= steps; step++) {
      const terms = session.step(rate);
      const values = await Promise.all(Object.values(terms).map((term) => term.data()));
      loss = values.reduce((sum, [value]) => sum + (value as number), 0);
      for (const tensor of Object.values(terms)) tensor.dispose();
      yield step / steps;
    }
    return { weights: await session.averaged(), loss };
  } finally {
    session.dispose();
  }
}

function judgedOf({ number, weights, validationAccuracy }: VersionRow): Judged {
  return { version: number, weights, accuracy: validationAccuracy };
}
