import * as v from 'valibot';
import { type Route } from '../route.ts';

export const health = {
  health: {
    method: 'GET',
    path: '/healthz',
    access: 'public',
    summary: 'Is the edge up?',
    reply: { status: 200, json: v.object({ status: v.literal('ok'), protocol: v.number() }) },
    problems: [],
  },
} as const satisfies Record<string, Route>;
