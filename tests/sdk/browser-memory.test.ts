/** Of the browser's memory what Node can tell; in a real browser it is tested in `tests/e2e/reload.test.ts`. */
import { expect, test } from 'vitest';
import { holdMemory } from '../../client/sdk/browser-memory.ts';
import type { Ticket } from '../../shared/api/schemas/training.ts';

const TICKET: Ticket = { volunteer: 'me', ticket: 't', expiresAt: 1, shard: 0 };

test('without a database it lasts as long as the tab, and nothing fails', async () => {
  const { memory, release } = await holdMemory('http://here', 'a');
  await memory.set('ticket', TICKET);
  expect(await memory.get('ticket')).toEqual(TICKET);
  await memory.remove('ticket', 'unsent');
  expect(await memory.get('ticket')).toBeUndefined();
  release();
});

test('is held by one at a time: who comes second has one of its own', async () => {
  const [first, second] = await Promise.all([
    holdMemory('http://here', 'b'),
    holdMemory('http://here', 'b'),
  ]);
  await first.memory.set('ticket', TICKET);
  expect(await second.memory.get('ticket')).toBeUndefined();
  second.release();
  first.release();
});

test('another project, or another edge, is another memory', async () => {
  const start = performance.now();
  const holds = await Promise.all([
    holdMemory('http://here', 'c'),
    holdMemory('http://here', 'd'),
    holdMemory('http://there', 'c'),
  ]);
  // Nobody had to wait for another.
  expect(performance.now() - start).toBeLessThan(1500);
  holds.forEach(({ release }) => release());
});

test('goes to the next one as soon as it is released', async () => {
  const held = await holdMemory('http://here', 'e');
  const next = holdMemory('http://here', 'e');
  const isHeld = async () =>
    (await navigator.locks.query()).held!.some(({ name }) => name === 'shoal http://here e');
  expect(await isHeld()).toBe(true);
  held.release();
  (await next).release();
  await expect.poll(isHeld).toBe(false);
});
