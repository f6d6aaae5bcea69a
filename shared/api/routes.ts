import type * as v from 'valibot';
import type { GenericSchema } from 'valibot';
import type { Route } from './route.ts';
import { health } from './routes/health.ts';
import { metrics } from './routes/metrics.ts';
import { projects } from './routes/projects.ts';
import { training } from './routes/training.ts';
import { versions } from './routes/versions.ts';
import { canary } from './routes/canary.ts';
import { classify } from './routes/classify.ts';
import { classes } from './routes/classes.ts';
import { examples } from './routes/examples.ts';
import { revisions } from './routes/revisions.ts';
import { settings } from './routes/settings.ts';
import { keys } from './routes/keys.ts';
import { audit } from './routes/audit.ts';

/**
 * The one table of routes: the worker, the SDK, the OpenAPI document and the tests read it, so a
 * route cannot be served undocumented, or without a decision on who may call it.
 */
export const ROUTES = {
  ...health,
  ...metrics,
  ...projects,
  ...training,
  ...versions,
  ...canary,
  ...classify,
  ...classes,
  ...examples,
  ...revisions,
  ...settings,
  ...keys,
  ...audit,
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
