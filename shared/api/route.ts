import type { GenericSchema } from 'valibot';
import type { ProblemCode } from './problem.ts';

/**
 * What a key may be allowed to do: a verb covers the routes that belong together. `embed` is apart
 * from `classify`, because embeddings say far more of the model than answers do.
 */
export const VERBS = [
  'classify',
  'embed',
  'classes',
  'models',
  'training',
  'projects',
  'keys',
  'audit',
  'metrics',
] as const;
export type Verb = (typeof VERBS)[number];

/** Those that an app's key may have. */
export const APP_VERBS = ['classify', 'embed'] as const satisfies readonly Verb[];
export type AppVerb = (typeof APP_VERBS)[number];

/**
 * Who may call. `public`: anyone. `app`: anyone while the project answers everybody, else whoever
 * shows a key with the verb. `volunteer`: who holds a ticket of the project. `admin`: who shows an
 * admin's key with the verb, or the edge's own secret. No keyed route goes without a verb.
 */
export type Access =
  | { access: 'public' }
  | { access: 'volunteer' }
  | { access: 'app'; verb: AppVerb }
  | {
      access: 'admin';
      verb: Verb;
      /**
       * Of a route without a project in its path: a key of one project may call it too, and its
       * handler keeps it within that project. Without it, only a key for all projects may.
       */
      within?: true;
    };

export type Route = Access & {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Parameters as `:name`. */
  path: string;
  summary: string;
  /**
   * JSON by schema, or raw bytes of the named media types, or either. `limit` in bytes. An optional
   * body may be left out, and is then the schema's value for nothing at all.
   */
  body?:
    | { json: GenericSchema; types?: readonly string[]; limit: number; optional?: true }
    | { types: readonly string[]; limit: number };
  query?: GenericSchema;
  headers?: Record<string, string>;
  /** Where both are named, JSON unless the caller's Accept header names the type. */
  reply: {
    status: 200 | 201 | 202 | 204;
    /** The status where the same reply says that work goes on behind it. */
    later?: 202;
    json?: GenericSchema;
    type?: string;
  };
  problems: readonly ProblemCode[];
};

export const MB = 1_000_000;
export const project = '/v1/projects/:project';

/** What may go wrong with a key, on every route that looks at one. */
export const OF_KEYS = [
  201, 202, 205, 206, 207, 208, 209,
] as const satisfies readonly ProblemCode[];

/** What a route's body may be said to be. */
export function mediaTypesOf(body: NonNullable<Route['body']>): readonly string[] {
  return [...('json' in body ? ['application/json'] : []), ...(body.types ?? [])];
}
