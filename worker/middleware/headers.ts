import type { MiddlewareHandler } from 'hono';
import type { App } from '../handler.ts';

/**
 * Pages run only what came with them: no inline script, nothing from elsewhere. WebAssembly needs
 * a word of its own, and so do the blobs that a chosen image is shown from.
 */
const POLICY = [
  `default-src 'self'`,
  `script-src 'self' 'wasm-unsafe-eval'`,
  `worker-src 'self'`,
  `style-src 'self'`,
  `img-src 'self' blob: data:`,
  `connect-src 'self' ws: wss:`,
  `object-src 'none'`,
  `base-uri 'none'`,
  `frame-ancestors 'none'`,
].join('; ');

const HEADERS = {
  'content-security-policy': POLICY,
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  // Together they isolate the page, which threads in WebAssembly ask for.
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-embedder-policy': 'require-corp',
  'cross-origin-resource-policy': 'same-origin',
};

export const secureHeaders: MiddlewareHandler<App> = async function addSecureHeaders(c, next) {
  await next();
  if (c.res.status === 101) return;
  // Replies from assets and objects are immutable: a copy takes the headers.
  c.res = new Response(c.res.body, c.res);
  for (const [name, value] of Object.entries(HEADERS)) c.res.headers.set(name, value);
};
