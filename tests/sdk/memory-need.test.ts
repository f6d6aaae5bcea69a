/** A volunteer that says what it takes of its device's memory, and leaves it alone where that is too little. */
import { expect, onTestFinished, test, vi } from 'vitest';
import { ToyEdge } from './toy-edge.ts';
import { Volunteer } from './volunteer.ts';

test('a device that lends too little is told so, in numbers, before the volunteer joins', async () => {
  // 10 MB, as a browser would tell.
  vi.stubGlobal('navigator', { ...navigator, deviceMemory: 0.01 });
  onTestFinished(() => void vi.unstubAllGlobals());
  const edge = await ToyEdge.start();
  const volunteer = new Volunteer(edge);
  await expect(volunteer.done).rejects.toMatchObject({
    code: 305,
    message: expect.stringMatching(/ for a step, where this device lends 3 MB$/),
  });
  expect(edge.joined).toEqual([]);
});

test('one that does not tell lends 2 GB, and learns', async () => {
  const edge = await ToyEdge.start();
  edge.onHello = (line) => line.emit('assignment', edge.assignment(1));
  const volunteer = new Volunteer(edge);
  await volunteer.hear('sent');
  const [memory] = volunteer.all('memory');
  expect(memory).toMatchObject({ most: 2e9 });
  expect(memory!.training).toBeGreaterThan(1e6);
  expect(memory!.images + memory!.training).toBeLessThan(memory!.most);
});
