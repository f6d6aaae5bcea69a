import { ROUTES } from '../../../../shared/api/routes.ts';
import { ASKED } from './model.ts';

/** What the page has asked, for somebody to ask it again from elsewhere. */
export type Asked = { origin: string; project: string; pixels: string; isClosed: boolean };

const HEADERS = { 'content-type': 'application/json' };
const KEY = { authorization: 'Bearer YOUR_KEY' };

function partsOf({ origin, project, pixels, isClosed }: Asked) {
  const query = new URLSearchParams(Object.entries(ASKED).map(([k, v]) => [k, String(v)]));
  const path = ROUTES.classify.path.replace(':project', encodeURIComponent(project));
  return {
    url: `${origin}${path}?${query}`,
    headers: { ...HEADERS, ...(isClosed ? KEY : {}) },
    body: JSON.stringify({ pixels }),
  };
}

/** For a shell. Nothing in it has to be escaped: base64, and names that the edge has checked. */
export function asCurl(asked: Asked): string {
  const { url, headers, body } = partsOf(asked);
  const named = Object.entries(headers).map(([name, value]) => `-H '${name}: ${value}'`);
  return [`curl '${url}'`, ...named, `-d '${body}'`].join(' \\\n  ');
}

/** For a browser, Node, Deno or Bun. */
export function asJavaScript(asked: Asked): string {
  const { url, headers, body } = partsOf(asked);
  return `const response = await fetch('${url}', {
  method: 'POST',
  headers: ${JSON.stringify(headers)},
  body: '${body}',
});
console.log(await response.json());`;
}
