import { Hono, type Context } from 'hono';
import { Problem } from '../shared/api/problem.ts';
import { ROUTES, type Route, type RouteName } from '../shared/api/routes.ts';
import { checkEnv } from './env.ts';
import type { App, Handler } from './handler.ts';
import { access } from './middleware/access.ts';
import { secureHeaders } from './middleware/headers.ts';
import { linger } from './middleware/linger.ts';
import { trace } from './middleware/trace.ts';
import { classes } from './routes/classes.ts';
import { classify } from './routes/classify.ts';
import { deltas } from './routes/deltas.ts';
import { docs } from './routes/docs.ts';
import { health } from './routes/health.ts';
import { pages } from './routes/pages.ts';
import { projects } from './routes/projects.ts';
import { socket } from './routes/socket.ts';
import { training } from './routes/training.ts';
import { versions } from './routes/versions.ts';
import { volunteers } from './routes/volunteers.ts';
import { weights } from './routes/weights.ts';

/** Exhaustive: a route in the table without a handler does not compile. */
const HANDLERS: { [N in RouteName]: Handler<N> } = {
  ...health,
  ...projects,
  ...training,
  ...volunteers,
  ...weights,
  ...deltas,
  ...versions,
  ...classify,
  ...classes,
};

/** The edge's HTTP side: the route table with its handlers, and one translator from errors to problems. */
export function createApp(): Hono<App> {
  const app = new Hono<App>();
  app.use(trace, secureHeaders, linger);
  app.use(async (c, next) => {
    checkEnv(c.env);
    await next();
  });
  for (const name of Object.keys(ROUTES) as RouteName[]) {
    const route: Route = ROUTES[name];
    app.on(route.method, route.path, access(route.access), async (c) => {
      const reply = await (HANDLERS[name] as (c: Context<App>) => Promise<unknown>)(c);
      return reply instanceof Response ? reply : c.json(reply as object, route.reply.status as 200);
    });
  }
  socket(app);
  docs(app);
  pages(app);
  app.notFound((c) => {
    throw new Problem(103, `nothing is at ${c.req.method} ${c.req.path}`);
  });
  app.onError((error, c) => toProblem(error, c));
  return app;
}

function toProblem(error: Error, c: Context<App>): Response {
  const known = error instanceof Problem;
  if (!known) console.error(c.get('requestId'), error);
  const problem = known ? error : new Problem(901, 'an error that we did not foresee');
  const { retryAfter } = problem.hints;
  const body = JSON.stringify(problem.body(`urn:uuid:${c.get('requestId')}`));
  return new Response(body, {
    status: problem.status,
    headers: {
      'content-type': 'application/problem+json',
      'x-request-id': c.get('requestId'),
      ...(retryAfter === undefined ? {} : { 'retry-after': String(Math.ceil(retryAfter)) }),
    },
  });
}
