import * as v from 'valibot';
import { MB, OF_KEYS, project, type Route } from '../route.ts';
import { ChallengeSchema, JoinSchema } from '../schemas/challenge.ts';
import {
  ReceiptSchema,
  RoundSchema,
  TicketSchema,
  TrainingStateSchema,
} from '../schemas/training.ts';
import { DELTA_TYPE } from '../media.ts';

export const training = {
  startTraining: {
    method: 'POST',
    path: `${project}/training`,
    access: 'admin',
    verb: 'training',
    summary: 'Run so many more rounds with the volunteers that come.',
    body: {
      json: v.object({
        rounds: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(10_000)),
      }),
      limit: 1000,
    },
    reply: { status: 202, json: TrainingStateSchema },
    problems: [101, 102, 104, ...OF_KEYS, 301, 412],
  },
  stopTraining: {
    method: 'DELETE',
    path: `${project}/training`,
    access: 'admin',
    verb: 'training',
    summary: 'Stop after the open round; what was acknowledged still counts.',
    reply: { status: 202, json: TrainingStateSchema },
    problems: [...OF_KEYS, 301],
  },
  listRounds: {
    method: 'GET',
    path: `${project}/rounds`,
    access: 'public',
    summary: 'Rounds that ended, newest first.',
    reply: { status: 200, json: v.array(RoundSchema) },
    problems: [301],
  },
  getChallenge: {
    method: 'GET',
    path: `${project}/challenge`,
    access: 'public',
    summary: 'What joining asks for: nothing, a proof of work, or a token of Turnstile.',
    reply: { status: 200, json: ChallengeSchema },
    problems: [301],
  },
  join: {
    method: 'POST',
    path: `${project}/volunteers`,
    access: 'public',
    summary: 'Join as a volunteer: a ticket for the socket and for deltas.',
    body: { json: JoinSchema, limit: 10_000, optional: true },
    reply: { status: 201, json: TicketSchema },
    problems: [101, 102, 104, 213, 214, 215, 301],
  },
  getWeights: {
    method: 'GET',
    path: '/v1/weights/:hash',
    access: 'public',
    summary:
      'Weights by content: float32, little-endian, in the layout of the plan. Never changes.',
    reply: { status: 200, type: 'application/octet-stream' },
    problems: [703],
  },
  sendDelta: {
    method: 'POST',
    path: `${project}/rounds/:round/deltas`,
    access: 'volunteer',
    summary:
      'A weight delta. Acknowledged means durable and counted once; sending it again is safe.',
    body: { types: [DELTA_TYPE], limit: 64 * MB },
    headers: {
      'x-shoal-digest': 'SHA-256 of the body in hex',
      'x-shoal-images': 'How many images it was learnt from: its weight in the mean',
      'x-shoal-version': 'The version it starts from',
    },
    reply: { status: 200, json: ReceiptSchema },
    problems: [
      101, 102, 104, 201, 202, 203, 204, 301, 401, 402, 403, 404, 405, 406, 407, 408, 409, 410, 411,
    ],
  },
} as const satisfies Record<string, Route>;
