import type { MiddlewareHandler } from 'hono';
import type { RouteName } from '../../shared/api/routes.ts';
import { writeAudit } from '../access/audit.ts';
import type { App } from '../handler.ts';
import { openDb } from '../registry/projects.ts';

/**
 * Writes down what a known admin did, or tried and was refused: everything but reading. Before the
 * reply and not behind it: an act that nobody can find is worse than the millisecond or two, and when
 * the row cannot be written the admin must hear of it. Also when the caller has hung up meanwhile.
 */
export function audited(act: RouteName): MiddlewareHandler<App> {
  return async function writeDownAct(c, next) {
    const noted = async () => {
      await next();
      const actor = c.get('actor');
      if (actor === undefined || c.req.method === 'GET') return;
      await writeAudit(openDb(c.env.DB), {
        ...{ at: Date.now(), actor, act, subject: c.req.path },
        project: c.req.param('project') ?? null,
        ...{ status: c.res.status, request: c.get('requestId') },
      });
    };
    const work = noted();
    c.executionCtx.waitUntil(work);
    await work;
  };
}
