import type { Encoder } from '../classify/encoder.ts';
import { embedMissing } from '../registry/embeddings.ts';
import type { Db } from '../registry/projects.ts';
import { advance, type Run } from './run.ts';

type Stores = { db: Db; bucket: R2Bucket };

/** So long a caller waits for classes to be embedded, in ms, before it is told to come back. */
const PATIENCE_MS = 2000;

/**
 * Embeds all that a version has not embedded yet of the project's classes, before it answers anybody.
 * What was done before a crash is not done again.
 */
export async function* embedAll(
  stores: Stores,
  project: string,
  version: number,
  encoder: Encoder,
): Run<void> {
  for await (const { left, total } of embedMissing(stores, project, version, encoder))
    yield 1 - left / total;
}

/** As much of it as a caller has the patience for. @returns whether that is all */
export async function embedSome(
  stores: Stores,
  project: string,
  version: number,
  encoder: Encoder,
): Promise<boolean> {
  const run = embedAll(stores, project, version, encoder);
  const { done = false } = await advance(run, PATIENCE_MS);
  await run.return();
  return done;
}
