import { Problem } from '../../shared/api/problem.ts';
import { ROUTES } from '../../shared/api/routes.ts';
import type { Handlers } from '../handler.ts';
import { encoderOf } from '../classify/cache.ts';
import { embedSome } from '../finetune/embed.ts';
import { readJson } from '../middleware/body.ts';
import { beginCanary, endCanary, readCanary } from '../registry/canary.ts';
import { getLive, getProject, openDb } from '../registry/projects.ts';
import { getAvailable } from '../registry/versions.ts';

const { body, reply } = ROUTES.putCanary;

export const canary: Handlers<'getCanary' | 'putCanary' | 'endCanary'> = {
  async getCanary(c) {
    const db = openDb(c.env.DB);
    const { id } = await getProject(db, c.req.param('project') as string);
    return readCanary(c.env, db, id);
  },

  async putCanary(c) {
    const [db, bucket] = [openDb(c.env.DB), c.env.BLOBS];
    const { version, share } = await readJson(c, body.json, body.limit);
    const project = await getProject(db, c.req.param('project') as string);
    const { id } = project;
    const row = await getAvailable(db, id, version);
    const live = await getLive(db, id);
    if (live.version === version) throw new Problem(713, `version ${version} is live`);
    const encoder = await encoderOf(bucket, project, { ...live, weights: row.weights });
    if (!(await embedSome({ db, bucket }, id, version, encoder))) {
      const order = { kind: 'canary', project: id, version, share } as const;
      const task = await c.env.FINETUNER.getByName(id).order(order);
      return c.json({ canary: null, task }, reply.later);
    }
    await beginCanary(db, id, { version, share });
    return { canary: await readCanary(c.env, db, id), task: null };
  },

  async endCanary(c) {
    const db = openDb(c.env.DB);
    const { id } = await getProject(db, c.req.param('project') as string);
    return endCanary(c.env, db, id);
  },
};
