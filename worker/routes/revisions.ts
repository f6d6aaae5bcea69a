import { ROUTES } from '../../shared/api/routes.ts';
import { UndoSchema } from '../../shared/api/schemas/revisions.ts';
import type { Handlers } from '../handler.ts';
import { check, readJson } from '../middleware/body.ts';
import { getProject, openDb } from '../registry/projects.ts';
import { listRevisions, undo } from '../registry/revisions.ts';
import { toolsOf } from './classes.ts';

export const revisions: Handlers<'listRevisions' | 'undo'> = {
  async listRevisions(c) {
    const { before = Number.MAX_SAFE_INTEGER, limit } = check(
      ROUTES.listRevisions.query,
      c.req.query(),
    );
    const db = openDb(c.env.DB);
    const { id } = await getProject(db, c.req.param('project') as string);
    return listRevisions(db, id, { before, limit });
  },

  async undo(c) {
    const { revision } = await readJson(c, UndoSchema, ROUTES.undo.body.limit);
    return undo(await toolsOf(c), revision);
  },
};
