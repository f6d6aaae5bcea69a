import { OF_KEYS, type Route } from '../route.ts';

export const metrics = {
  metrics: {
    method: 'GET',
    path: '/metrics',
    access: 'admin',
    verb: 'metrics',
    summary:
      'Requests and their times, deltas, rounds and what is live, for Prometheus: its bearer token is a key with this verb.',
    reply: { status: 200, type: 'text/plain; version=0.0.4' },
    problems: [...OF_KEYS],
  },
} as const satisfies Record<string, Route>;
