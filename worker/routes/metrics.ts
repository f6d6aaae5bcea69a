import { ROUTES } from '../../shared/api/routes.ts';
import type { Env } from '../env.ts';
import type { Handlers } from '../handler.ts';
import type { Reading } from '../observe/counters.ts';
import { family, histogram, type Sample } from '../observe/exposition.ts';
import { EDGE, labelsOf, type Metric } from '../observe/requests.ts';
import { allProjects, openDb, type Live } from '../registry/projects.ts';

export const metrics: Handlers<'metrics'> = {
  async metrics(c) {
    const [reading, projects] = await Promise.all([
      c.env.COUNTERS.getByName(EDGE).read(''),
      standings(c.env),
    ]);
    const text = [...ofRequests(reading), ...ofProjects(projects)].join('');
    return new Response(text, { headers: { 'content-type': ROUTES.metrics.reply.type } });
  },
};

function ofRequests({ counts, observed }: Reading): string[] {
  const samples = (wanted: Metric): Sample[] =>
    Object.entries(counts).flatMap(([name, value]) => {
      const found = labelsOf(name);
      return found?.metric === wanted ? [{ labels: found.labels, value }] : [];
    });
  const counter = (name: string, help: string, wanted: Metric) =>
    family({ name: `shoal_${name}_total`, type: 'counter', help }, samples(wanted));
  const times = Object.entries(observed).flatMap(([name, { buckets, sum }]) => {
    const found = labelsOf(name);
    return found?.metric === 'ms' ? [{ labels: found.labels, buckets, sum }] : [];
  });
  return [
    counter('requests', 'Requests answered.', 'requests'),
    counter('problems', 'Requests refused, by the number of the problem.', 'problems'),
    counter('deltas_accepted', 'Deltas acknowledged, repeated ones included.', 'accepted'),
    counter('deltas_refused', 'Deltas refused, by the number of the problem.', 'refused'),
    histogram('shoal_request_seconds', 'Time to answer a request.', times),
  ];
}

type Standing = {
  project: string;
  live: Live | null;
  volunteers: number;
  rounds: Record<string, number>;
};

async function standings(env: Env): Promise<Standing[]> {
  const all = await allProjects(openDb(env.DB));
  return Promise.all(
    all.map(async ({ row: { id }, live }) => {
      const { volunteers, rounds } = await env.COORDINATOR.getByName(id).counts();
      return { project: id, live, volunteers, rounds };
    }),
  );
}

function ofProjects(all: Standing[]): string[] {
  const gauge = (name: string, help: string, value: (one: Standing) => number) =>
    family(
      { name: `shoal_${name}`, type: 'gauge', help },
      all.map((one) => ({ labels: { project: one.project }, value: value(one) })),
    );
  const rounds = all.flatMap(({ project, rounds: counted }) =>
    Object.entries(counted).map(([outcome, value]) => ({ labels: { project, outcome }, value })),
  );
  return [
    gauge(
      'live_version',
      'Version that answers; 0 before the first.',
      ({ live }) => live?.version ?? 0,
    ),
    gauge('live_revision', 'Revision that answers.', ({ live }) => live?.revision ?? 0),
    gauge('volunteers', 'Volunteers that are here.', ({ volunteers }) => volunteers),
    family({ name: 'shoal_rounds_total', type: 'counter', help: 'Rounds that ended.' }, rounds),
  ];
}
