import { Problem } from '../../shared/api/problem.ts';
import { ROUTES } from '../../shared/api/routes.ts';
import { listAudit } from '../access/audit.ts';
import type { Handlers } from '../handler.ts';
import { check } from '../middleware/body.ts';
import { openDb } from '../registry/projects.ts';

export const audit: Handlers<'listAudit'> = {
  listAudit(c) {
    const { project, before, limit } = check(ROUTES.listAudit.query, c.req.query());
    const caller = c.get('caller');
    const own = caller?.kind === 'key' ? caller.key.project : null;
    if (own !== null && project !== undefined && project !== own)
      throw new Problem(207, `the key is for "${own}"`);
    return listAudit(openDb(c.env.DB), { project: own ?? project ?? null, before, limit });
  },
};
