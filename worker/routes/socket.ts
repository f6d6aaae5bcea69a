import type { Hono } from 'hono';
import type { App } from '../handler.ts';
import { getProject, openDb } from '../registry/projects.ts';

/** socket.io's address, polling and upgrade alike: handed to the project's coordinator as it is. */
export function socket(app: Hono<App>): void {
  app.all('/v1/projects/:project/socket/', async (c) => {
    const { id } = await getProject(openDb(c.env.DB), c.req.param('project'));
    return c.env.COORDINATOR.getByName(id).fetch(c.req.raw);
  });
}
