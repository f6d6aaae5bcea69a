import fc from 'fast-check';
import type { RoundRules } from '../../../shared/rounds/round.ts';
import type { Fate } from './network.ts';
import type { Result } from './server.ts';
import type { World } from './world.ts';

export const VOLUNTEERS = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];

/** Small projects, in which every number of deltas, volunteers and shards is reached soon. */
export const rulesIn = (mode: 'sync' | 'async'): fc.Arbitrary<RoundRules> =>
  fc
    .record({
      minimum: fc.integer({ min: 1, max: 3 }),
      more: fc.integer({ min: 0, max: 2 }),
      extra: fc.integer({ min: 0, max: 2 }),
      shards: fc.integer({ min: 1, max: 4 }),
      behind: fc.integer({ min: 0, max: 3 }),
    })
    .map(({ minimum, more, extra, shards, behind }) => ({
      ...{ mode, minimum, goal: minimum + more, wanted: minimum + more + extra, shards },
      ...{ deadlineMs: 10_000, maxStaleness: mode === 'async' ? behind : 0 },
    }));

type Of<Name extends string, More = unknown> = { act: Name } & More;

/** What the crowd and the server do. */
export type Deed =
  | Of<'all arrive' | 'all deliver' | 'ring' | 'stop'>
  | Of<'arrive' | 'leave', { who: string }>
  /** `nth` says which of its assignments it answers: 0 is the last. */
  | Of<'deliver' | 'decline', { who: string; nth: number }>
  | Of<'guess', { who: string; round: number; version: number }>
  | Of<'start', { rounds: number }>
  | Of<'tick', { ms: number }>
  | Of<'work' | 'a round', { result: Result }>;

/** What befalls them. */
export type Mishap =
  | Of<'message', { choice: number; fate: Fate }>
  | Of<'flush' | 'crash'>
  | Of<'crash shard', { choice: number; lines: boolean; skew: number }>
  | Of<'move', { choice: number }>
  | Of<'stray', { kind: 'judged' | 'failed' }>;

const who = fc.constantFrom(...VOLUNTEERS);
const nth = fc.constantFrom(0, 0, 0, 1, 2);
const choice = fc.nat(9);
const result = fc.constantFrom('promoted', 'promoted', 'kept', 'undone', 'failed');
const fate = fc.constantFrom('arrives', 'arrives', 'lost', 'doubled', 'late');

function weighted(weight: number, act: string, more: Record<string, fc.Arbitrary<unknown>> = {}) {
  return { weight, arbitrary: fc.record({ act: fc.constant(act), ...more }) };
}

/** The usual more often than the rare. */
const DEEDS = [
  weighted(3, 'all arrive'),
  weighted(4, 'all deliver'),
  weighted(1, 'ring'),
  weighted(1, 'stop'),
  weighted(8, 'arrive', { who }),
  weighted(3, 'leave', { who }),
  weighted(10, 'deliver', { who, nth }),
  weighted(2, 'decline', { who, nth }),
  weighted(1, 'guess', { who, round: fc.nat(4), version: fc.nat(4) }),
  weighted(3, 'start', { rounds: fc.integer({ min: 1, max: 4 }) }),
  weighted(4, 'tick', { ms: fc.integer({ min: 0, max: 3000 }) }),
  weighted(6, 'work', { result }),
  weighted(5, 'a round', { result }),
];

const MISHAPS = [
  weighted(8, 'message', { choice, fate }),
  weighted(10, 'flush'),
  weighted(1, 'crash'),
  weighted(2, 'crash shard', {
    choice,
    lines: fc.boolean(),
    skew: fc.integer({ min: -3, max: 3 }),
  }),
  weighted(1, 'move', { choice }),
  weighted(1, 'stray', { kind: fc.constantFrom('judged', 'failed') }),
];

export const deeds = fc.oneof(...DEEDS) as fc.Arbitrary<unknown> as fc.Arbitrary<Deed>;
export const anything = fc.oneof(...DEEDS, ...MISHAPS) as fc.Arbitrary<unknown> as fc.Arbitrary<
  Deed | Mishap
>;

/** Does it, and lets everything go on until it waits. */
export async function perform(world: World, action: Deed | Mishap): Promise<void> {
  await happen(world, action);
  await world.pause();
}

function happen(world: World, action: Deed | Mishap): void | Promise<void> {
  const { coordinator, shards, network } = world;
  switch (action.act) {
    case 'arrive':
      return world.arrive(action.who);
    case 'all arrive':
      return VOLUNTEERS.forEach((id) => world.arrive(id));
    case 'leave':
      return world.leave(action.who);
    case 'deliver':
      return world.deliver(action.who, action.nth);
    case 'all deliver':
      return VOLUNTEERS.forEach((id) => world.deliver(id, 0));
    case 'decline':
      return world.decline(action.who, action.nth);
    case 'guess':
      return world.send(action.who, { ...action, digest: 'guess' });
    case 'start':
      return coordinator.send({ kind: 'start', rounds: action.rounds, now: Date.now() });
    case 'stop':
      return coordinator.send({ kind: 'stop' });
    case 'tick':
      return world.tick(action.ms);
    case 'ring':
      return world.ring();
    case 'work':
      return world.work(action.result);
    case 'a round':
      return aRound(world, action.result);
    case 'message':
      return network.decide(action.choice, action.fate);
    case 'flush':
      return world.flush();
    case 'crash':
      return coordinator.crash();
    case 'crash shard':
      return shards[action.choice % shards.length]!.crash(action.lines, action.skew);
    case 'move':
      return world.move(action.choice);
    case 'stray':
      return world.stray(action.kind);
  }
}

/** Without a hitch, from wherever the project stands. */
async function aRound(world: World, end: Result): Promise<void> {
  await world.flush();
  for (const id of VOLUNTEERS) world.deliver(id, 0);
  await world.pause();
  await world.flush();
  world.work('promoted');
  world.work(end);
}
