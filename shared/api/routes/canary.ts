import * as v from 'valibot';
import { OF_KEYS, project, type Route } from '../route.ts';
import { CanaryBegunSchema, CanarySchema, NewCanarySchema } from '../schemas/versions.ts';

const path = `${project}/canary` as const;
const ADMIN = { access: 'admin', verb: 'models' } as const;

export const canary = {
  getCanary: {
    ...{ method: 'GET', path },
    ...ADMIN,
    summary:
      'How the canary fares: agreement with the live version, and how long both take; null for none.',
    reply: { status: 200, json: v.nullable(CanarySchema) },
    problems: [...OF_KEYS, 301],
  },
  putCanary: {
    ...{ method: 'PUT', path },
    ...ADMIN,
    summary:
      'Let a version answer a share of the classify requests. 202 where classes are embedded first.',
    body: { json: NewCanarySchema, limit: 1000 },
    reply: { status: 200, later: 202, json: CanaryBegunSchema },
    problems: [101, 102, 104, ...OF_KEYS, 301, 701, 702, 711, 713],
  },
  endCanary: {
    ...{ method: 'DELETE', path },
    ...ADMIN,
    summary: 'End the canary; what it came to is the reply.',
    reply: { status: 200, json: CanarySchema },
    problems: [...OF_KEYS, 301, 712],
  },
} as const satisfies Record<string, Route>;
