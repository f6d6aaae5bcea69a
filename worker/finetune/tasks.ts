import type { Task } from '../../shared/api/schemas/versions.ts';
import { createEncoder } from '../classify/encoder.ts';
import type { Env } from '../env.ts';
import { getWeights } from '../registry/blobs.ts';
import { beginCanary } from '../registry/canary.ts';
import { recordImport } from '../registry/import.ts';
import { getProject, openDb, recipeFor } from '../registry/projects.ts';
import { getAvailable, makeLive, servedVersions } from '../registry/versions.ts';
import { loadTf } from '../tf.ts';
import { embedAll } from './embed.ts';
import { evaluate } from './evaluate.ts';
import { within, type Run } from './run.ts';
import { loadSets } from './sets.ts';

/** What an admin has asked for and takes its time. */
export type Order = { project: string } & (
  | { kind: 'promote'; version: number }
  | { kind: 'canary'; version: number; share: number }
  /** The weights are in R2 already, checked but not judged. */
  | { kind: 'import'; weights: string }
);

export type StoredTask = { task: Task; order: Order };

/** The same order is the same task: asking twice for it does nothing twice. */
export function idOf(order: Order): string {
  return order.kind === 'import'
    ? `import-${order.weights.slice(0, 16)}`
    : `${order.kind}-${order.version}`;
}

export function newTask(order: Order): Task {
  return {
    ...{ id: idOf(order), kind: order.kind, state: 'working', progress: 0 },
    version: order.kind === 'import' ? null : order.version,
    ...{ problem: null, startedAt: Date.now(), endedAt: null },
  };
}

/** Carries an order out. @returns the version that it was about */
export function perform(env: Env, order: Order): Run<number> {
  return order.kind === 'import' ? importing(env, order) : embedding(env, order);
}

async function* importing(
  env: Env,
  { project: id, weights: hash }: Order & { kind: 'import' },
): Run<number> {
  const db = openDb(env.DB);
  const project = await getProject(db, id);
  const sets = await loadSets(env.BLOBS, project);
  const weights = await getWeights(env.BLOBS, hash);
  const encoder = createEncoder(await loadTf(), recipeFor(project).model, weights);
  try {
    const evaluated = yield* evaluate(project, encoder, sets);
    const { number } = await recordImport(db, id, hash, evaluated);
    return number;
  } finally {
    encoder.dispose();
  }
}

async function* embedding(env: Env, order: Exclude<Order, { kind: 'import' }>): Run<number> {
  const { project: id, version } = order;
  const [db, bucket] = [openDb(env.DB), env.BLOBS];
  const project = await getProject(db, id);
  const row = await getAvailable(db, id, version);
  const weights = await getWeights(bucket, row.weights);
  const encoder = createEncoder(await loadTf(), recipeFor(project).model, weights);
  try {
    yield* within(embedAll({ db, bucket }, id, version, encoder), 0, 1);
    if (order.kind === 'canary') {
      await beginCanary(db, id, order);
      return version;
    }
    const act = (await servedVersions(db, id)).has(version) ? 'rollback' : 'promote';
    await makeLive({ db, bucket, encoder, act }, row);
    await env.COORDINATOR.getByName(id).moved(version, row.weights);
    return version;
  } finally {
    encoder.dispose();
  }
}
