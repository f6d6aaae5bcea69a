import { ROUTES } from '../../shared/api/routes.ts';
import { Problem } from '../../shared/api/problem.ts';
import type { Handlers } from '../handler.ts';
import { encoderOf } from '../classify/cache.ts';
import { embedSome } from '../finetune/embed.ts';
import { check, mediaType, readBytes } from '../middleware/body.ts';
import { putWeights } from '../registry/blobs.ts';
import { cardOf } from '../registry/cards.ts';
import { compareVersions } from '../registry/compare.ts';
import { readModel } from '../registry/import.ts';
import {
  findLive,
  getLive,
  getProject,
  openDb,
  recipeFor,
  toProject,
  type Db,
} from '../registry/projects.ts';
import {
  getAvailable,
  getVersion,
  listVersions,
  makeLive,
  servedVersions,
  type VersionRow,
} from '../registry/versions.ts';

const { importVersion } = ROUTES;

export const versions: Handlers<
  'listVersions' | 'getVersion' | 'compareVersions' | 'makeLive' | 'importVersion' | 'getTask'
> = {
  async listVersions(c) {
    const db = openDb(c.env.DB);
    const { id } = await getProject(db, c.req.param('project') as string);
    return listVersions(db, id);
  },

  async getVersion(c) {
    const db = openDb(c.env.DB);
    const project = await getProject(db, c.req.param('project') as string);
    const number = numberOf(c.req.param('version') as string);
    return cardOf(c.env, project, await getVersion(db, project.id, number));
  },

  async compareVersions(c) {
    const db = openDb(c.env.DB);
    const project = await getProject(db, c.req.param('project') as string);
    const [first, second] = [c.req.param('version') as string, c.req.param('other') as string];
    const numbers = [numberOf(first), numberOf(second)] as const;
    return compareVersions({ db, bucket: c.env.BLOBS }, project, numbers);
  },

  async makeLive(c) {
    const { force } = check(ROUTES.makeLive.query, c.req.query());
    const [db, bucket] = [openDb(c.env.DB), c.env.BLOBS];
    const project = await getProject(db, c.req.param('project') as string);
    const { id } = project;
    const row = await getAvailable(db, id, numberOf(c.req.param('version') as string));
    const { number, weights } = row;
    const live = await getLive(db, id);
    const hasServed = (await servedVersions(db, id)).has(number);
    if (!hasServed && force === 'false') await refuseUnfit(db, row, live.version);
    const encoder = await encoderOf(bucket, project, { ...live, weights });
    const finetuner = c.env.FINETUNER.getByName(id);
    if (!(await embedSome({ db, bucket }, id, number, encoder))) {
      const task = await finetuner.order({ kind: 'promote', project: id, version: number });
      return c.json({ ...toProject(project, live), task }, ROUTES.makeLive.reply.later);
    }
    await makeLive({ db, bucket, encoder, act: hasServed ? 'rollback' : 'promote' }, row);
    await c.env.COORDINATOR.getByName(id).moved(number, weights);
    await finetuner.sweep(id);
    return { ...toProject(project, await findLive(db, id)), task: null };
  },

  async importVersion(c) {
    const { weights: hash } = check(importVersion.query, c.req.query());
    const db = openDb(c.env.DB);
    const project = await getProject(db, c.req.param('project') as string);
    const { limit, types } = importVersion.body;
    const bytes = await readBytes(c, limit, types);
    await getLive(db, project.id);
    const { layout } = recipeFor(project).model;
    const weights = await readModel(bytes, mediaType(c), layout, hash);
    return c.env.FINETUNER.getByName(project.id).order({
      ...{ kind: 'import', project: project.id },
      weights: await putWeights(c.env.BLOBS, weights),
    });
  },

  async getTask(c) {
    const { id } = await getProject(openDb(c.env.DB), c.req.param('project') as string);
    const named = c.req.param('task') as string;
    const task = await c.env.FINETUNER.getByName(id).task(named);
    if (!task) throw new Problem(714, `"${id}" has no task "${named}"`);
    return task;
  },
};

/** A version as an address names it; -1, which no version has, for anything else. */
export function numberOf(text: string): number {
  return /^\d{1,9}$/.test(text) ? Number(text) : -1;
}

/** @throws Problem 704 when a version that never served is worse than what does. */
async function refuseUnfit(db: Db, row: VersionRow, live: number): Promise<void> {
  const { validationAccuracy: mark } = await getVersion(db, row.project, live);
  if (row.validationAccuracy >= mark) return;
  const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
  throw new Problem(
    704,
    `version ${row.number} recognises ${percent(row.validationAccuracy)} of the validation images, the live version ${live} ${percent(mark)}`,
  );
}
