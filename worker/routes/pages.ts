import type { Context, Hono } from 'hono';
import type { App } from '../handler.ts';

/** The three pages and their files, and the library for pages of other sites, as the build left them. */
export function pages(app: Hono<App>): void {
  for (const page of ['/', '/admin', '/playground', '/icon.svg', '/samples/*'])
    app.get(page, asset);
  app.get('/assets/*', async (c) => forEver(await asset(c)));
  app.get('/sdk.js', async (c) => forAnySite(await asset(c)));
  app.get('/sdk/*', async (c) => forAnySite(forEver(await asset(c))));
}

/** Named by their content, so a browser may keep them for ever. */
function forEver(found: Response): Response {
  if (!found.ok) return found;
  const kept = new Response(found.body, found);
  kept.headers.set('cache-control', 'public, max-age=31536000, immutable');
  return kept;
}

/** Public code: what it may ask for, each project decides. */
function forAnySite(found: Response): Response {
  const open = new Response(found.body, found);
  open.headers.set('access-control-allow-origin', '*');
  open.headers.set('cross-origin-resource-policy', 'cross-origin');
  return open;
}

function asset(c: Context<App>): Promise<Response> {
  return c.env.ASSETS.fetch(c.req.raw);
}
