import type { Hono } from 'hono';
import { Problem } from '../../shared/api/problem.ts';
import { shardsOf } from '../../shared/rounds/shards.ts';
import type { App } from '../handler.ts';
import { limitAddress } from '../middleware/access.ts';
import { cors } from '../middleware/cors.ts';
import { getProject, openDb } from '../registry/projects.ts';
import { shardName } from '../rounds/shard.ts';

const PATH = '/v1/projects/:project/socket/';

/** socket.io's address, polling and upgrade alike: handed to one of the project's shards as it is. */
export function socket(app: Hono<App>): void {
  app.all(PATH, cors({ path: PATH }), async (c) => {
    // Who has a session goes on with it; opening one after another is what floods a shard.
    if (c.req.query('sid') === undefined) await limitAddress(c, 'address');
    const { id, plan } = await getProject(openDb(c.env.DB), c.req.param('project') as string);
    const shard = Number(c.req.query('shard') ?? '0');
    const last = shardsOf(plan) - 1;
    if (!(Number.isInteger(shard) && shard >= 0 && shard <= last))
      throw new Problem(101, `shard: "${c.req.query('shard')}" is not 0 to ${last}`);
    return c.env.SHARD.getByName(shardName(id, shard)).fetch(c.req.raw);
  });
}
