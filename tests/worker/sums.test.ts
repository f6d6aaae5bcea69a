/** The accumulate kernel inside workerd: compiled by the import, the plain version's sum to the bit. */
import { resolve } from 'node:path';
import { Miniflare } from 'miniflare';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { plainSums } from '../../shared/kernels/accumulate/sums.ts';
import { Random } from '../../shared/math/random.ts';
import { encode } from '../../shared/weights/codec.ts';
import { bundleWorker } from '../kit/bundle.ts';

const COUNT = 100_003;
const WORKERS = { kernel: 'yes', without: 'no' };

const messages = [1, 2, 3].map((seed) => {
  const random = new Random(seed);
  return encode(
    'int8',
    Float32Array.from({ length: COUNT }, () => random.normal()),
    random,
  );
});

let manifest: Awaited<ReturnType<typeof bundleWorker>>;
const running: Miniflare[] = [];

beforeAll(async () => {
  manifest = await bundleWorker(resolve(import.meta.dirname, 'fixtures/sums.ts'));
});

afterAll(() => Promise.all(running.map((each) => each.dispose())));

async function start(name: keyof typeof WORKERS): Promise<Miniflare> {
  const { inputs: _, ...bundle } = manifest;
  const env = { INSTANCES: { type: 'text' as const, value: WORKERS[name] } };
  const config = { name, compatibilityDate: '2026-11-01', manifest: bundle, env };
  const miniflare = new Miniflare({ host: '127.0.0.1', port: 0, workers: [{ config }] });
  running.push(miniflare);
  return miniflare;
}

async function post(miniflare: Miniflare) {
  const { origin } = await miniflare.ready;
  const headers = { 'message-bytes': String(messages[0]!.length) };
  const body = Buffer.concat(messages);
  const response = await fetch(`${origin}/?count=${COUNT}`, { method: 'POST', headers, body });
  const bytes = await response.arrayBuffer();
  expect(response.status, new TextDecoder().decode(bytes.slice(0, 500))).toBe(200);
  return { sum: new Float64Array(bytes), headers: response.headers };
}

function plainly(): Float64Array {
  const sum = plainSums.make(COUNT);
  for (const [i, message] of messages.entries()) {
    const delta = plainSums.open(message, { count: COUNT });
    sum.add(delta, (i + 1) * delta.norm());
  }
  return sum.values();
}

test('workerd runs the kernel, and its sum is the plain one', async () => {
  const worker = await start('kernel');
  const { sum, headers } = await post(worker);
  expect(Buffer.from(sum.buffer).equals(Buffer.from(plainly().buffer))).toBe(true);
  expect(Number(headers.get('memory'))).toBeGreaterThan(8 * COUNT);
  expect(headers.get('warnings')).toBe('');
});

test('where it cannot be instantiated the plain version takes over, and a line says why', async () => {
  const worker = await start('without');
  const { sum, headers } = await post(worker);
  expect(Buffer.from(sum.buffer).equals(Buffer.from(plainly().buffer))).toBe(true);
  expect(headers.get('memory')).toBe('0');
  expect(headers.get('warnings')).toContain('no instances here');
});
