import type { Context } from 'hono';
import { Problem } from '../../shared/api/problem.ts';
import { pixelsOf } from '../../shared/images/image-set.ts';
import type { App } from '../handler.ts';
import { openDb, type Live, type ProjectRow } from '../registry/projects.ts';
import type { Asked } from './asked.ts';
import { classifierOf, encoderOf } from './cache.ts';
import type { Classifier } from './classify.ts';
import type { Inferred } from './encoder.ts';
import { liveFor } from './live.ts';

/** What one request is answered with, all of one version and one revision. */
export type Served = { inferred: Inferred; live: Live };

/** How new what is live must be, and of an embedding the version that made it. */
export type Wanted = { minRevision: number; version?: number | undefined };

/**
 * What the live version makes of what is asked: one pass of the network for all of it.
 * @throws Problem 101, 504, 505 for an embedding, 702, 706
 */
export async function infer(
  c: Context<App>,
  project: ProjectRow,
  asked: Asked,
  wanted: Wanted,
): Promise<Served> {
  const live = await liveAsked(c, project, asked, wanted);
  return { inferred: await inferBy(c, project, asked, live), live };
}

/** The version and revision that a request is answered with. @throws Problem 101, 505, 702, 706 */
export function liveAsked(
  c: Context<App>,
  project: ProjectRow,
  asked: Asked,
  wanted: Wanted,
): Promise<Live> {
  return 'images' in asked ? liveNow(c, project, wanted) : liveOf(c, project, wanted);
}

/** What a version makes of what is asked. @throws Problem 504 */
export async function inferBy(
  c: Context<App>,
  project: ProjectRow,
  asked: Asked,
  version: Live,
): Promise<Inferred> {
  const encoder = await encoderOf(c.env.BLOBS, project, version);
  if ('images' in asked)
    return encoder.infer(asked.images, asked.images.length / pixelsOf(project.plan.input));
  refuseUnread(asked, encoder.features);
  return encoder.inferFrom(asked.embeddings);
}

/** The classes to answer with, of the same version and revision. */
export function classesFor(c: Context<App>, project: ProjectRow, live: Live): Promise<Classifier> {
  return classifierOf({ db: openDb(c.env.DB), bucket: c.env.BLOBS }, project, live);
}

/** Who changes classes sees the change in the next answer; all others within a second, or by minRevision. */
function liveNow(
  c: Context<App>,
  { id }: ProjectRow,
  { minRevision }: Wanted,
  fresh = isAdmin(c),
): Promise<Live> {
  return liveFor(openDb(c.env.DB), id, { fresh, minRevision });
}

function isAdmin(c: Context<App>): boolean {
  const caller = c.get('caller');
  return caller?.kind === 'root' || (caller?.kind === 'key' && caller.key.role === 'admin');
}

/** An embedding means nothing to another version than the one that made it. @throws Problem 101, 505 */
async function liveOf(c: Context<App>, project: ProjectRow, wanted: Wanted): Promise<Live> {
  const { version } = wanted;
  if (version === undefined)
    throw new Problem(101, 'version: an embedding needs the version that made it');
  const known = await liveNow(c, project, wanted);
  // The version may have gone live since this isolate last looked.
  const live = known.version === version ? known : await liveNow(c, project, wanted, true);
  if (live.version !== version)
    throw new Problem(505, `version ${version} made it, and version ${live.version} is live`);
  return live;
}

/** Far longer than any network's, and short enough that no logit overflows. */
const LONGEST = 1e6;

/** @throws Problem 504 */
function refuseUnread(
  { embeddings, most }: Extract<Asked, { embeddings: unknown }>,
  features: number,
): void {
  const count = embeddings.length / features;
  if (count < 1 || count > most || !Number.isInteger(count))
    throw new Problem(
      504,
      `${embeddings.length} numbers, an embedding has ${features}, and at most ${most} of them are read`,
    );
  for (let i = 0; i < count; i++) {
    const length = Math.hypot(...embeddings.subarray(i * features, (i + 1) * features));
    if (!(length > 0 && length <= LONGEST))
      throw new Problem(504, `embedding ${i} has the length ${length}`, { index: i });
  }
}
