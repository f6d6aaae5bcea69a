import { Problem } from '../../shared/api/problem.ts';
import type { Handlers } from '../handler.ts';
import { createEncoder } from '../classify/encoder.ts';
import { getWeights } from '../registry/blobs.ts';
import { findLive, getProject, openDb, recipeFor, toProject } from '../registry/projects.ts';
import { getVersion, listVersions, makeLive, servedVersions } from '../registry/versions.ts';
import { loadTf } from '../tf.ts';

export const versions: Handlers<'listVersions' | 'rollback'> = {
  async listVersions(c) {
    const db = openDb(c.env.DB);
    const { id } = await getProject(db, c.req.param('project') as string);
    return listVersions(db, id);
  },

  async rollback(c) {
    const db = openDb(c.env.DB);
    const project = await getProject(db, c.req.param('project') as string);
    const named = c.req.param('version') as string;
    const row = await getVersion(db, project.id, /^\d{1,9}$/.test(named) ? Number(named) : -1);
    if (!(await servedVersions(db, project.id)).has(row.number))
      throw new Problem(
        704,
        `version ${row.number} was worse than what was live, and never went live`,
      );
    const weights = await getWeights(c.env.BLOBS, row.weights);
    const encoder = createEncoder(await loadTf(), recipeFor(project).model, weights);
    try {
      await makeLive({ db, bucket: c.env.BLOBS, encoder, act: 'rollback' }, row);
    } finally {
      encoder.dispose();
    }
    await c.env.COORDINATOR.getByName(project.id).moved(row.number, row.weights);
    return toProject(project, await findLive(db, project.id));
  },
};
