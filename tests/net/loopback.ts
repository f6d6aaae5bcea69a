import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import { Problem, type ProblemCode, type ProblemHints } from '../../shared/api/problem.ts';

export type Seen = {
  method: string;
  url: string;
  headers: IncomingMessage['headers'];
  body: Buffer;
};

/** What becomes of the n-th request, counted from 0. */
export type Answer = (response: ServerResponse, n: number) => void;

/** A server on this machine that writes down what it is asked; it ends with the test. */
export async function serve(answer: Answer): Promise<{ origin: string; seen: Seen[] }> {
  const seen: Seen[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { method = '', url = '', headers } = request;
    seen.push({ method, url, headers, body: Buffer.concat(chunks) });
    answer(response, seen.length - 1);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { origin: `http://127.0.0.1:${port}`, seen };
}

/** An address where nobody listens. */
export async function nowhere(): Promise<string> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return `http://127.0.0.1:${port}`;
}

export function json(value: unknown, status = 200): Answer {
  return (response) =>
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
}

/** As the edge refuses: RFC 9457. */
export function problem(code: ProblemCode, detail: string, hints: ProblemHints = {}): Answer {
  const refusal = new Problem(code, detail, hints);
  const { status } = refusal;
  const body = refusal.body();
  return (response) =>
    response
      .writeHead(status, { 'content-type': 'application/problem+json' })
      .end(JSON.stringify(body));
}

/** The line breaks before a word is said. */
export const silence: Answer = (response) => response.destroy();

/** As a proxy in between says that the edge is down. */
export const badGateway: Answer = (response) =>
  response.writeHead(502, { 'content-type': 'text/html' }).end('<h1>Bad Gateway</h1>');

/** One answer after another; the last one for ever. */
export function inTurn(...answers: Answer[]): Answer {
  return (response, n) => answers[Math.min(n, answers.length - 1)]!(response, n);
}
