import type { Context, Hono, MiddlewareHandler } from 'hono';
import type { Route } from '../../shared/api/route.ts';
import type { App } from '../handler.ts';
import { openDb } from '../registry/projects.ts';
import { recentSettings, SETTINGS_MS } from '../registry/settings.ts';

/** What a page of another site may read of a reply, beside what any may. */
const EXPOSED = 'x-request-id, retry-after, etag, content-disposition';

type Origins = (c: Context<App>) => Promise<string | null>;

/**
 * Which sites may call a route from a browser: those that its project names, and all where bytes
 * that are public are named by their content. Nobody else's: the admin's routes of no project, the
 * pages. There are no cookies to be abused: whoever calls shows a key or a ticket, or is nobody.
 */
function originsOf({ path }: Pick<Route, 'path'>): Origins | undefined {
  if (path.includes(':project')) return namedByProject;
  return path.includes(':hash') ? async () => '*' : undefined;
}

/** @returns null for the edge's own pages, for what is no browser, and for sites that are not named. */
const namedByProject: Origins = async (c) => {
  const origin = c.req.header('origin');
  if (!origin || origin === new URL(c.req.url).origin) return null;
  const project = c.req.param('project') as string;
  const { origins } = await recentSettings(openDb(c.env.DB), project);
  return origins.includes(origin) || origins.includes('*') ? origin : null;
};

/** Says on every reply of the route, refusals too, who may read it. */
export function cors(route: Pick<Route, 'path'>): MiddlewareHandler<App> {
  const origins = originsOf(route);
  return async function addCorsHeaders(c, next) {
    const allowed = origins ? await origins(c) : null;
    await next();
    if (!origins || c.res.status === 101) return;
    c.header('vary', 'origin', { append: true });
    if (allowed === null) return;
    c.header('access-control-allow-origin', allowed);
    c.header('access-control-expose-headers', EXPOSED);
    c.header('cross-origin-resource-policy', 'cross-origin');
  };
}

/** Answers what a browser asks before it calls; a site that is not allowed hears nothing of it. */
export function preflights(app: Hono<App>, routes: readonly Route[]): void {
  for (const path of new Set(routes.map((route) => route.path))) {
    const here = routes.filter((route) => route.path === path);
    const origins = originsOf(here[0] as Route);
    if (!origins) continue;
    const methods = here.map(({ method }) => method).join(', ');
    const named = here.flatMap(({ headers = {} }) => Object.keys(headers));
    const headers = ['authorization', 'content-type', ...new Set(named)].join(', ');
    app.options(path, async (c) => {
      const allowed = await origins(c);
      c.header('vary', 'origin');
      if (allowed === null) return c.body(null, 204);
      c.header('access-control-allow-origin', allowed);
      c.header('access-control-allow-methods', methods);
      c.header('access-control-allow-headers', headers);
      c.header('access-control-max-age', String(SETTINGS_MS / 1000));
      return c.body(null, 204);
    });
  }
}
