import { Hono, type Context, type MiddlewareHandler } from 'hono';
import { Problem } from '../shared/api/problem.ts';
import type { Route } from '../shared/api/route.ts';
import { ROUTES, type RouteName } from '../shared/api/routes.ts';
import { checkEnv } from './env.ts';
import type { App, Handler } from './handler.ts';
import { access } from './middleware/access.ts';
import { audited } from './middleware/audit.ts';
import { cors, preflights } from './middleware/cors.ts';
import { secureHeaders } from './middleware/headers.ts';
import { linger } from './middleware/linger.ts';
import { observe } from './middleware/observe.ts';
import { trace } from './middleware/trace.ts';
import { audit } from './routes/audit.ts';
import { canary } from './routes/canary.ts';
import { classes } from './routes/classes.ts';
import { classify } from './routes/classify.ts';
import { deltas } from './routes/deltas.ts';
import { docs } from './routes/docs.ts';
import { embed } from './routes/embed.ts';
import { examples } from './routes/examples.ts';
import { exports } from './routes/exports.ts';
import { health } from './routes/health.ts';
import { keys } from './routes/keys.ts';
import { metrics } from './routes/metrics.ts';
import { pages } from './routes/pages.ts';
import { projects } from './routes/projects.ts';
import { revisions } from './routes/revisions.ts';
import { settings } from './routes/settings.ts';
import { socket } from './routes/socket.ts';
import { training } from './routes/training.ts';
import { versions } from './routes/versions.ts';
import { volunteers } from './routes/volunteers.ts';
import { weights } from './routes/weights.ts';

/** Exhaustive: a route in the table without a handler does not compile. */
const HANDLERS: { [N in RouteName]: Handler<N> } = {
  ...health,
  ...metrics,
  ...projects,
  ...training,
  ...volunteers,
  ...weights,
  ...deltas,
  ...versions,
  ...exports,
  ...canary,
  ...classify,
  ...embed,
  ...classes,
  ...examples,
  ...revisions,
  ...settings,
  ...keys,
  ...audit,
};

/** The edge's HTTP side: the route table with its handlers, and one translator from errors to problems. */
export function createApp(): Hono<App> {
  const app = new Hono<App>();
  app.use(trace, observe, secureHeaders, linger);
  app.use(async (c, next) => {
    checkEnv(c.env);
    await next();
  });
  for (const name of Object.keys(ROUTES) as RouteName[]) {
    const route: Route = ROUTES[name];
    const [allow, note, guard] = [cors(route), audited(name), access(route)];
    app.on(route.method, route.path, named(name), allow, note, guard, async (c) => {
      const reply = await (HANDLERS[name] as (c: Context<App>) => Promise<unknown>)(c);
      return reply instanceof Response ? reply : c.json(reply as object, route.reply.status as 200);
    });
  }
  preflights(app, Object.values(ROUTES));
  socket(app);
  docs(app);
  pages(app);
  app.notFound((c) => {
    throw new Problem(103, `nothing is at ${c.req.method} ${c.req.path}`);
  });
  app.onError((error, c) => toProblem(error, c));
  return app;
}

/** For whoever looks at the request afterwards. */
function named(route: RouteName): MiddlewareHandler<App> {
  return async function nameRequest(c, next) {
    c.set('route', route);
    c.set('project', c.req.param('project'));
    await next();
  };
}

function toProblem(error: Error, c: Context<App>): Response {
  const known = error instanceof Problem;
  const problem = known ? error : new Problem(901, 'an error that we did not foresee');
  c.set('problem', problem.code);
  if (!known) c.set('error', error);
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
