// What an operator sees: the metrics of a real edge after requests that are known, and which of them are
// worth a line in the log.

import { setTimeout as pause } from 'node:timers/promises';
import { expect, test, describe } from 'vitest';
import { useEdge } from '../kit/edge.ts';
import { UNTOUCHED } from '../kit/project.ts';
import { openRound, outcomeOf } from '../kit/round.ts';
import { noise } from '../kit/volunteer.ts';
import { BOUNDS_MS } from '../../worker/observe/buckets.ts';
import { family, histogram } from '../../worker/observe/exposition.ts';
import { describe as describeError, isWritten, type Line } from '../../worker/observe/log.ts';
import { entriesOf, labelsOf } from '../../worker/observe/requests.ts';

const edge = useEdge();

/** Every sample of the text format, by its name and labels as written. */
async function scrape(): Promise<Map<string, number>> {
  const text = await (await edge.current.admin.fetch('metrics')).text();
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map((line) => {
      const at = line.lastIndexOf(' ');
      return [line.slice(0, at), Number(line.slice(at + 1))];
    }),
  );
}

/** Counts are told a second later, all at once. */
async function scrapeUntil(key: string, value: number): Promise<Map<string, number>> {
  for (;;) {
    const samples = await scrape();
    if ((samples.get(key) ?? 0) >= value) return samples;
    await pause(100);
  }
}

describe('the metrics', () => {
  test('count requests, problems and times by route', async () => {
    const { anyone } = edge.current;
    for (let i = 0; i < 3; i++) await anyone.call('health');
    await expect(anyone.call('getProject', { params: { project: 'none' } })).rejects.toThrow(
      'there is no project',
    );
    const samples = await scrapeUntil('shoal_problems_total{route="getProject",code="301"}', 1);
    expect(samples.get('shoal_requests_total{route="health",status="200"}')).toBe(3);
    expect(samples.get('shoal_requests_total{route="getProject",status="404"}')).toBe(1);
    expect(samples.get('shoal_request_seconds_count{route="health"}')).toBe(3);
    expect(samples.get('shoal_request_seconds_bucket{route="health",le="+Inf"}')).toBe(3);
  });

  test('count deltas, rounds and volunteers, and name what is live', async () => {
    const plan = { ...UNTOUCHED, round: { goal: 1, minimum: 1, overSelection: 1 } };
    const opened = await openRound(edge.current, 'observed', plan, { volunteers: 1 });
    const [one, assignment] = [opened.volunteers[0]!, opened.assignments[0]!];
    const delta = noise(one.size, 1, 1);
    const cut = one.encode(delta).slice(0, -1);
    expect((await one.post(assignment, cut)).body.code).toBe(402);
    await one.send(assignment, delta);
    await outcomeOf(edge.current, 'observed', 1, one.line);
    const samples = await scrapeUntil(
      'shoal_rounds_total{project="observed",outcome="promoted"}',
      1,
    );
    expect(samples.get('shoal_live_version{project="observed"}')).toBe(2);
    expect(samples.get('shoal_volunteers{project="observed"}')).toBe(1);
    const counted = await scrapeUntil('shoal_deltas_accepted_total{project="observed"}', 1);
    expect(counted.get('shoal_deltas_refused_total{project="observed",code="402"}')).toBe(1);
    one.leave();
  });

  test('are not for everybody', async () => {
    const reply = await fetch(`${edge.current.origin}/metrics`);
    expect(reply.status).toBe(401);
  });
});

describe('the text format', () => {
  test('escapes what a label may hold', () => {
    const samples = [{ labels: { a: 'x"y\\z\n' }, value: 1 }];
    expect(family({ name: 'n', type: 'gauge', help: 'h' }, samples)).toBe(
      '# HELP n h\n# TYPE n gauge\nn{a="x\\"y\\\\z\\n"} 1\n',
    );
  });

  test('has buckets that hold all that is smaller, in seconds', () => {
    const buckets = BOUNDS_MS.map(() => 0);
    buckets[0] = 2;
    buckets[3] = 1;
    const lines = histogram('n', 'h', [{ labels: {}, buckets: [...buckets, 4], sum: 5000 }]);
    expect(lines).toContain('n_bucket{le="0.001"} 2\n');
    expect(lines).toContain('n_bucket{le="0.003"} 2\n');
    expect(lines).toContain('n_bucket{le="0.005"} 3\n');
    expect(lines).toContain('n_bucket{le="+Inf"} 7\nn_sum 5\nn_count 7\n');
  });
});

describe('a counter’s name', () => {
  test('is read back as it was made', () => {
    const { counts = {} } = entriesOf({
      ...{ route: 'sendDelta', status: 409, ms: 3, project: 'p', problem: 407 },
    });
    expect(Object.keys(counts).map(labelsOf)).toEqual([
      { metric: 'requests', labels: { route: 'sendDelta', status: '409' } },
      { metric: 'problems', labels: { route: 'sendDelta', code: '407' } },
      { metric: 'refused', labels: { project: 'p', code: '407' } },
    ]);
  });

  test.each(['', 'canary 1 2 answered', 'requests a', 'toString a'])('%j is no metric', (name) => {
    expect(labelsOf(name)).toBeUndefined();
  });

  test('has no project that nobody vouched for', () => {
    const { counts = {} } = entriesOf({
      ...{ route: 'sendDelta', status: 401, ms: 1, project: 'made-up', problem: 201 },
    });
    expect(Object.keys(counts).some((name) => name.includes('made-up'))).toBe(false);
  });
});

describe('a line of the log', () => {
  const line: Line = {
    ...{ level: 'info', request: 'r', route: 'classify', method: 'POST', status: 200, ms: 5 },
  };

  test.each<[string, Partial<Line>, boolean]>([
    ['an ordinary request', {}, false],
    ['a refusal', { status: 404, problem: 301 }, false],
    ['an error of ours', { status: 500 }, true],
    ['an admin’s act', { actor: 'root' }, true],
    ['an admin who reads', { actor: 'root', method: 'GET' }, false],
    ['a slow one', { ms: 1000 }, true],
  ])('%s', (_, change, notable) => {
    expect(isWritten({ ...line, ...change }, 'notable')).toBe(notable);
    expect(isWritten({ ...line, ...change }, 'all')).toBe(true);
    expect(isWritten({ ...line, ...change }, 'errors')).toBe(change.status === 500);
  });

  test('has the stack of what was thrown', () => {
    expect(describeError(new Error('why'))).toMatch(/why[\s\S]*observe\.test/);
    expect(describeError('text')).toBe('text');
  });
});
