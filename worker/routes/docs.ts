import type { Hono } from 'hono';
import { html } from 'hono/html';
import { openApi } from '../../shared/api/openapi.ts';
import { PROBLEMS } from '../../shared/api/problem.ts';
import { mediaTypesOf, type Route } from '../../shared/api/route.ts';
import { ROUTES } from '../../shared/api/routes.ts';
import type { App } from '../handler.ts';

/**
 * The reference, for programs and for people. Two short tables made from what is served; a viewer
 * from npm would bring megabytes of script and want a weaker content policy.
 */
export function docs(app: Hono<App>): void {
  app.get('/openapi.json', (c) => c.json(openApi(new URL(c.req.url).origin)));
  app.get('/docs', (c) => c.html(reference()));
  app.get('/docs/problems', (c) => c.html(problems()));
  app.get('/docs/style.css', (c) => c.text(STYLE, 200, { 'content-type': 'text/css' }));
}

function page(title: string, body: unknown) {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width" />
        <title>${title} · Shoal</title>
        <link rel="stylesheet" href="/docs/style.css" />
      </head>
      <body>
        <nav>
          <a href="/">Shoal</a> <a href="/docs">API</a> <a href="/docs/problems">Problems</a>
          <a href="/openapi.json">OpenAPI 3.1</a>
        </nav>
        <main>
          <h1>${title}</h1>
          ${body}
        </main>
      </body>
    </html>`;
}

function reference() {
  const routes = Object.entries(ROUTES) as [string, Route][];
  return page(
    'API',
    html`<p>
        Every route, from the table that the edge serves. Bodies and replies have their schemas in
        <a href="/openapi.json">the OpenAPI document</a>.
      </p>
      ${routes.map(
        ([name, route]) =>
          html`<section id="${name}">
            <h2>
              <code><b>${route.method}</b> ${route.path}</code>
            </h2>
            <p>${route.summary}</p>
            <dl>
              <dt>Who</dt>
              <dd>${who(route)}</dd>
              ${
                route.body
                  ? html`<dt>Body</dt>
                      <dd>
                        ${mediaTypesOf(route.body).join(', ')}, at most
                        ${route.body.limit.toLocaleString('en')}
                        bytes${'optional' in route.body ? '; may be left out' : ''}
                      </dd>`
                  : ''
              }
              ${
                route.headers
                  ? html`<dt>Headers</dt>
                      <dd>
                        ${Object.entries(route.headers).map(([header, what]) => html`<code>${header}</code> ${what}<br />`)}
                      </dd>`
                  : ''
              }
              <dt>Answers</dt>
              <dd>${route.reply.status}</dd>
              <dt>Problems</dt>
              <dd>
                ${route.problems.map((code) => html`<a href="/docs/problems#${code}">${code}</a> `)}
              </dd>
            </dl>
          </section>`,
      )}`,
  );
}

/** Who may call, in a few words. */
function who(route: Route): string {
  if (route.access === 'public') return 'anyone';
  if (route.access === 'volunteer') return 'a volunteer, with its ticket';
  if (route.access === 'admin') return `an admin, with a key that has the verb “${route.verb}”`;
  return `anyone; where the project answers keys only, a key with the verb “${route.verb}”`;
}

function problems() {
  return page(
    'Problems',
    html`<p>
        Every refusal has a number, a reason, and a remedy (RFC 9457). A number never changes its
        meaning.
      </p>
      <table>
        <thead>
          <tr>
            <th>Number</th>
            <th>Status</th>
            <th>What</th>
            <th>Remedy</th>
          </tr>
        </thead>
        <tbody>
          ${Object.entries(PROBLEMS).map(
            ([code, [status, title, remedy]]) =>
              html`<tr id="${code}">
                <td>${code}</td>
                <td>${status}</td>
                <td>${title}</td>
                <td>${remedy}</td>
              </tr>`,
          )}
        </tbody>
      </table>`,
  );
}

const STYLE = `
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { max-width: 60rem; margin: 0 auto; padding: 1rem; }
nav a { margin-right: 1rem; }
h2 { font-size: 1.1rem; margin-bottom: 0; }
section { border-top: 1px solid #8885; padding: .5rem 0; }
dl { display: grid; grid-template-columns: 6rem 1fr; gap: .2rem 1rem; }
dd { margin: 0; }
table { border-collapse: collapse; width: 100%; }
td, th { text-align: left; vertical-align: top; padding: .4rem .8rem .4rem 0; border-top: 1px solid #8885; }
tr:target, section:target { background: #fd03; }
`;
