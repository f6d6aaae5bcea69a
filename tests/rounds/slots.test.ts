import { expect, test } from 'vitest';
import { Slots } from '../../worker/rounds/slots.ts';

/** Whether a promise has settled by now. */
async function isIn(entry: Promise<void> | undefined): Promise<boolean> {
  return Promise.race([entry!.then(() => true), Promise.resolve().then(() => false)]);
}

test('8 MB of bodies are let in; the others wait their turn, in the order in which they came', async () => {
  const slots = new Slots(3_000_000);
  const entries = [1, 2, 3, 4].map(() => slots.enter());
  expect(await Promise.all(entries.map(isIn))).toEqual([true, true, false, false]);
  slots.leave();
  expect(await Promise.all(entries.map(isIn))).toEqual([true, true, true, false]);
  slots.leave();
  slots.leave();
  expect(await isIn(entries[3])).toBe(true);
});

test('one body goes in however large it is, and no second', async () => {
  const slots = new Slots(50_000_000);
  const entries = [slots.enter(), slots.enter()];
  expect(await Promise.all(entries.map(isIn))).toEqual([true, false]);
});

test('it is idle while no body is under way, whoever waits', () => {
  const slots = new Slots(8_000_000);
  expect(slots.idle).toBe(true);
  for (let i = 0; i < 2; i++) void slots.enter();
  slots.leave();
  expect(slots.idle).toBe(false);
  slots.leave();
  expect(slots.idle).toBe(true);
});

test('when a thousand wait, the next is sent away', () => {
  const slots = new Slots(8_000_000);
  for (let i = 0; i < 1001; i++) expect(slots.enter()).toBeDefined();
  expect(slots.enter()).toBeUndefined();
  slots.leave();
  expect(slots.enter()).toBeDefined();
});
