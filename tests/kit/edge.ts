import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { buildAll, ROOT } from '../../client/cli/edge/build.ts';
import { startEdge, type Edge } from '../../client/cli/edge/edge.ts';
import { Api } from '../../client/net/api.ts';
import { exclusively } from './lock.ts';

export type TestEdge = Edge & { admin: Api; anyone: Api };

/** Once the machine is busy, building the pages and the worker takes a while. */
export const START_MS = 240_000;

/** A real workerd with D1, R2 and Durable Objects, on disk where a folder is named. */
export async function startTestEdge(folder?: string): Promise<TestEdge> {
  const say = () => undefined;
  await exclusively(join(ROOT, '.shoal/build/lock'), () => buildAll(say));
  const edge = await startEdge({ port: 0, say, ...(folder ? { folder } : {}) });
  return { ...edge, admin: new Api(edge.origin, edge.adminToken), anyone: new Api(edge.origin) };
}

/** One in memory, for all tests of a file. */
export function useEdge(): { current: TestEdge } {
  const held = {} as { current: TestEdge };
  beforeAll(async () => {
    held.current = await startTestEdge();
  }, START_MS);
  afterAll(() => held.current?.stop());
  return held;
}
