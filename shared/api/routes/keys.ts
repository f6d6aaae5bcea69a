import * as v from 'valibot';
import { OF_KEYS, type Route } from '../route.ts';
import { CreatedKeySchema, KeySchema, NewKeySchema } from '../schemas/keys.ts';

export const keys = {
  listKeys: {
    method: 'GET',
    path: '/v1/keys',
    access: 'admin',
    verb: 'keys',
    within: true,
    summary:
      'The keys of apps and admins by their prefix, newest first; the keys themselves are kept nowhere.',
    reply: { status: 200, json: v.array(KeySchema) },
    problems: [...OF_KEYS],
  },
  createKey: {
    method: 'POST',
    path: '/v1/keys',
    access: 'admin',
    verb: 'keys',
    within: true,
    summary: 'A new key, told this once. It can do no more than the key that asks for it.',
    body: { json: NewKeySchema, limit: 10_000 },
    reply: { status: 201, json: CreatedKeySchema },
    problems: [101, 102, 104, ...OF_KEYS, 210, 301],
  },
  revokeKey: {
    method: 'DELETE',
    path: '/v1/keys/:key',
    access: 'admin',
    verb: 'keys',
    within: true,
    summary: 'Revoke the key with this prefix: within 3 seconds it opens nothing anywhere.',
    reply: { status: 200, json: KeySchema },
    problems: [...OF_KEYS, 211],
  },
  createFirstKey: {
    method: 'POST',
    path: '/v1/keys/first',
    access: 'public',
    summary: 'The first admin key, for the one-time token that the first start prints.',
    body: { json: v.strictObject({ token: v.pipe(v.string(), v.maxLength(200)) }), limit: 1000 },
    reply: { status: 201, json: CreatedKeySchema },
    problems: [101, 102, 104, 216],
  },
} as const satisfies Record<string, Route>;
