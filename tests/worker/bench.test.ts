import { readlinkSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { aggregate } from '../bench/aggregate.ts';
import { watchMemory } from '../bench/memory.ts';
import { quantile } from '../bench/quantile.ts';
import { START_MS, useEdge } from '../kit/edge.ts';

const isLinux = process.platform === 'linux';
/** It builds pages and worker under the lock, so that the bench's own edge finds them built. */
const edge = useEdge();

describe('what the benches measure with', () => {
  it('takes quantiles that were measured', () => {
    expect([0, 0.5, 0.95, 1].map((q) => quantile([3, 1, 2, 4], q))).toEqual([1, 3, 4, 4]);
    expect(() => quantile([], 0.5)).toThrow('nothing was measured');
  });

  it.runIf(isLinux)('finds the workerd of an edge', () => {
    const pid = edge.current.pid();
    expect(readlinkSync(`/proc/${pid}/exe`)).toMatch(/workerd$/);
  });

  it.runIf(isLinux)('sees a peak that is over before the next sample', () => {
    const watch = watchMemory(process.pid)!;
    const { buffer } = new Uint8Array(200e6).fill(1);
    // Given back at once, and not by the garbage collector's leave.
    (buffer as ArrayBuffer & { transfer(length: number): ArrayBuffer }).transfer(0);
    expect(watch.stop() - watch.idleMb).toBeGreaterThan(150);
  });
});

describe('aggregate', () => {
  it(
    'runs a small crowd through the worker and counts every delta',
    async () => {
      const options = { volunteers: '2,3', parameters: '90000' };
      const { figures } = await aggregate({ options, say: () => undefined });
      const { parameters, roundSeconds, memoryGrowth, ...rest } = figures;
      expect(Math.abs(parameters! - 90_000)).toBeLessThan(6144);
      expect(roundSeconds).toBeGreaterThanOrEqual(rest['downloadSeconds']!);
      expect(rest['updatesPerSecond']! * rest['uploadSeconds']!).toBeCloseTo(3);
      if (isLinux) expect(memoryGrowth).toBeGreaterThan(0);
    },
    START_MS,
  );
});
