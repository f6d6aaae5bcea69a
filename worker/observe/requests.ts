import type { ProblemCode } from '../../shared/api/problem.ts';
import type { Entries } from './tally.ts';

/** The edge's own counters. No project can have this name. */
export const EDGE = '/edge';

/** A request that was answered. */
export type Answered = {
  route: string;
  status: number;
  ms: number;
  project?: string;
  problem?: ProblemCode;
};

/** What counters are called: a metric and its labels' values, none of which has a space in it. */
export const METRICS = {
  requests: ['route', 'status'],
  problems: ['route', 'code'],
  accepted: ['project'],
  refused: ['project', 'code'],
  ms: ['route'],
} as const;
export type Metric = keyof typeof METRICS;

/** What is counted of a request. */
export function entriesOf({ route, status, ms, project, problem }: Answered): Entries {
  const counts: Record<string, number> = { [`requests ${route} ${status}`]: 1 };
  if (problem !== undefined) counts[`problems ${route} ${problem}`] = 1;
  // Only of projects that exist: anybody can make up names.
  if (route === 'sendDelta' && project !== undefined) {
    if (problem === undefined) counts[`accepted ${project}`] = 1;
    else if (problem >= 400 && problem < 500) counts[`refused ${project} ${problem}`] = 1;
  }
  return { counts, observed: { [`ms ${route}`]: ms } };
}

/** The metric and labels that a counter's name stands for; undefined for names of other things. */
export function labelsOf(
  name: string,
): { metric: Metric; labels: Record<string, string> } | undefined {
  const [metric, ...values] = name.split(' ');
  if (!metric || !Object.hasOwn(METRICS, metric)) return undefined;
  const keys = METRICS[metric as Metric];
  if (keys.length !== values.length) return undefined;
  const labels = Object.fromEntries(keys.map((key, i) => [key, values[i] as string]));
  return { metric: metric as Metric, labels };
}
