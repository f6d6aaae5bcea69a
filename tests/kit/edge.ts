import { afterAll, beforeAll } from 'vitest';
import { startEdge, type Edge } from '../../client/cli/edge/edge.ts';
import { Api } from '../../client/net/api.ts';

export type TestEdge = Edge & { admin: Api; anyone: Api };

/** A real workerd with D1, R2 and Durable Objects in memory, for all tests of a file. */
export function useEdge(): { current: TestEdge } {
  const held = {} as { current: TestEdge };
  beforeAll(async () => {
    const edge = await startEdge({ port: 0, say: () => undefined });
    held.current = { ...edge, admin: new Api(edge.origin, edge.adminToken), anyone: new Api(edge.origin) };
  }, 120_000);
  afterAll(() => held.current?.stop());
  return held;
}
