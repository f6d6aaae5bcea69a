import type { Context } from 'hono';
import type { ProblemCode } from '../shared/api/problem.ts';
import type { ReplyOf, RouteName } from '../shared/api/routes.ts';
import type { Caller } from './access/decide.ts';
import type { Env } from './env.ts';
import type { Holder } from './rounds/tickets.ts';

/** What hono carries through a request: the bindings, and what middleware found out. */
export type App = {
  Bindings: Env;
  Variables: {
    requestId: string;
    /** Name of the route in the route table, and the project in its path: for the log and the metrics. */
    route: RouteName | undefined;
    project: string | undefined;
    /** What the request was refused with, and what was thrown if nobody foresaw it. */
    problem: ProblemCode | undefined;
    error: unknown;
    /** Who shows a token; on public routes nobody is asked. */
    caller: Caller | undefined;
    /** On volunteers' routes. */
    holder: Holder;
    /** Who is written down for an act of an admin. */
    actor: string | undefined;
  };
};

/** What a route does: request in, the reply of its table entry out; or a finished Response. */
export type Handler<N extends RouteName> = (c: Context<App>) => Promise<ReplyOf<N> | Response>;
export type Handlers<N extends RouteName> = { [K in N]: Handler<K> };
