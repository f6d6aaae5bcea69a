import * as v from 'valibot';
import { OF_KEYS, type Route } from '../route.ts';
import { AuditSchema } from '../schemas/audit.ts';
import { SlugSchema, whole } from '../schemas/fields.ts';

export const audit = {
  listAudit: {
    method: 'GET',
    path: '/v1/audit',
    access: 'admin',
    verb: 'audit',
    within: true,
    summary: 'What admins did, newest first: of one project, or before an entry, if asked so.',
    query: v.object({
      project: v.optional(SlugSchema),
      before: v.optional(whole(1, Number.MAX_SAFE_INTEGER)),
      limit: v.optional(whole(1, 1000), '100'),
    }),
    reply: { status: 200, json: v.array(AuditSchema) },
    problems: [101, ...OF_KEYS],
  },
} as const satisfies Record<string, Route>;
