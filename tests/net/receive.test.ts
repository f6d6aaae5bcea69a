import type { ServerResponse } from 'node:http';
import { expect, test } from 'vitest';
import { Unreachable } from '../../client/net/api.ts';
import { receive } from '../../client/net/receive.ts';
import { serve, type Answer } from './loopback.ts';

const BYTES = Uint8Array.from({ length: 300_000 }, (_, i) => i * 7);

async function ask(answer: Answer) {
  const { origin } = await serve(answer);
  const told: [number, number | null][] = [];
  const response = await fetch(origin);
  const whole = receive(response, (...progress) => void told.push(progress));
  return { whole, told };
}

test('a body comes whole, and tells how far it has come', async () => {
  const { whole, told } = await ask((response) =>
    response.writeHead(200, { 'content-length': BYTES.length }).end(BYTES),
  );
  expect(Buffer.compare(await whole, BYTES)).toBe(0);
  expect(told.at(-1)).toEqual([BYTES.length, BYTES.length]);
  const loaded = told.map(([so]) => so);
  expect(loaded.every((so, i) => so > (loaded[i - 1] ?? 0))).toBe(true);
});

test('one whose length was not told is received all the same', async () => {
  const { whole, told } = await ask((response) => response.writeHead(200).end(BYTES));
  expect(Buffer.compare(await whole, BYTES)).toBe(0);
  expect(told.at(-1)).toEqual([BYTES.length, null]);
});

test('an empty one is empty', async () => {
  const { whole, told } = await ask((response) => response.writeHead(204).end());
  expect(await whole).toHaveLength(0);
  expect(told).toEqual([]);
});

test('one that breaks off in the middle is none', async () => {
  const { whole } = await ask((response: ServerResponse) => {
    response.writeHead(200, { 'content-length': BYTES.length });
    response.write(BYTES.subarray(0, 1000), () => response.destroy());
  });
  await expect(whole).rejects.toThrow(Unreachable);
});
