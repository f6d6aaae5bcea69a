import fc from 'fast-check';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { reportOf, type Mode } from '../../shared/rounds/cohort.ts';
import type { RoundRules } from '../../shared/rounds/round.ts';
import { anything, deeds, perform, rulesIn, VOLUNTEERS, type Deed } from './world/actions.ts';
import { World } from './world/world.ts';

beforeAll(() => {
  vi.useFakeTimers({ toFake: ['Date', 'setTimeout', 'clearTimeout'] });
});
afterAll(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

/** For a longer hunt: RUNS=3000 SEED=7. */
const RUNS = Number(process.env['RUNS'] ?? 60);
const SEED = Number(process.env['SEED'] ?? 1);
const MODES = ['sync', 'async'] as const;

/** With a first version, everyone there, and rounds to run. */
async function begun(rules: RoundRules): Promise<World> {
  const world = new World(rules);
  world.work('promoted');
  await perform(world, { act: 'all arrive' });
  await world.flush();
  await perform(world, { act: 'start', rounds: 4 });
  return world;
}

test.each(MODES)('whatever happens, in whatever order: %s', async (mode) => {
  const reached = new Set<string>();
  const list = fc.array(anything, { maxLength: 80, size: 'max' });
  await fc.assert(
    fc.asyncProperty(rulesIn(mode), list, async (rules, actions) => {
      const world = await begun(rules);
      for (const action of actions) await perform(world, action);
      await world.comeToRest();
      world.phases.forEach((phase) => reached.add(phase));
      world.coordinator.outcomes.forEach(({ outcome }) => reached.add(outcome));
    }),
    { numRuns: RUNS, seed: SEED },
  );
  // Else the property would hold for want of anything to hold of.
  expect([...reached].sort()).toEqual([
    ...['abandoned', 'aggregating', 'closing', 'finetuning', 'gathering', 'idle', 'not-promoted'],
    ...['preparing', 'promoted', 'training'],
  ]);
});

test.each(MODES)('before there is a first version, too: %s', async (mode) => {
  const list = fc.array(anything, { maxLength: 30 });
  await fc.assert(
    fc.asyncProperty(rulesIn(mode), list, async (rules, actions) => {
      const world = new World(rules);
      for (const action of actions) await perform(world, action);
      await world.comeToRest();
    }),
    { numRuns: Math.ceil(RUNS / 4), seed: SEED + 1 },
  );
});

/** Who is at work, or has delivered and keeps its place. */
function expectedIn({ shards, mode }: World): number {
  const open = shards.filter(({ cohort }) => cohort.open);
  return open.reduce((sum, { cohort }) => {
    const { working, counts } = reportOf(cohort);
    return sum + working + (mode === 'sync' ? counts.accepted : 0);
  }, 0);
}

/**
 * Whether somebody may be at work again, or may deliver, who had gone or declined; or several do
 * something at once, so that what their shards say crosses what they are told.
 */
function mayBeMore({ act }: Deed, mode: Mode): boolean {
  if (act === 'arrive' || act === 'all arrive' || act === 'all deliver' || act === 'a round')
    return true;
  return mode === 'sync' && (act === 'deliver' || act === 'guess');
}

test.each(MODES)('no more are asked than are wanted, but for who comes back: %s', async (mode) => {
  const list = fc.array(deeds, { maxLength: 60, size: 'max' });
  await fc.assert(
    fc.asyncProperty(rulesIn(mode), list, async (rules, actions) => {
      const world = await begun(rules);
      await world.flush();
      let most = rules.wanted;
      for (const action of actions) {
        await perform(world, action);
        await world.flush();
        const expected = expectedIn(world);
        // Its place was given to another meanwhile, and what it has learnt is not to be lost.
        if (!mayBeMore(action, mode)) expect(expected).toBeLessThanOrEqual(most);
        most = Math.max(rules.wanted, expected);
      }
    }),
    { numRuns: RUNS, seed: SEED + 2 },
  );
});

test.each(MODES)('a crowd that does its work is not let down by a crash: %s', async (mode) => {
  const crash = fc.record({ who: fc.nat(4), lines: fc.boolean(), before: fc.nat(12) });
  const crashes = fc.array(crash, { maxLength: 4 });
  const order = fc.array(fc.nat(20), { minLength: 10, maxLength: 10 });
  await fc.assert(
    fc.asyncProperty(rulesIn(mode), crashes, order, async (rules, due, choices) => {
      const world = new World(rules);
      world.work('promoted');
      world.coordinator.send({ kind: 'start', rounds: 3, now: Date.now() });
      for (let step = 0; world.coordinator.outcomes.length < 3 && step < 400; step++) {
        const mishap = due.find(({ before }) => before === step);
        if (mishap?.who === 4) world.coordinator.restart();
        else if (mishap) world.shards[mishap.who % rules.shards]!.crash(mishap.lines, 0);
        for (const id of VOLUNTEERS) if (!world.isConnected(id)) world.arrive(id);
        for (const choice of choices) {
          world.network.decide(choice, 'arrives');
          await perform(world, { act: 'tick', ms: 1 });
        }
        if (world.working) world.work('promoted');
        else world.deliver(VOLUNTEERS[(step * 3) % 8]!, 0);
      }
      expect(world.coordinator.outcomes.map(({ outcome }) => outcome)).toEqual(
        Array<string>(3).fill('promoted'),
      );
    }),
    { numRuns: Math.ceil(RUNS / 2), seed: SEED + 3 },
  );
});
