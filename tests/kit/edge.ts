import { afterAll, beforeAll } from 'vitest';
import { startEdge, type Edge, type EdgeOptions } from '../../client/cli/edge/edge.ts';
import { Api } from '../../client/net/api.ts';

export type TestEdge = Edge & { admin: Api; anyone: Api };

/** On a busy machine workerd takes its time to start. */
export const START_MS = 120_000;

/** What an edge is told beside where to keep its data. */
type Told = Pick<EdgeOptions, 'vars' | 'limits' | 'onPersist'>;

/** A real workerd with D1, R2 and Durable Objects, on disk where a folder is named. */
export async function startTestEdge(folder?: string, told: Told = {}): Promise<TestEdge> {
  const say = () => undefined;
  // Built before any test (built.ts).
  const options = { port: 0, say, isBuilt: true, ...told };
  const edge = await startEdge({ ...options, ...(folder ? { folder } : {}) });
  return { ...edge, admin: new Api(edge.origin, edge.adminToken), anyone: new Api(edge.origin) };
}

/** One in memory, for all tests of a file. */
export function useEdge(told: Told = {}): { current: TestEdge } {
  const held = {} as { current: TestEdge };
  beforeAll(async () => {
    held.current = await startTestEdge(undefined, told);
  }, START_MS);
  afterAll(() => held.current?.stop());
  return held;
}
