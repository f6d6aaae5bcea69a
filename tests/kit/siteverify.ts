/** In Cloudflare's place, the one thing that cannot run here: checks Turnstile's tokens. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Says so instead of answering. */
export const SILENCE = 'silence';

/**
 * @param hear what it was asked; @returns its verdict, or SILENCE
 */
export async function startSiteverify(
  hear: (asked: FormData) => unknown,
): Promise<{ url: string; stop: () => void }> {
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const headers = { 'content-type': request.headers['content-type'] as string };
    const verdict = hear(await new Response(Buffer.concat(chunks), { headers }).formData());
    if (verdict === SILENCE) return void response.destroy();
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(verdict));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/`,
    stop() {
      server.closeAllConnections();
      server.close();
    },
  };
}
