import type { MiddlewareHandler } from 'hono';
import type { App } from '../handler.ts';

/** The largest body of any route. */
const MOST = 64_000_000;

/**
 * Takes in what is left of a body that was refused unread. workerd cuts the connection when more
 * than 64 KB are left, and a caller that is cut off while it is still sending never reads why.
 */
export const linger: MiddlewareHandler<App> = async function takeInTheRest(c, next) {
  await next();
  await takeRest(c.req.raw);
};

/** Reads what is left of a request's body, for the caller to hear the answer. */
export async function takeRest({ body }: Pick<Request, 'body'>): Promise<void> {
  if (!body || body.locked) return;
  const reader = body.getReader();
  try {
    for (let left = MOST; left > 0;) {
      const { done, value } = await reader.read();
      if (done) return;
      left -= value.byteLength;
    }
  } catch {
    // The caller is gone: nobody is left to be told anything.
  }
}
