import { parse } from 'valibot';
import { PlanSchema, type Plan } from '../../shared/api/plan.ts';
import { Random, range } from '../../shared/math/random.ts';
import type { Mode } from '../../shared/rounds/cohort.ts';
import type { Outcome } from '../../shared/rounds/round.ts';
import { askedFor, shardOf, shardsOf } from '../../shared/rounds/shards.ts';
import { Clock } from './scale-clock.ts';
import { Network } from './scale-network.ts';
import { SimRoot } from './scale-root.ts';
import { CROWD, DEADLINE_MS } from './scale-settings.ts';
import { SimShard } from './scale-shard.ts';
import { Tally } from './scale-tally.ts';
import { Volunteer } from './scale-volunteer.ts';

export type Case = {
  mode: Mode;
  /** Deltas that close a round. */
  goal: number;
  /** The run ends with the round in which so many were counted. */
  deltas: number;
  seed: number;
};

export type Run = {
  shards: number;
  /** Most lines that one shard had. */
  lines: number;
  /** Longest row of a cohort, bytes. */
  cohortBytes: number;
  outcomes: Outcome[];
  tally: Tally;
  /** Virtual, from the first arrival to the end of the last round. */
  seconds: number;
};

/** Lets a crowd come and go until enough of its deltas were counted. */
export async function simulate(of: Case): Promise<Run> {
  const clock = new Clock();
  const network = new Network(clock, new Random(of.seed));
  const surroundings = { clock, network, tally: new Tally() };
  const { tally } = surroundings;
  const plan = planOf(of);
  const shards: SimShard[] = [];
  const root = new SimRoot(rulesOf(of, plan), shards, surroundings);
  for (const index of range(shardsOf(plan)))
    shards.push(new SimShard(index, { mode: of.mode, shards: shardsOf(plan) }, root, surroundings));
  clock.after(0, () => root.start());
  const random = new Random(of.seed).fork('arrivals');
  for (const _ of range(Math.ceil(CROWD.perAsked[of.mode] * askedFor(plan.round)))) {
    const id = uuid(random);
    const volunteer = new Volunteer(id, shards[shardOf(id, shards.length)]!, surroundings);
    clock.after(random.uniform(0, CROWD.arrivalMs), () => volunteer.come(true));
  }
  await clock.run(() => counted(root.outcomes) >= of.deltas);
  return {
    ...{ shards: shards.length, outcomes: root.outcomes, tally, seconds: clock.seconds },
    lines: Math.max(...shards.map(({ mostLines }) => mostLines)),
    cohortBytes: Math.max(...shards.map(({ cohort }) => rowBytes(cohort))),
  };
}

function counted(outcomes: readonly Outcome[]): number {
  return outcomes.reduce((sum, { accepted }) => sum + accepted, 0);
}

/**
 * An asynchronous project has as many at work as a synchronous one of `deltas` asks, whatever its
 * buffer: more than four times that is no plan that the schema lets through.
 */
function planOf({ goal, deltas, mode }: Case): Pick<Plan, 'round'> {
  const { round } = parse(PlanSchema, { net: 'strided', input: { size: 64, channels: 1 } });
  const overSelection = (round.overSelection * deltas) / goal;
  return { round: { ...round, goal, overSelection, mode } };
}

function rulesOf({ goal, mode }: Case, plan: Pick<Plan, 'round'>) {
  return {
    ...{ goal, mode, minimum: 1, deadlineMs: DEADLINE_MS },
    ...{ wanted: askedFor(plan.round), shards: shardsOf(plan) },
    maxStaleness: mode === 'async' ? plan.round.maxStaleness : 0,
  };
}

/** As log.ts writes it. */
function rowBytes(cohort: SimShard['cohort']): number {
  return JSON.stringify({ ...cohort, present: undefined }).length;
}

function uuid(random: Random): string {
  const hex = range(4)
    .map(() => random.uint32().toString(16).padStart(8, '0'))
    .join('');
  const id = [0, 8, 12, 16, 20].map((from, i, at) => hex.slice(from, at[i + 1])).join('-');
  // As a key: V8 finds a string that is one already ten times sooner than one that was put together.
  return Object.keys({ [id]: true })[0]!;
}
