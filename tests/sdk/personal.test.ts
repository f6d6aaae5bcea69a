/** FedEMA in a tab: what a volunteer keeps of its own weights, and begins its next round with. */
import { expect, test } from 'vitest';
import { inMemory } from '../../client/sdk/memory.ts';
import { open } from '../../shared/weights/codec.ts';
import { ToyEdge, type Arrived } from './toy-edge.ts';
import { Volunteer } from './volunteer.ts';

const TAU = 0.6;
const PLAN = { codec: 'float32', local: { steps: 2, batch: 4, rate: 0.1 } } as const;

/** Round 1 learns; round 2 is at the rate zero, so that its delta is where it began. */
async function twoRounds(personal: number, age = 0): Promise<Float32Array[]> {
  const local = { ...PLAN.local, personal };
  const edge = await ToyEdge.start({ ...PLAN, local });
  const memory = inMemory();
  for (const [round, rate] of [
    [1, 1],
    [2, 0],
  ] as const) {
    edge.onHello = (line) => line.emit('assignment', edge.assignment(round, { rate }));
    // A tab that is reloaded in between.
    const volunteer = new Volunteer(edge, { memory });
    await volunteer.hear('sent');
    await volunteer.stop();
    const kept = await memory.get('personal');
    if (kept) await memory.set('personal', { ...kept, at: kept.at - age });
  }
  const { size } = edge.recipe.model.sent.layout;
  return edge.deltas.map(({ bytes }: Arrived) => open(bytes, { count: size }).decode());
}

const most = (numbers: Float32Array) => numbers.reduce((a, x) => Math.max(a, Math.abs(x)), 0);

test('the second round begins with tau of what the first one came to', async () => {
  const [first, second] = await twoRounds(TAU);
  const off = second!.map((value, i) => value - TAU * first![i]!);
  expect(most(first!)).toBeGreaterThan(1e-3);
  expect(most(off)).toBeLessThan(1e-6);
});

test.each([
  ['where the plan has none', 0, 0],
  ['when its own weights are more than half a day old', TAU, 13 * 3_600_000],
])('it begins with what it received %s', async (_, personal, age) => {
  const [, second] = await twoRounds(personal, age);
  expect(most(second!)).toBeLessThan(1e-6);
});
