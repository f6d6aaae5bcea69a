import type { Context, Hono } from 'hono';
import type { App } from '../handler.ts';

/** The three pages and their files, from the assets that the build left. */
export function pages(app: Hono<App>): void {
  for (const page of ['/', '/admin', '/playground', '/icon.svg', '/samples/*'])
    app.get(page, asset);
  app.get('/assets/*', async (c) => {
    const found = await asset(c);
    if (!found.ok) return found;
    // Named by their content, so a browser may keep them for ever.
    const kept = new Response(found.body, found);
    kept.headers.set('cache-control', 'public, max-age=31536000, immutable');
    return kept;
  });
}

function asset(c: Context<App>): Promise<Response> {
  return c.env.ASSETS.fetch(c.req.raw);
}
