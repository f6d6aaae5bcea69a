import type * as v from 'valibot';
import { Problem } from '../../shared/api/problem.ts';
import { ROUTES } from '../../shared/api/routes.ts';
import type { Handlers } from '../handler.ts';
import { readJson } from '../middleware/body.ts';
import { getProject, openDb } from '../registry/projects.ts';

const StartSchema = ROUTES.startTraining.body.json;

export const training: Handlers<'startTraining' | 'stopTraining' | 'listRounds'> = {
  async startTraining(c) {
    const { rounds }: v.InferOutput<typeof StartSchema> = await readJson(
      c,
      StartSchema,
      ROUTES.startTraining.body.limit,
    );
    const { id } = await getProject(openDb(c.env.DB), c.req.param('project') as string);
    const state = await c.env.COORDINATOR.getByName(id).start(rounds);
    if (!state) throw new Problem(412, `rounds of "${id}" are under way`);
    return state;
  },

  async stopTraining(c) {
    const { id } = await getProject(openDb(c.env.DB), c.req.param('project') as string);
    return c.env.COORDINATOR.getByName(id).stop();
  },

  async listRounds(c) {
    const { id } = await getProject(openDb(c.env.DB), c.req.param('project') as string);
    return c.env.COORDINATOR.getByName(id).rounds();
  },
};
