import type { Context, MiddlewareHandler } from 'hono';
import type { Env } from '../env.ts';
import type { App } from '../handler.ts';
import { count } from '../observe/count.ts';
import { describe, isWritten, write, type Line } from '../observe/log.ts';
import { EDGE, entriesOf, type Answered } from '../observe/requests.ts';

/**
 * Counts every request, times it, and writes a line where it is worth one. On Cloudflare clocks stand
 * still while a worker computes: times are what passed up to the last input or output.
 */
export const observe: MiddlewareHandler<App> = async function observeRequest(c, next) {
  const start = Date.now();
  await next();
  const { status } = c.res;
  // A line that stays open is no request that was answered.
  if (status === 101) return;
  const answered = answeredOf(c, status, Date.now() - start);
  const sent = count(c.env, EDGE, entriesOf(answered));
  if (sent) c.executionCtx.waitUntil(sent);
  report(c.env, answered);
  const line = lineOf(c, answered);
  if (isWritten(line, c.env.LOG ?? 'notable')) write(line);
};

function answeredOf(c: Context<App>, status: number, ms: number): Answered {
  const [project, problem] = [c.get('project'), c.get('problem')];
  return {
    ...{ route: c.get('route') ?? 'page', status, ms },
    ...(project === undefined ? {} : { project }),
    ...(problem === undefined ? {} : { problem }),
  };
}

function lineOf(c: Context<App>, answered: Answered): Line {
  const [actor, error] = [c.get('actor'), c.get('error')];
  return {
    level: answered.status >= 500 ? 'error' : 'info',
    ...{ request: c.get('requestId'), method: c.req.method, ...answered },
    ...(actor === undefined ? {} : { actor }),
    ...(error === undefined ? {} : { error: describe(error) }),
  };
}

/** Where the platform keeps time series of its own: Workers Analytics Engine. */
function report(env: Env, { route, status, ms, project = '', problem }: Answered): void {
  env.ANALYTICS?.writeDataPoint({
    // 96 bytes at most; whoever makes up a longer name has no project.
    indexes: [project.slice(0, 48)],
    blobs: [route, String(status), String(problem ?? '')],
    doubles: [ms],
  });
}
