import type { MiddlewareHandler } from 'hono';
import type { App } from '../handler.ts';

const TURNSTILE = 'https://challenges.cloudflare.com';

/**
 * Pages run only what came with them: no inline script, nothing from elsewhere, and they talk to
 * nobody but this edge. WebAssembly needs a word of its own, and so do the blobs that a chosen image
 * is shown from. `widget`: Turnstile's script and frame, on the one page that needs them.
 */
export function policyOf(host: string, widget: boolean): string {
  const from = widget ? ` ${TURNSTILE}` : '';
  return [
    `default-src 'self'`,
    `script-src 'self' 'wasm-unsafe-eval'${from}`,
    `worker-src 'self'`,
    `style-src 'self'`,
    `img-src 'self' blob: data:`,
    // Older Safaris do not count a WebSocket of the same host as 'self'.
    `connect-src 'self' ws://${host} wss://${host}`,
    `frame-src ${widget ? TURNSTILE : "'none'"}`,
    `object-src 'none'`,
    `base-uri 'none'`,
    `form-action 'self'`,
    `frame-ancestors 'none'`,
  ].join('; ');
}

/** What no page of ours uses, no script that got in may use either. */
const UNUSED = [
  ...['accelerometer', 'bluetooth', 'camera', 'display-capture', 'geolocation', 'gyroscope'],
  ...[
    'hid',
    'magnetometer',
    'microphone',
    'midi',
    'payment',
    'serial',
    'usb',
    'xr-spatial-tracking',
  ],
];

const HEADERS = {
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'permissions-policy': UNUSED.map((feature) => `${feature}=()`).join(', '),
  'cross-origin-opener-policy': 'same-origin',
  // With the one above it isolates the page, which threads in WebAssembly ask for.
  'cross-origin-embedder-policy': 'require-corp',
};

/** A year. Subdomains are for whoever owns the domain to decide. */
const ONLY_HTTPS = 'max-age=31536000';

export const secureHeaders: MiddlewareHandler<App> = async function addSecureHeaders(c, next) {
  await next();
  if (c.res.status === 101) return;
  // Replies from assets and objects are immutable: a copy takes the headers.
  c.res = new Response(c.res.body, c.res);
  const { headers } = c.res;
  const { host, protocol } = new URL(c.req.url);
  const widget = c.env.CHALLENGE === 'turnstile' && c.req.path === '/';
  headers.set('content-security-policy', policyOf(host, widget));
  for (const [name, value] of Object.entries(HEADERS)) headers.set(name, value);
  // Turnstile's frame does not say that it may be embedded: an isolated page would not show it.
  if (widget) headers.delete('cross-origin-embedder-policy');
  // A route that other sites may call has said so.
  if (!headers.has('cross-origin-resource-policy'))
    headers.set('cross-origin-resource-policy', 'same-origin');
  if (protocol === 'https:') headers.set('strict-transport-security', ONLY_HTTPS);
};
