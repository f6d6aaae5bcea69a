import { setTimeout as pause } from 'node:timers/promises';
import { parse } from 'valibot';
import { PlanSchema, type PlanInput } from '../../shared/api/plan.ts';
import { recipeOf } from '../../shared/api/recipe.ts';
import { Random, range } from '../../shared/math/random.ts';
import { encode } from '../../shared/weights/codec.ts';
import type { EncodedDelta } from '../../client/net/upload.ts';
import { blankProject, createLive, withEdge, type BenchEdge } from './edge.ts';
import { IdleVolunteer } from './idle.ts';
import { watchMemory } from './memory.ts';
import { quantile } from './quantile.ts';
import type { Bench } from './run.ts';
import { Turns } from './turns.ts';

const SEED = 13;
const ID = 'crowd';
const CLASSES = 2;
const SIZE = 16;
const SHARDS = 16;

/** Uploads under way at a time: what a crowd's arrivals come to, and no more than a browser's patience. */
const SENDING = 64;

/**
 * One round of a crowd: 10,000 volunteers, 2,000 of them connected at any time, over 16 shards of one
 * workerd. Each comes, is asked, sends its delta over HTTP, is acknowledged and leaves for the next.
 *
 * `connections`: lines open at once before the round began; `uploads`: deltas acknowledged; `shards`
 * that counted some; `lost`: acknowledged but not in the round's own count; `ackP50Ms`, `ackP99Ms` from
 * the first byte sent to the acknowledgement, 64 at a time; `uploadsPerSecond` over the whole round;
 * `peakMemoryMb` of workerd above idle.
 */
export const crowd: Bench = async ({ options, say }) => {
  const volunteers = Number(options['volunteers'] ?? 10_000);
  const figures = await withEdge(say, (edge) =>
    measure(edge, { volunteers, lines: Math.min(2000, volunteers) }, say),
  );
  return { seeds: [SEED], figures };
};

function planOf(goal: number): PlanInput {
  return {
    ...{ net: 'strided', input: { size: SIZE, channels: 1 }, codec: 'int8', seed: SEED },
    round: { goal, minimum: 1, deadlineSeconds: 3600, overSelection: 1, shards: SHARDS },
    server: { warmupSteps: 1, steps: 1, batch: 1, tolerance: 1 },
  };
}

async function measure(
  edge: BenchEdge,
  { volunteers, lines }: { volunteers: number; lines: number },
  say: (line: string) => void,
): Promise<Record<string, number>> {
  const plan = planOf(volunteers);
  await createLive(edge, blankProject(ID, plan, CLASSES, SIZE));
  const memory = watchMemory(edge.pid());
  const message = messageOf(plan);
  const first = await arriveFirst(edge, lines);
  const { training } = await edge.anyone.call('getProject', { params: { project: ID } });
  say(`${training.volunteers} are here`);
  const asked = first.map((one) => one.assignment());
  const start = performance.now();
  await edge.admin.call('startTraining', { params: { project: ID }, json: { rounds: 1 } });
  const acks: Ack[] = [];
  const sending = new Turns(SENDING);
  let left = volunteers - lines;
  const lane = async (
    volunteer: IdleVolunteer,
    assigned: ReturnType<typeof volunteer.assignment>,
  ) => {
    for (let one = volunteer, next = assigned; ;) {
      const assignment = await next;
      acks.push(await sending.take(() => timeUpload(one, assignment, message)));
      if (acks.length % 1000 === 0) say(`${acks.length} acknowledged`);
      one.leave();
      if (left-- <= 0) return;
      one = await IdleVolunteer.arrive(edge.origin, ID, (late) => (next = late.assignment()));
    }
  };
  await Promise.all(first.map((one, i) => lane(one, asked[i]!)));
  const seconds = (performance.now() - start) / 1000;
  const peak = memory?.stop();
  const counted = await outcome(edge);
  const times = acks.map(({ ms }) => ms);
  return {
    ...{ connections: training.volunteers, uploads: acks.length, lost: acks.length - counted },
    shards: new Set(acks.map(({ shard }) => shard)).size,
    ...{ ackP50Ms: quantile(times, 0.5), ackP99Ms: quantile(times, 0.99) },
    ...{ seconds, uploadsPerSecond: acks.length / seconds },
    ...(memory && peak !== undefined ? { peakMemoryMb: peak - memory.idleMb } : {}),
  };
}

type Ack = { ms: number; shard: number };

async function timeUpload(
  volunteer: IdleVolunteer,
  assignment: Awaited<ReturnType<IdleVolunteer['assignment']>>,
  message: EncodedDelta,
): Promise<Ack> {
  const start = performance.now();
  const { shard } = await volunteer.upload(assignment, message);
  return { ms: performance.now() - start, shard };
}

function messageOf(plan: PlanInput): EncodedDelta {
  const random = new Random(SEED);
  const { size } = recipeOf(parse(PlanSchema, plan), CLASSES).model.layout;
  const scale = 1 / Math.sqrt(size);
  const delta = Float32Array.from({ length: size }, () => scale * random.normal());
  return encode('int8', delta, random) as EncodedDelta;
}

async function arriveFirst({ origin }: BenchEdge, count: number): Promise<IdleVolunteer[]> {
  const turns = new Turns(32);
  return Promise.all(range(count).map(() => turns.take(() => IdleVolunteer.arrive(origin, ID))));
}

/** How many deltas the round counted, once it is over. */
async function outcome({ anyone }: BenchEdge): Promise<number> {
  for (;;) {
    const [round] = await anyone.call('listRounds', { params: { project: ID } });
    if (round) return round.accepted;
    await pause(200);
  }
}
