import type { Project } from '../../shared/api/schemas/projects.ts';
import { NewProjectSchema } from '../../shared/api/schemas/projects.ts';
import { ROUTES } from '../../shared/api/routes.ts';
import type { Handlers } from '../handler.ts';
import { readJson } from '../middleware/body.ts';
import { createProject } from '../registry/create.ts';
import { allProjects, findLive, getProject, openDb, toProject } from '../registry/projects.ts';

export const projects: Handlers<'listProjects' | 'createProject' | 'getProject'> = {
  async listProjects(c): Promise<Project[]> {
    const all = await allProjects(openDb(c.env.DB));
    return all.map(({ row, live }) => toProject(row, live));
  },

  async createProject(c) {
    const body = await readJson(c, NewProjectSchema, ROUTES.createProject.body.limit);
    const row = await createProject(openDb(c.env.DB), c.env.BLOBS, body);
    // Waking it up is enough: a coordinator that meets its project begins with the first version.
    await c.env.COORDINATOR.getByName(row.id).state();
    return toProject(row, null);
  },

  async getProject(c) {
    const db = openDb(c.env.DB);
    const row = await getProject(db, c.req.param('project') as string);
    const [live, training] = await Promise.all([
      findLive(db, row.id),
      c.env.COORDINATOR.getByName(row.id).state(),
    ]);
    return { project: toProject(row, live), training };
  },
};
