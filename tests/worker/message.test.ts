/** How a shard reads a body, inside workerd: all of it, never more, and not for ever. */
import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import { resolve } from 'node:path';
import { Miniflare } from 'miniflare';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { bundleWorker } from '../kit/bundle.ts';

const EXACT = 6000;
const PATIENCE_MS = 300;

let miniflare: Miniflare;
let origin: string;

beforeAll(async () => {
  const entry = resolve(import.meta.dirname, 'fixtures/message.ts');
  const { inputs: _, ...manifest } = await bundleWorker(entry);
  const config = { name: 'message', compatibilityDate: '2026-11-01', manifest };
  miniflare = new Miniflare({ host: '127.0.0.1', port: 0, workers: [{ config }] });
  ({ origin } = await miniflare.ready);
});

afterAll(() => miniflare.dispose());

const address = (patience = 60_000) => `${origin}/?exact=${EXACT}&patience=${patience}`;
const bytesOf = (length: number) => Uint8Array.from({ length }, (_, i) => i % 251);

async function post(body: Uint8Array<ArrayBuffer>): Promise<Response> {
  return fetch(address(), { method: 'POST', body });
}

test.each([1, 4096, EXACT - 1, EXACT])('%i bytes are read as they are', async (length) => {
  const bytes = bytesOf(length);
  expect(new Uint8Array(await (await post(bytes)).arrayBuffer())).toEqual(bytes);
});

test('403: a byte too many', async () => {
  expect(await (await post(bytesOf(EXACT + 1))).text()).toBe('403');
});

test('402: one that trickles is not waited for', async () => {
  const upload = request(address(PATIENCE_MS), { method: 'POST' });
  // workerd hangs up when it has answered: the rest is not wanted.
  upload.on('error', () => undefined);
  const trickle = setInterval(() => upload.write(bytesOf(10)), 20);
  try {
    const [response] = (await once(upload, 'response')) as [IncomingMessage];
    expect(Buffer.concat(await response.toArray()).toString()).toBe('402');
  } finally {
    clearInterval(trickle);
    upload.destroy();
  }
});
