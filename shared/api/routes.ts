import * as v from 'valibot';
import type { GenericSchema } from 'valibot';
import type { ProblemCode } from './problem.ts';
import {
  AnswerSchema,
  ClassAddedSchema,
  ClassSchema,
  NewClassSchema,
  NewProjectSchema,
  ProjectSchema,
  ProjectStateSchema,
  ReceiptSchema,
  RoundSchema,
  TicketSchema,
  TrainingStateSchema,
  VersionSchema,
} from './schemas.ts';

/** Who may call: anyone; a volunteer with the project's ticket; an admin with a token. */
export type Access = 'public' | 'volunteer' | 'admin';

export type Route = {
  method: 'GET' | 'POST' | 'DELETE';
  /** Parameters as `:name`. */
  path: string;
  access: Access;
  summary: string;
  /** JSON by schema, or raw bytes of the named media types. `limit` in bytes. */
  body?: { json: GenericSchema; limit: number } | { types: readonly string[]; limit: number };
  query?: GenericSchema;
  headers?: Record<string, string>;
  reply: { status: 200 | 201 | 202 | 204; json?: GenericSchema; type?: string };
  problems: readonly ProblemCode[];
};

const MB = 1_000_000;
const project = '/v1/projects/:project';

export const IMAGE_TYPES = ['image/png', 'image/jpeg', 'image/webp'] as const;
/** size*size*channels float32 numbers in [0, 1], little-endian: the network's input as it is. */
export const TENSOR_TYPE = 'application/x-tensor';
export const DELTA_TYPE = 'application/x-shoal-delta';

/**
 * The one table of routes: the worker, the SDK, the OpenAPI document and the tests read it, so a
 * route cannot be served undocumented, or without a decision on who may call it.
 */
export const ROUTES = {
  health: {
    method: 'GET',
    path: '/healthz',
    access: 'public',
    summary: 'Is the edge up?',
    reply: { status: 200, json: v.object({ status: v.literal('ok'), protocol: v.number() }) },
    problems: [],
  },
  listProjects: {
    method: 'GET',
    path: '/v1/projects',
    access: 'public',
    summary: 'All projects.',
    reply: { status: 200, json: v.array(ProjectSchema) },
    problems: [],
  },
  createProject: {
    method: 'POST',
    path: '/v1/projects',
    access: 'admin',
    summary:
      'A new project from a few labelled images. Its first version is trained on them at once.',
    body: { json: NewProjectSchema, limit: 64 * MB },
    reply: { status: 201, json: ProjectSchema },
    problems: [101, 102, 104, 201, 202, 302, 303, 304, 501, 502, 503],
  },
  getProject: {
    method: 'GET',
    path: project,
    access: 'public',
    summary: 'A project: its plan, what is live, where training stands.',
    reply: { status: 200, json: ProjectStateSchema },
    problems: [301],
  },
  startTraining: {
    method: 'POST',
    path: `${project}/training`,
    access: 'admin',
    summary: 'Run so many more rounds with the volunteers that come.',
    body: {
      json: v.object({
        rounds: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(10_000)),
      }),
      limit: 1000,
    },
    reply: { status: 202, json: TrainingStateSchema },
    problems: [101, 102, 104, 201, 202, 301, 412],
  },
  stopTraining: {
    method: 'DELETE',
    path: `${project}/training`,
    access: 'admin',
    summary: 'Stop after the open round; what was acknowledged still counts.',
    reply: { status: 202, json: TrainingStateSchema },
    problems: [201, 202, 301],
  },
  listRounds: {
    method: 'GET',
    path: `${project}/rounds`,
    access: 'public',
    summary: 'Rounds that ended, newest first.',
    reply: { status: 200, json: v.array(RoundSchema) },
    problems: [301],
  },
  join: {
    method: 'POST',
    path: `${project}/volunteers`,
    access: 'public',
    summary: 'Join as a volunteer: a ticket for the socket and for deltas.',
    reply: { status: 201, json: TicketSchema },
    problems: [301],
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
  listVersions: {
    method: 'GET',
    path: `${project}/versions`,
    access: 'public',
    summary: 'Versions of the student, newest first.',
    reply: { status: 200, json: v.array(VersionSchema) },
    problems: [301],
  },
  rollback: {
    method: 'POST',
    path: `${project}/versions/:version/live`,
    access: 'admin',
    summary: 'Make an earlier version live again, classes and all, at once.',
    reply: { status: 200, json: ProjectSchema },
    problems: [201, 202, 301, 701, 704, 705],
  },
  classify: {
    method: 'POST',
    path: `${project}/classify`,
    access: 'public',
    summary: 'What is in this image? Send a file, or the tensor the network reads.',
    body: { types: [...IMAGE_TYPES, TENSOR_TYPE], limit: 8 * MB },
    query: v.object({
      top: v.optional(
        v.pipe(v.string(), v.toNumber(), v.integer(), v.minValue(1), v.maxValue(100)),
        '5',
      ),
    }),
    reply: { status: 200, json: AnswerSchema },
    problems: [101, 102, 104, 301, 501, 502, 503, 702],
  },
  listClasses: {
    method: 'GET',
    path: `${project}/classes`,
    access: 'public',
    summary: 'The classes an image can be answered with.',
    reply: { status: 200, json: v.array(ClassSchema) },
    problems: [301],
  },
  addClass: {
    method: 'POST',
    path: `${project}/classes`,
    access: 'admin',
    summary: 'A class the model has never seen, from a few examples. The next request knows it.',
    body: { json: NewClassSchema, limit: 64 * MB },
    reply: { status: 201, json: ClassAddedSchema },
    problems: [101, 102, 104, 201, 202, 301, 501, 502, 503, 601, 602, 702, 705],
  },
  removeClass: {
    method: 'DELETE',
    path: `${project}/classes/:class`,
    access: 'admin',
    summary: 'Remove a class that was added.',
    reply: { status: 200, json: v.object({ name: v.string(), revision: v.number() }) },
    problems: [201, 202, 301, 603, 604, 705],
  },
} as const satisfies Record<string, Route>;

export type RouteName = keyof typeof ROUTES;

/** Path parameters of a route, by name. */
export type PathParams<P extends string> = P extends `${string}:${infer Name}/${infer Rest}`
  ? { [K in Name]: string } & PathParams<`/${Rest}`>
  : P extends `${string}:${infer Name}`
    ? { [K in Name]: string }
    : unknown;

/** What a route answers with. */
export type ReplyOf<N extends RouteName> = (typeof ROUTES)[N]['reply'] extends {
  json: infer S extends GenericSchema;
}
  ? v.InferOutput<S>
  : undefined;

/** What a caller puts into a JSON body. */
export type BodyOf<N extends RouteName> = (typeof ROUTES)[N] extends {
  body: { json: infer S extends GenericSchema };
}
  ? v.InferInput<S>
  : never;
