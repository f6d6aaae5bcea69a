import { Problem } from '../../shared/api/problem.ts';
import { ROUTES } from '../../shared/api/routes.ts';
import { NewClassSchema } from '../../shared/api/schemas.ts';
import type { Handlers } from '../handler.ts';
import { encoderOf } from '../classify/cache.ts';
import { readImages } from '../classify/read.ts';
import { readJson } from '../middleware/body.ts';
import { addClass, listClasses, removeClass } from '../registry/classes.ts';
import { getProject, openDb } from '../registry/projects.ts';

export const classes: Handlers<'listClasses' | 'addClass' | 'removeClass'> = {
  async listClasses(c) {
    const db = openDb(c.env.DB);
    const { id } = await getProject(db, c.req.param('project') as string);
    return listClasses(db, id);
  },

  async addClass(c) {
    const { name, examples } = await readJson(c, NewClassSchema, ROUTES.addClass.body.limit);
    const db = openDb(c.env.DB);
    const project = await getProject(db, c.req.param('project') as string);
    if (examples.length === 0)
      throw new Problem(601, `the class "${name}" came without an example`);
    const pixels = await readImages(examples, project.plan.input);
    const bucket = c.env.BLOBS;
    return addClass(
      { db, bucket, encoderOf: (live) => encoderOf(bucket, project, live) },
      { project: project.id, name, pixels, count: examples.length },
    );
  },

  async removeClass(c) {
    const db = openDb(c.env.DB);
    const { id } = await getProject(db, c.req.param('project') as string);
    return removeClass(db, id, c.req.param('class') as string);
  },
};
