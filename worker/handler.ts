import type { Context } from 'hono';
import type { ReplyOf, RouteName } from '../shared/api/routes.ts';
import type { Env } from './env.ts';
import type { Holder } from './rounds/tickets.ts';

/** What hono carries through a request: the bindings, and what middleware found out. */
export type App = { Bindings: Env; Variables: { requestId: string; holder: Holder } };

/** What a route does: request in, the reply of its table entry out; or a finished Response. */
export type Handler<N extends RouteName> = (c: Context<App>) => Promise<ReplyOf<N> | Response>;
export type Handlers<N extends RouteName> = { [K in N]: Handler<K> };
