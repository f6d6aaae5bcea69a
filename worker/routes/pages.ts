import type { Context, Hono } from 'hono';
import type { App } from '../app.ts';

/** The three pages and their files, from the assets that the build left. */
export function pages(app: Hono<App>): void {
  const serve = (file?: string) => (c: Context<App>) =>
    c.env.ASSETS.fetch(file ? new Request(new URL(file, c.req.url), c.req.raw) : c.req.raw);
  app.get('/', serve('/'));
  app.get('/admin', serve('/admin'));
  app.get('/playground', serve('/playground'));
  app.get('/assets/*', serve());
  app.get('/samples/*', serve());
  app.get('/favicon.svg', serve());
}
