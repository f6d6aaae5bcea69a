import type { MiddlewareHandler } from 'hono';
import type { App } from '../handler.ts';

/** Gives every request an id, in the context and in the reply: a problem's `instance` names it. */
export const trace: MiddlewareHandler<App> = async function traceRequest(c, next) {
  const id = crypto.randomUUID();
  c.set('requestId', id);
  await next();
  // A WebSocket upgrade's reply has headers that cannot be changed any more.
  if (c.res.status !== 101) c.header('x-request-id', id);
};
