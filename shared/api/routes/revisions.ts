import * as v from 'valibot';
import { OF_KEYS, project, type Route } from '../route.ts';
import { whole } from '../schemas/fields.ts';
import { RevisionsSchema, UndoneSchema, UndoSchema } from '../schemas/revisions.ts';

export const revisions = {
  listRevisions: {
    method: 'GET',
    path: `${project}/revisions`,
    access: 'public',
    summary: 'Every change of what requests are answered with, newest first, page by page.',
    query: v.object({
      before: v.optional(whole(1, Number.MAX_SAFE_INTEGER)),
      limit: v.optional(whole(1, 200), '50'),
    }),
    reply: { status: 200, json: RevisionsSchema },
    problems: [101, 301],
  },
  undo: {
    method: 'POST',
    path: `${project}/revisions/undo`,
    access: 'admin',
    verb: 'classes',
    summary:
      'Take the last change of classes back, in a revision of its own; once more brings it again. A promotion is taken back by a rollback instead.',
    body: { json: UndoSchema, limit: 1000 },
    reply: { status: 200, json: UndoneSchema },
    problems: [101, 102, 104, ...OF_KEYS, 301, 609, 612, 702, 705],
  },
} as const satisfies Record<string, Route>;
